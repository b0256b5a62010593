"""Printed sheets measured on the raster, the same bytes each time, and text made safe for paper."""

import pytest

from labels import fonts
from labels.code import new, shown
from labels.pdf import Label, Nudge, Options, label_sheets
from labels.sheet import Stock, places, stock
from tests.labels.cast import BASE, HOSTILE, SCHOOL
from tests.labels.raster import pages

L7160 = stock("L7160")
PLAIN = Options()


def sheet(names: list[str], on: Stock = L7160, options: Options = PLAIN) -> tuple[bytes, list[str]]:
    labels = [
        Label(new(lambda count, n=n: (n * 7919 + 13).to_bytes(count, "big")), name) for n, name in enumerate(names)
    ]
    return label_sheets(labels, on, base_url=BASE, school=SCHOOL, options=options), [one.tag for one in labels]


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


def test_the_same_labels_give_the_same_bytes() -> None:
    assert sheet(HOSTILE)[0] == sheet(HOSTILE)[0]


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
