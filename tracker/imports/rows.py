"""One row of the spreadsheet, read: what it tells of a thing, and what in it cannot be read. Pure.

Nothing of the register is looked at here; see tracker/imports/planning.py.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tracker.imports import cells, words
from tracker.imports.asset_targets import NOTE
from tracker.imports.cells import Cell
from tracker.imports.rules import Choices
from tracker.inventory.rules import AssetState
from tracker.values import folded, unprintable
from wipe.vocabulary import Medium as MediumKind

CUSTOM, DRIVE = "custom.", "drive."
_SHOWN_MOST = 60  # characters of a bad value that are told with the reason
_TEXTS = frozenset(
    {"tag", "kind", "name", "make", "model", "serial", "serial_reason", "description", "owner", "department",
     "responsible", "supplier", "order_number", "funding_source", "security_marking"}
)  # fmt: skip
_PLACES = ("site", "building", "location")  # the larger first


@dataclass(frozen=True)
class Column:
    """A column that is used: where it stands, its heading, and what it means."""

    index: int
    heading: str
    target: str


@dataclass
class Drive:
    """A storage medium that a row tells of."""

    kind: MediumKind | None = None
    make: str = ""
    model: str = ""
    serial: str = ""
    capacity_bytes: int | None = None

    @property
    def told(self) -> bool:
        """Whether anything is said of it."""
        return bool(self.kind or self.make or self.model or self.serial or self.capacity_bytes)


@dataclass
class Told:
    """What one row says. Cells that say nothing are left out of `values`: an import never empties a field."""

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    place: list[tuple[str, str]] = field(default_factory=list)  # (target, name), the larger place first
    custom: dict[str, Cell] = field(default_factory=dict)  # by the field's id, unread
    notes: list[str] = field(default_factory=list)  # lines with their headings
    drives: list[Drive] = field(default_factory=list)
    no_storage: str = ""
    state: AssetState | None = None
    faults: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    headings: dict[str, str] = field(default_factory=dict)  # of each target, to name a column in a fault

    def fault(self, target: str, reason: str) -> None:
        """Say that something in this row is wrong; `target` names the column."""
        self.faults.append((self.headings.get(target, ""), reason))


def read(number: int, row: Sequence[Cell], columns: Sequence[Column], choices: Choices) -> Told:
    """What a row says."""
    told = Told(number, headings={column.target: column.heading for column in columns})
    warranty: int | None = None
    drives: dict[int, Drive] = {}
    for column in columns:
        cell = row[column.index] if column.index < len(row) else None
        if cell is None or cell == "":
            continue
        try:
            if column.target == "warranty_until":
                warranty = _warranty(told, cell, choices)
            elif column.target.startswith(DRIVE):
                _drive(drives, column.target, cell)
            else:
                _cell(told, column, cell, choices)
        except ValueError as error:
            told.faults.append((column.heading, quoted(cell, str(error))))
    told.drives = [drives[one] for one in sorted(drives) if drives[one].told]
    _span(told, warranty)
    _serial(told, choices)
    return told


def quoted(cell: Cell, reason: str) -> str:
    """A reason with the beginning of what it is about in front, where that can be shown."""
    text = " ".join(str(cell).split())
    shown = text if len(text) <= _SHOWN_MOST else text[:_SHOWN_MOST] + "…"
    return reason if unprintable(shown) or not shown or shown in reason else f"“{shown}”: {reason}"


def _cell(told: Told, column: Column, cell: Cell, choices: Choices) -> None:
    target = column.target
    if target.startswith(CUSTOM):
        told.custom[target.removeprefix(CUSTOM)] = cell
    elif target in _READERS:
        value = _READERS[target](cell, column)
        if value is not None:
            told.values[target] = value
    elif target in ("acquired_on", "security_marked_on"):
        dated = cells.day_of(cell, month_first=choices.month_first)
        if dated is not None:
            told.values[target] = dated.day
            if dated.note:
                told.remarks.append(f"{column.heading}: {dated.note}")
    else:
        _words(told, column, cell, choices)


def _words(told: Told, column: Column, cell: Cell, choices: Choices) -> None:
    target = column.target
    text = cells.lines_of(cell) if target == "notes" else cells.text_of(cell)
    if target == "no_storage":
        told.no_storage = _reason(text, choices)
    elif not text or (target not in ("notes", NOTE, "name") and folded(text) in cells.NOTHING):
        return
    elif target in _PLACES:
        told.place.append((target, text))
        told.place.sort(key=lambda one: _PLACES.index(one[0]))
    elif target == NOTE:
        told.notes.append(f"{column.heading}: {text}")
    elif target == "state":
        told.state = words.state_of(text)
    elif target == "ownership":
        told.values[target] = words.ownership_of(text)
    elif target == "data_class":
        told.values[target] = words.data_class_of(text)
    elif target in _TEXTS or target == "notes":
        told.values[target] = text
    else:
        raise ValueError("This column means something that this version does not know. Match the columns again.")


_READERS: Mapping[str, Callable[[Cell, Column], Any]] = {
    "cost_pence": lambda cell, column: cells.pence_of(cell),
    "insurance_pence": lambda cell, column: cells.pence_of(cell),
    "life_months": lambda cell, column: cells.months_of(cell, years="month" not in column.heading.casefold()),
}


def _reason(text: str, choices: Choices) -> str:
    """Why there is no storage: in the cell's own words, or where it only says so, the reason chosen for all."""
    plain = folded(text)
    if plain in cells.NO or plain in (cells.NOTHING - {"none", "nil"}):
        return ""
    if plain in cells.YES or plain in ("none", "nil", "no storage", "no hdd", "no hard drive", "no drive"):
        return choices.no_storage or "?"
    return text


