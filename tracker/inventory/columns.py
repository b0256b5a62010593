"""The columns of a list of assets, of its print-out and of its exports, the school's own fields among them.

The words and the headings are those of an import (tracker/imports/targets.py), so that an export can be read back.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from tracker.inventory import fields
from tracker.inventory.models import CustomField
from tracker.inventory.rows import Row
from wipe.vocabulary import DataClass

CUSTOM = "custom."  # custom.<id of the field>
USUAL = ("tag", "kind", "model", "name", "location", "responsible", "state", "storage")
# What auditors of schools ask for, see docs/rules.md
REGISTER: tuple[str, ...] = (
    "tag",
    "kind",
    "model",
    "description",
    "serial",
    "acquired_on",
    "cost_pence",
    "order_number",
)
REGISTER += ("ownership", "department", "location", "responsible", "security_marking", "state")
DATA_WORDS = {
    DataClass.PERSONAL: "Personal",
    DataClass.SPECIAL: "Special category",
    DataClass.NOT_PERSONAL: "Never personal",
}
Cell = object  # a text, a whole number, a Decimal in pounds, a date, a time, a bool, or None


@dataclass(frozen=True)
class Column:
    """One column: its word in the address, its heading, what stands in a cell, and the order that sorts by it."""

    word: str
    heading: str
    cell: Callable[[Row], Cell]
    sort: str = ""
    export_only: bool = False
    number: bool = False


@dataclass(frozen=True)
class Drive:
    """A storage medium in an asset, as an export tells it."""

    serial: str
    kind: str
    make: str
    model: str
    capacity: str

    PARTS = ("serial", "kind", "make", "model", "capacity")


Drives = Mapping[UUID, Sequence[Drive]]
DRIVES = 4  # with columns of their own, as an import reads them
_DRIVE_LABELS = {"serial": "serial number", "kind": "kind (HDD, SSD, NVMe)"}


def _pounds(pence: int | None) -> Decimal | None:
    return None if pence is None else Decimal(pence) / 100


OWN: tuple[Column, ...] = (
    Column("tag", "Tag", lambda row: row.tag, "tag"),
    Column("kind", "Kind", lambda row: row.kind, "kind"),
    Column("name", "Name", lambda row: row.name, "name"),
    Column("make", "Make", lambda row: row.make, "model"),
    Column("model", "Model", lambda row: row.model, "model"),
    Column("serial", "Serial number", lambda row: row.serial, "serial"),
    Column("serial_reason", "No serial number because", lambda row: row.serial_reason),
    Column("description", "Description", lambda row: row.description),
    Column("state", "State", lambda row: row.state.label, "state"),
    Column("ownership", "Ownership", lambda row: row.ownership.label),
    Column("owner", "Owner", lambda row: row.owner),
    Column("data_class", "Data it may have held", lambda row: DATA_WORDS[DataClass(row.data_class)]),
    Column("location", "Room or place", lambda row: row.location, "location"),
    Column("department", "Department or class", lambda row: row.department, "department"),
    Column("responsible", "Responsible person", lambda row: row.person, "person"),
    Column("acquired_on", "Acquired on", lambda row: row.acquired_on, "acquired"),
    Column("cost_pence", "Cost without VAT", lambda row: _pounds(row.cost_pence), "cost", number=True),
    Column("supplier", "Supplier", lambda row: row.supplier),
    Column("order_number", "Order or invoice", lambda row: row.order_number),
    Column("funding_source", "Funding source", lambda row: row.funding_source),
    Column("insurance_pence", "Insured for", lambda row: _pounds(row.insurance_pence), number=True),
    Column("life_months", "Expected life (months)", lambda row: row.life_months, number=True),
    Column("warranty_until", "Warranty until", lambda row: row.warranty_until, "warranty"),
    Column("security_marked_on", "Security marked on", lambda row: row.security_marked_on),
    Column("security_marking", "Security marking", lambda row: row.security_marking),
    Column("storage", "Storage", lambda row: row.storage),
    Column("no_storage", "Holds no storage because", lambda row: row.no_storage),
    Column("label_printed", "Label printed", lambda row: row.label_printed_at, "labelled"),
    Column("notes", "Notes", lambda row: row.notes),
)


class Columns:
    """All columns that a school has. `asked` are its custom fields, those of all kinds first."""

    def __init__(self, asked: Sequence[CustomField], kinds: Mapping[UUID, str]) -> None:
        names = [field.name.casefold() for field in asked]
        own = [
            Column(f"{CUSTOM}{field.id}", _heading(field, names, kinds), _of_field(field), number=field.type == "money")
            for field in asked
        ]
        self.known = {column.word: column for column in (*OWN, *own)}
        # a retired field is still exported with all the others: its values are part of the register
        self.offered = [*OWN, *(self.known[f"{CUSTOM}{field.id}"] for field in asked if field.retired_at is None)]

    def chosen(self, words: Iterable[str], usual: Sequence[str] = USUAL) -> list[Column]:
        """The columns of these words; the usual ones where none is known. The tag is always there, and leads."""
        found = [self.known[word] for word in words if word in self.known]
        if not found:
            found = [self.known[word] for word in usual]
        tag = self.known["tag"]
        return found if tag in found else [tag, *found]

    def all(self) -> list[Column]:
        """Every column, for an export."""
        return list(self.known.values())


def drive_columns(drives: Callable[[UUID], Sequence[Drive]]) -> list[Column]:
    """What is in an asset: the columns that an import reads back, and every serial number in one."""

    def part(number: int, name: str) -> Callable[[Row], Cell]:
        def cell(row: Row) -> Cell:
            found = drives(row.id)
            return getattr(found[number - 1], name) if len(found) >= number else ""

        return cell

    several = [
        Column(f"drive.{number}.{name}", f"Drive {number} {_DRIVE_LABELS.get(name, name)}", part(number, name))
        for number in range(1, DRIVES + 1)
        for name in Drive.PARTS
    ]
    every = Column(
        "media", "Media serial numbers", lambda row: "; ".join(one.serial for one in drives(row.id) if one.serial)
    )
    return [*several, every]


def _heading(field: CustomField, names: Sequence[str], kinds: Mapping[UUID, str]) -> str:
    """The field's name; with its kind where another field has that name too."""
    several = names.count(field.name.casefold()) > 1 and field.kind_id is not None
    return f"{field.name} ({kinds.get(field.kind_id, '')})" if several and field.kind_id else field.name


def _of_field(field: CustomField) -> Callable[[Row], Cell]:
    key = str(field.id)
    return lambda row: fields.cell(field, row.custom.get(key))
