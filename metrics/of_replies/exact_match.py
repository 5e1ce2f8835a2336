"""Exact match."""

from collections.abc import Sequence


def exact_match(answer: str, targets: Sequence[str]) -> float | None:
    """Give 1 if the answer is one of the targets, character by character but for blanks at the ends, else 0.

    0 or 1, higher is better. `exact_str_match` of BIG-bench (Srivastava et al. 2022).
    """
    return float(answer.strip() in {target.strip() for target in targets})
