"""A whole beside the product of its parts.

Who needs every part of a task right gets the whole right as often as the product of the shares, if parts
succeed independently of one another; such a product jumps where all its parts rise steadily (Schaeffer et
al. 2023, arXiv:2304.15004, sec. 2; Srivastava et al. 2022, arXiv:2206.04615, sec. 4.2). Variances of shares
are those of p(1 − p)/n at (k + 1)/(n + 2), so that none is 0; that of the product is of the first order, Σ
(Π others)² var.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from taskc.analysis.intervals import Z95
from taskc.records.emergence import Composed


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A share of `n` items."""

    value: float
    n: float

    @property
    def variance(self) -> float:
        """Give the sampling variance, above 0."""
        p = (self.value * self.n + 1) / (self.n + 2)
        return p * (1 - p) / self.n


def compose(model: str, scale: float, whole: Part, parts: Mapping[str, Part], *, own: bool) -> Composed:
    """Hold a whole against the product of its parts; without items of its `own`, beside it."""
    product = math.prod(part.value for part in parts.values())
    variance = math.fsum(
        math.prod(other.value for place, other in parts.items() if place != name) ** 2 * part.variance
        for name, part in parts.items()
    )
    reach = Z95 * math.sqrt(variance)
    difference = whole.value - product
    wide = Z95 * math.sqrt(variance + whole.variance)
    return Composed(
        model=model,
        scale=scale,
        n=int(whole.n),
        whole=whole.value,
        parts={name: part.value for name, part in parts.items()},
        product=product,
        product_low=max(0.0, product - reach),
        product_high=min(1.0, product + reach),
        difference=difference if own else None,
        low=difference - wide if own else None,
        high=difference + wide if own else None,
    )
