"""`taskc eval` and `taskc score` as processes: what is asked, kept, printed and exited with."""

import json
import shlex
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from taskc.analysis.aggregate import aggregate
from taskc.records.lines import dump, load_all
from taskc.records.score import Missing, Score


@pytest.fixture
def build(run: Any, folder: Path) -> Path:
    """Give the folder with its build."""
    assert run("compile", "-q").code == 0
    return folder


def _only(folder: Path) -> Path:
    """Give the folder of the one run."""
    [record] = (folder / "runs").glob("*/run.json")
    return record.parent


def _asked(log: Path) -> Counter[str]:
    return Counter(log.read_text(encoding="utf-8").splitlines()) if log.exists() else Counter()


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_eval(run: Any, build: Path) -> None:
    """The table goes to standard output, everything else to the run's folder; nothing is asked twice."""
    ran = run("eval", "-m", "echo/x?log=log.txt")
    assert ran.code == 0
    assert ran.out.startswith("echo/x\n") and "capitals" in ran.out
    assert "asked" in ran.err and "asked" not in ran.out
    folder = _only(build)
    assert {p.name for p in folder.iterdir()} == {
        "run.json", "scores.jsonl", "missing.jsonl", "rows.jsonl", "scores.png", "scores.svg",
    }  # fmt: skip
    assert len(_lines(folder / "scores.jsonl")) == 40
    assert _lines(folder / "missing.jsonl") == []
    asked = _asked(build / "log.txt")
    assert set(asked.values()) == {1} and sum(asked.values()) == 40
    rows = (folder / "rows.jsonl").read_bytes()

    again = run("eval", "-m", "echo/x?log=log.txt", "--no-picture")
    assert (again.code, again.out) == (0, ran.out)
    assert _asked(build / "log.txt") == asked, "everything was known"
    assert (folder / "rows.jsonl").read_bytes() == rows

    score = run("score", "--no-picture")
    assert (score.code, score.out) == (0, ran.out)
    assert run("score", "-q", "--no-picture", str(folder)).out == ran.out
    assert _asked(build / "log.txt") == asked, "scoring asks nothing"
    assert (folder / "rows.jsonl").read_bytes() == rows

    told = run("eval", "-m", "echo/x", "--format", "json", "-q", "--no-picture")
    assert [json.loads(line) for line in told.out.splitlines()] == _lines(folder / "rows.jsonl")
    assert told.err == ""


def test_dry_run(run: Any, build: Path) -> None:
    """The plan is printed, and nothing is asked or written."""
    ran = run("eval", "-m", "echo/x?log=log.txt", "--dry-run")
    assert ran.code == 0 and "one_shot" in ran.out and "choice" in ran.out
    assert not (build / "log.txt").exists() and not (build / "runs").exists()


def test_limit_and_select(run: Any, build: Path) -> None:
    """A part of a build can be asked, and what it answered serves the whole."""
    assert run("eval", "-m", "echo/x?log=log.txt", "--limit", "2", "--select", "regime=zero_shot").code == 0
    assert {s["item"] for s in _lines(_only(build) / "scores.jsonl")} == {"1", "2"}
    assert sum(_asked(build / "log.txt").values()) == 8
    assert run("eval", "-m", "echo/x?log=log.txt", "-q").code == 0
    assert sum(_asked(build / "log.txt").values()) == 40
    ran = run("eval", "-m", "echo/x", "--select", "regime=zero_shots")
    assert ran.code == 2 and "a similar name exists: `zero_shot`" in ran.err and ran.out == ""
    assert run("eval", "-m", "echo/x", "--limit", "none").code == 2


def test_wrong_usage(run: Any, folder: Path) -> None:
    """Each has an exit code, a reason and a cure."""
    ran = run("eval", "-m", "echo/x")
    assert ran.code == 1 and "there is no build in `build`" in ran.err and "taskc compile" in ran.err
    assert run("eval").code == 2
    assert run("compile", "-q").code == 0
    for model in ("ecko/x", "echo", "echo/x?replly=no", "echo/x?fail=2"):
        ran = run("eval", "-m", model)
        assert ran.code in (1, 2) and "help" in ran.err.lower() and ran.out == "", model
    ran = run("eval", "-m", "echo/x", "-m", "echo/x")
    assert ran.code == 1 and "named twice" in ran.err
    ran = run("score")
    assert ran.code == 1 and "there is no run in `runs`" in ran.err
    assert not (folder / "runs").exists()
    assert run("eval", "-m", "echo/x", "-q", "--no-picture", "-o", "mine").code == 0
    ran = run("score", "mine")
    assert ran.code == 1 and "`mine` is no run, but holds some\nhelp: name one of them: `mine/" in ran.err


