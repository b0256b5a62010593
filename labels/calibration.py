"""A page that shows how far a printer is off: the outline of every label, rulers, and scales at the first label.

On a roll: a frame that must lie `frame` from every edge, with millimetres along it.
"""

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from labels import fonts
from labels.pdf import Nudge, begin, new_canvas, outline
from labels.sheet import Stock, places

MEASURED = 180  # mm between the marks 10 and 190 of the ruler across an A4 page
_REACH = 3  # mm to each side that the scales at the first label show


def frame(on: Stock) -> float:
    """Millimetres between the frame and the edges of a label on a roll: inside what every such printer reaches."""
    return 3.0 if on.height >= 15 else 2.0


def calibration_page(on: Stock, nudge: Nudge) -> bytes:
    """One page, with this correction applied: print it on plain paper, or on one label of a roll."""
    canvas, output = new_canvas(on, "Calibration page")
    begin(canvas, on, nudge)
    if on.roll:
        _roll(canvas, on)
    else:
        for place in places(on, 1, on.per_page):
            outline(canvas, on, place)
        _ruler(canvas, on, across=True)
        _ruler(canvas, on, across=False)
        _stair(canvas, on, across=True)
        _stair(canvas, on, across=False)
        _words(canvas, on, nudge)
    canvas.save()
    return output.getvalue()


def _words(canvas: Canvas, on: Stock, nudge: Nudge) -> None:
    """What to do, on white, in the middle of the page."""
    told = (
        f"Calibration page for {on.name} ({on.title})",
        "Print it on plain paper at actual size (100 %, no fitting). Lay it on a sheet of labels and hold both to the "
        "light.",
        "Two stairs of marks cross the left and the top edge of the first label. The mark that lies on the edge of the "
        "real label names the correction: to the right on the left edge, down on the top edge.",
        f"With another ruler measure the one printed across: from 10 to 190 it must be {MEASURED} mm long.",
        f"Printed with this correction: {nudge.right:+.1f} mm to the right, {nudge.down:+.1f} mm down, "
        f"scale {nudge.scale:.3f}.",
    )
    width, left = 130.0, (on.page_width - 130.0) / 2 - 5
    lines = []
    for number, text in enumerate(told):
        name, size = (fonts.BOLD, 11.0) if number == 0 else (fonts.REGULAR, 9.0)
        room = (width - 8) * mm
        lines += [(name, size, part) for part in fonts.wrapped(fonts.printable(text, name), name, size, room, 4)]
    height = sum(size * 1.4 for _, size, _ in lines) + 14
    y = on.page_height / 2 * mm + height / 2 - 20 * mm
    canvas.setFillGray(1)
    canvas.setStrokeGray(0.5)
    canvas.roundRect(left * mm, y - height, width * mm, height, 6, fill=1)
    canvas.setFillGray(0)
    y -= 5
    for name, size, part in lines:
        y -= size * 1.4
        canvas.setFont(name, size)
        canvas.drawString((left + 4) * mm, y, part)


def _ruler(canvas: Canvas, on: Stock, *, across: bool) -> None:
    """Millimetres from the edge of the page: across near the bottom, down near the right edge."""
    length = int(on.page_width if across else on.page_height)
    beside = on.page_height - 22 if across else on.page_width - 22
    canvas.setLineWidth(0.3)
    canvas.setStrokeGray(0)
    canvas.setFillGray(0)
    canvas.setFont(fonts.REGULAR, 6)
    for mark in range(length + 1):
        tick = 4.0 if mark % 10 == 0 else 2.5 if mark % 5 == 0 else 1.5
        if across:
            y = (on.page_height - beside) * mm
            canvas.line(mark * mm, y, mark * mm, y - tick * mm)
        else:
            y = (on.page_height - mark) * mm
            canvas.line(beside * mm, y, (beside + tick) * mm, y)
        if mark % 10 == 0:
            where = (mark * mm + 1, y - 6 * mm) if across else ((beside + 4.5) * mm, y - 2)
            canvas.drawString(*where, str(mark))


def _stair(canvas: Canvas, on: Stock, *, across: bool) -> None:
    """Half millimetres on both sides of the first label's left or top edge; each mark is the correction to enter."""
    canvas.setStrokeGray(0)
    canvas.setFillGray(0)
    canvas.setFont(fonts.REGULAR, 6)
    for step, half in enumerate(range(-2 * _REACH, 2 * _REACH + 1)):
        canvas.setLineWidth(0.8 if half == 0 else 0.4)
        text = f"{half / 2:+.1f}" if half else "0"
        if across:
            x, y = (on.x0 + half / 2) * mm, (on.page_height - on.y0 - 10 - 2.4 * step) * mm
            canvas.line(x, y, x, y - 2.4 * mm)
            canvas.drawString((on.x0 + _REACH + 1) * mm, y - 2.2 * mm, text)
        else:
            x, y = (on.x0 + 14 + 5 * step) * mm, (on.page_height - on.y0 - half / 2) * mm
            canvas.line(x, y, x + 5 * mm, y)
            canvas.drawCentredString(x + 2.5 * mm, (on.page_height - on.y0 - _REACH - 2.6) * mm, text)


def _roll(canvas: Canvas, on: Stock) -> None:
    """The frame, marks each millimetre along its upper and left side, and what it is."""
    canvas.setLineWidth(0.35)
    canvas.setStrokeGray(0)
    canvas.setFillGray(0)
    edge = frame(on)
    inner = (on.width - 2 * edge, on.height - 2 * edge)
    top = on.height - edge
    canvas.rect(edge * mm, edge * mm, inner[0] * mm, inner[1] * mm)
    for mark in range(int(inner[0]) + 1):
        tick = 1.6 if mark % 10 == 0 else 1.2 if mark % 5 == 0 else 0.7
        canvas.line((edge + mark) * mm, top * mm, (edge + mark) * mm, (top - tick) * mm)
    for mark in range(int(inner[1]) + 1):
        tick = 1.6 if mark % 10 == 0 else 1.2 if mark % 5 == 0 else 0.7
        canvas.line(edge * mm, (top - mark) * mm, (edge + tick) * mm, (top - mark) * mm)
    size = 7.0 if on.height >= 15 else 5.0
    text = fonts.printable(f"{on.name}: frame {edge:g} mm from each edge")
    most = int((inner[1] - 2) * mm / (size * 1.2))
    lines = fonts.wrapped(text, fonts.REGULAR, size, (inner[0] - 4) * mm, max(1, most))
    y = (on.height / 2 - 0.8) * mm + size * 1.2 * len(lines) / 2
    canvas.setFont(fonts.REGULAR, size)
    for line in lines:
        y -= size * 1.2
        canvas.drawString((edge + 2.5) * mm, y + size * 0.25, line)
