"""What may be printed again, and which corrections of a printer are fit to be kept. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from labels.sheet import stock
from tracker.values import Blocker, Decision, one_line, unprintable

NAME_MOST = 80  # characters of a printer's name
NUDGE_MOST = 100  # tenths of a millimetre, in each direction
SCALES = (950, 1050)  # thousandths


class Reprint(StrEnum):
    """Why a label is printed again."""

    FAILED = "failed"
    LOST = "lost"
    DAMAGED = "damaged"
    ILLEGIBLE = "illegible"
    SECOND = "second"

    @property
    def label(self) -> str:
        """In words, as forms and the log have it."""
        return {
            "failed": "The last print went wrong",
            "lost": "The label was lost or never stuck on",
            "damaged": "The label is damaged",
            "illegible": "The label can no longer be read",
            "second": "The thing needs a second label",
        }[self.value]


class Retirement(StrEnum):
    """Why an asset gets a new tag and its old label must no longer be trusted."""

    LOST = "lost"
    COPIED = "copied"
    MOVED = "moved"
    OTHER = "other"

    @property
    def label(self) -> str:
        """In words, as forms and the log have it."""
        return {
            "lost": "The label came off or was taken off",
            "copied": "There is more than one such label",
            "moved": "The label was found on another thing",
            "other": "Another reason, told below",
        }[self.value]


@dataclass(frozen=True)
class PrinterDetails:
    """A printer and its correction; see inventory.models.Printer for the units."""

    name: str
    right_tenths: int = 0
    down_tenths: int = 0
    scale_thousandths: int = 1000
    stock: str = ""


def may_print_again(before: int, reason: Reprint | None) -> Decision:
    """May these labels be printed, of which so many were printed before: only with a reason, which the log keeps."""
    if not before or reason is not None:
        return Decision(())
    things = "one of these things" if before == 1 else f"{before:,} of these things"
    message = f"A label for {things} was printed before. Say why it is printed again, or leave those out."
    return Decision((Blocker("reprint", message),))


def tidy_printer(details: PrinterDetails) -> PrinterDetails:
    """The same with its name as it is kept."""
    return PrinterDetails(
        one_line(details.name), details.right_tenths, details.down_tenths, details.scale_thousandths, details.stock
    )


def may_keep_printer(details: PrinterDetails) -> Decision:
    """Is this a correction to keep, apart from whether its name is taken."""
    found = []
    if not details.name:
        found.append(Blocker("no_name", "Enter a name for the printer, such as Office."))
    if len(details.name) > NAME_MOST:
        found.append(Blocker("too_long", f"The name is longer than {NAME_MOST} characters. Shorten it."))
    if unprintable(details.name):
        found.append(Blocker("unprintable", "The name holds characters that cannot be shown. Type it again."))
    for code, tenths in (("right", details.right_tenths), ("down", details.down_tenths)):
        if abs(tenths) > NUDGE_MOST:
            found.append(Blocker(code, "A printer can be corrected by at most 10 mm in each direction. Measure again."))
    if not SCALES[0] <= details.scale_thousandths <= SCALES[1]:
        message = "A printer is off by 5% at most. Print the calibration page at actual size, and measure again."
        found.append(Blocker("scale", message))
    if details.stock:
        try:
            stock(details.stock)
        except ValueError as error:
            found.append(Blocker("stock", str(error)))
    return Decision(tuple(found))
