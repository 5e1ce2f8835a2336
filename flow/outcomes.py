"""Look at what a backend handed back before it is kept: an answer fits its question or is a failure."""

import math
from dataclasses import replace

from taskc.records.operation import (
    Failure,
    Generate,
    Generated,
    Labelled,
    Labels,
    Operation,
    Outcome,
    Refusal,
    Score,
    Scored,
)


def checked(operation: Operation, outcome: Outcome) -> Outcome:
    """Give an outcome that can be stored: of the right kind and length, finite numbers, whole text."""
    match operation, outcome:
        case _, Failure():
            return outcome
        case _, Refusal():
            return outcome if outcome.text.isascii() else replace(outcome, text=_whole(outcome.text))
        case Generate(), Generated():
            return outcome if outcome.text.isascii() else replace(outcome, text=_whole(outcome.text))
        case Score(), Scored():
            fits = len(outcome.logprobs) == len(outcome.tokens) == len(operation.continuations)
            return outcome if fits and _finite(*outcome.logprobs) else _unfit(operation, outcome)
        case Labels(), Labelled():
            seen = [one for one in outcome.logprobs if one is not None]
            fits = len(outcome.logprobs) == len(operation.labels)
            return outcome if fits and _finite(outcome.outside, *seen) else _unfit(operation, outcome)
        case _:
            return _unfit(operation, outcome)


def _finite(*numbers: float) -> bool:
    return all(math.isfinite(number) for number in numbers)


def _whole(text: str) -> str:
    """Replace halves of surrogate pairs, which JSON can carry and no file can."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unfit(operation: Operation, outcome: Outcome) -> Failure:
    asked = type(operation).__name__.lower()
    message = f"the backend answered `{outcome.kind}` with values that do not fit `{asked}`"
    return Failure(reason="wrong-answer-shape", message=message, again=False)
