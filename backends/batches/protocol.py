"""What a batch endpoint can do, whoever's it is: take requests, say how far they are, give the results."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, Literal, Protocol

from taskc.backends.batches.parcel import Frame
from taskc.records.batch import Batch
from taskc.records.operation import Failure, Operation, Reply

EXPIRED = Failure(reason="expired", message="the batch ran out of time before this was asked")
CANCELLED = Failure(reason="cancelled", message="the batch was cancelled before this was asked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What came of handing a batch over: the provider's name for it, or why not.

    `unsure` says that it may have been accepted all the same, so that it has to be looked for; `large` that
    fewer requests might be taken.
    """

    remote: str = ""
    failure: Failure | None = None
    unsure: bool = False
    large: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What looking for a batch brought: the provider's name for it, empty where there is none.

    `maybe` says that one is there of which only its results will tell whose it is.
    """

    remote: str = ""
    maybe: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How far a batch is. `files` are where its results are had.

    `failure` of one that `ended` is that of requests without a result, where the provider says what it is.
    `refused` is one that was not begun, for the reason in `failure`, and costs nothing; `full` says that
    it was because too much is waiting already.
    """

    state: Literal["working", "ended", "refused"]
    done: int = 0
    files: tuple[str, ...] = ()
    failure: Failure | None = None
    full: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One line of the results, not yet read: `name` is the request's, `raw` what the provider says."""

    name: str
    raw: Any


class BatchApi(Protocol):
    """The batch endpoint of one model. Nothing here raises for what the provider or the network does."""

    @property
    def frame(self) -> Frame: ...  # noqa: D102
    @property
    def patience(self) -> float:
        """Give the seconds after which a batch is known to the provider, or never will be."""

    def line(self, name: str, asked: Operation) -> bytes | None:
        """Give one request as it stands in a batch; None where it cannot be had."""

    async def mark(self) -> str | Failure:
        """Give what `find` needs to know from before a batch is sent."""

    async def submit(self, batch: Batch, file: IO[bytes], size: int) -> Submission:
        """Hand a batch over, once: a second try could be a second batch."""

    async def find(self, batch: Batch, known: Sequence[str]) -> Found | Failure:
        """Look for a batch of which nobody knows whether it was accepted; `known` are others of ours."""

    async def look(self, remote: str) -> Seen | Failure:
        """Say how far a batch is."""

    async def fetch(self, file: str) -> IO[bytes] | Failure:
        """Fetch results, one a line, into a file that is deleted when it is closed."""

    def results(self, lines: IO[bytes]) -> Iterator[Result]:
        """Take the lines of results apart, which `fetch` has found readable."""

    def reply(self, result: Result, asked: Operation) -> Reply:
        """Say what came back for a request."""
