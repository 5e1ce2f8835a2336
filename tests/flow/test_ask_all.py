"""Asking what the store lacks: once each, in fixed chunks or side by side, through failures."""

import asyncio
import itertools
import math
import re

import pytest

from taskc.compiler import lower
from taskc.flow.ask_all import FailureCount, ask_all
from taskc.flow.interrupt import Halt
from taskc.flow.lower_calls import answered, first_wave
from taskc.records.operation import (
    Failure,
    Generated,
    Refusal,
    Reply,
    Scored,
    Source,
    Usage,
    operation_id,
)
from taskc.store.responses import ResponseStore, StoreError


@pytest.fixture
def run(store):
    """Ask the first wave of some requests and give the tally."""

    def go(backend, requests, **given):
        found = lower.survey(requests, backend.model, backend.capabilities)
        return asyncio.run(ask_all(first_wave(requests, found), backend, store, **given))

    return go


def number_of(operation):
    return int(operation.prompt.messages[-1].content.split()[-1])


def failing(at, failure):
    def answer(operation):
        return failure if number_of(operation) in at else Generated(text="fine", finish="stop")

    return answer


@pytest.mark.parametrize("batch", [1, 4])
def test_what_is_had_is_not_asked_again(run, told, request_of, store, batch):
    requests = [request_of(at) for at in range(10)]
    backend = told(batch=batch)
    first = run(backend, requests[:6])
    assert (first.asked, first.reused, store.count()) == (6, 0, 6)
    second = run(backend, requests)
    assert (second.asked, second.reused, store.count()) == (4, 6, 10)
    asked = [number_of(operation) for chunk in backend.chunks for operation in chunk]
    assert sorted(asked) == list(range(10))


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("connections", [1, 8])
def test_one_question_is_asked_once(run, told, request_of, batch, connections):
    twins = [request_of(0, item=str(at)) for at in range(600)]
    backend = told(batch=batch, delay=0.001)
    tally = run(backend, twins, connections=connections)
    assert (tally.asked, tally.reused, len(backend.chunks)) == (1, 599, 1)


@pytest.mark.parametrize("batch", [1, 4])
def test_a_question_that_fails_is_asked_once_too(run, told, request_of, store, batch):
    twins = [request_of(0, item=str(at)) for at in range(6)]
    backend = told(failing([0], Failure(reason="bad", message="no")), batch=batch)
    tally = run(backend, twins, connections=1)
    assert len(backend.chunks) == 1
    assert tally.asked == 0
    assert tally.done == 6
    assert store.count() == 0


def test_as_many_at_a_time_as_asked_for(run, told, request_of):
    backend = told(delay=0.005)
    run(backend, [request_of(at) for at in range(30)], connections=5)
    assert backend.most == 5


def test_calls_are_read_as_they_are_needed(store, told, request_of):
    backend, read = told(delay=0.001), 0
    requests = [request_of(at) for at in range(2000)]
    found = lower.survey(requests, backend.model, backend.capabilities)
    halt = Halt()

    def calls():
        nonlocal read
        for call in first_wave(requests, found):
            read += 1
            halt.asked = read > 300
            yield call

    tally = asyncio.run(ask_all(calls(), backend, store, connections=4, halt=halt))
    assert read <= 2 * 256
    assert tally.interrupted


def test_chunks_are_cut_by_position(run, told, request_of, store):
    requests = [request_of(at) for at in range(10)]
    asyncio.run(ask_some(store, told(), requests, (1, 5, 6, 7)))
    backend = told(batch=4)
    run(backend, requests)
    assert [[number_of(one) for one in chunk] for chunk in backend.chunks] == [[0, 2, 3], [4], [8, 9]]


async def ask_some(store, backend, requests, chosen):
    found = lower.survey(requests, backend.model, backend.capabilities)
    await ask_all(first_wave([requests[at] for at in chosen], found), backend, store)


def test_a_chunk_that_cannot_be_asked_keeps_its_place(store, told, request_of):
    requests = [request_of(at) for at in range(6)]
    backend = told(batch=3)
    found = lower.survey(requests, backend.model, backend.capabilities)
    calls = [None if at in (1, 3, 4, 5) else call for at, call in enumerate(first_wave(requests, found))]
    tally = asyncio.run(ask_all(calls, backend, store))
    assert [len(chunk) for chunk in backend.chunks] == [2]
    assert (tally.asked, tally.skipped, tally.done) == (2, 4, 6)


@pytest.mark.parametrize("batch", [1, 4])
def test_failures_are_counted_and_stop_nobody(run, told, request_of, store, batch):
    limit = Failure(reason="rate-limit", message="too many")
    backend = told(failing([2, 5, 7], limit), batch=batch)
    tally = run(backend, [request_of(at) for at in range(10)])
    assert (tally.asked, tally.failed, tally.fatal) == (7, 3, None)
    assert tally.failures == (FailureCount(reason="rate-limit", count=3, example="too many"),)
    assert set(tally.why.values()) == {"too many"}
    assert store.count() == 7
    again = run(told(batch=batch), [request_of(at) for at in range(10)])
    assert (again.asked, again.reused) == (3, 7)


