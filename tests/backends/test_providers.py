"""What is sent to a provider for each operation, and how its answer is read."""

import math

import pytest

from taskc.backends import Surroundings, open_model
from taskc.backends.protocol import ModelError
from taskc.records.operation import Failure, Generate, Generated, Labels, Prompt, Score
from taskc.records.request import Message

SYSTEM = Message(role="system", content="be brief")
USER = Message(role="user", content="hi")
PROMPT = Prompt(messages=(SYSTEM, USER))
HELLO = Generate(prompt=PROMPT, max_tokens=5, temperature=0.7, top_p=0.9, stop=("a", "b", "c", "d", "e"))
LABELS = Labels(prompt=PROMPT, labels=("A", "B", "C"))


def test_openai_is_sent_what_is_asked(provider, ask):
    provider.script = [provider.chat("hello")]
    reply = ask("openai/gpt-4o", HELLO)
    assert (reply.usage.read, reply.usage.written, reply.attempts) == (7, 3, 1)
    (asked,) = provider.asked
    assert asked.path == "/v1/chat/completions"
    assert asked.headers["authorization"] == f"Bearer {provider.key}"
    assert asked.body == {
        "model": "gpt-4o",
        "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}],
        "max_completion_tokens": 5,
        "temperature": 0.7,
        "top_p": 0.9,
        "stop": ["a", "b", "c", "d"],
    }


def test_a_reasoning_model_is_sent_no_temperature_and_cut_here(provider, ask):
    provider.script = [provider.chat("hello b world")]
    asked = Generate(prompt=PROMPT, max_tokens=5, stop=(" b",), effort="low")
    assert ask("openai/o3-mini?api=chat", asked).outcome == Generated(text="hello", finish="stop")
    sent = provider.asked[0].body
    assert sent["reasoning_effort"] == "low"
    assert not {"temperature", "top_p", "stop"} & set(sent)


def test_labels_are_read_at_the_first_token(provider, ask):
    top = {"A": math.log(0.5), " A": math.log(0.1), "B": math.log(0.2), "The": math.log(0.1)}
    provider.script = [provider.top(**top)]
    outcome = ask("openai/gpt-4o?top_logprobs=5", LABELS).outcome
    a, b, c = outcome.logprobs
    assert math.exp(a) == pytest.approx(0.6)
    assert math.exp(b) == pytest.approx(0.2)
    assert c is None
    assert outcome.outside == pytest.approx(0.2)
    sent = provider.asked[0].body
    assert (sent["logprobs"], sent["top_logprobs"]) == (True, 5)
    assert (sent["max_completion_tokens"], sent["temperature"]) == (1, 1.0)


def test_no_logprobs_is_a_failure(provider, ask):
    provider.script = [provider.chat("A")]
    outcome = ask("openai/gpt-4o", LABELS).outcome
    assert (outcome.reason, outcome.again) == ("no-logprobs", False)
    provider.script = [provider.top()]
    assert ask("openai/gpt-4o", LABELS).outcome.reason == "no-logprobs"


def test_scoring_is_not_to_be_had(provider, ask):
    asked = Score(prompt=PROMPT, continuations=("A",))
    for model in (
        "openai/gpt-4o",
        "openai/o3",
        "openai/gpt-3.5-turbo-instruct",
        "anthropic/x",
        "openai-api/box/m",
        "openai-api/box/m?mode=completions",
        "openai-api/llama-cpp/m?mode=completions&base_url=http://127.0.0.1:1",
    ):
        outcome = ask(model, asked).outcome
        assert isinstance(outcome, Failure)
        assert outcome.reason == "not-supported"
    assert provider.asked == []


def test_anthropic_is_sent_what_is_asked(provider, ask):
    provider.script = [provider.message("hel", "lo")]
    asked = Generate(prompt=PROMPT, max_tokens=5, stop=("\n", "END"), effort="low")
    reply = ask("anthropic/claude-x", asked)
    assert reply.outcome == Generated(text="hello", finish="stop")
    assert (reply.usage.read, reply.usage.written) == (7, 3)
    (sent,) = provider.asked
    assert sent.path == "/v1/messages"
    assert provider.key in (sent.headers.get("x-api-key", "") + sent.headers.get("authorization", ""))
    assert sent.body == {
        "model": "claude-x",
        "messages": [{"role": "user", "content": "hi"}],
        "system": "be brief",
        "max_tokens": 5,
        "stop_sequences": ["END"],
        "output_config": {"effort": "low"},
    }


