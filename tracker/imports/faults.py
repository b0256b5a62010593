"""The faulty rows of a file as they came, with the reasons behind, to correct and to upload again. Only reads."""

from collections.abc import Iterator

from tracker.imports import service, tables
from tracker.imports.models import Import
from tracker.imports.rules import Verdict
from tracker.spreadsheet import csv_bytes, xlsx_bytes

REASON, ROW = "What is wrong", "Row in the file"


def as_csv(found: Import) -> bytes:
    """As CSV."""
    return csv_bytes(_header(found), _rows(found))


def as_xlsx(found: Import) -> bytes:
    """As a workbook."""
    return xlsx_bytes(_header(found), _rows(found), "Faulty rows")


def _header(found: Import) -> list[str]:
    return [*found.headings, ROW, REASON]


def _rows(found: Import) -> Iterator[list[object]]:
    """The file is read once beside the verdicts, which stand in the same order."""
    data, source, width = service.data_of(found), service.source_of(found), len(found.headings)
    told = service.rows(found, Verdict.FAULTY, 0, limit=tables.ROWS_MOST)
    reasons = {row.number: _said(row.faults) for row in told}
    for line in tables.lines(data, source, found.sheet):
        if line.number in reasons:
            cells = list(line.cells[:width]) + [None] * (width - len(line.cells))
            yield [*cells, line.number, reasons[line.number]]


def _said(faults: list[list[str]]) -> str:
    return " ".join(f"{heading}: {why}" if heading else why for heading, why in faults)
