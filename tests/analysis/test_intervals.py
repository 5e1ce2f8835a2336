"""Intervals lie within 0 and 1, hold the share, and agree with published values."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.regression.linear_model import OLS

from taskc.analysis.intervals import clustered, grouped, mean, wilson


@given(st.integers(1, 10_000), st.data())
def test_wilson_is_within_bounds_and_holds_the_share(n, data) -> None:
    share = data.draw(st.integers(0, n)) / n
    rate = wilson(share, n)
    assert 0 <= rate.low <= share <= rate.high <= 1
    assert rate.high > rate.low


@given(st.floats(0, 1), st.integers(1, 1000))
def test_wilson_is_symmetric_and_narrows(share, n) -> None:
    rate, mirrored, more = wilson(share, n), wilson(1 - share, n), wilson(share, 4 * n)
    assert rate.low == pytest.approx(1 - mirrored.high, abs=1e-9)
    assert more.high - more.low < rate.high - rate.low


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_values(successes, n, low, high) -> None:
    rate = wilson(successes / n, n)
    assert (rate.low, rate.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@pytest.mark.parametrize(("share", "n"), [(0.5, 0), (-0.1, 5), (1.1, 5), (math.nan, 5)])
def test_what_has_no_interval_is_refused(share, n) -> None:
    with pytest.raises(ValueError, match="has no interval"):
        wilson(share, n)


def test_mean_and_its_error() -> None:
    found = mean([1.0, 2.0, 3.0, 4.0])
    assert (found.n, found.value) == (4, 2.5)
    assert found.error == pytest.approx(math.sqrt(5 / 3) / 2)
    assert mean([2.0]).error is None


@given(st.integers(1, 200), st.data())
def test_items_that_stand_for_themselves_have_wilsons_interval(n, data) -> None:
    hits = data.draw(st.integers(0, n))
    values = [1.0] * hits + [0.0] * (n - hits)
    assert clustered(values, [1] * n, n) == wilson(hits / n, n)


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 6)), min_size=1, max_size=30))
def test_an_interval_of_clusters_holds_the_share_and_knows_its_bounds(drawn) -> None:
    sizes = [size for size, _ in drawn]
    totals = [float(min(size, hits)) for size, hits in drawn]
    rate = clustered(totals, sizes, sum(sizes))
    assert 0 <= rate.low <= rate.value <= rate.high <= 1
    assert rate.value == pytest.approx(sum(totals) / sum(sizes))
    least = sum(sizes) ** 2 / sum(size * size for size in sizes)
    assert rate.effective <= sum(sizes) + 1e-9
    alike = wilson(rate.value, least)
    assert rate.high - rate.low <= alike.high - alike.low + 1e-9


def test_clusters_whose_items_are_alike_count_once_and_replicates_that_differ_count_more() -> None:
    alike = clustered([5.0] * 12 + [0.0] * 18, [5] * 30, 150)
    assert (alike.low, alike.high) == pytest.approx((wilson(0.4, 30).low, wilson(0.4, 30).high))
    assert alike.effective == 30
    apart = clustered([0.4, 0.6] * 25, [1] * 50, 250)
    assert 50 < apart.effective <= 250
    assert apart.high - apart.low < wilson(0.5, 50).high - wilson(0.5, 50).low


@given(st.lists(st.floats(-50, 50), min_size=3, max_size=30), st.data())
def test_the_error_of_a_mean_in_clusters_is_that_of_statsmodels(values, data) -> None:
    names = data.draw(st.lists(st.sampled_from("abcd"), min_size=len(values), max_size=len(values)))
    if len(set(names)) < 2:
        return
    fit = OLS(np.array(values), np.ones(len(values))).fit(
        cov_type="cluster",
        cov_kwds={"groups": np.array([ord(name) for name in names]), "use_correction": True},
    )
    assert mean(values, names).error == pytest.approx(float(fit.bse[0]), rel=1e-6, abs=1e-9)


def test_items_without_a_cluster_stand_for_themselves() -> None:
    assert grouped([1.0, 2.0, 4.0, 8.0], ["a", "", "a", ""]) == [5.0, 2.0, 8.0]
    assert grouped([1.0, 2.0], []) == [1.0, 2.0]
    assert mean([1.0, 3.0], ["a", "a"]).error is None
