"""Intervals of shares of variance: of what is of items by the bootstrap, of what is of levels by its shape.

Each cluster of items adds something to the estimate V of a part and to T, the sum of all; a share is V/T.

What belongs to items is a ratio of two sums over clusters. Its interval is the percentile-t bootstrap (Efron
and Tibshirani 1993, An Introduction to the Bootstrap, sec. 12.5) on the logit, about the standard error of
the jackknife. Where few items tell, the next one may tell more than all: the interval holds also what the
share were if a `DOUBT` of an item more had all its answers as far from the mean as any answer is.

What belongs to levels is |b|², less its bias, of contrasts b of means with covariance S: a noncentral
quadratic form, skewed near 0. With V = sT, D = V̂ − sT̂ has mean 0, variance 2 tr S² + 4 V u'Su, to which that
of sT̂ and their covariance come, and third cumulant 8 tr S³ + 24 V u'S²u, u being the direction of b (Imhof
1961, Biometrika 48:419, sec. 5, matches three moments). The interval holds the s under which D is no farther
out than 2.5 % on either side, by the cube root of Wilson and Hilferty (1931, PNAS 17:684) and Student's t for
the normal. Both ends are found under the share that is asked about, as in Fieller's interval of a ratio.
"""

import math
from dataclasses import dataclass

import numpy as np

from taskc.analysis.bootstrap import RESAMPLES, SEED
from taskc.analysis.crossed import Array
from taskc.analysis.quantiles import t_quantile

