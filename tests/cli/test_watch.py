"""`taskc compile --watch` and `--trace`, and compiling again, as processes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def _until(seen: Callable[[], bool], why: Callable[[], str]) -> None:
    """Wait for something to happen, five minutes at most."""
    for _ in range(3000):
        if seen():
            return
        time.sleep(0.1)
    raise AssertionError(why())


def _write(path: Path, text: str) -> None:
    """Write as editors do: aside, then in place."""
    aside = path.with_suffix(".aside")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_watch(folder: Path, environment: dict[str, str]) -> None:
    """It compiles, compiles again after a change, tells mistakes, sees new files, and ends with Ctrl-C."""
    said = folder / "said"
    words = [sys.executable, "-m", "taskc", "compile", "--watch", "."]
    with said.open("w", encoding="utf-8") as err:
        process = subprocess.Popen(
            words, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=err, start_new_session=True
        )

    def text() -> str:
        return said.read_text(encoding="utf-8")

    def turns(n: int) -> None:
        _until(lambda: text().count("watching; Ctrl-C ends\n") == n, text)

    try:
        turns(1)
        assert "40 requests → build" in text()
        good = (folder / "capitals.task").read_text(encoding="utf-8")
        _write(folder / "capitals.task", good.replace("Answer:", "So:"))
        turns(2)
        assert '"So:"' in (folder / "build" / "requests.jsonl").read_text(encoding="utf-8")
        _write(folder / "capitals.task", good.replace("-> answer", "-> anser"))
        turns(3)
        assert "error[unknown-name]" in text() and "nothing was written" in text()
        _write(folder / "capitals.task", good)
        turns(4)
        _write(folder / "more.task", good.replace("task capitals", "task towns"))
        turns(5)
        assert "2 tasks, 10 items, 2 regimes, 80 requests → build, 1 task as before\n" in text()
        time.sleep(1)
        assert text().count("watching; Ctrl-C ends\n") == 5
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(timeout=300) == 130
        assert "Traceback" not in text()
    finally:
        process.kill()
        process.communicate()


def test_up_to_date(run: Any, folder: Path) -> None:
    """The second time it says so, and tells the same findings; `--no-cache` compiles everything."""
    first = run("compile")
    second = run("compile")
    assert second.err == first.err.replace("→ build\n", "→ build, up to date\n") != first.err
    assert run("compile", "--no-cache").err == first.err


def test_trace(quick: Any, folder: Path) -> None:
    """Each stretch stands behind the place and the statement that say it, and behind what was filled in."""
    ran = quick("compile", "-q", "--select", "belief=wrong regime=one_shot", "--show", "1", "--trace")
    lines = (folder / "capitals.task").read_text(encoding="utf-8").split("\n")
    assert ran.code == 0
    rows = [row for row in ran.out.splitlines() if row.startswith("  capitals.task:")]
    assert any(row.endswith("⤷ Lyon   ← opinion, let at " + _place(lines, "trap }", "trap")) for row in rows)
    france = f"capitals.task:{_line(lines, 'France')}:5"
    assert any(row.endswith(f"⤷ France   ← country, field at {france}") for row in rows)
    assert any(row.startswith(f"  {_place(lines, 'You know', 'You')}  prompt │ You know") for row in rows)
    assert "\nuser · exemplar 1\n" in ran.out and "\nuser · item\n" in ran.out


def _line(lines: list[str], text: str) -> int:
    return next(n for n, line in enumerate(lines, 1) if text in line)


def _place(lines: list[str], text: str, word: str) -> str:
    """Give the place of a word in the line that holds a text."""
    n = _line(lines, text)
    at = lines[n - 1].index(text) + text.index(word)
    return f"capitals.task:{n}:{at + 1}"


def test_trace_as_json(quick: Any, folder: Path) -> None:
    """As JSON the stretches of a message, joined, are that message."""
    told = json.loads(quick("compile", "--show", "37", "--trace", "--format", "json").out)
    (shown,) = told["requests"]
    for message, turn in zip(shown["request"]["messages"], shown["turns"], strict=True):
        stretches = [stretch for _, stretches in turn["parts"] for stretch in stretches]
        assert "".join(stretch["text"] for stretch in stretches) == message["content"]
        assert all(stretch["at"] or stretch["rule"] == "joint" for stretch in stretches)


def test_trace_of_the_lead_in(quick: Any, folder: Path) -> None:
    """How a reply is begun is traced too, to the statement that says it."""
    lines = (folder / "capitals.task").read_text(encoding="utf-8").split("\n")
    told = json.loads(quick("compile", "--show", "1", "--trace", "--format", "json").out)
    (shown,) = told["requests"]
    [[part, stretches]] = shown["begun"]["parts"]
    assert part == "lead-in"
    assert "".join(stretch["text"] for stretch in stretches) == shown["request"]["lead_in"] != ""
    assert {stretch["rule"] for stretch in stretches} == {"reply"}
    number = next(n for n, line in enumerate(lines, 1) if line.strip().startswith("reply"))
    assert stretches[0]["at"].startswith(f"capitals.task:{number}:")
    ran = quick("compile", "-q", "--show", "1", "--trace")
    assert "\nassistant, begun · lead-in\n" in ran.out


def test_trace_needs_a_request(quick: Any) -> None:
    """Without a request there is nothing to trace."""
    ran = quick("compile", "--trace")
    assert ran.code == 2 and "say which: `--show 1`" in ran.err
