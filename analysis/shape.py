"""Points of a curve against scale to probabilities of its shape.

Five explicit models of how an ability may depend on scale compete: `flat`, `positive` (never falls),
`inverse` (never rises), `u_shaped` (falls, then rises) and `inverted_u`. Each is a prior over the curve's
values at the scales that were measured; what comes out is Bayes' rule over the five, computed exactly on a
grid, without sampling:

- values live on φ = arcsin √p, on which a share of n answers varies by 1/(2√n) wherever it lies (Anscombe
  1948, Biometrika 35:246), so that 0 and 1 are values as any other;
- a step along a rising stretch is exponential, truncated at the end of the axis; its mean is the stretch's
  whole rise, one of `TOTALS`, shared out by the distances on the axis of scale. One in twenty is a jump of
  any size. A stretch that rises by less than `LEAST` from end to end is none;
- an observed share is binomial round a value that lies off the curve by a normal deviation of one of
  `SPREADS`: two models of one size differ by more than the luck of the items;
- `PRIOR` holds the probabilities before the data; a turn is as likely at any inner place.

The rising stretch is a Markov chain on the grid, so its likelihood is a product of matrices, as in a hidden
Markov model (Rabiner 1989, Proc. IEEE 77:257, sec. III.A); falling ones are rising ones of 1 − p.
"""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from taskc.records.curve import SHAPES, Point, Shape

CELLS = 64  # of the grid on φ, from 0 to π/2
FINE = 16  # points in a cell at which the likelihood is averaged
TOTALS = (0.08, 0.16, 0.32, 0.64, 1.28)  # mean rise of a stretch, on φ; all alike before the data
SPREADS = {0.0: 0.6, 0.02: 0.25, 0.04: 0.1, 0.08: 0.04, 0.2: 0.01}  # deviations of models from a curve, on φ
LEAST = 0.05  # five points of accuracy: a smaller rise or fall is none
JUMP = 0.05  # of the steps are of any size that there is room for: abilities may emerge at once
# few curves are flat to within that, and those that are show it soon
PRIOR: dict[Shape, float] = {
    "positive": 0.2325,
    "inverse": 0.2325,
    "u_shaped": 0.2325,
    "inverted_u": 0.2325,
    "flat": 0.07,
}

Array: TypeAlias = npt.NDArray[np.float64]

_NONE = np.zeros(1)
_EDGE = math.pi / 2
_STEP = _EDGE / CELLS
_PHI = (np.arange(CELLS) + 0.5) * _STEP
_P = np.sin(_PHI) ** 2
_FAR = (_P[None, :] - _P[:, None] >= LEAST).astype(float)  # from a row to a column the curve rises
_ROOM = _FAR.any(axis=1)  # values from which it can


def evidence(points: Sequence[Point], places: Sequence[float]) -> dict[Shape, Array]:
    """Give how likely the points are under each shape, relative to one another.

    `places` are the points' places on the axis, in rising order; points of one place share the curve's value
    there. For a shape that turns it is one number for each inner place, at which the turn may be, and their
    sum is what counts. A shape that so few places cannot show (a turn needs three, a slope two) is left out.
    """
    distinct = np.array(sorted(set(places)))
    index = np.searchsorted(distinct, np.array(places))
    seen = np.stack([_likelihood(point) for point in points])
    parts: list[tuple[float, dict[Shape, Array]]] = []  # each with the logarithm of its scale
    for spread, share in SPREADS.items():
        logs = np.zeros((len(distinct), CELLS))
        np.add.at(logs, index, np.log(seen @ _kernel(spread)))
        top = logs.max(axis=1, keepdims=True)
        parts.append((math.log(share) + float(top.sum()), _shapes(np.exp(logs - top), np.diff(distinct))))
    most = max(scale for scale, _ in parts)
    shapes = parts[0][1]
    return {shape: sum((math.exp(s - most) * part[shape] for s, part in parts), _NONE) for shape in shapes}


def probabilities(told: Mapping[Shape, Array]) -> dict[Shape, float]:
    """Give the probability of every shape, by Bayes' rule; 0 for one that the points cannot show."""
    weights = {shape: PRIOR[shape] * float(told[shape].sum()) for shape in SHAPES if shape in told}
    total = math.fsum(weights.values())
    return {shape: weights.get(shape, 0.0) / total for shape in SHAPES}


def _shapes(like: Array, spans: Array) -> dict[Shape, Array]:
    """Give the likelihood of each shape; for those that turn, one for each place of the turn."""
    out: dict[Shape, Array] = {"flat": np.array([like.prod(axis=0).mean()])}
    if len(like) > 1:
        out["positive"] = np.array([_rising(like, spans)])
        out["inverse"] = np.array([_rising(like[::-1], spans[::-1])])
    if len(like) > 2:
        out["u_shaped"] = _turning(like, spans)
        out["inverted_u"] = _turning(like[:, ::-1], spans)
    return out


