"""Power held against enumeration in exact fractions, against published tables, and against simulation."""

import itertools
import math
import random
from fractions import Fraction

import pytest

from taskc.analysis import power
from taskc.analysis.power import critical_count, smallest_difference, smallest_gap, smallest_shift, tail

ALPHA = Fraction(1, 20)
STEP = 1e-3  # a difference smaller by so much is no longer found


def mass(x, n, p):
    return math.comb(n, x) * p**x * (1 - p) ** (n - x)


def plain_tail(count, n, p):
    return sum(mass(x, n, p) for x in range(max(count, 0), n + 1))


def binomial_power(n, chance, difference):
    """Sum over all counts that the test rejects upwards, tail by tail."""
    chance, rate = Fraction(chance), Fraction(chance) + Fraction(difference)
    return sum(mass(x, n, rate) for x in range(n + 1) if 2 * plain_tail(x, n, chance) <= ALPHA)


def mcnemar_power(n, discordant, difference):
    """Sum over every pair of discordant counts of the trinomial that the exact test rejects."""
    better, worse = ((discordant + sign * difference) / 2 for sign in (1, -1))
    total = 0.0
    for b, c in itertools.product(range(n + 1), repeat=2):
        if b + c <= n and 2 * plain_tail(b, b + c, Fraction(1, 2)) <= ALPHA:
            ways = math.comb(n, b) * math.comb(n - b, c)
            total += ways * better**b * worse**c * (1 - discordant) ** (n - b - c)
    return total


def fisher_power(n, m, rate, difference):
    """Sum over every table that the exact test rejects."""
    total = 0.0
    for x, y in itertools.product(range(n + 1), range(m + 1)):
        tables = math.comb(n + m, x + y)
        above = sum(math.comb(n, k) * math.comb(m, x + y - k) for k in range(x, min(n, x + y) + 1))
        if 2 * Fraction(above, tables) <= ALPHA:
            total += mass(x, n, rate) * mass(y, m, max(0.0, rate - difference))
    return total


@pytest.mark.parametrize(("n", "p"), [(1, 0.5), (7, 0.2), (60, 0.01), (60, 0.97), (300, 0.4)])
def test_tails_are_sums(n, p):
    for count in range(-1, n + 2):
        assert tail(count, n, p) == pytest.approx(plain_tail(count, n, p), rel=1e-9, abs=1e-300)
    assert (tail(3, 5, 0.0), tail(3, 5, 1.0)) == (0.0, 1.0)


def test_the_sign_test_has_its_published_limits():
    """Two-sided at 0.05, as in Dixon and Mood (1946): so many of the rarer sign at most, none below six."""
    published = {6: 0, 8: 0, 9: 1, 10: 1, 12: 2, 15: 3, 20: 5, 25: 7, 30: 9, 40: 13, 50: 17, 100: 39}
    assert {n: n - critical_count(n, 0.5) for n in published} == published
    assert critical_count(5, 0.5) == 6


@pytest.mark.parametrize("chance", [0.5, 0.25, 0.2, 0.9])
@pytest.mark.parametrize("n", [4, 10, 20, 37])
def test_against_chance(n, chance):
    found = smallest_difference(n, chance)
    if found is None:
        assert binomial_power(n, chance, 1 - Fraction(chance)) < 0.8
    else:
        assert binomial_power(n, chance, found) >= 0.8 - 1e-9
        assert binomial_power(n, chance, found - STEP) < 0.8


def test_twenty_items_as_in_a_table():
    """Of 20 at one half, 15 are needed (P = 0.0207), and 0.8042 of samples at 0.8 have them."""
    assert critical_count(20, 0.5) == 15
    assert tail(15, 20, 0.8) == pytest.approx(0.8042, abs=5e-5)
    assert smallest_difference(20) == pytest.approx(0.2987, abs=5e-4)
    assert smallest_difference(5) is None


@pytest.mark.parametrize(("n", "discordant"), [(12, 0.5), (20, 0.4), (24, 0.2), (30, 1.0)])
def test_pairs(n, discordant):
    found = smallest_shift(n, discordant)
    if found is None:
        assert mcnemar_power(n, discordant, discordant) < 0.8
    else:
        assert mcnemar_power(n, discordant, found) >= 0.8 - 1e-6
        assert mcnemar_power(n, discordant, found - STEP) < 0.8