@pytest.mark.parametrize("batch", [1, 2])
def test_a_fatal_failure_ends_the_run(run, told, request_of, store, batch):
    wrong = Failure(reason="not-allowed", message="wrong key", again=False, fatal=True)
    backend = told(failing([4], wrong), batch=batch)
    tally = run(backend, [request_of(at) for at in range(100)], connections=1)
    assert tally.fatal == wrong
    assert tally.done < 8
    assert store.count() == tally.asked


def test_refusals_are_answers(run, told, request_of, store):
    backend = told(lambda _: Refusal(text="no"))
    assert run(backend, [request_of()]).asked == 1
    assert run(backend, [request_of()]).reused == 1


@pytest.mark.parametrize("batch", [1, 4])
def test_a_backend_that_raises_is_a_failure(run, told, request_of, batch):
    def answer(operation):
        if number_of(operation) == 1:
            raise KeyError("sk-secret")
        return Generated(text="fine", finish="stop")

    tally = run(told(answer, batch=batch), [request_of(at) for at in range(8)])
    assert tally.asked == (7 if batch == 1 else 4)
    (failure,) = tally.failures
    assert (failure.reason, failure.example) == ("backend-bug", "the backend raised `KeyError`")


def test_a_backend_that_leaves_replies_out_is_a_failure(run, told, request_of):
    backend = told(batch=4)

    async def ask(operations):
        return [Reply(outcome=Generated(text="x", finish="stop"))]

    backend.ask = ask
    tally = run(backend, [request_of(at) for at in range(4)])
    assert tally.failures[0].example == "the backend gave 1 replies to 4 operations"


@pytest.mark.parametrize(
    "outcome",
    [
        Generated(text="x", finish="stop"),
        Scored(logprobs=(-1.0,), tokens=(1,)),
        Scored(logprobs=(-1.0, math.nan), tokens=(1, 1)),
        Scored(logprobs=(-1.0, -math.inf), tokens=(1, 1)),
        Scored(logprobs=(-1.0, -2.0), tokens=(1,)),
    ],
)
def test_an_answer_that_does_not_fit_is_a_failure(run, told, request_of, labelled_options, store, outcome):
    tally = run(told(lambda _: outcome), [request_of(measure="choice", options=labelled_options)])
    assert tally.failures[0].reason == "wrong-answer-shape"
    assert store.count() == 0


def test_half_a_character_is_mended(run, told, request_of, store):
    requests = [request_of()]
    backend = told(lambda _: Generated(text="a\ud83d b \ud83d\ude00", finish="stop"))
    run(backend, requests)
    found = lower.survey(requests, backend.model, backend.capabilities)
    (one,) = answered(requests, found, store)
    assert one.responses[0].outcome.text == "a\ufffd b \U0001f600"


def test_usage_is_added_up(run, told, request_of):
    backend = told()

    async def ask(operations):
        outcome = Generated(text="x", finish="stop")
        return [Reply(outcome=outcome, usage=Usage(read=3, written=2), attempts=2)] * len(operations)

    backend.ask = ask
    tally = run(backend, [request_of(at) for at in range(4)])
    assert tally.usage == Usage(read=12, written=8)


@pytest.mark.parametrize("batch", [1, 4])
def test_progress_comes_to_the_end(run, told, request_of, batch):
    steps = []
    backend = told(failing([2], Failure(reason="bad", message="no")), batch=batch)
    run(backend, [request_of(at) for at in range(10)], progress=lambda *step: steps.append(step))
    assert steps == sorted(steps)
    assert steps[-1] == (10, 1)


def test_a_store_that_fails_ends_the_run(run, told, request_of, store):
    store.close()
    with pytest.raises(StoreError):
        run(told(), [request_of(at) for at in range(10)])


@pytest.mark.parametrize("seldom", [True, False])
def test_what_could_not_be_written_is_tried_once_more_at_the_end(
    run, told, request_of, store, monkeypatch, seldom
):
    """Another process may hold the store for longer than we wait: what was paid for is not thrown away."""
    clock = itertools.count(0.0, 1.0 if seldom else 0.0)
    monkeypatch.setattr("taskc.flow.ask_all.time.monotonic", lambda: next(clock))
    add_all, tried = store.add_all, []

    def held(some):
        tried.append([one.key for one in some])
        if len(tried) == 3:
            raise StoreError("held by another process")
        add_all(some)

    monkeypatch.setattr(store, "add_all", held)
    with pytest.raises(StoreError, match="held"):
        run(told(), [request_of(at) for at in range(200)], connections=8)
    assert tried[2]
    assert store.have(tried[2]) == set(tried[2])