def test_anthropic_is_sent_more_where_the_model_string_says_it_can(provider, ask):
    provider.script = [provider.message(" Paris", stop_reason="max_tokens")]
    asked = Generate(prompt=Prompt(messages=(USER,), prefill="So:"), max_tokens=5, temperature=0.5)
    reply = ask("anthropic/claude-x?temperature=yes&prefill=yes", asked)
    assert reply.outcome == Generated(text=" Paris", finish="length")
    sent = provider.asked[0].body
    assert sent["messages"][-1] == {"role": "assistant", "content": "So:"}
    assert sent["temperature"] == 0.5
    assert "top_p" not in sent


def test_stops_of_blanks_are_cut_here(provider, ask):
    provider.script = [provider.message("one\ntwo")]
    asked = Generate(prompt=PROMPT, max_tokens=5, stop=("\n",))
    assert ask("anthropic/claude-x", asked).outcome == Generated(text="one", finish="stop")


def test_an_empty_reply_is_a_reply(provider, ask):
    provider.script = [provider.message()]
    assert ask("anthropic/claude-x", HELLO).outcome == Generated(text="", finish="stop")
    provider.script = [provider.chat("")]
    assert ask("openai/gpt-4o", HELLO).outcome == Generated(text="", finish="stop")


def test_a_compatible_server_by_its_address(provider, ask):
    provider.script = [provider.chat("hello")]
    ask(f"openai-api/my-box/org/model?base_url={provider.address}/v1", HELLO, OPENAI_ORG_ID="us")
    (asked,) = provider.asked
    assert (asked.body["model"], asked.body["max_tokens"]) == ("org/model", 5)
    assert "authorization" not in asked.headers, "a server on this machine needs no key"
    assert "openai-organization" not in asked.headers


def test_whose_account_it_is_goes_to_nobody_else(provider, ask, monkeypatch):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-secret")
    provider.script = [provider.chat("hello")]
    ask("openai-api/box/m", HELLO)
    assert "secret" not in str({k: v for k, v in provider.asked[0].headers.items() if k != "authorization"})


