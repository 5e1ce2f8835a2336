"""Quantiles and tails of Student's t, to full precision, without anything heavy to load."""

import math
from functools import lru_cache


def incomplete_beta(a: float, b: float, x: float) -> float:
    """Give the regularised incomplete beta function I_x(a, b), for a, b > 0 and x from 0 to 1."""
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    if x < (a + 1.0) / (a + b + 2.0):
        return min(1.0, front * beta_fraction(a, b, x) / a)
    return max(0.0, 1.0 - front * beta_fraction(b, a, 1.0 - x) / b)


def beta_fraction(a: float, b: float, x: float) -> float:
    """Sum the continued fraction of the incomplete beta function (DLMF 8.17.22) by Lentz's method."""
    d = 1.0 / (1.0 - (a + b) * x / (a + 1.0))
    c, total = 1.0, d
    for m in range(1, 10_000):
        even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        d, c = 1.0 / (1.0 + even * d), 1.0 + even / c
        total *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        d, c = 1.0 / (1.0 + odd * d), 1.0 + odd / c
        total *= d * c
        if abs(d * c - 1.0) < 1e-13:
            break
    return total


def t_tails(t: float, freedom: float) -> float:
    """Give P(|T| ≥ |t|) for Student's T with so many degrees of freedom, above 0."""
    return incomplete_beta(freedom / 2.0, 0.5, freedom / (freedom + t * t))


@lru_cache(maxsize=4096)
def t_quantile(level: float, freedom: float) -> float:
    """Give the t that |T| stays below with probability `level`; 1.96 for 0.95 and boundless freedom."""
    high = 1.0
    while t_tails(high, freedom) > 1.0 - level:
        high *= 2.0
    low = 0.0
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if t_tails(middle, freedom) > 1.0 - level else (low, middle)
    return high


@lru_cache(maxsize=64)
def z_quantile(level: float) -> float:
    """Give the z that a standard normal stays within with probability `level`: 1.96 for 0.95."""
    from statistics import NormalDist

    return NormalDist().inv_cdf((1.0 + level) / 2.0)


def normal_tails(z: float) -> float:
    """Give P(|Z| ≥ |z|) for a standard normal Z."""
    return math.erfc(abs(z) / math.sqrt(2.0))
