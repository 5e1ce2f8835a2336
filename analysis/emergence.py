"""Linearity and breakthroughness: whether a score rises steadily with scale, or at once.

Both are those of BIG-bench (Srivastava et al. 2022, arXiv:2206.04615, appendix B). With scores yᵢ in rising
order of scale, `I = sign(argmax y − argmin y) · (max y − min y)` is the overall change, and

- linearity is `I / √ mean (yᵢ₊₁ − yᵢ)²`: n − 1 for n points on a straight line, less for uneven steps;
- breakthroughness is `I / √ median (yᵢ₊₁ − yᵢ)²`: large where most steps are small and few are not.

Breakthroughness is not defined where half the steps or more are 0, as in 0 0 0 0 1, which is the clearest
breakthrough there is. The stable variant puts in place of a step the least that the luck of the items makes
of one: with the sampling variance vᵢ of a score over n items, `√ median max((yᵢ₊₁ − yᵢ)², vᵢ + vᵢ₊₁)`. It is
defined for every curve of two scales or more, and is the other where all steps are larger than that luck.
vᵢ = p(1 − p)/n with p = (k + 1)/(n + 2), so that it is above 0.

Models of one scale have no order, and count as one point with the share of all their answers. Shares are
rounded to `DIGITS`, so that 0.1 · 3 and 0.3, of which a computer makes two numbers, are no step.
"""

import math
from collections.abc import Sequence
from itertools import groupby, pairwise
from statistics import fmean, median

from taskc.records.curve import Curve, Emergence, Point

DIGITS = 12


def emergence(curve: Curve) -> Emergence:
    """Give linearity and breakthroughness of a curve; None where one is not defined."""
    shares = _shares(curve.points)
    pairs = list(pairwise(shares))
    squares = [round(after - before, DIGITS) ** 2 for (before, _), (after, _) in pairs]
    floored = [
        max(square, _variance(*before) + _variance(*after))
        for square, (before, after) in zip(squares, pairs, strict=True)
    ]
    change = _change([value for value, _ in shares])
    return Emergence(
        curve=curve,
        linearity=_over(change, fmean(squares)) if squares else None,
        breakthroughness=_over(change, median(squares)) if squares else None,
        stable_breakthroughness=_over(change, median(floored)) if floored else None,
    )


def _shares(points: Sequence[Point]) -> list[tuple[float, float]]:
    """Give the share of right answers at each scale, in rising order, and of how many it is."""
    out = []
    for _, group in groupby(sorted(points, key=lambda point: point.scale), key=lambda point: point.scale):
        some = list(group)
        n = math.fsum(point.n for point in some)
        out.append((round(math.fsum(point.value * point.n for point in some) / n, DIGITS), n))
    return out


def _change(values: list[float]) -> float:
    """Give the overall change; of equal extremes the first counts."""
    high, low = max(values), min(values)
    order = values.index(high) - values.index(low)
    return math.copysign(high - low, order) if order else 0.0


def _over(change: float, square: float) -> float | None:
    return change / math.sqrt(square) if square > 0 else None


def _variance(share: float, n: float) -> float:
    p = (share * n + 1) / (n + 2)
    return p * (1 - p) / n
