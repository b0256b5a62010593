"""Sheets of labels: where each label lies on the paper. Millimetres, from the top left corner of the page.

The numbers are the makers' published grids. L7160 is proved by tests and measured; the others are data of the same
kind, entered once from more than one source that agree within 0.5 mm.
"""

from collections.abc import Iterator
from dataclasses import dataclass

A4 = (210.0, 297.0)  # mm
LIMIT = 10_000  # labels in one file


@dataclass(frozen=True, slots=True)
class Stock:
    """One kind of sheet. Lengths in millimetres; x0, y0 = left and top of the first label; dx, dy = pitch."""

    name: str
    title: str
    width: float
    height: float
    columns: int
    rows: int
    x0: float
    y0: float
    dx: float
    dy: float
    page_width: float = A4[0]
    page_height: float = A4[1]

    @property
    def per_page(self) -> int:
        """Labels on one sheet."""
        return self.columns * self.rows


@dataclass(frozen=True, slots=True)
class Place:
    """Where one label lies: its page, counted from 0, and its left and top edge in millimetres."""

    page: int
    x: float
    y: float


_ALL = (
    Stock("L7160", "63.5 × 38.1 mm, 21 on a sheet", 63.5, 38.1, 3, 7, 7.20, 15.15, 66.04, 38.10),
    Stock("L7159", "64.0 × 33.9 mm, 24 on a sheet", 64.0, 33.86, 3, 8, 6.46, 13.06, 66.54, 33.86),
    Stock("L7161", "63.5 × 46.6 mm, 18 on a sheet", 63.5, 46.56, 3, 6, 7.21, 8.82, 66.04, 46.56),
    Stock("L7163", "99.1 × 38.1 mm, 14 on a sheet", 99.06, 38.1, 2, 7, 4.67, 15.15, 101.60, 38.10),
    Stock("L7651", "38.1 × 21.2 mm, 65 on a sheet", 38.1, 21.17, 5, 13, 4.67, 10.90, 40.64, 21.17),
    Stock("L7654", "45.7 × 25.4 mm, 40 on a sheet", 45.72, 25.4, 4, 10, 9.75, 21.43, 48.26, 25.40),
    Stock("L6009", "45.7 × 21.2 mm, silver, 48 on a sheet", 45.72, 21.17, 4, 12, 9.75, 21.41, 48.26, 21.17),
    Stock("L6011", "63.5 × 29.6 mm, silver, 27 on a sheet", 63.5, 29.63, 3, 9, 7.21, 15.10, 66.04, 29.63),
    Stock("L6012", "96.0 × 50.8 mm, silver, 10 on a sheet", 96.0, 50.8, 2, 5, 7.73, 21.43, 98.54, 50.80),
    Stock("L6112", "40 × 40 mm, anti-tamper, 24 on a sheet", 40.0, 40.0, 4, 6, 16.0, 13.43, 46.0, 46.0),
    Stock("L6113", "45.7 × 21.2 mm, anti-tamper, 48 on a sheet", 45.72, 21.17, 4, 12, 9.75, 21.41, 48.26, 21.17),
    Stock("L6114", "63.5 × 29.6 mm, anti-tamper, 27 on a sheet", 63.5, 29.63, 3, 9, 7.21, 15.10, 66.04, 29.63),
)
STOCKS: dict[str, Stock] = {stock.name: stock for stock in _ALL}


def stock(name: str) -> Stock:
    """The stock of that name. Raises ValueError for one that is not known."""
    try:
        return STOCKS[name]
    except KeyError:
        raise ValueError("This kind of label sheet is not known. Choose one from the list.") from None


def places(on: Stock, start: int, count: int) -> Iterator[Place]:
    """The places of `count` labels in reading order, the first at position `start`, counted from 1.

    `start` skips labels that are already used on the first sheet. Raises ValueError before the first place.
    """
    if not 1 <= start <= on.per_page:
        raise ValueError(f"The first label must be a position from 1 to {on.per_page} on this sheet.")
    if count < 1:
        raise ValueError("Choose at least one label to print.")
    if count > LIMIT:
        raise ValueError(f"One file holds at most {LIMIT:,} labels. Print fewer at a time.")
    return (_place(on, index) for index in range(start - 1, start - 1 + count))


def _place(on: Stock, index: int) -> Place:
    page, rest = divmod(index, on.per_page)
    row, column = divmod(rest, on.columns)
    return Place(page, on.x0 + column * on.dx, on.y0 + row * on.dy)
