"""Labels as PDF: sheets, and a page with rulers that shows how far a printer is off.

Each code is one 1-bit image mask of its modules, so that no viewer leaves seams between them and 10,000 labels stay
small. A module is a whole number of dots at 300 dpi, and so at 600 and 1,200. The printer must print at actual size;
the page that offers the file says so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from labels import fonts
from labels.code import shown
from labels.qr import QUIET, Matrix, asset_url, matrix
from labels.sheet import LIMIT, Place, Stock, places

INSET = 1.5  # mm of each edge where nothing is printed, since cutters and printers are off by that much
GAP = 1.0  # mm between the code's quiet zone and the text
DOT = 25.4 / 300  # mm
SMALLEST_MODULE = 0.25  # mm; below that telephones give up
CODE_SHARE = 0.42  # of a label's width at most, so that the text beside the code can be read


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on one label. `tag` as labels.code made it; the name is cut to fit."""

    tag: str
    name: str


@dataclass(frozen=True, slots=True)
class Nudge:
    """Correction for one printer: millimetres to the right and down, and a scale from the top left corner."""

    right: float = 0.0
    down: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Raises ValueError for what no printer needs, NaN included."""
        if not (-10 <= self.right <= 10 and -10 <= self.down <= 10):
            raise ValueError("A printer can be corrected by at most 10 mm in each direction.")
        if not 0.95 <= self.scale <= 1.05:
            raise ValueError("A printer can be corrected by a scale from 95 % to 105 %.")


@dataclass(frozen=True, slots=True)
class Options:
    """How a sheet is printed. `start` is the first unused label, counted from 1; `copies` of each label in a row."""

    start: int = 1
    copies: int = 1
    nudge: Nudge = Nudge()
    outline: bool = False


def label_sheets(labels: Sequence[Label], on: Stock, *, base_url: str, school: str, options: Options) -> bytes:
    """One PDF with all labels. The same input gives the same bytes.

    Raises ValueError, with a sentence for the person who prints, for a bad start or number of copies, too many
    labels, or an address that is too long for a readable code on this stock.
    """
    if not 1 <= options.copies <= LIMIT:
        raise ValueError("Choose at least one copy of each label.")
    wanted = places(on, options.start, len(labels) * options.copies)
    canvas, output = _canvas(on, "Labels")
    page = 0
    _begin(canvas, on, options.nudge)
    for place, label in zip(wanted, _repeated(labels, options.copies), strict=True):
        if place.page != page:
            canvas.showPage()
            _begin(canvas, on, options.nudge)
            page = place.page
        _draw(canvas, on, place, label, base_url, school)
        if options.outline:
            _outline(canvas, on, place)
    canvas.save()
    return output.getvalue()


def calibration_page(on: Stock, nudge: Nudge) -> bytes:
    """A page on plain paper: the outline of every label and rulers from the edges, with this correction applied."""
    canvas, output = _canvas(on, "Calibration page")
    _begin(canvas, on, nudge)
    for place in places(on, 1, on.per_page):
        _outline(canvas, on, place)
    _ruler(canvas, on, across=True)
    _ruler(canvas, on, across=False)
    lines = (
        f"Calibration page for {on.name} ({on.title})",
        "Print on plain paper at actual size (100 %, no fitting), and hold it against a sheet of labels to the light.",
        f"Now corrected by {nudge.right:+.1f} mm to the right, {nudge.down:+.1f} mm down, scale {nudge.scale:.3f}.",
        "The rulers show millimetres from the left and the top edge of the paper: 100 must measure 100 mm.",
    )
    canvas.setFillGray(0)
    y = (on.page_height - on.y0 - on.dy * (on.rows // 2)) * mm
    for number, line in enumerate(lines):
        name, size = (fonts.BOLD, 11) if number == 0 else (fonts.REGULAR, 9)
        for part in fonts.wrapped(fonts.printable(line, name), name, size, on.dx * (on.columns - 1) * mm - 24, 4):
            y -= size * 1.5
            canvas.setFont(name, size)
            canvas.drawString(on.x0 * mm + 12, y, part)
    canvas.save()
    return output.getvalue()


def _repeated(labels: Sequence[Label], copies: int) -> Iterable[Label]:
    return (label for label in labels for _ in range(copies))


def _canvas(on: Stock, title: str) -> tuple[Canvas, BytesIO]:
    for name in (fonts.REGULAR, fonts.BOLD, fonts.MONO_BOLD):
        fonts.font(name)
    output = BytesIO()
    canvas = Canvas(
        output,
        pagesize=(on.page_width * mm, on.page_height * mm),
        invariant=1,
        pageCompression=1,
        initialFontName=fonts.REGULAR,
    )
    canvas.setTitle(f"{title} {on.name}")
    canvas.setAuthor("Caretaker")
    canvas.setViewerPreference("PrintScaling", "None")
    return canvas, output


def _begin(canvas: Canvas, on: Stock, nudge: Nudge) -> None:
    """Start a page: scaled from its top left corner, then moved."""
    top = on.page_height * mm
    canvas.translate(nudge.right * mm, top - nudge.down * mm)
    canvas.scale(nudge.scale, nudge.scale)
    canvas.translate(0, -top)


def _outline(canvas: Canvas, on: Stock, place: Place) -> None:
    canvas.setLineWidth(0.25)
    canvas.setStrokeGray(0.5)
    bottom = on.page_height - place.y - on.height
    canvas.roundRect(place.x * mm, bottom * mm, on.width * mm, on.height * mm, 1.5 * mm)


def _draw(canvas: Canvas, on: Stock, place: Place, label: Label, base_url: str, school: str) -> None:
    code = matrix(asset_url(base_url, label.tag))
    module = _module(on, len(code))
    stacked = on.width < 1.4 * on.height
    side, quiet = module * len(code), module * QUIET
    if stacked:
        left, top = place.x + (on.width - side) / 2, place.y + max(INSET, quiet)
        draw_code(canvas, code, left * mm, (on.page_height - top - side) * mm, module * mm)
        box = (place.x + INSET, top + side + quiet, on.width - 2 * INSET, on.height - (top - place.y) - side - quiet)
        _text(canvas, on, (*box[:3], box[3] - INSET), label, school)
        return
    left, top = place.x + max(INSET, quiet), place.y + (on.height - side) / 2
    draw_code(canvas, code, left * mm, (on.page_height - top - side) * mm, module * mm)
    text_left = left + side + max(quiet, GAP)
    box = (text_left, place.y + INSET, place.x + on.width - INSET - text_left, on.height - 2 * INSET)
    _text(canvas, on, box, label, school)


def _module(on: Stock, modules: int) -> float:
    """Millimetres of one module: whole dots, the quiet zone on the label, enough room left for the text."""
    stacked = on.width < 1.4 * on.height
    height = on.height * (0.72 if stacked else 1.0)
    room = min(height / (modules + 2 * QUIET), (height - 2 * INSET) / modules, on.width * CODE_SHARE / modules)
    dots = int(room / DOT)
    if dots > 4:
        dots -= dots % 2
    if dots * DOT < SMALLEST_MODULE:
        raise ValueError(
            "The address of this site is too long for a code that can be read on labels this small. Choose larger ones."
        )
    return dots * DOT


def draw_code(canvas: Canvas, code: Matrix, x: float, y: float, module: float) -> None:
    """Draw a code with its lower left corner at x, y; all in points. The quiet zone around it is the caller's."""
    size = len(code)
    spare = -size % 8
    rows = (
        int("".join("01"[dark] for dark in row) + "0" * spare, 2).to_bytes((size + spare) // 8, "big").hex()
        for row in code
    )
    side = size * module
    canvas.saveState()
    canvas.setFillGray(0)
    canvas.addLiteral(
        f"{side:.3f} 0 0 {side:.3f} {x:.3f} {y:.3f} cm "
        f"BI /W {size} /H {size} /BPC 1 /IM true /D [1 0] /F /AHx ID {''.join(rows)}> EI"
    )
    canvas.restoreState()


def _text(canvas: Canvas, on: Stock, box: tuple[float, float, float, float], label: Label, school: str) -> None:
    """Tag, name and school into a box of left, top, width and height in millimetres; what has no room is left out."""
    left, top, width, height = (length * mm for length in box)
    tag = fonts.printable(shown(label.tag), fonts.MONO_BOLD)
    size = min(18.0, 18.0 * width / fonts.width(tag, fonts.MONO_BOLD, 18.0), height * 0.8)
    small = min(9.0, size * 0.62)
    room = int((height - size * 1.1) / (small * 1.25))  # lines
    below = (
        fonts.wrapped(fonts.printable(school), fonts.REGULAR, small * 0.85, width, min(2, room - 1)) if room > 2 else []
    )
    above = fonts.wrapped(fonts.printable(label.name), fonts.BOLD, small, width, min(3, room - len(below)))
    block = size * 0.75 + small * (1.2 * len(above) + 1.1 * len(below) + 0.35 + 0.5 * bool(below))
    x, y = left, on.page_height * mm - top - max(0.0, (height - block) / 2) - size * 0.72
    canvas.setFillGray(0)
    canvas.setFont(fonts.MONO_BOLD, size)
    canvas.drawString(x, y, tag)
    y -= small * 0.35
    for line in above:
        y -= small * 1.2
        canvas.setFont(fonts.BOLD, small)
        canvas.drawString(x, y, line)
    y -= small * 0.5
    for line in below:
        y -= small * 1.1
        canvas.setFont(fonts.REGULAR, small * 0.85)
        canvas.drawString(x, y, line)


def _ruler(canvas: Canvas, on: Stock, *, across: bool) -> None:
    """Millimetres from the edge of the page, through the second label row and the last column."""
    length = int(on.page_width if across else on.page_height)
    beside = (on.y0 + on.dy * 1.5) if across else (on.x0 + on.dx * (on.columns - 0.5))
    canvas.setLineWidth(0.3)
    canvas.setStrokeGray(0)
    canvas.setFont(fonts.REGULAR, 5)
    for mark in range(length + 1):
        tick = 4.0 if mark % 10 == 0 else 2.5 if mark % 5 == 0 else 1.5
        if across:
            y = (on.page_height - beside) * mm
            canvas.line(mark * mm, y, mark * mm, y - tick * mm)
        else:
            y = (on.page_height - mark) * mm
            canvas.line(beside * mm, y, (beside + tick) * mm, y)
        if mark % 10 == 0:
            where = (mark * mm + 1, y - 6 * mm) if across else ((beside + 4.5) * mm, y - 1.5)
            canvas.drawString(*where, str(mark))
