"""A spreadsheet with every column that an import knows, to begin with."""

import re
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import openpyxl

from tracker.imports.targets import DRIVES, NOTE, TARGETS, Field
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


def _columns(fields: Sequence[Field]) -> list[tuple[str, str]]:
    """Word and heading of each column; of the drives only the first two."""
    most = [f"drive.{number}." for number in range(3, DRIVES + 1)]
    told = [one for one in TARGETS if one.word != NOTE and not one.word.startswith(tuple(most))]
    return [*((one.word, one.label) for one in told), *((field.word, field.name) for field in fields)]


def _table(fields: Sequence[Field]) -> tuple[list[str], list[list[str]]]:
    columns = _columns(fields)
    return [label for _, label in columns], [[row.get(word, "") for word, _ in columns] for row in _ROWS]


def as_csv(fields: Sequence[Field]) -> bytes:
    """As CSV."""
    return csv_bytes(*_table(fields))


def as_xlsx(fields: Sequence[Field]) -> bytes:
    """As a workbook; its second sheet says what each column means."""
    told = [(target.label, target.hint, target.example) for target in TARGETS]
    told += [(field.name, "A field of your school.", "") for field in fields]
    book = openpyxl.load_workbook(BytesIO(xlsx_bytes(*_table(fields), "Assets")))
    sheet: Any = book.create_sheet("What the columns mean")
    for row in (("Column", "What it means", "Such as"), *told):
        sheet.append([_NO_FORMULA.sub("", one) for one in row])
    for letter, width in (("A", 34), ("B", 80), ("C", 30)):
        sheet.column_dimensions[letter].width = width
    file = BytesIO()
    book.save(file)
    return file.getvalue()
