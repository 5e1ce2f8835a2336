"""Batches against a provider on this machine: what is sent, comes back, is asked again, and what it costs."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "backends"))

from batch_server import KEY, BatchProvider, Wrong
from loopback import run_hurried

from taskc.backends import ModelError, open_model
from taskc.backends.batches import BATCHES, anthropic_batches, check_batches, open_batches, openai_batches
from taskc.backends.batches.parcel import Frame, Parcel
from taskc.flow.ask_build import ask_build
from taskc.flow.batching import Batching
from taskc.flow.budget import Budget, Purse
from taskc.flow.interrupt import Halt
from taskc.records.forecast import Price
from taskc.records.operation import Source, Usage
from taskc.store.responses import ResponseStore, StoreError

MODELS = ("openai/m", "anthropic/m")
COUNT = 7
POLL = 0.02
LONG = 1000.0


@pytest.fixture(scope="module")
def serving():
    server = BatchProvider()
    yield server
    server.close()


@pytest.fixture
def server(serving, monkeypatch):
    monkeypatch.setattr("ssl.SSLContext.load_verify_locations", lambda *_, **__: None)
    for module in (anthropic_batches, openai_batches):
        monkeypatch.setattr(module, "_PATIENCE", 1.0)  # until what is not listed was not accepted
    serving.forget()
    return serving


@pytest.fixture(params=MODELS)
def model(request):
    return request.param


class Ran:
    """One run: its tally, what was told, and what the store holds after it."""

    def __init__(self, run, told, store):
        self.run = run
        (self.tally,) = run.tallies
        self.told = told
        self.answers = {one.operation.prompt.messages[-1].content: one for one in store.each()}
        self.open = store.batches.each()


@pytest.fixture
def go(server, store, request_of, tmp_path):
    """Run a build by batch, or singly, as often as a test likes."""

    def run(model, requests=None, *, batch=True, budget=None, price=None, query="", frame=None):
        some = list(requests if requests is not None else map(request_of, range(COUNT)))
        told = []

        async def main():
            backend = open_model(f"{model}?timeout=1e6&retries=2&wait=0.01{query}", server.around(tmp_path))
            try:
                purse = Purse(budget or Budget(), {backend.model: price} if price else {})
                batching = Batching(poll=POLL, tell=told.append) if batch else None
                asking = ask_build(lambda: some, [backend], store, purse=purse, batching=batching)
                return await until_looked_at(asking, server, purse.budget.seconds or 0.0)
            finally:
                await backend.close()

        return Ran(run_hurried(main), told, store)

    return run


async def until_looked_at(asking, server, seconds):
    """Wait for a run; its time is over when a batch was looked at twice, on a machine of any speed."""
    looks = lambda: max([0, *(made.looks for made in server.made.values())])  # noqa: E731
    task, before = asyncio.ensure_future(asking), looks()
    while seconds and not task.done():
        if looks() >= before + 2:
            asyncio.get_running_loop().skipped += seconds
            break
        await asyncio.wait([task], timeout=0.005)
    return await task


def small(monkeypatch, **limits):
    """Make the limits of both providers smaller."""
    from dataclasses import replace

    for module in (anthropic_batches, openai_batches):
        monkeypatch.setattr(module, "FRAME", replace(module.FRAME, **limits))


def questions(count=COUNT):
    return {f"question {at}" for at in range(count)}


def test_answers_by_batch(go, server, model):
    ran = go(model)
    assert (ran.tally.asked, ran.tally.failed, ran.tally.fatal) == (COUNT, 0, None)
    assert set(ran.answers) == questions()
    assert all(one.outcome.text == f"said {question}" for question, one in ran.answers.items())
    [made] = server.made.values()
    assert {one.source.batch for one in ran.answers.values()} == {made.id}
    assert {(one.attempts, one.seconds) for one in ran.answers.values()} == {(1, 0.0)}
    assert ran.tally.usage == Usage(read=7 * COUNT, written=3 * COUNT)
    assert ran.open == ()
    assert set(server.paid.values()) == {1}
    assert not server.singly
    assert any(KEY in key for key in server.keys)
    variable = f"{model.partition('/')[0].upper()}_BASE_URL"
    named = f"{model}?base_url={server.environment()[variable]}"
    assert ran.told[0] == f"{named}: batch {made.id} is sent, 7 requests"
    assert ran.told[-1] == f"{named}: batch {made.id} is picked up, 7 of 7 requests had a result"


def test_an_answer_by_batch_is_that_of_the_same_request_sent_singly(go, server, store, model):
    by_batch = go(model)
    again = go(model, batch=False)
    assert (again.tally.asked, again.tally.reused) == (0, COUNT)
    assert not server.singly
    store.query("DELETE FROM responses")
    singly = go(model, batch=False)
    assert singly.tally.asked == COUNT
    for question, one in by_batch.answers.items():
        other = singly.answers[question]
        assert (one.key, one.outcome, one.usage, one.operation) == (
            other.key,
            other.outcome,
            other.usage,
            other.operation,
        )
        assert other.source.batch == ""
    third = go(model)
    assert (third.tally.asked, third.tally.reused, len(server.made)) == (0, COUNT, 1)


def test_labels_come_by_batch(go, server, request_of, labelled_options):
    some = [request_of(at, measure="label", options=labelled_options) for at in range(3)]
    ran = go("openai/m", some, query="&top_logprobs=20")
    assert ran.tally.asked == 3
    assert {one.outcome.logprobs for one in ran.answers.values()} == {(-0.1, -2.5)}
    [made] = server.made.values()
    assert made.requests[0]["params"]["top_logprobs"] == 20


def test_what_goes_to_the_sdk_only_is_not_sent(go, server):
    go("anthropic/m", query="&temperature=yes")
    [made] = server.made.values()
    assert set(made.requests[0]["params"]) == {"model", "messages", "max_tokens", "system", "temperature"}


def test_files_are_split_by_the_number_of_requests(go, server, monkeypatch, model):
    small(monkeypatch, requests=3)
    ran = go(model)
    assert ran.tally.asked == COUNT
    assert sorted(len(one.requests) for one in server.made.values()) == [1, 3, 3]
    assert set(server.paid.values()) == {1}


def test_files_are_split_by_size(go, server, monkeypatch, model):
    small(monkeypatch, size=700)
    ran = go(model)
    assert ran.tally.asked == COUNT
    assert 1 < len(server.made) < COUNT
    monkeypatch.undo()
    small(monkeypatch, size=100)
    alone = go(f"{model}2")
    assert (alone.tally.asked, alone.tally.failed) == (0, COUNT)
    assert alone.tally.failures[0].reason == "context-overflow"


def test_a_parcel_is_never_larger_than_it_may_be():
    frame = Frame(requests=4, size=40, head=b"[", joint=b",", tail=b"]")
    with Parcel(frame) as parcel:
        while parcel.fits(b"x" * 11):
            parcel.add(b"x" * 11)
        content = parcel.close().read()
    assert content == b"[" + b",".join([b"x" * 11] * 3) + b"]"
    assert len(content) == parcel.size <= 40


def test_the_documented_limits():
    assert (openai_batches.FRAME.requests, openai_batches.FRAME.size) == (50_000, 200_000_000)
    assert (anthropic_batches.FRAME.requests, anthropic_batches.FRAME.size) == (100_000, 256_000_000)


@pytest.mark.parametrize("outcome", ["expired", "500", "absent"])
def test_what_failed_is_asked_again_in_another_batch(go, server, model, outcome):
    server.outcome = lambda question, before: outcome if question == "question 3" and not before else "ok"
    ran = go(model)
    assert (ran.tally.asked, ran.tally.failed) == (COUNT, 0)
    assert [len(one.requests) for one in server.made.values()] == [COUNT, 1]
    assert ran.answers["question 3"].attempts == 2
    assert set(server.paid.values()) == {1}


@pytest.mark.parametrize(
    ("outcome", "reason"), [("expired", "expired"), ("500", "server-error"), ("absent", "no-result")]
)
def test_what_always_fails_is_asked_three_times(go, server, model, outcome, reason):
    server.outcome = lambda question, before: outcome if question == "question 3" else "ok"
    ran = go(model)
    assert (ran.tally.asked, ran.tally.failed) == (COUNT - 1, 1)
    assert ran.tally.failures[0].reason == reason
    assert server.accepted["question 3"] == 3
    server.outcome = lambda question, before: "ok"
    later = go(model)
    assert (later.tally.asked, later.tally.reused) == (1, COUNT - 1)


@pytest.mark.parametrize(("outcome", "reason"), [("cancelled", "cancelled"), ("400", "bad-request")])
def test_what_cannot_be_helped_is_not_asked_again(go, server, model, outcome, reason):
    server.outcome = lambda question, before: outcome if question == "question 3" else "ok"
    ran = go(model)
    assert (ran.tally.asked, ran.tally.failed, len(server.made)) == (COUNT - 1, 1, 1)
    assert ran.tally.failures[0].reason == reason
    assert KEY not in ran.tally.failures[0].example


def test_a_wrong_key_in_the_results_ends_the_run(go, server, model):
    server.outcome = lambda question, before: "401"
    ran = go(model)
    assert ran.tally.fatal.reason == "not-allowed"
    assert len(server.made) == 1


@pytest.mark.parametrize("state", ["expired", "cancelled"])
def test_a_whole_batch_that_ends_early(go, server, state):
    """What was done is kept; OpenAI may leave the rest out of both files."""
    server.state = state
    server.outcome = lambda question, before: "absent" if question > "question 3" else "ok"
    ran = go("openai/m")
    assert (ran.tally.asked, ran.tally.failed) == (4, 3)
    assert ran.tally.failures[0].reason == state
    assert len(server.made) == (3 if state == "expired" else 1)


def test_a_batch_that_is_refused_ends_the_run(go, server):
    server.refuse = lambda made: [{"code": "model_not_found", "message": f"no m for {KEY}", "line": 1}]
    ran = go("openai/m")
    assert ran.tally.fatal.message == "openai refused the batch (line 1): no m for ***"
    assert (ran.tally.asked, len(server.made), ran.open) == (0, 1, ())


def test_too_much_that_waits_makes_batches_smaller(go, server):
    full = [{"code": "token_limit_exceeded", "message": "Enqueued token limit reached"}]
    server.refuse = lambda made: full if len(made.requests) > 2 else []
    ran = go("openai/m")
    assert (ran.tally.asked, ran.tally.failed, ran.tally.fatal) == (COUNT, 0, None)
    assert set(server.paid.values()) == {1}


def test_too_much_that_waits_is_sent_when_others_are_done(go, server, monkeypatch):
    small(monkeypatch, requests=3)
    full = [{"code": "token_limit_exceeded", "message": "Enqueued token limit reached"}]

    def waiting(made):
        return any(not one.errors and one.looks <= server.looks for one in server.made.values())

    server.refuse = lambda made: full if waiting(made) else []
    ran = go("openai/m")
    assert (ran.tally.asked, ran.tally.failed, ran.tally.fatal) == (COUNT, 0, None)
    assert set(server.paid.values()) == {1}


def test_a_queue_that_stays_full_ends_the_run(go, server):
    server.refuse = lambda made: [{"code": "token_limit_exceeded", "message": "full"}]
    ran = go("openai/m")
    assert ran.tally.fatal.reason == "queue-full"
    assert len(server.made) < 12


CALLS = {
    "openai/m": (
        "POST /v1/files",
        "POST /v1/batches",
        "GET /v1/batches",
        "GET /v1/batches/ID",
        "GET /v1/files/ID/content",
    ),
    "anthropic/m": (
        "POST /v1/messages/batches",
        "GET /v1/messages/batches",
        "GET /v1/messages/batches/ID",
        "GET /v1/messages/batches/ID/results",
    ),
}
FAULTS = {
    "429": Wrong(status=429),
    "500": Wrong(status=500),
    "500 after": Wrong(status=500, after=True),
    "529": Wrong(status=529),
    "cut": Wrong(),
    "cut after": Wrong(after=True),
    "no JSON": Wrong(body=b"<html>", after=True),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    ("model", "call"), [(model, call) for model, calls in CALLS.items() for call in calls]
)
def test_faults_at_each_endpoint(go, server, model, call, fault):
    """Whatever goes wrong once, nothing is lost and nothing is paid twice."""
    if call == "GET /v1/batches":  # which is asked only where it is not certain what was accepted
        server.wrong = lambda name, before: (
            FAULTS[fault]
            if name == call and not before
            else FAULTS["cut after"]
            if name == "POST /v1/batches" and not before
            else None
        )
    else:
        server.wrong = lambda name, before: FAULTS[fault] if name == call and not before else None
    ran = go(model)
    assert server.calls[call], "it went wrong once"
    assert ran.tally.fatal is None
    assert (ran.tally.asked, ran.tally.failed) == (COUNT, 0)
    assert set(server.accepted) == questions()
    assert set(server.accepted.values()) == {1}
    assert ran.open == ()


def test_a_lasting_fault_leaves_the_batch_for_the_next_run(go, server, model):
    look = CALLS[model][3] if model == "openai/m" else CALLS[model][2]
    server.wrong = lambda name, before: Wrong(status=500) if name == look else None
    ran = go(model)
    assert ran.tally.fatal.reason == "server-error"
    assert (ran.tally.asked, len(ran.open), len(server.made)) == (0, 1, 1)
    server.wrong = lambda name, before: None
    again = go(model)
    assert (again.tally.asked, len(server.made)) == (COUNT, 1)


@pytest.mark.parametrize("wrong", [Wrong(status=500), Wrong(), Wrong(status=429)], ids=["500", "cut", "429"])
def test_a_provider_that_takes_no_batches_is_given_up(go, server, model, wrong):
    submit = CALLS[model][1] if model == "openai/m" else CALLS[model][0]
    server.wrong = lambda name, before: wrong if name == submit else None
    ran = go(model)
    assert ran.tally.fatal.reason in ("server-error", "no-connection", "rate-limit")
    assert (server.calls[submit], len(server.made), ran.open) == (3, 0, ())
    server.wrong = lambda name, before: None
    assert go(model).tally.asked == COUNT


def test_a_bug_in_a_library_does_not_go_on_for_ever(go, server, monkeypatch, model):
    from taskc.backends.batches import errands

    def broken(kind, text):
        raise RuntimeError("no")

    monkeypatch.setattr(errands, "_shaped", broken)
    ran = go(model)
    assert ran.tally.fatal.reason == "backend-bug"


def test_a_wrong_key_sends_nothing(go, server, model):
    server.wrong = lambda name, before: Wrong(status=401)
    ran = go(model)
    assert ran.tally.fatal.reason == "not-allowed"
    assert not server.made and ran.open == ()


def test_a_batch_of_another_account_is_not_given_up(go, server, model):
    server.looks = 1000
    halted = go(model, budget=Budget(seconds=LONG))
    assert halted.run.budget == "--max-time"
    made = dict(server.made)
    server.made.clear()
    ran = go(model)
    assert ran.tally.fatal.reason == "not-found"
    assert f"taskc store batches --forget {ran.open[0].id}" in ran.tally.fatal.message
    server.made.update(made)
    server.looks = 0
    assert go(model).tally.asked == COUNT
    assert set(server.paid.values()) == {1}


def test_results_that_are_gone_are_asked_again_by_the_next_run(go, server, model):
    server.wrong = lambda name, before: Wrong(status=404) if name.endswith(("content", "results")) else None
    ran = go(model)
    assert (ran.tally.asked, ran.tally.failed, ran.open) == (0, COUNT, ())
    assert ran.tally.failures[0].reason == "results-gone"
    server.wrong = lambda name, before: None
    assert go(model).tally.asked == COUNT


def test_results_that_cannot_be_read_are_not_asked_again(go, server, model):
    half = Wrong(body=b'{"custom_id": "x", "resp')
    server.wrong = lambda name, before: half if name.endswith(("content", "results")) else None
    ran = go(model)
    assert ran.tally.fatal.reason == "unreadable-response"
    assert f"taskc store batches --forget {ran.open[0].id}" in ran.tally.fatal.message
    server.wrong = lambda name, before: None
    assert go(model).tally.asked == COUNT
    assert set(server.paid.values()) == {1}


def test_max_time_leaves_the_batch_and_the_next_run_picks_it_up(go, server, model):
    server.looks = 1000
    ran = go(model, budget=Budget(seconds=LONG))
    assert (ran.run.budget, ran.tally.asked, len(ran.open)) == ("--max-time", 0, 1)
    assert ran.told[-1].endswith(
        ": 7 requests in 1 batch stay with the provider; the next run with `--batch` picks them up"
    )
    server.looks = 0
    again = go(model)
    assert (again.tally.asked, again.open, len(server.made)) == (COUNT, (), 1)
    assert set(server.paid.values()) == {1}


def test_what_waits_in_a_batch_is_not_asked_singly(go, server, model):
    server.looks = 1000
    go(model, budget=Budget(seconds=LONG))
    singly = go(model, batch=False)
    assert (singly.tally.asked, singly.tally.failed, sum(server.singly.values())) == (0, COUNT, 0)
    assert singly.tally.failures[0].reason == "in-batch"


def test_a_batch_is_picked_up_by_a_run_that_asks_for_something_else(go, server, request_of, model):
    server.looks = 1000
    go(model, budget=Budget(seconds=LONG))
    server.looks = 0
    other = go(model, [request_of(99)])
    assert (other.tally.asked, other.tally.done) == (1, 1)
    assert set(other.answers) == questions() | {"question 99"}
    whole = go(model)
    assert (whole.tally.asked, whole.tally.reused) == (0, COUNT)
    assert set(server.paid.values()) == {1}


def test_reasoning_and_its_conclusion_come_in_batches_of_their_own(go, server, stages_of, model):
    some = [stage for at in range(3) for stage in stages_of(at)]
    ran = go(model, some)
    assert (ran.tally.asked, ran.tally.failed, ran.tally.skipped) == (6, 0, 0)
    first, second = server.made.values()
    assert (len(first.requests), len(second.requests)) == (3, 3)
    assert "said question" in str(second.requests)


PRICE = Price(models=("m",), input=1e6, output=1e6)  # a dollar a token


def test_max_cost_holds(go, server, monkeypatch, model):
    small(monkeypatch, requests=2)
    ran = go(model, budget=Budget(cost=165.0), price=PRICE)
    assert ran.run.budget == "--max-cost"
    assert 2 <= ran.tally.asked < COUNT
    assert ran.tally.cost == 10 * ran.tally.asked <= 165
    more = go(model, budget=Budget(cost=500.0), price=PRICE)
    assert ran.tally.asked + more.tally.asked == COUNT
    assert set(server.paid.values()) == {1}


def test_max_requests_holds(go, server, model):
    ran = go(model, budget=Budget(requests=3))
    assert (ran.run.budget, ran.tally.asked) == ("--max-requests", 3)
    again = go(model, budget=Budget(requests=3))
    assert (again.run.budget, again.tally.asked, again.tally.reused) == ("--max-requests", 3, 3)
    last = go(model, budget=Budget(requests=3))
    assert (last.run.budget, last.tally.asked) == ("", 1)


def test_a_batch_that_is_picked_up_counts_in_that_run(go, server, model):
    server.looks = 1000
    go(model, budget=Budget(seconds=LONG, requests=3))
    server.looks = 0
    ran = go(model, budget=Budget(requests=3, cost=1000.0), price=PRICE)
    assert (ran.run.budget, ran.tally.asked, ran.tally.cost) == ("--max-requests", 3, 30.0)


def test_models_share_a_budget(server, store, request_of, monkeypatch, tmp_path):
    """One that has no room waits for the other's batches and does not leave them with the provider."""
    small(monkeypatch, requests=2)
    some = [request_of(at) for at in range(COUNT)]

    async def main():
        backends = [open_model(f"{model}?timeout=60&wait=0.01", server.around(tmp_path)) for model in MODELS]
        purse = Purse(Budget(requests=9))
        try:
            return await ask_build(lambda: some, backends, store, purse=purse, batching=Batching(poll=POLL))
        finally:
            for backend in backends:
                await backend.close()

    run = asyncio.run(asyncio.wait_for(main(), 300))
    assert run.budget == "--max-requests"
    assert sum(tally.asked for tally in run.tallies) == 9
    assert store.batches.each() == ()


