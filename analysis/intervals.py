"""Intervals of rates and means over items."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from taskc.analysis.quantiles import t_quantile, z_quantile

Z95 = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""
LEVEL = 0.95
DOUBT = 0.5
"""What the largest design effect weighs against what is seen, in clusters that tell of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share of `n` items, 0 to 1, and its interval.

    `effective` is how many items that are independent and answered once would give as wide an interval: fewer
    than `n` where items belong to clusters that agree, more where items were asked several times. None in
    rows that an older taskc made.
    """

    n: int
    value: float
    low: float
    high: float
    effective: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """A mean over `n` items and its standard error, None for a single item or cluster."""

    n: int
    value: float
    error: float | None


def wilson(share: float, n: float, z: float = Z95) -> Rate:
    """Give the score interval of Wilson (1927, JASA 22:209, eq. 8) of `share`, 0 to 1, among `n` ≥ 1 items.

    (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n), always within 0 and 1 and around `share`. It is for
    items that are independent and answered once; `clustered` is for others.
    """
    if n < 1 or not 0.0 <= share <= 1.0:
        raise ValueError(f"a share of {share} among {n} items has no interval")
    low, high = _score(share, n, z)
    return Rate(n=int(n), value=share, low=low, high=high, effective=float(n))


def _score(share: float, n: float, z: float) -> tuple[float, float]:
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    middle = share + z * z / (2 * n)
    low, high = (middle - spread) / scale, (middle + spread) / scale
    return max(0.0, min(low, share)), min(1.0, max(high, share))


def clustered(totals: Sequence[float], sizes: Sequence[int], answers: int, *, level: float = LEVEL) -> Rate:
    """Give the interval of a share where items belong to clusters, or were answered several times.

    A place in `totals` and `sizes` is a cluster: the sum over its items of their shares, and how many items
    it has. An item that stands for itself is a cluster of one. `answers` counts all answers to all items.
    Wilson's interval of n_eff = n / deff items, with the quantile of Student's t for one degree of freedom
    less than there are clusters, as Korn and Graubard (1998, Survey Methodology 24:193) put n_eff into
    Clopper and Pearson's; Franco, Little, Louis and Slud (2019, J. Surv. Stat. Methodol. 7:334) compare
    such intervals. deff is `design_effect`. It is never wider than that of clusters whose items are all
    alike, n_eff = n² / Σ mᵍ², for which the normal quantile will do. With one answer to each of n
    clusters it is `wilson`.
    """
    n, groups = sum(sizes), len(sizes)
    share = min(1.0, max(0.0, math.fsum(totals) / n))
    z = Z95 if level == LEVEL else z_quantile(level)
    least = n * n / sum(size * size for size in sizes)
    low, high = _score(share, least, z)
    widest = Rate(n=n, value=share, low=low, high=high, effective=least)
    if n == groups == answers or groups < 2 or not 0.0 < share < 1.0:
        return widest
    seen = math.fsum((total - size * share) ** 2 for total, size in zip(totals, sizes, strict=True))
    telling = min(
        sum(total > 0.0 for total in totals),
        sum(total < size for total, size in zip(totals, sizes, strict=True)),
    )
    effect = design_effect(seen, n * share * (1.0 - share), telling, n, groups, answers)
    low, high = _score(share, n / effect, t_quantile(level, groups - 1.0))
    if high - low > widest.high - widest.low:
        return widest
    return Rate(n=n, value=share, low=low, high=high, effective=n / effect)


def design_effect(seen: float, simple: float, telling: int, n: int, groups: int, answers: int) -> float:
    """Give how many times the variance of independent items, answered once, that of clusters is.

    `seen` is the sum over `groups` clusters of squared deviations, `simple` the variance of a sum of `n`
    independent items. Where all is right, or wrong, in most clusters, few are `telling`: the estimate is
    then drawn towards items of a cluster being all alike, n/groups, by the weight of `DOUBT` clusters; of
    what simulation was asked for, half a cluster kept coverage best. It is never below that of all
    `answers` being independent.
    """
    between = seen * groups / (groups - 1) / simple
    told = (telling * between + DOUBT * n / groups) / (telling + DOUBT)
    return max(told, n / answers)


def mean(values: Sequence[float], clusters: Sequence[str] = ()) -> Mean:
    """Give the mean of at least one value, one an item, with its standard error.

    s/√n; where `clusters` names what each item belongs to ('' for itself), the error that is robust
    to it: √(G/(G−1) Σ_g (Σ_{i in g} (xᵢ − x̄))²) / n (Cameron and Miller 2015, J. Hum. Resour. 50:317).
    """
    n = len(values)
    middle = math.fsum(values) / n
    sums = grouped([value - middle for value in values], clusters)
    groups = len(sums)
    if groups == 1:
        return Mean(n=n, value=middle, error=None)
    variance = math.fsum(one * one for one in sums) * groups / (groups - 1)
    return Mean(n=n, value=middle, error=math.sqrt(variance) / n)


def grouped(values: Sequence[float], clusters: Sequence[str]) -> list[float]:
    """Sum values by cluster, in order of appearance; '' stands for itself, and so do all without clusters."""
    if not any(clusters):
        return list(values)
    sums: dict[str | int, float] = {}
    for at, (value, name) in enumerate(zip(values, clusters, strict=True)):
        key = name or at
        sums[key] = sums.get(key, 0.0) + value
    return list(sums.values())


def paired(difference: float, variance: float, n: int, *, rate: bool = True) -> tuple[float, float]:
    """Give the middle and half the width of the 95 % interval of a mean difference over `n` items.

    `variance` is that of the mean. The interval is normal; but where all items differ alike, which leaves
    none, a difference of a `rate` gets that of Agresti and Min (2005, Statistics in Medicine 24:729), with
    half an item more in each of four cells.
    """
    if not rate or variance > 1e-15:
        return difference, Z95 * math.sqrt(max(0.0, variance))
    middle = difference * n / (n + 2)
    spread = (n * difference**2 + 1) / (n + 2) - middle**2
    return middle, Z95 * math.sqrt(spread / (n + 2))
