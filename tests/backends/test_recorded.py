"""Replies of real services, as others recorded them, each handed to the backend that would get it."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from taskc.backends import open_model
from taskc.backends.batches import open_batches
from taskc.records.operation import Generate, Labels, Operation, Prompt, Reply, Score
from taskc.records.request import Message

FOLDER = Path(__file__).parent / "recorded"
QUESTION = (Message(role="user", content="hi"),)
OUTCOMES = {"text", "finish", "reason", "again", "fatal"}


def cases() -> list[Any]:
    found = []
    for file in sorted(FOLDER.glob("*.toml")):
        for case in tomllib.loads(file.read_text(encoding="utf-8"))["case"]:
            found.append(pytest.param(case, id=f"{file.stem}: {case['name']}"))
    return found


def asked(case: dict[str, Any]) -> Operation:
    """Give what is asked: 50 tokens of reply, with 1,000 for reasoning."""
    if case["ask"] == "labels":
        return Labels(prompt=Prompt(messages=QUESTION), labels=tuple(case["labels"]))
    if case["ask"] == "score":
        prompt = Prompt(messages=(), prefill=case["prompt"])
        return Score(prompt=prompt, continuations=tuple(case["continuations"]))
    prompt = Prompt(messages=QUESTION, prefill=case.get("prefill", ""))
    return Generate(prompt=prompt, max_tokens=50, reasoning_tokens=1000)


def model_of(provider: Any, case: dict[str, Any]) -> str:
    """Give the model string: of a server of another name at the same address, with one more try."""
    given = "retries=1&wait=0.001"
    if case["model"].startswith("openai-api/"):
        given += f"&base_url={provider.address}/v1"
    return case["model"] + ("&" if "?" in case["model"] else "?") + given


@pytest.mark.parametrize("case", cases())
def test_it_is_read_right(provider, ask, tmp_path, case):
    model = model_of(provider, case)
    if case.get("batch"):
        reply = read_line(provider, tmp_path, model, case)
    else:
        body = json.loads(case["body"])
        provider.script = [
            provider.say(status=case.get("status", 200), body=body, headers=case.get("headers", {}))
        ]
        reply = ask(model, asked(case))
        assert len(provider.asked) == reply.attempts == case.get("requests", 1)
    check(reply, case)


def read_line(provider, tmp_path, model, case) -> Reply:
    backend = open_batches(open_model(model, provider.around(tmp_path)))
    (result,) = backend.results([case["body"].encode()])
    assert result.name == "r-1"
    return backend.reply(result, asked(case))


def check(reply: Reply, case: dict[str, Any]) -> None:
    outcome = reply.outcome
    told = getattr(outcome, "message", "")
    assert outcome.kind == case["kind"], outcome
    for name in OUTCOMES & case.keys():
        assert getattr(outcome, name) == case[name], name
    for name in {"fingerprint", "id"} & case.keys():
        assert getattr(reply.source, name) == case[name]
    if "usage" in case:
        assert [reply.usage.read, reply.usage.written] == case["usage"]
    if "logprobs" in case:
        known = [None if one == "unknown" else pytest.approx(one) for one in case["logprobs"]]
        assert list(outcome.logprobs) == known
    if "tokens" in case:
        assert list(outcome.tokens) == case["tokens"]
    assert case.get("says", "") in told
    if "silent" in case:
        assert case["silent"] not in told


def test_each_says_where_it_was_found():
    for case in cases():
        (one,) = case.values
        assert len(one["source"]) > 8
