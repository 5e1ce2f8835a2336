"""Two sides on the same items: tests of no difference, and the interval of the difference.

What is compared is a number an item on either side, its mean over replicates. Items may belong to
clusters, which are then what is independent. Differences are the second side less the first.
"""

import math
from collections.abc import Callable, Sequence

from taskc.analysis.bootstrap import SEED
from taskc.analysis.intervals import LEVEL, design_effect
from taskc.analysis.power import tail
from taskc.analysis.quantiles import normal_tails, t_quantile, z_quantile

FLIPS = 9_999
_WORK = 10_000_000  # steps that an exact distribution of a sum of flipped differences may take
_MANY = 2_000  # clusters from which the normal approximation is taken
_FINEST = 10_000  # parts of 1 that differences may be multiples of
_CELLS = 4_000_000


def mcnemar(up: int, down: int) -> tuple[float, float]:
    """Give the exact two-sided p-value of McNemar's test and its mid-p value.

    `up` items are right on the second side only, `down` on the first only; under no difference
    up ~ Bin(up + down, 1/2) (McNemar 1947, Psychometrika 12:153). The exact test never rejects too often; the
    mid-p value counts what was seen half and hardly ever does (Fagerland, Lydersen and Laake 2013, BMC Med.
    Res. Methodol. 13:91).
    """
    n, most = up + down, max(up, down)
    if n == 0:
        return 1.0, 1.0
    exact, beyond = tail(most, n, 0.5), tail(most + 1, n, 0.5)
    return min(1.0, 2.0 * exact), min(1.0, exact + beyond)


def sign_flip(sums: Sequence[float], *, flips: int = FLIPS, seed: int = SEED) -> tuple[float, str]:
    """Give the two-sided p-value that the differences, summed by cluster, have no direction, and how.

    Under no difference each cluster's difference may as well have the other sign (Fisher 1935, The Design of
    Experiments, sec. 21): p is the share of all flips of signs whose sum is as far from 0. `exact` where the
    differences are multiples of one small number, which is McNemar's test for single items right or wrong;
    `normal` above 2,000 clusters that differ; else `sampled`, (1 + b)/(1 + m) of m flips (Phipson and
    Smyth 2010, Stat. Appl. Genet. Mol. Biol. 9:39), which keeps its size.
    """
    moved = [value for value in sums if abs(value) > 1e-12]
    if not moved:
        return 1.0, "exact"
    total = abs(math.fsum(moved))
    parts = _parts(moved)
    steps = [abs(round(value * parts)) for value in moved]
    if parts and len(steps) * sum(steps) <= _WORK:
        return _exact(steps, round(total * parts)), "exact"
    if len(moved) > _MANY:
        return normal_tails(total / math.sqrt(math.fsum(value * value for value in moved))), "normal"
    return _sampled(moved, total, flips, seed), "sampled"


def _parts(values: Sequence[float]) -> int:
    """Give the least number of parts of 1 that all of `values` are multiples of; 0 where it is not small."""
    parts = 1
    for value in values:
        if abs(value * parts - round(value * parts)) < 1e-9:
            continue
        more = next((k for k in range(2, 65) if abs(value * parts * k - round(value * parts * k)) < 1e-7), 0)
        parts *= more
        if not 0 < parts <= _FINEST:
            return 0
    return parts


def _exact(steps: Sequence[int], seen: int) -> float:
    """Give the share of flips whose sum is at least `seen` from 0, by summing over all sums there are."""
    import numpy as np

    whole = sum(steps)
    chances = np.zeros(whole + 1)  # of the positive part of the sum
    chances[0] = 1.0
    reach = 0
    for step in steps:
        kept = chances[: reach + 1] * 0.5
        chances[: reach + 1 + step] = 0.0
        chances[: reach + 1] += kept
        chances[step : reach + 1 + step] += kept
        reach += step
    sums = np.abs(2 * np.arange(whole + 1) - whole)
    return min(1.0, float(chances[sums >= seen].sum()))


def _sampled(values: Sequence[float], total: float, flips: int, seed: int) -> float:
    import numpy as np

    array = np.array(values)
    random = np.random.default_rng(seed)
    beyond, step = 0, max(1, _CELLS // len(array))
    for start in range(0, flips, step):
        signs = random.integers(0, 2, (min(step, flips - start), len(array)), dtype=np.int8)
        beyond += int(np.sum(np.abs((2 * signs - 1) @ array) >= total * (1 - 1e-12)))
    return (1 + beyond) / (1 + flips)


def score_interval(
    differences: Sequence[float],
    sums: Sequence[float],
    sizes: Sequence[int],
    answers: int,
    *,
    level: float = LEVEL,
) -> tuple[float, float]:
    """Give the interval of the mean difference of two shares on the same items, within −1 and 1.

    The score interval of Tango (1998, Stat. Med. 17:891) of `differences`, one an item, −1 to 1; `sums` are
    these by cluster, `sizes` its items, `answers` the answers to all items on the side that has fewer.
    Where items have clusters or replicates, the counts are divided by the design effect of the
    differences, and the quantile is Student's t, as in `intervals.clustered`; nor is it ever wider than
    that of clusters whose items are all alike.
    """
    n, groups = len(differences), len(sums)
    up = math.fsum(value for value in differences if value > 0.0)
    down = -math.fsum(value for value in differences if value < 0.0)
    most = sum(size * size for size in sizes) / n
    widest = _tango(up / most, down / most, n / most, z_quantile(level))
    simple = up + down - (up - down) ** 2 / n
    if n == groups == answers or groups < 2 or simple <= 1e-12:
        return widest
    middle = (up - down) / n
    rest = (one - middle * size for one, size in zip(sums, sizes, strict=True))
    telling = sum(abs(one) > 1e-12 for one in sums)
    effect = design_effect(math.fsum(one * one for one in rest), simple, telling, n, groups, answers)
    found = _tango(up / effect, down / effect, n / effect, t_quantile(level, groups - 1.0))
    return widest if found[1] - found[0] > widest[1] - widest[0] else found


def _tango(up: float, down: float, n: float, quantile: float) -> tuple[float, float]:
    """Find where the score statistic is the quantile, on either side of the difference."""
    seen = (up - down) / n

    def beyond(difference: float) -> bool:
        b = -up - down + (2.0 * n - up + down) * difference
        c = -down * difference * (1.0 - difference)
        q = (math.sqrt(max(0.0, b * b - 8.0 * n * c)) - b) / (4.0 * n)
        variance = n * (2.0 * q + difference * (1.0 - difference))
        return (up - down - n * difference) ** 2 > quantile * quantile * max(variance, 1e-300)

    return _edge(seen, -1.0, beyond), _edge(seen, 1.0, beyond)


def _edge(inside: float, outside: float, beyond: Callable[[float], bool]) -> float:
    if not beyond(outside):
        return outside
    for _ in range(60):
        middle = (inside + outside) / 2.0
        inside, outside = (inside, middle) if beyond(middle) else (middle, outside)
    return inside
