"""Points of a curve against scale to probabilities of its shape.

Five explicit models of how an ability may depend on scale compete: `flat`, `positive` (never falls),
`inverse` (never rises), `u_shaped` (falls, then rises) and `inverted_u`. Each is a prior over the curve's
values at the scales that were measured; what comes out is Bayes' rule over the five, computed exactly on a
grid (`grid.py`), without sampling:

- a stretch rises as a gamma process does on φ = arcsin √p: its whole rise has a gamma distribution of shape
  `FORM`, a mean of one of `TOTALS` and no more than the axis has room for, and its steps share that out by
  the distances on the axis of scale, so that a model in between changes nothing (Lawless and Crowder 2004,
  Lifetime Data Analysis 10:213). One step in twenty is a jump of any size. A stretch that rises by less
  than `least` from end to end is none;
- of the curves that never fall, or never rise, `AT_ONCE` are level but for one step, any, though half of
  them by its length: abilities emerge.
  Without these the luck before a jump passes for a fall, and the jump for the rise that makes a U of it;
- both arms of a curve that turns have the same mean rise: where one thing comes and goes, it goes as far as
  it came, give or take;
- an observed share lies off its value by the luck of the items, and the value off the curve by a normal
  deviation of one of `SPREADS`: two models of one size differ by more than the luck of the items;
- `PRIOR` holds the probabilities before the data; a turn is as likely at any inner place.

The rising stretch is a Markov chain on the grid, so its likelihood is a product of matrices, as in a hidden
Markov model (Rabiner 1989, Proc. IEEE 77:257, sec. III.A); falling ones are rising ones of 1 − p. What
rises by less than `least` is a chain within a narrow band, which is taken off.
"""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from taskc.analysis.grid import CELLS, STEP, Array, P, weigh
from taskc.records.curve import SHAPES, Paired, Point, Shape

TOTALS = (0.08, 0.16, 0.32, 0.64)  # mean rise of a stretch, on φ; all alike before the data
FORM = 4.0  # of the distribution of a rise: its standard deviation is half its mean
# deviations of models from their curve, on φ: what most published curves show, and a few that are far off
SPREADS = {0.0: 0.3, 0.01: 0.5, 0.02: 0.08, 0.04: 0.05, 0.08: 0.05, 0.2: 0.015, 0.4: 0.005}
CUT = 1e-6  # cells that are less likely than the likeliest by so much are left out
TURNS = 24  # of more inner places a turn is looked for at so many, evenly spread
LONG, _RATIOS = 12, 16  # of a stretch of more steps the parts are rounded, to sixteenths of an octave
LEAST = 0.05  # five points of accuracy: a smaller rise or fall is none
_END, _TERMS = 45.0, 130  # where a gamma variable of form 4 or less is at its end, and terms of the series
AT_ONCE = 0.45  # of monotone curves rise or fall in one step
JUMP = 0.05  # of the steps are of any size that there is room for: abilities may emerge at once
# more tasks rise or fall than turn; few are flat to within that, and those that are show it soon
SHARPER = 1.3  # the power to which probabilities are taken, so that they are as often so as they say
PRIOR: dict[Shape, float] = {
    "positive": 0.246,
    "inverse": 0.246,
    "u_shaped": 0.209,
    "inverted_u": 0.209,
    "flat": 0.09,
}


def evidence(
    points: Sequence[Point], places: Sequence[float], *, paired: Paired | None = None, least: float = LEAST
) -> dict[Shape, Array]:
    """Give how likely the points are under each shape, relative to one another.

    `places` are the points' places on the axis, in rising order; points of one place share the curve's value
    there. For a shape that turns it is one number for each inner place, at which the turn may be, and their
    sum is what counts. A shape that so few places cannot show (a turn needs three, a slope two) is left out.
    `paired` says how the errors of the points hang together, `least` from where a rise or fall is one.
    """
    return evidence_of(*weigh(points, paired, SPREADS), places, least)


