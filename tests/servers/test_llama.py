"""`taskc eval` against llama.cpp's own server, by each provider that can talk to it; a small random model."""

import asyncio
import math
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from taskc.backends import Surroundings, open_model
from taskc.records.operation import Labels, Operation, Prompt, Score
from taskc.records.request import Message
from taskc.store.responses import ResponseStore

TASK = """
regime brief extends zero_shot { max_tokens 8 }

task hellos {
  title "Hellos"
  allow missing-canary, too-few-items "a test"
  item { word: text, answer: one of ["A", "B"], trap: one of ["A", "B"] }
  items [
    { word: "hello", answer: "A", trap: "B" }
    { word: "world", answer: "B", trap: "A" }
    { word: "user",  answer: "A", trap: "B" }
    { word: "the",   answer: "B", trap: "A" }
  ]
  true_task "Say the letter." -> answer
  distractor "Say the other." -> trap
  options ["A", "B"] as letters
  prompt "say {{ word }}, A or B?"
  reply "{{ answer }}"
  regimes brief
  measure MEASURES
}
"""


def env(address: str) -> dict[str, str]:
    key = "none-is-needed-here"
    return {
        "LLAMA_BASE_URL": f"{address}/v1",
        "OPENAI_BASE_URL": f"{address}/v1",
        "OPENAI_API_KEY": key,
        "ANTHROPIC_BASE_URL": address,
        "ANTHROPIC_API_KEY": key,
    }


@pytest.mark.parametrize(
    ("model", "measures"),
    [
        ("openai-api/llama/tiny?top_logprobs=40", "label, reply"),
        ("openai-api/llama/tiny?mode=completions&top_logprobs=40", "label, reply"),
        ("openai-api/llama/tiny?api=responses", "reply"),
        ("openai/tiny?top_logprobs=20", "label, reply"),
        ("openai/tiny?api=responses", "reply"),
        ("anthropic/tiny", "reply"),
    ],
)
def test_a_whole_evaluation(evaluate: Any, llama: str, model: str, measures: str) -> None:
    ran = evaluate(TASK.replace("MEASURES", measures), "-m", model, **env(llama))
    assert ran.code == 0, ran.err
    answers, count = ran.answers, 4 * len(measures.split(","))
    assert len(answers) == len(ran.scores) == count
    most = 16 if "api=responses" in model else 8  # Responses take no lower limit
    for one in answers:
        assert one["usage"]["read"] >= 1 and 1 <= one["usage"]["written"] <= most
        assert one["source"]["model"] and one["body"] and one["attempts"] == 1
    labelled = [one["outcome"] for one in answers if one["outcome"]["kind"] == "labelled"]
    assert len(labelled) == count - 4
    for outcome in labelled:
        inside = sum(math.exp(value) for value in outcome["logprobs"] if value is not None)
        assert inside + outcome["outside"] == pytest.approx(1, abs=1e-6)
    again = evaluate(TASK.replace("MEASURES", measures), "-m", model, **env(llama))
    assert again.code == 0 and again.scores == ran.scores
    assert ": 0 asked in " in again.err and f", {count} known before" in again.err
    elsewhere = evaluate(TASK.replace("MEASURES", measures), "-m", model, **env("http://127.0.0.1:9"))
    service = model.startswith("openai-api")  # which is one wherever it runs; a provider elsewhere is another
    assert elsewhere.code == (0 if service else 4)


def test_what_it_does_not_know_is_told(evaluate: Any, llama: str) -> None:
    """A prompt that is longer than its context is refused by the server itself, and the rest goes on."""
    long = TASK.replace('word: "the"', f'word: "{"the world " * 300}"').replace("MEASURES", "reply")
    ran = evaluate(long, "-m", "openai-api/llama/tiny?retries=0", **env(llama))
    assert ran.code == 4
    assert len(ran.answers) == 3
    (gone,) = ran.lines("missing.jsonl")
    assert "llama answered 400" in gone["why"]


def test_a_server_that_dies_is_told_and_the_next_one_is_asked_the_rest(
    serve: Any, tiny: Path, tmp_path: Path, evaluate: Any
) -> None:
    count = 400
    rows = "\n".join(f'{{ word: "word {n}", answer: "A", trap: "B" }}' for n in range(count))
    head, rest = TASK.replace("MEASURES", "reply").split("  items [\n")
    task = f"{head}  items [\n{rows}\n  ]\n{rest.partition('  ]' + chr(10))[2]}"
    flags = ("-m", "openai-api/llama/tiny?retries=1&wait=0.01", "-j", "2")
    store = tmp_path / "runs" / "responses.sqlite"
    with ThreadPoolExecutor(1) as pool:
        with serve(tiny, tmp_path) as address:
            running = pool.submit(evaluate, task, *flags, **env(address))
            while kept(store) < 20:
                assert not running.done(), running.result().err
                time.sleep(0.005)
        ran = running.result()
    before = kept(store)
    assert ran.code == 4 and 20 <= before < count
    assert "cannot be reached" in ran.err
    with serve(tiny, tmp_path) as address:
        again = evaluate(task, *flags, **env(address))
    assert again.code == 0, again.err
    assert len(again.answers) == count
    assert f"{count - before:,} asked" in again.err and f"{before:,} known before" in again.err


def kept(path: Path) -> int:
    if not path.exists():
        return 0
    with ResponseStore.open(path, new=False) as store:
        return store.count()


def talk(text: str, prefill: str = "") -> Prompt:
    return Prompt(messages=(Message(role="user", content=text),), prefill=prefill)


def test_the_same_numbers_as_in_process(llama: str, tiny: Path, tmp_path: Path) -> None:
    """Labels and greedy replies by the server are those that `local/` computes of the same file."""
    texts = [f"hello the {word} user {n}" for n in range(5) for word in ("world", "hello", "then")]
    letters = ("A", "B", "h", "?")
    around = Surroundings(environment=env(llama), cache=tmp_path)
    for mode, name in (("chat", "?"), ("text", "?mode=completions&stop=no&")):
        prompts = [talk(text, "" if mode == "chat" else "so") for text in texts]
        here = ask(
            f"local/{tiny}?mode={mode}", [Score(prompt=p, continuations=letters) for p in prompts], around
        )
        there = ask(
            f"openai-api/llama/tiny{name}top_logprobs=300",
            [Labels(prompt=p, labels=letters) for p in prompts],
            around,
        )
        for ours, theirs in zip(here, there, strict=True):
            assert theirs.kind == "labelled", theirs
            assert theirs.logprobs == pytest.approx(ours.logprobs, abs=0.1)
            assert theirs.outside == pytest.approx(1 - sum(map(math.exp, ours.logprobs)), abs=0.01)


def ask(model: str, operations: list[Operation], around: Surroundings) -> list[Any]:
    async def go() -> list[Any]:
        backend = open_model(model, around)
        try:
            return [reply.outcome for reply in await backend.ask(operations)]
        finally:
            await backend.close()

    return asyncio.run(go())
