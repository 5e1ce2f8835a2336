"""The lane: in line, one pace for a host, and empty at once when the run ends."""

import asyncio
import time

import pytest

from taskc.backends import open_model
from taskc.backends.lane import Gate, Lane, Stopped
from taskc.backends.pace import Feedback, Limits, Pace
from taskc.flow.ask_build import share_gates
from taskc.records.operation import Failure, Generate, Generated, Prompt, Usage
from taskc.records.request import Message

FINE = Feedback(fine=True)
HELLO = Generate(prompt=Prompt(messages=(Message(role="user", content="hi"),)), max_tokens=5)


def lanes(*hosts, connections=4, first=0.05):
    made = [Lane(host, Limits(), first=first) for host in hosts]
    share_gates(made, connections)
    return made


async def trip(lane, seconds=0.01, feedback=FINE, seen=None):
    ticket = await lane.enter(Usage)
    if seen is not None:
        seen.append((lane, time.monotonic()))
    await asyncio.sleep(seconds)
    lane.leave(ticket, feedback)


def test_one_slow_down_holds_all_models_of_the_host_and_no_other():
    async def go():
        now = 100.0
        one, two, other = lanes("a", "a", "b")
        assert one.gate is two.gate is not other.gate
        one.gate.clock = lambda: now
        await trip(one, 0, Feedback(slow=True, wait=0.2))
        held = [asyncio.create_task(trip(lane, 0)) for lane in (one, two)]
        await trip(other, 0.3)  # there and back, while both look at their clock again and again
        assert not any(task.done() for task in held)
        now += 0.2
        await asyncio.wait_for(asyncio.gather(*held), 60)

    asyncio.run(go())


def test_models_of_one_host_take_turns():
    async def go():
        one, two = lanes("a", "a", connections=1)
        seen = []
        trips = [trip(lane, 0.001, FINE, seen) for lane in [one] * 10 + [two] * 10]
        await asyncio.gather(*trips)
        return [lane is one for lane, _ in seen]

    turns = asyncio.run(go())
    assert all(turns[at] != turns[at + 1] for at in range(2, 17))


@pytest.mark.parametrize("connections", [1, 2, 8])
def test_workers_that_come_round_at_once_do_not_pass_by_another_model(connections):
    """Each comes again before those who were woken have run, and there is no line of its own."""

    async def work(lane, left, seen):
        while left:
            left.pop()
            await trip(lane, 0.001, FINE, seen)

    async def go():
        seen = []
        made = [(lane, [None] * 80) for lane in lanes("a", "a", connections=connections)]
        await asyncio.gather(*(work(lane, left, seen) for lane, left in made for _ in range(connections)))
        return [lane is made[0][0] for lane, _ in seen]

    turns = asyncio.run(go())
    assert len(turns) == 160
    assert 30 <= sum(turns[:100]) <= 70, "half of them are the second's"


def test_no_more_at_a_time_than_connections():
    async def go():
        (one,) = lanes("a", connections=3)
        most = 0

        async def watched():
            nonlocal most
            ticket = await one.enter(Usage)
            most = max(most, one.gate.pace.busy)
            await asyncio.sleep(0.001)
            one.leave(ticket, FINE)

        await asyncio.gather(*(watched() for _ in range(50)))
        return most

    assert asyncio.run(go()) == 3


def test_a_stop_empties_the_line_and_ends_pauses():
    async def go():
        one, two = lanes("a", "a", connections=1)
        ticket = await one.enter(Usage)
        waiting = [asyncio.create_task(one.enter(Usage)) for _ in range(20)]
        pausing = asyncio.create_task(one.pause(60))
        other = asyncio.create_task(trip(two))
        await asyncio.sleep(0.01)
        one.stop()
        gone = await asyncio.wait_for(asyncio.gather(*waiting, pausing, return_exceptions=True), 60)
        assert not other.done()
        one.leave(ticket, FINE)
        await asyncio.wait_for(other, 60)
        return gone

    assert all(isinstance(one, Stopped) for one in asyncio.run(go()))


