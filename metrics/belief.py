"""What a model believes of the options of an item, and what a number about it is held against."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from taskc.records.operation import Labelled, Scored
from taskc.records.request import Normalise, Option


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """Log-probabilities of the options in order: `logprobs` raw, `compared` as the arg-max compares them.

    Natural logarithms. None is an option of which nothing is known. `outside` is the probability mass that
    falls on none of them, None where that is not measured. `options` are those themselves, `tokens` how
    many each has in the model's own, `base` their log-probabilities after the lead-in alone; empty where
    that is not known.
    """

    logprobs: tuple[float | None, ...]
    compared: tuple[float | None, ...]
    outside: float | None = None
    options: tuple[Option, ...] = ()
    tokens: tuple[int, ...] = ()
    base: tuple[float, ...] = ()

    @property
    def best(self) -> int | None:
        """Give the option that compares highest, the first of several; None if nothing is known of any."""
        known = [(value, -index) for index, value in enumerate(self.compared) if value is not None]
        return -max(known)[1] if known else None

    @property
    def tied(self) -> bool:
        """Say whether another option compares as high as the best."""
        best = self.best
        return best is not None and self.compared.count(self.compared[best]) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The option that the true task predicts, and those that distractors predict against it, by index."""

    answer: int
    distractors: tuple[int, ...] = ()


def believe_scored(
    scored: Scored, options: Sequence[Option], normalise: Normalise, unconditional: Scored | None = None
) -> Belief:
    """Make a belief of scored options; `unconditional` is needed for that way to normalise.

    `none` compares log p(option | prompt); `tokens` and `bytes` divide it by the length of the continuation
    in tokens or UTF-8 bytes; `unconditional` subtracts log p(option | lead-in alone), after Brown et al.
    2020, section 2.4.
    """
    raw = tuple(value if not math.isnan(value) else None for value in scored.logprobs)
    if normalise == "tokens":
        sizes: Sequence[int] = scored.tokens
    elif normalise == "bytes":
        sizes = [len(option.continuation.encode("utf-8", "surrogatepass")) for option in options]
    else:
        sizes = [1] * len(raw)
    base = unconditional.logprobs if unconditional and normalise == "unconditional" else [0.0] * len(raw)
    compared = tuple(
        None if value is None else (value - less) / max(1, size)
        for value, less, size in zip(raw, base, sizes, strict=True)
    )
    return Belief(
        logprobs=raw,
        compared=compared,
        options=tuple(options),
        tokens=scored.tokens,
        base=unconditional.logprobs if unconditional else (),
    )


def log_total(belief: Belief) -> float | None:
    """Give log Σ p(option) of raw probabilities; None if one is unknown, or none is above 0."""
    known = [value for value in belief.logprobs if value is not None]
    if len(known) < len(belief.logprobs) or not known:
        return None
    top = max(known)
    return None if top == -math.inf else top + math.log(math.fsum(math.exp(value - top) for value in known))


def shares(belief: Belief) -> list[float] | None:
    """Give the share of each option in Σ p(option), raw probabilities; None if one is unknown."""
    total = log_total(belief)
    return None if total is None else [math.exp(v - total) for v in belief.logprobs if v is not None]


def believe_labelled(labelled: Labelled) -> Belief:
    """Make a belief of a distribution over labels; a label that was not reported stays unknown."""
    return Belief(logprobs=labelled.logprobs, compared=labelled.logprobs, outside=labelled.outside)
