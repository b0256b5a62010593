"""Hostile and merely odd files: each is read for what it is, or refused with a sentence that says what to do."""

import io
import re
import struct
import warnings
import zipfile
from collections.abc import Callable

import openpyxl
import pytest

from tests.tracker.imports.conftest import xlsx_of
from tracker.imports import tables
from tracker.imports.tables import Unreadable, check_sheet, examine, lines
from tracker.spreadsheet import csv_bytes, xlsx_bytes

pytestmark = pytest.mark.pure


def read(data: bytes, sheet: str = "") -> list[tuple[object, ...]]:
    source = examine(data)
    return [line.cells for line in lines(data, source, sheet or (source.sheets[0] if source.sheets else ""))]


def refused(data: bytes) -> str:
    with pytest.raises(Unreadable) as why:
        read(data)
    text = str(why.value)
    assert text.endswith(".")
    return text


def repacked(data: bytes, change: Callable[[str, bytes], bytes | None], **more: bytes) -> bytes:
    """A workbook with its parts changed, left out (None), or added."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            body = change(name, old.read(name))
            if body is not None:
                new.writestr(name, body)
        for name, body in more.items():
            new.writestr(name, body)
    return file.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_in_what_spreadsheets_write_is_read_alike(encoding: str, delimiter: str) -> None:
    rows = [("Item", "Room", "Cost (£)"), ("Laptop – “new”", "Café 1", "£1.50"), ("PC", "Year 4", "£2")] * 6
    text = "\r\n".join(delimiter.join(row) for row in rows)
    assert read(text.encode(encoding)) == rows


def test_a_line_end_and_a_separator_inside_quotes_belong_to_the_cell() -> None:
    assert read(b'Item,Notes\r\n"PC, ""old""","two\nlines"\n') == [("Item", "Notes"), ('PC, "old"', "two\nlines")]


def test_the_line_that_excel_puts_first_names_the_separator() -> None:
    assert read(b"sep=;\r\na,b;c\r\n1;2\r\n") == [("a,b", "c"), ("1", "2")]


def test_rows_longer_than_the_headings_and_empty_ones_keep_their_numbers() -> None:
    data = b"a,b\n\n,,\n1,2,3,4\n"
    assert [(one.number, one.cells) for one in lines(data, examine(data))] == [
        (1, ("a", "b")),
        (4, ("1", "2", "3", "4")),
    ]


def test_an_apostrophe_that_an_export_put_in_front_comes_off_again() -> None:
    told = ["=1+1", "-5", "@x", "'quoted", "plain"]
    assert read(csv_bytes(["a"] * 5, [told]))[1] == tuple(told)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b'a,b\n1,"never closed\n2,3\n', "not closed"),
        (b'a,b\n1,"x"y\n', "quotation mark"),
        (b"a,b\n1,x\0y\n", "NUL"),
        (b"a,b\n1,\x81\x8d\n", "characters"),
        (b"\xff\xfea", "damaged"),
        (b"\xff\xfe\0\0a\0\0\0", "UTF-32"),
        (b"%PDF-1.7", "no spreadsheet"),
        (b"<html><table>", "no spreadsheet"),
        (b"\x89PNG\r\n", "no spreadsheet"),
        (b"PK\x03\x04 rubbish", "damaged"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"Workbook", ".xls format"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le"), "password"),
        (b"a," * 300 + b"\n", "200 columns"),
        (b"x" * (tables.FILE_MOST + 1), "larger than 32 MiB"),
    ],
)
def test_what_cannot_be_read_is_refused_with_advice(data: bytes, word: str) -> None:
    assert word in refused(data)


def test_a_cell_of_a_hundred_thousand_characters_is_read_and_a_longer_one_refused() -> None:
    assert len(str(read(b"a\n" + b"x" * 100_000)[1][0])) == 100_000
    assert "far too long" in refused(b"a\n" + b"x" * 200_000)


def test_a_workbook_is_read_with_typed_cells() -> None:
    data = xlsx_of([("Item", "Cost", "Number"), ("PC", 12.5, 7), (None, None, None), ("x", "", True)])
    assert read(data) == [("Item", "Cost", "Number"), ("PC", 12.5, 7), ("x", None, True)]


def test_our_own_workbook_comes_back() -> None:
    data = xlsx_bytes(["Item", "Name"], [["=1+1", "plain"]])
    assert read(data) == [("Item", "Name"), ("=1+1", "plain")]


def test_hidden_sheets_come_last_and_charts_are_no_sheets() -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = "Hidden"
    book.active.sheet_state = "hidden"
    book.create_sheet("Seen").append(["a"])
    book.create_chartsheet("Chart")
    file = io.BytesIO()
    book.save(file)
    source = examine(file.getvalue())
    assert (source.sheets, source.hidden) == (("Seen", "Hidden"), frozenset({"Hidden"}))
    with pytest.raises(Unreadable, match="no such sheet"):
        read(file.getvalue(), "Chart")


