"""Budgets: never passed, waited for where room will come, told once there is none."""

import asyncio
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "backends"))

from loopback import run_hurried

from taskc.backends import open_model
from taskc.backends.protocol import Described, ModelError
from taskc.backends.tokens import most_of
from taskc.flow.ask_build import ask_build
from taskc.flow.budget import Budget, Purse, Spender, parse_duration
from taskc.flow.interrupt import Halt
from taskc.flow.prices import known_prices, price_tables
from taskc.flow.selection import BadSelection
from taskc.records.forecast import Price
from taskc.records.operation import Failure, Generate, Generated, Prompt, Reply, Usage
from taskc.records.plan import Call
from taskc.records.request import Message

PRICE = Price(models=("m",), input=1e6, output=1e6)  # a dollar a token
LOOK = 0.05  # seconds between two looks at the time


def call(words=1, most=1):
    prompt = Prompt(messages=(Message(role="user", content="a " * words),))
    asked = Generate(prompt=prompt, max_tokens=most)
    return Call(key="k", request="r", replicate=0, lowering="generate", operation=asked)


def reply(read=0, written=0, wasted=0, attempts=1):
    outcome = Generated(text="x", finish="stop")
    usage, waste = Usage(read=read, written=written), Usage(read=wasted)
    return Reply(outcome=outcome, usage=usage, wasted=waste, attempts=attempts)


@settings(max_examples=60, deadline=None)
@given(
    cost=st.floats(1, 400),
    requests=st.one_of(st.none(), st.integers(1, 20)),
    sizes=st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30), st.floats(0, 1)), max_size=30),
    workers=st.integers(1, 8),
)
def test_no_more_is_spent_than_there_is(cost, requests, sizes, workers):
    purse = Purse(Budget(cost=cost, requests=requests), {"m": PRICE})
    halt = Halt()
    spender, rest, answered = Spender(purse, halt), iter(sizes), 0

    async def work():
        nonlocal answered
        for words, most, share in rest:
            asked = call(words, most)
            begun, aside = await spender.begin("m", [asked])
            if not begun:
                return
            assert purse.spent + purse.aside <= cost + 1e-6
            await asyncio.sleep(0)
            used = purse.most("m", most_of(asked.operation))
            spender.end("m", aside, begun, [reply(read=1 + int(share * (used - 1)))])
            answered += 1

    async def go():
        await asyncio.wait_for(asyncio.gather(*(work() for _ in range(workers))), 300)

    asyncio.run(go())
    assert purse.spent <= cost + 1e-6
    assert purse.aside == 0
    assert purse.busy == 0
    assert requests is None or answered <= requests
    if not halt.asked:
        assert answered == len(sizes)
    elif halt.budget == "--max-requests":
        assert answered == requests
    else:
        assert halt.budget == "--max-cost"


def test_it_waits_for_what_is_in_flight_before_it_gives_up():
    """Ten dollars are set aside for each, one is paid: eleven can be had one after another of twenty."""
    asked = call(words=1, most=1)
    purse = Purse(Budget(cost=20.0), {"m": PRICE})
    each = purse.most("m", most_of(asked.operation))
    purse = Purse(Budget(cost=each + 10), {"m": PRICE})
    halt, done = Halt(), 0
    spender = Spender(purse, halt)

    async def work():
        nonlocal done
        while True:
            begun, aside = await spender.begin("m", [asked])
            if not begun:
                return
            await asyncio.sleep(0.001)
            spender.end("m", aside, begun, [reply(read=1)])
            done += 1

    async def go():
        await asyncio.gather(*(work() for _ in range(4)))

    asyncio.run(go())
    assert (done, halt.budget) == (11, "--max-cost")


