"""The register as a table in a file, see tracker/spreadsheet.py. Written slice by slice: the size does not matter."""

import csv
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from io import SEEK_END, TextIOWrapper
from typing import IO
from uuid import UUID

from tracker.inventory.columns import Cell, Column, Drive, Drives, drive_columns
from tracker.inventory.rows import Row
from tracker.spreadsheet import FORMULA as FORMULA
from tracker.spreadsheet import csv_bytes as csv_bytes
from tracker.spreadsheet import safe as safe
from tracker.spreadsheet import xlsx_bytes

IN_MEMORY = 4 << 20  # bytes of a file before it is written to the disk
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Table:
    """Rows of assets under some columns. `drives` looks up what is in a slice of assets; None: nobody can tell."""

    def __init__(
        self,
        columns: Sequence[Column],
        slices: Iterable[list[Row]],
        drives: Callable[[Sequence[UUID]], Drives] | None = None,
    ) -> None:
        self.slices, self.look, self.rows = slices, drives, 0
        self.found: Mapping[UUID, Sequence[Drive]] = {}
        of_drives = [] if drives is None else drive_columns(lambda asset_id: self.found.get(asset_id, ()))
        self.columns = [*columns, *of_drives]

    @property
    def header(self) -> list[str]:
        """The headings."""
        return [column.heading for column in self.columns]

    def cells(self) -> Iterator[list[Cell]]:
        """Row by row; `rows` counts them."""
        for part in self.slices:
            if self.look is not None:
                self.found = self.look([row.id for row in part])
            for row in part:
                self.rows += 1
                yield [column.cell(row) for column in self.columns]


@contextmanager
def _spooled() -> Iterator[IO[bytes]]:
    """A file for what is written, taken away where the writing fails."""
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - whoever sends it closes it
    try:
        yield file
    except BaseException:
        file.close()
        raise
    file.seek(0)


def csv_file(header: Sequence[str], rows: Iterable[Iterable[Cell]]) -> IO[bytes]:
    """As csv_bytes, into a file that is at its beginning. Amounts are in pounds, such as 1234.50."""
    with _spooled() as file:
        text = TextIOWrapper(file, "utf-8-sig", newline="")
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(safe(name) for name in header)
        for row in rows:
            writer.writerow([safe(_plain(value)) for value in row])
        text.detach()  # which flushes, and leaves the file open
    return file


def xlsx_file(header: Sequence[str], rows: Iterable[Iterable[Cell]], title: str) -> IO[bytes]:
    """As xlsx_bytes, into a file that is at its beginning."""
    with _spooled() as file:
        file.write(xlsx_bytes(header, rows, title))
    return file


def sent(file: IO[bytes]) -> IO[bytes] | bytes:
    """What an answer is made of: the bytes of a small file, else the file, which whoever sends it closes."""
    size = file.seek(0, SEEK_END)
    file.seek(0)
    if size > IN_MEMORY:
        return file
    with file:
        return file.read()


def _plain(value: Cell) -> Cell:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value
