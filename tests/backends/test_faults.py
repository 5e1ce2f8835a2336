"""What providers do wrong, and what becomes of it: a failure or a refusal that says so, never a traceback."""

import asyncio
import itertools
import time
from types import SimpleNamespace

import pytest

from taskc.backends import open_model
from taskc.backends.tokens import most_of
from taskc.records.operation import Failure, Generate, Generated, Prompt, Refusal, Source, Usage
from taskc.records.request import Message

HELLO = Generate(prompt=Prompt(messages=(Message(role="user", content="hi"),)), max_tokens=5)
FAST = "wait=0.001&retries=2"
MODELS = [f"openai/gpt-4o?{FAST}", f"anthropic/claude-x?{FAST}", f"openai-api/box/m?{FAST}"]
TEXT = f"openai-api/box/m?mode=completions&{FAST}"


def fine(provider, model):
    if model == TEXT:
        return provider.text("hello")
    return provider.message("hello") if model.startswith("anthropic") else provider.chat("hello")


@pytest.mark.parametrize(
    ("model", "status"),
    [
        *[(MODELS[0], status) for status in (408, 409, 429, 500, 502, 503, 504, 529)],
        *[(MODELS[1], status) for status in (408, 429, 500, 529)],
        (MODELS[2], 429),
        (TEXT, 503),
    ],
)
def test_passing_statuses_are_tried_again(provider, ask, model, status):
    provider.script = [provider.error(status), provider.error(status), fine(provider, model)]
    reply = ask(model, HELLO)
    assert reply.outcome == Generated(text="hello", finish="stop")
    assert reply.attempts == 3 == len(provider.asked)


@pytest.mark.parametrize("model", MODELS[:2])
@pytest.mark.parametrize(
    ("status", "reason"), [(408, "timeout"), (409, "conflict"), (429, "rate-limit"), (503, "server-error")]
)
def test_patience_ends(provider, ask, model, status, reason):
    provider.script = [provider.error(status, "come back later")]
    reply = ask(model, HELLO)
    assert len(provider.asked) == reply.attempts == 3
    assert isinstance(reply.outcome, Failure)
    assert (reply.outcome.reason, reply.outcome.again, reply.outcome.fatal) == (reason, True, False)
    assert "come back later" in reply.outcome.message


def test_patience_ends_after_a_time(provider, ask, monkeypatch):
    """Each look at the clock takes ten seconds here; a try looks three times, and has 1,200 seconds."""
    clock = itertools.count(10.0, 10.0)
    monkeypatch.setattr("taskc.backends.retry.time", SimpleNamespace(monotonic=lambda: next(clock)))
    provider.script = [provider.error(500)]
    reply = ask("openai/gpt-4o?wait=0&retries=10000&patience=1200", HELLO)
    assert reply.attempts == len(provider.asked)
    assert 1200 // 30 <= reply.attempts <= 1200 // 30 + 2
    assert reply.outcome.reason == "server-error"


def test_what_comes_and_is_of_no_use_is_asked_for_three_times(provider, ask):
    provider.script = [provider.say(body=b"<html>")]
    reply = ask("openai/gpt-4o?wait=0.001&retries=9", HELLO)
    assert reply.attempts == len(provider.asked) == 3
    most = most_of(HELLO)
    assert reply.wasted == Usage(read=3 * most.read, written=3 * most.written)
    provider.script = [provider.say(body=provider.chat().body | {"choices": []}), provider.chat("hello")]
    reply = ask("openai/gpt-4o?wait=0.001", HELLO)
    assert (reply.wasted, reply.usage) == (Usage(read=7, written=3), Usage(read=7, written=3))
    provider.script = [provider.error(500), provider.chat("hello")]
    assert ask("openai/gpt-4o?wait=0.001", HELLO).wasted == Usage(), "an error is not paid for"