def test_what_is_in_flight_arrives_where_writing_fails(run, told, request_of, store, monkeypatch):
    add_all, tried = store.add_all, []

    def held(some):
        tried.append(len(some))
        if len(tried) == 3:
            raise StoreError("held by another process")
        add_all(some)

    monkeypatch.setattr(store, "add_all", held)
    backend = told(delay=0.02)
    with pytest.raises(StoreError, match="held"):
        run(backend, [request_of(at) for at in range(200)], connections=8)
    assert len(tried) == 4, "the store is waited for once more, not by everybody"
    assert 8 <= len(backend.chunks) < 30
    assert store.count() == len(backend.chunks)


@pytest.mark.parametrize("batch", [1, 4])
def test_what_is_in_flight_is_saved_when_halted(run, told, request_of, store, batch):
    halt = Halt()

    def answer(operation):
        halt.asked = True
        return Generated(text="x", finish="stop")

    tally = run(
        told(answer, batch=batch, delay=0.01), [request_of(at) for at in range(50)], connections=4, halt=halt
    )
    assert tally.interrupted
    assert tally.asked == store.count() == 4


def test_all_that_is_known_of_an_answer_is_kept(run, told, request_of, store, tmp_path):
    backend = told(delay=0.01)
    source = Source(model="m-1", fingerprint="fp", id="x")

    async def ask(operations):
        outcome = Generated(text="x", finish="stop")
        return [Reply(outcome=outcome, attempts=3, seconds=0.25, source=source, body="{}")]

    backend.ask = ask
    run(backend, [request_of()])
    (kept,) = store.each()
    assert (kept.attempts, kept.seconds, kept.source, kept.body) == (3, 0.25, source, "{}")
    assert kept.operation.prompt.messages[-1].content == "question 0"
    assert kept.asked == operation_id(kept.operation)
    assert kept.sampling.startswith('["generate')
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", kept.at)


@pytest.mark.parametrize("seldom", [True, False])
def test_answers_are_written_together_only_where_they_come_in_quickly(
    run, told, request_of, store, monkeypatch, seldom
):
    clock = itertools.count(0.0, 1.0 if seldom else 0.0)
    monkeypatch.setattr("taskc.flow.ask_all.time.monotonic", lambda: next(clock))
    written = []
    add_all = store.add_all
    monkeypatch.setattr(store, "add_all", lambda some: (written.append(len(some)), add_all(some)))
    run(told(), [request_of(at) for at in range(64)], connections=16)
    assert sum(written) == store.count() == 64
    assert (max(written) == 1) if seldom else (max(written) > 1)


def test_two_runs_that_ask_the_same_at_the_same_time_part_the_calls(told, request_of, store):
    """Step by step they would ask everything twice; told that the other is there, each shuffles."""
    requests = [request_of(at) for at in range(3000)]
    here, there = told(delay=0.001), told(delay=0.001)
    found = lower.survey(requests, here.model, here.capabilities)
    calls = list(first_wave(requests, found))

    async def both(second):
        return await asyncio.gather(ask_all(calls, here, store), ask_all(calls, there, second))

    with ResponseStore.open(store.path) as second:
        one, other = asyncio.run(both(second))
    assert store.count() == 3000
    assert one.done == other.done == 3000
    assert len(here.chunks) + len(there.chunks) < 4500, "of 6,000 without"


def test_two_runs_part_the_calls_of_the_first_look_as_well(told, request_of, store):
    """A small run is looked up at once, before either can know of the other."""
    requests = [request_of(at) for at in range(60)]
    here, there = told(delay=0.001), told(delay=0.001)
    found = lower.survey(requests, here.model, here.capabilities)
    calls = list(first_wave(requests, found))

    async def both(second):
        await asyncio.gather(
            ask_all(calls, here, store, connections=2), ask_all(calls, there, second, connections=2)
        )

    with ResponseStore.open(store.path) as second:
        asyncio.run(both(second))
    assert store.count() == 60
    assert len(here.chunks) + len(there.chunks) < 105, "of 120 without"


def test_what_another_process_has_asked_meanwhile_is_not_asked(told, request_of, store):
    """Two runs on one store: what one was quicker with costs the other nothing."""
    requests = [request_of(at) for at in range(20)]
    second = ResponseStore.open(store.path)
    here, there = told(), told()
    found = lower.survey(requests, here.model, here.capabilities)

    async def both():
        calls = list(first_wave(requests, found))
        return await asyncio.gather(
            ask_all(calls, here, store, connections=1), ask_all(calls, there, second, connections=3)
        )

    with second:
        one, other = asyncio.run(both())
    assert store.count() == 20
    assert one.done == other.done == 20
    assert one.asked + other.asked <= 30  # twice only what is in flight when they meet; 40 without a look
    assert one.reused + other.reused >= 10
