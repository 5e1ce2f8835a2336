"""A build against models: plan everything, refuse what cannot be had, then ask them side by side."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from taskc.backends.batches import open_batches
from taskc.backends.lane import Gate, Lane, lane_of
from taskc.backends.pace import Pace
from taskc.backends.protocol import Backend
from taskc.compiler import lower
from taskc.flow.ask_all import FailureCount, Progress, Tally, ask_all
from taskc.flow.ask_batch import ask_batches
from taskc.flow.batching import Batching
from taskc.flow.budget import Budget, Purse, Spender
from taskc.flow.interrupt import Halt, draining
from taskc.flow.lower_calls import Requests, first_wave, second_wave
from taskc.records.operation import Usage
from taskc.records.plan import Call, Capabilities, Plan
from taskc.store.responses import ResponseStore

_LOOK = 0.05  # seconds between two looks at whether the run is to end


class Watch(Protocol):
    """Is told how far the calls to a model have come."""

    def __call__(self, model: str, done: int, total: int, failed: int) -> None: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The plan of a run, and by model what the planner found out and how many calls there are."""

    plan: Plan
    surveys: Mapping[str, lower.Survey] = field(default_factory=dict)
    calls: Mapping[str, int] = field(default_factory=dict)

    def of(self, models: Collection[str]) -> "Prepared":
        """Give the part that is about `models`."""
        calls = {model: self.calls[model] for model in models}
        rows = tuple(row for row in self.plan.lowerings if row.model in calls)
        return Prepared(
            plan=Plan(lowerings=rows, totals={"calls": sum(calls.values())}),
            surveys={model: self.surveys[model] for model in models},
            calls=calls,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run did: nothing where the plan was refused, else a tally for each model that was begun.

    `interrupted` says that somebody ended it, `budget` names the flag of the budget that did.
    """

    prepared: Prepared
    tallies: tuple[Tally, ...] = ()
    interrupted: bool = False
    budget: str = ""


def prepare(requests: Requests, models: Mapping[str, Capabilities]) -> Prepared:
    """Plan a build for models, each given by its canonical model string and what it can do."""
    surveyings = {model: lower.Surveying(model, can) for model, can in models.items()}
    plannings = _begun(surveyings)
    alone = True
    for request in requests():
        alone = alone and request.after is None and request.stage != "think"
        for one in surveyings.values():
            one.add(request)
        for planning in plannings if alone else ():
            planning.add(request)
    if not alone:  # what hangs on another request can be planned when all are known
        plannings = _begun(surveyings)
        for request in requests():
            for planning in plannings:
                planning.add(request)
    surveys = {model: one.done() for model, one in surveyings.items()}
    tables = {model: one.table() for model, one in zip(models, plannings, strict=True)}
    lowerings = tuple(row for table in tables.values() for row in table.lowerings)
    calls = {model: table.calls for model, table in tables.items()}
    plan = Plan(lowerings=lowerings, totals={"calls": sum(calls.values())})
    return Prepared(plan=plan, surveys=surveys, calls=calls)


def _begun(surveyings: Mapping[str, lower.Surveying]) -> list[lower.Planning]:
    return [lower.Planning(one.done()) for one in surveyings.values()]


def survey_all(requests: Requests, models: Mapping[str, Capabilities]) -> dict[str, lower.Survey]:
    """Survey a build for several models in one reading."""
    surveyings = [lower.Surveying(model, can) for model, can in models.items()]
    for request in requests():
        for one in surveyings:
            one.add(request)
    return {model: one.done() for model, one in zip(models, surveyings, strict=True)}


async def ask_build(
    requests: Requests,
    backends: Sequence[Backend],
    store: ResponseStore,
    *,
    prepared: Prepared | None = None,
    connections: int = 8,
    watch: Watch | None = None,
    purse: Purse | None = None,
    batching: Batching | None = None,
) -> Run:
    """Ask every model what the store lacks; raises `StoreError` and nothing else.

    With `batching`, models are asked by the batch endpoints of their providers, which `check_batches` says
    they have, and the answers that come after reasoning go into batches of their own when that is there.

    Models behind a network are asked side by side, at most `connections` requests at a time to one host;
    those that compute here one after another. Nothing is asked when the plan refuses a stated measure. A
    fatal failure ends the run of its model only. The first Ctrl-C, or a budget that is used up, lets what is
    in flight arrive and ends the run, after `--max-time` no longer than its grace; a second Ctrl-C raises
    `KeyboardInterrupt`.
    """
    prepared = prepared or prepare(requests, {one.model: one.capabilities for one in backends})
    if prepared.plan.refused:
        return Run(prepared=prepared)
    share_gates([lane for one in backends if (lane := lane_of(one))], connections)
    halt = Halt()
    spender = Spender(purse or Purse(Budget()), halt)

    async def ask(backend: Backend) -> Tally:
        asking = _Asking(
            backend=backend,
            store=store,
            connections=connections,
            progress=_told(watch, backend.model, prepared.calls[backend.model]),
            halt=halt,
            spender=spender,
            batching=batching,
        )
        return await _ask_model(requests, prepared.surveys[backend.model], asking)

    with draining(halt):
        async with _minding(halt, backends, spender.purse.budget):
            tallies = await _ask_together(backends, ask, halt)
    left = any(tally.fatal is None and tally.done < prepared.calls[tally.model] for tally in tallies)
    whole = len(tallies) == len(backends) and not left
    return Run(
        prepared=prepared,
        tallies=tallies,
        interrupted=halt.asked and not halt.budget,
        budget="" if whole else halt.budget,
    )


def share_gates(lanes: Iterable[Lane], connections: int) -> None:
    """Put the models of each host behind one gate of that many connections."""
    gates: dict[str, Gate] = {}
    for lane in lanes:
        if lane.host not in gates:
            gates[lane.host] = Gate(Pace(most=connections, first=lane.first))
        lane.pass_through(gates[lane.host])


async def _ask_together(
    backends: Sequence[Backend], ask: Callable[[Backend], Awaitable[Tally]], halt: Halt
) -> tuple[Tally, ...]:
    """Ask those behind a network side by side, and next to them the others one after another."""
    tallies: dict[str, Tally] = {}

    async def in_turn(some: Iterable[Backend]) -> None:
        for one in some:
            if not halt.asked:
                tallies[one.model] = await ask(one)

    here = [one for one in backends if lane_of(one) is None]
    lines = [[one] for one in backends if lane_of(one) is not None]
    tasks = [asyncio.create_task(in_turn(some)) for some in (*lines, here)]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return tuple(tallies[one.model] for one in backends if one.model in tallies)


@asynccontextmanager
async def _minding(halt: Halt, backends: Sequence[Backend], budget: Budget) -> AsyncIterator[None]:
    """Look at the clock and at `halt` while the block runs; once it is asked for, empty the lines."""
    loop = asyncio.get_running_loop()
    end = None if budget.seconds is None else loop.time() + budget.seconds

    async def mind() -> None:
        while not halt.asked:
            if end is not None and loop.time() >= end:
                halt.end("--max-time")
            else:
                await asyncio.sleep(_LOOK if end is None else max(0.0, min(_LOOK, end - loop.time())))
        for lane in map(lane_of, backends):
            if lane is not None:
                lane.stop()
        if halt.budget == "--max-time":
            await asyncio.sleep(budget.grace)
            halt.give_up()

    minding = asyncio.create_task(mind())
    try:
        yield
    finally:
        minding.cancel()
        await asyncio.gather(minding, return_exceptions=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """How one model is asked, whatever it is asked."""

    backend: Backend
    store: ResponseStore
    connections: int
    progress: Progress | None
    halt: Halt
    spender: Spender
    batching: Batching | None = None

    async def ask(self, calls: Iterable[Call | None], before: Tally | None = None) -> Tally:
        if self.batching is not None:
            return await ask_batches(
                calls,
                self.backend,
                open_batches(self.backend),
                self.store,
                batching=self.batching,
                progress=_after(self.progress, before),
                halt=self.halt,
                spender=self.spender,
            )
        return await ask_all(
            calls,
            self.backend,
            self.store,
            connections=self.connections,
            progress=_after(self.progress, before),
            halt=self.halt,
            spender=self.spender,
        )


async def _ask_model(requests: Requests, found: lower.Survey, asking: _Asking) -> Tally:
    """Ask in two waves: everything that stands alone, then the answers that come after reasoning."""
    first = await asking.ask(first_wave(requests(), found))
    if first.fatal or first.interrupted or not found.needed:
        return first
    second = await asking.ask(second_wave(requests(), found, asking.store), first)
    return _joined(first, second)


def _told(watch: Watch | None, model: str, total: int) -> Progress | None:
    if watch is None:
        return None
    return lambda done, failed: watch(model, done, total, failed)


def _after(progress: Progress | None, first: Tally | None) -> Progress | None:
    if progress is None or first is None:
        return progress
    return lambda done, failed: progress(first.done + done, first.failed + failed)


def _joined(first: Tally, second: Tally) -> Tally:
    """Add up what two waves to one model did."""
    counts = {one.reason: one for one in first.failures}
    for one in second.failures:
        before = counts.get(one.reason)
        count = one.count + (before.count if before else 0)
        counts[one.reason] = FailureCount(reason=one.reason, count=count, example=one.example)
    return Tally(
        model=first.model,
        asked=first.asked + second.asked,
        reused=first.reused + second.reused,
        failed=first.failed + second.failed,
        skipped=first.skipped + second.skipped,
        usage=Usage(
            read=first.usage.read + second.usage.read, written=first.usage.written + second.usage.written
        ),
        seconds=first.seconds + second.seconds,
        failures=tuple(sorted(counts.values(), key=lambda one: (-one.count, one.reason))),
        fatal=second.fatal or first.fatal,
        interrupted=first.interrupted or second.interrupted,
        why={**first.why, **second.why},
        cost=None if first.cost is None or second.cost is None else first.cost + second.cost,
    )