def test_bytes_that_trickle_in_do_not_prolong_the_limit(provider, ask):
    provider.script = [provider.say(hold=True, drip=0.01), provider.chat("hello")]
    reply = ask(f"openai/gpt-4o?{FAST}", HELLO)
    assert (reply.attempts, reply.outcome.text) == (2, "hello")


def test_what_the_provider_says_of_a_reply_is_handed_on(provider, ask):
    fine = provider.chat("hello")
    more = {"model": "gpt-4o-2024", "system_fingerprint": "fp_1", "id": "chat-1", "key": provider.key}
    provider.script = [provider.say(body=fine.body | more, wait=0.05)]
    start = time.monotonic()
    reply = ask(MODELS[0], HELLO)
    took = time.monotonic() - start
    assert reply.source == Source(
        model="gpt-4o-2024", fingerprint="fp_1", id="chat-1", url=f"{provider.address}/v1"
    )
    assert '"fp_1"' in reply.body
    assert provider.key not in reply.body
    assert 0.05 <= reply.seconds <= took


@pytest.mark.parametrize("model", MODELS[:2])
@pytest.mark.parametrize(
    ("status", "code", "reason", "fatal"),
    [
        (429, "insufficient_quota", "no-quota", True),
        (402, "billing_error", "no-quota", True),
        (401, "invalid_api_key", "not-allowed", True),
        (403, "permission_error", "not-allowed", True),
        (404, "model_not_found", "not-found", True),
        (400, "invalid_request_error", "bad-request", False),
        (400, "context_length_exceeded", "context-overflow", False),
        (413, "request_too_large", "context-overflow", False),
        (422, "", "bad-request", False),
    ],
)
def test_lasting_statuses_fail_at_once(provider, ask, model, status, code, reason, fatal):
    provider.script = [provider.error(status, f"bad {provider.key} indeed", code=code)]
    reply = ask(model, HELLO)
    assert len(provider.asked) == 1
    assert isinstance(reply.outcome, Failure)
    assert (reply.outcome.reason, reply.outcome.again, reply.outcome.fatal) == (reason, False, fatal)
    assert provider.key not in reply.outcome.message
    assert "\n" not in reply.outcome.message


def test_a_low_balance_is_no_quota(provider, ask):
    provider.script = [provider.error(400, "Your credit balance is too low to go on")]
    assert ask(MODELS[1], HELLO).outcome.reason == "no-quota"


@pytest.mark.parametrize("code", ["content_filter", "content_policy_violation"])
def test_a_filtered_prompt_is_a_refusal(provider, ask, code):
    provider.script = [provider.error(400, "flagged", code=code)]
    assert ask(MODELS[0], HELLO).outcome == Refusal(text="flagged")


@pytest.mark.parametrize(
    ("model", "name", "value"),
    [
        (MODELS[0], "retry_after", "0.3"),
        (MODELS[1], "retry_after", "0.3"),
        (MODELS[0], "retry_after_ms", "300"),
    ],
)
def test_retry_after_is_obeyed(provider, ask, model, name, value):
    provider.script = [provider.error(429, **{name: value}), fine(provider, model)]
    start = time.monotonic()
    assert ask(model, HELLO).outcome == Generated(text="hello", finish="stop")
    assert time.monotonic() - start >= 0.3


def test_too_long_a_retry_after_is_not_waited_for(provider, ask):
    provider.script = [provider.error(429, retry_after="3600"), fine(provider, MODELS[0])]
    reply = ask(MODELS[0], HELLO)
    assert reply.outcome.reason == "rate-limit"
    assert (reply.outcome.again, reply.outcome.fatal) == (True, True)
    assert reply.outcome.message.endswith("asks to wait 3,600 s")
    assert len(provider.asked) == 1


@pytest.mark.parametrize("value", ["soon", "-5", "nan", ""])
def test_a_retry_after_that_says_nothing_is_passed_over(provider, ask, value):
    provider.script = [provider.error(429, retry_after=value), fine(provider, MODELS[0])]
    assert ask(MODELS[0], HELLO).outcome == Generated(text="hello", finish="stop")


