"""A score averaged over wordings, with an interval for other items in other wordings.

n items in k wordings, both a sample of many more: a two-way table with crossed random effects. The variance
of its mean is σ²(item)/n + σ²(wording)/k + σ²(both)/(nk), of which the mean squares tell: MS(items)/(nk)
and (MS(wordings) − MS(both))/(nk), which is taken for 0 where it is below (Brennan 2001, Generalizability
Theory, sec. 2.2 and 4.4). Each has its own quantile of Student's t, with n − 1 and k − 1 degrees of
freedom, and the two half-widths are joined as the root of the sum of their squares, as in modified
large-sample intervals (Graybill and Wang 1980, JASA 75:869). Of a share the interval is laid on the logit,
so that it stays within 0 and 1.
"""

import math

import numpy as np

from taskc.analysis.crossed import Array, Crossed, Whole, by_cluster
from taskc.analysis.intervals import wilson
from taskc.analysis.quantiles import t_quantile
from taskc.records.effects import Averaged


def averaged(crossed: Crossed, over: str, *, model: str, regime: str, rate: bool = True) -> Averaged | None:
    """Average one model's answers in one regime over the levels of `over`, those of other factors beside.

    Only items with an answer at every level count; None where there is none. `over` may be a factor of one
    level: then there is no interval that includes it.
    """
    table = _table(crossed, over)
    whole = ~np.isnan(table).any(axis=1)
    table = table[whole]
    n, k = table.shape
    if not n:
        return None
    value = float(table.mean())
    of_items, of_levels, groups = _squares(table, crossed.clusters[whole])
    several = groups > 1
    low, high = _interval(value, groups, of_items + of_levels, k, rate) if several and k > 1 else (None, None)
    items_low, items_high = _interval(value, groups, of_items, k, rate) if several else (None, None)
    return Averaged(
        model=model,
        regime=regime,
        over=over,
        n=n,
        k=k,
        value=value,
        low=low,
        high=high,
        items_low=items_low,
        items_high=items_high,
    )


def _table(crossed: Crossed, over: str) -> Array:
    """Give items × levels of `over`, means over what else was varied."""
    if over not in crossed.factors:
        return _mean(crossed.values)[:, None]
    at = crossed.factors.index(over)
    crossed = crossed.alike(at)
    columns = [_mean(crossed.values[:, crossed.cells[:, at] == one]) for one in range(crossed.sizes[at])]
    return np.stack(columns, axis=1)


def _mean(values: Array) -> Array:
    """Give the mean of each row over what is there; NaN for a row of nothing."""
    have = ~np.isnan(values)
    totals = np.where(have, values, 0.0).sum(axis=1)
    out: Array = np.where(have.any(axis=1), totals / np.maximum(have.sum(axis=1), 1), np.nan)
    return out


def _squares(table: Array, clusters: Whole) -> tuple[float, float, int]:
    """Give the squares of the half-widths of items and of levels, 95 %, and the number of clusters."""
    n, k = table.shape
    middle = table.mean()
    rows, columns = table.mean(axis=1) - middle, table.mean(axis=0) - middle
    sums, groups = by_cluster(rows, clusters)
    if groups == 1:
        return 0.0, 0.0, groups
    # MS(items)/(nk) where every item stands for itself
    of_items = float((sums**2).sum()) * groups / (groups - 1) / n**2
    if k == 1:
        return t_quantile(0.95, groups - 1) ** 2 * of_items, 0.0, groups
    left = table - middle - rows[:, None] - columns
    of_both = float((left**2).sum()) / ((n - 1) * (k - 1))
    of_levels = n * float((columns**2).sum()) / (k - 1)
    beyond = max(0.0, of_levels - of_both) / (n * k)
    return t_quantile(0.95, groups - 1) ** 2 * of_items, t_quantile(0.95, k - 1) ** 2 * beyond, groups


def _interval(value: float, n: int, square: float, k: int, rate: bool) -> tuple[float, float]:
    reach = math.sqrt(square)
    if not rate:
        return value - reach, value + reach
    if not square:  # all alike, as a rule all right or all wrong: the luck of n items is left
        interval = wilson(min(1.0, max(0.0, value)), n)
        return interval.low, interval.high
    inner = (value * n * k + 0.5) / (n * k + 1)
    reach /= inner * (1.0 - inner)
    return _logistic(_logit(inner) - reach), _logistic(_logit(inner) + reach)


def _logit(p: float) -> float:
    return math.log(p / (1.0 - p))


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0 else math.exp(x) / (1.0 + math.exp(x))