def evidence_of(
    seen: Array, weights: Array, places: Sequence[float], least: float = LEAST
) -> dict[Shape, Array]:
    """Do the same for what is `seen` of points, as `weigh` gives it: logarithms, and the rows' weights."""
    distinct = np.array(sorted(set(places)))
    index = np.searchsorted(distinct, np.array(places))
    logs = np.zeros((len(distinct), len(seen), CELLS))
    np.add.at(logs, index, seen.swapaxes(0, 1))
    top = logs.max(axis=2, keepdims=True)
    scale = top.sum(axis=(0, 2))
    weights = (weights.T * np.exp(scale - scale.max())).T
    like = np.exp(logs - top)
    wide = (like > CUT).sum(axis=2).mean(axis=0) > CELLS / 2
    made: dict[Shape, Array] = {}
    for alike in (~wide, wide):
        # no row counts for more than its weight
        told_by_now = np.min(sum(one.sum(axis=0) for one in made.values())) if made else 0.0
        rows = alike & (weights.reshape(len(wide), -1).max(axis=1) > CUT * told_by_now)
        if rows.any():
            told = _shapes(like[:, rows], np.diff(distinct), least)
            for shape, one in told.items():
                made[shape] = made.get(shape, 0.0) + one @ weights[rows]
    return made


def probabilities(told: Mapping[Shape, Array], prior: Mapping[Shape, float] = PRIOR) -> dict[Shape, float]:
    """Give the probability of every shape, by Bayes' rule; 0 for one that the points cannot show.

    Points of one scale show no shape at all, and what was likely before them is as likely after them.
    """
    if len(told) == 1:
        return {shape: prior[shape] for shape in SHAPES}
    weights = {shape: prior[shape] * float(told[shape].sum()) for shape in SHAPES if shape in told}
    total = math.fsum(weights.values())
    return {shape: weights.get(shape, 0.0) / total for shape in SHAPES}


def sharpen(odds: Mapping[Shape, float], power: float = SHARPER) -> dict[Shape, float]:
    """Take probabilities to a power, and make their sum 1 again.

    The models leave room for much that few curves show: models far off their curve, rises of any size.
    What they say with 0.75 is so in nine of ten simulated curves. One power, fitted to these, mends that
    (temperature scaling: Guo et al. 2017, arXiv:1706.04599, section 4.2). The likeliest shape stays it.
    """
    powers = {shape: odds[shape] ** power for shape in SHAPES}
    total = math.fsum(powers.values())
    return {shape: one / total for shape, one in powers.items()}


def _shapes(like: Array, spans: Array, least: float) -> dict[Shape, Array]:
    """Give the likelihood of each shape, one or one for each place of the turn, for each row of some.

    `like` is places × rows × cells.
    """
    out: dict[Shape, Array] = {"flat": like.prod(axis=0).mean(axis=1)[None]}
    width = int(_band(least).width.max())
    seen = [_see(one, width) for one in like]
    above = [_see(one[:, ::-1], width) for one in like]  # 1 − p
    if len(like) > 1:
        out["positive"] = _rising(seen, above, spans, least)[None]
        out["inverse"] = _rising(seen[::-1], above[::-1], spans[::-1], least)[None]
    if len(like) > 2:
        out["u_shaped"] = _turning(seen, spans, least)
        out["inverted_u"] = _turning(above, spans, least)
    return out


class _Seen(NamedTuple):
    """What is seen at a place: rows × cells, and from which cell to which any row is likely to be.

    `bands` holds it again from each cell upwards: cells × cells of the band above it × rows.
    """

    like: Array
    low: int
    high: int
    near: Array
    bands: Array


def _see(like: Array, width: int) -> _Seen:
    (inside,) = np.nonzero((like > CUT).any(axis=0))
    low, high = int(inside[0]), int(inside[-1]) + 1
    padded = np.zeros((CELLS + width, len(like)))
    padded[:CELLS] = like.T
    return _Seen(like, low, high, like[:, low:high], padded[_ABOVE[:, None] + np.arange(width)])


_ABOVE = np.arange(CELLS)


def _rising(seen: Sequence[_Seen], above: Sequence[_Seen], spans: Array, least: float) -> Array:
    """Average over the value at an end, which is anywhere from which the curve can go far enough.

    Seen from its upper end a rising curve falls, and so rises in 1 − p: both ends count alike.
    """
    room = _band(least).room
    made: Array = np.zeros(len(seen[0].like))
    for way, gaps in ((seen, spans), (above[::-1], spans[::-1])):
        start = way[0]
        steady = _arm(start, way[1:], gaps, least).mean(axis=0)
        once = _leap(start, way[1:], _shares(gaps), least)
        told = start.near * ((1 - AT_ONCE) * steady + AT_ONCE * once)
        made += told @ room[start.low : start.high]
    made /= 2 * room.sum()
    return made


