"""How a certificate looks: type, colours that print well in grey, rows, panels, page furniture. Knows no content."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from PIL import Image
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, Table

from labels import fonts
from labels.pdf import draw_code
from labels.qr import QUIET, matrix

WIDTH, HEIGHT = A4
MARGIN = 20 * mm
INNER = WIDTH - 2 * MARGIN
INK, QUIET_INK, RULE, TINT = HexColor("#16202c"), HexColor("#55606b"), HexColor("#c9ced4"), HexColor("#f2f4f6")
CHUNK = 900  # characters of one paragraph, so that no row is higher than a page whatever is in it
ITEMS = 12  # entries of one list on paper, and the characters of one entry; the rest is in the attached record
ITEM_LENGTH = 600
CREST_PIXELS = 600
CREST_LIMIT = 16_000_000  # pixels of a picture that may be opened at all


def _style(name: str, font: str, size: float, leading: float, colour: Color = INK, **more: Any) -> ParagraphStyle:
    return ParagraphStyle(name, fontName=font, fontSize=size, leading=leading, textColor=colour, **more)


TITLE = _style("title", fonts.BOLD, 30, 35)
LEDE = _style("lede", fonts.REGULAR, 10, 14, QUIET_INK)
HEADING = _style("heading", fonts.BOLD, 11.5, 15)
SECTION = _style("section", fonts.BOLD, 11.5, 15, spaceBefore=5 * mm)  # nothing at the top of a page
VERDICT = _style("verdict", fonts.BOLD, 19, 26)
BODY = _style("body", fonts.REGULAR, 10.2, 14.6)
LABEL = _style("label", fonts.REGULAR, 8.5, 12.5, QUIET_INK)
SUBHEAD = _style("subhead", fonts.REGULAR, 8.5, 12.5, QUIET_INK, spaceBefore=4 * mm)
VALUE = _style("value", fonts.REGULAR, 9, 12.5)
CODE = _style("code", fonts.MONO, 8.2, 12.5)
CELL = _style("cell", fonts.REGULAR, 7.8, 10.2)
CELL_HEAD = _style("cell-head", fonts.BOLD, 7.8, 10.2, QUIET_INK)
CELL_RIGHT = _style("cell-right", fonts.MONO, 7.4, 10.2, alignment=TA_RIGHT)
CELL_HEAD_RIGHT = _style("cell-head-right", fonts.BOLD, 7.8, 10.2, QUIET_INK, alignment=TA_RIGHT)
CAPTION = _style("caption", fonts.REGULAR, 7.6, 10.4, QUIET_INK)
RIGHT_CAPTION = _style("right", fonts.REGULAR, 7.6, 10.4, QUIET_INK, alignment=TA_RIGHT)
NAME = _style("name", fonts.BOLD, 12, 15.5)
SERIAL = _style("serial", fonts.MONO_BOLD, 14.5, 19)
RIGHT_CODE = _style("right-code", fonts.MONO, 7.2, 10.4, QUIET_INK, alignment=TA_RIGHT)


def text(value: str, style: ParagraphStyle = VALUE) -> list[Paragraph]:
    """Any text, however hostile, as paragraphs that cannot be higher than a page. Empty text is a dash."""
    shown = fonts.printable(value, style.fontName) or "–"
    return [Paragraph(escape(shown[at : at + CHUNK]), style) for at in range(0, len(shown), CHUNK)]


def listed(items: Sequence[str], none: str, style: ParagraphStyle = VALUE) -> list[Paragraph]:
    """A list, cut after ITEMS with a note of how many more there are; `none` where it is empty."""
    if not items:
        return text(none, style)
    cut = [item if len(item) <= ITEM_LENGTH else f"{item[:ITEM_LENGTH]}…" for item in items[:ITEMS]]
    found = [part for item in cut for part in text(item, style)]
    if len(items) > ITEMS:
        found += text(f"and {len(items) - ITEMS:,} more, all of them in the attached record", style)
    return found


_EMBEDDED = ("FONTNAME", (0, 0), (-1, -1), fonts.REGULAR)  # a table names its font even where it sets no text
Row = tuple[str, Sequence[Paragraph]]


def rows(entries: Sequence[Row]) -> Table:
    """A list of labels and values. It breaks over pages between paragraphs."""
    cells: list[list[Any]] = []
    starts: list[int] = []
    for label, values in entries:
        starts.append(len(cells))
        cells += [[Paragraph(escape(label), LABEL) if n == 0 else "", value] for n, value in enumerate(values)]
    table = Table(cells, colWidths=[44 * mm, INNER - 44 * mm], hAlign="LEFT")
    table.setStyle(
        [
            _EMBEDDED,
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (0, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 1),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 1.6),
            *(("LINEABOVE", (0, at), (-1, at), 0.4, RULE) for at in starts),
            *(("TOPPADDING", (0, at), (-1, at), 3) for at in starts),
        ]
    )
    return table


def grid(head: Sequence[str], lines: Sequence[Sequence[str]], shares: Sequence[float], figures: Sequence[int]) -> Table:
    """A table with a heading that is repeated on every page. `figures`: columns of numbers, set flush right.

    `shares` of the width, one a column. Texts are cut by the caller, so that no row is higher than a page.
    """

    def cell(column: int, value: str, *, heading: bool) -> Paragraph:
        right = column in figures
        styles = (CELL_HEAD_RIGHT, CELL_HEAD) if heading else (CELL_RIGHT, CELL)
        style = styles[0] if right else styles[1]
        return Paragraph(escape(fonts.printable(value, style.fontName)), style)

    cells = [[cell(n, value, heading=True) for n, value in enumerate(head)]]
    cells += [[cell(n, value, heading=False) for n, value in enumerate(line)] for line in lines]
    table = Table(cells, colWidths=[INNER * share for share in shares], repeatRows=1, hAlign="LEFT")
    table.setStyle(
        [
            _EMBEDDED,
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (0, -1), 0),
            ("LEFTPADDING", (1, 0), (-1, -1), 8),
            ("RIGHTPADDING", (0, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 0.8),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 1.2),
            ("LINEBELOW", (0, 0), (-1, 0), 0.8, QUIET_INK),
            ("LINEBELOW", (0, 1), (-1, -1), 0.25, RULE),
        ]
    )
    return table


def panel(parts: Sequence[Paragraph], *, strong: bool, clear: bool) -> Table:
    """What matters most: tinted with a bar at its left, or, where it is no pass, in a strong frame.

    `clear` leaves the tint out, so that a mark behind it can be read.
    """
    table = Table([[part] for part in parts], colWidths=[INNER])
    frame: list[tuple[Any, ...]] = [("BOX", (0, 0), (-1, -1), 1.6, INK)]
    tint: list[tuple[Any, ...]] = [("LINEBEFORE", (0, 0), (0, -1), 4, INK)]
    if not clear:
        tint.append(("BACKGROUND", (0, 0), (-1, -1), TINT))
    table.setStyle(
        [
            _EMBEDDED,
            ("LEFTPADDING", (0, 0), (-1, -1), 14),
            ("RIGHTPADDING", (0, 0), (-1, -1), 14),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
            ("TOPPADDING", (0, 0), (-1, 0), 11),
            ("BOTTOMPADDING", (0, -1), (-1, -1), 13),
            *(frame if strong else tint),
        ]
    )
    return table


def beside(left: Sequence[Flowable], right: Sequence[Flowable], *, share: float) -> Table:
    """Two columns; `share` of the width is the left one's."""
    table = Table([[list(left), list(right)]], colWidths=[INNER * share, INNER * (1 - share)])
    table.setStyle(
        [
            _EMBEDDED,
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (0, 0), 0),
            ("RIGHTPADDING", (-1, 0), (-1, 0), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 0),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
        ]
    )
    return table


