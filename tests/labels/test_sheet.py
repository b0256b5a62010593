"""Stocks as data: the published grids typed a second time, every label on the paper, none over another."""

import re
from pathlib import Path

import pytest

from labels.sheet import INSET, LIMIT, STOCKS, Place, Stock, places, stock

pytestmark = pytest.mark.pure

SHEETS = [one for one in STOCKS.values() if not one.roll]
ROLLS = [one for one in STOCKS.values() if one.roll]

# The published grids, typed apart from the program's own table:
# width, height, columns, rows, left and top of the first label, pitch across and down.
PUBLISHED = {
    "L7160": (63.5, 38.1, 3, 7, 7.20, 15.15, 66.04, 38.10),
    "L7651": (38.1, 21.17, 5, 13, 4.67, 10.90, 40.64, 21.17),
    "L7163": (99.06, 38.1, 2, 7, 4.67, 15.15, 101.60, 38.10),
    "L7159": (64.0, 33.86, 3, 8, 6.46, 13.06, 66.54, 33.86),
    "L7161": (63.5, 46.56, 3, 6, 7.21, 8.82, 66.04, 46.56),
    "L7162": (99.06, 33.87, 2, 8, 4.67, 13.02, 101.60, 33.87),
    "L7164": (63.5, 71.97, 3, 4, 7.21, 4.57, 66.04, 71.97),
    "L7165": (99.06, 67.73, 2, 4, 4.67, 13.04, 101.60, 67.73),
    "L7173": (99.06, 57.0, 2, 5, 4.67, 6.00, 101.60, 57.00),
    "L7654": (45.72, 25.4, 4, 10, 9.75, 21.43, 48.26, 25.40),
    "L6008": (25.4, 10.0, 7, 27, 8.48, 13.43, 27.94, 10.00),
    "L4731": (25.4, 10.0, 7, 27, 8.48, 13.43, 27.94, 10.00),
    "L6009": (45.72, 21.17, 4, 12, 9.75, 21.41, 48.26, 21.17),
    "L6113": (45.72, 21.17, 4, 12, 9.75, 21.41, 48.26, 21.17),
    "L6011": (63.5, 29.63, 3, 9, 7.21, 15.10, 66.04, 29.63),
    "L6114": (63.5, 29.63, 3, 9, 7.21, 15.10, 66.04, 29.63),
    "L6012": (96.0, 50.8, 2, 5, 7.73, 21.43, 98.54, 50.80),
    "L6112": (40.0, 40.0, 4, 6, 16.0, 13.43, 46.0, 46.0),
}
ALIASES = {
    "L7160": "J8160 L7060", "L7651": "J8651 L8651", "L7163": "L7063", "L7165": "J8165",
    "L7654": "J8654 L4770 L6140 L6145", "L6009": "L7636 L4778",
    "DK-62": "DK-22205", "DK-29": "DK-22210", "DK-38": "DK-22225", "DK-12": "DK-22214", "DK-17x54": "DK-11204",
    "DK-29x90": "DK-11201", "DK-38x90": "DK-11208", "DK-62x29": "DK-11209", "DK-62x100": "DK-11202",
    "DK-23x23": "DK-11221",
}  # fmt: skip
# What the printers reach: the roll's width and, for a fixed size, its length, in dots of the device.
REACHED = {
    "DK-62": (300, 696, None), "DK-29": (300, 306, None), "DK-38": (300, 413, None), "DK-12": (300, 106, None),
    "DK-17x54": (300, 165, 566), "DK-29x90": (300, 306, 991), "DK-38x90": (300, 413, 991),
    "DK-62x29": (300, 696, 271), "DK-62x100": (300, 696, 1109), "DK-23x23": (300, 202, 202),
    "TZe-24": (180, 128, None), "TZe-18": (180, 112, None), "TZe-12": (180, 70, None), "TZe-9": (180, 50, None),
    "P900-12": (360, 150, None), "P900-24": (360, 320, None), "P900-36": (360, 454, None),
}  # fmt: skip


def test_the_sheets_are_the_published_grids() -> None:
    assert {one.name for one in SHEETS} == set(PUBLISHED)
    for one in SHEETS:
        found = (one.width, one.height, one.columns, one.rows, one.x0, one.y0, one.dx, one.dy)
        assert found == PUBLISHED[one.name], one.name
        assert (one.page_width, one.page_height) == (210, 297)


