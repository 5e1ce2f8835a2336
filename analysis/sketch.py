"""A curve as a few lines of text: dots of braille patterns, eight to a character."""

import math
from collections.abc import Sequence

from taskc.records.curve import Point
from taskc.records.shown import human, percent

_WIDE, _HIGH = 32, 4  # characters
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # by row and column in a character
_EMPTY = 0x2800  # the pattern without dots


def sketch(points: Sequence[Point], *, log: bool = True) -> list[str]:
    """Draw shares, 0 to 100 % from below to above, against scale: four lines, and the ends of the axis."""
    places = [math.log(point.scale) if log else point.scale for point in points]
    span = (max(places) - min(places)) or 1.0
    xs = [round((place - min(places)) / span * (2 * _WIDE - 1)) for place in places]
    ys = [round((1 - point.value) * (4 * _HIGH - 1)) for point in points]
    cells = [[_EMPTY] * _WIDE for _ in range(_HIGH)]
    for at, (x, y) in enumerate(zip(xs, ys, strict=True)):
        _dot(cells, x, y)
        if at:
            _join(cells, (xs[at - 1], ys[at - 1]), (x, y))
    heads = [f"{percent(1.0):>4} ┤", *["     │"] * (_HIGH - 2), f"{percent(0.0):>4} ┤"]
    lines = [
        head + "".join(map(chr, row)).replace(chr(_EMPTY), " ").rstrip()
        for head, row in zip(heads, cells, strict=True)
    ]
    first, last = human(points[0].scale), human(points[-1].scale)
    return [*lines, f"      {first}{last.rjust(_WIDE - len(first))}"]


def _dot(cells: list[list[int]], x: int, y: int) -> None:
    cells[y // 4][x // 2] |= _DOTS[y % 4][x % 2]


def _join(cells: list[list[int]], start: tuple[int, int], end: tuple[int, int]) -> None:
    steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]))
    for step in range(1, steps):
        x = start[0] + (end[0] - start[0]) * step / steps
        y = start[1] + (end[1] - start[1]) * step / steps
        _dot(cells, round(x), round(y))
