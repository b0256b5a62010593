"""Codes: as small as they can be, as robust as that size allows, and read by another program."""

import pytest
import zxingcpp
from PIL import Image

from labels.qr import QUIET, Matrix, asset_url, certificate_url, matrix

pytestmark = pytest.mark.pure

URL = asset_url("https://caretaker.school.example", "N8S4HJ25")


def read(code: Matrix) -> zxingcpp.Barcode:
    size = len(code) + 2 * QUIET
    image = Image.new("L", (size, size), 255)
    for y, row in enumerate(code):
        for x, dark in enumerate(row):
            if dark:
                image.putpixel((x + QUIET, y + QUIET), 0)
    found = zxingcpp.read_barcode(image.resize((size * 4, size * 4), Image.Resampling.NEAREST))
    assert found is not None
    return found


def test_addresses_are_in_capitals_so_that_the_code_packs_them() -> None:
    assert URL == "HTTPS://CARETAKER.SCHOOL.EXAMPLE/A/N8S4HJ25"
    assert certificate_url("https://x.example/", "ab12") == "HTTPS://X.EXAMPLE/V/AB12"


@pytest.mark.parametrize(
    ("text", "modules", "level"),
    [
        ("N8S4HJ25", 21, "H"),  # version 1 holds 10 characters at H
        ("A" * 20, 21, "M"),  # 20 at M: the next higher level would need version 2
        ("A" * 21, 25, "Q"),
        (URL, 29, "Q"),  # 47 at Q
        ("A" * 61, 29, "M"),
        ("lower case, in bytes: ß", 25, "M"),
        ("7" * 34, 21, "M"),
    ],
)
def test_the_smallest_size_at_level_m_then_the_best_level_of_that_size(text: str, modules: int, level: str) -> None:
    code = matrix(text)
    assert {len(row) for row in code} == {len(code)} == {modules}
    found = read(code)
    assert (found.text, found.ec_level) == (text, level)


def test_the_same_text_gives_the_same_code() -> None:
    assert matrix(URL) == matrix(URL)


@pytest.mark.parametrize("text", ["", "x" * 2400, "A" * 5000])
def test_a_text_that_no_code_holds_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="text"):
        matrix(text)
