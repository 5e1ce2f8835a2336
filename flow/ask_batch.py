"""Ask one model by batches: write them down, send them, wait, pick them up, ask again for what failed.

A batch is in the store from before it is sent until its last answer is kept (`store/batches.py`), so whatever
ends this process, the next one knows what was sent. Nothing here is paid twice where the provider can tell.
"""

import asyncio
import secrets
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain, islice
from typing import IO

from taskc.backends.batches import BatchApi
from taskc.backends.batches.parcel import Parcel
from taskc.backends.batches.protocol import Result, Seen
from taskc.backends.lane import Stopped
from taskc.backends.protocol import Backend
from taskc.backends.retry import STOPPED
from taskc.flow.ask_all import Asker, Progress, Tally
from taskc.flow.batching import GONE, NO_RESULT, Batching, Flight, requests_of, unfit
from taskc.flow.budget import Spender
from taskc.flow.interrupt import Halt
from taskc.flow.outcomes import checked
from taskc.records.batch import Batch
from taskc.records.operation import Failure, Reply
from taskc.records.plan import Call
from taskc.store.responses import ResponseStore

_WINDOW = 500  # results read at once
_ROUNDS = 3  # batches in all that one request is put into
_TROUBLES = 5  # looks at one batch that fail one after another, each with tries of its own
_HALVED = 8  # times that a batch is made smaller because too much waits at the provider
_GROWTH, _LONGEST = 1.5, 10.0  # of the pause between two looks, and how often the first it may become


async def ask_batches(
    calls: Iterable[Call | None],
    backend: Backend,
    api: BatchApi,
    store: ResponseStore,
    *,
    batching: Batching,
    progress: Progress | None,
    halt: Halt,
    spender: Spender,
) -> Tally:
    """Ask what the store lacks of `calls` by batch, and say what became of them; raises only `StoreError`.

    Batches of earlier runs are picked up too, whatever they hold. A run that is halted leaves its batches
    with the provider, for the next run.
    """
    run = _Batches(backend, store, progress, halt, spender, api=api, batching=batching)
    start = time.monotonic()
    await run.ask(calls)
    return run.tally(time.monotonic() - start)


