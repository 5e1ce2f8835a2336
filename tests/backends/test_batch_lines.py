"""Lines of a batch that hold what no text should: each is read as well as it can be, and none raises."""

import pytest

from taskc.backends import open_model
from taskc.backends.batches import open_batches
from taskc.backends.tokens import most_of
from taskc.records.operation import Failure, Generate, Generated, Prompt, Usage
from taskc.records.request import Message

ASKED = Generate(prompt=Prompt(messages=(Message(role="user", content="hi"),)), max_tokens=5)
HALF = rb"no \ud83d use"  # half a character, as JSON can write it
BYTES = b"no \xff\xfe use"  # and bytes that are no character

OPENAI_ERROR = b'{"custom_id": "r-1", "response": {"status_code": %d, "body": %b}, "error": null}'
OPENAI_CHAT = (
    b'{"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "%b"}}]}'
)
ANTHROPIC_ERROR = (
    b'{"custom_id": "r-1", "result": {"type": "errored", "error": {"type": "error", '
    b'"error": {"type": "invalid_request_error", "message": "%b"}}}}'
)
ANTHROPIC_MESSAGE = (
    b'{"custom_id": "r-1", "result": {"type": "succeeded", "message": {"id": "m", "type": "message", '
    b'"content": [{"type": "text", "text": "%b"}], "stop_reason": "end_turn", '
    b'"usage": {"input_tokens": 1, "output_tokens": 1}}}}'
)


@pytest.fixture
def read(provider, tmp_path):
    def go(model, line):
        backend = open_batches(open_model(model, provider.around(tmp_path)))
        (result,) = backend.results([line])
        return backend.reply(result, ASKED)

    return go


@pytest.mark.parametrize("odd", [HALF, BYTES])
def test_of_an_error(read, odd):
    outcome = read("openai/gpt-4o", OPENAI_ERROR % (400, b'{"error": {"message": "%b"}}' % odd)).outcome
    assert isinstance(outcome, Failure)
    assert outcome.reason == "bad-request"
    assert outcome.message.startswith("openai answered 400: no ") and outcome.message.endswith("use")
    outcome.message.encode()


@pytest.mark.parametrize("body", [b'"gone"', b"null", b"[]", b"7", b'{"error": 7}', b'{"error": [[]]}'])
def test_of_an_error_of_no_shape(read, body):
    outcome = read("openai/gpt-4o", OPENAI_ERROR % (500, body)).outcome
    assert isinstance(outcome, Failure)
    assert (outcome.reason, outcome.again) == ("server-error", True)


@pytest.mark.parametrize("odd", [HALF, BYTES])
def test_of_an_answer(read, odd):
    outcome = read("openai/gpt-4o", OPENAI_ERROR % (200, OPENAI_CHAT % odd)).outcome
    assert isinstance(outcome, Generated)
    assert outcome.text.startswith("no \ufffd") and outcome.text.endswith(" use")


@pytest.mark.parametrize(
    ("body", "wasted"),
    [
        (b'"gone"', most_of(ASKED)),
        (b'{"choices": []}', most_of(ASKED)),
        (b'{"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}', Usage(read=3, written=2)),
        (b'{"error": {"message": "it broke", "code": 502}}', Usage()),
    ],
)
def test_of_what_was_answered_and_is_no_answer(read, body, wasted):
    """It may have to be paid for, and as much as it may have used where it does not say."""
    reply = read("openai/gpt-4o", OPENAI_ERROR % (200, body))
    assert isinstance(reply.outcome, Failure)
    assert reply.wasted == wasted


def test_of_anthropics(read):
    outcome = read("anthropic/claude-opus-5", ANTHROPIC_MESSAGE % HALF).outcome
    assert outcome == Generated(text="no \ufffd use", finish="stop")
    outcome = read("anthropic/claude-opus-5", ANTHROPIC_MESSAGE % BYTES).outcome
    assert outcome == Generated(text="no \ufffd\ufffd use", finish="stop")


@pytest.mark.parametrize(("odd", "text"), [(HALF, "no \ufffd use"), (BYTES, "no \ufffd\ufffd use")])
def test_of_anthropics_errors(read, odd, text):
    outcome = read("anthropic/claude-opus-5", ANTHROPIC_ERROR % odd).outcome
    assert isinstance(outcome, Failure)
    assert outcome.message == f"anthropic answered 400: {text}"
