"""Brier score."""

from taskc.metrics.belief import Belief, Target, shares


def brier(belief: Belief, target: Target) -> float | None:
    """Give Σᵢ (pᵢ − yᵢ)² over the options; None if the probability of one is unknown.

    pᵢ is the share of an option in Σ p(option), yᵢ 1 for the answer and else 0.

    0 to 2, lower is better; 1 − 1/k for even shares among k. Brier 1950, Monthly Weather Review 78:1,
    equation 2, before its mean over occasions: for two options it is twice the squared error of the
    answer's share.
    """
    found = shares(belief)
    if found is None:
        return None
    return sum((share - (index == target.answer)) ** 2 for index, share in enumerate(found))
