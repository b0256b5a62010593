"""A spreadsheet with every column that an import knows, to begin with."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import openpyxl

from tracker.imports.asset_targets import ASSETS, DRIVES, NOTE
from tracker.imports.people_targets import PEOPLE
from tracker.imports.rules import ListOf
from tracker.imports.targets import Field, Target
from tracker.spreadsheet import csv_bytes, xlsx_bytes

_NO_FORMULA = re.compile(r"^[=+@|%-]+")
_ROWS = (
    {"kind": "Laptop", "name": "LAP-017", "make": "Dell", "model": "Latitude 5420", "serial": "5CG1234ABC",
     "description": "Black, blue lid", "state": "In store", "ownership": "School", "data_class": "Personal",
     "building": "Junior block", "location": "Year 4", "department": "Year 4", "responsible": "Ann Teacher",
     "acquired_on": "01/09/2023", "cost_pence": "649.00", "supplier": "RM Education", "order_number": "PO-2023-114",
     "funding_source": "Devolved capital", "insurance_pence": "700.00", "life_months": "5 years",
     "warranty_until": "3 years", "security_marked_on": "10/09/2023", "security_marking": "Engraved",
     "notes": "Charger in the drawer", "drive.1.serial": "S5Y1NX0R123456", "drive.1.kind": "SSD",
     "drive.1.make": "Samsung", "drive.1.model": "870 EVO", "drive.1.capacity": "256 GB"},
    {"kind": "Monitor", "make": "Iiyama", "model": "ProLite XUB2493", "serial_reason": "Label worn off",
     "location": "School office", "ownership": "School"},
    {"kind": "Laptop", "make": "HP", "model": "ProBook 450", "serial": "5CD0987XYZ", "location": "ICT store",
     "ownership": "Leased", "owner": "Example Leasing Ltd", "no_storage": "Its drive was taken out and destroyed"},
)  # fmt: skip


_PEOPLE = (
    {"name": "Hana Head", "reference": "S0001", "email": "h.head@school.example", "kind": "Staff",
     "job": "Head teacher", "started_on": "01/09/2015", "dbs_confirmed_on": "03/09/2025"},
    {"name": "Ann Smith", "reference": "S0217", "email": "a.smith@school.example", "kind": "Staff",
     "job": "Class teacher Year 3", "started_on": "01/09/2023", "line_manager": "Hana Head",
     "dbs_confirmed_on": "03/09/2025"},
    {"name": "Gwen Governor", "email": "g.governor@mail.example", "kind": "Governor", "job": "Chair of governors"},
    {"name": "Pip Parker", "reference": "A0451", "kind": "Pupil", "started_on": "01/09/2022",
     "parent_name": "Pam Parker", "parent_email": "pam@home.example"},
)  # fmt: skip


@dataclass(frozen=True)
class _Sample:
    """What a sample shows: its targets with their headings, and its rows."""

    targets: tuple[Target, ...]
    left_out: tuple[str, ...]  # how the words of targets begin that have no column
    rows: tuple[dict[str, str], ...]
    title: str


_MORE_DRIVES = tuple(f"drive.{number}." for number in range(3, DRIVES + 1))
_SAMPLES = {
    ListOf.ASSETS: _Sample(ASSETS.targets, (NOTE, *_MORE_DRIVES), _ROWS, "Assets"),
    ListOf.PEOPLE: _Sample(PEOPLE.targets, ("first_name", "last_name"), _PEOPLE, "People"),
}


def _table(sample: _Sample, fields: Sequence[Field]) -> tuple[list[str], list[list[str]]]:
    shown = [one for one in sample.targets if one.word == "notes" or not one.word.startswith(sample.left_out)]
    columns = [*((one.word, one.label) for one in shown), *((field.word, field.name) for field in fields)]
    return [label for _, label in columns], [[row.get(word, "") for word, _ in columns] for row in sample.rows]


def as_csv(list_of: ListOf, fields: Sequence[Field]) -> bytes:
    """As CSV."""
    return csv_bytes(*_table(_SAMPLES[list_of], fields))


def as_xlsx(list_of: ListOf, fields: Sequence[Field]) -> bytes:
    """As a workbook; its second sheet says what each column means."""
    sample = _SAMPLES[list_of]
    told = [(target.label, target.hint, target.example) for target in sample.targets]
    told += [(field.name, "A field of your school.", "") for field in fields]
    book = openpyxl.load_workbook(BytesIO(xlsx_bytes(*_table(sample, fields), sample.title)))
    sheet: Any = book.create_sheet("What the columns mean")
    for row in (("Column", "What it means", "Such as"), *told):
        sheet.append([_NO_FORMULA.sub("", one) for one in row])
    for letter, width in (("A", 34), ("B", 80), ("C", 30)):
        sheet.column_dimensions[letter].width = width
    file = BytesIO()
    book.save(file)
    return file.getvalue()
