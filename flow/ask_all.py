"""Ask one model for everything the store does not have yet, and keep each answer as it comes."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from random import SystemRandom
from typing import TypeAlias

from taskc.backends.lane import lane_of
from taskc.backends.protocol import Backend
from taskc.backends.retry import STOPPED
from taskc.flow.budget import Budget, Purse, Spender
from taskc.flow.interrupt import Halt
from taskc.flow.outcomes import checked
from taskc.records.operation import Answer, Failure, Refusal, Reply, Usage, operation_id
from taskc.records.plan import Call
from taskc.records.response import Response
from taskc.store.responses import ResponseStore, StoreError

Progress: TypeAlias = Callable[[int, int], None]
"""Is told how many calls are done with, and how many of them failed."""

_WINDOW = 64  # calls looked up in the store at once; whoever has an answer meanwhile waits for that
_CROWDED = 4096  # and where another process writes to it
_TOGETHER = 64  # answers written in one transaction, at most
_SELDOM = 0.001  # seconds after which an answer is written at once: a transaction takes a twentieth of that
_QUIET = 2  # turns of the event loop that bring no answer: those that are there are written then
_REMEMBERED = 10_000  # failures kept by key
_IN_BATCH = Failure(
    reason="in-batch", message="it waits in a batch that was sent before; `--batch` picks that up"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureCount:
    """How often one reason came up, and one message of it."""

    reason: str
    count: int
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What became of the calls to one model.

    `asked` were answered now, `reused` were had already, `failed` have no answer; `skipped` could not be
    asked because the reasoning they come after was refused or failed. `fatal` is the failure that ended the
    run, if one did; `interrupted` says that Ctrl-C or a budget did, and then some were not asked. `why` gives
    the message of a failure by key. `cost` is in US dollars, None where no price is known.
    """

    model: str
    asked: int = 0
    reused: int = 0
    failed: int = 0
    skipped: int = 0
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0
    failures: tuple[FailureCount, ...] = ()
    fatal: Failure | None = None
    interrupted: bool = False
    why: Mapping[str, str] = field(default_factory=dict)
    cost: float | None = None

    @property
    def done(self) -> int:
        """Count the calls that need no more thought in this run."""
        return self.asked + self.reused + self.failed + self.skipped


async def ask_all(
    calls: Iterable[Call | None],
    backend: Backend,
    store: ResponseStore,
    *,
    connections: int = 8,
    progress: Progress | None = None,
    halt: Halt | None = None,
    spender: Spender | None = None,
) -> Tally:
    """Ask what the store lacks of `calls` and say what became of them; raises `StoreError` and nothing else.

    A backend that likes several operations at once gets chunks of fixed composition: `calls` are cut
    by position, whatever is missing, and each chunk is saved in one transaction, so a run that was killed
    goes on with the same batches and the same bits. A call that cannot be asked yet stands in `calls` as
    None and keeps the positions. Any other backend is asked one by one. An answer is written at once where
    the last one is a millisecond ago, else when no other comes in at that moment; a request holds its place
    until then: at most `connections` are sent and not written at any time. Nothing begins that `spender` has
    no room for.
    """
    halt = halt or Halt()
    run = Asker(backend, store, progress, halt, spender or Spender(Purse(Budget()), halt))
    start = time.monotonic()
    size = backend.capabilities.batch
    if size > 1:
        await run.ask_chunks(calls, size)
    else:
        await run.ask_singly(calls, connections)
    return run.tally(time.monotonic() - start)


