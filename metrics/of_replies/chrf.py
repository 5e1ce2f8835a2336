"""chrF of one reply."""

from collections.abc import Sequence
from functools import cache
from typing import Any


def chrf(answer: str, targets: Sequence[str]) -> float | None:
    """Give chrF2 of the answer against the targets: sacrebleu's sentence chrF with its defaults.

    (1 + β²) P R / (β² P + R) with β = 2, P and R the mean precision and recall of n-grams of characters, n
    = 1 to 6, blanks aside. 0 to 100, higher is better; of several targets the best counts. Popović 2015,
    2016.
    """
    return float(_scorer().sentence_score(answer, list(targets)).score)


@cache
def _scorer() -> Any:
    from sacrebleu.metrics.chrf import CHRF

    return CHRF()
