"""One sheet, or one label of a roll, as an SVG picture from the same layout as the PDF: with its real codes.

No style, no script, no font file: texts are stretched to the width that they have on paper.
"""

from collections.abc import Iterator, Sequence
from html import escape

from labels import fonts
from labels.layout import POINT, Label, Layout, lay_out
from labels.qr import Matrix
from labels.sheet import Place, Stock, places

_FAMILIES = {fonts.MONO_BOLD: ("monospace", 600), fonts.BOLD: ("sans-serif", 600), fonts.REGULAR: ("sans-serif", 400)}


def first_page(labels: Sequence[Label], on: Stock, *, start: int, base_url: str, school: str) -> str:
    """The first page with these labels from the position `start`; places that stay empty show their number.

    Raises ValueError for a start that is not on the sheet.
    """
    places(on, start, 1)  # refuses a start that is not there
    shown = labels[: on.per_page - start + 1]
    parts = [
        f'<svg class="sheet" viewBox="0 0 {on.page_width:g} {on.page_height:g}" xmlns="http://www.w3.org/2000/svg" '
        f'role="img" aria-label="{escape(_said(on, shown))}">'
        f'<rect width="{on.page_width:g}" height="{on.page_height:g}" fill="#fff"/>'
    ]
    for number, place in enumerate(places(on, 1, on.per_page), 1):
        index = number - start
        parts.append(_edge(on, place))
        if 0 <= index < len(shown):
            parts += _label(place, lay_out(on, shown[index], base_url=base_url, school=school))
        else:
            parts.append(_number(on, place, number))
    return "".join((*parts, "</svg>"))


def _said(on: Stock, shown: Sequence[Label]) -> str:
    if on.roll:
        return "The label"
    return f"The first sheet with {len(shown)} label{'' if len(shown) == 1 else 's'}"


def _edge(on: Stock, place: Place) -> str:
    where = f'x="{place.x:.2f}" y="{place.y:.2f}" width="{on.width:g}" height="{on.height:g}"'
    return f'<rect {where} rx="1.5" fill="none" stroke="#6c757d" stroke-width=".2"/>'


def _number(on: Stock, place: Place, number: int) -> str:
    size = min(4.0, on.height * 0.35)
    where = f'x="{place.x + on.width / 2:.2f}" y="{place.y + on.height / 2 + size / 3:.2f}"'
    how = f'font-family="sans-serif" font-size="{size:.2f}" text-anchor="middle" fill="#595c5f"'
    return f"<text {where} {how}>{number}</text>"


def _label(place: Place, label: Layout) -> Iterator[str]:
    x, y = place.x + label.left, place.y + label.top
    yield (
        f'<path transform="translate({x:.3f} {y:.3f}) scale({label.module:.4f})" d="{_runs(label.code)}" '
        f'stroke="#000" stroke-width="1" shape-rendering="crispEdges"/>'
    )
    for line in label.lines:
        family, weight = _FAMILIES[line.font]
        length = fonts.width(line.text, line.font, line.size) * POINT
        yield (
            f'<text x="{place.x + line.x:.2f}" y="{place.y + line.baseline:.2f}" font-family="{family}" '
            f'font-weight="{weight}" font-size="{line.size * POINT:.2f}" textLength="{length:.2f}" '
            f'lengthAdjust="spacingAndGlyphs">{escape(line.text)}</text>'
        )


def _runs(code: Matrix) -> str:
    """The dark modules as level strokes, one module thick: each run of them is one `h`."""
    parts = []
    for number, row in enumerate(code):
        parts.append(f"M0 {number}.5")
        begun = 0
        for index in range(1, len(row) + 1):
            if index == len(row) or row[index] != row[begun]:
                parts.append(f"{'h' if row[begun] else 'm'}{index - begun}{'' if row[begun] else ' 0'}")
                begun = index
    return "".join(parts)