@pytest.mark.parametrize(
    ("given", "cost"),
    [
        (reply(read=3, written=2), 5.0),
        (Reply(outcome=Failure(reason="x", message="y")), 0.0),
        (Reply(outcome=Failure(reason="x", message="y"), usage=Usage(read=7, written=1)), 8.0),
    ],
)
def test_an_answer_costs_what_was_used(given, cost):
    assert Purse(Budget(), {"m": PRICE}).actual("m", call(), given) == cost


def test_who_does_not_say_what_was_used_is_paid_the_most():
    purse = Purse(Budget(cost=1.0), {"m": PRICE})
    assert purse.actual("m", call(5, 7), reply()) == purse.cost("m", most_of(call(5, 7).operation)) > 12


def test_a_response_of_no_use_without_counts_is_paid_the_most():
    """It came, and so has a body; an error has none, and costs nothing."""
    purse = Purse(Budget(cost=1.0), {"m": PRICE})
    useless = Reply(outcome=Failure(reason="no-text", message="y", again=False), body="{}")
    assert purse.actual("m", call(5, 7), useless) == purse.cost("m", most_of(call(5, 7).operation)) > 12


def test_what_a_backend_wasted_is_spent():
    purse = Purse(Budget(cost=100.0), {"m": PRICE})
    spender = Spender(purse, Halt())

    async def go():
        begun, aside = await spender.begin("m", [call()])
        spender.end("m", aside, begun, [reply(read=3, written=2, wasted=4)])

    asyncio.run(go())
    assert purse.spent == purse.spent_on("m") == 9.0


def test_tries_that_bring_nothing_do_not_pass_the_budget(run, provider, request_of, store, tmp_path):
    """Each try may be paid for, so the run ends with the budget and not with the patience."""
    provider.rule = lambda asked, before: provider.say(reset=True)
    model = "openai-api/box/m?wait=0.001&retries=500"
    backend = open_model(model, provider.around(tmp_path))
    price = Price(models=(), input=0.0, output=1e6)
    prices = {backend.model: price}  # 20 dollars a try: as many tokens as may be written
    ran, purse = run([backend], [request_of(0), request_of(1)], Budget(cost=210.0), prices, connections=1)
    assert (ran.budget, store.count()) == ("--max-cost", 0)
    assert len(provider.asked) == 10
    assert purse.spent == ran.tallies[0].cost == 200.0


def test_a_try_again_waits_for_room(run, provider, request_of, store, tmp_path):
    """All the money is set aside for what is in flight; a try that breaks does not end the run."""
    provider.rule = lambda asked, before: (
        provider.say(reset=True) if before == 0 else provider.say(body=provider.chat().body, wait=0.02)
    )
    backend = open_model("openai-api/box/m?wait=0.001", provider.around(tmp_path))
    prices = {backend.model: Price(models=(), input=0.0, output=1e6)}  # 20 dollars a try, 3 an answer
    requests = [request_of(at) for at in range(10)]
    ran, purse = run([backend], requests, Budget(cost=250.0), prices, connections=8)
    assert (ran.budget, store.count()) == ("", 10)
    assert purse.spent == 10 * 20 + 10 * 3


def test_what_was_never_sent_is_not_counted():
    purse = Purse(Budget(requests=2))
    spender = Spender(purse, Halt())

    async def go():
        begun, aside = await spender.begin("m", [call()])
        spender.end("m", aside, begun, [reply(attempts=0)])

    asyncio.run(go())
    assert purse.left() == 2


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("10m", 600), ("1h30m", 5400), ("2d", 172_800), ("0.5", 0.5)],
)
def test_durations(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "soon", "-5", "10 apples", "m"])
def test_what_is_no_duration(text):
    with pytest.raises(BadSelection, match="is not a time"):
        parse_duration(text)


def test_a_model_without_a_price_is_refused_with_the_cure():
    described = [Described(model="openai-api/box/m?a=b", capabilities=None), free("echo/x")]
    tables = price_tables((), ())
    assert known_prices(described, tables, needed=False) == {}
    with pytest.raises(ModelError, match="has no price") as caught:
        known_prices(described, tables, needed=True)
    assert "`--price openai-api/box/m=IN/OUT`" in caught.value.help
    stated = price_tables((), ("openai-api/box/m=1/2",))
    assert list(known_prices(described, stated, needed=True)) == ["openai-api/box/m?a=b"]


