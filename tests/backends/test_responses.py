"""Responses: what is sent, how the answer is read, and which form of asking is taken for which model."""

import math

import pytest

from taskc.backends import describe_model, open_model
from taskc.backends.protocol import ModelError
from taskc.records.operation import Failure, Generate, Generated, Labels, Prompt, Refusal
from taskc.records.request import Message

USER = Message(role="user", content="hi")
PROMPT = Prompt(messages=(Message(role="system", content="be brief"), USER))
HELLO = Generate(prompt=PROMPT, max_tokens=50, effort="low", reasoning_tokens=1000)
LABELS = Labels(prompt=PROMPT, labels=("A", "B"))
O3 = "openai/o3?retries=0"


def test_what_is_sent(provider, ask):
    provider.script = [provider.responses("hello", hidden=2)]
    reply = ask(O3, HELLO)
    assert reply.outcome == Generated(text="hello", finish="stop")
    assert (reply.usage.read, reply.usage.written, reply.source.id) == (7, 3, "x")
    (asked,) = provider.asked
    assert asked.path == "/v1/responses"
    assert asked.headers["authorization"] == f"Bearer {provider.key}"
    assert asked.body == {
        "model": "o3",
        "input": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}],
        "max_output_tokens": 1050,
        "store": False,
        "reasoning": {"effort": "low"},
    }


def test_a_model_that_does_not_reason_is_sent_a_temperature_and_cut_here(provider, ask):
    provider.script = [provider.responses("hello b world")]
    asked = Generate(prompt=PROMPT, max_tokens=5, temperature=0.7, top_p=0.9, stop=(" b",))
    assert ask("openai/gpt-4o?api=responses", asked).outcome == Generated(text="hello", finish="stop")
    sent = provider.asked[0].body
    assert (sent["temperature"], sent["top_p"]) == (0.7, 0.9)
    assert sent["max_output_tokens"] == 16  # fewer are refused
    assert "stop" not in sent


def test_labels_are_read_at_the_first_token(provider, ask):
    provider.script = [
        provider.responses("A", top={"A": math.log(0.5), " A": math.log(0.1), "B": math.log(0.2)})
    ]
    outcome = ask("openai/gpt-4o?api=responses&top_logprobs=7", LABELS).outcome
    assert [math.exp(one) for one in outcome.logprobs] == pytest.approx([0.6, 0.2])
    assert outcome.outside == pytest.approx(0.2)
    sent = provider.asked[0].body
    assert (sent["include"], sent["top_logprobs"]) == (["message.output_text.logprobs"], 7)


def test_no_logprobs_is_a_failure(provider, ask):
    provider.script = [provider.responses("A")]
    assert ask("openai/gpt-4o?api=responses", LABELS).outcome.reason == "no-logprobs"


@pytest.mark.parametrize(
    ("say", "outcome"),
    [
        ({"text": None, "refusal": "I will not"}, Refusal(text="I will not")),
        ({"text": "half", "incomplete": "content_filter"}, Refusal(text="half")),
        (
            {"text": "half", "incomplete": "max_output_tokens", "written": 50},
            Generated(text="half", finish="length"),
        ),
        (
            {"text": "half", "incomplete": "max_output_tokens", "written": 1050, "hidden": 1000},
            Generated(text="half", finish="length"),
        ),
    ],
)
def test_how_a_reply_ends(provider, ask, say, outcome):
    provider.script = [provider.responses(**say)]
    assert ask(O3, HELLO).outcome == outcome


@pytest.mark.parametrize(
    ("say", "reason", "again"),
    [
        (
            {"text": None, "incomplete": "max_output_tokens", "written": 1050, "hidden": 1050},
            "no-text",
            False,
        ),
        (
            {"text": "ha", "incomplete": "max_output_tokens", "written": 1050, "hidden": 1048},
            "cut-by-reasoning",
            False,
        ),
        ({"text": "ha", "incomplete": "steered"}, "unexpected-end", False),
        ({"text": None}, "no-choices", True),
        (
            {"text": None, "status": "failed", "error": {"code": "server_error", "message": "oh"}},
            "server-error",
            True,
        ),
        (
            {"text": None, "status": "failed", "error": {"code": "bad_image", "message": "oh"}},
            "server-error",
            False,
        ),
        ({"text": None, "status": "cancelled"}, "server-error", True),
    ],
)
def test_what_is_no_reply(provider, ask, say, reason, again):
    provider.script = [provider.responses(**say)]
    outcome = ask(O3, HELLO).outcome
    assert isinstance(outcome, Failure)
    assert (outcome.reason, outcome.again) == (reason, again)


def test_an_unwanted_prompt_is_a_refusal(provider, ask):
    error = {"code": "invalid_prompt", "message": "not this"}
    provider.script = [provider.responses(None, status="failed", error=error)]
    assert ask(O3, HELLO).outcome == Refusal(text="not this")


