"""Items that models share: covariances against numpy, and what they add to the verdict on a curve."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from msgspec.structs import replace

from taskc.analysis.grid import _loadings, _sizes
from taskc.analysis.paired import Column, paired_errors, paired_errors_of
from taskc.analysis.verdict import judge_curve
from taskc.records.curve import Curve, Paired, Point


def columns(table, clusters=()):
    items = [str(at) for at in range(len(table[0]))]
    return [Column(items=items, values=list(map(float, row)), clusters=clusters) for row in table]


def answers(rng, shares, n, correlation):
    """Draw right and wrong answers of models to the same items, whose difficulty is common to all."""
    common = math.sqrt(correlation) * rng.normal(size=(1, n))
    own = math.sqrt(1 - correlation) * rng.normal(size=(len(shares), n))
    at = np.array([NormalDist().inv_cdf(share) for share in shares])
    return common + own < at[:, None]


def curve_of(table, paired=True) -> Curve:
    points = tuple(
        Point(model=str(at), scale=10.0**at, value=float(row.mean()), n=len(row))
        for at, row in enumerate(table)
    )
    return Curve(
        task="t", regime="r", family="f", points=points, paired=paired_errors_of(table) if paired else None
    )


def test_covariance_of_means() -> None:
    table = np.random.default_rng(1).uniform(size=(3, 40))
    made = paired_errors(columns(table))
    assert made.units == 40
    assert np.array(made.covariance) == pytest.approx(np.cov(table) / 40)
    assert np.array(paired_errors_of(table).covariance) == pytest.approx(np.cov(table) / 40)


def test_clusters_count_as_one() -> None:
    """Items that repeat one another are as good as the clusters they make."""
    table = np.random.default_rng(2).uniform(size=(2, 20))
    thrice = np.repeat(table, 3, axis=1)
    made = paired_errors(columns(thrice, clusters=[f"c{at // 3}" for at in range(60)]))
    assert made.units == 20
    assert np.array(made.covariance) == pytest.approx(np.cov(table) / 20)


def test_items_that_are_not_shared() -> None:
    """What only one model was asked adds to its variance and to no covariance."""
    one = Column(items=["a", "b", "c"], values=[1.0, 0.0, 1.0])
    other = Column(items=["c", "d"], values=[1.0, 0.0])
    made = paired_errors([one, other])
    assert made.covariance[0][1] == pytest.approx((1 / 3) * (1 / 2) / 6 * 2)
    assert made.covariance[0][0] == pytest.approx(np.var([1, 0, 1], ddof=1) / 3)
    assert paired_errors([one, Column(items=["x"], values=[1.0])]) is None


def test_one_factor_is_found_again() -> None:
    loadings = np.array([0.5, 0.6, 0.7, 0.8])
    r = np.outer(loadings, loadings)
    np.fill_diagonal(r, 1.0)
    found = _loadings(Paired(covariance=tuple(map(tuple, r)), units=1_000_000))
    assert found == pytest.approx(loadings, abs=1e-3)
    few = _loadings(Paired(covariance=tuple(map(tuple, r)), units=8))
    assert (few < found).all()  # shrunk: so few items say little of correlations
    none = np.eye(4) * 2 - 1  # all errors against one another: nothing is common
    assert not _loadings(Paired(covariance=tuple(map(tuple, none)), units=100)).any()


def test_pinned_models_have_no_errors_in_common() -> None:
    """A share of 0 or 1 has no variance to tell of; it counts as what its items make of it."""
    table = np.array([[0, 0, 0, 0], [1, 0, 1, 0], [1, 1, 1, 1]] * 1)
    paired = paired_errors_of(table)
    points = curve_of(table).points
    assert _loadings(paired) == pytest.approx([0, 0, 0])
    assert list(_sizes(points, paired))[::2] == [4, 4]
    assert sum(judge_curve(curve_of(table)).probabilities.values()) == pytest.approx(1)


def test_answers_without_correlation_are_shares() -> None:
    table = answers(np.random.default_rng(3), [0.5, 0.4, 0.5], 200, 0.0)
    with_items, without = (judge_curve(curve_of(table, paired)).probabilities for paired in (True, False))
    for name in with_items:
        assert with_items[name] == pytest.approx(without[name], abs=0.05)


def test_items_in_common_make_surer() -> None:
    """A U of ten points is told with more certainty where the models were asked the same items."""
    rng = np.random.default_rng(4)
    sure = {True: 0.0, False: 0.0}
    for _ in range(6):
        table = answers(rng, [0.55, 0.45, 0.55], 300, 0.8)
        for paired in sure:
            sure[paired] += judge_curve(curve_of(table, paired)).probabilities["u_shaped"] / 6
    assert sure[True] > sure[False] + 0.05


def test_clustered_items_make_less_sure() -> None:
    """Three hundred answers about thirty things are not as good as about three hundred."""
    table = answers(np.random.default_rng(5), [0.6, 0.45, 0.6], 30, 0.1)
    many = np.repeat(table, 10, axis=1)
    points = curve_of(many).points
    clustered = paired_errors(columns(many, clusters=[str(at // 10) for at in range(300)]))
    one = Curve(task="t", regime="r", family="f", points=points, paired=clustered)
    told, naive = judge_curve(one), judge_curve(replace(one, paired=None))
    assert max(told.probabilities.values()) < max(naive.probabilities.values())