def free(model):
    return Described(model=model, capabilities=None, charged=False)


# --- whole runs ----------------------------------------------------------------------------------


@pytest.fixture
def run(store):
    def go(backends, requests, budget, prices=None, **given):
        purse = Purse(budget, prices)
        ran = run_hurried(lambda: ask_build(lambda: iter(requests), backends, store, purse=purse, **given))
        return ran, purse

    return go


@pytest.mark.parametrize("batch", [1, 4])
def test_a_run_asks_no_more_requests_than_it_may(run, told, request_of, store, batch):
    requests = [request_of(at) for at in range(30)]
    backend = told(batch=batch, delay=0.001)
    ran, _ = run([backend], requests, Budget(requests=10))
    assert (ran.budget, ran.interrupted, store.count()) == ("--max-requests", False, 10)
    assert sum(map(len, backend.chunks)) == 10
    ran, _ = run([backend], requests, Budget(requests=20))
    assert (ran.budget, store.count()) == ("", 30), "nothing was left over"
    ran, _ = run([backend], requests, Budget(requests=1))
    assert ran.budget == "", "what is known is not asked"


def test_a_run_begins_nothing_after_its_time_and_keeps_what_is_in_flight(run, told, request_of, store):
    backend, answer = told(), told().plainly

    async def ask(operations):
        """The time is over when the twelfth is asked, whatever the machine."""
        backend.chunks.append(operations)
        if len(backend.chunks) == 12:
            asyncio.get_running_loop().skipped += 1000.0
        await asyncio.sleep(2 * LOOK)
        return [Reply(outcome=answer(operation)) for operation in operations]

    backend.ask = ask
    ran, _ = run([backend], [request_of(at) for at in range(100)], Budget(seconds=1000.0), connections=4)
    assert ran.budget == "--max-time"
    assert store.count() == len(backend.chunks) == ran.tallies[0].asked
    assert store.count() == 12


def test_what_does_not_arrive_in_the_grace_after_the_time_is_given_up(run, told, request_of, store):
    """Some answer at once, two never: those are not waited for, and count with the most they may cost."""
    backend = told()

    async def ask(operations):
        backend.chunks.append(operations)
        number = int(operations[0].prompt.messages[-1].content.split()[-1])
        while number in (2, 5):  # once the others are there, the time and then the grace pass by
            await asyncio.sleep(0.01)
            asyncio.get_running_loop().skipped += 400.0 if store.count() == 6 else 0.0
        return [Reply(outcome=Generated(text="x", finish="stop"), usage=Usage(read=1, written=1))]

    backend.ask = ask
    budget = Budget(seconds=1000.0, grace=1000.0, cost=1e9)
    requests = [request_of(at) for at in range(8)]
    ran, purse = run([backend], requests, budget, {"told/m": PRICE}, connections=4)
    (tally,) = ran.tallies
    assert (ran.budget, ran.interrupted) == ("--max-time", False)
    assert (tally.asked, tally.failed, store.count()) == (6, 0, 6)
    lost = [purse.cost("told/m", most_of(asked)) for (asked,) in (backend.chunks[2], backend.chunks[5])]
    assert purse.spent == tally.cost == 6 * 2 + sum(lost)
    assert (purse.aside, purse.busy) == (0, 0)
    again, _ = run([told()], requests, Budget())
    assert (again.tallies[0].asked, again.tallies[0].reused) == (2, 6)


