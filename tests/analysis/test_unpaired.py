"""Two samples: tests and intervals agree with scipy and statsmodels."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

from taskc.analysis.intervals import mean, wilson
from taskc.analysis.unpaired import count, fisher, newcombe, welch

TABLES = st.tuples(st.integers(1, 60), st.integers(1, 60)).flatmap(
    lambda sizes: st.tuples(
        st.integers(0, sizes[0]), st.just(sizes[0]), st.integers(0, sizes[1]), st.just(sizes[1])
    )
)
NUMBERS = st.lists(st.floats(-100, 100).map(lambda x: round(x, 3)), min_size=2, max_size=20)


@given(TABLES)
def test_fisher(table) -> None:
    hits, n, others, m = table
    expected = stats.fisher_exact([[hits, n - hits], [others, m - others]])[1]
    assert fisher(hits, n, others, m) == pytest.approx(expected, abs=1e-7)


@given(TABLES)
def test_newcombe(table) -> None:
    hits, n, others, m = table
    low, high = confint_proportions_2indep(others, m, hits, n, method="newcomb", compare="diff")
    found = newcombe(wilson(hits / n, n), wilson(others / m, m))
    assert found == (pytest.approx(low, abs=1e-9), pytest.approx(high, abs=1e-9))


@given(NUMBERS, NUMBERS)
def test_welch(one, two) -> None:
    first, second = mean(one), mean(two)
    p, interval = welch(first, len(one), second, len(two))
    if first.error + second.error < 1e-9:
        return
    expected = stats.ttest_ind(two, one, equal_var=False)
    assert p == pytest.approx(expected.pvalue, abs=1e-7)
    assert interval == pytest.approx(tuple(expected.confidence_interval()), rel=1e-6, abs=1e-9)


def test_what_has_no_error_has_no_interval() -> None:
    assert welch(mean([1.0]), 1, mean([2.0, 3.0]), 2) == (1.0, None)
    assert welch(mean([1.0, 1.0]), 2, mean([1.0, 1.0]), 2) == (1.0, None)


def test_counts_are_of_zeros_and_ones() -> None:
    assert count([1.0, 0.0, 1.0]) == 2
    assert count([1.0, 0.5]) is None


@pytest.mark.parametrize(("n", "m"), [(50, 50), (50, 300)])
@pytest.mark.parametrize("p", [0.02, 0.1, 0.3, 0.5])
def test_fisher_keeps_its_size(n, m, p) -> None:
    """Added up exactly: two samples of one rate are told apart in no more than 5 % of cases."""
    near = [k for k in range(n + 1) if stats.binom.pmf(k, n, p) > 1e-7]
    far = [k for k in range(m + 1) if stats.binom.pmf(k, m, p) > 1e-7]
    size = math.fsum(
        stats.binom.pmf(a, n, p) * stats.binom.pmf(b, m, p)
        for a in near
        for b in far
        if fisher(a, n, b, m) <= 0.05
    )
    assert size <= 0.05
