"""What the products of this processor's OpenBLAS do with the last bits, so that they can be made to agree."""

from functools import cache

FENCE = 8
"""Columns at either side of a product that the AVX2 kernels add up in another order than those within."""
STEP = 16
"""Columns that they take at a time; where the last are fewer, these are added up in another order as well."""
WITHIN = 288
"""The most columns within a fence: from 320 on, fence and all, the kernels put a border in the middle."""

_AVX2 = ("Haswell", "Zen")


@cache
def bordered() -> bool:
    """Say whether a column of a product depends on where it stands: so it is with the AVX2 kernels."""
    import numpy  # noqa: F401 - what is asked about is its library
    from threadpoolctl import threadpool_info

    return any(one.get("architecture") in _AVX2 for one in threadpool_info())


def fenced(columns: int) -> int:
    """Give the columns that so many take with a fence on both sides and filled up to whole steps."""
    return 2 * FENCE + -(-columns // STEP) * STEP