class _Batches(Asker):
    """One run: what is out, and what waits to be sent again. `_busy` are the keys that this run asks for."""

    def __init__(
        self,
        backend: Backend,
        store: ResponseStore,
        progress: Progress | None,
        halt: Halt,
        spender: Spender,
        *,
        api: BatchApi,
        batching: Batching,
    ) -> None:
        super().__init__(backend, store, progress, halt, spender)
        self._api = api
        self._poll = self._pause = batching.poll
        self._flights: dict[str, Flight] = {}
        self._again: deque[Call] = deque()
        self._rounds: Counter[str] = Counter()
        self._short = ""  # the budget that there was no room in
        self._closed: Failure | None = None  # why nothing more is sent
        self._held = False  # too much waits at the provider until one of ours is done
        self._most: int | None = None
        self._halved = 0
        self._vanished = 0  # batches in a row that were handed over and never accepted
        self._told = batching.tell

    async def ask(self, calls: Iterable[Call | None]) -> None:
        self._adopt()
        wanted = self._wanted(calls)
        while not self.stopped:
            await self._send(wanted)
            if not self._flights and not (self._short and self._spender.purse.busy):
                break
            try:
                await self._rest()
            except Stopped:
                break
            await self._look()
        if self._closed is not None and self._fatal is None:
            self._fatal = replace(self._closed, fatal=True)
        elif self._short and not self._flights:
            self._halt.end(self._short)
        self._leave()

    def _apart(self, missing: list[Call]) -> list[Call]:
        """Leave out what is in a batch already: it is waited for."""
        waiting = self._store.batches.awaited(call.key for call in missing)
        return [call for call in missing if call.key not in waiting] if waiting else missing

    # --- sending ----------------------------------------------------------------------------------

    async def _send(self, wanted: Iterator[Call]) -> None:
        """Send batches as long as there are calls, and room for them."""
        self._short = ""
        while not (self.stopped or self._held or self._closed or self._short):
            id = secrets.token_hex(8)
            with Parcel(self._api.frame, most=self._most) as parcel:
                calls, aside = self._fill(parcel, id, wanted)
                if not calls:
                    return
                await self._submit(parcel, id, calls, aside)

    def _fill(self, parcel: Parcel, id: str, wanted: Iterator[Call]) -> tuple[list[Call], float]:
        """Put calls into a parcel, and the most that they may cost aside."""
        calls: list[Call] = []
        aside = 0.0
        while (call := self._next(wanted)) is not None:
            line = self._api.line(f"{call.key}-{id}", call.operation)
            if line is None or not (calls or parcel.fits(line)):
                self._take(call, Reply(outcome=unfit(line)), 0.0)
                continue
            self._short = self._spender.lacks(self._backend.model, call) if parcel.fits(line) else ""
            if self._short or not parcel.fits(line):
                self._again.appendleft(call)
                break
            aside += self._spender.take(self._backend.model, call)
            parcel.add(line)
            calls.append(call)
        return calls, aside

    def _next(self, wanted: Iterator[Call]) -> Call | None:
        return self._again.popleft() if self._again else next(wanted, None)

    async def _submit(self, parcel: Parcel, id: str, calls: list[Call], aside: float) -> None:
        """Write a batch down, hand it over, and write down what the provider calls it."""
        mark = await self._api.mark()
        if isinstance(mark, Failure):
            self._spender.put_back(aside, len(calls), unsent=len(calls))
            self._close(mark)
            return
        model = self._backend.model
        batch = Batch(id=id, model=model, count=len(calls), at=time.time(), mark=mark)
        self._store.batches.begin(batch, calls)
        handed = await self._api.submit(batch, parcel.close(), parcel.size)
        if handed.failure is not None and not handed.unsure:
            self._store.batches.end(id)
            self._spender.put_back(aside, len(calls), unsent=len(calls))
            self._turned_down(calls, handed.failure, large=handed.large)
            return
        now = asyncio.get_running_loop().time()
        flight = self._flights[id] = Flight(batch=batch, aside=aside, since=now)
        self._pause = self._poll
        if handed.failure is None:
            self._know(flight, handed.remote)
        else:
            flight.failure = handed.failure
            self._told(f"{model}: {handed.failure.message}; whether the batch was accepted is looked up")

    def _turned_down(self, calls: list[Call], failure: Failure, *, large: bool) -> None:
        if large and len(calls) > 1:
            self._most = len(calls) // 2
            self._again.extendleft(reversed(calls))
        else:
            self._close(failure)

    def _know(self, flight: Flight, remote: str) -> None:
        self._vanished = 0
        self._store.batches.sent(flight.batch.id, remote)
        flight.batch = replace(flight.batch, remote=remote)
        self._told(f"{self._backend.model}: batch {remote} is sent, {requests_of(flight.batch.count)}")

    def _close(self, failure: Failure) -> None:
        """Send nothing more; what is out is still picked up."""
        if failure.reason != STOPPED and self._closed is None:
            self._closed = failure

    # --- waiting ----------------------------------------------------------------------------------

    def _adopt(self) -> None:
        """Take over what earlier runs have sent; it counts in the budget of this one."""
        now = asyncio.get_running_loop().time()
        model = self._backend.model
        for batch in self._store.batches.each(model):
            aside = sum(self._spender.take(model, call) for call in self._store.batches.calls(batch.id))
            self._flights[batch.id] = Flight(batch=batch, aside=aside, since=now)
            name = batch.remote or "of which nobody knows whether it was accepted"
            self._told(f"{model}: a batch of an earlier run is picked up, {name}, {requests_of(batch.count)}")
        self._pause = 0.0 if self._flights else self._poll

    async def _rest(self) -> None:
        """Wait until the next look; raises `Stopped` when there is to be none."""
        assert self._lane is not None, "what takes batches is reached over a network"
        await self._lane.pause(self._pause)
        self._pause = max(self._poll, min(self._pause * _GROWTH, self._poll * _LONGEST))

    async def _look(self) -> None:
        for flight in list(self._flights.values()):
            if self.stopped:
                return
            if flight.batch.remote:
                await self._look_at(flight)
            else:
                await self._look_for(flight)

    async def _look_for(self, flight: Flight) -> None:
        """Find a batch that nobody knows the fate of, or find that it was never accepted."""
        known = [one.remote for one in self._store.batches.each() if one.remote]
        begun = asyncio.get_running_loop().time()
        found = await self._api.find(flight.batch, known)
        if isinstance(found, Failure):
            self._trouble(flight, found)
        elif found.remote:
            self._know(flight, found.remote)
            await self._look_at(flight)
        elif not found.maybe and begun - flight.since >= self._api.patience:
            self._vanish(flight)

    def _vanish(self, flight: Flight) -> None:
        """Send what was never accepted again, unless that happens time after time."""
        self._release(flight)
        self._vanished += 1
        if flight.failure is not None and self._vanished >= _ROUNDS:
            self._close(flight.failure)
        else:
            self._told(f"{self._backend.model}: a batch was not accepted and is sent again")

    async def _look_at(self, flight: Flight) -> None:
        seen = await self._api.look(flight.batch.remote)
        if isinstance(seen, Failure):
            self._trouble(flight, seen)
            return
        if seen.state == "ended":
            await self._pick_up(flight, seen)
            return
        flight.troubles = 0
        if seen.state == "refused":
            self._refused(flight, seen)
        elif seen.done != flight.done:
            flight.done = seen.done
            many = f"{seen.done:,} of {requests_of(flight.batch.count)}"
            self._told(f"{self._backend.model}: batch {flight.batch.remote}: {many} done")

    def _trouble(self, flight: Flight, failure: Failure) -> None:
        """Count looks that failed; after some, the batch is left for the next run."""
        flight.troubles += 1
        if failure.reason == STOPPED or (not failure.fatal and flight.troubles < _TROUBLES):
            return
        del self._flights[flight.batch.id]
        self._spender.put_back(flight.aside, flight.batch.count)
        if failure.reason in ("not-found", "unreadable-response"):
            cure = f"`taskc store batches --forget {flight.batch.id}` gives the batch up"
            failure = replace(failure, message=f"{failure.message}; {cure}")
        self._close(failure)

    def _refused(self, flight: Flight, seen: Seen) -> None:
        """Send what the provider did not begin again when there is room, in smaller batches if need be."""
        assert seen.failure is not None
        others = len(self._flights) > 1
        self._release(flight)
        if not seen.full:
            self._close(seen.failure)
        elif others:
            self._held = True
        elif flight.batch.count > 1 and self._halved < _HALVED:
            self._most, self._halved = flight.batch.count // 2, self._halved + 1
        else:
            self._close(seen.failure)

    def _release(self, flight: Flight) -> None:
        """Forget a batch that was not begun, and send again what of it is asked for."""
        wanted = [call for call in self._store.batches.calls(flight.batch.id) if call.key in self._busy]
        self._done_with(flight, unsent=flight.batch.count)
        self._again.extend(wanted)

    def _done_with(self, flight: Flight, *, unsent: int = 0) -> None:
        self._store.batches.end(flight.batch.id)
        self._spender.put_back(flight.aside, flight.batch.count, unsent=unsent)
        del self._flights[flight.batch.id]
        self._held, self._pause = False, self._poll

    def _leave(self) -> None:
        """Say what stays with the provider."""
        left = [flight.batch.count for flight in self._flights.values()]
        if left:
            many = "1 batch" if len(left) == 1 else f"{len(left):,} batches"
            stay = f"{requests_of(sum(left))} in {many} stay with the provider"
            self._told(f"{self._backend.model}: {stay}; the next run with `--batch` picks them up")

    # --- picking up -------------------------------------------------------------------------------

    async def _pick_up(self, flight: Flight, seen: Seen) -> None:
        """Keep all answers of a batch, then forget it; broken off, it is simply picked up again."""
        with ExitStack() as stack:
            files: list[IO[bytes]] = []
            for name in seen.files:
                got = await self._api.fetch(name)
                if isinstance(got, Failure) and got.reason != "not-found":
                    self._trouble(flight, got)
                    return
                if not isinstance(got, Failure):
                    files.append(stack.enter_context(got))
            had: set[str] = set()
            results = chain.from_iterable(self._api.results(file) for file in files)
            while some := list(islice(results, _WINDOW)):
                self._read_some(flight, some, had)
                await asyncio.sleep(0)
        gone = len(files) < len(seen.files)
        self._miss(flight, had, GONE if gone else seen.failure or NO_RESULT)
        self._told(
            f"{self._backend.model}: batch {flight.batch.remote} is picked up, {len(had):,} of "
            f"{requests_of(flight.batch.count)} had a result"
        )
        self._done_with(flight)

    def _read_some(self, flight: Flight, results: Iterable[Result], had: set[str]) -> None:
        tail = f"-{flight.batch.id}"
        named = {one.name.removesuffix(tail): one for one in results if one.name.endswith(tail)}
        calls = self._store.batches.calls_by_key(flight.batch.id, [key for key in named if key not in had])
        for key, call in calls.items():
            had.add(key)
            self._bring(call, self._api.reply(named[key], call.operation), flight.batch.remote)
        self._save()
        self._report()

    def _miss(self, flight: Flight, had: set[str], failure: Failure) -> None:
        """Give all without a result the same failure."""
        if len(had) < flight.batch.count:
            for call in self._store.batches.calls(flight.batch.id):
                if call.key not in had:
                    self._bring(call, Reply(outcome=failure), flight.batch.remote)
            self._report()

    def _bring(self, call: Call, reply: Reply, remote: str) -> None:
        """Pay for what came back, and keep it, or put it into another batch."""
        purse, model = self._spender.purse, self._backend.model
        purse.pay(model, purse.actual(model, call, reply))
        self._rounds[call.key] += 1
        source = replace(reply.source, batch=remote)
        reply = replace(reply, source=source, attempts=self._rounds[call.key])
        outcome = checked(call.operation, reply.outcome)
        if call.key not in self._busy:  # this run does not ask for it; it is kept for one that does
            if not isinstance(outcome, Failure):
                self._ready.append(self._response(call, reply, outcome, 0.0))
        elif isinstance(outcome, Failure) and self._helps(outcome) and self._rounds[call.key] < _ROUNDS:
            self._again.append(call)
        else:
            self._take(call, reply, 0.0)

    def _helps(self, failure: Failure) -> bool:
        """Say whether another batch may help; whoever cancelled one does not want another."""
        return failure.again and not failure.fatal and failure.reason not in ("cancelled", "results-gone")
