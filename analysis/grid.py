"""How likely a point is at each value that a curve may have: a grid on φ = arcsin √p, from 0 to π/2.

On φ a share of n answers varies by 1/(2√n) wherever it lies (Anscombe 1948, Biometrika 35:246), so that 0
and 1 are values as any other. Two things lie between a curve and a share. A model lies off the curve by a
normal deviation. And the share is of some items only: binomial, where nothing is known of the items. Where
models were asked the same ones, what items do to all of them is a common factor f, standard normal, which
moves every share by `loading` standard errors on φ; given f, shares are independent, and as sure as those
of n / (1 − loading²) items. f is summed over by Gauss–Hermite quadrature.
"""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from taskc.records.curve import Paired, Point

Array: TypeAlias = npt.NDArray[np.float64]

CELLS = 64
FINE = 16  # points in a cell at which the likelihood is averaged
HALF, FEW = 8, 4  # of them, where the deviation of models is as wide as two of these points or more
LONE = 0.08  # the deviation from which models have no common factor
NODES = 7  # of the quadrature over the common factor
ROUNDS, SETTLED = 50, 1e-6  # of fitting the common factor: as many, or until no loading moves by so much
MOST = 0.95  # of a share's variance may be common: no estimate is sure of more

STEP = math.pi / 2 / CELLS
PHI = (np.arange(CELLS) + 0.5) * STEP
P = np.sin(PHI) ** 2
FINE_PHI = (np.arange(CELLS * FINE) + 0.5) * (STEP / FINE)
_LOGS = (np.log(np.sin(FINE_PHI)), np.log(np.cos(FINE_PHI)))
HALF_FROM, FEW_FROM = (2 * STEP / n for n in (HALF, FEW))


def weigh(
    points: Sequence[Point], paired: Paired | None, spreads: Mapping[float, float]
) -> tuple[Array, Array]:
    """Give how likely each point is in each cell: rows × points × cells, and the weights of the rows.

    The numbers are logarithms. A row is one spread, the standard deviation of models from their curve on φ,
    and one node of the common factor. Models that lie off their curve by `LONE` or more have none: what
    items do to all of them is little beside that.
    """
    sizes = np.array([float(point.n) for point in points])
    loadings = np.zeros(len(points))
    if paired is not None:
        sizes, loadings = _sizes(points, paired), _loadings(paired)
    values = np.array([point.value for point in points])
    if not loadings.any():
        return widen(_shifted(values, sizes, 0.0), tuple(spreads)), np.array(list(spreads.values()))
    errors = loadings / (2 * np.sqrt(sizes))
    sharp = sizes / (1 - loadings**2)
    near, lone = tuple(s for s in spreads if s < LONE), tuple(s for s in spreads if s >= LONE)
    nodes, weights = _nodes()
    told = np.concatenate([_shifted(values, sharp, node * errors) for node in nodes])
    shared = widen(told, near).reshape(len(near) * len(nodes), len(points), CELLS)
    apart = widen(_shifted(values, sizes, 0.0), lone)
    each = [spreads[s] * weights for s in near]
    return np.concatenate([shared, apart]), np.concatenate([*each, np.array([spreads[s] for s in lone])])


def _shifted(values: Array, sizes: Array, by: Array | float) -> Array:
    """Give the logarithms of the likelihood of shares on the fine grid, their curve moved `by` so much.

    They are those of a density on φ, so that shares of more and of fewer items can be held together.
    """
    if np.any(by):
        phi = np.clip(FINE_PHI - np.asarray(by)[:, None], FINE_PHI[0] / 2, FINE_PHI[-1] + STEP / FINE / 4)
        right, wrong = np.log(np.sin(phi)), np.log(np.cos(phi))
    else:
        right, wrong = _LOGS
    most = values * np.log(np.maximum(values, 1e-300)) + (1 - values) * np.log(np.maximum(1 - values, 1e-300))
    made: Array = (2 * sizes * values)[:, None] * right + (2 * sizes * (1 - values))[:, None] * wrong
    return made + (np.log(sizes) / 2 - sizes * most)[:, None]


def widen(logs: Array, spreads: Sequence[float]) -> Array:
    """Give the same for likelihoods on the fine grid: spreads × points × cells of points × fine cells."""
    top = logs.max(axis=1, keepdims=True)
    fine = np.exp(logs - top)
    half, few = (fine.reshape(len(fine), -1, FINE // n).mean(axis=2) for n in (HALF, FEW))
    made = np.empty((len(spreads), len(fine), CELLS))
    for told, spread in zip(made, spreads, strict=True):
        if not spread:
            fine.reshape(len(fine), CELLS, FINE).mean(axis=2, out=told)
        else:  # cells a few times narrower than the deviation are fine enough
            cells = few if spread > FEW_FROM else half if spread > HALF_FROM else fine
            np.matmul(cells, _kernel(spread, cells.shape[1] // CELLS).T, out=told)
    np.log(np.maximum(made, 1e-300, out=made), out=made)
    made += top
    return made


def _sizes(points: Sequence[Point], paired: Paired) -> Array:
    """Give the number of independent items whose shares would be as sure; the stated one at 0 and 1."""
    out = []
    for at, point in enumerate(points):
        variance, spread = paired.covariance[at][at], point.value * (1 - point.value)
        out.append(spread / variance if variance > 0 and spread > 0 else point.n)
    return np.array(out)


def _loadings(paired: Paired) -> Array:
    """Fit one common factor to the correlations of the shares' errors: r = loading · loading, for each pair.

    Correlations are first shrunk towards 0 by as much as their sampling errors make of their squares (Schäfer
    and Strimmer 2005, Statist. Appl. Genet. Mol. Biol. 4:32). The loadings are those of least squares over
    pairs (Harman and Jones 1966, Psychometrika 31:351), none below 0: a negative one tells nothing here.
    """
    covariance = np.array(paired.covariance)
    deviations = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    scale = np.outer(deviations, deviations)
    r = np.divide(covariance, scale, out=np.zeros_like(scale), where=scale > 0).clip(-1.0, 1.0)
    np.fill_diagonal(r, 0.0)
    squares = float((r**2).sum())
    if len(r) < 2 or squares == 0 or paired.units < 3:
        return np.zeros(len(r))
    noise = float(((1 - r**2) ** 2)[~np.eye(len(r), dtype=bool)].sum()) / (paired.units - 1)
    r *= max(0.0, 1 - noise / squares)
    loadings = np.full(len(r), math.sqrt(max(float(r.sum()) / (len(r) * (len(r) - 1)), 0.0)))
    for _ in range(ROUNDS):
        before = loadings.copy()
        for at in range(len(r)):
            others = float(loadings @ loadings) - loadings[at] ** 2
            best = float(r[at] @ loadings) / others if others > 1e-12 else 0.0
            loadings[at] = min(max(best, 0.0), math.sqrt(MOST))
        if np.abs(loadings - before).max() < SETTLED:
            break
    return loadings


@lru_cache(maxsize=1)
def _nodes() -> tuple[Array, Array]:
    """Give the places and weights of the quadrature over a standard normal."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    return nodes, weights / weights.sum()


@lru_cache(maxsize=16)
def _kernel(spread: float, fine: int) -> Array:
    """Give the chances of the values, `fine` a cell, when the curve is anywhere in a cell (row)."""
    phi = FINE_PHI.reshape(-1, FINE // fine).mean(axis=1)
    near = np.exp(-0.5 * ((phi[None, :] - phi[:, None]) / spread) ** 2)
    near /= near.sum(axis=1, keepdims=True)
    made: Array = near.reshape(CELLS, fine, -1).mean(axis=1)
    return made
