"""Whether a curve rises steadily with scale or breaks, and where.

Three explicit models of a curve over u, the place on the axis of scale from 0 to 1, compete:

- `steady`: a + d·u;
- `bend`: two straight pieces that meet at an inner place, a + d₁·min(u/b, 1) + d₂·max((u − b)/(1 − b), 0);
- `jump`: a up to a gap between two neighbouring scales and a + d after it.

Shares are put on φ = arcsin √p, on which a share of n answers varies by 1/(4n + 2) wherever it lies
(Anscombe 1948, Biometrika 35:246); a mean of another metric is stretched to the same height, which its sign
and unit do not matter to. Coefficients have normal priors, so that each marginal likelihood is that of one
normal vector; places of a break and deviations of models from their curve (those of `shape.py`) are summed
over. Bayes' rule weighs the models, so that more of them need not fit better (Kass and Raftery 1995, JASA
90:773). The prior is one half for `steady`, one quarter for each of the others.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np

from taskc.analysis.crossed import Array
from taskc.analysis.shape import SPREADS
from taskc.records.emergence import FEWEST, KINDS, Break, Kind

PRIOR: Mapping[Kind, float] = {"steady": 0.5, "bend": 0.25, "jump": 0.25}
MIDDLE, WIDE = math.pi / 4, 0.6  # of where a curve begins, on φ
CHANGE = 0.5  # the deviation of a rise or fall, on φ: a third of all there is
BENDS = 60  # places at which a curve may bend
HEIGHT = 0.8  # of another metric, stretched to φ


def break_of_shares(
    scales: Sequence[float], values: Sequence[float], counts: Sequence[float], *, log: bool, likely: float
) -> Break:
    """Judge shares of `counts` answers."""
    n = np.array(counts, dtype=float)
    phi = np.arcsin(np.sqrt((np.array(values) * n + 0.375) / (n + 0.75)))
    return _judge(scales, phi, 1.0 / (4.0 * n + 2.0), log=log, likely=likely)


def break_of_means(
    scales: Sequence[float],
    values: Sequence[float],
    errors: Sequence[float | None],
    *,
    log: bool,
    likely: float,
) -> Break:
    """Judge means of any metric with their standard errors, None for 0."""
    y = np.array(values, dtype=float)
    height = float(y.max() - y.min()) or 1.0
    stretched = MIDDLE + HEIGHT * (y - (y.max() + y.min()) / 2.0) / height
    spread = np.array([error or 0.0 for error in errors]) * HEIGHT / height
    return _judge(scales, stretched, spread**2, log=log, likely=likely)


def _judge(scales: Sequence[float], y: Array, variances: Array, *, log: bool, likely: float) -> Break:
    if log and min(scales) <= 0:
        return _untold(f"scale {min(scales):g} has no logarithm; with `--axis linear` any number will do")
    places = np.array([math.log(one) if log else one for one in scales])
    distinct = np.unique(places)
    if len(distinct) < FEWEST:
        return _untold(
            f"{len(distinct)} different scale{'s' * (len(distinct) > 1)}, and a break takes {FEWEST}"
        )
    u = (places - distinct[0]) / (distinct[-1] - distinct[0])
    inner = (distinct - distinct[0]) / (distinct[-1] - distinct[0])
    told: dict[Kind, list[tuple[float, float, float]]] = {kind: [] for kind in KINDS}
    for kind, at, weight, columns in _curves(u, inner):
        logs = [
            math.log(share) + _likelihood(y, columns, variances + spread**2)
            for spread, share in SPREADS.items()
        ]
        told[kind].append((at, weight, float(np.logaddexp.reduce(logs))))
    most = max(one[2] for some in told.values() for one in some)
    weights = {kind: [w * math.exp(one - most) for _, w, one in some] for kind, some in told.items()}
    total = math.fsum(PRIOR[kind] * math.fsum(some) for kind, some in weights.items())
    odds = {kind: PRIOR[kind] * math.fsum(weights[kind]) / total for kind in KINDS}
    best = max(KINDS, key=lambda kind: odds[kind])
    if odds[best] < likely:
        return Break(found="undetermined", probabilities=odds, scale=None, low=None, high=None)
    if best == "steady":
        return Break(found=best, probabilities=odds, scale=None, low=None, high=None)
    middle, low, high = _where(best, [one[0] for one in told[best]], weights[best], inner)
    back = [distinct[0] + one * (distinct[-1] - distinct[0]) for one in (middle, low, high)]
    scale, first, last = (math.exp(one) for one in back) if log else map(float, back)
    return Break(found=best, probabilities=odds, scale=scale, low=first, high=last)


def _untold(why: str) -> Break:
    return Break(found="undetermined", probabilities=None, scale=None, low=None, high=None, why=why)


def _curves(u: Array, inner: Array) -> Iterator[tuple[Kind, float, float, Array]]:
    """Give each curve that may be: its kind, where it breaks, its weight beforehand, and its columns."""
    one = np.ones_like(u)
    yield "steady", 0.0, 1.0, np.stack([one, u], axis=1)
    for b in np.linspace(inner[1], inner[-2], BENDS):
        before, after = np.minimum(u / b, 1.0), np.maximum((u - b) / (1.0 - b), 0.0)
        yield "bend", float(b), 1.0 / BENDS, np.stack([one, before, after], axis=1)
    for low, high in pairwise(inner):
        middle = float(low + high) / 2.0
        yield "jump", middle, float(high - low), np.stack([one, (u > middle).astype(float)], axis=1)


def _likelihood(y: Array, columns: Array, variances: Array) -> float:
    """Give the log-density of y, the coefficients integrated out."""
    prior = np.diag([WIDE**2, *[CHANGE**2] * (columns.shape[1] - 1)])
    covariance = columns @ prior @ columns.T + np.diag(np.maximum(variances, 1e-8))
    apart = y - MIDDLE
    _, logdet = np.linalg.slogdet(covariance)
    return -0.5 * float(logdet + apart @ np.linalg.solve(covariance, apart))


def _where(
    kind: Kind, at: Sequence[float], weights: Sequence[float], inner: Array
) -> tuple[float, float, float]:
    """Give the median of the place of a break, and what holds 90 % of it; a jump is somewhere in its gap."""
    sums = np.cumsum(weights) / math.fsum(weights)
    median, first, last = (int(np.searchsorted(sums, share)) for share in (0.5, 0.05, 0.95))
    last = min(last, len(at) - 1)
    if kind == "jump":
        return at[median], float(inner[first]), float(inner[last + 1])
    return at[median], at[first], at[last]