def test_a_run_spends_no_more_than_it_may(run, told, request_of, store):
    backend = told(delay=0.001)

    async def ask(operations):
        backend.chunks.append(operations)
        await asyncio.sleep(0.001)
        answer = Reply(outcome=Generated(text="x", finish="stop"), usage=Usage(read=5, written=5))
        return [answer] * len(operations)

    backend.ask = ask
    requests = [request_of(at) for at in range(100)]
    ran, purse = run([backend], requests, Budget(cost=500.0), {"told/m": PRICE}, connections=8)
    assert ran.budget == "--max-cost"
    assert purse.spent == ran.tallies[0].cost == 10 * store.count() <= 500
    assert store.count() >= 30, "what answers do not use goes to others"


@pytest.mark.parametrize("word", ["plain words and more", "Wörter, слова, 言葉", "0 1 2 3", "🐝🐝🐝"])
def test_a_tokenizer_that_makes_a_token_of_every_byte_does_not_pass_the_budget(
    run, told, request_of, store, word
):
    """The worst that byte-level BPE can do to a text; the estimate for display is far below it."""
    backend = told()

    async def ask(operations):
        (asked,) = operations
        await asyncio.sleep(0.001)
        said = [*(one.content for one in asked.prompt.messages), asked.prompt.prefill]
        read = sum(len(text.encode()) for text in said) + 8 * len(said)
        answer = Generated(text="x", finish="stop")
        return [Reply(outcome=answer, usage=Usage(read=read, written=asked.max_tokens))]

    backend.ask = ask
    messages = [(Message(role="user", content=f"{word} {at} " * 40),) for at in range(30)]
    requests = [request_of(at, messages=said) for at, said in enumerate(messages)]
    whole, all_of_it = run([backend], requests, Budget(cost=1e9), {"told/m": PRICE}, connections=8)
    assert whole.budget == ""
    store.query("DELETE FROM responses")
    budget = all_of_it.spent * 0.61
    ran, purse = run([backend], requests, Budget(cost=budget), {"told/m": PRICE}, connections=8)
    assert ran.budget == "--max-cost"
    assert 0 < purse.spent <= budget
    assert store.count() >= 15


def test_models_behind_a_network_are_asked_side_by_side(run, provider, request_of, store, tmp_path):
    """Two models at two hosts, asked one by one: neither is answered before the other is asked as well."""
    both = threading.Barrier(2)

    provider.rule = lambda asked, before: provider.say(
        body=provider.reply(asked, "fine").body, until=lambda: both.wait(60)
    )
    elsewhere = provider.address.replace("127.0.0.1", "localhost")
    around = provider.around(tmp_path, BAX_BASE_URL=f"{elsewhere}/v1")
    ran = ask_side_by_side(run, around, [request_of(at) for at in range(3)], connections=1)
    assert [tally.asked for tally in ran.tallies] == [3, 3]
    assert [tally.model for tally in ran.tallies] == ["openai-api/box/m", "openai-api/bax/m"]
    order = [asked.headers["host"].partition(":")[0] for asked in provider.asked]
    assert order[:2] in (["127.0.0.1", "localhost"], ["localhost", "127.0.0.1"])


def ask_side_by_side(run, around, requests, **given):
    backends = [open_model(name, around) for name in ("openai-api/box/m", "openai-api/bax/m")]
    ran, _ = run(backends, requests, Budget(), **given)
    return ran


def test_a_wrong_key_ends_only_its_model(run, provider, request_of, store, tmp_path):
    def rule(asked, before):
        bad = asked.body["model"] == "bad"
        return provider.error(401) if bad else provider.reply(asked, "fine")

    provider.rule = rule
    around = provider.around(tmp_path)
    backends = [open_model(name, around) for name in ("openai-api/box/bad", "openai-api/box/good")]
    ran, _ = run(backends, [request_of(at) for at in range(100)], Budget(), connections=4)
    bad, good = ran.tallies
    assert (good.asked, good.fatal, ran.budget) == (100, None, "")
    assert bad.fatal.reason == "not-allowed"
    assert 1 <= bad.failed <= 4
    assert sum(asked.body["model"] == "bad" for asked in provider.asked) == bad.failed
