"""Shapes of curves: sums against every path of the grid written out, and laws that hold for all points."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskc.analysis import shape
from taskc.analysis.grid import CELLS, STEP, P
from taskc.analysis.shape import LEAST, evidence, probabilities, turning
from taskc.analysis.verdict import judge_curve, pool
from taskc.records.curve import SHAPES, Curve, Point

VALUES = st.lists(st.tuples(st.integers(0, 100), st.sampled_from([50, 100, 1000])), min_size=1, max_size=6)


def points(values, n=300, scales=None):
    scales = scales or [10.0**at for at in range(len(values))]
    return tuple(
        Point(model=f"m{at}", scale=scale, value=value, n=n)
        for at, (value, scale) in enumerate(zip(values, scales, strict=True))
    )


def curve(values, n=300, family="f", scales=None):
    return Curve(task="t", regime="r", family=family, points=points(values, n, scales))


def odds(values, n=300):
    made = points(values, n)
    return probabilities(evidence(made, [math.log(p.scale) for p in made]))


def test_every_path_of_a_small_grid() -> None:
    """The chains sum over all rising, falling and turning paths: here each is written out."""
    few = range(0, CELLS, 9)  # which 1 − p maps to themselves
    likes = np.random.default_rng(1).uniform(0.1, 1.0, (3, CELLS))
    likes = likes * np.isin(np.arange(CELLS), list(few))  # all other paths have no likelihood
    spans = np.array([1.0, 3.0])
    made = {name: told[:, 0] for name, told in shape._shapes(likes[:, None], spans, LEAST).items()}
    far = P[None, :] - P[:, None] >= LEAST
    room = far.any(axis=1)

    def arm(start, middles, spans):
        """A stretch from `start` through `middles`, given that it rises enough: for each of the totals."""
        told = np.zeros(len(shape.TOTALS))
        steps = [shape._steps(float(s) / float(sum(spans))) for s in spans]
        for at in range(len(told)):
            free = np.eye(CELLS)[start]
            for step in steps:
                free = free @ step[at]
            for path in product(few, repeat=len(spans)):
                chance, before = 1.0, start
                for step, to, like in zip(steps, path, middles, strict=True):
                    chance *= step[at, before, to] * like[to]
                    before = to
                told[at] += chance * far[start, before] / float((free * far[start]).sum())
        return told

    def leap(start, middles, spans):
        """The same for a stretch that is level but for one step."""
        told = np.zeros(len(shape.TOTALS))
        for at in range(len(told)):
            sizes = shape._steps(1.0)[at, start] * far[start]
            for step, span in enumerate(spans):
                for to in few:
                    path = [start] * step + [to] * (len(spans) - step)
                    like = math.prod(float(one[cell]) for one, cell in zip(middles, path, strict=True))
                    told[at] += (span / sum(spans) + 1 / len(spans)) / 2 * sizes[to] / sizes.sum() * like
        return told

    def slope(start, middles, spans):
        steady, once = arm(start, middles, spans).mean(), leap(start, middles, spans).mean()
        return (1 - shape.AT_ONCE) * steady + shape.AT_ONCE * once

    starts = [at for at in few if room[at]]
    rising = sum(likes[0, at] * slope(at, likes[1:], spans) for at in starts)
    above, back = likes[::-1, ::-1], spans[::-1]
    falling = sum(above[0, at] * slope(at, above[1:], back) for at in starts)
    assert made["positive"][0] == pytest.approx((rising + falling) / room.sum() / 2)
    arms = {at: arm(at, likes[:1], spans[:1]) * arm(at, likes[2:], spans[1:]) for at in starts}
    low = sum(likes[1, at] * arms[at].mean() for at in starts)
    assert made["u_shaped"][0] == pytest.approx(low / room.sum())
    assert made["flat"][0] == pytest.approx(likes.prod(axis=0).mean())


def test_steps_are_those_of_a_gamma_process() -> None:
    """Two steps make one of both their shares, but for jumps, the grid and the end of the axis."""
    x = np.linspace(0.01, 30, 7)
    assert shape._gamma(1.0, x) == pytest.approx(1 - np.exp(-x))
    assert shape._gamma(2.0, x) == pytest.approx(1 - np.exp(-x) * (1 + x))
    assert shape._gamma(0.5, x) == pytest.approx([math.erf(math.sqrt(one)) for one in x])
    one, other, both = (shape._steps(share)[0, 0, :32] for share in (0.3, 0.7, 1.0))
    joined = np.convolve(one, other)[:32]
    assert abs(np.cumsum(joined) - np.cumsum(both)).max() < 0.06
    mean = float(both @ np.arange(32)) * STEP
    assert mean == pytest.approx(shape.TOTALS[0], rel=0.5)  # a jump in twenty lifts it


@settings(max_examples=25, deadline=None)
@given(VALUES)
def test_mirrored_curves_have_mirrored_shapes(values: list[tuple[int, int]]) -> None:
    """Wrong answers fall where right ones rise, and a curve read from its other end goes the other way."""
    some = tuple(Point(model=str(at), scale=10.0**at, value=k / 100, n=n) for at, (k, n) in enumerate(values))
    places = [float(at) for at in range(len(some))]
    one = probabilities(evidence(some, places))
    assert math.fsum(one.values()) == pytest.approx(1.0)
    wrong = tuple(Point(model=p.model, scale=p.scale, value=1 - p.value, n=p.n) for p in some)
    other = probabilities(evidence(wrong, places))
    back = probabilities(evidence(some[::-1], places))
    swapped = {"positive": "inverse", "inverse": "positive", "u_shaped": "inverted_u",
               "inverted_u": "u_shaped", "flat": "flat"}  # fmt: skip
    for name in SHAPES:
        assert other[swapped[name]] == pytest.approx(one[name], rel=1e-6, abs=1e-9)
    turned = {"positive": "inverse", "inverse": "positive"}
    for name in SHAPES:
        assert back[turned.get(name, name)] == pytest.approx(one[name], rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("values", "n", "verdict"),
    [
        ([0.3, 0.4, 0.5, 0.6, 0.7], 300, "positive"),
        ([0.7, 0.6, 0.5, 0.4, 0.3], 300, "inverse"),
        ([0.6, 0.45, 0.3, 0.45, 0.6], 300, "u_shaped"),
        ([0.3, 0.45, 0.6, 0.45, 0.3], 300, "inverted_u"),
        ([0.5, 0.5, 0.5, 0.5, 0.5], 1000, "flat"),
        ([0.0, 0.0, 0.0, 0.0, 1.0], 100, "positive"),  # emerges at once
        ([1.0, 1.0, 1.0, 0.0], 100, "inverse"),
        ([1.0, 1.0, 0.5, 1.0, 1.0], 100, "u_shaped"),
        ([0.0, 0.0, 0.0, 0.0], 1000, "flat"),
        ([0.5, 0.52], 50, "undetermined"),
        ([0.5], 1000, "undetermined"),  # one size is no curve
    ],
)
def test_clear_curves(values: list[float], n: int, verdict: str) -> None:
    """Values at 0 and 1, few points and sudden rises are the normal case."""
    assert judge_curve(curve(values, n)).verdict == verdict


def test_what_few_places_cannot_show_has_no_probability() -> None:
    """A slope takes two places, a turn three; two models of one size are one place."""
    assert odds([0.2, 0.9])["u_shaped"] == 0.0
    same = points([0.2, 0.9, 0.5], scales=[1.0, 1.0, 10.0])
    told = evidence(same, [0.0, 0.0, 1.0])
    assert set(told) == {"flat", "positive", "inverse"}


def test_more_items_make_surer() -> None:
    assert odds([0.5, 0.45, 0.5], 10_000)["u_shaped"] > odds([0.5, 0.45, 0.5], 100)["u_shaped"]


def test_a_scatter_that_no_shape_explains_is_none_of_them() -> None:
    """Models that jump to and fro for no reason in scale are no U, whatever the number of items."""
    assert judge_curve(curve([0.2, 0.8, 0.2, 0.8, 0.2, 0.8], 100_000)).verdict == "undetermined"


def test_where_a_curve_turns() -> None:
    """The turning point lies in its interval, which reaches half-way to the neighbouring places."""
    turn = judge_curve(curve([0.8, 0.5, 0.2, 0.5, 0.8], 1000)).turning_point
    assert turn is not None
    assert turn.low == pytest.approx(10**1.5)
    assert turn.scale == pytest.approx(100, rel=0.05)
    assert turn.high == pytest.approx(10**2.5)
    assert judge_curve(curve([0.2, 0.5, 0.8], 1000)).turning_point is None
    assert turning([0.0, 1.0, 2.0], np.array([1.0])) == (1.0, 0.5, 1.5)


def test_a_turning_point_is_never_outside_its_interval() -> None:
    """Where spacing is unequal a far place of little probability draws the mean beyond what is likely."""
    places = [0.0, 0.01, 0.05, 10.0, 20.0]
    middle, low, high = turning(places, np.array([0.97, 0.0, 0.03]))
    assert (low, high) == pytest.approx((0.005, 0.03))
    assert middle == high
    scales = [2.15e7, 2.17e7, 2.25e7, 6.94e7, 3.79e10, 6.67e11]
    turn = judge_curve(curve([0.72, 0.16, 0.29, 0.46, 0.46, 0.64], 100, scales=scales)).turning_point
    assert turn is not None
    assert turn.low <= turn.scale <= turn.high


@pytest.mark.parametrize(
    ("values", "scales", "verdict"),
    [
        ([0.23, 0.64, 0.55, 0.56, 0.60], [3.29e7, 3.35e7, 2.48e10, 4.51e11, 7.81e11], "positive"),
        ([0.61, 0.59, 0.58, 0.61, 0.22], [1.58e7, 5.54e7, 4.42e8, 2e10, 2.05e10], "inverse"),
    ],
)
def test_a_jump_between_models_of_nearly_one_size_is_no_turn(
    values: list[float], scales: list[float], verdict: str
) -> None:
    assert judge_curve(curve(values, 100, scales=scales)).verdict == verdict


def test_scale_counts_by_its_ratios() -> None:
    """On the logarithm of scale a unit is of no matter; on scale itself a shift is of none."""
    values = [0.6, 0.4, 0.5, 0.7]
    scales = [1.0, 3.0, 10.0, 100.0]
    one = judge_curve(curve(values, scales=scales)).probabilities
    other = judge_curve(curve(values, scales=[1e9 * s for s in scales])).probabilities
    shifted = judge_curve(curve(values, scales=[s - 1 for s in scales]), log=False).probabilities
    plain = judge_curve(curve(values, scales=scales), log=False).probabilities
    for name in SHAPES:
        assert other[name] == pytest.approx(one[name])
        assert shifted[name] == pytest.approx(plain[name])


def test_families_are_judged_together() -> None:
    """What one family leaves open the others lend a hand with; one that differs is not outvoted."""
    clear = [[0.7, 0.4, 0.7], [0.6, 0.3, 0.6], [0.8, 0.5, 0.8]]
    vague = [0.55, 0.50, 0.54]
    judged = [judge_curve(curve(v, 300, str(at))) for at, v in enumerate([*clear, vague])]
    (one,) = pool(judged)
    assert (one.verdict, one.agree, one.families) == ("u_shaped", 4, 4)
    assert max(judged[3].probabilities, key=judged[3].probabilities.get) != "u_shaped"
    against = [*judged[:3], judge_curve(curve([0.2, 0.5, 0.8], 300, "x"))]
    (other,) = pool(against)
    assert (other.verdict, other.agree) == ("u_shaped", 3)
    assert other.next["positive"] > one.next["positive"]
    assert math.fsum(one.probabilities.values()) == pytest.approx(1.0)
    assert math.fsum(one.next.values()) == pytest.approx(1.0)
    assert pool(judged[:1]) == []


def test_families_that_lack_one_arm_speak_against_nothing() -> None:
    """Three U-shapes; two families of large models only, which rise; one of small ones, which rises too."""
    whole = [
        judge_curve(curve([0.7, 0.5, 0.3, 0.5, 0.7], 300, f"whole {at}", scales=[1e8, 1e9, 1e10, 1e11, 1e12]))
        for at in range(3)
    ]
    large = [
        judge_curve(curve([0.35, 0.5, 0.65], 300, f"large {at}", scales=[2e10, 1e11, 5e11]))
        for at in range(2)
    ]
    (one,) = pool([*whole, *large])
    assert (one.verdict, one.agree, one.families, one.one_sided) == ("u_shaped", 3, 5, 2)
    assert one.probabilities["u_shaped"] > 0.8
    assert one.next["positive"] > 0.2
    against = judge_curve(curve([0.3, 0.5, 0.7], 300, "small", scales=[1e8, 3e8, 1e9]))
    (other,) = pool([*whole, against])
    assert other.one_sided == 0


def test_one_point_says_no_more_than_the_prior() -> None:
    (told,) = [judge_curve(curve([0.4]))]
    assert told.verdict == "undetermined" and dict(told.probabilities) == pytest.approx(shape.PRIOR)


@pytest.mark.parametrize("values", [[0.27, 0.24, 0.25, 0.23, 0.5], [0.31, 0.3, 0.33, 0.29, 0.48]])
def test_the_luck_before_a_jump_makes_no_u(values) -> None:
    """A level curve that jumps at its last model is no U, and one that falls at its first is none either."""
    assert odds(values)["positive"] > odds(values)["u_shaped"]
    assert odds(values[::-1])["inverse"] > odds(values[::-1])["u_shaped"]
