"""The table of capabilities: where it knows something from, what it says, and what it leaves open."""

import math
import re

import pytest

from taskc.backends import Surroundings, describe_model
from taskc.backends.known import Row, known_of, rows_of, table
from taskc.backends.protocol import parse_model
from taskc.records.operation import Generate, Generated, Labels, Prompt, Score, Scored
from taskc.records.request import Message

USER = Message(role="user", content="The sky is")
PROMPT = Prompt(messages=(USER,), joint=" ")
BLUE = Score(prompt=PROMPT, continuations=("blue", "not blue"))


def test_every_row_says_when_and_where():
    rows = table()
    assert len(rows) > 15
    for row in rows:
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", row.date)
        assert row.source.startswith("https://")
        assert set(row.api) <= {"responses", "chat", "completions"}
        assert all(model.split("/")[0] in ("openai", "anthropic", "openai-api") for model in row.models)


def test_no_model_is_named_by_two_rows_that_say_the_same_thing():
    named = [(model, row.api) for row in table() for model in row.models if "*" not in model]
    assert len(named) == len(set(named))


def test_patterns_end_in_their_star():
    """A `*` in the middle of a name would guess at what stands there."""
    patterns = [model for row in table() for model in row.models if "*" in model]
    assert patterns and all(model.endswith(("/*", ":*")) for model in patterns)


def test_the_nearest_row_goes_before():
    def row(*models, **more):
        return Row(models=models, source="https://x", date="2026-01-01", **more)

    rows = (row("a/*", stop=True), row("a/b*", stop=False), row("a/bc"), row("x/*"))
    assert [one.models[0] for one in rows_of("a/bc", rows)] == ["a/bc", "a/b*", "a/*"]
    assert [one.models[0] for one in rows_of("a/bcd", rows)] == ["a/b*", "a/*"]


@pytest.mark.parametrize(
    "model",
    [
        "openai/gpt-4o-nobody",
        "openai/xo3",
        "openai/o3-x",
        "openai/gpt-5-something",
        "openai/my-gpt-4o",
        "openai/omni",
    ],
)
def test_likeness_is_not_knowledge(model):
    can = known_of(parse_model(model), "chat")
    assert can.unknown == ("temperature", "stop", "effort", "top_logprobs")
    assert can.top_logprobs == can.reasoning_tokens == 0
    assert can.source == ""


def test_what_is_stated_is_not_unknown():
    can = known_of(parse_model("openai/omni?top_logprobs=5&effort=no"), "chat")
    assert can.unknown == ("temperature", "stop")
    assert (can.top_logprobs, can.effort, can.source) == (5, False, "the model string")


def test_what_was_tried_is_not_unknown_and_the_table_goes_before():
    can = known_of(
        parse_model("openai/omni"), "chat", {"temperature": False, "top_logprobs": 20, "score": True}
    )
    assert can.unknown == ("stop", "effort")
    assert (can.temperature, can.top_logprobs, can.source) == (False, 20, "a probe")
    assert not can.score  # Chat Completions cannot
    assert known_of(parse_model("openai/gpt-4o"), "chat", {"temperature": False}).temperature


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("openai/o1", (False, False, 0, True, 25_000)),
        ("openai/gpt-5.1", (False, False, 0, True, 25_000)),
        ("openai/gpt-4o?api=responses", (True, False, 20, False, 0)),
        ("openai/gpt-4.1-mini", (True, True, 20, False, 0)),
        ("openai/gpt-5-chat-latest", (True, True, 20, False, 0)),
        ("openai/ft:gpt-4o-mini-2024-07-18:me::1", (True, True, 20, False, 0)),
        ("openai/davinci-002", (True, True, 5, False, 0)),
        ("anthropic/claude-opus-5", (False, True, 0, True, 16_000)),
        ("anthropic/claude-sonnet-4-5", (True, True, 0, False, 0)),
        ("anthropic/claude-sonnet-4-6", (True, True, 0, True, 0)),
        ("anthropic/claude-sonnet-4-6?thinking=adaptive", (False, True, 0, True, 16_000)),
        ("anthropic/claude-opus-4-7", (False, True, 0, True, 0)),
        ("openai/o3?reasoning_tokens=0", (False, False, 0, True, 0)),
    ],
)
def test_models_that_it_knows(tmp_path, provider, model, expected):
    can = describe_model(model, provider.around(tmp_path)).capabilities
    found = (can.temperature, can.stop, can.top_logprobs, can.effort, can.reasoning_tokens)
    assert found == expected
    assert not can.unknown
    assert "https://" in can.source


