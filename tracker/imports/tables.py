"""Read a school's own spreadsheet as rows of cells, one after another. All of it is hostile until it was looked at.

CSV in the encodings and with the separators that spreadsheets write; XLSX (ECMA-376) without running, resolving or
believing anything: sizes are bounded before something is unpacked, and what a sheet says of its own size is not used.
"""

import csv
import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

import openpyxl
from defusedxml import ElementTree
from openpyxl.utils.cell import range_boundaries

Cell = str | int | float | bool | datetime | date | time | None
FILE_MOST = 32 << 20  # bytes of an upload
UNPACKED_MOST = 384 << 20  # bytes of an XLSX, unpacked; 50,000 rows of 40 columns are a third of it
STRINGS_MOST = 96 << 20  # bytes of its table of texts, which is the one part that lies in memory as a whole
PARTS_MOST = 2000
ROWS_MOST = 50_000
COLUMNS_MOST = 200
BLANK_MOST = 100_000  # empty rows in a row: a sheet that is formatted to its very end
ERRORS = frozenset({"#N/A", "#REF!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#VALUE!", "#SPILL!", "#CALC!"})
_DISARMED = ("'=", "'+", "'-", "'@", "'\t", "'\r", "'\n", "'|", "'%", "''")  # see tracker/spreadsheet.py
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_CHUNK = 1 << 20
_UNCALCULATED = re.compile(rb"<f(?:\s[^>]*)?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>")
_MERGED = re.compile(rb'<mergeCell\s+ref="([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})"')


class Unreadable(Exception):
    """This file cannot be read; the message says why and what to do."""


@dataclass(frozen=True)
class Source:
    """What a file is: `csv` with its encoding and separator, or `xlsx` with its sheets, the hidden ones last."""

    form: str
    encoding: str = ""
    delimiter: str = ""
    sheets: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Line:
    """One row that is not empty: its number in the file, from 1, and its cells without empty ones at the end."""

    number: int
    cells: tuple[Cell, ...]


def examine(data: bytes) -> Source:
    """What this file is. Raises Unreadable."""
    if not data:
        raise Unreadable("This file is empty. Choose the spreadsheet again.")
    if len(data) > FILE_MOST:
        raise Unreadable(f"This file is larger than {FILE_MOST >> 20} MiB. Split it, or remove its pictures.")
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise Unreadable("This workbook is protected with a password. Remove the password and upload it again.")
        raise Unreadable("This is a workbook in the old .xls format. Save it as .xlsx or CSV and upload that.")
    if data.startswith(b"PK"):
        return _examine_zip(data)
    if data.startswith((b"%PDF", b"{\\rtf", b"<!DOCTYPE", b"<html", b"<?xml", b"\x89PNG", b"\xff\xd8\xff", b"GIF8")):
        raise Unreadable("This is no spreadsheet. Save the table as .xlsx or CSV and upload that.")
    encoding = _encoding(data)
    return Source("csv", encoding, _delimiter(data, encoding))


def lines(data: bytes, source: Source, sheet: str = "") -> Iterator[Line]:
    """The rows of a CSV file or of one sheet, read as they are asked for. Raises Unreadable, also half-way."""
    found = _csv_lines(data, source) if source.form == "csv" else _xlsx_lines(data, source, sheet)
    blank = 0
    for number, cells in enumerate(found, 1):
        trimmed = _trimmed(cells)
        if not trimmed:
            blank += 1
            if blank > BLANK_MOST:
                return
            continue
        blank = 0
        if len(trimmed) > COLUMNS_MOST:
            raise Unreadable(f"Row {number} has more than {COLUMNS_MOST} columns. Remove those that are not needed.")
        yield Line(number, trimmed)


def check_sheet(data: bytes, source: Source, sheet: str, header_row: int) -> None:
    """Refuse a sheet whose cells would read as empty although a person sees something there. Raises Unreadable."""
    if source.form == "csv":
        return
    formulas, merged = _scan_sheet(data, sheet)
    if formulas:
        raise Unreadable(
            f"The sheet “{sheet}” has {formulas:,} formulas without a stored result. "
            "Open it in Excel or LibreOffice, save it, and upload it again."
        )
    below = [one for one in merged if (range_boundaries(one)[3] or 0) > header_row]
    if below:
        raise Unreadable(
            f"Cells are merged in the table ({', '.join(below[:3])}): only the first of them has the value. "
            "Unmerge them, fill in each cell, and upload the file again."
        )


