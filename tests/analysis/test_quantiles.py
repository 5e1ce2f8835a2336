"""Tails and quantiles agree with scipy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from taskc.analysis.quantiles import incomplete_beta, normal_tails, t_quantile, t_tails, z_quantile


@given(st.floats(0.01, 500), st.floats(0.01, 500), st.floats(0, 1))
def test_the_incomplete_beta_function(a, b, x) -> None:
    assert incomplete_beta(a, b, x) == pytest.approx(special.betainc(a, b, x), abs=1e-9)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4.7, 10, 49, 1000, 1e6])
@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.999])
def test_student(freedom, level) -> None:
    t = t_quantile(level, freedom)
    assert t == pytest.approx(stats.t.ppf((1 + level) / 2, freedom), rel=1e-8)
    assert t_tails(-t, freedom) == pytest.approx(1 - level, rel=1e-7)


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.999])
def test_normal(level) -> None:
    assert z_quantile(level) == pytest.approx(stats.norm.ppf((1 + level) / 2), rel=1e-12)
    assert normal_tails(z_quantile(level)) == pytest.approx(1 - level, rel=1e-9)