@lru_cache(maxsize=1)
def _written_time(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class Asker:
    """The counts of one run, and what is in flight."""

    def __init__(
        self,
        backend: Backend,
        store: ResponseStore,
        progress: Progress | None,
        halt: Halt,
        spender: Spender,
    ) -> None:
        """Begin with nothing asked."""
        self._backend = backend
        self._store = store
        self._progress = progress
        self._halt = halt
        self._spender = spender
        self._lane = lane_of(backend)
        if self._lane is not None:
            spender.follow(backend.model, self._lane)
        self._ready: list[Response] = []
        self._gathered = _TOGETHER
        self._writing: asyncio.Future[None] | None = None
        self._wrote = 0.0  # when that was done last
        self._busy: set[str] = set()
        self._why: dict[str, str] = {}
        self._reasons: dict[str, tuple[int, str]] = {}
        self._fatal: Failure | None = None
        self._unwritten = False  # whether the store could not be written to
        self._asked = self._reused = self._failed = self._skipped = 0
        self._read = self._written = 0
        self._before = spender.purse.spent_on(backend.model)
        self._batches = bool(store.batches.each(backend.model))
        self._seen = 0  # how the store was when calls were last looked up in it
        self._others = False  # whether somebody else has written to it since

    @property
    def stopped(self) -> bool:
        """Say whether nothing more is to be sent."""
        return self._halt.asked or self._fatal is not None or self._unwritten

    async def ask_chunks(self, calls: Iterable[Call | None], size: int) -> None:
        """Ask in chunks of fixed composition."""
        rest = iter(calls)
        while not self.stopped and (chunk := list(islice(rest, size))):
            missing = self._missing(chunk)
            if missing:
                await self._ask(missing)
                self._save()
            self._report()

    async def ask_singly(self, calls: Iterable[Call | None], connections: int) -> None:
        """Ask one by one, so many at a time; no more than half of them wait to be written."""
        wanted = self._wanted(calls)
        self._gathered = min(_TOGETHER, max(1, connections // 2))
        workers = [asyncio.create_task(self._work(wanted)) for _ in range(max(1, connections))]
        everyone = asyncio.gather(*workers)
        self._halt.when_late(everyone.cancel)
        try:
            await everyone
        except asyncio.CancelledError:
            if not self._halt.late:
                raise
        except StoreError:
            await self._arrived(workers)
            raise
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            self._save()

    async def _arrived(self, workers: Sequence[asyncio.Task[None]]) -> None:
        """Wait for what is in flight where writing failed: it is paid for, and writing is tried once more."""
        if self._lane is not None:
            self._lane.stop()
        self._halt.when_late(lambda: [worker.cancel() for worker in workers])
        if not self._halt.late:
            await asyncio.wait(workers)

    async def _work(self, wanted: Iterator[Call]) -> None:
        """Ask one call after another, each when the answer before it is in the store."""
        while not self.stopped and (call := next(wanted, None)) is not None:
            if self._others and self._store.has(call.key):  # another process was quicker
                self._busy.discard(call.key)
                self._reused += 1
                continue
            await self._ask([call])
            if self._ready and not self._unwritten:
                await self._written_down()
            self._report()

    async def _written_down(self) -> None:
        """Wait until what is ready is written; the first who comes gathers others and does it for all.

        Those who are written together are sent, and answered, together again, each waiting for all. So none
        are gathered where there is time to write one by one, and they part.
        """
        if self._writing is not None:
            await self._writing
            return
        if time.monotonic() - self._wrote >= _SELDOM:
            self._save()
            return
        self._writing = writing = asyncio.get_running_loop().create_future()
        try:
            quiet, known = 0, len(self._ready)
            while quiet < _QUIET and known < self._gathered:
                await asyncio.sleep(0)
                quiet = quiet + 1 if len(self._ready) == known else 0
                known = len(self._ready)
            self._save()
            if not writing.done():
                writing.set_result(None)
        finally:
            self._writing = None
            writing.cancel()  # where writing failed, those who wait end as well; else this does nothing

    def _wanted(self, calls: Iterable[Call | None]) -> Iterator[Call]:
        """Give the calls that must be asked, in order, unless another process writes to the store as well.

        That one may be asking the same: then they come in larger portions, each shuffled, and what is left of
        this one is, so that the two seldom ask the same at the same time.
        """
        rest = iter(calls)
        while window := list(islice(rest, _CROWDED if self._others else _WINDOW)):
            crowded = self._others
            missing = self._missing(window)[::-1]
            if crowded:
                SystemRandom().shuffle(missing)
            while missing:
                yield missing.pop()
                if self._others and not crowded:
                    crowded = True
                    SystemRandom().shuffle(missing)
            self._report()

    def _missing(self, window: Sequence[Call | None]) -> list[Call]:
        """Give the calls that must be asked, each key once, and count the others."""
        named = {call.key: call for call in window if call is not None}
        self._seen, self._others = self._store.changes(), False
        had = self._store.have(named) | self._busy
        missing = [call for key, call in named.items() if key not in had and key not in self._why]
        self._busy.update(call.key for call in missing)
        skipped = sum(call is None for call in window)
        again = sum(call is not None and call.key in self._why for call in window)
        self._skipped += skipped
        self._failed += again
        self._reused += len(window) - len(missing) - skipped - again
        return self._apart(missing)

    def _apart(self, missing: list[Call]) -> list[Call]:
        """Leave out what is in a batch that was sent before: asked here as well, it would be paid twice."""
        waiting = self._store.batches.awaited(call.key for call in missing) if self._batches else set()
        for key in waiting:
            self._busy.discard(key)
            self._count(key, _IN_BATCH)
        return [call for call in missing if call.key not in waiting] if waiting else missing

    async def _ask(self, wanted: Sequence[Call]) -> None:
        model = self._backend.model
        calls, aside = await self._spender.begin(model, wanted)
        if not calls:
            return
        start = time.monotonic()
        try:
            replies = await self._replies(calls)
        except asyncio.CancelledError:
            self._spender.abandon(model, aside, calls)
            raise
        seconds = (time.monotonic() - start) / len(calls)
        self._spender.end(model, aside, calls, replies)
        for call, reply in zip(calls, replies, strict=True):
            self._take(call, reply, seconds if reply.seconds is None else reply.seconds)

    async def _replies(self, calls: Sequence[Call]) -> Sequence[Reply]:
        """Ask the backend; what it raises all the same, or leaves out, is a failure and not the end."""
        try:
            replies = await self._backend.ask([call.operation for call in calls])
        except Exception as error:
            bug = Failure(reason="backend-bug", message=f"the backend raised `{type(error).__name__}`")
            return [Reply(outcome=bug)] * len(calls)
        if len(replies) == len(calls):
            return replies
        message = f"the backend gave {len(replies)} replies to {len(calls)} operations"
        return [Reply(outcome=Failure(reason="backend-bug", message=message))] * len(calls)

    def _take(self, call: Call, reply: Reply, seconds: float) -> None:
        self._read += reply.usage.read
        self._written += reply.usage.written
        outcome = checked(call.operation, reply.outcome)
        if isinstance(outcome, Failure):
            self._busy.discard(call.key)
            if outcome.reason != STOPPED:
                self._count(call.key, outcome)
            return
        self._asked += 1
        self._ready.append(self._response(call, reply, outcome, seconds))

    def _response(self, call: Call, reply: Reply, outcome: Answer | Refusal, seconds: float) -> Response:
        return Response(
            key=call.key,
            request=call.request,
            model=self._backend.model,
            replicate=call.replicate,
            lowering=call.lowering,
            outcome=outcome,
            usage=reply.usage,
            attempts=reply.attempts,
            seconds=round(seconds, 6),
            asked=operation_id(call.operation),
            sampling=call.sampling,
            at=_written_time(int(time.time())),
            source=reply.source,
            operation=call.operation,
            body=reply.body,
        )

    def _count(self, key: str, failure: Failure) -> None:
        self._failed += 1
        if len(self._why) < _REMEMBERED:
            self._why[key] = failure.message
        count, example = self._reasons.get(failure.reason, (0, failure.message))
        self._reasons[failure.reason] = (count + 1, example)
        if failure.fatal and self._fatal is None:
            self._fatal = failure
            if self._lane is not None:  # what still waits in line is not sent
                self._lane.stop()

    def _save(self) -> None:
        ready, self._ready = self._ready, []
        try:
            self._store.add_all(ready)
        except BaseException:
            self._ready, self._unwritten = [*ready, *self._ready], True  # the end tries once more
            raise
        self._others = self._others or self._store.changes() != self._seen
        self._busy.difference_update(response.key for response in ready)
        self._wrote = time.monotonic()

    def _report(self) -> None:
        if self._progress is not None:
            done = self._asked + self._reused + self._failed + self._skipped
            self._progress(done, self._failed)

    def tally(self, seconds: float) -> Tally:
        """Give what became of all."""
        cost = self._spender.purse.spent_on(self._backend.model)
        counts = [FailureCount(reason=r, count=n, example=e) for r, (n, e) in self._reasons.items()]
        return Tally(
            model=self._backend.model,
            asked=self._asked,
            reused=self._reused,
            failed=self._failed,
            skipped=self._skipped,
            usage=Usage(read=self._read, written=self._written),
            seconds=seconds,
            failures=tuple(sorted(counts, key=lambda one: (-one.count, one.reason))),
            fatal=self._fatal,
            interrupted=self._halt.asked,
            why=dict(self._why),
            cost=None if cost is None or self._before is None else cost - self._before,
        )
