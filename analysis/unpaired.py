"""Two sides on different items: tests of no difference, and the interval of the difference."""

import math
from collections.abc import Sequence

from taskc.analysis.intervals import LEVEL, Mean, Rate
from taskc.analysis.quantiles import t_quantile, t_tails


def fisher(hits: int, n: int, others: int, m: int) -> float:
    """Give the two-sided p-value of Fisher's exact test: `hits` of `n` items against `others` of `m`.

    The sum over all tables with the same margins that are no likelier than the one seen (Fisher 1935, JRSS
    98:39; Irwin's rule of what is as extreme).
    """
    import numpy as np

    drawn = hits + others
    low, high = max(0, drawn - m), min(n, drawn)
    logs = np.array([_choose(n, k) + _choose(m, drawn - k) for k in range(low, high + 1)])
    chances = np.exp(logs - logs.max())
    seen = chances[hits - low]
    return min(1.0, float(chances[chances <= seen * (1 + 1e-7)].sum() / chances.sum()))


def _choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def newcombe(first: Rate, second: Rate) -> tuple[float, float]:
    """Give the interval of `second` − `first`, two shares of independent items, from their own intervals.

    Newcombe (1998, Stat. Med. 17:873, method 10): d − √((p₂−l₂)² + (u₁−p₁)²) to d + √((u₂−p₂)² + (p₁−l₁)²).
    As the intervals know of clusters and replicates, so does this one.
    """
    difference = second.value - first.value
    below = math.hypot(second.value - second.low, first.high - first.value)
    above = math.hypot(second.high - second.value, first.value - first.low)
    return difference - below, difference + above


def welch(first: Mean, groups: int, second: Mean, others: int, *, level: float = LEVEL) -> "Welch":
    """Give Welch's t-test (1947, Biometrika 34:28) of two means with errors, over so many clusters each.

    Degrees of freedom by Satterthwaite. p is 1, and the interval None, where no error is known.
    """
    if first.error is None or second.error is None or not first.error + second.error:
        return 1.0, None
    difference = second.value - first.value
    a, b = first.error**2, second.error**2
    freedom = (a + b) ** 2 / (a * a / (groups - 1) + b * b / (others - 1))
    error = math.sqrt(a + b)
    wide = t_quantile(level, freedom) * error
    return t_tails(difference / error, freedom), (difference - wide, difference + wide)


Welch = tuple[float, tuple[float, float] | None]


def count(values: Sequence[float]) -> int | None:
    """Count the ones among zeros and ones; None where there is anything between."""
    if all(value in (0.0, 1.0) for value in values):
        return round(math.fsum(values))
    return None
