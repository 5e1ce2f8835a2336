"""Replies that are odd and were paid for: what can be read of them is kept, what came is kept beside it."""

import json

import pytest

from taskc.backends import ModelError, open_model
from taskc.backends.chat import Chat
from taskc.backends.reading import UnreadableError, read
from taskc.records.operation import Failure, Generate, Generated, Labelled, Labels, Prompt, Refusal, Usage
from taskc.records.request import Message
from taskc.records.response import Response
from taskc.store.responses import ResponseStore

FAST = "wait=0.001&retries=2"
PROMPT = Prompt(messages=(Message(role="user", content="hi"),))
FINE = Generated(text="hello", finish="stop")
HELLO = Generate(prompt=PROMPT, max_tokens=5)
BOX, ANTHROPIC, RESPONSES = f"openai-api/box/m?{FAST}", f"anthropic/claude-x?{FAST}", f"openai/o3?{FAST}"
TEXT = f"{BOX}&mode=completions"
MODELS = [BOX, TEXT, ANTHROPIC, RESPONSES, f"{BOX}&api=responses"]


def said(provider, model, text):
    if model == TEXT:
        return provider.text(text)
    if model == ANTHROPIC:
        return provider.message(text)
    return provider.responses(text) if model in (RESPONSES, MODELS[-1]) else provider.chat(text)


def deep(levels):
    return "[" * levels + "]" * levels


ODD = {
    "a mark at the beginning": lambda text: "\ufeff" + text,
    "a number for a name": lambda text: text.replace(
        '"id": "x"', '"id": 5, "model": 4.1, "system_fingerprint": 7'
    ),
    "something deep beside it": lambda text: text[:-1] + f', "trace": {deep(5000)}}}',
    "something deep before it": lambda text: f'{{"trace": {{"[": {deep(5000)}, "a\\"]": 1}}, ' + text[1:],
    "counts that are none": lambda text: text[:-1] + ', "usage": "many"}',
    "half a character beside it": lambda text: text[:-1] + ', "note": "\\ud83d"}',
}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("odd", ODD)
def test_what_is_odd_beside_an_answer_does_not_lose_it(provider, ask, model, odd):
    body = ODD[odd](json.dumps(said(provider, model, "hello [there] {\\").body))
    provider.script = [provider.say(body=body.encode())]
    reply = ask(model, HELLO)
    assert (reply.outcome, reply.attempts) == (Generated(text="hello [there] {\\", finish="stop"), 1)
    assert reply.wasted == Usage()
    assert reply.source.id in ("x", "5")


@pytest.mark.parametrize("model", MODELS)
def test_half_a_character_becomes_a_mark_and_the_body_stays(provider, ask, model, tmp_path):
    """An emoji cut in two is read and kept; what was sent stands in the body."""
    body = json.dumps(said(provider, model, "yes \ud83d").body)
    provider.script = [provider.say(body=body.encode())]
    reply = ask(model, HELLO)
    assert reply.outcome == Generated(text="yes \ufffd", finish="stop")
    assert "\\ud83d" in reply.body
    response = Response(
        key="k", request="r", model="m", replicate=0, lowering="g", outcome=reply.outcome, body=reply.body
    )
    with ResponseStore.open(tmp_path / "store.db") as store:
        store.add_all([response])
        assert [one.outcome for one in store.each()] == [reply.outcome]
        assert "\\ud83d" in next(iter(store.each())).body


@pytest.mark.parametrize(
    ("content", "outcome"),
    [
        (
            [{"type": "text", "text": "he"}, {"type": "text", "text": "llo"}],
            Generated(text="hello", finish="stop"),
        ),
        (["he", "llo"], Generated(text="hello", finish="stop")),
        (
            [{"type": "thinking", "thinking": [{"text": "hm"}]}, {"text": "hello"}],
            Generated(text="hello", finish="stop"),
        ),
        ([{"type": "refusal", "refusal": "no"}], Refusal(text="no")),
        ("", Generated(text="", finish="stop")),
        ([{"type": "text", "text": ""}], Generated(text="", finish="stop")),
    ],
)
def test_a_reply_in_parts(provider, ask, content, outcome):
    provider.script = [provider.chat(content)]
    assert ask(BOX, HELLO).outcome == outcome


@pytest.mark.parametrize("content", [[], [{"type": "image_url", "image_url": {"url": "x"}}], None])
def test_parts_without_text_are_no_reply(provider, ask, content):
    provider.script = [provider.chat(content)]
    assert ask(BOX, HELLO).outcome.reason == "no-text"


@pytest.mark.parametrize(
    "text", [deep(5000), '{"choices": ' + deep(5000) + "}", "\ufeff", '{"choices": [{"mess', "[1]"]
)
def test_what_holds_no_answer_is_still_unreadable(text):
    with pytest.raises(UnreadableError):
        read(Chat, text)


@pytest.mark.parametrize("model", [BOX, TEXT])
def test_a_token_that_ends_inside_a_character_is_drawn_again(provider, ask, model):
    """llama.cpp keeps back the log-probabilities with the half character; another draw has them."""
    query = f"{model}&top_logprobs=5"
    asked = Labels(prompt=PROMPT, labels=("A", "B"))
    if model == TEXT:
        first = {"A": -0.1, "B": -3.0}
        half = provider.text("", "length")
        whole = provider.text(
            "A", "length", {"tokens": ["A"], "token_logprobs": [-0.1], "top_logprobs": [first]}
        )
    else:
        half, whole = provider.chat("", "length"), provider.top(A=-0.1, B=-3.0)
    provider.script = [half, whole]
    reply = ask(query, asked)
    assert isinstance(reply.outcome, Labelled) and reply.attempts == 2
    provider.script = [half]
    reply = ask(query, asked)
    assert isinstance(reply.outcome, Failure) and reply.attempts == 3
    assert reply.outcome.reason == "no-logprobs" and "inside a character" in reply.outcome.message


# --- the forms of a compatible server ------------------------------------------------------------------


def test_a_compatible_server_is_asked_by_responses(provider, ask, tmp_path):
    provider.script = [provider.responses("hello")]
    assert ask("openai-api/box/m?api=responses", HELLO).outcome == Generated(text="hello", finish="stop")
    assert provider.asked[0].path == "/v1/responses"
    assert provider.asked[0].body["input"] == [{"role": "user", "content": "hi"}]
    top = provider.responses("A", top={"A": -0.1, "B": -3.0})
    provider.script = [top]
    reply = ask("openai-api/box/m?api=responses&top_logprobs=5", Labels(prompt=PROMPT, labels=("A", "B")))
    assert isinstance(reply.outcome, Labelled)
    assert provider.asked[-1].body["include"] == ["message.output_text.logprobs"]


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        ("", ""),
        ("?api=chat", ""),
        ("?api=responses", "?api=responses"),
        ("?api=completions", "?mode=completions"),
        ("?mode=completions", "?mode=completions"),
        ("?api=completions&mode=completions", "?mode=completions"),
    ],
)
def test_a_form_has_one_name(provider, tmp_path, query, canonical):
    assert (
        open_model(f"openai-api/box/m{query}", provider.around(tmp_path)).model
        == f"openai-api/box/m{canonical}"
    )


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?api=poem", "parameter `api` is `poem`"),
        ("?mode=responses", "parameter `mode` is `responses`"),
        ("?api=responses&mode=completions", "`mode=completions` and `api=responses` are two forms"),
    ],
)
def test_what_is_no_form_is_told(provider, tmp_path, query, said):
    with pytest.raises(ModelError, match=said):
        open_model(f"openai-api/box/m{query}", provider.around(tmp_path))