# --- the form of asking ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "canonical"),
    [
        ("openai/o3", "openai/o3?api=responses"),
        ("openai/o3?api=responses", "openai/o3?api=responses"),
        ("openai/o3?api=chat", "openai/o3"),
        ("openai/gpt-4o", "openai/gpt-4o"),
        ("openai/gpt-4o?api=responses", "openai/gpt-4o?api=responses"),
        ("openai/davinci-002", "openai/davinci-002?api=completions"),
        ("openai/nobody-knows-it", "openai/nobody-knows-it"),
    ],
)
def test_the_form_is_part_of_the_name_unless_it_is_chat(provider, tmp_path, model, canonical):
    around = provider.around(tmp_path, OPENAI_BASE_URL="")
    assert describe_model(model, around).model == open_model(model, around).model == canonical


@pytest.mark.parametrize(
    ("model", "said", "cure"),
    [
        ("openai/o3?api=poem", "parameter `api` is `poem`", "`api=responses`"),
        ("openai/o3-pro?api=chat", "`openai/o3-pro` is not asked by `api=chat`", "write `api=responses`"),
        (
            "openai/gpt-4o?api=completions",
            "is not asked by `api=completions`",
            "`api=chat` or `api=responses`",
        ),
    ],
)
def test_a_form_that_a_model_does_not_have_is_refused(provider, tmp_path, model, said, cure):
    with pytest.raises(ModelError) as caught:
        describe_model(model, provider.around(tmp_path))
    assert said in str(caught.value) and cure in caught.value.help


# --- reasoning that is not shown, in the other forms ----------------------------------------------------


@pytest.mark.parametrize(
    ("model", "field"),
    [
        ("openai/o3?api=chat", "max_completion_tokens"),
        ("openai-api/box/m", "max_tokens"),
        ("anthropic/claude-opus-5", "max_tokens"),
    ],
)
def test_room_is_left_for_it(provider, ask, model, field):
    provider.script = [provider.message("hello") if model.startswith("anthropic") else provider.chat("hello")]
    asked = Generate(prompt=PROMPT, max_tokens=50, reasoning_tokens=1000)
    assert ask(model, asked).outcome == Generated(text="hello", finish="stop")
    assert provider.asked[0].body[field] == 1050


@pytest.mark.parametrize(
    ("text", "written", "hidden", "reason"),
    [
        ("", 1050, 1050, "no-text"),
        ("ha", 1050, 1048, "cut-by-reasoning"),
        ("half", 1050, 900, "length"),
        ("half", 50, None, "length"),
    ],
)
@pytest.mark.parametrize("model", ["openai/o3?api=chat", "anthropic/claude-opus-5"])
def test_a_reply_that_it_cut_is_none(provider, ask, model, text, written, hidden, reason):
    if model.startswith("anthropic"):
        texts = (text,) if text else ()
        say = provider.message(*texts, stop_reason="max_tokens", written=written, hidden=hidden)
    else:
        say = provider.chat(text, "length", written=written, hidden=hidden)
    provider.script = [say]
    outcome = ask(model, Generate(prompt=PROMPT, max_tokens=50, reasoning_tokens=1000)).outcome
    assert getattr(outcome, "reason", getattr(outcome, "finish", None)) == reason


def test_why_anthropic_declined(provider, ask):
    say = provider.message(stop_reason="refusal")
    say.body["stop_details"] = {"type": "refusal", "category": "bio", "explanation": "not this"}
    provider.script = [say]
    assert ask("anthropic/claude-opus-5", HELLO).outcome == Refusal(text="not this")
    provider.script = [provider.message("I would rather not", stop_reason="refusal")]
    assert ask("anthropic/claude-opus-5", HELLO).outcome == Refusal(text="I would rather not")


@pytest.mark.parametrize(
    ("model", "thinking", "room"),
    [
        ("anthropic/claude-opus-5", None, 16_000),
        ("anthropic/claude-opus-5?thinking=disabled", "disabled", 0),
        ("anthropic/claude-opus-4-6", None, 0),
        ("anthropic/claude-opus-4-6?thinking=adaptive", "adaptive", 16_000),
        ("anthropic/claude-opus-4-6?thinking=adaptive&reasoning_tokens=9", "adaptive", 9),
    ],
)
def test_thinking_is_stated(provider, ask, tmp_path, model, thinking, room):
    provider.script = [provider.message("hello")]
    ask(model, Generate(prompt=PROMPT, max_tokens=50))
    assert provider.asked[0].body.get("thinking") == (thinking and {"type": thinking})
    assert describe_model(model, provider.around(tmp_path)).capabilities.reasoning_tokens == room


def test_thinking_is_one_of_two(provider, tmp_path):
    with pytest.raises(ModelError, match="parameter `thinking` is `hard`"):
        describe_model("anthropic/claude-opus-5?thinking=hard", provider.around(tmp_path))