DOUBT = 0.25  # of an item, for what is of items
DOUBT_OF_LEVELS = 0.15  # of an item, for what is of levels
BOOTSTRAP = 2_000  # the most clusters that are resampled; with more, Student's t will do
_STEPS = 40  # halvings: an end is right to 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """The sum of all parts, `total` above 0, and what each cluster adds to it beyond its fair part.

    `own` sums to about 0 and is in units of the sum over `n` items, so that its sum of squares over n² is the
    variance of `total`. `far` is the square of how far from the mean an answer can be.
    """

    n: int
    total: float
    own: Array
    far: float

    @property
    def clusters(self) -> int:
        """Count them."""
        return len(self.own)


def draws(clusters: int) -> Array | None:
    """Draw how often each cluster is in each resample; None where there are too many."""
    if clusters > BOOTSTRAP:
        return None
    random = np.random.default_rng(SEED)
    return random.multinomial(clusters, np.full(clusters, 1.0 / clusters), RESAMPLES).astype(float)


def of_items(
    variance: float, own: Array, whole: Whole, resamples: Array | None, *, alike: bool
) -> tuple[float, float]:
    """Give the interval of the share of a part of items; `own` is to it what `whole.own` is to the sum.

    `alike` says that an item whose answers are all the same adds to this part.
    """
    fair = whole.n / whole.clusters
    order = np.lexsort((whole.own, own))  # so that the order of items is nothing to the resamples
    parts, totals = own[order] + fair * variance, whole.own[order] + fair * whole.total
    share = variance / whole.total
    more = _more(whole.clusters)
    without = (parts.sum() - more * parts) / (totals.sum() - more * totals)
    plain = _jackknife(without)
    times = t_quantile(0.95, whole.clusters - 1.0)
    if not 2 * plain < share < 1.0:
        low, high = max(0.0, share - times * plain), min(1.0, max(0.0, share + times * plain))
    else:
        low, high = _on_the_logit(share, parts, totals, without, resamples, times)
    bound = DOUBT * whole.far
    shifted = (variance * whole.n + bound * alike) / (whole.total * whole.n + bound)
    return min(low, _moved(low, share, shifted)), max(high, _moved(high, share, shifted))


def _on_the_logit(
    share: float, parts: Array, totals: Array, without: Array, resamples: Array | None, times: float
) -> tuple[float, float]:
    middle = math.log(share / (1.0 - share))
    inside = np.clip(without, 1e-9, 1.0 - 1e-9)
    error = max(
        _jackknife(np.log(inside / (1.0 - inside))), float(_errors(share, parts, totals)) / (share - share**2)
    )
    down, up = -times, times
    if resamples is not None:
        sums = resamples @ np.stack([parts, totals, parts**2, parts * totals, totals**2], axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            drawn = sums[:, 0] / sums[:, 1]
            some = (sums[:, 1] > 0) & (drawn > 1e-9) & (drawn < 1.0 - 1e-9)
            sums, drawn = sums[some], drawn[some]
            rest = np.maximum(sums[:, 2] - 2 * drawn * sums[:, 3] + drawn**2 * sums[:, 4], 0.0)
            spread = np.sqrt(rest * _more(len(parts))) / sums[:, 1] / (drawn * (1.0 - drawn))
            found = (np.log(drawn / (1.0 - drawn)) - middle)[spread > 1e-9] / spread[spread > 1e-9]
        if len(found) >= 0.99 * len(resamples):
            down, up = (float(one) for one in np.quantile(found, [0.025, 0.975]))
    return _logistic(middle - max(up, 0.0) * error), _logistic(middle - min(down, 0.0) * error)


def _errors(share: float, parts: Array, totals: Array) -> float:
    apart = parts - share * totals
    return math.sqrt(float((apart**2).sum()) * _more(len(parts))) / float(totals.sum())


def _more(clusters: int) -> float:
    return clusters / (clusters - 1.0)


def _jackknife(without: Array) -> float:
    return math.sqrt(float(((without - without.mean()) ** 2).sum()) / _more(len(without)))


def _moved(end: float, share: float, to: float) -> float:
    """Move an end as far on the logit as the share is moved; 0 and 1 stay."""
    if not 0.0 < share < 1.0 or not 0.0 < end < 1.0 or not 0.0 < to < 1.0:
        return end
    return _logistic(math.log(end / (1 - end)) + math.log(to / (1 - to)) - math.log(share / (1 - share)))


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0 else math.exp(x) / (1.0 + math.exp(x))


def of_levels(
    variance: float, contrasts: Array, own: Array, levels: int, whole: Whole
) -> tuple[float, float]:
    """Give the interval of the share of a part that is of levels.

    `contrasts` are those of means whose squares sum to the part and its bias; `own`, clusters × contrasts, is
    what each cluster adds to them, in the units of `whole.own`. `levels` counts combinations of levels.
    """
    n, more = whole.n, _more(whole.clusters)
    covariance = (own.T @ own * more + DOUBT_OF_LEVELS * whole.far / levels * np.eye(len(contrasts))) / n**2
    square = covariance @ covariance
    length = float(contrasts @ contrasts)
    along = float(contrasts @ covariance @ contrasts) / length if length > 0 else 0.0
    along_square = float(contrasts @ square @ contrasts) / length if length > 0 else 0.0
    of_total = float((whole.own**2).sum()) * more / n**2
    with_total = float((own @ contrasts * whole.own).sum()) * 2 * more / n**2
    times = t_quantile(0.95, whole.clusters - 1.0)

    def score(share: float) -> float:
        part = share * whole.total
        spread = 2 * float(np.trace(square)) + 4 * part * along + share**2 * of_total
        if length > 0:
            spread -= 2 * share * math.sqrt(part / length) * with_total
        spread = max(spread, 1e-30)
        third = 8 * float((square * covariance).sum()) + 24 * part * along_square
        return _normal_score((variance - part) / math.sqrt(spread), third / spread**1.5)

    def end(wanted: float) -> float:
        low, high = 0.0, 1.0
        if score(low) <= wanted:
            return low
        if score(high) >= wanted:
            return high
        for _ in range(_STEPS):
            middle = (low + high) / 2
            low, high = (middle, high) if score(middle) > wanted else (low, middle)
        return (low + high) / 2

    return end(times), end(-times)


def _normal_score(x: float, skewness: float) -> float:
    """Give the normal number that is as far out as `x` among gamma ones of mean 0 and variance 1."""
    if skewness < 1e-6:
        return x
    shape = 4.0 / skewness**2
    root = math.cbrt(max(0.0, x / math.sqrt(shape) + 1.0))
    return (root - 1.0 + 1.0 / (9.0 * shape)) * 3.0 * math.sqrt(shape)
