"""Ten thousand labels with codes beside reportlab drawing the same number of labels with text alone, in turn.

Prints `NAME: RATIO (goal GOAL) ok|short`, the ratio of medians of three rounds, reportlab's time over ours, and then
what one run takes: seconds, size of the file, memory. Goals: 7 s, 2 MB, 64 MiB.
"""

import resource
import statistics
import sys
import time
from collections.abc import Callable
from io import BytesIO

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from labels import fonts
from labels.code import new, shown
from labels.layout import Label
from labels.pdf import Options, label_sheets
from labels.sheet import LIMIT, places, stock

ROUNDS = 3
GOAL = 0.10  # a code is four hundred modules beside three lines of text
SECONDS, BYTES, MEMORY = 7.0, 2_000_000, 64 * 1024  # the last in KiB
SCHOOL = "Saint Brigid's Catholic Primary School"
NAMES = ("Dell Latitude 5420", "HP ProDesk 400 G6 Desktop Mini", "iPad 9", "Łukasz's trolley, bay 3")
ON = stock("L7160")
MADE = [
    Label(new(lambda size, n=number: (n * 7919 + 13).to_bytes(size, "big")), NAMES[number % len(NAMES)])
    for number in range(LIMIT)
]


def ours() -> bytes:
    """The labels as they are printed."""
    return label_sheets(MADE, ON, base_url="https://caretaker.oakfield.example", school=SCHOOL, options=Options())


def theirs() -> bytes:
    """The same texts at the same places, without a code."""
    output = BytesIO()
    canvas = Canvas(output, pagesize=(ON.page_width * mm, ON.page_height * mm), pageCompression=1)
    page = 0
    for place, label in zip(places(ON, 1, LIMIT), MADE, strict=True):
        if place.page != page:
            canvas.showPage()
            page = place.page
        x, y = (place.x + 32) * mm, (ON.page_height - place.y) * mm
        for down, font, size, text in (
            (14, fonts.MONO_BOLD, 14, shown(label.tag)),
            (19, fonts.BOLD, 9, label.name),
            (24, fonts.REGULAR, 7, SCHOOL),
        ):
            canvas.setFont(font, size)
            canvas.drawString(x, y - down * mm, text)
    canvas.save()
    return output.getvalue()


def seconds(act: Callable[[], object]) -> float:
    """Seconds of the processor for one call: other programs on the machine do not count."""
    start = time.process_time()
    act()
    return time.process_time() - start


def main() -> int:
    """Measure and print."""
    for name in (fonts.REGULAR, fonts.BOLD, fonts.MONO_BOLD):
        fonts.font(name)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    size = len(ours())
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    times = [(seconds(theirs), seconds(ours)) for _ in range(ROUNDS)]
    one, other = (statistics.median(column) for column in zip(*times, strict=True))
    ratio = one / other
    print(f"10,000 labels with codes / text alone: {ratio:.2f} (goal {GOAL:.2f}) {'ok' if ratio >= GOAL else 'short'}")
    print(
        f"10,000 labels: {other:.1f} s (goal {SECONDS:.0f}) {'ok' if other <= SECONDS else 'short'}; "
        f"{size / 1e6:.2f} MB (goal {BYTES / 1e6:.0f}) {'ok' if size <= BYTES else 'short'}; "
        f"{grown / 1024:.0f} MiB more memory (goal {MEMORY / 1024:.0f}) {'ok' if grown <= MEMORY else 'short'}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