def _warranty(told: Told, cell: Cell, choices: Choices) -> int | None:
    """A day is kept at once; a span is given back in months, until the day of purchase is known."""
    try:
        dated = cells.day_of(cell, month_first=choices.month_first)
    except ValueError:
        if isinstance(cell, int | float) and not isinstance(cell, bool) and cell == int(cell) and 0 < cell <= 120:
            return int(cell) * (12 if cell <= 10 else 1)
        try:
            return cells.months_of(cell, years=True)
        except ValueError:
            raise ValueError("This is neither a day nor a span. Write it as 31/01/2027, or 3 years.") from None
    if dated is not None:
        told.values["warranty_until"] = dated.day
        if dated.note:
            told.remarks.append(f"{told.headings['warranty_until']}: {dated.note}")
    return None


def _span(told: Told, months: int | None) -> None:
    if months is None:
        return
    acquired = told.values.get("acquired_on")
    if not isinstance(acquired, date):
        told.fault("warranty_until", "A span needs the day of purchase. Write the last day of the warranty instead.")
        return
    told.values["warranty_until"] = cells.after_months(acquired, months)


def _serial(told: Told, choices: Choices) -> None:
    """The reason for having no serial number, where the file tells neither and one was chosen for all."""
    known = told.values.keys() & {"serial", "serial_reason"}
    heading = told.headings.get("serial")
    if choices.no_serial and not known and all(one != heading for one, _ in told.faults):
        told.values["serial_reason"] = choices.no_serial


def _drive(drives: dict[int, Drive], target: str, cell: Cell) -> None:
    _, number, part = target.split(".")
    drive = drives.setdefault(int(number), Drive())
    text = cells.text_of(cell)
    if folded(text) in cells.NOTHING:
        return
    if part == "capacity":
        size, kind = cells.bytes_of(cell)
        drive.capacity_bytes = size
        drive.kind = drive.kind or kind
    elif part == "kind":
        drive.kind = cells.medium_kind_of(text)
    else:
        setattr(drive, part, text)
