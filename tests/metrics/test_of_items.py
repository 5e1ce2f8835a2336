"""Metrics of samples and of sets of items against enumeration, sklearn, and hand-worked values."""

import math
from itertools import combinations
from statistics import mean, stdev

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from taskc.metrics import METRICS
from taskc.metrics.of_items.ece import BINS, ece, ece_adaptive
from taskc.metrics.of_items.logodds_difference import logodds_difference
from taskc.metrics.of_items.normalised_score import normalised_score
from taskc.metrics.of_samples.majority_vote import majority_vote
from taskc.metrics.of_samples.pass_at_k import pass_at_k


@pytest.mark.parametrize(("n", "correct"), [(n, c) for n in range(1, 8) for c in range(n + 1)])
def test_pass_at_k_is_the_share_of_all_draws(n, correct) -> None:
    samples = [1] * correct + [0] * (n - correct)
    for k in range(1, n + 1):
        draws = [any(draw) for draw in combinations(samples, k)]
        assert pass_at_k(n, correct, k) == pytest.approx(sum(draws) / len(draws))
    assert pass_at_k(n, correct, n + 1) is None


def test_pass_at_k_by_the_products_of_the_paper() -> None:
    """Chen et al. 2021, figure 3: 1 − Π (1 − k / i) for i from n − c + 1 to n."""
    expected = 1 - numpy.prod(1 - 10 / numpy.arange(200 - 30 + 1, 200 + 1))
    assert pass_at_k(200, 30, 10) == pytest.approx(expected)


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(0, 60), st.integers(1, 60))
def test_pass_at_k_rises_with_k_and_with_what_is_correct(n, correct, k) -> None:
    correct, k = min(correct, n), min(k, n)
    value = pass_at_k(n, correct, k)
    assert value is not None and 0 <= value <= 1
    for more in (pass_at_k(n, min(n, correct + 1), k), pass_at_k(n, correct, min(n, k + 1))):
        assert more is not None and more >= value - 1e-12


@pytest.mark.parametrize(
    ("votes", "correct", "value"),
    [
        ([0, 1, 0], [True, False, True], 1.0),
        ([0, 1, 1], [True, False, False], 0.0),
        ([0, 1], [True, False], 1.0),  # of equals the first
        ([None, 1, None], [False, True, False], 1.0),
        ([None, None], [False, False], 0.0),
        ([0], [True], None),
    ],
)
def test_majority_vote(votes, correct, value) -> None:
    assert majority_vote(votes, correct) == value


COLUMNS = st.lists(
    st.tuples(st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.2, 1 / 3, 1.0])), st.booleans()),
    min_size=1,
    max_size=80,
)


def parted(rows) -> tuple[list[float], list[float]]:
    return [c for c, _ in rows], [float(right) for _, right in rows]


@settings(deadline=None)
@given(COLUMNS)
def test_ece_is_that_of_sklearns_bins(rows) -> None:
    confidence, correct = parted(rows)
    right, sure = calibration_curve(correct, confidence, n_bins=BINS, strategy="uniform", pos_label=1.0)
    edges = numpy.linspace(0, 1, BINS + 1)
    counts = numpy.bincount(numpy.searchsorted(edges[1:-1], confidence), minlength=BINS)
    expected = float(numpy.sum(counts[counts > 0] * numpy.abs(right - sure)) / len(rows))
    found = ece(confidence, correct)
    assert found is not None and found.value == pytest.approx(expected)


def by_split(confidence: list[float], correct: list[float]) -> float:
    order = numpy.argsort(confidence, kind="stable")
    bins = numpy.array_split(order, min(BINS, len(order)))
    c, r = numpy.array(confidence), numpy.array(correct)
    return float(sum(abs(r[b].mean() - c[b].mean()) * len(b) for b in bins) / len(order))


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 10**6), st.booleans()), min_size=1, max_size=80, unique_by=lambda x: x[0]
    )
)
def test_ece_adaptive_is_that_of_an_array_split(rows) -> None:
    confidence, correct = parted([(c / 10**6, right) for c, right in rows])
    found = ece_adaptive(confidence, correct)
    assert found is not None and found.value == pytest.approx(by_split(confidence, correct))


@settings(deadline=None)
@given(COLUMNS, st.randoms())
def test_calibration_errors_are_shares_and_know_no_order(rows, random) -> None:
    other = list(rows)
    random.shuffle(other)
    for metric in (ece, ece_adaptive):
        found, again = metric(*parted(rows)), metric(*parted(other))
        assert found is not None and again is not None
        assert 0 <= found.value <= 1
        assert found.value == pytest.approx(again.value)


def test_calibration_hand_worked() -> None:
    # 0.9 thrice, two right; 0.6 twice, both right: 3/5 · |2/3 − 0.9| + 2/5 · |1 − 0.6|
    confidence, correct = [0.9, 0.9, 0.9, 0.6, 0.6], [1.0, 1.0, 0.0, 1.0, 1.0]
    found = ece(confidence, correct)
    assert found is not None and found.value == pytest.approx(0.14 + 0.16)
    assert ece([], []) is ece_adaptive([], []) is None


def test_normalised_score() -> None:
    correct, chance = [1.0, 0.0, 1.0, 1.0], [0.25, 0.25, 0.5, 0.5]
    found = normalised_score(correct, chance)
    assert found is not None
    assert found.value == pytest.approx((0.75 - 0.375) / (1 - 0.375))
    assert found.error == pytest.approx(stdev(correct) / math.sqrt(4) / (1 - 0.375))
    worse = normalised_score([0.0], [0.5])
    assert worse is not None and worse == (-1.0, None)
    assert normalised_score([1.0], [1.0]) is normalised_score([], []) is None


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-30, 30), st.floats(-30, 30)), min_size=2, max_size=20))
def test_logodds_difference_is_paired(rows) -> None:
    first, other = [a for a, _ in rows], [b for _, b in rows]
    found = logodds_difference(first, other)
    assert found is not None and found.error is not None
    assert found.value == pytest.approx(mean(first) - mean(other), abs=1e-9)
    assert found.error == pytest.approx(stdev(a - b for a, b in rows) / math.sqrt(len(rows)), abs=1e-9)
    back = logodds_difference(other, first)
    assert back is not None and back.value == pytest.approx(-found.value, abs=1e-9)


def test_what_metrics_say_of_themselves() -> None:
    for name, metric in METRICS.items():
        assert metric.low < metric.high, name
        if metric.unit == "share":
            assert metric.high == 1, name
        text = metric.function.__doc__ or ""
        way = {"higher": "higher is better", "lower": "lower is better", "neither": "neither way is better"}
        assert way[metric.better] in " ".join(text.split()).casefold(), name
