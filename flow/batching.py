"""How to ask by batch, a batch that is out, and what may become of a request in one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from taskc.records.batch import Batch
from taskc.records.operation import Failure

Tell: TypeAlias = Callable[[str], None]
"""Is told, in words for a person, what becomes of batches."""

NO_RESULT = Failure(reason="no-result", message="the batch ended without a result for it")
"""What became of a request that an ended batch says nothing of."""

GONE = Failure(reason="results-gone", message="the provider has not kept the results of the batch")
"""What became of the requests of a batch whose results were deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batching:
    """How to ask by batch: the first pause between two looks, in seconds, and who is told."""

    poll: float = 30.0
    tell: Tell = lambda text: None


@dataclass(slots=True, kw_only=True)
class Flight:
    """A batch that is out. `since` is from when on it is looked for, on the clock of the loop.

    `failure` is what handing it over ended with, where that leaves open whether it was accepted.
    """

    batch: Batch
    aside: float
    since: float
    done: int = 0
    troubles: int = 0
    failure: Failure | None = None


def unfit(line: bytes | None) -> Failure:
    """Say why a request is in no batch: it cannot be had by one, or its `line` is too long."""
    if line is None:
        return Failure(reason="not-supported", message="it cannot be asked by batch", again=False)
    return Failure(reason="context-overflow", message="it is larger than a batch may be", again=False)


def requests_of(count: int) -> str:
    """Write a number of requests."""
    return "1 request" if count == 1 else f"{count:,} requests"