def _turning(seen: Sequence[_Seen], spans: Array, least: float) -> Array:
    """Do the same with two stretches that rise away from a lowest value, at each place but the outermost."""
    room = _band(least).room
    inner = len(seen) - 2
    told: Array = np.zeros((inner, len(seen[0].like)))
    for at in sorted({round(at) for at in np.linspace(0, inner - 1, min(inner, TURNS))}):
        start, t = seen[at + 1], at + 1
        arms = _arm(start, seen[:t][::-1], spans[:t][::-1], least)
        arms *= _arm(start, seen[t + 1 :], spans[t:], least)
        told[at] = (start.near * arms.mean(axis=0)) @ room[start.low : start.high]
    told /= min(inner, TURNS) * room.sum()
    return told


def _arm(start: _Seen, seen: Sequence[_Seen], spans: Array, least: float) -> Array:
    """Give the likelihood of the places after a stretch's beginning: totals × rows × value at the beginning.

    The stretch rises by `least` or more from its beginning to its end.
    """
    shares = _shares(spans)
    rises = _rises(shares, least)[:, None, start.low : start.high]
    far = _far(start, seen, shares, least)
    made: Array = np.divide(far, rises, out=np.zeros_like(far), where=rises > 0)
    return made


def _shares(spans: Array) -> tuple[float, ...]:
    """Give the parts of a stretch; of one of many steps to the next of `_RATIOS`, so that few differ."""
    shares = spans / spans.sum()
    if len(spans) > LONG:
        shares = np.exp2(np.round(np.log2(shares) * _RATIOS) / _RATIOS)
    return tuple(shares.tolist())


def _leap(start: _Seen, seen: Sequence[_Seen], shares: tuple[float, ...], least: float) -> Array:
    """Do the same for a stretch that is level but for one step: the mean over totals.

    Which step it is goes half by distance, half evenly: a family may change its ways between two models of
    nearly one size, and what is then no turn must not pass for one.
    """
    low, high = min(one.low for one in seen), max(one.high for one in seen)
    size = _sizes(least)[start.low : start.high, low:high].T
    made = np.zeros((len(start.like), start.high - start.low))
    before = np.ones_like(made)
    after = np.cumprod([one.like[:, low:high] for one in seen[::-1]], axis=0)[::-1]
    ends = after @ size
    for share, one, end in zip(shares, seen, ends, strict=True):
        made += (share + 1 / len(shares)) / 2 * before * end
        before = before * one.like[:, start.low : start.high]
    return made


@lru_cache(maxsize=8)
def _sizes(least: float) -> Array:
    """Give the chances of a whole rise from each cell (row), of those that are `least` or more."""
    far = np.where(P[None, :] - P[:, None] >= least, _steps(1.0), 0.0)
    made = np.divide(far, far.sum(axis=2, keepdims=True), out=np.zeros_like(far), where=far > 0)
    mean: Array = made.mean(axis=0)
    return mean


@lru_cache(maxsize=1024)  # the same for every curve over these scales
def _rises(shares: tuple[float, ...], least: float) -> Array:
    """Give the chance that a stretch rises by `least` or more: totals × value at which it begins."""
    free = _see(np.ones((1, CELLS)), int(_band(least).width.max()))
    made: Array = _far(free, [free] * len(shares), shares, least)[:, 0] * _band(least).room
    return made


def _far(start: _Seen, seen: Sequence[_Seen], shares: tuple[float, ...], least: float) -> Array:
    """Sum over all rising paths, and take off those that end too near to where they began.

    Only what lies within the bounds of each place is summed.
    """
    every = np.ones(1)
    for share, one, before in zip(reversed(shares), seen[::-1], [*seen[-2::-1], start], strict=True):
        step = _steps(share)[:, before.low : before.high, one.low : one.high]
        every = (one.near * every) @ step.swapaxes(1, 2)  # totals × rows × cells before
    band = _band(least)
    starts = slice(start.low, start.high)
    width = int(band.width[starts].max())
    # the first step is from the lowest cell of each band, so that it is a row of the matrix and no product
    close = _narrow(shares[0], least)[:, starts, 0, :width, None] * seen[0].bands[starts, :width]
    for share, one in zip(shares[1:], seen[1:], strict=True):
        step = _narrow(share, least)[:, starts, :width, :width]
        close = step.swapaxes(2, 3) @ close
        close *= one.bands[starts, :width]
    near = (band.near[starts, None, :width] @ close)[:, :, 0].swapaxes(1, 2)
    every -= near
    return np.maximum(every, 0.0, out=every)


