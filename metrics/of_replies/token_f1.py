"""F1 of words."""

from collections import Counter
from collections.abc import Sequence

from taskc.metrics.words import words


def token_f1(answer: str, targets: Sequence[str]) -> float | None:
    """Give 2PR / (P + R), P and R the shares of the answer's and of a target's words that the other has.

    0 to 1, higher is better; of several targets the best counts. SQuAD (Rajpurkar et al. 2016, section 6.1)
    with the rule of 2.0 for what has no words: 1 if neither has any, else 0. Words as in
    `normalised_match`.
    """
    said = words(answer)
    return max((_f1(said, words(target)) for target in targets), default=0.0)


def _f1(said: list[str], wanted: list[str]) -> float:
    if not said or not wanted:
        return float(said == wanted)
    shared = (Counter(said) & Counter(wanted)).total()
    return 2 * shared / (len(said) + len(wanted))
