"""A curve as text: a picture for each case, and the ends where they belong."""

import pytest

from taskc.analysis.sketch import sketch
from taskc.records.curve import Point


def points(*values: float, scales: tuple[float, ...] = (1e8, 1e9, 1e10)) -> list[Point]:
    return [
        Point(model=str(at), scale=scale, value=value, n=100)
        for at, (scale, value) in enumerate(zip(scales, values, strict=False))
    ]


def test_a_u() -> None:
    assert sketch(points(0.9, 0.1, 0.9)) == [
        " 100 ┤⠒⠤⣀                         ⢀⣀⠤⠒",
        "     │   ⠉⠑⠢⠤⣀                ⣀⠤⠒⠊⠁",
        "     │        ⠉⠒⠢⢄⣀      ⣀⠤⠔⠊⠉",
        "   0 ┤             ⠉⠒⠤⠔⠊⠉",
        "      100M                         10B",
    ]


@pytest.mark.parametrize(
    ("values", "filled"),
    [((1.0, 1.0, 1.0), [True, False, False, False]), ((0.0, 0.0, 0.0), [False, False, False, True])],
)
def test_a_flat_curve_stands_at_its_height(values: tuple[float, ...], filled: list[bool]) -> None:
    assert [len(line) > 6 for line in sketch(points(*values))[:4]] == filled


def test_one_point_and_a_linear_axis_that_begins_at_nothing() -> None:
    assert sketch(points(0.5, scales=(7e9,)))[-1].split() == ["7B", "7B"]
    assert sketch(points(0.1, 0.5, 0.9, scales=(0, 1, 5)), log=False)[-1].split() == ["0", "5"]
