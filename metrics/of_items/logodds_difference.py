"""How much another wording of the same items moves the log-odds of their answers."""

from collections.abc import Sequence

from taskc.metrics.metric import Figure, figure_of


def logodds_difference(first: Sequence[float], other: Sequence[float]) -> Figure | None:
    """Give the mean over items of logodds(first wording) − logodds(other), in nats; None without items.

    Any number, lower is better: above 0 the other wording draws from the answer. The measure of the Inverse
    Scaling Prize for paired prompts (McKenzie et al. 2023, section 2.2), with the sign that its evaluation
    gives it, in favour of the answer. The standard error is that of paired differences.
    """
    return figure_of([a - b for a, b in zip(first, other, strict=True)]) if first else None
