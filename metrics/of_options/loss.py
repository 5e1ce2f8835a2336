"""Classification loss."""

from taskc.metrics.belief import Belief, Target, log_total


def loss(belief: Belief, target: Target) -> float | None:
    """Give −log( p(answer) / Σ p(option) ), raw probabilities, in nats, at least 0; None if one is unknown.

    Lower is better; log k is that of a guess among k. The loss of the Inverse Scaling Prize (McKenzie et
    al. 2023, section 2.2). However options are normalised for the arg-max, the loss is that of the raw
    sums, for only these are probabilities.
    """
    total = log_total(belief)
    answer = belief.logprobs[target.answer]
    return None if total is None or answer is None else max(0.0, total - answer)
