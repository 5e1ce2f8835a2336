"""How batch endpoints are asked: calls with patience, careful handing over, downloads that are whole."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from functools import partial
from tempfile import TemporaryFile
from typing import IO, Any, TypeVar

import msgspec

from taskc.backends.headers import read_windows
from taskc.backends.remote import Line
from taskc.backends.retry import Got, Problem, persist
from taskc.records.operation import Failure, Refusal, Usage

T = TypeVar("T")

_SLOWEST = 100_000  # bytes a second that an upload may be slowed down to before it is given up
_UNSURE = ("timeout", "conflict", "server-error", "no-connection", "unreadable-response")
_SDK = ("timeout", "extra_body", "extra_headers", "extra_query")  # what is told to the SDK only


def _nothing() -> Usage:
    return Usage()


class _ShapeError(Exception):
    """What came is not of the agreed shape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A call that brought nothing; `unsure` where the provider may have done it all the same."""

    failure: Failure
    unsure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Errands:
    """Calls to a provider, by the way (`line`) that its model is asked by."""

    line: Line

    async def call(self, send: Callable[[], Awaitable[Any]], kind: type[T], *, size: int = 0) -> T | Lost:
        """Send until there is an answer of that kind; for what may be done twice."""
        return await self._persist(send, kind, self._explain, size)

    async def call_once(
        self,
        send: Callable[[], Awaitable[Any]],
        kind: type[T],
        *,
        size: int = 0,
        early: Callable[[Failure], bool] = lambda failure: False,
    ) -> T | Lost:
        """Send what must not be done twice: tried again only where it is certain that it was not done.

        `early` says of a failure that it passes by itself in a moment.
        """
        unsure = False

        def explain(error: Exception) -> Problem | None:
            nonlocal unsure
            problem = self._explain(error)
            if problem is None or not isinstance(problem.outcome, Failure):
                return problem
            if early(problem.outcome):
                failure = replace(problem.outcome, fatal=False)
                return replace(problem, outcome=failure, passing=True, answered=True)
            unsure = problem.outcome.reason in _UNSURE and not problem.outcome.fatal
            return replace(problem, passing=problem.passing and not unsure)

        got = await self._persist(send, kind, explain, size)
        return Lost(failure=got.failure, unsure=unsure) if isinstance(got, Lost) else got

    async def listed(
        self, turn: Callable[[dict[str, str]], Awaitable[Any]], kind: type[Any], after: str
    ) -> AsyncGenerator[Any | Failure, None]:
        """Give all that a list holds, page after page; a failure ends it.

        `turn` fetches a page of `kind` by the arguments it is given: `after` is the name of the one that says
        where the page begins.
        """
        begin: dict[str, str] = {}
        while True:
            page = await self.call(partial(turn, begin), kind)
            if isinstance(page, Lost):
                yield page.failure
                return
            for one in page.data:
                yield one
            if not page.has_more or not page.data:
                return
            begin = {after: page.data[-1].id}

    async def download(
        self, open_: Callable[[], AbstractAsyncContextManager[Any]], read: Callable[[bytes], object]
    ) -> IO[bytes] | Lost:
        """Fetch lines into a file, all of them, that `read` can read; it is deleted when it is closed.

        A body of other lines is none: what is missing in it would be asked, and paid for, again.
        """
        file: IO[bytes] = TemporaryFile(prefix="taskc-")  # noqa: SIM115 - whoever reads it closes it
        limit = self.line.timeout

        async def once() -> Got[IO[bytes]]:
            file.seek(0)
            file.truncate()
            loop = asyncio.get_running_loop()
            async with asyncio.timeout(limit) as watch, open_() as response:
                async for piece in response.iter_bytes():
                    file.write(piece)
                    watch.reschedule(loop.time() + limit)
            _check_lines(file, read)
            return Got(value=file)

        def explain(error: Exception) -> Problem | None:
            problem = self._explain(error)
            if problem is None or not isinstance(problem.outcome, Failure):
                return problem
            gone = problem.outcome.reason == "not-found"  # of one file, which says nothing of the model
            return replace(problem, outcome=replace(problem.outcome, fatal=False)) if gone else problem

        got = await self._go(once, explain)
        if isinstance(got, Lost):
            file.close()
        return got

    async def _persist(
        self,
        send: Callable[[], Awaitable[Any]],
        kind: type[T],
        explain: Callable[[Exception], Problem | None],
        size: int,
    ) -> T | Lost:
        async def once() -> Got[T]:
            async with asyncio.timeout(self.line.timeout + size / _SLOWEST):
                raw = await send()
            windows = read_windows(raw.headers, time.time())
            return Got(value=_shaped(kind, str(raw.http_response.text)), windows=windows)

        return await self._go(once, explain)

    async def _go(
        self, once: Callable[[], Awaitable[Got[T]]], explain: Callable[[Exception], Problem | None]
    ) -> T | Lost:
        try:
            got = await persist(once, explain, self.line.patience, self.line.lane, _nothing, _nothing)
        except Exception as error:  # nobody knows it: a bug, and not the end of the run
            name = type(error).__name__
            failure = Failure(reason="backend-bug", message=f"the backend raised `{name}`", fatal=True)
            return Lost(failure=failure, unsure=True)
        if isinstance(got.value, Refusal):
            return Lost(failure=Failure(reason="bad-request", message=got.value.text, again=False))
        return Lost(failure=got.value) if isinstance(got.value, Failure) else got.value

    def _explain(self, error: Exception) -> Problem | None:
        if isinstance(error, _ShapeError):
            message = f"{self.line.service} sent a response that cannot be read: {error}"
            failure = Failure(reason="unreadable-response", message=message)
            return Problem(outcome=failure, passing=True, answered=True)
        return self.line.explain(error)


def plain(body: Mapping[str, Any]) -> dict[str, Any]:
    """Give the body as it goes over the wire of what `Speech.body` makes for an SDK's call."""
    extra = body.get("extra_body") or {}
    return {key: value for key, value in body.items() if key not in _SDK} | dict(extra)


def encoded(value: Any) -> bytes:
    """Write JSON on one line; half a character goes as an escape."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def _check_lines(file: IO[bytes], read: Callable[[bytes], object]) -> None:
    file.seek(0)
    for line in file:
        try:
            read(line)
        except (msgspec.MsgspecError, UnicodeError) as problem:
            raise _ShapeError(str(problem).lower()) from None
    file.seek(0)


def _shaped(kind: type[T], text: str) -> T:
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, UnicodeError) as problem:
        raise _ShapeError(str(problem).lower()) from None
