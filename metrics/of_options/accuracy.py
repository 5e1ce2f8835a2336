"""Accuracy of the preferred option."""

from taskc.metrics.belief import Belief, Target


def accuracy(belief: Belief, target: Target) -> float | None:
    """Give 1 if the option that compares highest is the answer, else 0; None if nothing is known of any.

    0 or 1, higher is better. Options compare as they are normalised; of equals the first counts.
    """
    return None if belief.best is None else float(belief.best == target.answer)
