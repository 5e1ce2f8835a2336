"""Match of words: case, punctuation and articles aside."""

from collections.abc import Sequence

from taskc.metrics.words import words


def normalised_match(answer: str, targets: Sequence[str]) -> float | None:
    """Give 1 if the answer has the words of a target in their order, else 0.

    0 or 1, higher is better. The exact match of SQuAD (Rajpurkar et al. 2016, section 6.1; evaluate-v1.1):
    lower case, without punctuation and the articles `a`, `an`, `the`, runs of blanks as one. It takes a
    sign and a decimal point for punctuation: of numbers ask `numeric_match`.
    """
    said = words(answer)
    return float(any(said == words(target) for target in targets))
