"""The page that shows how far a printer is off: every label where it belongs, moved as the correction says."""

import pytest

from labels.calibration import MEASURED, calibration_page, frame
from labels.pdf import Nudge
from labels.sheet import STOCKS, Stock, places, stock
from tests.labels.geometry import papers
from tests.labels.raster import pages

ALL = pytest.mark.parametrize("on", STOCKS.values(), ids=lambda on: on.name)


@ALL
@pytest.mark.parametrize("nudge", [Nudge(), Nudge(right=0.7, down=-0.4, scale=1.004)], ids=str)
def test_every_label_is_outlined_where_it_belongs(on: Stock, nudge: Nudge) -> None:
    (paper,) = papers(calibration_page(on, nudge))
    assert (paper.width, paper.height) == (
        pytest.approx(on.page_width, abs=0.05),
        pytest.approx(on.page_height, abs=0.05),
    )
    edge = frame(on) if on.roll else 0
    for place, box in zip(places(on, 1, on.per_page), paper.outlines, strict=False):
        assert box.left == pytest.approx((place.x + edge) * nudge.scale + nudge.right, abs=0.05)
        assert box.top == pytest.approx((place.y + edge) * nudge.scale + nudge.down, abs=0.05)
        assert box.width == pytest.approx((on.width - 2 * edge) * nudge.scale, abs=0.05)
        assert box.height == pytest.approx((on.height - 2 * edge) * nudge.scale, abs=0.05)


@pytest.mark.parametrize("scale", [1.0, 0.98])
def test_the_ruler_across_is_as_long_as_it_says(scale: float) -> None:
    (paper,) = papers(calibration_page(stock("L7160"), Nudge(scale=scale)))
    marks = sorted({round(box.left, 3) for box in paper.outlines if box.width == 0 and 3.5 < box.height < 4.5})
    assert marks[19] - marks[1] == pytest.approx(MEASURED * scale, abs=0.05)


@pytest.mark.parametrize("name", ["L7160", "L4731", "L7164", "TZe-9", "DK-23x23"])
def test_it_is_one_page_with_something_on_it(name: str) -> None:
    (page,) = pages(calibration_page(stock(name), Nudge(right=0.3)), 100)
    assert page.getextrema()[0] < 100
