"""Label stocks as data, and where each label lies. Millimetres, from the top left corner of the page.

A4 grids are the makers' published ones. A label on a roll or a tape is a page of its own, as wide as one reads it;
its edges are what the printer cannot reach, and INSET at least. Tests measure every stock on paper.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

A4 = (210.0, 297.0)  # mm
INSET = 1.5  # mm of each edge where nothing is printed, since cutters and printers are off by that much
LIMIT = 10_000  # labels in one file
OFFICE_DPI = 300  # a whole number of dots here is one at 600 and 1,200 too
LENGTHS = (25, 200)  # mm to which a continuous tape may be cut


@dataclass(frozen=True, slots=True)
class Stock:
    """One kind of label. Lengths in millimetres; x0, y0 = left and top of the first label; dx, dy = pitch."""

    name: str
    group: str  # of printers, as a list of stocks shows it
    width: float
    height: float
    columns: int = 1
    rows: int = 1
    x0: float = 0.0
    y0: float = 0.0
    dx: float = 0.0
    dy: float = 0.0
    page_width: float = A4[0]
    page_height: float = A4[1]
    note: str = ""
    aliases: tuple[str, ...] = ()  # the same die under other numbers
    dpi: int = OFFICE_DPI  # the printer's own dots to the inch
    edge_x: float = INSET  # left and right: nothing is printed there
    edge_y: float = INSET  # top and bottom
    cut: str = ""  # the field that a cutter decides, `width` or `height`; empty for a fixed size

    @property
    def per_page(self) -> int:
        """Labels on one sheet; 1 on a roll."""
        return self.columns * self.rows

    @property
    def roll(self) -> bool:
        """Whether each label is a page of its own."""
        return self.page_width == self.width and self.page_height == self.height

    @property
    def title(self) -> str:
        """What it is, for people: size, number, material."""
        size = f"{round(self.width, 1):g} × {round(self.height, 1):g} mm"
        if self.cut:
            across = self.height if self.cut == "width" else self.width
            size = f"{across:g} mm wide, cut to {getattr(self, self.cut):g} mm"
        each = "" if self.roll else f", {self.per_page} on a sheet"
        return size + each + (f", {self.note}" if self.note else "")


@dataclass(frozen=True, slots=True)
class Place:
    """Where one label lies: its page, counted from 0, and its left and top edge in millimetres."""

    page: int
    x: float
    y: float


SHEETS, SILVER = "A4 sheets, for any office printer", "A4 sheets of polyester or anti-tamper film"
QL, PT = "Brother QL label printers (300 dpi)", "Brother P-touch printers (180 dpi)"
P900, DYMO, ZEBRA = "Brother PT-P900 (360 dpi)", "DYMO LabelWriter (300 dpi)", "Zebra label printers (203 dpi)"


def _a4(name: str, size: tuple[float, float], grid: tuple[int, int], first: tuple[float, float],
        pitch: tuple[float, float], group: str = SHEETS, note: str = "", aliases: str = "") -> Stock:  # fmt: skip
    return Stock(name, group, *size, *grid, *first, *pitch, note=note, aliases=tuple(aliases.split()))


def _roll(name: str, group: str, size: tuple[float, float], edges: tuple[float, float], dpi: int = OFFICE_DPI,
          note: str = "", aliases: str = "", cut: str = "") -> Stock:  # fmt: skip
    """A label on a roll or tape. `edges` = what the printer cannot reach: left and right, top and bottom."""
    edge_x, edge_y = (max(INSET, edge) for edge in edges)
    return Stock(
        name, group, *size, dx=size[0], dy=size[1], page_width=size[0], page_height=size[1],
        note=note, aliases=tuple(aliases.split()), dpi=dpi, edge_x=edge_x, edge_y=edge_y, cut=cut,
    )  # fmt: skip


_ALL = (
    _a4("L7160", (63.5, 38.1), (3, 7), (7.20, 15.15), (66.04, 38.10), aliases="J8160 L7060"),
    _a4("L7159", (64.0, 33.86), (3, 8), (6.46, 13.06), (66.54, 33.86)),
    _a4("L7161", (63.5, 46.56), (3, 6), (7.21, 8.82), (66.04, 46.56)),
    _a4("L7162", (99.06, 33.87), (2, 8), (4.67, 13.02), (101.60, 33.87)),
    _a4("L7163", (99.06, 38.1), (2, 7), (4.67, 15.15), (101.60, 38.10), aliases="L7063"),
    _a4("L7164", (63.5, 71.97), (3, 4), (7.21, 4.57), (66.04, 71.97)),
    _a4("L7165", (99.06, 67.73), (2, 4), (4.67, 13.04), (101.60, 67.73), aliases="J8165"),
    _a4("L7173", (99.06, 57.0), (2, 5), (4.67, 6.00), (101.60, 57.00)),
    _a4("L7651", (38.1, 21.17), (5, 13), (4.67, 10.90), (40.64, 21.17), aliases="J8651 L8651"),
    _a4("L7654", (45.72, 25.4), (4, 10), (9.75, 21.43), (48.26, 25.40), aliases="J8654 L4770 L6140 L6145"),
    _a4("L4731", (25.4, 10.0), (7, 27), (8.48, 13.43), (27.94, 10.00), note="removable"),
    _a4("L6008", (25.4, 10.0), (7, 27), (8.48, 13.43), (27.94, 10.00), SILVER, "silver"),
    _a4("L6009", (45.72, 21.17), (4, 12), (9.75, 21.41), (48.26, 21.17), SILVER, "silver", "L7636 L4778"),
    _a4("L6011", (63.5, 29.63), (3, 9), (7.21, 15.10), (66.04, 29.63), SILVER, "silver"),
    _a4("L6012", (96.0, 50.8), (2, 5), (7.73, 21.43), (98.54, 50.80), SILVER, "silver"),
    _a4("L6112", (40.0, 40.0), (4, 6), (16.0, 13.43), (46.0, 46.0), SILVER, "anti-tamper"),
    _a4("L6113", (45.72, 21.17), (4, 12), (9.75, 21.41), (48.26, 21.17), SILVER, "anti-tamper"),
    _a4("L6114", (63.5, 29.63), (3, 9), (7.21, 15.10), (66.04, 29.63), SILVER, "anti-tamper"),
    # Brother QL: the head reaches all but 1.5 mm beside and 3 mm before and behind a label
    _roll("DK-62", QL, (62.0, 29.0), (1.53, 3.0), aliases="DK-22205", cut="height"),
    _roll("DK-38", QL, (70.0, 38.0), (3.0, 1.52), aliases="DK-22225", cut="width"),
    _roll("DK-29", QL, (62.0, 29.0), (3.0, 1.55), aliases="DK-22210", cut="width"),
    _roll("DK-12", QL, (50.0, 12.0), (3.0, 1.51), aliases="DK-22214", cut="width"),
    _roll("DK-62x29", QL, (62.0, 29.0), (1.53, 3.03), aliases="DK-11209"),
    _roll("DK-62x100", QL, (100.0, 62.0), (3.05, 1.53), aliases="DK-11202"),
    _roll("DK-29x90", QL, (90.0, 29.0), (3.05, 1.55), aliases="DK-11201"),
    _roll("DK-38x90", QL, (90.0, 38.0), (3.05, 1.52), aliases="DK-11208"),
    _roll("DK-17x54", QL, (54.0, 17.0), (3.04, 1.52), aliases="DK-11204"),
    _roll("DK-23x23", QL, (23.0, 23.0), (2.95, 2.95), aliases="DK-11221"),
    # Brother P-touch: 128 pins of 1/180 inch; narrow tapes use fewer of them
    _roll("TZe-24", PT, (70.0, 24.0), (2.0, 2.97), 180, cut="width"),
    _roll("TZe-18", PT, (60.0, 18.0), (2.0, 1.10), 180, cut="width"),
    _roll("TZe-12", PT, (50.0, 12.0), (2.0, 1.06), 180, cut="width"),
    _roll("TZe-9", PT, (45.0, 9.0), (2.0, 0.97), 180, cut="width"),
    _roll("P900-36", P900, (90.0, 36.0), (2.0, 1.98), 360, note="TZe tape", cut="width"),
    _roll("P900-24", P900, (70.0, 24.0), (2.0, 0.71), 360, note="TZe tape", cut="width"),
    _roll("P900-12", P900, (50.0, 12.0), (2.0, 0.71), 360, note="TZe tape", cut="width"),
    # DYMO: pages as its driver names them; one end, which of the two depends on the turn, stays white for 5.7 mm
    _roll("11354", DYMO, (57.15, 31.75), (1.02, 1.52), aliases="S0722540"),
    _roll("11352", DYMO, (54.02, 25.40), (5.7, 1.52), aliases="S0722520"),
    _roll("99010", DYMO, (88.90, 27.86), (5.7, 1.52), aliases="S0722370"),
    _roll("99012", DYMO, (88.56, 35.73), (5.7, 1.52), aliases="S0722400"),
    _roll("99014", DYMO, (100.84, 54.02), (5.7, 1.52), aliases="S0722430"),
    _roll("Zebra-51x25", ZEBRA, (51.0, 25.0), (1.5, 1.5), 203),
)
STOCKS: dict[str, Stock] = {stock.name: stock for stock in _ALL}
_NAMES = {name.casefold(): one for one in _ALL for name in (one.name, *one.aliases)}


def stock(name: str, length: int | None = None) -> Stock:
    """The stock of that name or alias, in any case; a continuous one cut to `length` millimetres, if that is given.

    Raises ValueError for one that is not known, and for a length that no tape is cut to.
    """
    found = _NAMES.get(name.casefold())
    if found is None:
        raise ValueError("This kind of label is not known. Choose one from the list.")
    if length is None or not found.cut:
        return found
    if not LENGTHS[0] <= length <= LENGTHS[1]:
        raise ValueError(f"A tape can be cut to {LENGTHS[0]} to {LENGTHS[1]} mm. Choose a length between them.")
    if found.cut == "width":
        return replace(found, width=float(length), dx=float(length), page_width=float(length))
    return replace(found, height=float(length), dy=float(length), page_height=float(length))


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