def test_formulas_without_a_stored_result_are_refused_and_with_one_are_read() -> None:
    data = xlsx_of([("Item", "Cost"), ("PC", "=1+1")])
    with pytest.raises(Unreadable, match="1 formulas without a stored result"):
        check_sheet(data, examine(data), "Sheet1", 1)
    stored = repacked(data, lambda name, body: re.sub(rb"<v></v>|<v ?/>", b"<v>2</v>", body))
    check_sheet(stored, examine(stored), "Sheet1", 1)
    assert read(stored)[1] == ("PC", 2)


def test_merged_cells_above_the_table_are_fine_and_in_it_refused() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (("Title",), ("a", "b"), ("1", "2"), ("3", "4")):
        sheet.append(row)
    sheet.merge_cells("A1:B1")
    file = io.BytesIO()
    book.save(file)
    check_sheet(file.getvalue(), examine(file.getvalue()), "Sheet", 2)
    sheet.merge_cells("A3:A4")
    file = io.BytesIO()
    book.save(file)
    with pytest.raises(Unreadable, match="A3:A4"):
        check_sheet(file.getvalue(), examine(file.getvalue()), "Sheet", 2)


def test_what_a_sheet_says_of_its_size_is_not_believed() -> None:
    huge = b'<dimension ref="A1:XFD1048576"/>'
    data = repacked(
        xlsx_of([("a", "b"), (1, 2)]),
        lambda name, body: body.replace(b'<dimension ref="A1:B2"/>', huge).replace(b'<dimension ref="A1:B2" />', huge),
    )
    assert huge in zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml")
    assert read(data) == [("a", "b"), (1, 2)]


def test_sixteen_thousand_columns_are_refused_without_reading_them_all() -> None:
    assert "200 columns" in refused(xlsx_of([["x"] * 16_384]))


def test_macros_binary_workbooks_and_open_documents_are_refused() -> None:
    plain = xlsx_of([("a",)])
    assert "macros" in refused(repacked(plain, lambda name, body: body, **{"xl/vbaProject.bin": b"x"}))
    assert ".xlsb" in refused(repacked(plain, lambda name, body: body, **{"xl/workbook.bin": b"x"}))
    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    assert ".ods" in refused(repacked(plain, lambda name, body: None, mimetype=kind))
    assert "no workbook" in refused(repacked(plain, lambda name, body: None, **{"a.txt": b"x"}))


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    plain = xlsx_of([("a",)])
    zeros = repacked(plain, lambda name, body: body, **{"xl/media/image1.png": b"\0" * (tables.UNPACKED_MOST + 1)})
    assert len(zeros) < tables.FILE_MOST
    assert "far too much" in refused(zeros)
    many = repacked(plain, lambda name, body: body, **{f"xl/x{one}": b"" for one in range(tables.PARTS_MOST)})
    assert "far too much" in refused(many)


def test_a_part_that_claims_a_gigabyte_or_lies_about_its_size_is_refused() -> None:
    data = bytearray(xlsx_of([("a",), ("b",)]))
    name = b"xl/worksheets/sheet1.xml"
    entry = data.rindex(name) - 46  # the central directory's record of that part
    struct.pack_into("<I", data, entry + 24, 1 << 30)
    assert "far too much" in refused(bytes(data))
    struct.pack_into("<I", data, entry + 24, 10)
    assert refused(bytes(data))


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "_rels/.rels"])
def test_damaged_parts_and_entity_bombs_are_refused(part: str) -> None:
    plain = xlsx_of([("a", "b"), ("c", "d")])
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    for body in (b"<not", bomb, b""):
        assert refused(repacked(plain, lambda name, old, body=body: body if name == part else old))  # type: ignore[misc] # a default


def test_a_day_that_excel_cannot_have_is_an_error_in_its_cell() -> None:
    from datetime import datetime

    data = xlsx_of([("When",), (datetime(2024, 1, 31),)])  # noqa: DTZ001 - as Excel has it
    wild = repacked(data, lambda name, body: body.replace(b"<v>45322</v>", b"<v>99999999</v>"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert read(wild)[1] == ("#VALUE!",)


def test_a_sheet_that_is_formatted_to_its_end_does_not_take_for_ever() -> None:
    rows = "".join(f'<row r="{one}"><c r="A{one}" s="0"/></row>' for one in range(3, 150_000))
    data = repacked(
        xlsx_of([("a",), ("b",)]),
        lambda name, body: body.replace(b"</sheetData>", rows.encode() + b"</sheetData>"),
    )
    assert read(data) == [("a",), ("b",)]
