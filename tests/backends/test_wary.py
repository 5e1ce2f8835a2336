"""What a server sends that cannot be so (counts, probabilities, endings, addresses): no score comes of it."""

import copy
import json

import pytest

from taskc.backends import ModelError, Surroundings, open_model
from taskc.records.operation import Failure, Generate, Generated, Labelled, Labels, Prompt, Usage
from taskc.records.request import Message

FAST = "wait=0.001&retries=2"
PROMPT = Prompt(messages=(Message(role="user", content="hi"),))
HELLO = Generate(prompt=PROMPT, max_tokens=5)
BOX, OPENAI, ANTHROPIC = f"openai-api/box/m?{FAST}", f"openai/gpt-4o?{FAST}", f"anthropic/claude-x?{FAST}"
COUNTS = {BOX: "prompt_tokens", OPENAI: "prompt_tokens", ANTHROPIC: "input_tokens"}


def changed(say, **fields):
    """Change fields of what a server says; a name with `__` goes inwards."""
    body = copy.deepcopy(say.body)
    for name, value in fields.items():
        *way, last = name.split("__")
        inner = body
        for step in way:
            inner = inner[int(step) if step.isdigit() else step]
        inner[last] = value
    return body


@pytest.mark.parametrize("model", COUNTS)
@pytest.mark.parametrize("count", [2**63, -1_000_000, None])
def test_counts_that_cannot_be(provider, ask, model, count):
    """The reply is fine; what it cost is not known, and nothing is subtracted from a budget."""
    say = provider.message("hello") if model == ANTHROPIC else provider.chat("hello")
    provider.script = [provider.say(body=changed(say, **{f"usage__{COUNTS[model]}": count}))]
    reply = ask(model, HELLO)
    assert reply.outcome == Generated(text="hello", finish="stop")
    assert reply.usage.read == 0
    assert isinstance(reply.usage, Usage) and reply.usage.written >= 0


@pytest.mark.parametrize("worth", [{"A": 0.9, "B": 0.1}, {"A": 1000.0, "B": 1e308}, {"A": -0.1, "B": -0.1}])
def test_numbers_that_are_no_log_probabilities(provider, ask, worth):
    """Probabilities sent in their place, and masses above 1, are a failure and no tie."""
    provider.script = [provider.top(**worth)]
    outcome = ask("openai-api/box/m?top_logprobs=5", Labels(prompt=PROMPT, labels=("A", "B"))).outcome
    assert isinstance(outcome, Failure)
    assert (outcome.reason, outcome.again) == ("no-logprobs", False)


def test_rounded_log_probabilities_are_fine(provider, ask):
    provider.script = [provider.top(A=-0.6931, B=-0.6931)]
    outcome = ask("openai-api/box/m?top_logprobs=5", Labels(prompt=PROMPT, labels=("A", "B"))).outcome
    assert isinstance(outcome, Labelled)


@pytest.mark.parametrize("model", [BOX, OPENAI, f"openai-api/box/m?mode=completions&{FAST}"])
@pytest.mark.parametrize(
    ("reason", "kind", "again"),
    [
        ("error", "server-error", True),
        ("abort", "server-error", True),
        ("tool_calls", "unexpected-end", False),
    ],
)
def test_a_reply_that_was_broken_off(provider, ask, model, reason, kind, again):
    """It is no reply that ended, and is not kept as one; what passes is tried again."""
    say = provider.text("hel") if "completions" in model else provider.chat("hel")
    provider.script = [provider.say(body=changed(say, choices__0__finish_reason=reason))]
    outcome = ask(model, HELLO).outcome
    assert isinstance(outcome, Failure)
    assert (outcome.reason, outcome.again) == (kind, again)
    assert len(provider.asked) == (3 if again else 1)
    assert reason in outcome.message


@pytest.mark.parametrize("model", COUNTS)
def test_nobody_is_followed_elsewhere(provider, ask, model):
    """The prompt goes to the address it was meant for, by SDK or without."""
    provider.script = [provider.say(status=307, body="{}", headers={"location": "/elsewhere"})]
    outcome = ask(model, HELLO).outcome
    assert isinstance(outcome, Failure)
    assert {one.path for one in provider.asked} != {"/elsewhere"}
    assert all("elsewhere" not in one.path for one in provider.asked)


def test_a_key_is_taken_out_however_json_writes_it(provider, ask):
    """A server that sends the key back may escape any character of it."""
    body = provider.chat("hello").body | {"echoed": provider.key}
    written = json.dumps(body).replace(provider.key, "".join(f"\\u{ord(c):04x}" for c in provider.key))
    provider.script = [provider.say(body=written.encode())]
    reply = ask(BOX, HELLO)
    assert reply.outcome == Generated(text="hello", finish="stop")
    assert provider.key not in reply.body
    assert provider.key not in str(json.loads(reply.body))


def test_a_date_that_no_calendar_has_is_no_wait(provider, ask):
    provider.script = [
        provider.error(429, **{"retry-after": "Wed, 21 Oct 99999 07:28:00 GMT"}),
        provider.chat("hello"),
    ]
    assert ask(BOX, HELLO).outcome == Generated(text="hello", finish="stop")


@pytest.mark.parametrize(
    "url", ["http://h/v1?key=secret-secret", "http://h/v1#x", "http://h/v1 ", "http://h/\x1b[2J"]
)
def test_an_address_has_no_query(tmp_path, url):
    """What stands behind `?` would be kept with every answer, and a key may stand there."""
    around = Surroundings(cache=tmp_path, environment={"BOX_BASE_URL": url, "BOX_API_KEY": "k" * 20})
    with pytest.raises(ModelError, match="is not the address of a server") as caught:
        open_model("openai-api/box/m", around)
    assert "secret-secret" not in str(caught.value)


def test_a_wait_of_minutes_is_waited_for(provider, tmp_path):
    """A provider that asks for less than `patience` is obeyed; for more than that its model's run ends."""
    model = open_model("openai-api/box/m?patience=300", provider.around(tmp_path))
    short = model.line._passing(429, "box answered 429", {"retry-after": "61"})
    assert short.passing and not short.outcome.fatal
    assert short.feedback.wait == 61
    long = model.line._passing(429, "box answered 429", {"retry-after": "301"})
    assert not long.passing and long.outcome.fatal
    assert "asks to wait 301 s" in long.outcome.message