@pytest.mark.parametrize(("n", "m", "rate"), [(10, 10, 0.9), (14, 9, 0.8), (6, 20, 0.95), (12, 12, 0.5)])
def test_groups(n, m, rate):
    found = smallest_gap(n, m, rate)
    if found is None:
        assert fisher_power(n, m, rate, rate) < 0.8
    else:
        assert fisher_power(n, m, rate, found) >= 0.8 - 1e-6
        assert fisher_power(n, m, rate, found - STEP) < 0.8


def test_the_lady_tasting_tea():
    """Of four cups and four, only all against none is rejected (Fisher 1935: one in seventy)."""
    assert smallest_gap(4, 4, 1.0) == pytest.approx(1 - (1 - 0.8 ** (1 / 4)), abs=STEP)
    assert smallest_gap(3, 3, 1.0) is None  # one in twenty, and it would take one in forty


@pytest.mark.parametrize("seed", [1, 2])
def test_studies_that_are_drawn_find_it_as_often(seed):
    """4,000 studies of 60 items, 30 % of them discordant, and 4,000 of 40 against 50 items."""
    draw = random.Random(seed)
    shift, gap = smallest_shift(60, 0.3), smallest_gap(40, 50, 0.9)
    pairs = groups = 0
    for _ in range(4_000):
        outcomes = draw.choices((1, -1, 0), weights=((0.3 + shift) / 2, (0.3 - shift) / 2, 0.7), k=60)
        won, lost = outcomes.count(1), outcomes.count(-1)
        pairs += won >= critical_count(won + lost, 0.5)
        first = sum(draw.random() < 0.9 for _ in range(40))
        second = sum(draw.random() < 0.9 - gap for _ in range(50))
        groups += 2 * fisher_tail(first, 40, second, 50) <= 0.05
    spread = 4 * math.sqrt(0.8 * 0.2 / 4_000)
    assert pairs / 4_000 == pytest.approx(0.8, abs=spread)
    assert groups / 4_000 == pytest.approx(0.8, abs=spread)


def fisher_tail(x, n, y, m):
    above = sum(math.comb(n, k) * math.comb(m, x + y - k) for k in range(x, min(n, x + y) + 1))
    return above / math.comb(n + m, x + y)


def test_more_items_show_smaller_differences():
    sizes = (30, 60, 120, 240, 480, 960)
    for find in (
        smallest_difference,
        lambda n: smallest_difference(n, 0.25),
        lambda n: smallest_shift(n, 0.3),
        lambda n: smallest_gap(n, n, 0.8),
        lambda n: smallest_gap(n, 30, 0.8),
    ):
        found = [find(n) for n in sizes]
        assert found == sorted(found, reverse=True)
        assert len(set(found)) > 3


def test_more_power_and_less_error_need_larger_differences():
    for find in (
        lambda **asked: smallest_difference(80, **asked),
        lambda **asked: smallest_shift(80, 0.4, **asked),
        lambda **asked: smallest_gap(80, 80, 0.8, **asked),
    ):
        assert find(power=0.5) < find(power=0.8) < find(power=0.95)
        assert find(alpha=0.1) < find(alpha=0.05) < find(alpha=0.01)


def test_large_designs_are_as_exact_ones(monkeypatch):
    """The normal approximation takes over without a step."""
    n = power.LARGE
    exact = [*(smallest_shift(n, d) for d in (0.1, 0.4)), *(smallest_gap(n, n, r) for r in (0.5, 0.95))]
    monkeypatch.setattr(power, "LARGE", 10)
    near = [*(smallest_shift(n, d) for d in (0.1, 0.4)), *(smallest_gap(n, n, r) for r in (0.5, 0.95))]
    assert near == pytest.approx(exact, abs=0.0006)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: smallest_difference(0),
        lambda: smallest_difference(10, 1.0),
        lambda: smallest_difference(10, alpha=0),
        lambda: smallest_shift(10, 0),
        lambda: smallest_shift(10, 1.1),
        lambda: smallest_shift(10, 0.5, power=1),
        lambda: smallest_gap(10, 0, 0.5),
        lambda: smallest_gap(10, 10, 0),
    ],
)
def test_what_is_no_design_is_an_error(ask):
    with pytest.raises(ValueError):
        ask()
