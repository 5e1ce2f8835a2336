"""How likely a point is at each value that a curve may have: a grid on φ = arcsin √p, from 0 to π/2.

On φ a share of n answers varies by 1/(2√n) wherever it lies (Anscombe 1948, Biometrika 35:246), so that 0
and 1 are values as any other. Two things lie between a curve and a share. A model lies off the curve by a
normal deviation. And the share is of some items only: binomial, where nothing is known of the items. Where
models were asked the same ones, what items do to all of them is a common factor f, standard normal, which
moves every share by `loading` standard errors on φ; given f, shares are independent, and as sure as those
of n / (1 − loading²) items. f is summed over by Gauss–Hermite quadrature.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from taskc.records.curve import Paired, Point

Array: TypeAlias = npt.NDArray[np.float64]

CELLS = 64
FINE = 16  # points in a cell at which the likelihood is averaged
NODES = 7  # of the quadrature over the common factor
MOST = 0.95  # of a share's variance may be common: no estimate is sure of more

STEP = math.pi / 2 / CELLS
PHI = (np.arange(CELLS) + 0.5) * STEP
P = np.sin(PHI) ** 2
FINE_PHI = (np.arange(CELLS * FINE) + 0.5) * (STEP / FINE)


def weigh(points: Sequence[Point], paired: Paired | None, spreads: Sequence[float]) -> tuple[Array, Array]:
    """Give how likely each point is in each cell: nodes × spreads × points × cells, and the nodes' weights.

    The numbers are logarithms. A spread is the standard deviation of models from their curve, on φ.
    """
    sizes = np.array([point.n for point in points])
    loadings = np.zeros(len(points))
    if paired is not None:
        sizes, loadings = _sizes(points, paired), _loadings(paired)
    nodes, weights = _nodes() if loadings.any() else (np.zeros(1), np.ones(1))
    values = np.array([point.value for point in points])[:, None]
    errors = loadings / (2 * np.sqrt(sizes))
    sharp = (sizes / (1 - loadings**2))[:, None]
    out = []
    for node in nodes:
        phi = np.clip(FINE_PHI - (node * errors)[:, None], FINE_PHI[0] / 2, FINE_PHI[-1] + STEP / FINE / 4)
        told = sharp * (2 * values * np.log(np.sin(phi)) + 2 * (1 - values) * np.log(np.cos(phi)))
        out.append(widen(told, spreads))
    return np.array(out), weights


def widen(logs: Array, spreads: Sequence[float]) -> Array:
    """Give the same for likelihoods on the fine grid: spreads × points × cells of points × fine cells."""
    top = logs.max(axis=1, keepdims=True)
    seen = np.exp(logs - top)
    return np.array([np.log(np.maximum(seen @ _kernel(spread).T, 1e-300)) + top for spread in spreads])


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
    for _ in range(50):
        for at in range(len(r)):
            others = float(loadings @ loadings) - loadings[at] ** 2
            best = float(r[at] @ loadings) / others if others > 1e-12 else 0.0
            loadings[at] = min(max(best, 0.0), math.sqrt(MOST))
    return loadings


@lru_cache(maxsize=1)
def _nodes() -> tuple[Array, Array]:
    """Give the places and weights of the quadrature over a standard normal."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    return nodes, weights / weights.sum()


@lru_cache(maxsize=16)
def _kernel(spread: float) -> Array:
    """Give the chances of the fine values when the curve is anywhere in a cell (row)."""
    if not spread:
        return np.repeat(np.eye(CELLS), FINE, axis=1) / FINE
    near = np.exp(-0.5 * ((FINE_PHI[None, :] - FINE_PHI[:, None]) / spread) ** 2)
    near /= near.sum(axis=1, keepdims=True)
    made: Array = near.reshape(CELLS, FINE, -1).mean(axis=1)
    return made
