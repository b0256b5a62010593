"""Labels as PDF: sheets, or one page for each label of a roll. See labels.layout for what stands where.

Each code is one 1-bit image mask of its modules, so that no viewer leaves seams between them and 10,000 labels stay
small. The printer must print at actual size; the page that offers the file says so, and so does the file itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import islice

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from labels import fonts
from labels.layout import Label as Label
from labels.layout import Layout, lay_out
from labels.qr import Matrix
from labels.sheet import LIMIT, Place, Stock, places

_BITS = bytes.maketrans(b"\x00\x01", b"01")


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
    labels, or labels too small for any code that can be read.
    """
    if not 1 <= options.copies <= LIMIT:
        raise ValueError("Choose at least one copy of each label.")
    wanted = places(on, options.start, len(labels) * options.copies)
    canvas, output = new_canvas(on, "Labels")
    page = 0
    begin(canvas, on, options.nudge)
    for label in labels:
        laid = lay_out(on, label, base_url=base_url, school=school)
        for place in islice(wanted, options.copies):
            if place.page != page:
                canvas.showPage()
                begin(canvas, on, options.nudge)
                page = place.page
            _draw(canvas, on, place, laid)
            if options.outline:
                outline(canvas, on, place)
    canvas.save()
    return output.getvalue()


def new_canvas(on: Stock, title: str) -> tuple[Canvas, BytesIO]:
    """A file with pages of the stock's size, and where its bytes go when it is saved."""
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


def begin(canvas: Canvas, on: Stock, nudge: Nudge) -> None:
    """Start a page: scaled from its top left corner, then moved."""
    top = on.page_height * mm
    canvas.translate(nudge.right * mm, top - nudge.down * mm)
    canvas.scale(nudge.scale, nudge.scale)
    canvas.translate(0, -top)


def outline(canvas: Canvas, on: Stock, place: Place) -> None:
    """Draw the edge of one label: thin and grey; on a roll the page has that edge."""
    canvas.setLineWidth(0.25)
    canvas.setStrokeGray(0.5)
    bottom = on.page_height - place.y - on.height
    canvas.roundRect(place.x * mm, bottom * mm, on.width * mm, on.height * mm, 1.5 * mm)


def _draw(canvas: Canvas, on: Stock, place: Place, label: Layout) -> None:
    side = label.module * len(label.code)
    below = on.page_height - place.y - label.top - side
    draw_code(canvas, label.code, (place.x + label.left) * mm, below * mm, label.module * mm)
    canvas.setFillGray(0)
    for line in label.lines:
        canvas.setFont(line.font, line.size)
        canvas.drawString((place.x + line.x) * mm, (on.page_height - place.y - line.baseline) * mm, line.text)


def draw_code(canvas: Canvas, code: Matrix, x: float, y: float, module: float) -> None:
    """Draw a code with its lower left corner at x, y; all in points. The quiet zone around it is the caller's."""
    size = len(code)
    spare = -size % 8
    width = (size + spare) // 8  # bytes
    rows = ((int(bytes(row).translate(_BITS), 2) << spare).to_bytes(width, "big").hex() for row in code)
    side = size * module
    canvas.saveState()
    canvas.setFillGray(0)
    canvas.addLiteral(
        f"{side:.3f} 0 0 {side:.3f} {x:.3f} {y:.3f} cm "
        f"BI /W {size} /H {size} /BPC 1 /IM true /D [1 0] /F /AHx ID {''.join(rows)}> EI"
    )
    canvas.restoreState()
