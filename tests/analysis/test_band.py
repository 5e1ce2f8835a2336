"""Where a curve may run: held against the posterior cell by cell, and to what it must be in easy cases."""

import math

import numpy as np
import pytest

from taskc.analysis.band import _likely, fitted
from taskc.analysis.grid import CELLS, P
from taskc.analysis.shape import LEAST, PRIOR, likelihoods
from taskc.records.curve import Curve, Paired, Point


def curve(values: list[float], n: float = 300, *, paired: Paired | None = None) -> Curve:
    points = tuple(
        Point(model=f"m{at}", scale=10.0 ** (8 + at), value=value, n=n) for at, value in enumerate(values)
    )
    return Curve(task="t", regime="r", family="f", points=points, paired=paired)


def cell_by_cell(one: Curve, at: int) -> np.ndarray:
    """Give the probability that the curve is in each cell at one size: a row for each, none left together."""
    scales = [point.scale for point in one.points]
    like = _likely(one, scales)
    rows = np.repeat(like[:, None, :], CELLS, axis=1)
    rows[at] = np.diag(like[at])
    told = likelihoods(rows, np.diff(np.log(scales)), LEAST)
    made = np.sum([PRIOR[shape] * each.sum(axis=0) for shape, each in told.items()], axis=0)
    return made / made.sum()


@pytest.mark.parametrize(
    "values", [[0.6, 0.4, 0.3, 0.5, 0.8], [0.5, 0.52, 0.49], [0.2, 0.9], [1.0, 1.0, 0.97, 0.8]]
)
@pytest.mark.parametrize("n", [40, 300])
def test_groups_of_cells_give_what_single_cells_give(values: list[float], n: int) -> None:
    one = curve(values, n)
    for at, found in enumerate(fitted(one)):
        chances = cell_by_cell(one, at)
        sums = np.cumsum(chances)
        assert found.value == pytest.approx(float(chances @ P), abs=0.01)
        for end, share in ((found.low, 0.025), (found.high, 0.975)):
            cell = math.asin(math.sqrt(end)) / (math.pi / 2) * CELLS
            inside = sums[max(0, int(cell) - 1) : int(cell) + 2]
            assert inside.min() - 0.02 <= share <= inside.max() + 0.02


def test_it_holds_its_value_and_narrows_with_items() -> None:
    few, many = fitted(curve([0.6, 0.4, 0.7], 50)), fitted(curve([0.6, 0.4, 0.7], 2000))
    for less, more in zip(few, many, strict=True):
        assert 0 <= less.low < less.value < less.high <= 1
        assert more.high - more.low < less.high - less.low


def test_neighbours_speak_for_a_model() -> None:
    """A point that dips a little in a rising curve is drawn towards it: the band is the curve's."""
    dipped = fitted(curve([0.3, 0.5, 0.48, 0.7, 0.85], 100))
    assert dipped[2].value > 0.48


def test_items_that_are_worth_less_make_it_wider() -> None:
    variance = 0.24 / 60  # as of 60 items, where 300 were answered
    alike = Paired(covariance=tuple(tuple(variance * (i == j) for j in range(3)) for i in range(3)), units=60)
    wide, narrow = fitted(curve([0.4, 0.6, 0.4], paired=alike)), fitted(curve([0.4, 0.6, 0.4]))
    assert all(a.high - a.low > b.high - b.low for a, b in zip(wide, narrow, strict=True))


def test_one_size_has_no_curve_and_models_of_one_size_share_a_place() -> None:
    assert fitted(curve([0.5])) == ()
    twice = Curve(
        task="t",
        regime="r",
        family="f",
        points=tuple(
            Point(model=name, scale=scale, value=value, n=100)
            for name, scale, value in (("a", 1e8, 0.4), ("b", 1e9, 0.6), ("c", 1e9, 0.7))
        ),
    )
    assert [one.scale for one in fitted(twice)] == [1e8, 1e9]
    assert 0.58 < fitted(twice)[1].value < 0.72


def test_a_linear_axis() -> None:
    shots = Curve(
        task="t",
        regime="r",
        family="f",
        points=tuple(
            Point(model=str(k), scale=float(k), value=v, n=100) for k, v in ((0, 0.2), (1, 0.5), (5, 0.8))
        ),
    )
    assert [one.scale for one in fitted(shots, log=False)] == [0.0, 1.0, 5.0]
