"""What a design can detect, before anyone is asked: the smallest difference that a test finds often enough.

Every function takes numbers of items and gives a difference of rates, 0 to 1, or None where even the largest
possible one would be missed. `alpha` is two-sided, half of it in each tail; `power` is the probability that
the test finds the difference in its true direction. Exact tests move in steps, so one item more can make
the difference a little larger (Chernick and Liu 2002, Am. Stat. 56:149); ten times as many never do.
"""

import math
from collections.abc import Callable
from functools import lru_cache

from taskc.analysis.quantiles import beta_fraction

ALPHA, POWER = 0.05, 0.80
LARGE = 2_000
"""Above so many items, pairs and groups take the normal approximation, which is then good to 0.0005."""

_NEGLIGIBLE = 1e-10  # of a distribution, left out at either end
_HALVINGS = 13  # a difference is had to 1/8,192 of what is possible


def smallest_difference(
    n: int, chance: float = 0.5, *, alpha: float = ALPHA, power: float = POWER
) -> float | None:
    """Give how far above `chance` the accuracy on `n` items must lie to be told from chance, else None.

    Exact binomial test of H0: p = chance, Clopper and Pearson's equal tails (1934, Biometrika 26:404):
    the least p − chance with P(X ≥ c | n, p) ≥ power, where c is the least count with
    P(X ≥ c | n, chance) ≤ alpha/2. How far below chance is `smallest_difference(n, 1 - chance)`. Where
    items differ in chance, `chance` is their mean; the test then errs on the safe side.
    """
    _check(alpha, power, n)
    if not 0.0 <= chance < 1.0:
        raise ValueError(f"a chance of {chance} leaves nothing above it")
    least = critical_count(n, chance, alpha)
    if least > n:
        return None
    return _smallest(lambda gain: tail(least, n, chance + gain), 1.0 - chance, power)


def smallest_shift(n: int, discordant: float, *, alpha: float = ALPHA, power: float = POWER) -> float | None:
    """Give the smallest difference in accuracy between two models or regimes on the same `n` items.

    Exact McNemar test (1947, Psychometrika 12:153), power over the unknown number of discordant items:
    a share `discordant` of all items is right under one and wrong under the other, so M ~ Bin(n, discordant),
    and of those M the better one has X ~ Bin(M, (1 + difference/discordant)/2), held against one half. The
    difference is at most `discordant`. Above `LARGE` items: Connor (1987, Biometrics 43:207),
    √n · difference = z(alpha/2) √discordant + z(power) √(discordant − difference²).
    """
    _check(alpha, power, n)
    if not 0.0 < discordant <= 1.0:
        raise ValueError(f"a share of {discordant} is not one of discordant items")
    if n > LARGE:
        return _smallest(lambda gap: _paired(n, discordant, gap, alpha), discordant, power)
    weights = [(m, critical_count(m, 0.5, alpha), mass) for m, mass in _spread(n, discordant)]

    def found(difference: float) -> float:
        better = (1.0 + difference / discordant) / 2.0
        return math.fsum(mass * tail(least, m, better) for m, least, mass in weights)

    return _smallest(found, discordant, power)


def smallest_gap(
    n: int, other: int, rate: float, *, alpha: float = ALPHA, power: float = POWER
) -> float | None:
    """Give how far below `rate` (that of `n` items) the rate of `other` items must lie to be told from it.

    Fisher's exact test of two independent groups, equal tails, unconditional power: the sum over x of
    P(X = x | n, rate) · P(Y ≤ y(x) | other, rate − difference), where y(x) is the most that the other
    group may have for the hypergeometric tail P(X ≥ x | x + y) to be at most alpha/2 (Casagrande, Pike and
    Smith 1978, Appl. Stat. 27:176). Above `LARGE` items in both: the normal approximation with pooled
    variance under the hypothesis (Fleiss, Levin and Paik 2003, eq. 4.14, without correction).
    """
    _check(alpha, power, n, other)
    if not 0.0 < rate <= 1.0:
        raise ValueError(f"a rate of {rate} leaves nothing below it")
    if min(n, other) > LARGE:
        return _smallest(lambda gap: _apart(n, other, rate, gap, alpha), rate, power)
    bounds = _most_allowed(n, other, rate, alpha)

    def found(difference: float) -> float:
        below = max(0.0, rate - difference)
        return math.fsum(mass * (1.0 - tail(most + 1, other, below)) for most, mass in bounds)

    return _smallest(found, rate, power)


