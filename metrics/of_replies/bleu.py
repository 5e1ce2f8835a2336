"""BLEU of one reply."""

from collections.abc import Sequence
from functools import cache
from typing import Any


def bleu(answer: str, targets: Sequence[str]) -> float | None:
    """Give BLEU of the answer against the targets: sacrebleu's sentence BLEU, 13a words, effective order.

    BP · exp(¼ Σ log pₙ), pₙ the clipped share of the answer's n-grams that a target has, n = 1 to 4 or the
    longest there are, BP = min(1, exp(1 − r/c)) for lengths c and r of answer and target. 0 to 100, higher
    is better. Papineni et al. 2002; Post 2018 for words; zero counts are smoothed (`exp`; Chen and Cherry
    2014, no. 3). The mean over items is not the BLEU of a corpus, which adds up counts first.
    """
    return float(_scorer().sentence_score(answer, list(targets)).score)


@cache
def _scorer() -> Any:
    from sacrebleu.metrics.bleu import BLEU

    return BLEU(effective_order=True)
