"""Log-probability of the answer: its sum, per token, per byte, and over that without the prompt."""

from taskc.metrics.belief import Belief, Target


def logprob(belief: Belief, target: Target) -> float | None:
    """Give log p(answer | prompt), summed over its tokens, in nats; None if it is unknown.

    At most 0, higher is better. It falls with the length of an answer, and its mean over items mixes lengths.
    """
    return belief.logprobs[target.answer]


def logprob_per_token(belief: Belief, target: Target) -> float | None:
    """Give log p(answer | prompt) / tokens of the answer, in nats; None where tokens were not counted.

    At most 0, higher is better. GPT-3's evaluation (Brown et al. 2020, section 2.4) compares
    options so; tokens are the model's own, so models of different vocabularies are not comparable.
    """
    value = belief.logprobs[target.answer]
    return None if value is None or not belief.tokens else value / max(1, belief.tokens[target.answer])


def logprob_per_byte(belief: Belief, target: Target) -> float | None:
    """Give log p(answer | prompt) / UTF-8 bytes of the answer as it is appended, in nats; None if unknown.

    At most 0, higher is better; comparable over vocabularies. The Pile's bits per byte (Gao et al. 2020,
    section 3.1) are −1/ln 2 times it.
    """
    value = belief.logprobs[target.answer]
    if value is None or not belief.options:
        return None
    return value / max(1, len(belief.options[target.answer].continuation.encode("utf-8", "surrogatepass")))


def logprob_over_unconditional(belief: Belief, target: Target) -> float | None:
    """Give log p(answer | prompt) − log p(answer | lead-in alone), in nats; None if that was not asked for.

    Any number, higher is better: what the prompt adds (Brown et al. 2020, section 2.4; PMI in Holtzman et
    al. 2021, section 3). It is asked for by `choice(normalise = unconditional)`.
    """
    value = belief.logprobs[target.answer]
    base = belief.base[target.answer] if belief.base else None
    return None if value is None or base is None else value - base
