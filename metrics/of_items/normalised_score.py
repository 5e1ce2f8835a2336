"""Accuracy between chance and the best there is."""

import math
from collections.abc import Sequence

from taskc.metrics.metric import Figure, figure_of


def normalised_score(correct: Sequence[float], chance: Sequence[float]) -> Figure | None:
    """Give (accuracy − chance) / (1 − chance), both means over items; None where guessing is always right.

    At most 1, higher is better; 0 is guessing, and below it is worse than that. BIG-bench's normalised
    score (raw − low) / (high − low), Srivastava et al. 2022, section 3.1, with chance as the low and 1 as
    the high score, and without its factor of 100. The standard error takes chance as known.
    """
    if not chance:
        return None
    low = math.fsum(chance) / len(chance)
    return None if low >= 1 else figure_of([(value - low) / (1 - low) for value in correct])
