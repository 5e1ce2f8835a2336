"""Quantiles of Student's t, with degrees of freedom that need not be whole."""

import math

from taskc.analysis.power import beta_fraction


def two_sided(t: float, df: float) -> float:
    """Give P(|T| ≥ t) for t ≥ 0: the incomplete beta function I_x(df/2, 1/2) at x = df / (df + t²)."""
    a, b, x = df / 2.0, 0.5, df / (df + t * t)
    if x >= 1.0:
        return 1.0
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    if x < (a + 1.0) / (a + b + 2.0):
        return min(1.0, front * beta_fraction(a, b, x) / a)
    return max(0.0, 1.0 - front * beta_fraction(b, a, 1.0 - x) / b)


def quantile(df: float, level: float = 0.95) -> float:
    """Give t with P(|T| ≤ t) = `level` for `df` > 0, to ten digits: 12.71 for 1, 1.96 for very many."""
    low, high = 0.0, 2.0
    while two_sided(high, df) > 1.0 - level:
        low, high = high, 2.0 * high
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if two_sided(middle, df) > 1.0 - level else (low, middle)
    return high
