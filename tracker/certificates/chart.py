"""The writing speed over the length of a medium as a small chart: axes with units, what was slow, what is missing.

Vector drawing in greys; slow regions are hatched and missing ones are black, so that nothing depends on colour.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reportlab.lib.units import mm
from reportlab.platypus import Flowable

from labels import fonts
from tracker.certificates import words
from tracker.certificates.layout import INK, QUIET_INK, RULE

HEIGHT, LEGEND = 34 * mm, 4 * mm
_LEFT, _RIGHT, _BELOW, _ABOVE = 15 * mm, 6 * mm, 8 * mm, 3.5 * mm  # around the plot
POINTS_MOST = 400  # more are averaged: they would be closer than a line is wide
SIZE = 7.2  # points of the letters
_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Data:
    """One pass. Offsets and lengths in bytes, rates in bytes per second."""

    points: tuple[tuple[int, int], ...]  # offset and rate
    length: int
    slow: tuple[tuple[int, int], ...]  # start and length
    missing: tuple[tuple[int, int], ...]


class Chart(Flowable):  # type: ignore[misc]  # reportlab has no types
    """Draws one pass over the whole width."""

    def __init__(self, data: Data) -> None:
        super().__init__()
        self._data, self._length = data, max(data.length, 1)
        self._points = _thinned(sorted(data.points))
        self._top = _rounded_up(max((rate for _, rate in self._points), default=0))

    def wrap(self, room: float, _height: float) -> tuple[float, float]:
        """Take the whole width."""
        legend = LEGEND if self._data.slow or self._data.missing else 0.0
        self._wide, self._base, self._high = room - _LEFT - _RIGHT, _BELOW + legend, HEIGHT - _BELOW - _ABOVE
        return room, HEIGHT + legend

    def draw(self) -> None:
        """Draw it."""
        slow, missing = self._columns(self._data.slow), self._columns(self._data.missing)
        self._hatch(slow)
        self._axes()
        self._curve()
        self._gaps(missing)
        self._legend(slow=bool(slow), missing=bool(missing))

    def _x(self, offset: float) -> float:
        return float(_LEFT + min(max(offset / self._length, 0.0), 1.0) * self._wide)

    def _y(self, rate: float) -> float:
        return float(self._base + min(max(rate / self._top, 0.0), 1.0) * self._high)

    def _columns(self, ranges: Iterable[tuple[int, int]]) -> list[tuple[float, float]]:
        """Where they are on paper, joined where they touch, each wide enough to be seen."""
        found: list[tuple[float, float]] = []
        for start, length in sorted(ranges):
            left, right = self._x(start), self._x(start + length)
            right = min(max(right, left + 1.6), _LEFT + self._wide)
            left = min(left, right - 1.6)
            if found and left <= found[-1][1] + 0.4:
                found[-1] = (found[-1][0], max(right, found[-1][1]))
            else:
                found.append((left, right))
        return found

    def _axes(self) -> None:
        canvas, right = self.canv, _LEFT + self._wide
        canvas.setLineWidth(0.4)
        canvas.setFont(fonts.REGULAR, SIZE)
        canvas.setFillColor(QUIET_INK)
        for part in (0, 0.5, 1):
            y = self._y(self._top * part)
            canvas.setStrokeColor(QUIET_INK if part == 0 else RULE)
            canvas.line(_LEFT, y, right, y)
            canvas.drawRightString(_LEFT - 4, y - 2.4, f"{self._top * part / 1e6:,.10g}")
        canvas.setStrokeColor(QUIET_INK)
        canvas.line(_LEFT, self._base, _LEFT, self._base + self._high)
        for part in (0, 0.25, 0.5, 0.75, 1):
            x = self._x(self._length * part)
            canvas.line(x, self._base, x, self._base - 2.5)
            label = words.short_size(round(self._length * part)) if part else "0"
            canvas.drawCentredString(x, self._base - 10.5, label)
        canvas.drawCentredString(_LEFT + self._wide / 2, self._base - 20, "Place on the medium, from its first block")
        canvas.saveState()
        canvas.translate(SIZE, self._base + self._high / 2)
        canvas.rotate(90)
        canvas.drawCentredString(0, 0, "Speed, MB/s")
        canvas.restoreState()

    def _curve(self) -> None:
        canvas = self.canv
        path = canvas.beginPath()
        for number, (offset, rate) in enumerate(self._points):
            (path.lineTo if number else path.moveTo)(self._x(offset), self._y(rate))
        canvas.setStrokeColor(INK)
        canvas.setLineWidth(1.1)
        canvas.drawPath(path)

    def _hatch(self, columns: Sequence[tuple[float, float]]) -> None:
        """Slanting lines over the whole height, and a small triangle above."""
        for left, right in columns:
            self._hatched(left, right, self._base, self._high)
            self._triangle((left + right) / 2, self._base + self._high + 2)

    def _hatched(self, left: float, right: float, base: float, high: float) -> None:
        canvas = self.canv
        canvas.saveState()
        clip = canvas.beginPath()
        clip.rect(left, base, right - left, high)
        canvas.clipPath(clip, stroke=0, fill=0)
        canvas.setStrokeColor(QUIET_INK)
        canvas.setLineWidth(0.5)
        start = left - high
        while start < right:
            canvas.line(start, base, start + high, base + high)
            start += 2.6
        canvas.restoreState()
        canvas.setLineWidth(0.5)
        canvas.setStrokeColor(QUIET_INK)
        canvas.rect(left, base, right - left, high, stroke=1, fill=0)

    def _triangle(self, x: float, base: float) -> None:
        path = self.canv.beginPath()
        path.moveTo(x - 2.6, base + 5)
        path.lineTo(x + 2.6, base + 5)
        path.lineTo(x, base)
        path.close()
        self.canv.setFillColor(INK)
        self.canv.drawPath(path, stroke=0, fill=1)

    def _gaps(self, columns: Sequence[tuple[float, float]]) -> None:
        """Black on the axis: nothing was written there."""
        self.canv.setFillColor(INK)
        for left, right in columns:
            self.canv.rect(left, self._base, right - left, 5, stroke=0, fill=1)

    def _legend(self, *, slow: bool, missing: bool) -> None:
        canvas, x, y = self.canv, _LEFT, 1.5
        canvas.setFont(fonts.REGULAR, SIZE)
        for shown, label in ((slow, "slow regions, hatched"), (missing, "not written, black on the axis")):
            if not shown:
                continue
            if label.startswith("slow"):
                self._hatched(x, x + 12, y, 6)
            else:
                canvas.setFillColor(INK)
                canvas.rect(x, y, 12, 5, stroke=0, fill=1)
            canvas.setFillColor(QUIET_INK)
            canvas.drawString(x + 16, y, label)
            x += 16 + fonts.width(label, fonts.REGULAR, SIZE) + 14


def _thinned(points: Sequence[tuple[int, int]]) -> list[tuple[float, float]]:
    """At most POINTS_MOST points, each the mean of those beside each other."""
    step = -(-len(points) // POINTS_MOST) or 1
    parts = [points[at : at + step] for at in range(0, len(points), step)]
    return [(part[-1][0], sum(rate for _, rate in part) / len(part)) for part in parts]


def _rounded_up(rate: float) -> float:
    """The next round figure for the top of the axis."""
    if rate <= 0:
        return 1e6
    scale = 10.0 ** (len(str(int(rate))) - 1)
    return next(step * scale for step in _STEPS if step * scale >= rate)
