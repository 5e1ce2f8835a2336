"""A key in the environment is in nothing that a run writes or says, whatever a server does with it."""

import contextlib
import os
import subprocess
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


PROVIDERS = ("openai-api/box/m", "openai-api/box/m?mode=completions", "openai/gpt-4o", "anthropic/claude-x")


def _env(server: FakeProvider) -> dict[str, str]:
    return {
        "BOX_BASE_URL": f"{server.address}/v1",
        "BOX_API_KEY": KEY,
        "OPENAI_BASE_URL": f"{server.address}/v1",
        "OPENAI_API_KEY": KEY,
        "ANTHROPIC_BASE_URL": server.address,
        "ANTHROPIC_API_KEY": KEY,
        # the SDKs write down what they send and receive
        "OPENAI_LOG": "debug",
        "ANTHROPIC_LOG": "debug",
        "PYTHONASYNCIODEBUG": "1",
    }


def _process_list() -> str:
    """Give the arguments of all processes, as `ps` shows them to everybody."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(path.read_bytes().decode(errors="replace"))
    return "\n".join(found)


def _awkward(server: FakeProvider, listed: list[str]) -> Any:
    """Give a rule that puts the key into every kind of response there is, by country."""

    def rule(asked: Any, before: int) -> Any:
        assert KEY in str(asked.headers)
        listed.append(_process_list())
        fine = server.reply(asked, f"Answer: A\n\nMy key is {KEY}.")
        fine.body.update(id=f"id-{KEY}", model=KEY, headers={"authorization": KEY})
        told = {"www-authenticate": f"Bearer {KEY}", "set-cookie": f"key={KEY}"}
        ways = {
            "France": server.error(400, f"your key {KEY} may not ask of France", code=KEY),
            "Turkey": server.error(500, f"it broke for {KEY}", x_key=KEY),
            "Brazil": server.say(body=f"<html>{KEY}".encode(), headers=told),
            "Kenya": server.say(body={"error": {"message": f"no {KEY}", "code": 502}}),
        }
        return next((say for name, say in ways.items() if name in asked.question), fine)

    return rule


@pytest.mark.parametrize("model", PROVIDERS)
def test_whatever_a_server_does_with_it(run: Any, folder: Path, telltale: FakeProvider, model: str) -> None:
    """Errors, bodies, headers, logs of the SDKs, the process list: the key is in none."""
    listed: list[str] = []
    telltale.rule = _awkward(telltale, listed)
    run("compile", "-q")
    passing = ("&" if "?" in model else "?") + "retries=0&probe=no"
    told = [run("eval", "-m", model + passing, "--no-picture", **_env(telltale))]
    assert told[0].code == 4
    assert "***" in (folder / next(folder.glob("runs/*/missing.jsonl"))).read_text(encoding="utf-8")
    told.append(run("store", "export", "all.jsonl", **_env(telltale)))
    assert "My key is ***." in (folder / "all.jsonl").read_text(encoding="utf-8")
    assert len(listed) >= 20 and not any("sk-marked" in one for one in listed)
    _nowhere(folder, *told)


@pytest.mark.parametrize("model", PROVIDERS)
def test_a_wrong_key_is_named_by_its_variable(
    run: Any, folder: Path, telltale: FakeProvider, model: str
) -> None:
    telltale.rule = lambda asked, before: telltale.error(401, f"incorrect API key {KEY}", code=KEY)
    run("compile", "-q")
    told = run("eval", "-m", model, "-j", "1", "--no-picture", **_env(telltale))
    assert told.code == 4 and "_API_KEY` may not do this" in told.err
    _nowhere(folder, told)


def test_a_server_that_has_moved_is_not_followed(run: Any, folder: Path, telltale: FakeProvider) -> None:
    there = f"{telltale.address}/elsewhere?key={KEY}"
    telltale.rule = lambda asked, before: telltale.say(status=307, body={}, headers={"location": there})
    run("compile", "-q")
    told = run("eval", "-m", PROVIDERS[0] + "?probe=no", "-j", "1", "--no-picture", **_env(telltale))
    assert told.code == 4 and "box answered 307: it has moved to `http://" in told.err
    assert {asked.path for asked in telltale.asked} == {"/v1/chat/completions"} and len(telltale.asked) == 1
    _nowhere(folder, told)


@pytest.mark.parametrize("model", PROVIDERS)
def test_a_crash_tells_no_key(
    folder: Path, environment: dict[str, str], telltale: FakeProvider, model: str
) -> None:
    """A bug in our own code, within an answer and after all of them: a traceback has no key in it."""
    where = folder / "broken"
    where.mkdir()
    (where / "sitecustomize.py").write_text(CRASH, encoding="utf-8")
    given = {**environment, **_env(telltale), "PYTHONPATH": str(where)}
    command = [sys.executable, "-X", "dev", "-m", "taskc"]
    subprocess.run([*command, "compile", "-q"], cwd=folder, env=given, check=True, capture_output=True)
    ran = subprocess.run(
        [*command, "eval", "-m", model], cwd=folder, env=given, check=False, capture_output=True
    )
    assert b"Traceback" in ran.stderr and b"it is broken" in ran.stderr
    assert b"sk-marked" not in ran.stderr + ran.stdout
    assert not [file[:60] for file in _everything(folder) if b"sk-marked" in file]


CRASH = """
import importlib.abc, importlib.machinery, sys

def broken(*args, **given):
    raise RuntimeError("it is broken")

class Breaking(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        what = {"taskc.flow.evaluate": "score_all", "taskc.backends.remote": "read_windows"}.get(name)
        if what is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        load = spec.loader.exec_module
        def exec_module(module):
            load(module)
            setattr(module, what, broken)
        spec.loader.exec_module = exec_module
        return spec

sys.meta_path.insert(0, Breaking())
"""


def _nowhere(folder: Path, *told: Any) -> None:
    said = "\n".join(one.out + one.err for one in told)
    assert not [line for line in said.splitlines() if "sk-marked" in line]
    assert not [file[:60] for file in _everything(folder) if b"sk-marked" in file]