def rows_about(data: bytes, source: Source, sheet: str) -> int:
    """About how many rows there are, to tell how far the work is; quickly, without reading them."""
    if source.form == "csv":
        return max(1, data.count(b"\n"))
    rows = 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(_part(data, sheet)) as part:
        while chunk := part.read(_CHUNK):
            rows += chunk.count(b"<row ")
    return max(1, rows)


def _trimmed(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    last = len(cells)
    while last and (cells[last - 1] is None or cells[last - 1] == ""):
        last -= 1
    return tuple(cells[:last])


# --- CSV ---------------------------------------------------------------------------------------------------------


def _encoding(data: bytes) -> str:
    """UTF-8 if it is that, else UTF-16 by its mark or its zeros, else Windows-1252, which Excel writes in Britain."""
    if data.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        raise Unreadable("This file is in UTF-32. Save it as CSV UTF-8 and upload it again.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        found = "utf-16"
    elif data[1:200:2].count(0) > 20 and data[0:200:2].count(0) == 0:
        found = "utf-16-le"
    elif data[0:200:2].count(0) > 20 and data[1:200:2].count(0) == 0:
        found = "utf-16-be"
    else:
        found = "utf-8-sig"
    try:
        data.decode(found)
    except UnicodeDecodeError:
        if found != "utf-8-sig":
            raise Unreadable("This file is damaged: it is no whole UTF-16. Save it again as CSV UTF-8.") from None
        try:
            data.decode("cp1252")
        except UnicodeDecodeError:
            raise Unreadable("The characters of this file cannot be read. Save it as CSV UTF-8 or .xlsx.") from None
        return "cp1252"
    return found


def _delimiter(data: bytes, encoding: str) -> str:
    """Of comma, semicolon and tab the one that splits the most of the first lines into the most columns."""
    head = data[: 64 << 10].decode(encoding, errors="ignore")
    told = re.match(r"\s*sep=([,;\t])\r?\n", head)  # Excel's own first line
    if told:
        return told[1]
    best, score = ",", 0
    for one in (",", ";", "\t"):
        try:
            widths = [len(row) for row in islice(csv.reader(io.StringIO(head, newline=""), delimiter=one), 20)]
        except csv.Error:
            continue
        found = sum(width - 1 for width in widths)
        if found > score:
            best, score = one, found
    return best


def _csv_lines(data: bytes, source: Source) -> Iterator[list[Cell]]:
    text = io.TextIOWrapper(io.BytesIO(data), encoding=source.encoding, newline="")
    reader, number = csv.reader(text, delimiter=source.delimiter, strict=True), 0
    while True:
        number += 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Unreadable(_csv_fault(str(error), number)) from error
        if number == 1 and len(row) <= 2 and row and row[0].startswith("sep="):
            row = []
        if any("\0" in cell for cell in row):
            raise Unreadable(f"Row {number} holds a character that is no text (NUL). Save the file again as CSV UTF-8.")
        yield [cell[1:] if cell.startswith(_DISARMED) else cell for cell in row]


def _csv_fault(told: str, number: int) -> str:
    if "unexpected end" in told or "field larger" in told:
        return (
            f"Row {number}: a quotation mark is opened there and not closed, or a cell is far too long. "
            "Correct it, or save the file as .xlsx, and upload it again."
        )
    if "NUL" in told:
        return f"Row {number} holds a character that is no text (NUL). Save the file again as CSV UTF-8."
    return (
        f"Row {number}: something stands between a closing quotation mark and the next separator. "
        "Correct it, or save the file as .xlsx, and upload it again."
    )


# --- XLSX --------------------------------------------------------------------------------------------------------


def _examine_zip(data: bytes) -> Source:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            _bound(parts)
            kind = archive.read("mimetype")[:100] if "mimetype" in names else b""
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise Unreadable("This file is damaged, or it is no workbook. Save it again as .xlsx.") from error
    if b"opendocument" in kind:
        raise Unreadable("This is an OpenDocument spreadsheet (.ods). Save it as .xlsx or CSV and upload that.")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Unreadable("This workbook holds macros. Save it as .xlsx, without macros, and upload that.")
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise Unreadable("This is no workbook of Excel. Save the table as .xlsx or CSV and upload that.")
    if any(name.endswith(".bin") and "workbook" in name for name in names):
        raise Unreadable("This is a binary workbook (.xlsb). Save it as .xlsx and upload that.")
    try:
        sheets = _sheets(data)
    except (
        KeyError,
        StopIteration,
        SyntaxError,
        ValueError,
        zipfile.BadZipFile,
        EOFError,
        OSError,
        zlib.error,
    ) as error:
        raise Unreadable(_DAMAGED) from error  # what is no XML is a SyntaxError, a bomb a ValueError
    if not sheets:
        raise Unreadable("This workbook has no sheet with a table. Choose another file.")
    seen = [name for name, hidden, _ in sheets if not hidden]
    hidden = [name for name, hidden, _ in sheets if hidden]
    return Source("xlsx", sheets=(*seen, *hidden), hidden=frozenset(hidden))


# What is no XML is a SyntaxError, a bomb in it a ValueError
_BROKEN = (KeyError, StopIteration, SyntaxError, ValueError, zipfile.BadZipFile, EOFError, OSError, zlib.error)
_DAMAGED = "This workbook is damaged. Open it, save it as a new .xlsx, and upload that."
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def _sheets(data: bytes) -> list[tuple[str, bool, str]]:
    """Name, whether it is hidden, and part of each sheet with cells; the sheets themselves are not opened."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        book = next(one for one in _relations(archive, "_rels/.rels", "") if one[1].endswith("/officeDocument"))[2]
        folder, _, name = book.rpartition("/")
        told = {one[0]: one for one in _relations(archive, f"{folder}/_rels/{name}.rels", folder)}
        found = []
        for sheet in ElementTree.fromstring(archive.read(book)).iter():
            relation = told.get(sheet.get(_RELATION, ""))
            if sheet.tag.endswith("}sheet") and relation and relation[1].endswith("/worksheet"):
                found.append((sheet.get("name", ""), sheet.get("state", "visible") != "visible", relation[2]))
    return found


def _relations(archive: zipfile.ZipFile, part: str, folder: str) -> list[tuple[str, str, str]]:
    """Id, type and target of what a part refers to."""
    found = []
    for one in ElementTree.fromstring(archive.read(part)):
        target = one.get("Target", "")
        path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
        found.append((one.get("Id", ""), one.get("Type", ""), path))
    return found


def _bound(parts: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse what would unpack to too much. Nothing is read beyond the size that is told here."""
    texts = sum(part.file_size for part in parts if part.filename.lower().endswith("sharedstrings.xml"))
    if len(parts) > PARTS_MOST or sum(part.file_size for part in parts) > UNPACKED_MOST or texts > STRINGS_MOST:
        raise Unreadable("This workbook unpacks to far too much. Copy the table alone into a new workbook.")


def _open(data: bytes) -> Any:
    if not openpyxl.DEFUSEDXML:
        raise RuntimeError("openpyxl without defusedxml reads XML bombs")
    try:
        return openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # a damaged workbook fails in openpyxl and below in many ways; each means the same
        raise Unreadable(_DAMAGED) from error


def _xlsx_lines(data: bytes, source: Source, sheet: str) -> Iterator[list[Cell]]:
    if sheet not in source.sheets:
        raise Unreadable("There is no such sheet in this workbook. Choose one of the list.")
    book = _open(data)
    try:
        opened = book[sheet]
        opened.reset_dimensions()  # a sheet may claim 16,384 columns and a million rows
        rows = opened.iter_rows(values_only=True, max_col=COLUMNS_MOST + 1)
        while True:
            try:
                row = next(rows)
            except StopIteration:
                return
            except Exception as error:  # as in _open
                raise Unreadable(f"The sheet “{sheet}” is damaged. Copy it into a new workbook.") from error
            yield [_plain(value) for value in row]
    finally:
        book.close()


def _plain(value: object) -> Cell:
    if isinstance(value, timedelta):  # a time of more than a day, which no column of ours means
        return str(value)
    if isinstance(value, str | int | float | datetime | date | time) or value is None:
        return value
    return str(value)


def _scan_sheet(data: bytes, sheet: str) -> tuple[int, list[str]]:
    """How many formulas have no stored result, and which cells are merged; read as bytes, piece by piece."""
    formulas, merged, rest = 0, list[str](), b""
    with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(_part(data, sheet)) as part:
        while chunk := part.read(_CHUNK):
            text = rest + chunk
            cut = text.rfind(b"<c ")  # whole cells only; what follows the last one comes with the next piece
            cut = cut if cut > 0 else max(0, len(text) - 200)
            formulas += len(_UNCALCULATED.findall(text[:cut]))
            merged += [one.decode() for one in _MERGED.findall(text[:cut])]
            rest = text[cut:][-_CHUNK:]
    formulas += len(_UNCALCULATED.findall(rest))
    return formulas, merged + [one.decode() for one in _MERGED.findall(rest)]


def _part(data: bytes, sheet: str) -> str:
    """The name of a sheet's part in the archive."""
    return next(part for name, _, part in _sheets(data) if name == sheet)