class _Band(NamedTuple):
    """For each cell those just above it: which (`at`), and whether the rise is too small (`near`, 0 or 1).

    `room` says whether there is a cell that is far enough above, `width` how many are too near.
    """

    at: npt.NDArray[np.intp]
    near: Array
    room: npt.NDArray[np.bool_]
    width: npt.NDArray[np.intp]


@lru_cache(maxsize=8)
def _band(least: float) -> _Band:
    rise = P[None, :] - P[:, None]
    near = (rise < least) & (np.arange(CELLS)[None, :] >= np.arange(CELLS)[:, None])
    at = np.arange(CELLS)[:, None] + np.arange(near.sum(axis=1).max())[None, :]
    inside = at < CELLS
    at = np.minimum(at, CELLS - 1)
    near = np.take_along_axis(near, at, axis=1) & inside
    return _Band(at, near.astype(float), (rise >= least).any(axis=1), near.sum(axis=1).astype(np.intp))


@lru_cache(maxsize=256)
def _steps(share: float) -> Array:
    """Give the chances of going from a cell (row) to one above it, or staying: of a gamma process, or a jump.

    It is one matrix for each of `TOTALS`, of which the step is a `share`.
    """
    edges = (np.arange(CELLS) + 0.5) * STEP * FORM / np.array(TOTALS)[:, None]
    chance = np.diff(_gamma(FORM * share, edges), axis=1, prepend=0.0)
    ahead = np.arange(CELLS)[None, :] - np.arange(CELLS)[:, None]
    rising = ahead >= 0
    some = np.where(rising, chance[:, np.maximum(ahead, 0)], 0.0)
    some[:, rising & (ahead == 0)] += 1e-12  # where no step is short enough to stay on the axis
    anywhere = rising.astype(float)
    made: Array = (1 - JUMP) * some / some.sum(axis=2, keepdims=True)
    made += JUMP * anywhere / anywhere.sum(axis=1, keepdims=True)
    return made


def _gamma(form: float, x: Array) -> Array:
    """Give the distribution function of a gamma variable of scale 1 at `x`, by its series (DLMF 8.7.1)."""
    x = np.minimum(x, _END)
    terms = np.cumprod(x[..., None] / (form + 1 + np.arange(_TERMS)), axis=-1)
    made: Array = np.exp(form * np.log(x) - x - math.lgamma(form + 1)) * (1 + terms.sum(axis=-1))
    return np.minimum(made, 1.0)


@lru_cache(maxsize=256)
def _narrow(share: float, least: float) -> Array:
    """Give the same chances within the band above each cell: totals × cells × from × to."""
    band = _band(least)
    made = _steps(share)[:, band.at[:, :, None], band.at[:, None, :]]
    inside = np.arange(CELLS)[:, None] + np.arange(band.at.shape[1])[None, :] < CELLS
    made = made * (inside[:, :, None] & inside[:, None, :])
    return made


def turning(places: Sequence[float], told: Array, share: float = 0.9) -> tuple[float, float, float]:
    """Give where a curve turns on the axis: the mean, and an interval that holds `share` of the probability.

    `told` is the evidence for a turn at each inner one of the distinct `places`. A turn at one place may lie
    anywhere up to half-way to its neighbours, so an interval goes to there. A mean that a far place of little
    probability draws beyond the interval is put at its end.
    """
    distinct = sorted(set(places))
    inner = distinct[1:-1]
    chances = told / told.sum()
    sums = np.cumsum(chances)
    low = int(np.searchsorted(sums, (1 - share) / 2, side="right"))
    high = min(int(np.searchsorted(sums, (1 + share) / 2, side="left")), len(inner) - 1)
    first, last = (distinct[low] + inner[low]) / 2, (inner[high] + distinct[high + 2]) / 2
    return min(max(float(np.dot(chances, inner)), first), last), first, last


def likelihoods(like: Array, spans: Array, least: float = LEAST) -> dict[Shape, Array]:
    """Give the likelihood of each shape, for each place of a turn, for each of many rows.

    `like`, places × rows × cells, is how likely what was seen at each place is in each cell; `spans` are the
    distances between the places, which are in rising order.
    """
    return _shapes(like, spans, least)


def judge(odds: Mapping[Shape, float], least: float) -> Shape | None:
    """Name the shape that is likely enough; None where none is."""
    best = max(SHAPES, key=lambda shape: odds[shape])
    return best if odds[best] >= least else None