def test_who_is_cancelled_in_line_holds_nobody_up():
    async def go():
        (one,) = lanes("a", connections=1)
        ticket = await one.enter(Usage)
        waiting = [asyncio.create_task(one.enter(Usage)) for _ in range(3)]
        await asyncio.sleep(0.01)
        waiting[0].cancel()
        await asyncio.sleep(0)
        one.leave(ticket, FINE)
        await asyncio.wait_for(waiting[1], 60)

    asyncio.run(go())


def test_a_limit_of_requests_a_minute_spreads_them():
    async def go():
        lane = Lane("a", Limits(rpm=1200))
        lane.pass_through(Gate(Pace(most=8)))
        seen = []
        await asyncio.gather(*(trip(lane, 0, FINE, seen) for _ in range(9)))
        return [at for _, at in seen]

    times = asyncio.run(go())
    assert 0.28 <= times[-1] - times[0] < 30  # 0.05 s each, the first and two of the slack at once


def test_the_model_string_gives_limits(provider, ask):
    provider.script = [provider.chat("hello")]
    start = time.monotonic()
    replies = ask("openai/gpt-4o?rpm=600", *[HELLO] * 6)
    assert time.monotonic() - start >= 0.3
    assert all(reply.outcome == Generated(text="hello", finish="stop") for reply in replies)


def test_tokens_a_minute_count_what_may_be_written(provider, ask):
    provider.script = [provider.chat("hello")]
    asked = Generate(prompt=HELLO.prompt, max_tokens=1000)
    start = time.monotonic()
    ask("openai/gpt-4o?tpm=300000", asked, asked, asked)
    assert time.monotonic() - start >= 0.3


@pytest.mark.parametrize("headers", ["openai", "anthropic"])
def test_headers_that_say_nothing_is_left_are_obeyed(provider, tmp_path, headers):
    model, fine = (
        ("openai/gpt-4o", provider.chat("hello"))
        if headers == "openai"
        else ("anthropic/claude-x", provider.message("hello"))
    )
    name = "x-ratelimit-{}-requests" if headers == "openai" else "anthropic-ratelimit-requests-{}"
    left = {name.format("remaining"): "0", name.format("reset"): "300ms"}
    provider.script = [provider.say(body=fine.body, headers=left), fine]

    async def go():
        backend = open_model(model, provider.around(tmp_path))
        await backend.ask([HELLO])
        start = time.monotonic()
        await backend.ask([HELLO])
        await backend.close()
        return time.monotonic() - start

    assert asyncio.run(go()) >= 0.28


def test_a_stopped_model_sends_nothing(provider, tmp_path):
    async def go():
        backend = open_model("openai/gpt-4o", provider.around(tmp_path))
        backend.lane.stop()
        (reply,) = await backend.ask([HELLO])
        await backend.close()
        return reply

    reply = asyncio.run(go())
    assert (reply.outcome.reason, reply.attempts, provider.asked) == ("stopped", 0, [])


def test_a_stop_ends_a_pause_between_tries(provider, tmp_path):
    async def go():
        backend = open_model("openai/gpt-4o?wait=60", provider.around(tmp_path))
        asking = asyncio.create_task(backend.ask([HELLO]))
        while not provider.asked:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        backend.lane.stop()
        (reply,) = await asyncio.wait_for(asking, 60)
        await backend.close()
        return reply

    provider.script = [provider.error(429, retry_after="50")]
    reply = asyncio.run(go())
    assert isinstance(reply.outcome, Failure)
    assert (reply.outcome.reason, reply.attempts) == ("stopped", 1)


def test_a_line_ends_once_there_is_room():
    """Who comes while the line is let through does not stand behind it, or it would never be empty."""

    async def go():
        (one,) = lanes("a", connections=64)  # of which 32 are let through at first
        turns = 0

        async def worker():
            for _ in range(50):
                await trip(one, 0)

        async def count():
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        counting = asyncio.create_task(count())
        await asyncio.gather(*(worker() for _ in range(64)))
        counting.cancel()
        return turns

    assert asyncio.run(go()) < 640, "turns of the loop for 3,200 trips: in line, each would take one"
