"""Probability mass on the labels."""

from taskc.metrics.belief import Belief, Target


def label_mass(belief: Belief, target: Target) -> float | None:
    """Give Σ p(label), the probability, 0 to 1, that what comes is a label; None if that is not measured.

    Higher is better; it is 1 − `outside`. Where it is small, the labels say little of what the model would
    write.
    """
    return None if belief.outside is None else 1.0 - belief.outside
