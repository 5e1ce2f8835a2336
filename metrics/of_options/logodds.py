"""Log-odds of the answer."""

import math

from taskc.metrics.belief import Belief, Target


def logodds(belief: Belief, target: Target) -> float | None:
    """Give log p(answer) − log Σ p(other options), raw probabilities, in nats; None if one is unknown.

    Any number, higher is better; −log(k − 1) for even shares among k. Of two options it is the log-odds of
    the Inverse Scaling Prize (McKenzie et al. 2023, section 2.2).
    """
    others = [value for index, value in enumerate(belief.logprobs) if index != target.answer]
    known = [value for value in others if value is not None]
    answer = belief.logprobs[target.answer]
    if answer is None or not others or len(known) < len(others) or max(known) == -math.inf:
        return None
    top = max(known)
    return answer - top - math.log(math.fsum(math.exp(value - top) for value in known))
