"""Printed sheets: measured on the raster, every code read by another program, hostile names harmless."""

import pytest
from PIL import Image

from labels import fonts
from labels.code import new, shown
from labels.pdf import Label, Nudge, Options, calibration_page, label_sheets
from labels.qr import asset_url
from labels.sheet import STOCKS, Stock, places, stock
from tests.labels.raster import codes, pages

BASE = "https://caretaker.oakfield.example"
SCHOOL = "Oakfield Primary School"
L7160 = stock("L7160")
PLAIN = Options()
HOSTILE = [
    "",
    "Dell Latitude 5420",
    "Łukasz Świątek, Siân Ó Briain, Đặng Thị Ước",
    "W" * 5000,
    "a " * 3000,
    "<b>bold</b> &amp; <para> %s {0}",
    "\u05e9\u05dc\u05d5\u05dd \u0639\u0644\u064a\u0643\u0645",
    "\U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\u202egnp.exe\u0000\u0007\x1b[31m",
    ") Tj ET Q (",
    "\\( \\) \\",
    "line\nbreak\r\n\ttab",
]


def sheet(names: list[str], on: Stock = L7160, options: Options = PLAIN) -> tuple[bytes, list[str]]:
    labels = [
        Label(new(lambda count, n=n: (n * 7919 + 13).to_bytes(count, "big")), name) for n, name in enumerate(names)
    ]
    return label_sheets(labels, on, base_url=BASE, school=SCHOOL, options=options), [one.tag for one in labels]


def crop(page: Image.Image, dpi: int, on: Stock, x: float, y: float) -> Image.Image:
    scale = dpi / 25.4
    return page.crop(
        (round(x * scale), round(y * scale), round((x + on.width) * scale), round((y + on.height) * scale))
    )


@pytest.mark.parametrize("dpi", [300, 203])
def test_every_code_of_a_full_sheet_is_read_at_its_place_whatever_the_names(dpi: int) -> None:
    pdf, tags = sheet((HOSTILE * 2)[:21])
    (page,) = pages(pdf, dpi)
    for place, tag in zip(places(L7160, 1, 21), tags, strict=True):
        assert codes(crop(page, dpi, L7160, place.x, place.y)) == [asset_url(BASE, tag)]


@pytest.mark.parametrize("on", STOCKS.values(), ids=lambda on: on.name)
def test_every_stock_prints_codes_that_are_read(on: Stock) -> None:
    pdf, tags = sheet((HOSTILE * 2)[: min(on.per_page, 12)], on)
    (page,) = pages(pdf, 300)
    for place, tag in zip(places(on, 1, len(tags)), tags, strict=True):
        assert codes(crop(page, 300, on, place.x, place.y)) == [asset_url(BASE, tag)]


def darkest(line: list[int], first: float, dpi: int) -> float:
    """Where the middle of the darkest run lies, in millimetres; `first` is where the line of pixels starts."""
    dark = [index for index, value in enumerate(line) if value == min(line)]
    assert min(line) < 200, "no line is printed here"
    return first + (sum(dark) / len(dark) + 0.5) * 25.4 / dpi


@pytest.mark.parametrize("nudge", [Nudge(), Nudge(right=0.7, down=-0.4), Nudge(scale=1.01)], ids=str)
def test_the_outlines_lie_within_a_tenth_of_a_millimetre_of_the_published_grid(nudge: Nudge) -> None:
    dpi = 600
    (page,) = pages(sheet([""] * 21, options=Options(outline=True, nudge=nudge))[0], dpi)
    scale = dpi / 25.4
    for place in places(L7160, 1, 21):
        for edge in (place.x, place.x + 63.5):
            wanted = edge * nudge.scale + nudge.right
            left, y = round((wanted - 0.5) * scale), round(((place.y + 4) * nudge.scale + nudge.down) * scale)
            line = [page.getpixel((x, y)) for x in range(left, left + round(scale))]
            assert darkest(line, left / scale, dpi) == pytest.approx(wanted, abs=0.1)
        for edge in (place.y, place.y + 38.1):
            wanted = edge * nudge.scale + nudge.down
            top, x = round((wanted - 0.5) * scale), round(((place.x + 4) * nudge.scale + nudge.right) * scale)
            line = [page.getpixel((x, y)) for y in range(top, top + round(scale))]
            assert darkest(line, top / scale, dpi) == pytest.approx(wanted, abs=0.1)


