"""Intervals of rates and means over items."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z95 = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share of `n` items, 0 to 1, and its interval."""

    n: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """A mean over `n` items and its standard error, None for a single item."""

    n: int
    value: float
    error: float | None


def wilson(share: float, n: int, z: float = Z95) -> Rate:
    """Give the score interval of Wilson (1927, JASA 22:209, eq. 8) of `share`, 0 to 1, among `n` ≥ 1 items.

    (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n), always within 0 and 1 and around `share`. Where
    items were asked several times, `share` is the mean of their means and `n` counts items, not answers:
    replicates of one item are not independent. A mean of shares varies no more than one of zeros and
    ones, so the interval is then wide enough, and as a rule too wide.
    """
    if n < 1 or not 0.0 <= share <= 1.0:
        raise ValueError(f"a share of {share} among {n} items has no interval")
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    middle = share + z * z / (2 * n)
    low, high = (middle - spread) / scale, (middle + spread) / scale
    return Rate(n=n, value=share, low=max(0.0, min(low, share)), high=min(1.0, max(high, share)))


def mean(values: Sequence[float]) -> Mean:
    """Give the mean of at least one value, one an item, with its standard error s/√n."""
    n = len(values)
    middle = math.fsum(values) / n
    if n == 1:
        return Mean(n=1, value=middle, error=None)
    variance = math.fsum((value - middle) ** 2 for value in values) / (n - 1)
    return Mean(n=n, value=middle, error=math.sqrt(variance / n))


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