@pytest.mark.parametrize("model", [*MODELS, TEXT])
def test_resets_are_tried_again(provider, ask, model):
    provider.script = [provider.say(reset=True), fine(provider, model)]
    assert ask(model, HELLO).outcome == Generated(text="hello", finish="stop")


def test_resets_for_ever_fail_and_are_not_fatal(provider, ask):
    provider.script = [provider.say(reset=True)]
    outcome = ask(MODELS[0], HELLO).outcome
    assert (outcome.reason, outcome.again, outcome.fatal) == ("no-connection", True, False)


@pytest.mark.parametrize("model", MODELS)
def test_nobody_there_is_fatal(provider, ask, model):
    nowhere = "http://127.0.0.1:9"
    env = {"OPENAI_BASE_URL": nowhere, "ANTHROPIC_BASE_URL": nowhere, "BOX_BASE_URL": nowhere}
    outcome = ask(model, HELLO, **env).outcome
    assert (outcome.reason, outcome.fatal) == ("no-connection", True)
    assert nowhere in outcome.message


@pytest.mark.parametrize("model", MODELS)
def test_slow_answers_time_out(provider, ask, model):
    provider.script = [provider.say(hold=True), fine(provider, model)]
    reply = ask(model, HELLO)
    assert reply.outcome == Generated(text="hello", finish="stop")
    assert reply.attempts == 2


def test_slow_answers_time_out_for_good(provider, ask):
    provider.script = [provider.say(hold=True)]
    outcome = ask(f"openai/gpt-4o?timeout=0.05&{FAST}", HELLO).outcome
    assert outcome == Failure(reason="timeout", message="openai did not answer within 0.05 s")


@pytest.mark.parametrize("model", [MODELS[0], MODELS[1], TEXT])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>bad gateway</html>",
        b'{"choices": [',
        b"null",
        b"[]",
        b'"hello"',
        b"{}",
        b'{"choices": null, "content": null}',
        b'{"choices": [{}], "content": [{}]}',
        b'{"choices": [{"message": {"content": 5}, "text": 5}], "content": [{"type": "text", "text": 5}]}',
        b'{"error": "upstream died"}',
        b"\xff\xfe\x00",
    ],
)
def test_what_cannot_be_read_is_a_failure(provider, ask, model, body):
    provider.script = [provider.say(body=body)]
    outcome = ask(model, HELLO).outcome
    assert isinstance(outcome, Failure)
    assert outcome.reason == "unreadable-response"
    assert not outcome.fatal


@pytest.mark.parametrize("model", [MODELS[2], TEXT])
def test_an_error_with_a_fine_status_means_what_it_says(provider, ask, model):
    def error(code):
        return provider.say(body={"error": {"message": "upstream died", "code": code}})

    provider.script = [error(502), fine(provider, model)]
    assert ask(model, HELLO).outcome == Generated(text="hello", finish="stop")
    provider.script = [error(402)]
    outcome = ask(model, HELLO).outcome
    assert (outcome.reason, outcome.message) == ("no-quota", "box answered 402: upstream died")
    provider.script = [error("odd")]
    assert ask(model, HELLO).outcome.message == "box sent a response that cannot be read: upstream died"


def test_a_long_reply_of_many_tokens_is_not_refused_by_the_sdk(provider, ask):
    provider.script = [provider.message("hello")]
    asked = Generate(prompt=HELLO.prompt, max_tokens=120_000)
    assert ask("anthropic/claude-x", asked).outcome == Generated(text="hello", finish="stop")


def test_html_with_a_fine_status_is_a_failure(provider, ask):
    provider.script = [provider.say(body=b"<html>", headers={"content-type": "text/html"})]
    assert ask(MODELS[0], HELLO).outcome.reason == "unreadable-response"


@pytest.mark.parametrize("model", [MODELS[0], TEXT])
def test_no_choices_is_a_failure(provider, ask, model):
    provider.script = [provider.say(body={"choices": []})]
    assert ask(model, HELLO).outcome.reason == "no-choices"


