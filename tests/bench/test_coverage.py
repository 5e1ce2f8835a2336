"""Intervals hold what they are about: some cells of the tables in the documents, drawn anew."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parents[2] / "bench/coverage"


@pytest.fixture(scope="module")
def bench():
    sys.path.insert(0, str(HERE))
    try:
        import lures
        import rates
        import variances
    finally:
        sys.path.remove(str(HERE))
    return lures, rates, variances


def test_shares_of_variance_are_covered(bench) -> None:
    """Small effects of 50 items, where the jackknife held 87 to 89 of 100; 0.93 less two standard errors."""
    variances = bench[2]
    found = variances.covered(variances.SETTINGS["2 × 3 × 2, small effects"], 50, 200)
    assert len(found) == 11
    assert all(cover >= 0.93 - 0.036 for _, cover in found.values()), found
    large = [cover for share, cover in found.values() if share >= 0.01]
    assert sum(large) / len(large) <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("n", [50, 100, 300])
def test_shares_of_variance_are_covered_everywhere(bench, n) -> None:
    """Conservative where a share is near 0 or few items tell, and nowhere far below what is stated."""
    variances = bench[2]
    for name, setting in variances.SETTINGS.items():
        found = variances.covered(setting, n, 300)
        assert all(cover >= 0.90 for _, cover in found.values()), (name, found)


def test_clusters_count_in_what_is_said_of_a_lure(bench) -> None:
    lures = bench[0]
    setting = lures.Setting(ability=0.5, pull=0.4, chance=0.25, items=(12, 0, 0), alike=0.5)
    found = lures.covered(setting, 40, 60)
    blind = lures.covered(setting, 40, 60, blind=True)
    assert all(found[name] >= 0.88 for name in ("ability", "pull", "excess")), found
    assert all(blind[name] <= 0.75 for name in ("pull", "excess")), blind


@pytest.mark.slow
def test_lures_are_covered_everywhere(bench) -> None:
    lures = bench[0]
    for name, setting in lures.SETTINGS.items():
        found = lures.covered(setting, 100, 400)
        assert all(0.93 - 0.025 <= cover <= 0.97 + 0.025 for cover in found.values()), (name, found)


def test_no_other_interval_of_a_rate_is_nearer(bench) -> None:
    """With 50 and 100 items Wilson's leaves 10 values of p outside 93 to 97 %, none of the others fewer."""
    rates = bench[1]
    outside = {
        name: sum(not 93 <= one <= 97 for n in (50, 100) for one in rates.coverage(way, n))
        for name, way in rates.WAYS.items()
    }
    assert outside["Wilson"] == min(outside.values()) == 10
