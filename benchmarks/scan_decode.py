"""Reading the codes of a camera's frame beside Pillow's own decoding of the same JPEG to grey, in turn.

Prints one row a figure: `NAME: RATIO (goal GOAL) ok|short`, the ratio of medians of nine rounds, Pillow's time over
ours, both in seconds of the processor. 0.20 means that finding and reading costs four times what decoding costs.
"""

import statistics
import sys
import time
from collections.abc import Callable
from io import BytesIO

from PIL import Image, ImageFilter

from labels import picture
from labels.qr import asset_url, matrix

ROUNDS = 9
REPEATS = 10  # calls of one round
URL = asset_url("https://register.example", "N056194P")


def frame(*, label: bool) -> bytes:
    """A JPEG of 1280 x 720 of a desk with papers, with our code or without; grain and blur, as cameras have it."""
    desk = Image.linear_gradient("L").resize((1280, 720)).point(lambda value: 90 + value // 3)
    for number in range(24):
        left, top = 53 * number % 1200, 97 * number % 640
        desk.paste(60 + 7 * number, (left, top, left + 90 + 11 * number % 120, top + 30 + 17 * number % 80))
    desk = Image.blend(desk, Image.effect_noise((1280, 720), 24), 0.2).filter(ImageFilter.GaussianBlur(0.8))
    if label:
        modules = matrix(URL)
        code = Image.new("L", (len(modules) + 8, len(modules) + 8), 255)
        for row, line in enumerate(modules):
            for column, dark in enumerate(line):
                if dark:
                    code.putpixel((column + 4, row + 4), 0)
        shown = code.resize((code.width * 5, code.height * 5), Image.Resampling.NEAREST)
        desk.paste(shown.rotate(4, fillcolor=255, resample=Image.Resampling.BICUBIC), (520, 240))
    out = BytesIO()
    desk.convert("RGB").save(out, "JPEG", quality=80)
    return out.getvalue()


def seconds(act: Callable[[], object]) -> float:
    """Processor seconds of one call, over REPEATS calls: other work on the machine does not count."""
    start = time.process_time()
    for _ in range(REPEATS):
        act()
    return (time.process_time() - start) / REPEATS


def row(name: str, goal: float, sent: bytes, found: int) -> None:
    """Measure the two in turn and print the row."""
    if len(picture.codes(sent)) != found:
        raise SystemExit(f"{name}: the codes were not read: no figure")

    def grey() -> object:
        return Image.open(BytesIO(sent)).convert("L")

    times = [(seconds(grey), seconds(lambda: picture.codes(sent))) for _ in range(ROUNDS)]
    theirs, ours = (statistics.median(column) for column in zip(*times, strict=True))
    ratio = theirs / ours
    print(f"{name}: {ratio:.2f} (goal {goal:.2f}) {'ok' if ratio >= goal else 'short'}", flush=True)
    print(f"{name}: {ours * 1000:.1f} ms a frame of 1280 x 720, Pillow alone {theirs * 1000:.1f} ms", file=sys.stderr)


def main() -> int:
    """Measure a frame with our code and one without."""
    row("decode of a frame with our code / Pillow to grey", 0.20, frame(label=True), 1)
    row("decode of a frame without a code / Pillow to grey", 0.20, frame(label=False), 0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
