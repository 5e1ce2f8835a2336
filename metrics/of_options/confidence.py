"""Confidence in the option that is given."""

from taskc.metrics.belief import Belief, Target, shares


def confidence(belief: Belief, target: Target) -> float | None:
    """Give the share of the given option in Σ p(option), raw probabilities; None if one is unknown.

    0 to 1, neither way is better: it is what `ece` holds against accuracy. Without normalising it is at
    least 1/k. The confidence of Guo et al. 2017, section 2.
    """
    found = shares(belief)
    return None if found is None or belief.best is None else found[belief.best]