def test_copies_follow_each_other_from_the_start_position_over_pages() -> None:
    pdf, tags = sheet(["one", "two"], options=Options(start=20, copies=2))
    first, second = pages(pdf, 203)
    assert sorted(codes(first)) == [asset_url(BASE, tags[0])] * 2
    assert sorted(codes(second)) == [asset_url(BASE, tags[1])] * 2
    used = crop(first, 203, L7160, 7.2, 15.15)
    assert used.getextrema() == (255, 255), "the used place stays white"


def test_nothing_is_printed_near_the_edge_of_a_label() -> None:
    (page,) = pages(sheet((HOSTILE * 2)[:21])[0], 300)
    scale = 300 / 25.4
    for place in places(L7160, 1, 21):
        label = crop(page, 300, L7160, place.x, place.y)
        margin = round(1.3 * scale)
        inner = (margin, margin, label.width - margin, label.height - margin)
        label.paste(255, inner)
        assert label.getextrema() == (255, 255)


def test_the_same_labels_give_the_same_bytes() -> None:
    assert sheet(HOSTILE)[0] == sheet(HOSTILE)[0]


def test_the_calibration_page_is_one_page_and_shows_every_label() -> None:
    (page,) = pages(calibration_page(L7160, Nudge(right=0.3)), 100)
    assert page.size == (827, 1170)  # poppler rounds up
    assert page.getextrema()[0] < 100


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 11.0, -11.0])
def test_corrections_that_no_printer_needs_are_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="10 mm"):
        Nudge(right=bad)
    with pytest.raises(ValueError, match="10 mm"):
        Nudge(down=bad)
    with pytest.raises(ValueError, match="scale"):
        Nudge(scale=bad)


@pytest.mark.parametrize("options", [Options(start=0), Options(start=22), Options(copies=0), Options(copies=20_000)])
def test_starts_and_copies_that_cannot_be_are_refused(options: Options) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        sheet(["x"], options=options)


def test_an_address_too_long_for_a_small_label_is_refused_with_advice() -> None:
    with pytest.raises(ValueError, match="Choose larger ones"):
        label_sheets(
            [Label("00000000", "")],
            stock("L7651"),
            base_url="https://" + "caretaker." * 40 + "example",
            school=SCHOOL,
            options=Options(),
        )


def test_tags_are_printed_as_text_in_groups_and_names_with_their_accents() -> None:
    assert fonts.printable("Łukasz Siân Ó Briain Đặng", fonts.BOLD) == "Łukasz Siân Ó Briain Đặng"
    assert fonts.printable("Sia\u0302n") == "Siân"
    assert fonts.printable("a\u202eb\x00c\n d\u05d0") == f"abc d{fonts.MISSING}"
    for name in (fonts.REGULAR, fonts.BOLD, fonts.ITALIC, fonts.MONO, fonts.MONO_BOLD):
        assert ord(fonts.MISSING) in fonts.font(name).face.charToGlyph
        assert ord("…") in fonts.font(name).face.charToGlyph
        assert fonts.printable(shown("00000000"), name) == "0000-0000"


def test_wrapping_always_ends_and_never_leaves_its_room() -> None:
    for text in (fonts.printable(name) for name in HOSTILE):
        for room in (1.0, 20.0, 90.0):
            for count in (0, 1, 3, 10_000):
                lines = fonts.wrapped(text, fonts.REGULAR, 8, room, count)
                assert len(lines) <= count
                if room > 10:
                    assert all(fonts.width(line, fonts.REGULAR, 8) <= room for line in lines)
