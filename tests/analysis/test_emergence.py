"""Linearity and breakthroughness against numbers worked by hand."""

import math

import pytest

from taskc.analysis.emergence import emergence
from taskc.records.curve import Curve, Emergence, Point


def measured(values: list[float], n: int = 100) -> Emergence:
    points = tuple(Point(model=str(at), scale=10.0**at, value=v, n=n) for at, v in enumerate(values))
    return emergence(Curve(task="t", regime="r", family="f", points=points))


@pytest.mark.parametrize(
    ("values", "linearity", "breakthroughness"),
    [
        ([0.0, 0.25, 0.5, 0.75, 1.0], 4.0, 4.0),  # a straight line of n points: n - 1
        ([0.1, 0.1, 0.2, 0.9], 0.8 / math.sqrt((0 + 0.01 + 0.49) / 3), 0.8 / 0.1),
        ([0.9, 0.2, 0.1, 0.1], -0.8 / math.sqrt((0.49 + 0.01 + 0) / 3), -0.8 / 0.1),  # a fall is negative
        ([0.0, 0.0, 0.0, 0.0, 1.0], 1 / math.sqrt(1 / 4), None),  # half the steps are 0
        ([0.5, 0.5, 0.5], None, None),
        ([0.5], None, None),
    ],
)
def test_as_big_bench_defines_them(
    values: list[float], linearity: float | None, breakthroughness: float | None
) -> None:
    found = measured(values)
    assert found.linearity == (None if linearity is None else pytest.approx(linearity))
    assert found.breakthroughness == (None if breakthroughness is None else pytest.approx(breakthroughness))


def test_the_stable_variant_is_always_defined() -> None:
    """Where steps are 0 the luck of the items stands in; where all are large it is the other number."""
    luck = math.sqrt(2 * (1 / 102) * (101 / 102) / 100)
    assert measured([0.0, 0.0, 0.0, 0.0, 1.0]).stable_breakthroughness == pytest.approx(1 / luck)
    flat = measured([0.5, 0.5, 0.5])
    assert flat.stable_breakthroughness == 0.0
    large = measured([0.0, 0.3, 0.6, 0.9], n=10_000)
    assert large.stable_breakthroughness == pytest.approx(large.breakthroughness)
    assert measured([0.5]).stable_breakthroughness is None


def test_a_step_that_is_a_rounding_error_is_none() -> None:
    """0.1 · 3 is not 0.3 to a computer, and a table made by one may hold both."""
    found = measured([0.3, 0.1 * 3, 0.3, 0.1 * 3, 0.9])
    assert found.breakthroughness is None
    assert found.linearity == pytest.approx(2.0)
    flat = measured([0.3, 0.1 * 3, 0.3])
    assert (flat.linearity, flat.stable_breakthroughness) == (None, 0.0)


def test_models_of_one_size_are_one_step_of_the_curve() -> None:
    """The order of rows is no order of scale: shares of one scale are taken together."""

    def of(values: list[tuple[float, float]]) -> Emergence:
        points = tuple(Point(model=str(at), scale=s, value=v, n=100) for at, (s, v) in enumerate(values))
        return emergence(Curve(task="t", regime="r", family="f", points=points))

    one = of([(1, 0.3), (2, 0.5), (2, 0.4), (4, 0.6)])
    assert one.linearity == pytest.approx(2.0)  # 0.3, 0.45, 0.6
    assert of([(1, 0.3), (2, 0.4), (2, 0.5), (4, 0.6)]).linearity == pytest.approx(2.0)
    same = of([(2, 0.3), (2, 0.6)])
    assert (same.linearity, same.breakthroughness, same.stable_breakthroughness) == (None, None, None)