def test_a_proxy_is_gone_round_on_this_machine(provider, ask, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    provider.script = [provider.chat("hello")]
    assert ask("openai-api/box/m", HELLO).outcome == Generated(text="h", finish="stop")


def test_a_compatible_server_by_its_variables(provider, ask):
    provider.script = [provider.chat("hello")]
    env = {"MY_BOX_BASE_URL": f"{provider.address}/v1", "MY_BOX_API_KEY": "k2"}
    ask(
        "openai-api/my-box/m?prefill=yes",
        Generate(prompt=Prompt(messages=(USER,), prefill="So:"), max_tokens=5),
        **env,
    )
    (asked,) = provider.asked
    assert asked.headers["authorization"] == "Bearer k2"
    assert asked.body["messages"][-1] == {"role": "assistant", "content": "So:"}


def test_plain_text_for_base_models(provider, ask):
    provider.script = [provider.text(" Paris\nrest")]
    asked = Generate(prompt=Prompt(messages=(USER,), prefill="A:"), max_tokens=5)
    reply = ask("openai-api/box/m?mode=completions", asked)
    assert reply.outcome == Generated(text=" Paris", finish="stop")
    (sent,) = provider.asked
    assert sent.path == "/v1/completions"
    assert sent.body == {
        "model": "m",
        "prompt": "hi\nA:",
        "max_tokens": 5,
        "temperature": 0.0,
        "stop": ["\n"],
    }


@pytest.mark.parametrize(
    "logprobs",
    [
        {"top_logprobs": [{" A": math.log(0.5), "B": math.log(0.25)}]},
        {"content": [{"top_logprobs": [
            {"token": " A", "logprob": math.log(0.5)}, {"token": "B", "logprob": math.log(0.25)}
        ]}]},
    ],
)  # fmt: skip
def test_labels_of_plain_text_in_both_forms(provider, ask, logprobs):
    provider.script = [provider.text(" A", "length", logprobs)]
    asked = Labels(prompt=Prompt(messages=(USER,), prefill="A:"), labels=(" A", " B"))
    outcome = ask("openai-api/box/m?mode=completions&top_logprobs=5", asked).outcome
    assert [math.exp(one) for one in outcome.logprobs] == pytest.approx([0.5, 0.25])
    assert outcome.outside == pytest.approx(0.25)
    assert provider.asked[0].body["logprobs"] == 5


def test_no_logprobs_of_plain_text_is_a_failure(provider, ask):
    provider.script = [provider.text(" A", "length", {"top_logprobs": None})]
    assert ask("openai-api/box/m?mode=completions", LABELS).outcome.reason == "no-logprobs"


@pytest.mark.parametrize(
    ("model", "message", "cure"),
    [
        ("openai/gpt-4o", "`OPENAI_API_KEY` is not set", "OPENAI_API_KEY"),
        ("anthropic/x", "`ANTHROPIC_API_KEY` is not set", "ANTHROPIC_API_KEY"),
        ("openai-api/my-box/m", "`MY_BOX_BASE_URL` is not set", "base_url"),
        ("openai-api/box/m?base_url=http://example.com/v1", "`BOX_API_KEY` is not set", "BOX_API_KEY"),
        ("openai-api/box", "`openai-api/box` names no model", "openai-api/SERVICE/MODEL"),
        ("openai-api/b/m?base_url=ftp://x", "`base_url` is not the address of a server", "http://"),
        ("openai-api/b/m?base_url=http://u:p@127.0.0.1", "`base_url` holds a user name or password", "key"),
        ("openai-api/b/m?base_url=http://127.0.0.1&mode=x", "parameter `mode` is `x`", "mode=chat"),
        ("openai/gpt-4o?temprature=1", "`openai` has no parameter `temprature`", "`temperature`"),
        ("anthropic/x?top_logprobs=5", "`anthropic` has no parameter `top_logprobs`", "known here: "),
        ("openai/gpt-4o?prefill=maybe", "parameter `prefill` is `maybe`", "prefill=yes"),
        ("openai/gpt-4o?top_logprobs=-1", "parameter `top_logprobs` is `-1`", "from 0 up"),
        ("openai/gpt-4o?timeout=soon", "parameter `timeout` is `soon`", "a number"),
    ],
)
def test_what_cannot_be_opened_says_the_cure(tmp_path, model, message, cure):
    environment = {} if "is not set" in message else {"OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k"}
    with pytest.raises(ModelError) as caught:
        open_model(model, Surroundings(environment=environment, cache=tmp_path))
    assert str(caught.value) == message
    assert cure in caught.value.help


def test_the_key_is_not_shown(provider, tmp_path):
    for model in ("openai/gpt-4o", "anthropic/x", "openai-api/box/m", "openai-api/box/m?mode=completions"):
        assert provider.key not in repr(open_model(model, provider.around(tmp_path)))


def test_how_a_provider_is_reached_is_not_part_of_the_name(provider, tmp_path):
    around = provider.around(tmp_path, OPENAI_BASE_URL="")
    model = open_model("openai/gpt-4o?wait=1&timeout=9&top_logprobs=3&retries=2", around)
    assert model.model == "openai/gpt-4o?top_logprobs=3"


@pytest.mark.parametrize("key", ["sk-größe", "sk-two\nlines", "sk-\x00null"])
@pytest.mark.parametrize("model", ["openai/gpt-4o", "anthropic/x", "openai-api/box/m"])
def test_a_key_that_no_header_can_hold_is_told(provider, tmp_path, model, key):
    names = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "BOX_API_KEY")
    with pytest.raises(ModelError, match=r"_API_KEY` holds characters no key has"):
        open_model(model, provider.around(tmp_path, **dict.fromkeys(names, key)))


@pytest.mark.parametrize(
    ("model", "temperature", "version"),
    [
        ("anthropic/claude-haiku-4-5", 0.0, "2023-06-01"),
        ("anthropic/claude-sonnet-4-6", 0.0, "2023-06-01"),
        ("anthropic/claude-x?temperature=yes", 0.0, "2023-06-01"),
        ("anthropic/claude-sonnet-4-6?thinking=adaptive", None, None),
        ("anthropic/claude-opus-4-7", None, None),
        ("anthropic/claude-x", None, None),
    ],
)
def test_a_temperature_goes_by_the_version_of_the_protocol_that_has_one(
    provider, ask, model, temperature, version
):
    """Version 2026-10-21 refuses it of every model, even where it is the usual one."""
    from anthropic._constants import ANTHROPIC_API_VERSION

    provider.script = [provider.message("hello")]
    ask(model, Generate(prompt=PROMPT, max_tokens=5))
    (sent,) = provider.asked
    assert sent.headers["anthropic-version"] == (version or ANTHROPIC_API_VERSION)
    assert sent.body.get("temperature") == temperature


def test_anthropic_is_sent_a_temperature_or_a_top_p(provider, ask):
    """The models that take one take one of them; a temperature of 1 is what there is without it."""
    provider.script = [provider.message("hello")]
    ask("anthropic/claude-haiku-4-5", Generate(prompt=PROMPT, max_tokens=5, temperature=1.0, top_p=0.9))
    sent = provider.asked[0].body
    assert (sent.get("temperature"), sent.get("top_p")) == (None, 0.9)
