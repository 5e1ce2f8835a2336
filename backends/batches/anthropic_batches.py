"""Anthropic's batch endpoint: requests go in one body, results come in one file once all are done.

Limits and states as of the guide *Batch processing*: 100,000 requests or 256 MB a batch, names of 1 to 64
letters, digits, `_` and `-`, results in any order, 24 hours, kept for 29 days. Half the price; what is
errored, cancelled or expired is not charged. A batch carries no name of ours, and so is known by those of its
requests.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import IO, Any

import msgspec

from taskc.backends.batches.errands import Errands, Lost, encoded, plain
from taskc.backends.batches.parcel import Frame
from taskc.backends.batches.protocol import CANCELLED, EXPIRED, Found, Result, Seen, Submission
from taskc.backends.reading import read_line
from taskc.backends.remote import RemoteModel
from taskc.records.batch import Batch
from taskc.records.operation import Failure, Operation, Reply

FRAME = Frame(requests=100_000, size=256_000_000, head=b'{"requests":[', joint=b",", tail=b"]}")
_PATIENCE = 120.0
_PAGE = 100  # batches listed at once
_PIECE = 1 << 16  # bytes sent at once
_STATUS = {
    "invalid_request_error": 400,
    "invalid_request": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "overloaded_error": 529,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counts:
    processing: int = 0
    succeeded: int = 0
    errored: int = 0
    canceled: int = 0
    expired: int = 0

    @property
    def total(self) -> int:
        return self.processing + self.succeeded + self.errored + self.canceled + self.expired


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    id: str
    processing_status: str = ""
    request_counts: _Counts = field(default_factory=_Counts)
    results_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    data: tuple[_Batch, ...]
    has_more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Error:
    type: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wrapped:
    """An error within an error, or itself, as in older results."""

    error: _Error | None = None
    type: str = ""
    message: str = ""

    @property
    def inner(self) -> _Error:
        return self.error or _Error(type=self.type, message=self.message)


class _Result(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one request; `message` is kept as it came."""

    type: str
    message: msgspec.Raw = msgspec.Raw(b"null")
    error: _Wrapped = _Wrapped()


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of results."""

    custom_id: str
    result: _Result


_read = partial(read_line, msgspec.json.Decoder(_Line))


def open_batches(model: RemoteModel) -> "AnthropicBatches":
    """Give the batch endpoint for a model."""
    return AnthropicBatches(model=model)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnthropicBatches:
    """Batches of Messages."""

    model: RemoteModel

    @property
    def frame(self) -> Frame:
        """Give the form and the limits of a body."""
        return FRAME

    @property
    def patience(self) -> float:
        """Give how long a batch may take to be known."""
        return min(self.model.line.timeout, _PATIENCE)

    @property
    def _errands(self) -> Errands:
        return Errands(line=self.model.line)

    def line(self, name: str, asked: Operation) -> bytes | None:
        """Give one element of the list of requests."""
        body = self.model.speech.body(asked)
        return None if body is None else encoded({"custom_id": name, "params": plain(body)})

    async def mark(self) -> str | Failure:
        """Give the newest batch there is, so that one made later is told from those before it."""
        page = await self._errands.call(lambda: self._turn({}, limit=1), _Page)
        if isinstance(page, Lost):
            return page.failure
        return page.data[0].id if page.data else ""

    async def submit(self, batch: Batch, file: IO[bytes], size: int) -> Submission:
        """Send the body, once."""
        client = self.model.client
        headers = {
            "Content-Type": "application/json",
            "Content-Length": str(size),
            "X-Stainless-Raw-Response": "raw",  # the SDK's word for a response that it does not read
        }

        async def create() -> Any:
            return await client.post(
                "/v1/messages/batches",
                cast_to=object,
                content=_pieces(file),
                options={"headers": headers},
            )

        made = await self._errands.call_once(create, _Batch, size=size)
        if isinstance(made, Lost):
            large = made.failure.reason == "context-overflow"
            return Submission(failure=made.failure, unsure=made.unsure, large=large)
        return Submission(remote=made.id)

    async def find(self, batch: Batch, known: Sequence[str]) -> Found | Failure:
        """Go through the batches made after the mark: one of as many requests may be it, its results tell."""
        maybe = False
        async with aclosing(self._errands.listed(self._turn, _Page, "after_id")) as batches:
            async for one in batches:
                if isinstance(one, Failure):
                    return one
                if one.id == batch.mark:
                    break
                if one.id in known or one.request_counts.total != batch.count:
                    continue
                mine = await self._is(one, batch)
                if isinstance(mine, Failure):
                    return mine
                if mine:
                    return Found(remote=one.id)
                maybe = maybe or mine is None
        return Found(maybe=maybe)

    async def _is(self, one: _Batch, batch: Batch) -> bool | Failure | None:
        """Say whether it is ours; None as long as it has no results."""
        if one.processing_status != "ended":
            return None
        if one.results_url is None:
            return False
        got = await self.fetch(one.id)
        if isinstance(got, Failure):
            return False if got.reason == "not-found" else got
        with got as lines:
            first = next(self.results(lines), None)
        return first is not None and first.name.endswith(f"-{batch.id}")

    async def _turn(self, begin: dict[str, str], limit: int = _PAGE) -> Any:
        return await self.model.client.messages.batches.with_raw_response.list(limit=limit, **begin)

    async def look(self, remote: str) -> Seen | Failure:
        """Say how far a batch is; as long as it works, the counts do not move."""

        async def retrieve() -> Any:
            return await self.model.client.messages.batches.with_raw_response.retrieve(remote)

        batch = await self._errands.call(retrieve, _Batch)
        if isinstance(batch, Lost):
            return batch.failure
        done = batch.request_counts.total - batch.request_counts.processing
        ended = batch.processing_status == "ended"
        return Seen(state="ended" if ended else "working", done=done, files=(remote,) if ended else ())

    async def fetch(self, file: str) -> IO[bytes] | Failure:
        """Fetch the results of a batch."""
        batches = self.model.client.messages.batches
        got = await self._errands.download(lambda: batches.with_streaming_response.results(file), _read)
        return got.failure if isinstance(got, Lost) else got

    def results(self, lines: IO[bytes]) -> Iterator[Result]:
        """Take lines apart."""
        for line in lines:
            read = _read(line)
            yield Result(name=read.custom_id, raw=read.result)

    def reply(self, result: Result, asked: Operation) -> Reply:
        """Say what came back: a message, or why there is none."""
        line: _Result = result.raw
        match line.type:
            case "succeeded":
                return self.model.line.understand(
                    asked, bytes(line.message).decode("utf-8", "replace"), self.model.speech
                )
            case "errored":
                error = line.error.inner
                said = {"type": error.type, "message": error.message}
                return Reply(outcome=self.model.line.blame(_STATUS.get(error.type, 500), said))
            case "expired":
                return Reply(outcome=EXPIRED)
            case "canceled":
                return Reply(outcome=CANCELLED)
        told = f"anthropic ended it as `{line.type}`, which is not known"
        return Reply(outcome=Failure(reason="batch-error", message=told))


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    """Read a file from its beginning, a piece at a time."""
    file.seek(0)
    while piece := file.read(_PIECE):
        yield piece