@pytest.mark.parametrize("harm", ["torn", "edited", "gone", "manifest"])
def test_a_harmed_build_is_refused(run: Any, build: Path, harm: str) -> None:
    """A build that is not what its manifest says is not asked."""
    requests, manifest = build / "build" / "requests.jsonl", build / "build" / "manifest.json"
    whole = requests.read_bytes()
    if harm == "torn":
        requests.write_bytes(whole[: len(whole) // 2])
    elif harm == "edited":
        requests.write_bytes(whole.replace(b"capital of", b"captial of", 1))
    elif harm == "gone":
        requests.unlink()
    else:
        manifest.write_bytes(manifest.read_bytes()[:-100])
    ran = run("eval", "-m", "echo/x?log=log.txt")
    assert ran.code == 1 and ran.out == "" and "compile again" in ran.err
    assert not (build / "log.txt").exists()


def test_refused_measure(run: Any, folder: Path) -> None:
    """A stated measure that cannot be had stops all before the first request; an implied one does not."""
    text = (folder / "capitals.task").read_text(encoding="utf-8")
    stated = text.replace("regimes zero_shot, one_shot", "regimes zero_shot\n  measure choice")
    (folder / "stated.task").write_text(stated, encoding="utf-8")
    assert run("compile", "-q", "stated.task", "-o", "stated").code == 0
    ran = run("eval", "stated", "-m", "echo/x?score=no&log=log.txt")
    assert ran.code == 1 and ran.out == ""
    assert "measure `choice` of capitals × zero_shot on" in ran.err and "cannot be had" in ran.err
    assert "help: measure `" in ran.err
    assert not (folder / "log.txt").exists() and not (folder / "runs").exists()

    assert run("compile", "-q", "capitals.task").code == 0
    ran = run("eval", "-m", "echo/x?score=no&log=log.txt")
    assert ran.code == 0 and "note: measure `choice`" in ran.err and "is left out" in ran.err
    assert all(line.endswith(" generate") for line in _asked(folder / "log.txt"))


def test_failures(run: Any, build: Path) -> None:
    """Requests that fail are counted, listed with the reason, and asked again the next time."""
    ran = run("eval", "-m", "echo/x?fail=0.2&log=log.txt", "--no-picture")
    assert ran.code == 4 and ran.out.startswith("echo/x\n")
    missing = _lines(_only(build) / "missing.jsonl")
    scores = _lines(_only(build) / "scores.jsonl")
    assert 0 < len(missing) < 20 and len(missing) + len(scores) == 40
    assert {one["why"] for one in missing} == {"echo was told to fail here"}
    assert f"{len(missing)} could not be scored: see " in ran.err
    first = sum(_asked(build / "log.txt").values())
    assert run("eval", "-m", "echo/x?log=log.txt", "-q", "--no-picture").code == 0
    assert sum(_asked(build / "log.txt").values()) == first + len(missing)
    assert _lines(_only(build) / "missing.jsonl") == []


def _start(folder: Path, environment: dict[str, str], *args: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "taskc", *args],
        cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip


def _wait_for(log: Path, count: int) -> None:
    end = time.monotonic() + 300
    while sum(_asked(log).values()) < count:
        assert time.monotonic() < end, "nothing was asked"
        time.sleep(0.02)


def _stored(folder: Path) -> int:
    import sqlite3

    with sqlite3.connect(folder / "runs" / "responses.sqlite") as store:
        [table] = [
            n for (n,) in store.execute("select name from sqlite_master where type='table'") if "respon" in n
        ]
        count: int = store.execute(f"select count(*) from {table}").fetchone()[0]
        return count


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_broken_off(run: Any, build: Path, environment: dict[str, str], how: signal.Signals) -> None:
    """After a kill or Ctrl-C nothing that was answered is asked again, and the result is the same."""
    assert run("eval", "-m", "echo/x", "-o", "whole", "-q", "--no-picture").code == 0
    log = build / "log.txt"
    args = ["eval", "-m", "echo/x?delay=0.4&log=log.txt", "-j", "2", "--no-picture"]
    process = _start(build, environment, *args)
    _wait_for(log, 12)
    process.send_signal(how)
    _, err = process.communicate(timeout=300)
    assert "Traceback" not in err
    asked = _asked(log)
    assert 12 <= sum(asked.values()) < 40
    if how is signal.SIGINT:
        assert process.returncode == 130
        assert err.rstrip().endswith(shlex.join(["taskc", *args]))
        assert _stored(build) == sum(asked.values()), "what was in flight was waited for"
    kept = _stored(build)
    assert kept >= sum(asked.values()) - 2, "only what was in flight is lost"
    ran = run(*(arg.replace("delay=0.4", "delay=0") for arg in args))
    assert ran.code == 0
    assert sum(_asked(log).values()) == sum(asked.values()) + 40 - kept
    [whole] = (build / "whole").glob("*/rows.jsonl")
    assert (_only(build) / "rows.jsonl").read_bytes() == whole.read_bytes()
    assert (_only(build) / "scores.jsonl").read_bytes() == (whole.parent / "scores.jsonl").read_bytes()


def test_two_models(run: Any, build: Path) -> None:
    """Several models go to one run; a reply that carries the answer is understood."""
    ran = run(
        "eval", "-m", "echo/x", "-m", "echo/y?reply=Answer: A", "--limit", "2", "--format", "json", "-q"
    )
    assert ran.code == 0
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert {row["model"] for row in rows} == {"echo/x", "echo/y?reply=Answer: A"} or len(
        {r["model"] for r in rows}
    ) == 2
    replies = [row for row in rows if row["measure"] == "reply" and "echo/y" in row["model"]]
    assert replies and all(row["all"]["counts"]["unparsed"] == 0 for row in replies)


def test_another_output(run: Any, build: Path) -> None:
    """Runs go where `-o` says, and `score` finds them there."""
    assert run("eval", "build/", "-m", "echo/x", "-o", "out/deep", "-q", "--no-picture").code == 0
    assert not (build / "runs").exists()
    assert run("score", "-o", "out/deep", "-q", "--no-picture").code == 0
    assert run("score", "out", "-q").code == 1


def test_no_colour(run: Any, build: Path) -> None:
    """The table has colours on request only."""
    assert "\x1b[" not in run("eval", "-m", "echo/x", "--no-picture").out
    assert "\x1b[" in run("eval", "-m", "echo/x", "--no-picture", FORCE_COLOR="1").out
    ran = run("eval", "-m", "echo/x?score=no", "--no-picture", FORCE_COLOR="1", NO_COLOR="1")
    assert "\x1b[" not in ran.out + ran.err


def test_budget_of_requests(run: Any, build: Path) -> None:
    """What a budget lets through is kept, the exit code says so, and the command that goes on goes on."""
    args = ["eval", "-m", "echo/x?log=log.txt", "--max-requests", "15", "--no-picture"]
    for left, code in ((25, 5), (10, 5), (0, 0)):
        ran = run(*args)
        assert ran.code == code
        assert sum(_asked(build / "log.txt").values()) == 40 - left
        if code:
            assert f"`--max-requests` is reached, {left} not answered" in ran.err
            assert ran.err.rstrip().endswith(shlex.join(["taskc", *args]))
    assert set(_asked(build / "log.txt").values()) == {1}


def test_budget_of_time(run: Any, build: Path) -> None:
    """Nothing begins after the time is over; what is in flight is kept."""
    log = build / "log.txt"
    ran = run("eval", "-m", "echo/x?delay=0.3&log=log.txt", "-j", "2", "--max-time", "1s", "--no-picture")
    assert ran.code == 5 and "`--max-time` is reached" in ran.err
    assert 4 <= _stored(build) == sum(_asked(log).values()) < 20
    ran = run("eval", "-m", "echo/x", "--max-time", "soon")
    assert ran.code == 2 and "`soon` is not a time" in ran.err


def test_budget_of_money(run: Any, build: Path, provider: Any) -> None:
    """A price is asked for before anything is sent; then no more is spent than there is."""
    provider.rule = lambda asked, before: provider.chat("Answer: A", written=50)
    named = "openai-api/box/m"
    box, env = "openai-api/box/m?probe=no", {"BOX_BASE_URL": f"{provider.address}/v1"}
    ran = run("eval", "-m", box, "--max-cost", "1", **env)
    assert (
        ran.code == 1
        and f"help: give one in US dollars a million tokens: `--price {named}=IN/OUT`" in ran.err
    )
    assert provider.asked == []
    # each answer is told to use 7 tokens in, 50 out: 0.107 USD; all 20 cost 2.14 USD
    args = ("eval", "-m", box, "--price", f"{named}=1000/2000", "--no-picture")
    ran = run(*args, "--max-cost", "1.5", **env)
    assert ran.code == 5 and "`--max-cost` is reached" in ran.err
    first = len(provider.asked)
    assert first == _stored(build) and 0 < first < 20
    ran = run(*args, "--max-cost", "100", **env)
    assert ran.code == 0 and f"{(20 - first) * 0.107:.4f} USD" in ran.err
    assert len(provider.asked) == 20


def test_a_wrong_key_is_told_once(run: Any, build: Path, provider: Any) -> None:
    """The run of the model ends at once, with one message."""
    provider.rule = lambda asked, before: provider.error(401, "bad key")
    env = {"BOX_BASE_URL": f"{provider.address}/v1", "BOX_API_KEY": "sk-marked"}
    ran = run("eval", "-m", "openai-api/box/m", "--no-picture", "-j", "2", **env)
    assert ran.code == 4
    assert ran.err.count("answered 401: the key in `BOX_API_KEY` may not do this") == 1
    assert len(provider.asked) <= 3  # one of them to find out what the model can do
    assert "sk-marked" not in ran.err + ran.out


def test_what_fails_for_good_is_listed_by_cause(run: Any, build: Path, provider: Any) -> None:
    """Each cause has a count and an example, and all others are answered."""

    def rule(asked: Any, before: int) -> Any:
        if "France" in asked.question:
            return provider.error(400, "no France")
        return provider.error(500) if "Kenya" in asked.question else provider.chat("Answer: A")

    provider.rule = rule
    env = {"BOX_BASE_URL": f"{provider.address}/v1"}
    ran = run("eval", "-m", "openai-api/box/m?retries=1&wait=0.001&probe=no", "--no-picture", **env)
    assert ran.code == 4
    assert "4 failed: bad-request, for instance: box answered 400: no France" in ran.err
    assert "4 failed: server-error, for instance: box answered 500" in ran.err
    assert _stored(build) == 12 and len(provider.asked) == 12 + 4 + 2 * 4


def test_files_changed_since_the_build(run: Any, folder: Path) -> None:
    """What is asked is the build; that its task reads otherwise by now is told before that."""
    run("compile", "capitals.task")
    assert "has changed" not in run("eval", "-m", "echo/x", "--no-picture").err
    task = folder / "capitals.task"
    text = task.read_text(encoding="utf-8")
    task.write_text(text.replace("prompt", "# a remark\n  prompt", 1), encoding="utf-8")
    for command in (("eval", "-m", "echo/x", "--no-picture"), ("plan", "-m", "echo/x")):
        told = run(*command).err
        assert "note: `capitals.task` has changed since `build` was compiled; `taskc compile`" in told
    assert "has changed" not in run("eval", "-m", "echo/x", "--no-picture", "-q").err


def test_a_long_model_string_is_no_trouble_for_names_of_folders(run: Any, folder: Path) -> None:
    run("compile", "capitals.task")
    ran = run("eval", "-m", "echo/" + "x" * 300, "--no-picture", "-q")
    assert ran.code == 0
    assert len(list((folder / "runs").glob("*/rows.jsonl"))) == 1


def test_rows_are_what_the_scores_give(run: Any, folder: Path) -> None:
    """Rows are made while scores are written, items forgotten at once; read back, the same rows come out."""
    task = (folder / "capitals.task").read_text(encoding="utf-8")
    measures = "measure reply, choice(normalise = unconditional), label\n  regimes zero_shot, one_shot"
    task = task.replace("regimes zero_shot, one_shot", measures)
    (folder / "capitals.task").write_text(task, encoding="utf-8")
    assert run("compile", "-q").code == 0
    assert run("eval", "-m", "echo/x", "-m", "echo/y?fail=0.3&refuse=0.2", "--no-picture", "-q").code == 4
    [made] = (folder / "runs").glob("*/rows.jsonl")
    lines = {
        name: made.with_name(f"{name}.jsonl").read_text(encoding="utf-8") for name in ("scores", "missing")
    }
    scores = load_all(Score, lines["scores"].splitlines())
    rows = aggregate(scores, load_all(Missing, lines["missing"].splitlines()))
    assert made.read_text(encoding="utf-8") == "".join(f"{dump(row)}\n" for row in rows)
    assert len(rows) > 12 and any(row.missing for row in rows)
