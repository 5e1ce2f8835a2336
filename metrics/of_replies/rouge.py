"""ROUGE of one reply: F1 of shared words, of shared pairs of words, and of the longest common subsequence."""

from collections.abc import Sequence
from functools import cache
from typing import Any


def rouge1(answer: str, targets: Sequence[str]) -> float | None:
    """Give ROUGE-1, the F1 of the words that both texts have, as `rouge-score` with stemming.

    0 to 1, higher is better; of several targets the best counts. Lin 2004, section 2.
    """
    return _score("rouge1", answer, targets)


def rouge2(answer: str, targets: Sequence[str]) -> float | None:
    """Give ROUGE-2, the F1 of the pairs of words that both texts have, as `rouge-score` with stemming.

    0 to 1, higher is better; of several targets the best counts. Lin 2004, section 2.
    """
    return _score("rouge2", answer, targets)


def rougeL(answer: str, targets: Sequence[str]) -> float | None:
    """Give ROUGE-L, the F1 of the longest common subsequence of words, as `rouge-score` with stemming.

    0 to 1, higher is better; of several targets the best counts. Lin 2004, section 3.1.
    """
    return _score("rougeL", answer, targets)


def _score(name: str, answer: str, targets: Sequence[str]) -> float:
    scorer = _scorer(name)
    return max((float(scorer.score(target, answer)[name].fmeasure) for target in targets), default=0.0)


@cache
def _scorer(name: str) -> Any:
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer([name], use_stemmer=True)