@lru_cache(maxsize=16_384)
def critical_count(n: int, chance: float, alpha: float = ALPHA) -> int:
    """Give the least count c with P(X ≥ c | n, chance) ≤ alpha/2; n + 1 where there is none."""
    low, high = 0, n + 1
    while low < high:
        middle = (low + high) // 2
        if tail(middle, n, chance) <= alpha / 2:
            high = middle
        else:
            low = middle + 1
    return low


def tail(count: int, n: int, p: float) -> float:
    """Give P(X ≥ count) for X ~ Bin(n, p), the incomplete beta function I_p(count, n−count+1)."""
    if count <= 0:
        return 1.0
    if count > n or p <= 0.0:
        return 0.0
    if p >= 1.0:
        return 1.0
    a, b = float(count), float(n - count + 1)
    front = math.exp(_choose(n, count) + math.log(count) + a * math.log(p) + b * math.log1p(-p))
    if p < (a + 1.0) / (a + b + 2.0):
        return min(1.0, front * beta_fraction(a, b, p) / a)
    return max(0.0, 1.0 - front * beta_fraction(b, a, 1.0 - p) / b)


def _smallest(found: Callable[[float], float], most: float, power: float) -> float | None:
    """Halve 0 to `most` down to the least difference that is found with `power`; `found` must not fall."""
    if found(most) < power:
        return None
    low, high = 0.0, most
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        low, high = (low, middle) if found(middle) >= power else (middle, high)
    return high


def _spread(n: int, p: float) -> list[tuple[int, float]]:
    """Give the counts that X ~ Bin(n, p) may take, and how likely each is, without the negligible ends."""
    if p >= 1.0:
        return [(n, 1.0)]
    reach = math.ceil(8.0 * math.sqrt(n * p * (1.0 - p))) + 8
    middle = round(n * p)
    near = range(max(0, middle - reach), min(n, middle + reach) + 1)
    masses = ((x, _choose(n, x) + x * math.log(p) + (n - x) * math.log1p(-p)) for x in near)
    return [(x, math.exp(log)) for x, log in masses if log > math.log(_NEGLIGIBLE)]


def _most_allowed(n: int, other: int, rate: float, alpha: float) -> list[tuple[int, float]]:
    """Give each likely count of the first group as the most of the other that is told apart, and its mass."""
    bounds, most = [], -1
    for x, mass in _spread(n, rate):
        while most < other and _hypergeometric_tail(x, n, other, x + most + 1, alpha / 2) <= alpha / 2:
            most += 1
        bounds.append((most, mass))
    return bounds


def _hypergeometric_tail(x: int, n: int, other: int, drawn: int, enough: float) -> float:
    """Give P(X ≥ x) of the first group's hits among `drawn` hits of both; beyond `enough` it may stop."""
    if drawn > n + other:
        return 1.0
    term = math.exp(_choose(n, x) + _choose(other, drawn - x) - _choose(n + other, drawn))
    total = term
    while term > total * 1e-15 and total <= enough and x < min(n, drawn):
        term *= (n - x) * (drawn - x) / ((x + 1) * (other - drawn + x + 1))
        total += term
        x += 1
    return total


def _choose(n: int, k: int) -> float:
    """Give the logarithm of the binomial coefficient."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _paired(n: int, discordant: float, difference: float, alpha: float) -> float:
    from statistics import NormalDist  # takes longer to load than all that small designs need

    normal = NormalDist()
    spread = math.sqrt(max(discordant - difference**2, 1e-300))
    reach = math.sqrt(n) * difference - normal.inv_cdf(1.0 - alpha / 2) * math.sqrt(discordant)
    return normal.cdf(reach / spread)


def _apart(n: int, other: int, rate: float, difference: float, alpha: float) -> float:
    from statistics import NormalDist  # takes longer to load than all that small designs need

    normal = NormalDist()
    below = max(0.0, rate - difference)
    pooled = (n * rate + other * below) / (n + other)
    under = math.sqrt(pooled * (1.0 - pooled) * (1.0 / n + 1.0 / other))
    spread = math.sqrt(max(rate * (1.0 - rate) / n + below * (1.0 - below) / other, 1e-300))
    return normal.cdf((difference - normal.inv_cdf(1.0 - alpha / 2) * under) / spread)


def _check(alpha: float, power: float, *sizes: int) -> None:
    if not (0.0 < alpha < 1.0 and 0.0 < power < 1.0) or min(sizes) < 1:
        raise ValueError(f"no design has {sizes} items, alpha {alpha} and power {power}")