class Code(Flowable):  # type: ignore[misc]  # reportlab has no types
    """A QR code `side` points wide, quiet zone included, at the right edge of its column."""

    def __init__(self, address: str, side: float) -> None:
        super().__init__()
        self._matrix, self._side = matrix(address), side

    def wrap(self, room: float, _height: float) -> tuple[float, float]:
        """Take the whole width."""
        self._room = room
        return room, self._side

    def draw(self) -> None:
        """Draw it."""
        module = self._side / (len(self._matrix) + 2 * QUIET)
        draw_code(self.canv, self._matrix, self._room - self._side + module * QUIET, module * QUIET, module)


class Line(Flowable):  # type: ignore[misc]  # reportlab has no types
    """A thin line to sign on."""

    def __init__(self, length: float) -> None:
        super().__init__()
        self._length = length

    def wrap(self, _room: float, _height: float) -> tuple[float, float]:
        """Take its length."""
        return self._length, 2.0

    def draw(self) -> None:
        """Draw it."""
        self.canv.setStrokeColor(QUIET_INK)
        self.canv.setLineWidth(0.6)
        self.canv.line(0, 1, self._length, 1)


class Band(Flowable):  # type: ignore[misc]  # reportlab has no types
    """White words on ink, over the whole width: what nobody may overlook."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self._words = fonts.printable(words, fonts.BOLD)

    def wrap(self, room: float, _height: float) -> tuple[float, float]:
        """Take the whole width."""
        self._room = room
        return room, 30.0

    def draw(self) -> None:
        """Draw it."""
        self.canv.setFillColor(INK)
        self.canv.rect(0, 0, self._room, 30, stroke=0, fill=1)
        self.canv.setFillGray(1)
        self.canv.setFont(fonts.BOLD, 14)
        self.canv.drawString(14, 10.4, fonts.fitted(self._words, fonts.BOLD, 14, self._room - 28))


@dataclass(frozen=True, slots=True)
class Furniture:
    """What stands on every page beside the text. All printable."""

    school: str
    under: str  # address and numbers, one line
    number: str
    foot: str
    mark: str  # big and pale behind the text; empty for none
    named: str  # "Certificate number"
    crest: ImageReader | None


def crest_of(png: bytes | None) -> ImageReader | None:
    """The crest on white, small enough to embed; None where there is none or the picture cannot be used."""
    if not png:
        return None
    try:
        with Image.open(BytesIO(png), formats=("PNG",)) as picture:
            if picture.width * picture.height > CREST_LIMIT:
                return None
            shown = picture.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    shown.thumbnail((CREST_PIXELS, CREST_PIXELS))
    flat = Image.new("RGB", shown.size, "white")
    flat.paste(shown, mask=shown.getchannel("A"))
    return ImageReader(flat)


def page(furniture: Furniture, *, first: bool) -> Callable[[Canvas, Any], None]:
    """What to draw before the text of a page."""

    def draw(canvas: Canvas, _document: Any) -> None:
        canvas.saveState()
        if furniture.mark:
            _mark(canvas, furniture.mark)
        _head(canvas, furniture) if first else _running_head(canvas, furniture)
        canvas.restoreState()

    return draw


def _mark(canvas: Canvas, words: str) -> None:
    canvas.saveState()
    canvas.setFillGray(0.92)
    canvas.translate(WIDTH / 2, HEIGHT / 2)
    canvas.rotate(52)
    size = 74.0 * min(1.0, 240 * mm / fonts.width(words, fonts.BOLD, 74))
    canvas.setFont(fonts.BOLD, size)
    canvas.drawCentredString(0, -size / 3, words)
    canvas.restoreState()


def _head(canvas: Canvas, furniture: Furniture) -> None:
    top, side = HEIGHT - 14 * mm, 18 * mm
    if furniture.crest is not None:
        canvas.drawImage(furniture.crest, MARGIN, top - side, side, side, preserveAspectRatio=True, anchor="w")
    else:
        canvas.setFillColor(INK)
        canvas.circle(MARGIN + side / 2, top - side / 2, side / 2 - 1, stroke=0, fill=1)
        canvas.setFillGray(1)
        canvas.setFont(fonts.BOLD, 24)
        canvas.drawCentredString(MARGIN + side / 2, top - side / 2 - 8.4, (furniture.school[:1] or "–").upper())
    left, right = MARGIN + side + 5 * mm, WIDTH - MARGIN
    number = fonts.fitted(furniture.number, fonts.MONO_BOLD, 11, 60 * mm)
    room = right - left - max(fonts.width(number, fonts.MONO_BOLD, 11), 24 * mm) - 6 * mm
    canvas.setFillColor(INK)
    canvas.setFont(fonts.BOLD, 13)
    canvas.drawString(left, top - 8 * mm, fonts.fitted(furniture.school, fonts.BOLD, 13, room))
    canvas.setFont(fonts.MONO_BOLD, 11)
    canvas.drawRightString(right, top - 13.2 * mm, number)
    canvas.setFillColor(QUIET_INK)
    canvas.setFont(fonts.REGULAR, 8.2)
    canvas.drawString(left, top - 13.2 * mm, fonts.fitted(furniture.under, fonts.REGULAR, 8.2, room))
    canvas.drawRightString(right, top - 8 * mm, furniture.named)
    canvas.setStrokeColor(RULE)
    canvas.setLineWidth(0.6)
    canvas.line(MARGIN, top - side - 5 * mm, right, top - side - 5 * mm)


def _running_head(canvas: Canvas, furniture: Furniture) -> None:
    y = HEIGHT - 15 * mm
    number = fonts.fitted(furniture.number, fonts.MONO_BOLD, 9, 60 * mm)
    room = INNER - fonts.width(number, fonts.MONO_BOLD, 9) - 8 * mm
    line, font = furniture.school, fonts.REGULAR
    if furniture.mark:
        line, font = f"{furniture.mark} · {furniture.school}", fonts.BOLD
    canvas.setFillColor(QUIET_INK)
    canvas.setFont(font, 8.2)
    canvas.drawString(MARGIN, y, fonts.fitted(line, font, 8.2, room))
    canvas.setFont(fonts.MONO_BOLD, 9)
    canvas.drawRightString(WIDTH - MARGIN, y, number)
    canvas.setStrokeColor(RULE)
    canvas.setLineWidth(0.6)
    canvas.line(MARGIN, y - 3 * mm, WIDTH - MARGIN, y - 3 * mm)


class CountedCanvas(Canvas):  # type: ignore[misc]  # reportlab has no types
    """A canvas that knows at the end how many pages there are, for "page x of y"."""

    def __init__(self, *args: Any, foot: str = "", **more: Any) -> None:
        super().__init__(*args, **more)
        self._foot = foot
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:
        """Keep the page until the number of pages is known."""
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Write every page with its footer."""
        for number, kept in enumerate(self._pages, start=1):
            self.__dict__.update(kept)
            count = f"Page {number} of {len(self._pages)}"
            self.setFillColor(QUIET_INK)
            self.setFont(fonts.REGULAR, 7.6)
            room = INNER - fonts.width(count, fonts.REGULAR, 7.6) - 8 * mm
            self.drawString(MARGIN, 11 * mm, fonts.fitted(self._foot, fonts.REGULAR, 7.6, room))
            self.drawRightString(WIDTH - MARGIN, 11 * mm, count)
            super().showPage()
        super().save()
