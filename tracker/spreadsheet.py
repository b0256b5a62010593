"""Tables as CSV (RFC 4180) and XLSX (ECMA-376) for a spreadsheet, written without loading anything twice.

A cell that a spreadsheet would take for a formula is disarmed: in CSV by an apostrophe in front, which an import takes
off again; in XLSX it is a text cell and stays one when somebody edits it. Reading: tracker/imports/tables.py.
"""

import csv
import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from tracker.values import LONDON, iso_utc

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")  # OWASP's list and two more that some programs take
CELL_LIMIT = 32_767  # characters that a cell of XLSX holds
_FORMATS = {Decimal: "£#,##0.00", datetime: "dd/mm/yyyy hh:mm", date: "dd/mm/yyyy"}
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_WIDTH_LEAST, _WIDTH_MOST = 10, 40  # characters


def csv_bytes(header: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    """UTF-8 with the mark by which spreadsheets know it, CRLF line ends, every formula disarmed."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([safe(value) for value in row])
    return text.getvalue().encode("utf-8-sig")


def safe(value: object) -> str:
    """A value as a cell that no spreadsheet runs."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return iso_utc(value)
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith((*FORMULA, "'")) else text


def xlsx_bytes(header: Iterable[str], rows: Iterable[Iterable[object]], title: str = "Caretaker") -> bytes:
    """One sheet with a heading that stays in sight. Dates, numbers and money (Decimal, in pounds) are typed cells.

    Times are shown as the school's clock has them. `rows` is read once and may be a generator of any length.
    """
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet(_NOT_IN_XML.sub("", title)[:31])
    names = list(header)
    for number, name in enumerate(names, 1):
        width = min(max(len(name) + 4, _WIDTH_LEAST), _WIDTH_MOST)
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.freeze_panes = "A2"
    bold = Font(bold=True)
    sheet.append([_cell(sheet, name, font=bold) for name in names])
    for row in rows:
        sheet.append([_value(sheet, value) for value in row])
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def _value(sheet: Any, value: object) -> object:
    """A value as openpyxl writes it; only what needs a form becomes a cell object, since those are slow."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, datetime):
        value = value.astimezone(LONDON).replace(tzinfo=None)
    if isinstance(value, int | float):
        return value
    if isinstance(value, Decimal | date):  # a datetime is a date, too
        return _cell(sheet, value, form=_FORMATS[type(value)])
    text = _NOT_IN_XML.sub("\ufffd", str(value))[:CELL_LIMIT]
    return _cell(sheet, text, text=True) if text.lstrip(" ").startswith(FORMULA) else text


def _cell(sheet: Any, value: Any, *, form: str = "", font: Font | None = None, text: bool = False) -> object:
    cell: Any = WriteOnlyCell(sheet, value=value)
    if form:
        cell.number_format = form
    if font is not None:
        cell.font = font
    if text or font is not None:
        cell.data_type = "s"  # openpyxl takes a text that begins with = for a formula
        cell.quotePrefix = text
    return cell
