"""One label: which code, how large, and that every line of text stays in its room, whatever the name."""

import pytest

from labels import fonts
from labels.layout import POINT, SMALLEST_MODULE, Label, carries_address, lay_out
from labels.qr import QUIET, modules
from labels.sheet import STOCKS, Stock, stock
from tests.labels.cast import BASE, HOSTILE, SCHOOL

pytestmark = pytest.mark.pure
ALL = pytest.mark.parametrize("on", STOCKS.values(), ids=lambda on: on.name)
TAG = "N8S4HJ25"


@ALL
@pytest.mark.parametrize("school", ["", SCHOOL, "St W" + "W" * 300])
def test_every_line_lies_inside_the_label_whatever_the_name(on: Stock, school: str) -> None:
    for name in HOSTILE:
        laid = lay_out(on, Label(TAG, name), base_url=BASE, school=school)
        side = laid.module * len(laid.code)
        assert laid.lines[0].text == "N8S4-HJ25"
        for line in laid.lines:
            right = line.x + fonts.width(line.text, line.font, line.size) * POINT
            assert on.edge_x <= line.x
            assert right <= on.width - on.edge_x + 0.01
            assert on.edge_y <= line.baseline - line.size * 0.7 * POINT
            assert line.baseline <= on.height - on.edge_y + 0.01
            beside, below = line.x >= laid.left + side, line.baseline - line.size * POINT >= laid.top + side - 0.6
            assert beside or below, "no text touches the code"


@ALL
def test_the_tag_can_be_read_by_people(on: Stock) -> None:
    laid = lay_out(on, Label(TAG, "Dell Latitude 5420"), base_url=BASE, school=SCHOOL)
    assert laid.lines[0].size >= 6.5
    assert min(line.size for line in laid.lines) >= 4.5
    assert [line.text for line in laid.lines][1].startswith("Dell")


@ALL
def test_a_module_is_whole_dots_large_enough_and_has_its_quiet_zone(on: Stock) -> None:
    for base in (BASE, "https://a.uk", "https://" + "caretaker." * 40 + "example", "http://127.0.0.1:5000"):
        laid = lay_out(on, Label(TAG, ""), base_url=base, school=SCHOOL)
        dots = laid.module * on.dpi / 25.4
        assert dots == pytest.approx(round(dots))
        assert laid.module >= SMALLEST_MODULE
        side = laid.module * len(laid.code)
        for room in (laid.left, laid.top, on.width - laid.left - side):
            assert room >= QUIET * laid.module - 0.001
        assert len(laid.code) == 21 or carries_address(on, base)


def test_an_ordinary_address_fits_every_stock_but_the_narrowest_tape() -> None:
    assert {on.name for on in STOCKS.values() if not carries_address(on, BASE)} == {"TZe-9"}


def test_an_address_too_long_for_a_label_leaves_the_tag_alone_in_the_code() -> None:
    long = "https://" + "caretaker." * 40 + "example"
    assert not any(carries_address(on, long) for on in STOCKS.values() if on.height < 18)
    assert len(lay_out(stock("L4731"), Label(TAG, ""), base_url=long, school="").code) == modules(TAG) == 21
    endless = "https://" + "x" * 9000 + ".example"
    assert not carries_address(stock("L7165"), endless)


def test_a_long_address_gives_up_error_correction_before_it_gives_up_the_address() -> None:
    laid = lay_out(stock("L4731"), Label(TAG, ""), base_url=BASE, school="")
    assert len(laid.code) == 25 < modules(f"{BASE}/A/{TAG}".upper())
    assert carries_address(stock("L4731"), BASE)


def test_a_label_too_small_for_any_code_is_refused_with_advice() -> None:
    tiny = Stock("tiny", "", 6.0, 6.0, page_width=6.0, page_height=6.0)
    with pytest.raises(ValueError, match="Choose larger ones"):
        lay_out(tiny, Label(TAG, ""), base_url=BASE, school="")
