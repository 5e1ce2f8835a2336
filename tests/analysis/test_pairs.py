"""Paired tests agree with statsmodels and scipy and keep their size; the interval of a difference covers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as other_mcnemar

from taskc.analysis.pairs import mcnemar, score_interval, sign_flip

COUNTS = st.integers(0, 80)


@given(COUNTS, COUNTS)
def test_mcnemar(up, down) -> None:
    exact, mid = mcnemar(up, down)
    assert exact == pytest.approx(min(1.0, other_mcnemar([[9, up], [down, 9]], exact=True).pvalue))
    half = stats.binom.pmf(up, up + down, 0.5) / 2
    assert mid == pytest.approx(min(1.0, 2 * (stats.binom.sf(max(up, down) - 1, up + down, 0.5) - half)))
    assert mcnemar(down, up) == (exact, mid)


@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), max_size=60))
def test_flips_of_single_items_are_mcnemars_test(differences) -> None:
    p, how = sign_flip(differences)
    assert how == "exact"
    assert p == pytest.approx(mcnemar(differences.count(1.0), differences.count(-1.0))[0])


@pytest.mark.parametrize(
    "sums",
    [
        [1.0, 2.0, -1.0, 3.0, 1.0, 0.0],
        [1 / 3, -2 / 3, 1.0, 2 / 3, 1 / 3, 1 / 3],
        [0.5, 0.25, -0.75, 1.5, 1.25, 2.0, -0.25],
    ],
)
def test_flips_are_those_of_scipy(sums) -> None:
    expected = stats.permutation_test(
        (np.array(sums),), lambda x, axis: np.abs(x.sum(axis=axis)), permutation_type="samples",
        alternative="greater", n_resamples=np.inf, vectorized=True,
    ).pvalue  # fmt: skip
    assert sign_flip(sums) == (pytest.approx(expected), "exact")


def test_what_has_no_small_parts_is_sampled_and_what_is_much_is_normal() -> None:
    values = [math.sin(n) + 0.2 for n in range(40)]
    p, how = sign_flip(values)
    assert how == "sampled" and sign_flip(values) == (p, how)
    z = math.fsum(values) / math.sqrt(math.fsum(v * v for v in values))
    assert p == pytest.approx(2 * stats.norm.sf(abs(z)), abs=0.02)
    many = [math.sin(n) + 0.02 for n in range(3000)]
    assert sign_flip(many)[1] == "normal"
    assert sign_flip([]) == sign_flip([0.0]) == (1.0, "exact")


@pytest.mark.parametrize("discordant", [0.02, 0.1, 0.3, 0.8])
@pytest.mark.parametrize("n", [50, 100, pytest.param(300, marks=pytest.mark.slow)])
def test_mcnemar_keeps_its_size(n, discordant) -> None:
    """Added up exactly over all outcomes of n items of which a share is discordant, one way or the other."""
    sizes = [0.0, 0.0]
    for m in range(n + 1):
        weight = stats.binom.pmf(m, n, discordant)
        if weight < 1e-9:
            continue
        for up in range(m + 1):
            for at, p in enumerate(mcnemar(up, m - up)):
                sizes[at] += weight * stats.binom.pmf(up, m, 0.5) * (p <= 0.05)
    assert sizes[0] <= 0.05
    assert sizes[1] <= 0.0515  # the mid-p value does not promise, and comes this near


@pytest.mark.parametrize(("clusters", "size", "replicates"), [(40, 1, 3), (30, 3, 1), (20, 4, 2)])
def test_flips_keep_their_size(clusters, size, replicates) -> None:
    """Simulated: two sides alike in every cluster are told apart in 5 % of cases, and not more."""
    random = np.random.default_rng(3)
    rounds, found = 1000, 0
    for _ in range(rounds):
        skill = random.beta(1.0, 1.0, clusters)[:, None, None]
        sides = random.binomial(replicates, np.broadcast_to(skill, (clusters, size, 2))) / replicates
        luck = random.permuted(sides, axis=2)
        found += sign_flip((luck[..., 1] - luck[..., 0]).sum(axis=1).tolist())[0] <= 0.05
    assert found / rounds <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / rounds)


def simple(up: int, down: int, n: int, level: float = 0.95) -> tuple[float, float]:
    differences = [1.0] * up + [-1.0] * down + [0.0] * (n - up - down)
    return score_interval(differences, differences, [1] * n, n, level=level)


@pytest.mark.parametrize(
    ("up", "down", "n", "low", "high"),
    [
        # Fagerland, Lydersen and Laake 2014, Statistics in Medicine 33:2850, table VI, Tango
        (1, 7, 21, -0.517, -0.026),
    ],
)
def test_the_score_interval_gives_published_values(up, down, n, low, high) -> None:
    assert simple(up, down, n) == (pytest.approx(low, abs=6e-4), pytest.approx(high, abs=6e-4))


@given(COUNTS, COUNTS, COUNTS)
def test_the_score_interval_holds_the_difference_and_mirrors(up, down, rest) -> None:
    n = up + down + rest + 1
    low, high = simple(up, down, n)
    assert -1 <= low <= (up - down) / n <= high <= 1
    assert simple(down, up, n) == (pytest.approx(-high, abs=1e-9), pytest.approx(-low, abs=1e-9))
    assert low < high


def test_the_score_interval_agrees_with_its_test() -> None:
    """It holds 0 where the asymptotic McNemar statistic is within its quantile, and only there."""
    for up in range(25):
        for down in range(25):
            low, high = simple(up, down, 60)
            z = abs(up - down) / math.sqrt(up + down) if up + down else 0.0
            assert (low <= 0.0 <= high) == (z <= 1.959963984540054)


def coverage(n: int, up: float, down: float) -> float:
    """Add up exactly how often the interval holds `up − down`."""
    total = 0.0
    for m in range(n + 1):
        weight = stats.binom.pmf(m, n, up + down)
        if weight < 1e-8:
            continue
        for k in range(m + 1):
            chance = weight * stats.binom.pmf(k, m, up / (up + down))
            if chance > 1e-10:
                low, high = simple(k, m - k, n)
                total += chance * (low <= up - down <= high)
    return total


@pytest.mark.parametrize(
    ("n", "up", "down"), [(50, 0.1, 0.1), (50, 0.2, 0.1), (100, 0.05, 0.05), (100, 0.1, 0.05)]
)
def test_the_score_interval_covers(n, up, down) -> None:
    assert 0.93 <= coverage(n, up, down) <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("n", [50, 100, 300])
@pytest.mark.parametrize(
    ("up", "down"), [(0.05, 0.05), (0.1, 0.05), (0.2, 0.1), (0.3, 0.1), (0.3, 0.2), (0.4, 0.1), (0.05, 0.15)]
)
def test_the_score_interval_covers_everywhere(n, up, down) -> None:
    assert 0.93 <= coverage(n, up, down) <= 0.97


def with_clusters(random, clusters: int, size: int, rates, alike: float):
    """Draw right and wrong answers of two sides, which are alike within clusters."""
    a, b = ((rate * (1 - alike) / alike, (1 - rate) * (1 - alike) / alike) for rate in rates)
    skills = (random.beta(*one, clusters) for one in (a, b))
    first, second = (random.binomial(1, np.repeat(skill, size)) for skill in skills)
    return (second - first).astype(float)


@pytest.mark.parametrize(
    ("clusters", "size", "rates", "alike"),
    [(50, 2, (0.3, 0.2), 0.3), (100, 3, (0.5, 0.5), 0.3), (50, 6, (0.9, 0.85), 0.1)],
)
def test_the_score_interval_covers_in_clusters(clusters, size, rates, alike) -> None:
    random = np.random.default_rng(4)
    rounds, held, naive = 1000, 0, 0
    for _ in range(rounds):
        differences = with_clusters(random, clusters, size, rates, alike)
        sums = differences.reshape(clusters, size).sum(axis=1).tolist()
        low, high = score_interval(differences.tolist(), sums, [size] * clusters, clusters * size)
        held += low <= rates[1] - rates[0] <= high
        low, high = score_interval(
            differences.tolist(), differences.tolist(), [1] * len(differences), len(differences)
        )
        naive += low <= rates[1] - rates[0] <= high
    assert 0.93 - 0.015 <= held / rounds <= 0.97 + 0.015  # 2 standard errors of the simulation
    assert naive < held, "without clusters it covers less"
