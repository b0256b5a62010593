"""A school's own list of 400 things as such lists are: a title above, its own headings, mixed dates, a few mistakes."""

from datetime import date
from io import BytesIO
from typing import Any

import openpyxl
from openpyxl.styles import Font

HEADINGS = (
    "No.", "Item", "Make", "Make / Model", "Serial No.", "Hard Drive S/N", "HDD size", "Room", "Assigned To",
    "Date purchased", "Cost (ex VAT)", "Supplier", "Status", "Owned / Leased", "Comments", "Checked 2023",
)  # fmt: skip
_ROOMS = (
    "Nursery",
    "Reception",
    "Year 1",
    "Year 2",
    "Year 3",
    "Year 4",
    "Year 5",
    "Year 6",
    "ICT suite",
    "School office",
)
_STAFF = ("Mrs A Jones", "Mr B Patel", "Miss C O'Neill", "Mrs D Łukasik", "Mr E Smith", "")
_THINGS = (
    ("Laptop", "Dell", "Latitude 3420", "256GB SSD", 489.0),
    ("PC", "HP", "EliteDesk 800 G6", "500 GB", 612.5),
    ("iPad", "Apple", "iPad 9th generation", "64 GB", 319.0),
    ("Interactive Whiteboard", "Promethean", "ActivPanel 9", "", 1899.0),
    ("Projector", "Epson", "EB-685Wi", "", 1150.0),
    ("Monitor", "Iiyama", "ProLite XUB2493", "", 129.99),
    ("Document Camera", "Elmo", "L-12W", "", 399.0),
    ("Music keyboard", "Yamaha", "PSR-E373", "", 189.0),
)
# What is wrong in the first version of the file: row, heading, value
MISTAKES = {
    17: ("Date purchased", "31/02/2021"),
    58: ("Cost (ex VAT)", "about £400"),
    119: ("Serial No.", None),  # the serial number of the row before, see below
    203: ("Status", "Scrapped"),
    311: ("Date purchased", date(2061, 9, 1)),
}
COUNT = 400


def rows(*, correct: bool) -> list[list[Any]]:
    """The things, in the order of HEADINGS; with or without the mistakes."""
    found = [_row(number) for number in range(COUNT)]
    if not correct:
        for number, (heading, value) in MISTAKES.items():
            column = HEADINGS.index(heading)
            found[number][column] = found[number - 1][column] if value is None else value
    return found


def _row(number: int) -> list[Any]:
    kind, make, model, storage, cost = _THINGS[number % len(_THINGS)]
    bought = date(2016 + number % 9, 1 + number % 12, 1 + number % 28)
    # a list that several people kept: dates as such, in British order, in words, and a year alone
    shown: Any = (bought, f"{bought:%d/%m/%Y}", f"{bought.day} {bought:%b %y}", bought.replace(day=1))[number % 4]
    if number % 97 == 96:
        shown = f"{bought:%B %Y}"
    price: Any = cost if number % 3 else f"£{cost:,.2f}"
    drive = f"WX{number:06}" if storage else ""
    return [
        f"SB{number + 1:03}", kind, make, model, f"SN{number:04}-{make[:2].upper()}", drive, storage,
        _ROOMS[number % len(_ROOMS)], _STAFF[number % len(_STAFF)], shown, price,
        "RM Education" if number % 2 else "Currys",
        ("In use", "In use", "spare", "")[number % 4], "Leased" if number % 50 == 49 else "School",
        "Charger missing" if number % 40 == 7 else "", "✓" if number % 5 else "",
    ]  # fmt: skip


def workbook(*, correct: bool) -> bytes:
    """The list as a workbook: a title, an empty row, the headings in row 4, a second sheet for something else."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Equipment"
    sheet.append(["St Brigid's Catholic Primary School - ICT equipment"])
    sheet.append(["Last updated by the office, summer term"])
    sheet.append([])
    sheet.append(list(HEADINGS))
    sheet.merge_cells("A1:F1")
    for cell in sheet[4]:
        cell.font = Font(bold=True)
    for row in rows(correct=correct):
        sheet.append(row)
    book.create_sheet("Passwords").append(["not for you"])
    file = BytesIO()
    book.save(file)
    return file.getvalue()
