"""Sheets as data: every label on the paper, none over another, and starts that do not exist are refused."""

import pytest

from labels.sheet import LIMIT, STOCKS, Place, Stock, places, stock

pytestmark = pytest.mark.pure


@pytest.mark.parametrize("on", STOCKS.values(), ids=lambda on: on.name)
def test_labels_lie_on_the_paper_in_the_middle_and_never_overlap(on: Stock) -> None:
    last = list(places(on, 1, on.per_page))[-1]
    assert (last.x + on.width, last.y + on.height) <= (on.page_width, on.page_height)
    assert on.dx >= on.width - 0.011
    assert on.dy >= on.height - 0.011
    assert abs(on.x0 - (on.page_width - last.x - on.width)) < 0.6
    assert abs(on.y0 - (on.page_height - last.y - on.height)) < 0.6


def test_l7160_is_the_published_grid() -> None:
    on = stock("L7160")
    assert (on.width, on.height, on.per_page) == (63.5, 38.1, 21)
    found = list(places(on, 1, 21))
    assert found[0] == Place(0, 7.20, 15.15)
    assert (found[1].x, found[1].y) == (pytest.approx(73.24), pytest.approx(15.15))
    assert (found[20].x, found[20].y) == (pytest.approx(139.28), pytest.approx(243.75))


def test_labels_start_at_the_first_unused_place_and_go_on_overleaf() -> None:
    found = list(places(stock("L7160"), 21, 3))
    assert [(one.page, round(one.x, 2), round(one.y, 2)) for one in found] == [
        (0, 139.28, 243.75),
        (1, 7.2, 15.15),
        (1, 73.24, 15.15),
    ]


@pytest.mark.parametrize(("start", "count"), [(0, 1), (-1, 1), (22, 1), (1, 0), (1, -5), (1, LIMIT + 1)])
def test_a_start_or_count_that_cannot_be_is_refused_with_a_sentence(start: int, count: int) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        places(stock("L7160"), start, count)


@pytest.mark.parametrize("name", ["", "l7160", "L9999", "../L7160"])
def test_an_unknown_stock_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not known"):
        stock(name)
