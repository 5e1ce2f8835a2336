"""A key in the environment is in nothing that a run writes or says, whatever a server does with it."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "backends"))

from loopback import FakeProvider

KEY = "sk-marked-0123456789abcdef"


@pytest.fixture
def telltale() -> Iterator[FakeProvider]:
    """Give a provider that repeats the key it was sent, in each way it can."""
    server = FakeProvider()

    def rule(asked: Any, before: int) -> Any:
        assert asked.headers["authorization" if "authorization" in asked.headers else "Authorization"]
        if "France" in asked.question:
            return server.error(400, f"your key {KEY} may not ask of France")
        said = server.chat(f"Answer: A\n\nMy key is {KEY}.")
        said.body.update(id=f"id-{KEY}", model=KEY, system_fingerprint=KEY, headers={"authorization": KEY})
        return said

    server.rule = rule
    yield server
    server.close()


def _everything(folder: Path) -> Iterator[bytes]:
    for parent, _, names in os.walk(folder):
        for name in names:
            yield name.encode() + (Path(parent) / name).read_bytes()


def test_a_key_is_in_nothing_that_was_written(run: Any, folder: Path, telltale: FakeProvider) -> None:
    env = {"BOX_BASE_URL": f"{telltale.address}/v1", "BOX_API_KEY": KEY}
    run("compile", "-q")
    model = "openai-api/box/m?retries=0"
    told = [run("eval", "-m", model, **env)]
    assert told[0].code == 4 and "your key *** may not ask" in told[0].err
    assert all(KEY in str(asked.headers) for asked in telltale.asked)
    told += [
        run("score", **env),
        run("store", "export", "all.jsonl", **env),
        run("store", "verify", **env),
        run("store", "merge", "runs", "-o", "copy.sqlite", **env),
        run("store", "stats", "--format", "json", **env),
    ]
    assert [one.code for one in told[1:]] == [0] * 5
    assert "My key is ***." in (folder / "all.jsonl").read_text(encoding="utf-8")
    assert not [one for one in told if "sk-marked" in one.out + one.err]
    files = list(_everything(folder))
    assert len(files) > 10 and not [file[:60] for file in files if b"sk-marked" in file]


def test_a_short_key_is_not_a_word_of_an_answer(run: Any, folder: Path, telltale: FakeProvider) -> None:
    """Servers without keys are given `none` or `EMPTY`; such a word in an answer stays what it is."""
    telltale.rule = lambda asked, before: telltale.chat("Answer: A, none of the others")
    env = {"BOX_BASE_URL": f"{telltale.address}/v1", "BOX_API_KEY": "none"}
    run("compile", "-q")
    assert run("eval", "-m", "openai-api/box/m", "--no-picture", "-q", **env).code == 0
    run("store", "export", "all.jsonl")
    assert "Answer: A, none of the others" in (folder / "all.jsonl").read_text(encoding="utf-8")
