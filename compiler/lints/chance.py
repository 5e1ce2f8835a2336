"""Is a rule of thumb better than chance at finding the answer? An exact test, and how much it gains."""

import math
from collections import Counter
from collections.abc import Mapping

from msgspec import Struct

ALPHA = 0.001  # of a finding that is there by chance, after correction
GAIN = 0.05  # of all items: less is not worth telling


class Hits(Struct, frozen=True, kw_only=True):
    """How often a rule of thumb names one option of `k`, and how often that is the answer."""

    k: int
    named: int
    right: int


class Excess(Struct, frozen=True, kw_only=True):
    """A rule of thumb that finds answers: where it did most surely, the p value, and what it gains.

    `p` is corrected for all tests made. `gain` is the share of all items that it has right beyond chance.
    """

    hits: Hits
    p: float
    gain: float

    @property
    def often(self) -> str:
        """Say how often the rule of thumb was right, and how often it would be by chance."""
        hits = self.hits
        return f"{hits.right:,} of {hits.named:,} items, and by chance in {hits.named / hits.k:,.0f}"

    def __str__(self) -> str:
        """Say what was tested and how sure it is."""
        return f"p {_small(self.p)}, exact binomial test against 1/{self.hits.k}"


def excess(hits: Mapping[int, Hits], items: int, tests: int) -> Excess | None:
    """Test a rule of thumb in each group of items with `k` options; None unless it is sure and worth telling.

    One-sided exact binomial test of H0: named options are right with 1/k, where `tests` were made in all
    in each group (Bonferroni); of several groups the surest is told, corrected for their number.
    """
    found = []
    for k, group in hits.items():
        p = min(1.0, tail(group.right, group.named, 1 / k) * tests * len(hits))
        gain = (group.right - group.named / k) / items
        if p < ALPHA and gain >= GAIN:
            found.append(Excess(hits=group, p=p, gain=gain))
    return min(found, key=lambda one: (one.p, one.hits.k), default=None)


def tail(count: int, n: int, p: float) -> float:
    """Give P(X ≥ count) for X ~ Bin(n, p), summed from its largest term down to what no longer counts."""
    if count <= n * p:
        return 1.0  # not more than expected: of no interest here, and long to sum
    log = math.lgamma(n + 1) - math.lgamma(count + 1) - math.lgamma(n - count + 1)
    term = math.exp(log + count * math.log(p) + (n - count) * math.log1p(-p))
    total, odds = term, p / (1 - p)
    for x in range(count, n):
        term *= (n - x) / (x + 1) * odds
        total += term
        if term < total * 1e-16:
            break
    return min(1.0, total)


def counted(pairs: Counter[tuple[int, bool]]) -> dict[int, Hits]:
    """Make hits by number of options of a count of (k, right)."""
    return {
        k: Hits(k=k, named=pairs[k, True] + pairs[k, False], right=pairs[k, True])
        for k in sorted({k for k, _ in pairs})
    }


def _small(p: float) -> str:
    """Write a p value with one digit; below what can be had, as a bound."""
    return f"= {p:.0e}" if p > 1e-99 else "< 1e-99"
