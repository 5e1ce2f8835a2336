"""Several comparisons at once: p-values held against the number of chances that were taken."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias

Adjustment: TypeAlias = Literal["holm", "bh", "none"]


def holm(values: Sequence[float]) -> list[float]:
    """Give p-values that keep the chance of any false finding, Holm (1979, Scand. J. Stat. 6:65).

    max over j ≤ i of min(1, (m − j + 1) p₍ⱼ₎), in the order in which `values` came.
    """
    m = len(values)
    out, highest = [0.0] * m, 0.0
    for rank, at in enumerate(sorted(range(m), key=values.__getitem__)):
        highest = max(highest, min(1.0, (m - rank) * values[at]))
        out[at] = highest
    return out


def benjamini_hochberg(values: Sequence[float]) -> list[float]:
    """Give p-values that keep the share of false findings, Benjamini and Hochberg (1995, JRSS B 57:289).

    min over j ≥ i of min(1, m p₍ⱼ₎ / j), in the order in which `values` came.
    """
    m = len(values)
    out, lowest = [0.0] * m, 1.0
    for rank, at in sorted(enumerate(sorted(range(m), key=values.__getitem__), 1), reverse=True):
        lowest = min(lowest, values[at] * (m / rank))
        out[at] = lowest
    return out


ADJUSTMENTS: Mapping[Adjustment, tuple[str, Callable[[Sequence[float]], list[float]]]] = {
    "holm": ("Holm (1979)", holm),
    "bh": ("Benjamini and Hochberg (1995)", benjamini_hochberg),
    "none": ("none", list),
}
"""What a family of comparisons can be adjusted by: what it is called, and how it is done."""