def test_one_run_at_a_time_is_at_the_batches(store, tmp_path):
    other = ResponseStore.open(store.path)
    with store.alone(), pytest.raises(StoreError, match="another run is at the batches"), other.alone():
        pass
    other.close()
    with ResponseStore.open(store.path) as other, other.alone():
        pass


def test_nothing_that_was_written_holds_the_key(go, server, store, model):
    server.answer = lambda question: f"my key is {KEY}"
    server.looks = 1000
    go(model, budget=Budget(seconds=LONG))
    assert not [
        path for path in store.path.parent.iterdir() if path.is_file() and KEY.encode() in path.read_bytes()
    ]
    server.looks = 0
    go(model)
    with store.path.open("rb") as file:
        assert KEY.encode() not in file.read()


def test_models_without_batches_are_told():
    assert set(BATCHES) == {"openai", "anthropic"}
    with pytest.raises(ModelError, match="cannot be asked by batch"):
        check_batches("echo/x")


def test_a_form_without_batches_is_told(server, tmp_path):
    from dataclasses import replace

    backend = open_model("openai/m", server.around(tmp_path))
    other = replace(backend, speech=Formed(backend.speech, "riddle"))
    with pytest.raises(ModelError, match="in this form"):
        open_batches(other)
    assert open_batches(backend).endpoint == "/v1/chat/completions"


