"""Adjusted p-values agree with statsmodels."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from taskc.analysis.adjust import ADJUSTMENTS, benjamini_hochberg, holm

VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=30)


@given(VALUES)
@settings(max_examples=10, deadline=None)  # statsmodels takes a while
def test_holm(values) -> None:
    assert holm(values) == pytest.approx(multipletests(values, method="holm")[1], abs=1e-12)


@given(VALUES)
def test_benjamini_and_hochberg(values) -> None:
    assert benjamini_hochberg(values) == pytest.approx(multipletests(values, method="fdr_bh")[1], abs=1e-12)


@given(VALUES, st.sampled_from(sorted(ADJUSTMENTS)))
def test_no_p_gets_smaller_and_none_leaves_its_place(values, name) -> None:
    adjusted = ADJUSTMENTS[name][1](values)
    assert all(p <= more <= 1 for p, more in zip(values, adjusted, strict=True))
    order = sorted(range(len(values)), key=values.__getitem__)
    assert all(adjusted[a] <= adjusted[b] for a, b in pairwise(order))


def test_hand_worked() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert benjamini_hochberg([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.04, 0.04])
