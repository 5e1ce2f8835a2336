"""OpenAI's batch endpoint: a file of requests is uploaded, a batch is made of it, two files come back.

Limits and states as of the reference of `POST /v1/batches`: 50,000 requests and 200 MB a file, one endpoint
and one model a batch, results in any order, those of requests that failed in a file of their own, 24 hours. A
batch carries our name for it in its metadata, by which it is found again. Half the price.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import IO, Any

import msgspec

from taskc.backends.batches.errands import Errands, Lost, encoded, plain
from taskc.backends.batches.parcel import Frame
from taskc.backends.batches.protocol import CANCELLED, EXPIRED, Found, Result, Seen, Submission
from taskc.backends.protocol import ModelError
from taskc.backends.reading import read_line
from taskc.backends.remote import RemoteModel
from taskc.backends.wire import json_or_text
from taskc.records.batch import Batch
from taskc.records.operation import Failure, Generate, Operation, Prompt, Reply
from taskc.records.request import Message

FRAME = Frame(requests=50_000, size=200_000_000)
ENDPOINTS = {
    "messages": "/v1/chat/completions",
    "input": "/v1/responses",
    "prompt": "/v1/completions",
}
"""Where a request goes, by the word that its body has for what the model reads: each form has its own."""

_NAME = "taskc_batch"  # of our name for a batch, in its metadata
_SLACK = 86_400.0  # seconds that the clocks of two machines may differ by
_PATIENCE = 120.0
_PAGE = 100  # batches listed at once, the most there is
_FULL = ("token_limit_exceeded", "batch_limit_exceeded", "rate_limit_exceeded")
_OVER = {"completed": None, "expired": EXPIRED, "cancelled": CANCELLED}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Error:
    code: str | None = None
    message: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Errors:
    data: tuple[_Error, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counts:
    completed: int = 0
    failed: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    id: str
    status: str = ""
    created_at: float = 0.0
    metadata: Mapping[str, str] | None = None
    output_file_id: str | None = None
    error_file_id: str | None = None
    request_counts: _Counts | None = None
    errors: _Errors | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    data: tuple[_Batch, ...]
    has_more: bool = False


class _Response(msgspec.Struct, frozen=True, kw_only=True):
    """The response to one request; `body` is kept as it came."""

    status_code: int
    body: msgspec.Raw = msgspec.Raw(b"null")


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of results."""

    custom_id: str
    response: _Response | None = None
    error: _Error | None = None


_read = partial(read_line, msgspec.json.Decoder(_Line))


