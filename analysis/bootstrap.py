"""The bootstrap of a mean over clusters: no shape of distribution is assumed."""

from collections.abc import Sequence
from dataclasses import dataclass

from taskc.analysis.intervals import LEVEL, grouped
from taskc.analysis.quantiles import t_quantile

RESAMPLES = 1999
SEED = 20_260_101
_CELLS = 4_000_000  # counts of draws that are held at once
_NORMAL = 20_000  # clusters from which a resample is no longer needed


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """An interval of a mean and how it was had.

    `bootstrap-t`, `t` where resamples would all be alike, or `point` where no cluster differs from another.
    """

    low: float
    high: float
    way: str


def bootstrap_t(
    values: Sequence[float],
    clusters: Sequence[str] = (),
    *,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Spread | None:
    """Give the percentile-t interval of the mean of `values`, one an item, resampling whole clusters.

    Efron and Tibshirani (1993, An Introduction to the Bootstrap, sec. 12.5): [x̄ − t*₍₁₋ₐ₎ s, x̄ − t*₍ₐ₎ s]
    with t* = (x̄* − x̄)/s* over resamples. The same values, seed and numpy give the same numbers. Skewed
    numbers, such as losses, are covered better than by Student's t; that is taken with 20,000 clusters or
    more, and where over 1 % of resamples have no spread. Where no cluster differs from another the interval
    is the mean itself; None for fewer than two clusters.
    """
    import numpy as np

    sizes = np.array(grouped([1.0] * len(values), clusters))
    totals = np.array(grouped(values, clusters))
    groups = len(totals)
    if groups < 2:
        return None
    middle = totals.sum() / sizes.sum()
    error = float(_error(totals - middle * sizes, groups, sizes.sum()))
    if error <= 1e-12 * max(1.0, abs(float(middle))):
        return Spread(low=float(middle), high=float(middle), way="point")
    wide = t_quantile(level, groups - 1.0) * error
    plain = Spread(low=float(middle) - wide, high=float(middle) + wide, way="t")
    if groups >= _NORMAL:
        return plain
    random = np.random.default_rng(seed)
    columns = np.stack([sizes, totals, totals * totals, totals * sizes, sizes * sizes], axis=1)
    found = []
    step = max(1, _CELLS // groups)
    for start in range(0, resamples, step):
        drawn = random.integers(0, groups, (min(step, resamples - start), groups))
        counts = np.stack([np.bincount(row, minlength=groups) for row in drawn])
        found.append(counts @ columns)
    n, total, squares, cross, sizes2 = np.concatenate(found).T
    means = total / n
    rest = np.maximum(squares - 2.0 * means * cross + means * means * sizes2, 0.0)
    errors = np.sqrt(rest * groups / (groups - 1)) / n
    known = errors > 1e-9 * error
    if np.mean(known) < 0.99:
        return plain
    ratios = (means[known] - middle) / errors[known]
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(ratios, [tail, 1.0 - tail])
    return Spread(low=float(middle - high * error), high=float(middle - low * error), way="bootstrap-t")


def _error(residuals: "object", groups: int, n: float) -> float:
    import numpy as np

    array = np.asarray(residuals)
    return float(np.sqrt((array * array).sum() * groups / (groups - 1)) / n)
