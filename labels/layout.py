"""What stands where on one label. The PDF, the preview and the tests all draw from this.

Millimetres from the label's top left corner. A module of the code is a whole number of the printer's own dots, never
scaled, and SMALLEST_MODULE at least; where the address of the site needs more room than the label has, the code says
only the tag, which our own scan box takes as well.
"""

from dataclasses import dataclass
from functools import lru_cache

from labels import fonts
from labels.code import LENGTH, shown
from labels.qr import QUIET, Matrix, asset_url, matrix, modules
from labels.sheet import Stock

POINT = 25.4 / 72  # mm
SMALLEST_MODULE = 0.25  # mm; below that telephones give up
GAP = 1.0  # mm between the code's quiet zone and the text
CODE_SHARE = 0.5  # of a label's width at most, quiet zone included, so that the text beside the code can be read
STACKED_SHARE = 0.66  # of a square label's height at most, with the text below
SMALLEST_TEXT = 4.5  # points; smaller lines are left out
LARGEST_TAG, LARGEST_NAME = 26.0, 12.0  # points


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on one label. `tag` as labels.code made it; the name is cut to fit and may be empty."""

    tag: str
    name: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text: its left end and its baseline, its size in points."""

    x: float
    baseline: float
    font: str
    size: float
    text: str


@dataclass(frozen=True, slots=True)
class Layout:
    """One label: the code's dark and light, its top left corner, its module's side, and the lines of text."""

    code: Matrix
    left: float
    top: float
    module: float
    lines: tuple[Line, ...]


def lay_out(on: Stock, label: Label, *, base_url: str, school: str) -> Layout:
    """Place the code and the texts of a label. Raises ValueError where not even the tag's code can be read."""
    form = _form(on, base_url)
    url = asset_url(base_url, label.tag)
    code = matrix(url, tight=form.tight) if form.url else matrix(label.tag)
    return Layout(code, form.left, form.top, form.module, _lines(form, label, school))


def carries_address(on: Stock, base_url: str) -> bool:
    """Whether the codes on this stock hold the address, so that any telephone opens it; else they hold the tag only."""
    return _form(on, base_url).url


@dataclass(frozen=True, slots=True)
class _Form:
    """What all labels of a run have in common. `box` is the text's: left, top, width and height in millimetres."""

    url: bool
    tight: bool
    module: float
    left: float
    top: float
    box: tuple[float, float, float, float]
    stacked: bool


@lru_cache(maxsize=256)
def _form(on: Stock, base_url: str) -> _Form:
    tag = "0" * LENGTH
    url = asset_url(base_url, tag)
    for text, tight in ((url, False), (url, True), (tag, False)):
        try:
            size = modules(text, tight=tight)
        except ValueError:  # an address that no code holds
            continue
        module = _module(on, size)
        if module >= SMALLEST_MODULE:
            return _arranged(on, text is url, tight, size, module)
    raise ValueError("These labels are too small for a code that can be read. Choose larger ones.")


def _stacked(on: Stock) -> bool:
    return on.width < 1.4 * on.height


def _module(on: Stock, size: int) -> float:
    """Millimetres of one module: whole dots, the quiet zone on the label, enough room left for the text."""
    width, height = (on.width, STACKED_SHARE * on.height) if _stacked(on) else (CODE_SHARE * on.width, on.height)
    printable = min(on.width - 2 * on.edge_x, on.height - 2 * on.edge_y)
    room = min(min(width, height) / (size + 2 * QUIET), printable / size)
    dot = 25.4 / on.dpi
    return int(room / dot + 1e-9) * dot


def _arranged(on: Stock, url: bool, tight: bool, size: int, module: float) -> _Form:
    side, quiet = module * size, module * QUIET
    if _stacked(on):
        left, top = (on.width - side) / 2, max(on.edge_y, quiet)
        below = top + side + quiet * 0.75
        box = (on.edge_x, below, on.width - 2 * on.edge_x, on.height - on.edge_y - below)
        return _Form(url, tight, module, left, top, box, stacked=True)
    left, top = max(on.edge_x, quiet), (on.height - side) / 2
    beside = left + side + max(quiet, GAP)
    box = (beside, on.edge_y, on.width - on.edge_x - beside, on.height - 2 * on.edge_y)
    return _Form(url, tight, module, left, top, box, stacked=False)


def _lines(form: _Form, label: Label, school: str) -> tuple[Line, ...]:
    """Tag, name and school; what has no room is left out, the school first."""
    left, top, width, height = (length / POINT for length in form.box)  # points from here on
    tag = fonts.printable(shown(label.tag), fonts.MONO_BOLD)
    fits = width / fonts.width(tag, fonts.MONO_BOLD, 1.0)
    size = min(LARGEST_TAG, fits, height * (0.36 if height > 20 else 0.5))
    small = min(LARGEST_NAME, max(size * 0.62, 5.0))
    room = int((height - size * 0.95) / (small * 1.2))  # lines beside the tag
    names, small = _wrapped(label.name, fonts.BOLD, small, width, min(3, room))
    spare = min(2, room - max(1, len(names)))
    schools, tiny = _wrapped(school, fonts.REGULAR, small * 0.85, width, spare)
    block = size * 0.72 + small * (1.2 * len(names) + 1.1 * len(schools) + 0.2 * bool(names) + 0.3 * bool(schools))
    y = top + max(0.0, (height - block) / 2) + size * 0.72
    set_: list[tuple[float, str, float, str]] = [(y, fonts.MONO_BOLD, size, tag)]
    for number, text in enumerate(names):
        y += small * (1.4 if number == 0 else 1.2)
        set_.append((y, fonts.BOLD, small, text))
    for number, text in enumerate(schools):
        y += small * (1.4 if number == 0 else 1.1)
        set_.append((y, fonts.REGULAR, tiny, text))
    return tuple(_line(form, left, width, *one) for one in set_)


def _line(form: _Form, left: float, width: float, baseline: float, font: str, size: float, text: str) -> Line:
    spare = (width - fonts.width(text, font, size)) / 2 if form.stacked else 0.0
    return Line((left + max(0.0, spare)) * POINT, baseline * POINT, font, size, text)


@lru_cache(maxsize=4096)
def _wrapped(text: str, font: str, size: float, width: float, lines: int) -> tuple[tuple[str, ...], float]:
    """The lines of a text and their size: one that has a single line is made smaller, down to 60%, before it is cut."""
    shown_ = fonts.printable(text, font)
    if lines == 1 and shown_:
        size = max(min(size, width / fonts.width(shown_, font, 1.0)), size * 0.6, min(size, SMALLEST_TEXT))
    if size < SMALLEST_TEXT:
        return (), size
    return tuple(fonts.wrapped(shown_, font, size, width, lines)), size
