"""Probability mass outside the options."""

from taskc.metrics.belief import Belief, Target


def outside(belief: Belief, target: Target) -> float | None:
    """Give the probability, 0 to 1, that what comes is none of the labels; None if that is not measured.

    Lower is better: what is asked of the labels then says more of what the model would say.
    """
    return belief.outside
