"""Every stock as it is printed: boxes read back from the file, full sheets rasterised and every code read by another
program, at 203 and 300 dpi and at the printer's own dots.
"""

from collections.abc import Iterator

import pytest
from PIL import Image

from labels.layout import carries_address
from labels.pdf import Nudge, Options, label_sheets
from labels.qr import asset_url
from labels.sheet import STOCKS, Place, Stock, places, stock
from tests.labels.cast import BASE, SCHOOL, labels
from tests.labels.geometry import papers
from tests.labels.raster import codes, pages
from tests.labels.test_sheet import PUBLISHED

ALL = pytest.mark.parametrize("on", STOCKS.values(), ids=lambda on: on.name)
SHEETS = pytest.mark.parametrize("on", [one for one in STOCKS.values() if not one.roll], ids=lambda on: on.name)
WHITE = 1.3  # mm: the inset, less what the raster blurs


def full(on: Stock, options: Options) -> tuple[bytes, list[str]]:
    """A full sheet, or five labels of a roll, and what its codes must say."""
    made = labels(5 if on.roll else on.per_page)
    pdf = label_sheets(made, on, base_url=BASE, school=SCHOOL, options=options)
    return pdf, [asset_url(BASE, one.tag) if carries_address(on, BASE) else one.tag for one in made]


def cut(papers_: list[Image.Image], dpi: int, on: Stock, count: int) -> Iterator[Image.Image]:
    """Each label, cut out of its sheet along the grid."""
    scale = dpi / 25.4
    for place in places(on, 1, count):
        corners = (place.x, place.y, place.x + on.width, place.y + on.height)
        yield papers_[place.page].crop(tuple(round(corner * scale) for corner in corners))


@ALL
def test_every_code_of_a_full_sheet_is_read_and_the_edges_stay_white(on: Stock) -> None:
    pdf, wanted = full(on, Options())
    for dpi in sorted({203, 300, on.dpi}):
        cuts = list(cut(pages(pdf, dpi), dpi, on, len(wanted)))
        assert [codes(one) for one in cuts] == [[text] for text in wanted], f"{dpi} dpi"
        margin = round(WHITE * dpi / 25.4)
        for one in cuts:
            one.paste(255, (margin, margin, one.width - margin, one.height - margin))
            assert one.getextrema() == (255, 255), f"{dpi} dpi"


@SHEETS
def test_every_box_lies_within_a_tenth_of_a_millimetre_of_the_published_grid(on: Stock) -> None:
    width, height, columns, rows, x0, y0, dx, dy = PUBLISHED[on.name]
    (paper,) = papers(full(on, Options(outline=True))[0])
    assert (paper.width, paper.height) == (pytest.approx(210, abs=0.01), pytest.approx(297, abs=0.01))
    assert len(paper.outlines) == len(paper.codes) == columns * rows
    for number, (box, (code, _)) in enumerate(zip(paper.outlines, paper.codes, strict=True)):
        row, column = divmod(number, columns)
        assert box.left == pytest.approx(x0 + column * dx, abs=0.1)
        assert box.top == pytest.approx(y0 + row * dy, abs=0.1)
        assert (box.width, box.height) == (pytest.approx(width, abs=0.1), pytest.approx(height, abs=0.1))
        assert box.left + 1.5 <= code.left + 0.001
        assert code.left + code.width <= box.left + box.width - 1.5
        assert box.top + 1.5 <= code.top + 0.001
        assert code.top + code.height <= box.top + box.height - 1.5 + 0.001


@pytest.mark.parametrize("on", [one for one in STOCKS.values() if one.roll], ids=lambda on: on.name)
def test_a_label_of_a_roll_is_a_page_of_exactly_its_size(on: Stock) -> None:
    found = papers(full(on, Options(copies=2))[0])
    assert len(found) == 10
    for paper in found:
        assert (paper.width, paper.height) == (pytest.approx(on.width, abs=0.05), pytest.approx(on.height, abs=0.05))
        ((code, modules),) = paper.codes
        dots = code.width / modules * on.dpi / 25.4
        assert dots == pytest.approx(round(dots), abs=0.02), "a module is a whole number of the printer's own dots"
        assert code.width / modules >= 0.25
        quiet = 4 * code.width / modules
        assert min(code.top, on.height - code.top - code.height) >= max(on.edge_y, quiet) - 0.02
        assert code.left >= max(on.edge_x, quiet) - 0.02


@SHEETS
def test_an_office_printer_prints_whole_dots_at_300_600_and_1200(on: Stock) -> None:
    (paper,) = papers(full(on, Options())[0])
    for code, modules in paper.codes:
        dots = code.width / modules * 300 / 25.4
        assert dots == pytest.approx(round(dots), abs=0.02)
        assert code.width / modules >= 0.25


@pytest.mark.parametrize("nudge", [Nudge(right=0.7, down=-0.4), Nudge(scale=1.01), Nudge(-1.2, 2.5, 0.985)], ids=str)
@pytest.mark.parametrize("name", ["L7160", "L4731", "L6112", "TZe-12"])
def test_a_correction_moves_and_scales_every_box_from_the_top_left_corner(name: str, nudge: Nudge) -> None:
    on = stock(name)
    pdf, wanted = full(on, Options(outline=True, nudge=nudge))
    boxes = [box for paper in papers(pdf) for box in paper.outlines]
    for box, place in zip(boxes, places(on, 1, len(wanted)), strict=True):
        assert box.left == pytest.approx(place.x * nudge.scale + nudge.right, abs=0.05)
        assert box.top == pytest.approx(place.y * nudge.scale + nudge.down, abs=0.05)
        assert box.width == pytest.approx(on.width * nudge.scale, abs=0.05)


@pytest.mark.parametrize("length", [25, 33, 80, 200])
@pytest.mark.parametrize("name", [one.name for one in STOCKS.values() if one.cut])
def test_a_tape_cut_to_any_length_is_read(name: str, length: int) -> None:
    on = stock(name, length)
    (one,) = labels(1)
    pdf = label_sheets([one], on, base_url=BASE, school=SCHOOL, options=Options())
    (page,) = pages(pdf, on.dpi)
    assert codes(page) == [asset_url(BASE, one.tag) if carries_address(on, BASE) else one.tag]


def test_copies_follow_each_other_from_the_start_position_over_pages() -> None:
    on = stock("L7160")
    one, two = labels(2)
    pdf = label_sheets([one, two], on, base_url=BASE, school=SCHOOL, options=Options(start=20, copies=2))
    first, second = pages(pdf, 203)
    assert codes(first) == [asset_url(BASE, one.tag)] * 2
    assert codes(second) == [asset_url(BASE, two.tag)] * 2
    (used,) = cut([first], 203, on, 1)
    assert used.getextrema() == (255, 255), "the used place stays white"
    assert list(places(on, 20, 1)) == [Place(0, pytest.approx(73.24), pytest.approx(243.75))]