def open_batches(model: RemoteModel) -> "OpenAIBatches":
    """Give the batch endpoint for a model; raises `ModelError` where it is asked in a form that has none."""
    question = Prompt(messages=(Message(role="user", content="?"),))
    body = model.speech.body(Generate(prompt=question, max_tokens=1)) or {}
    endpoint = next((path for word, path in ENDPOINTS.items() if word in body), None)
    if endpoint is None:
        raise ModelError(
            f"`{model.model}` cannot be asked by batch in this form", help="leave `--batch` out for it"
        )
    return OpenAIBatches(model=model, endpoint=endpoint)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAIBatches:
    """Batches of requests to one endpoint, `/v1/chat/completions` for instance."""

    model: RemoteModel
    endpoint: str

    @property
    def frame(self) -> Frame:
        """Give the form and the limits of a file."""
        return FRAME

    @property
    def patience(self) -> float:
        """Give how long a batch may take to be known."""
        return min(self.model.line.timeout, _PATIENCE)

    @property
    def _errands(self) -> Errands:
        return Errands(line=self.model.line)

    def line(self, name: str, asked: Operation) -> bytes | None:
        """Give one line of the file."""
        body = self.model.speech.body(asked)
        if body is None:
            return None
        return encoded({"custom_id": name, "method": "POST", "url": self.endpoint, "body": plain(body)})

    async def mark(self) -> str | Failure:
        """Nothing is needed: a batch carries its name."""
        return ""

    async def submit(self, batch: Batch, file: IO[bytes], size: int) -> Submission:
        """Upload the file, which costs nothing and may be done again, then make the batch once."""
        client = self.model.client

        async def upload() -> Any:
            file.seek(0)
            named = (f"taskc-{batch.id}.jsonl", file, "application/jsonl")
            return await client.files.with_raw_response.create(file=named, purpose="batch")

        uploaded = await self._errands.call(upload, _Named, size=size)
        if isinstance(uploaded, Lost):
            return Submission(failure=uploaded.failure, large=uploaded.failure.reason == "context-overflow")

        async def create() -> Any:
            return await client.batches.with_raw_response.create(
                input_file_id=uploaded.id,
                endpoint=self.endpoint,
                completion_window="24h",
                metadata={_NAME: batch.id},
            )

        made = await self._errands.call_once(create, _Named, early=_not_there_yet)
        if isinstance(made, Lost):
            return Submission(failure=made.failure, unsure=made.unsure)
        return Submission(remote=made.id)

    async def find(self, batch: Batch, known: Sequence[str]) -> Found | Failure:
        """Go through the batches, the newest first, back to a day before it was written down."""
        async with aclosing(self._errands.listed(self._turn, _Page, "after")) as batches:
            async for one in batches:
                if isinstance(one, Failure):
                    return one
                if (one.metadata or {}).get(_NAME) == batch.id:
                    return Found(remote=one.id)
                if one.created_at < batch.at - _SLACK:
                    break
        return Found()

    async def _turn(self, begin: dict[str, str]) -> Any:
        return await self.model.client.batches.with_raw_response.list(limit=_PAGE, **begin)

    async def look(self, remote: str) -> Seen | Failure:
        """Say how far a batch is."""

        async def retrieve() -> Any:
            return await self.model.client.batches.with_raw_response.retrieve(remote)

        batch = await self._errands.call(retrieve, _Batch)
        if isinstance(batch, Lost):
            return batch.failure
        counts = batch.request_counts or _Counts()
        done = counts.completed + counts.failed
        if batch.status == "failed":
            return self._refused(batch)
        files = tuple(one for one in (batch.output_file_id, batch.error_file_id) if one)
        if batch.status not in _OVER:
            return Seen(state="working", done=done)
        return Seen(state="ended", done=done, files=files, failure=_OVER[batch.status])

    def _refused(self, batch: _Batch) -> Seen:
        """Say why a batch was not begun; the first error stands for all."""
        errors = (batch.errors.data if batch.errors else None) or (_Error(),)
        first = errors[0]
        where = f" (line {first.line})" if first.line is not None else ""
        told = first.message or first.code or "without a reason"
        full = any(one.code in _FULL for one in errors)
        message = f"openai refused the batch{where}: {self.model.line.told(told)}"
        failure = Failure(reason="queue-full" if full else "batch-refused", message=message, again=full)
        return Seen(state="refused", failure=failure, full=full)

    async def fetch(self, file: str) -> IO[bytes] | Failure:
        """Fetch one of the two files."""
        client = self.model.client
        got = await self._errands.download(lambda: client.files.with_streaming_response.content(file), _read)
        return got.failure if isinstance(got, Lost) else got

    def results(self, lines: IO[bytes]) -> Iterator[Result]:
        """Take lines apart."""
        for line in lines:
            read = _read(line)
            yield Result(name=read.custom_id, raw=read)

    def reply(self, result: Result, asked: Operation) -> Reply:
        """Say what came back: a response with its status, or why there is none."""
        line: _Line = result.raw
        if line.response is None or line.error is not None:
            return Reply(outcome=self._unanswered(line.error or _Error()))
        body = bytes(line.response.body).decode("utf-8", "replace")
        if line.response.status_code == 200:
            return self.model.line.understand(asked, body, self.model.speech)
        return Reply(outcome=self.model.line.blame(line.response.status_code, json_or_text(body)))

    def _unanswered(self, error: _Error) -> Failure:
        match error.code:
            case "batch_expired":
                return EXPIRED
            case "batch_cancelled":
                return CANCELLED
        told = self.model.line.told(error.message or error.code or "no reason given")
        return Failure(reason="batch-error", message=f"openai did not answer it: {told}")


def _not_there_yet(failure: Failure) -> bool:
    """A file that was just uploaded may take a moment to be found."""
    told = failure.message.lower()
    return failure.reason in ("bad-request", "not-found") and "file" in told and "find" in told
