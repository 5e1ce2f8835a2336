"""Intervals of a rate that one could have: how often each holds p, added up over all outcomes."""

import math
from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np
from scipy import optimize, stats

from taskc.analysis.intervals import Z95, wilson

Ends: TypeAlias = tuple[float, float]
GRID = [k / 100 for k in range(2, 99)]


def _wilson(k: int, n: int) -> Ends:
    rate = wilson(k / n, n)
    return rate.low, rate.high


def _modified_wilson(k: int, n: int) -> Ends:
    """Brown, Cai and DasGupta (2001, Statistical Science 16:101), sec. 4.1.1: Poisson ends near 0 and 1."""
    low, high = _wilson(k, n)
    few = 2 if n <= 50 else 3
    if 1 <= k <= few:
        low = stats.chi2.ppf(0.05, 2 * k) / 2 / n
    if 1 <= n - k <= few:
        high = 1 - stats.chi2.ppf(0.05, 2 * (n - k)) / 2 / n
    return low, high


def _clopper_pearson(k: int, n: int) -> Ends:
    low = stats.beta.ppf(0.025, k, n - k + 1) if k else 0.0
    return low, stats.beta.ppf(0.975, k + 1, n - k) if k < n else 1.0


def _mid_p(k: int, n: int) -> Ends:
    def below(p: float) -> float:
        return float(stats.binom.cdf(k, n, p) - stats.binom.pmf(k, n, p) / 2)

    low = optimize.brentq(lambda p: below(p) - 0.975, 1e-9, 1 - 1e-9) if k else 0.0
    return low, optimize.brentq(lambda p: below(p) - 0.025, 1e-9, 1 - 1e-9) if k < n else 1.0


def _jeffreys(k: int, n: int) -> Ends:
    """With the modification of Brown, Cai and DasGupta (2001), sec. 4.1.2."""
    low, high = stats.beta.ppf([0.025, 0.975], k + 0.5, n - k + 0.5)
    if k <= 1:
        low = 0.0
    if k >= n - 1:
        high = 1.0
    if k == 0:
        high = 1 - 0.025 ** (1 / n)
    if k == n:
        low = 0.025 ** (1 / n)
    return low, high


def _agresti_coull(k: int, n: int) -> Ends:
    more = n + Z95**2
    p = (k + Z95**2 / 2) / more
    reach = Z95 * math.sqrt(p * (1 - p) / more)
    return p - reach, p + reach


def _likelihood(k: int, n: int) -> Ends:
    def beyond(p: float) -> float:
        terms = [x * math.log(x / n / q) for x, q in ((k, p), (n - k, 1 - p)) if x]
        return 2 * math.fsum(terms) - Z95**2

    low = optimize.brentq(beyond, 1e-12, k / n) if k else 0.0
    return low, optimize.brentq(beyond, k / n, 1 - 1e-12) if k < n else 1.0


def _arcsine(k: int, n: int) -> Ends:
    middle, reach = math.asin(math.sqrt((k + 0.375) / (n + 0.75))), Z95 / 2 / math.sqrt(n)
    low, high = max(0.0, middle - reach), min(math.pi / 2, middle + reach)
    return math.sin(low) ** 2, math.sin(high) ** 2


WAYS: dict[str, Callable[[int, int], Ends]] = {
    "Wilson": _wilson,
    "Wilson, modified": _modified_wilson,
    "Jeffreys, modified": _jeffreys,
    "mid-p": _mid_p,
    "Agresti and Coull": _agresti_coull,
    "Clopper and Pearson": _clopper_pearson,
    "likelihood ratio": _likelihood,
    "arcsine": _arcsine,
}


def coverage(way: Callable[[int, int], Ends], n: int) -> list[float]:
    """Give how often the interval of n items holds each p of the grid, in per cent."""
    low, high = np.array([way(k, n) for k in range(n + 1)]).T
    chances = stats.binom.pmf(np.arange(n + 1)[:, None], n, np.array(GRID)[None, :])
    inside = (low[:, None] <= GRID) & (high[:, None] >= GRID)
    return [100 * float(one) for one in (chances * inside).sum(axis=0)]


def table() -> Iterator[str]:
    """Give a line for each interval: values of p of 97 with coverage outside 93 to 97 %, and the least."""
    sizes = (50, 100, 300, 1000)
    yield f"| interval | {' | '.join(f'n = {n}' for n in sizes)} |"
    yield f"|---|{'---|' * len(sizes)}"
    for name, way in WAYS.items():
        cells = []
        for n in sizes:
            found = coverage(way, n)
            under, over = sum(one < 93 for one in found), sum(one > 97 for one in found)
            cells.append(f"{under} below, {over} above; {min(found):.1f}")
        yield f"| {name} | {' | '.join(cells)} |"
