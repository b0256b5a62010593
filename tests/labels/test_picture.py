"""Codes are read off pictures as cameras give them, and what is no picture is refused in one way."""

import io
import secrets
import struct
import zlib
from contextlib import suppress
from typing import Any

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from reportlab.graphics.barcode.code128 import Code128

from labels.code import new
from labels.picture import MOST, BadPicture, Code, codes
from labels.qr import asset_url

pytestmark = pytest.mark.pure

TAG = new(secrets.token_bytes)
URL = asset_url("https://register.example", TAG)
Kind = zxingcpp.BarcodeFormat


def drawn(text: str, kind: Any = Kind.QRCode, *, scale: int = 4, **options: Any) -> Image.Image:
    """The symbol in grey with its quiet zone."""
    pixels = memoryview(zxingcpp.create_barcode(text, kind, **options).to_image(scale=scale))
    height, width = pixels.shape
    return Image.frombytes("L", (width, height), bytes(pixels))


def on_paper(*symbols: Image.Image, size: tuple[int, int] = (1280, 720)) -> Image.Image:
    """The symbols side by side on a grey desk."""
    desk, left = Image.new("L", size, 170), 60
    for symbol in symbols:
        desk.paste(symbol, (left, 120))
        left += symbol.width + 40
    return desk


def saved(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_our_label_is_read_off_a_frame(kind: str, mode: str) -> None:
    assert codes(saved(on_paper(drawn(URL)).convert(mode), kind)) == [Code(URL, sure=True)]


@pytest.mark.parametrize(
    ("symbology", "sure"), [(Kind.QRCode, True), (Kind.DataMatrix, True), (Kind.Code128, True), (Kind.Code39, False)]
)
@pytest.mark.parametrize("turned", [0, 12, 90, 180, 270])
def test_each_kind_of_code_is_read_however_it_lies(symbology: Any, sure: bool, turned: int) -> None:
    picture = on_paper(drawn("PF3K9X2L", symbology)).rotate(turned, expand=True, fillcolor=170)
    assert codes(saved(picture, quality=85)) == [Code("PF3K9X2L", sure)]


def test_several_codes_of_a_label_are_read_each_once() -> None:
    picture = on_paper(drawn("PF3K9X2L", Kind.Code128), drawn(URL), drawn(URL))
    assert {one.text for one in codes(saved(picture))} == {"PF3K9X2L", URL}


def test_article_numbers_and_short_code_39_are_passed_over() -> None:
    assert codes(saved(on_paper(drawn("4006381333931", Kind.EAN13), drawn("AB1", Kind.Code39)))) == []


def test_a_gs1_code_says_that_it_is_one() -> None:
    symbol = Code128("\xf1010950600013435221PF3K9X2L")  # reportlab's FNC1
    symbol.validate()
    symbol.encode()
    symbol.decompose()
    bars = Image.new("L", (600, 120), 255)
    left = 30
    for one in symbol.decomposed:  # a capital is a bar, a small letter a space; A is one module wide
        width = 2 * (ord(one.upper()) - ord("A") + 1)
        if one.isupper():
            bars.paste(0, (left, 0, left + width, 120))
        left += width
    assert codes(saved(on_paper(bars))) == [Code("]C1010950600013435221PF3K9X2L", sure=True)]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_turn_that_a_telephone_notes_does_not_matter(orientation: int) -> None:
    picture = on_paper(drawn(URL))
    exif = Image.Exif()
    exif[0x0112] = orientation
    turn = {3: 180, 4: 180, 5: 90, 6: 90, 7: 270, 8: 270}.get(orientation, 0)
    assert codes(saved(picture.rotate(turn, expand=True), exif=exif))[0].text == URL


def test_a_photo_of_twelve_million_pixels_is_read_also_where_its_code_is_small() -> None:
    large = on_paper(drawn(URL, scale=12), size=(4032, 3024))
    small = on_paper(drawn(URL, scale=3), size=(4032, 3024))
    assert codes(saved(large)) == codes(saved(small)) == [Code(URL, sure=True)]


def test_a_picture_without_a_code_holds_none() -> None:
    assert codes(saved(Image.new("L", (1280, 720), 200))) == []
    assert codes(saved(Image.effect_noise((640, 480), 90))) == []
    assert codes(saved(Image.new("L", (1, 1)))) == []


def test_a_wall_of_codes_is_cut_off() -> None:
    wall = Image.new("L", (1500, 1100), 255)
    for place in range(40):
        wall.paste(drawn(f"N{place:05}", Kind.DataMatrix), (10 + place % 10 * 140, 10 + place // 10 * 140))
    assert len(codes(saved(wall, "PNG"))) == MOST


def png(width: int, height: int, body: bytes = b"") -> bytes:
    """A PNG that claims a size, whatever it holds."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


BOMB = zlib.compress(bytes(30_000_000), 9)  # 30 MB of black in 30 kB


@pytest.mark.parametrize(
    "picture",
    [
        b"", b"x", b"\x00" * 5000, b"%PDF-1.7", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;", b"<svg xmlns='x'/>",
        b"<?xml version='1.0'?><!DOCTYPE svg><svg/>", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"II*\x00\x08\x00\x00\x00",
        b"\xff\xd8\xff", b"\xff\xd8\xff\xe0", b"RIFF\x10\x00\x00\x00WEBPVP8 ", png(0, 0), png(9, 9), png(5000, 5000),
        png(100_000, 100_000, BOMB), png(2**31 - 1, 2**31 - 1), png(20_000, 5_000, BOMB), png(3000, 3000, BOMB[:100]),
    ],
)  # fmt: skip
def test_what_is_no_picture_or_claims_to_be_huge_is_refused(picture: bytes) -> None:
    with pytest.raises(BadPicture, match=r"^This "):
        codes(picture)


def test_a_picture_that_was_cut_off_is_refused() -> None:
    whole = saved(on_paper(drawn(URL)))
    for part in (0.1, 0.5, 0.9):
        with pytest.raises(BadPicture, match="Take it again"):
            codes(whole[: int(len(whole) * part)])


WHOLE = {kind: saved(on_paper(drawn(URL), size=(400, 300)), kind) for kind in ("JPEG", "PNG", "WEBP")}


@settings(max_examples=150, deadline=None)
@given(kind=st.sampled_from(sorted(WHOLE)), data=st.data())
def test_a_spoilt_picture_is_read_or_refused_and_nothing_else(kind: str, data: st.DataObject) -> None:
    spoilt = bytearray(WHOLE[kind])
    for place in data.draw(st.lists(st.integers(0, len(spoilt) - 1), min_size=1, max_size=12)):
        spoilt[place] = data.draw(st.integers(0, 255))
    with suppress(BadPicture):
        codes(bytes(spoilt))
