"""Forms of labels and their printers: parse and shape what people type."""

import re
from decimal import Decimal
from typing import Any

from wtforms import BooleanField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from labels.calibration import MEASURED
from labels.pdf import Options
from labels.sheet import LENGTHS, LIMIT, STOCKS, Stock, stock
from tracker.forms import Form, VersionForm, choice_field, fill, word_field
from tracker.inventory.label_rules import PrinterDetails, Reprint, Retirement
from tracker.inventory.models import Printer
from tracker.inventory.printers import nudge_of

_COPIES = "Enter a number of copies from 1 to 20."
_START = "Enter the number of a label, such as 1."
_LENGTH = f"Enter a length from {LENGTHS[0]} to {LENGTHS[1]} mm, or leave it empty."
_MANY = f"Enter a number of labels from 1 to {LIMIT:,}."
_NOT_LISTED: dict[str, Any] = dict.fromkeys(
    ("invalid_value_message", "invalid_choice_message"), "Choose one from the list."
)
_NO_MILLIMETRES: Any = 0  # tenths, as TenthsField keeps them
_MEASURED = InputRequired("Enter millimetres, such as 0.5 or 0.")
_RULER: Any = MEASURED * 10
_MILLIMETRES = re.compile(r"([+\-−–]?)\s*(\d{1,3}(?:[.,]\d{1,2})?)\s*(?:mm)?", re.ASCII)
STOCK_CHOICES = [
    SelectChoice(one.name, " / ".join((one.name, *one.aliases)) + f": {one.title}", optgroup=one.group)
    for one in STOCKS.values()
]


def _stock_field(label: str, none: str = "") -> SelectField:
    """A list of all stocks, by printer; `none` is the text of an empty choice."""
    first = [SelectChoice("", none)] if none else []
    required: list[Any] = [] if none else [InputRequired(_NOT_LISTED["invalid_choice_message"])]
    return SelectField(label, required, choices=[*first, *STOCK_CHOICES], **_NOT_LISTED)


def _whole(label: str, least: int, most: int, message: str, *, default: int = 1) -> IntegerField:
    return IntegerField(label, [InputRequired(message), NumberRange(least, most, message)], default=default)


class TenthsField(StringField):
    """Millimetres as people type them (`0.5`, `-1`, `+0,3 mm`), kept as whole tenths."""

    data: Any

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Raises ValueError, whose text stands at the field."""
        self.data = None
        found = _MILLIMETRES.fullmatch(str(valuelist[0]).strip() if valuelist else "")
        if found is None:
            raise ValueError("Enter millimetres, such as 0.5 or -1.")
        tenths = round(Decimal(found[2].replace(",", ".")) * 10)
        self.data = -tenths if found[1] in ("-", "−", "–") else tenths

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{self.data / 10:.1f}"


class PaperForm(Form):
    """On which labels something is printed, and with which printer."""

    stock = _stock_field("Labels")
    start = _whole("First free label on the first sheet", 1, 500, _START)
    length = IntegerField("Length of each label, in millimetres", [Optional(), NumberRange(*LENGTHS, _LENGTH)])
    printer_id = choice_field("Printer")
    outline = BooleanField("Draw a thin line around each label, to cut plain paper along")

    def fill(self, printers: list[Printer]) -> None:
        """Set the printers to choose from."""
        fill(self.printer_id, [(one.id, one.name) for one in printers], "None of these: print without a correction")

    def add_error(self, name: str, message: str) -> None:
        """Say at a field what is wrong with it."""
        self[name].errors = [*self[name].errors, message]

    def on(self) -> Stock:
        """The chosen stock; call it on a form that validates."""
        return stock(self.stock.data, self.length.data)

    def check_start(self) -> None:
        """Say so where the sheet has no such label."""
        most = self.on().per_page
        if not self.on().roll and (self.start.data or 0) > most:
            self.add_error("start", f"This sheet has {most} labels. Start at one of them.")

    def options(self, printer: Printer | None, copies: int = 1) -> Options:
        """How it is printed; on a roll there is no label to start at. Call it on a form that validates."""
        start = 1 if self.on().roll else self.start.data or 1
        return Options(start, copies, nudge_of(printer), bool(self.outline.data))


class LabelForm(PaperForm):
    """Which labels."""

    source = RadioField(
        "Which things",
        [InputRequired("Choose which things get a label.")],
        choices=[
            SelectChoice("unprinted", "All that have no printed label yet"),
            SelectChoice("tags", "Those that I scan or type here"),
            SelectChoice("filter", "Those of the list that I came from"),
        ],
    )
    tags = TextAreaField("Tags or serial numbers")
    filter = StringField("Filter", validators=[Length(max=12_000)])
    fresh = BooleanField("Leave out things that have a printed label already")
    copies = _whole("Copies of each label", 1, 20, _COPIES)
    reason = SelectField(
        "Why a label is printed again",
        choices=[SelectChoice("", "Not said"), *(SelectChoice(one.value, one.label) for one in Reprint)],
        **_NOT_LISTED,
    )
    FIELDS = {"reprint": "reason"}

    @property
    def reprint(self) -> Reprint | None:
        """Why it is printed again; None where nobody said."""
        return Reprint(self.reason.data) if self.reason.data else None


class BlankForm(PaperForm):
    """How many labels without a thing."""

    count = _whole("How many labels", 1, LIMIT, _MANY, default=21)


class RetireForm(Form):
    """Why an old label must no longer be trusted."""

    reason = word_field("What happened", [(one.value, one.label) for one in Retirement])
    note = TextAreaField("More about it", validators=[Length(max=1000, message="Shorten this to 1,000 characters.")])
    tag = StringField("Tag of a blank label that I stick on now")
    FIELDS = {"reason": "note", "reason_long": "note", "unprintable": "note", "tag": "tag", "tag_taken": "tag"}

    def told(self) -> str:
        """The reason in words, for the register and the log."""
        reason, note = Retirement(self.reason.data), (self.note.data or "").strip()
        if reason is Retirement.OTHER:
            return note
        return f"{reason.label}. {note}".strip()


class PrinterForm(Form):
    """A printer, and how far it is off."""

    name = StringField("Name", validators=[InputRequired("Enter a name for the printer, such as Office.")])
    right = TenthsField("Move to the right, in millimetres", [_MEASURED], default=_NO_MILLIMETRES)
    down = TenthsField("Move down, in millimetres", [_MEASURED], default=_NO_MILLIMETRES)
    ruler = TenthsField("Printed ruler from 10 to 190, in millimetres", [_MEASURED], default=_RULER)
    stock = _stock_field("Labels that usually lie in it", none="No particular ones")
    FIELDS = {
        "no_name": "name", "too_long": "name", "unprintable": "name", "printer_taken": "name",
        "right": "right", "down": "down", "scale": "ruler", "stock": "stock",
    }  # fmt: skip

    def show(self, printer: Printer) -> None:
        """Fill the fields with what is kept."""
        self.name.data, self.stock.data = printer.name, printer.stock
        self.right.data, self.down.data = printer.right_tenths, printer.down_tenths
        self.ruler.data = round(MEASURED * 10 * 1000 / printer.scale_thousandths)

    def details(self) -> PrinterDetails:
        """What was typed; call it on a form that validates. A ruler printed too short is made longer."""
        measured = max(1, self.ruler.data)
        scale = min(round(MEASURED * 10 * 1000 / measured), 9999)
        return PrinterDetails(self.name.data or "", self.right.data, self.down.data, scale, self.stock.data or "")


class EditPrinterForm(PrinterForm, VersionForm):
    """The same for a printer that is there."""