@pytest.mark.parametrize(
    ("model", "room", "unknown"),
    [
        ("openai/gpt-6-sol", 25_000, ("temperature", "top_logprobs")),
        ("openai/gpt-5.6?api=chat", 25_000, ("temperature", "stop", "top_logprobs")),
        ("anthropic/claude-opus-5-5", 16_000, ("prefill",)),
        ("anthropic/claude-haiku-5-5", 0, ()),
    ],
)
def test_what_a_page_does_not_say_is_unknown(tmp_path, model, room, unknown):
    can = describe_model(model, Surroundings(cache=tmp_path)).capabilities
    assert (can.effort, can.reasoning_tokens, can.unknown) == (True, room, unknown)
    assert can.context >= 1_000_000


@pytest.mark.parametrize(
    ("model", "score", "top", "prefill", "unknown"),
    [
        ("vllm/m", False, 20, True, ()),
        ("vllm/m?mode=completions", True, 20, True, ()),
        ("sglang/m?mode=completions", True, 20, True, ()),
        ("llama-cpp/m", False, 20, True, ()),
        ("llama-cpp/m?mode=completions", False, 20, True, ()),
        ("ollama/m", False, 20, False, ()),
        ("ollama/m?mode=completions", False, 0, True, ("top_logprobs",)),
        ("box/m", False, 0, False, ("top_logprobs",)),
        ("box/m?mode=completions", False, 0, True, ("score", "top_logprobs")),
        ("box/m?mode=completions&score=yes&top_logprobs=3", True, 3, True, ()),
    ],
)
def test_services_that_it_knows(tmp_path, provider, model, score, top, prefill, unknown):
    can = describe_model(f"openai-api/{model}", provider.around(tmp_path)).capabilities
    assert (can.score, can.top_logprobs, can.prefill, can.unknown) == (score, top, prefill, unknown)


# --- what services are sent -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "fields"),
    [
        ("vllm", {"add_generation_prompt": False, "continue_final_message": True}),
        ("sglang", {"continue_final_message": True}),
        ("llama-cpp", {}),
    ],
)
def test_a_reply_is_begun_as_the_service_wants_it(provider, ask, service, fields):
    provider.script = [provider.chat(" Paris")]
    model = f"openai-api/{service}/m?base_url={provider.address}/v1"
    begun = Generate(prompt=Prompt(messages=(USER,), prefill="So:"), max_tokens=5)
    assert ask(model, begun).outcome == Generated(text=" Paris", finish="stop")
    assert ask(model, Generate(prompt=PROMPT, max_tokens=5)).outcome.text == " Paris"
    with_start, without = (asked.body for asked in provider.asked)
    assert with_start["messages"][-1] == {"role": "assistant", "content": "So:"}
    assert {key: with_start[key] for key in fields} == fields
    assert not set(without) & {"add_generation_prompt", "continue_final_message"}


@pytest.mark.parametrize("model", ["openai/davinci-002", "openai-api/box/m?mode=completions&score=yes"])
def test_given_text_is_scored_where_it_is_repeated(provider, ask, model):
    provider.rule = lambda asked, before: provider.echo(asked, lambda at: -float(at))
    reply = ask(model, BLUE)
    # `The sky is` are the tokens 0 to 2
    assert reply.outcome == Scored(logprobs=(-3.0, -7.0), tokens=(1, 2))
    assert (reply.usage.read, reply.usage.written) == (9, 2)
    (asked,) = provider.asked
    assert asked.path == "/v1/completions"
    assert asked.body == {
        "model": asked.body["model"],
        "prompt": ["The sky is blue", "The sky is not blue"],
        "max_tokens": 1,
        "echo": True,
        "logprobs": 1,
    }


def test_a_server_that_passes_over_echo_is_found_out(provider, ask):
    provider.script = [
        provider.say(
            body={"choices": [provider.text(" blue").body["choices"][0] | {"index": at} for at in (0, 1)]}
        )
    ]
    outcome = ask("openai-api/box/m?mode=completions&score=yes", BLUE).outcome
    assert (outcome.reason, outcome.again) == ("no-echo", False)
    assert outcome.message == "box did not repeat the text it was sent, so it cannot be scored there"


def test_a_server_that_takes_one_prompt_only_is_found_out(provider, ask):
    provider.script = [provider.text("The sky is blue")]
    outcome = ask("openai-api/box/m?mode=completions&score=yes", BLUE).outcome
    assert (outcome.reason, outcome.again) == ("no-echo", False)
    assert outcome.message == "box repeated 1 of 2 texts it was sent"


def test_labels_of_a_base_model(provider, ask):
    provider.script = [provider.text(" A", "length", {"top_logprobs": [{" A": math.log(0.5)}]})]
    outcome = ask("openai/davinci-002", Labels(prompt=PROMPT, labels=("A", "B"))).outcome
    assert math.exp(outcome.logprobs[0]) == pytest.approx(0.5)
    assert provider.asked[0].body["logprobs"] == 5
