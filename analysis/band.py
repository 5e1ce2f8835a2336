"""Where a curve may run: at each size the interval that its value is in, whatever its shape is.

The five shapes of `shape.py`, each weighed by its probability, say how likely it is that the curve passes
through some cells of the grid at a size: that is the evidence for a curve held to them there, as the
likelihood of all points is a product of one factor a size. Cells are taken in groups, within which the
likelihood of the point alone parts them. What lies between a model and its curve is taken
to be each model's own, and so are the errors of the points; where items are known, a point counts for as many
independent ones as its error says.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from taskc.analysis.grid import CELLS, FINE_PHI, STEP, Array, P, widen
from taskc.analysis.shape import LEAST, PRIOR, SPREADS, likelihoods
from taskc.records.curve import Curve, Fitted

LEVEL = 0.95
_CUT = 1e-3  # cells that a point makes less likely than the likeliest by so much are left out
_ENDS = (0.003, 0.012, 0.03, 0.07, 0.2, 0.5, 0.8, 0.93, 0.97, 0.988, 0.997)  # of groups of cells


def fitted(
    curve: Curve, *, log: bool = True, least: float = LEAST, level: float = LEVEL
) -> tuple[Fitted, ...]:
    """Give the curve's value at each of its sizes, its posterior mean, and the interval that holds `level`.

    Empty for a curve of fewer than two sizes, which has no shape.
    """
    scales = sorted({point.scale for point in curve.points})
    if len(scales) < 2:
        return ()
    like = _likely(curve, scales)
    spans = np.diff(np.log(scales) if log else np.array(scales))
    held = [(at, group) for at, row in enumerate(like) for group in _groups(row)]
    rows = np.repeat(like[:, None, :], len(held), axis=1)
    for number, (at, group) in enumerate(held):
        rows[at, number] = np.where(group, like[at], 0.0)
    shapes = likelihoods(rows, spans, least)
    weights = np.sum([PRIOR[shape] * one.sum(axis=0) for shape, one in shapes.items()], axis=0)
    told = np.zeros((len(scales), CELLS))
    for weight, (at, group) in zip(weights, held, strict=True):
        told[at, group] = weight * like[at, group] / like[at, group].sum()
    return tuple(_at(scale, row / row.sum(), level) for scale, row in zip(scales, told, strict=True))


def _groups(like: Array) -> list[npt.NDArray[np.bool_]]:
    """Part the cells that count at a size into groups, narrow at both ends, where the interval will end."""
    sums = np.cumsum(like) - like / 2
    number = np.searchsorted(_ENDS, sums / like.sum())
    return [group for at in range(len(_ENDS) + 1) if (group := (number == at) & (like > 0)).any()]


def _likely(curve: Curve, scales: Sequence[float]) -> Array:
    """Give how likely what was seen at each size is in each cell, the likeliest cell 1: sizes × cells."""
    values = np.array([point.value for point in curve.points])
    sizes = np.array([float(point.n) for point in curve.points])
    if curve.paired is not None:
        variance = np.diag(np.array(curve.paired.covariance))
        known = (variance > 0) & (values > 0) & (values < 1)
        sizes = np.where(known, values * (1 - values) / np.where(known, variance, 1.0), sizes)
    right, wrong = np.log(np.sin(FINE_PHI)), np.log(np.cos(FINE_PHI))
    logs = 2 * sizes[:, None] * (values[:, None] * right + (1 - values)[:, None] * wrong)
    seen = widen(logs, tuple(SPREADS))
    own = np.einsum("s,spc->pc", list(SPREADS.values()), np.exp(seen - seen.max(axis=(0, 2), keepdims=True)))
    made: Array = np.ones((len(scales), CELLS))
    for point, row in zip(curve.points, own, strict=True):
        made[scales.index(point.scale)] *= row
    made /= made.max(axis=1, keepdims=True)
    return np.where(made > _CUT, made, 0.0)


def _at(scale: float, chances: Array, level: float) -> Fitted:
    edges = np.arange(CELLS + 1) * STEP
    sums = np.concatenate([[0.0], np.cumsum(chances)])
    low, high = (
        math.sin(float(np.interp(share, sums, edges))) ** 2 for share in ((1 - level) / 2, (1 + level) / 2)
    )
    return Fitted(scale=scale, value=float(chances @ P), low=low, high=high)