def test_the_rolls_are_all_there_with_the_resolution_of_their_printers() -> None:
    wanted = {*REACHED, "11354", "99012", "99010", "11352", "99014", "Zebra-51x25"}
    assert {one.name for one in ROLLS} == wanted
    assert (stock("Zebra-51x25").width, stock("Zebra-51x25").height, stock("Zebra-51x25").dpi) == (51, 25, 203)
    points = {"11354": (162, 90), "99012": (251.04, 101.28), "99010": (252, 78.96), "11352": (153.12, 72)}
    for name, (width, height) in {**points, "99014": (285.84, 153.12)}.items():
        assert stock(name).width == pytest.approx(width * 25.4 / 72, abs=0.01)
        assert stock(name).height == pytest.approx(height * 25.4 / 72, abs=0.01)


@pytest.mark.parametrize("name", REACHED)
def test_what_the_printer_cannot_reach_stays_white(name: str) -> None:
    on, (dpi, across, along) = stock(name), REACHED[name]
    assert on.dpi == dpi
    sides = {"width": on.width - 2 * on.edge_x, "height": on.height - 2 * on.edge_y}
    narrow = "width" if name.startswith("DK-62") and name != "DK-62x100" else "height"
    wide = "height" if narrow == "width" else "width"
    assert sides[narrow] <= across * 25.4 / dpi + 0.05
    if along is not None:
        assert sides[wide] <= along * 25.4 / dpi + 0.05


@pytest.mark.parametrize("on", SHEETS, ids=lambda on: on.name)
def test_labels_lie_on_the_paper_in_the_middle_and_never_overlap(on: Stock) -> None:
    last = list(places(on, 1, on.per_page))[-1]
    assert (last.x + on.width, last.y + on.height) <= (on.page_width, on.page_height)
    assert on.dx >= on.width - 0.011
    assert on.dy >= on.height - 0.011
    assert abs(on.x0 - (on.page_width - last.x - on.width)) < 0.6
    assert abs(on.y0 - (on.page_height - last.y - on.height)) < 0.6


@pytest.mark.parametrize("on", STOCKS.values(), ids=lambda on: on.name)
def test_nothing_comes_nearer_to_an_edge_than_the_inset(on: Stock) -> None:
    assert on.edge_x >= INSET >= 1.5
    assert on.edge_y >= INSET
    assert on.width - 2 * on.edge_x > 5
    assert on.height - 2 * on.edge_y > 5


def test_labels_start_at_the_first_unused_place_and_go_on_overleaf() -> None:
    found = list(places(stock("L7160"), 21, 3))
    assert [(one.page, round(one.x, 2), round(one.y, 2)) for one in found] == [
        (0, 139.28, 243.75),
        (1, 7.2, 15.15),
        (1, 73.24, 15.15),
    ]
    assert list(places(stock("TZe-12"), 1, 2)) == [Place(0, 0, 0), Place(1, 0, 0)]


@pytest.mark.parametrize(("start", "count"), [(0, 1), (-1, 1), (22, 1), (1, 0), (1, -5), (1, LIMIT + 1)])
def test_a_start_or_count_that_cannot_be_is_refused_with_a_sentence(start: int, count: int) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        places(stock("L7160"), start, count)


@pytest.mark.parametrize("name", ["", "L716", "L9999", "../L7160", "L7160\x00", "Ł7160"])
def test_an_unknown_stock_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not known"):
        stock(name)


def test_a_stock_is_found_by_any_number_of_the_same_die_in_any_case() -> None:
    for name, aliases in ALIASES.items():
        assert stock(name) is STOCKS[name]
        for alias in aliases.split():
            assert stock(alias) is stock(alias.lower()) is STOCKS[name]
    known = [name for one in STOCKS.values() for name in (one.name, *one.aliases)]
    assert len({name.casefold() for name in known}) == len(known)
    assert len(STOCKS) >= 30


def test_a_tape_is_cut_to_a_length_and_a_label_of_fixed_size_is_not() -> None:
    assert (stock("TZe-12", 80).page_width, stock("TZe-12", 80).height) == (80, 12)
    assert (stock("DK-62", 40).width, stock("DK-62", 40).page_height) == (62, 40)
    assert stock("DK-62", 40).title == "62 mm wide, cut to 40 mm"
    assert stock("L7160", 80) is stock("L7160")
    for length in (24, 201, 0, -5):
        with pytest.raises(ValueError, match="25 to 200 mm"):
            stock("TZe-12", length)


def test_titles_say_what_people_read_on_the_box() -> None:
    assert stock("L7651").title == "38.1 × 21.2 mm, 65 on a sheet"
    assert stock("L6112").title == "40 × 40 mm, 24 on a sheet, anti-tamper"
    assert stock("99012").title == "88.6 × 35.7 mm"


def test_the_handbook_names_every_stock_and_every_alias() -> None:
    told = (Path(__file__).parents[2] / "docs" / "labels.md").read_text(encoding="utf-8")
    words = set(re.findall(r"[A-Za-z0-9-]+", told))
    assert {name for one in STOCKS.values() for name in (one.name, *one.aliases)} <= words
