"""Breaks of curves, and wholes beside the product of their parts, on known truth and by hand."""

import math
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from taskc.analysis.breaks import break_of_means, break_of_shares
from taskc.analysis.composed import Part, compose
from taskc.records.emergence import Break

SCALES = (1e8, 1e9, 3e9, 1e10, 1e11)


def shares(
    values: Sequence[float], n: int = 300, scales: Sequence[float] = SCALES, likely: float = 0.5
) -> Break:
    return break_of_shares(scales, values, [n] * len(values), log=True, likely=likely)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ((0.1, 0.25, 0.33, 0.42, 0.6), "steady"),
        ((0.5, 0.5, 0.5, 0.5, 0.5), "steady"),
        ((0.02, 0.02, 0.02, 0.7, 0.7), "jump"),
        ((0.7, 0.7, 0.7, 0.02, 0.02), "jump"),
        ((0.05, 0.05, 0.06, 0.2, 0.75), "bend"),
    ],
)
def test_clear_cases(values: Sequence[float], found: str) -> None:
    told = shares(values)
    assert told.found == found
    assert told.probabilities is not None and math.fsum(told.probabilities.values()) == pytest.approx(1.0)


def test_where_a_jump_is() -> None:
    """A jump lies in the gap between the two models that it parts."""
    told = shares((0.02, 0.02, 0.02, 0.7, 0.7))
    assert (told.low, told.high) == (pytest.approx(3e9), pytest.approx(1e10))
    assert told.low is not None and told.high is not None and told.scale is not None
    assert told.low < told.scale < told.high


def test_what_cannot_be_told() -> None:
    few = shares((0.0, 0.0, 1.0), scales=(1e8, 1e9, 1e10))
    assert few.probabilities is None and few.why == "3 different scales, and a break takes 4"
    none = break_of_shares((0, 1, 2, 5), (0, 0, 1, 1), [9] * 4, log=True, likely=0.5)
    assert none.probabilities is None and "scale 0 has no logarithm" in none.why
    assert break_of_shares((0, 1, 2, 5), (0, 0, 1, 1), [90] * 4, log=False, likely=0.5).found == "jump"
    assert shares((0.1, 0.2, 0.5, 0.6, 0.7), n=10, likely=0.99).found == "undetermined"


def test_sign_and_unit_of_another_metric_do_not_matter() -> None:
    values = (2.5, 2.0, 1.7, 1.35, 0.9)
    told = break_of_means(SCALES, values, [0.05] * 5, log=True, likely=0.5)
    other = break_of_means(SCALES, [-100 * v for v in values], [5.0] * 5, log=True, likely=0.5)
    assert told.found == other.found == "steady"
    assert told.probabilities is not None and other.probabilities is not None
    for kind, p in told.probabilities.items():
        assert other.probabilities[kind] == pytest.approx(p, rel=1e-6)


def test_a_metric_that_does_not_move_has_no_break() -> None:
    assert break_of_means(SCALES, [0.7] * 5, [None] * 5, log=True, likely=0.5).found == "steady"


TRUTHS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "steady": lambda u: 0.3 + 0.3 * u,
    "jump": lambda u: 0.1 + 0.7 * (u > 0.6),
}


@pytest.mark.parametrize(("truth", "least"), [("steady", 0.9), ("jump", 0.9)])
@pytest.mark.parametrize("models", [5, 8])
def test_known_truth(truth: str, least: float, models: int) -> None:
    """Of 60 families of 300 items at random sizes, nine in ten are told."""
    chance = np.random.default_rng(3)
    told: Counter[str] = Counter()
    for _ in range(60):
        u = np.sort(chance.random(models))
        u = (u - u[0]) / (u[-1] - u[0])
        values = chance.binomial(300, TRUTHS[truth](u)) / 300
        told[shares(values.tolist(), scales=(10 ** (8 + 3 * u)).tolist()).found] += 1
    assert told[truth] >= least * 60


def test_composed_by_hand() -> None:
    """0.5 · 0.8 = 0.4, with variance 0.8² · v(0.5) + 0.5² · v(0.8), each at (k + 1)/(n + 2)."""
    parts = {"a": Part(value=0.5, n=100), "b": Part(value=0.8, n=100)}
    told = compose("m", 1e9, Part(value=0.6, n=100), parts, own=True)
    p = 81 / 102
    variance = 0.64 * 0.25 / 100 + 0.25 * p * (1 - p) / 100
    assert told.product == pytest.approx(0.4)
    assert told.product_high - told.product == pytest.approx(1.959964 * math.sqrt(variance), rel=1e-5)
    assert told.difference == pytest.approx(0.2) and told.low is not None and told.low > 0
    assert compose("m", 1e9, Part(value=0.6, n=100), parts, own=False).difference is None


@pytest.mark.parametrize("shares", [(0.5, 0.6), (0.9, 0.8, 0.7), (0.97, 0.95), (0.1, 0.3)])
def test_coverage_of_a_difference_that_is_none(shares: tuple[float, ...]) -> None:
    """Where parts succeed by themselves, the interval of whole less product holds 0 in 93 to 98 of 100."""
    chance = np.random.default_rng(4)
    inside = 0
    for _ in range(1000):
        parts = {str(at): Part(value=chance.binomial(200, p) / 200, n=200) for at, p in enumerate(shares)}
        whole = Part(value=chance.binomial(200, math.prod(shares)) / 200, n=200)
        told = compose("m", 1e9, whole, parts, own=True)
        assert told.low is not None and told.high is not None
        inside += told.low <= 0 <= told.high
    assert 930 <= inside <= 985