def test_no_text_is_a_failure(provider, ask):
    provider.script = [provider.chat(None)]
    assert ask(MODELS[0], HELLO).outcome.reason == "no-text"


@pytest.mark.parametrize("model", MODELS)
def test_a_reply_full_of_reasoning_is_a_failure_that_says_so(provider, ask, model):
    provider.script = [provider.chat("", "length")]
    if model.startswith("anthropic"):
        provider.script = [provider.message(stop_reason="max_tokens")]
    outcome = ask(model, HELLO).outcome
    assert outcome.reason == "no-text"
    assert "max_tokens" in outcome.message


def test_refusals(provider, ask):
    provider.script = [provider.chat(None, refusal="I would rather not")]
    assert ask(MODELS[0], HELLO).outcome == Refusal(text="I would rather not")
    provider.script = [provider.chat("half a", "content_filter")]
    assert ask(MODELS[0], HELLO).outcome == Refusal(text="half a")
    provider.script = [provider.message("no", stop_reason="refusal")]
    assert ask(MODELS[1], HELLO).outcome == Refusal(text="no")


def test_an_end_nobody_asked_for_is_a_failure(provider, ask):
    provider.script = [provider.message("hm", stop_reason="tool_use")]
    assert ask(MODELS[1], HELLO).outcome.reason == "unexpected-end"


def test_one_bad_request_of_many_stands_alone(provider, ask):
    provider.script = [provider.error(400), provider.chat("hello")]
    replies = ask(MODELS[0], HELLO, HELLO, HELLO)
    kinds = sorted(type(reply.outcome).__name__ for reply in replies)
    assert kinds == ["Failure", "Generated", "Generated"]


@pytest.mark.parametrize("model", MODELS)
def test_a_prompt_that_is_forbidden_after_others_were_answered_stands_alone(provider, tmp_path, model):
    """A firewall before the service forbids one prompt: the key, which others were answered with, is fine."""
    forbidden = provider.say(status=403, body="<html>Access denied</html>")
    provider.script = [forbidden, fine(provider, model), forbidden, fine(provider, model)]

    async def go(count):
        backend = open_model(model, provider.around(tmp_path))
        try:
            return [(await backend.ask([HELLO]))[0].outcome for _ in range(count)]
        finally:
            await backend.close()

    (first,) = asyncio.run(go(1))
    assert (first.reason, first.fatal) == ("not-allowed", True)
    one, forbade, other = asyncio.run(go(3))
    assert one == other == Generated(text="hello", finish="stop")
    assert (forbade.reason, forbade.again, forbade.fatal) == ("not-allowed", False, False)


@pytest.mark.parametrize("model", [*MODELS, TEXT])
def test_a_key_that_is_sent_back_gets_into_no_reply(provider, ask, model):
    """A server that repeats what it was sent, headers and all, puts the key into what it says."""
    said = f"you sent {provider.key}"
    script = {MODELS[1]: provider.message(said), TEXT: provider.text(said)}
    provider.script = [script.get(model, provider.chat(said))]
    reply = ask(model, HELLO)
    assert reply.outcome == Generated(text="you sent ***", finish="stop")
    assert provider.key not in repr(reply)


def test_nor_into_what_is_said_of_one_that_is_none(provider, ask):
    say = provider.chat("hel", "error")
    say.body["choices"][0]["error"] = {"code": 502, "message": f"no\x1b[2J use for {provider.key} here"}
    provider.script = [say]
    outcome = ask(MODELS[2], HELLO).outcome
    assert outcome.reason == "server-error"
    assert "no [2J use for *** here" in outcome.message
    error = {"code": "server_error", "message": f"no use for {provider.key}\nhere"}
    provider.script = [provider.responses(None, status="failed", error=error)]
    assert ask(f"openai/o3?{FAST}", HELLO).outcome.message.endswith("no use for *** here")
