"""Linearity and breakthroughness: whether a score rises steadily with scale, or at once.

Both are those of BIG-bench (Srivastava et al. 2022, arXiv:2206.04615, appendix B). With scores yᵢ in rising
order of scale, `I = sign(argmax y − argmin y) · (max y − min y)` is the overall change, and

- linearity is `I / √ mean (yᵢ₊₁ − yᵢ)²`: n − 1 for n points on a straight line, less for uneven steps;
- breakthroughness is `I / √ median (yᵢ₊₁ − yᵢ)²`: large where most steps are small and few are not.

Breakthroughness is not defined where half the steps or more are 0, as in 0 0 0 0 1, which is the clearest
breakthrough there is. The stable variant puts in place of a step the least that the luck of the items makes
of one: with the sampling variance vᵢ of a score over n items, `√ median max((yᵢ₊₁ − yᵢ)², vᵢ + vᵢ₊₁)`. It is
defined for every curve, and is the other where all steps are larger than that luck. vᵢ = p(1 − p)/n with p =
(k + 1)/(n + 2), so that it is above 0.
"""

import math
from itertools import pairwise
from statistics import fmean, median

from taskc.records.curve import Curve, Emergence, Point


def emergence(curve: Curve) -> Emergence:
    """Give linearity and breakthroughness of a curve; None where one is not defined."""
    pairs = list(pairwise(curve.points))
    squares = [(after.value - before.value) ** 2 for before, after in pairs]
    floored = [
        max(square, _variance(before) + _variance(after))
        for square, (before, after) in zip(squares, pairs, strict=True)
    ]
    change = _change([point.value for point in curve.points])
    return Emergence(
        curve=curve,
        linearity=_over(change, fmean(squares)) if squares else None,
        breakthroughness=_over(change, median(squares)) if squares else None,
        stable_breakthroughness=_over(change, median(floored)) if floored else None,
    )


def _change(values: list[float]) -> float:
    """Give the overall change; of equal extremes the first counts."""
    high, low = max(values), min(values)
    order = values.index(high) - values.index(low)
    return math.copysign(high - low, order) if order else 0.0


def _over(change: float, square: float) -> float | None:
    return change / math.sqrt(square) if square > 0 else None


def _variance(point: Point) -> float:
    p = (point.value * point.n + 1) / (point.n + 2)
    return p * (1 - p) / point.n
