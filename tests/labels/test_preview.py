"""The preview: the same labels as on paper, with codes that are read, and nothing that a page must not hold."""

import re

import pytest
import zxingcpp
from defusedxml import ElementTree
from PIL import Image

from labels.layout import Label, carries_address
from labels.preview import first_page
from labels.qr import asset_url
from labels.sheet import STOCKS, Stock, stock
from tests.labels.cast import BASE, SCHOOL, labels

pytestmark = pytest.mark.pure
SVG = "{http://www.w3.org/2000/svg}"


def drawn(path: str) -> str:
    """What a reader finds in the strokes of a code."""
    rows = re.findall(r"M0 (\d+)\.5((?:[hm]\d+(?: 0)?)+)", path)
    size, room = len(rows), 4
    image = Image.new("L", (size + 2 * room, size + 2 * room), 255)
    for row, strokes in rows:
        x = 0
        for pen, length in re.findall(r"([hm])(\d+)", strokes):
            if pen == "h":
                image.paste(0, (x + room, int(row) + room, x + room + int(length), int(row) + room + 1))
            x += int(length)
        assert x == size
    found = zxingcpp.read_barcode(image.resize((image.width * 4, image.height * 4), Image.Resampling.NEAREST))
    assert found is not None
    return found.text


@pytest.mark.parametrize("on", STOCKS.values(), ids=lambda on: on.name)
def test_the_preview_shows_every_label_with_its_real_code(on: Stock) -> None:
    made = labels(on.per_page)
    picture = ElementTree.fromstring(first_page(made, on, start=1, base_url=BASE, school=SCHOOL))
    paths = [path.attrib["d"] for path in picture.iter(f"{SVG}path")]
    wanted = [asset_url(BASE, one.tag) if carries_address(on, BASE) else one.tag for one in made]
    assert [drawn(path) for path in paths] == wanted
    assert picture.attrib["viewBox"] == f"0 0 {on.page_width:g} {on.page_height:g}"


def test_places_before_the_start_and_after_the_last_label_show_their_numbers() -> None:
    page = first_page(labels(2), stock("L7160"), start=3, base_url=BASE, school=SCHOOL)
    texts = [one.text for one in ElementTree.fromstring(page).iter(f"{SVG}text")]
    assert [text for text in texts if text and text.isdigit()] == [str(n) for n in range(1, 22) if n not in (3, 4)]
    with pytest.raises(ValueError, match="position from 1 to 21"):
        first_page(labels(1), stock("L7160"), start=22, base_url=BASE, school=SCHOOL)


def test_labels_beyond_the_first_sheet_are_left_out() -> None:
    page = first_page(labels(40), stock("L7160"), start=20, base_url=BASE, school=SCHOOL)
    assert page.count("<path") == 2
    assert 'aria-label="The first sheet with 2 labels"' in page


def test_hostile_names_stay_texts_and_no_style_or_script_gets_in() -> None:
    evil = '</text><script>alert(1)</script><a href="javascript:x" style="x">&"\''
    page = first_page([Label("N8S4HJ25", evil)], stock("L7165"), start=1, base_url=BASE, school=evil)
    picture = ElementTree.fromstring(page)
    assert {one.tag for one in picture.iter()} <= {f"{SVG}{tag}" for tag in ("svg", "rect", "text", "path")}
    assert not any("style" in one.attrib or any(name.startswith("on") for name in one.attrib) for one in picture.iter())