def test_answers_of_reasoning_models_come_by_responses(go, server):
    pytest.importorskip("taskc.backends.responses_api")
    ran = go("openai/gpt-5")
    assert (ran.tally.asked, ran.tally.failed, ran.tally.fatal) == (COUNT, 0, None)
    assert {question: one.outcome.text for question, one in ran.answers.items()} == {
        question: f"said {question}" for question in questions()
    }
    [made] = server.made.values()
    assert "input" in made.requests[0]["params"]


class Formed:
    """A form of asking that calls what the model reads by another word."""

    def __init__(self, speech, word):
        self._speech, self._word = speech, word
        self.kind, self.judge = speech.kind, speech.judge

    def body(self, asked):
        body = self._speech.body(asked)
        return {self._word: body.pop("messages")} | body


@pytest.mark.parametrize(("word", "endpoint"), [("input", "/v1/responses"), ("prompt", "/v1/completions")])
def test_a_form_goes_to_its_endpoint(server, tmp_path, word, endpoint):
    """The line of the file is what the form of asking makes, whichever it is."""
    from dataclasses import replace

    from taskc.records.operation import Generate, Prompt
    from taskc.records.request import Message

    backend = open_model("openai/m", server.around(tmp_path))
    api = open_batches(replace(backend, speech=Formed(backend.speech, word)))
    asked = Generate(prompt=Prompt(messages=(Message(role="user", content="x"),)), max_tokens=3)
    line = json.loads(api.line("name", asked))
    assert (line["custom_id"], line["method"], line["url"]) == ("name", "POST", endpoint)
    assert line["body"][word] == [{"role": "user", "content": "x"}]


def test_halt_is_seen_at_once():
    assert Halt().asked is False
    assert Source().batch == ""