def _rising(like: Array, spans: Array) -> float:
    """Average over the value at an end, which is anywhere from which the curve can go far enough.

    Seen from its upper end a rising curve falls, and so rises in 1 − p: both ends count alike.
    """
    up = like[0] * _arm(like[1:], spans)
    down = like[-1, ::-1] * _arm(like[-2::-1, ::-1], spans[::-1])
    return float((up + down)[_ROOM].mean()) / 2


def _turning(like: Array, spans: Array) -> Array:
    """Do the same with two stretches that rise away from a lowest value, at each place but the outermost."""
    inner = range(1, len(like) - 1)
    told = []
    for t in inner:
        left = _arm(like[:t][::-1], spans[:t][::-1])
        right = _arm(like[t + 1 :], spans[t:])
        told.append(float((like[t] * left * right)[_ROOM].mean()))
    return np.array(told) / len(inner)


def _arm(like: Array, spans: Array) -> Array:
    """Give, for each value at which a stretch begins, the likelihood of the places after it.

    The stretch rises by `LEAST` or more from its beginning to its end; all `TOTALS` are averaged over.
    """
    shares = tuple(float(share) for share in spans / spans.sum())
    out = np.zeros(CELLS)
    for total in TOTALS:
        reached = np.eye(CELLS)
        for share, seen in zip(shares, like, strict=True):
            reached = (reached @ _steps(total * share)) * seen
        rises = _rises(total, shares)
        out += np.divide((reached * _FAR).sum(axis=1), rises, out=np.zeros(CELLS), where=_ROOM)
    return out / len(TOTALS)


@lru_cache(maxsize=512)  # the same for every deviation of the models, and for every curve over these scales
def _rises(total: float, shares: tuple[float, ...]) -> Array:
    """Give the chance that a stretch rises by `LEAST` or more, for each value at which it begins."""
    free = np.eye(CELLS)
    for share in shares:
        free = free @ _steps(total * share)
    made: Array = (free * _FAR).sum(axis=1)
    return made


@lru_cache(maxsize=512)
def _steps(mean: float) -> Array:
    """Give the chances of going from a cell (row) to one above it, or staying: exponential, or a jump."""
    ahead = (np.arange(CELLS)[None, :] - np.arange(CELLS)[:, None]) * _STEP
    chance = np.where(ahead >= 0, np.exp(-np.maximum(ahead, 0.0) / max(mean, _STEP / 8)), 0.0)
    anywhere = (ahead >= 0).astype(float)
    made: Array = (1 - JUMP) * chance / chance.sum(axis=1, keepdims=True)
    made += JUMP * anywhere / anywhere.sum(axis=1, keepdims=True)
    return made


@lru_cache(maxsize=8)
def _kernel(spread: float) -> Array:
    """Give the chances of lying in a cell (row) when the curve is in another (column)."""
    if not spread:
        return np.eye(CELLS)
    near = np.exp(-0.5 * ((_PHI[None, :] - _PHI[:, None]) / spread) ** 2)
    made: Array = (near / near.sum(axis=1, keepdims=True)).T
    return made


def _likelihood(point: Point) -> Array:
    """Give the likelihood of a share in each cell, averaged over the cell, 1 at most."""
    phi = (np.arange(CELLS * FINE) + 0.5) * (_STEP / FINE)
    hit, miss = point.value * point.n, (1.0 - point.value) * point.n
    told = hit * np.log(np.sin(phi) ** 2) + miss * np.log(np.cos(phi) ** 2)
    made: Array = np.exp(told - told.max()).reshape(CELLS, FINE).mean(axis=1)
    return np.maximum(made, 1e-300)


def turning(places: Sequence[float], told: Array, share: float = 0.9) -> tuple[float, float, float]:
    """Give where a curve turns on the axis: the mean, and an interval that holds `share` of the probability.

    `told` is the evidence for a turn at each inner one of the distinct `places`. A turn at one place may lie
    anywhere up to half-way to its neighbours, so an interval goes to there.
    """
    distinct = sorted(set(places))
    inner = distinct[1:-1]
    chances = told / told.sum()
    sums = np.cumsum(chances)
    low = int(np.searchsorted(sums, (1 - share) / 2, side="right"))
    high = min(int(np.searchsorted(sums, (1 + share) / 2, side="left")), len(inner) - 1)
    middle = float(np.dot(chances, inner))
    return middle, (distinct[low] + inner[low]) / 2, (inner[high] + distinct[high + 2]) / 2


def judge(odds: Mapping[Shape, float], least: float) -> Shape | None:
    """Name the shape that is likely enough; None where none is."""
    best = max(SHAPES, key=lambda shape: odds[shape])
    return best if odds[best] >= least else None
