"""A PDF read back: where its boxes and its codes lie, in millimetres from the top left corner of the page."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pikepdf

MM = 72 / 25.4  # points
Matrix = tuple[float, float, float, float, float, float]


@dataclass(frozen=True)
class Box:
    """A rectangle, millimetres from the top left corner of the page."""

    left: float
    top: float
    width: float
    height: float


@dataclass
class Paper:
    """One page: its size, what was stroked, and the codes with their modules."""

    width: float
    height: float
    outlines: list[Box]
    codes: list[tuple[Box, int]]


def papers(pdf: bytes) -> list[Paper]:
    """Every page."""
    with pikepdf.open(BytesIO(pdf)) as opened:
        return [_paper(page) for page in opened.pages]


def _paper(page: Any) -> Paper:
    left, bottom, right, top = (float(one) for one in page.mediabox)
    assert (left, bottom) == (0, 0)
    found = Paper(right / MM, top / MM, [], [])
    now: Matrix = (1, 0, 0, 1, 0, 0)
    kept: list[Matrix] = []
    path: list[tuple[float, float]] = []
    for instruction in pikepdf.parse_content_stream(page):
        operator = str(instruction.operator)
        if operator == "INLINE IMAGE":
            size = int(instruction.iimage.width)
            found.codes.append((_box([_at(now, 0, 0), _at(now, 1, 1)], top), size))
            continue
        numbers = [float(one) for one in instruction.operands if isinstance(one, (int, float)) or _number(one)]
        if operator == "q":
            kept.append(now)
        elif operator == "Q":
            now = kept.pop()
        elif operator == "cm":
            now = _product(tuple(numbers), now)  # type: ignore[arg-type] # six numbers
        elif operator in ("m", "l", "c"):
            path += [_at(now, *numbers[index : index + 2]) for index in range(0, len(numbers), 2)]
        elif operator == "re":
            x, y, width, height = numbers
            path += [_at(now, x, y), _at(now, x + width, y + height)]
        elif operator in ("S", "s", "B", "b", "n", "f"):
            if operator != "n" and path:
                found.outlines.append(_box(path, top))
            path = []
    return found


def _number(one: Any) -> bool:
    try:
        float(one)
    except (TypeError, ValueError):
        return False
    return True


def _at(now: Matrix, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = now
    return a * x + c * y + e, b * x + d * y + f


def _product(first: Matrix, then: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    origin = _at(then, e, f)
    ta, tb, tc, td = then[:4]
    return (a * ta + b * tc, a * tb + b * td, c * ta + d * tc, c * tb + d * td, *origin)


def _box(points: list[tuple[float, float]], top: float) -> Box:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return Box(min(xs) / MM, (top - max(ys)) / MM, (max(xs) - min(xs)) / MM, (max(ys) - min(ys)) / MM)
