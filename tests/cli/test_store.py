"""`taskc store` as a person runs it, over the answers of real runs."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from taskc.records.lines import load_all
from taskc.records.response import Response

STORE = Path("runs") / "responses.sqlite"


@pytest.fixture
def answered(quick: Any, folder: Path) -> Any:
    """Give a way to run `taskc` in a folder where two models were asked."""
    assert quick("compile", "-q").code == 0
    assert quick("eval", "-m", "echo/x", "-m", "echo/y?score=no", "--no-picture", "-q").code == 0
    return quick


def _change(folder: Path, statement: str, store: Path = STORE) -> None:
    db = sqlite3.connect(folder / store)
    assert db.execute(statement).rowcount
    db.commit()
    db.close()


def test_stats(answered: Any) -> None:
    told = answered("store", "stats")
    assert told.code == 0
    heading, x, y, last = told.out.splitlines()
    assert heading.split()[:4] == ["model", "answers", "refusals", "tries"]
    assert x.startswith("echo/x") and y.startswith("echo/y?score=no")
    assert last.startswith(f"{STORE}: ")
    stock = json.loads(answered("store", "stats", "--format", "json").out)
    assert stock["path"] == str(STORE)
    assert stock["answers"] == sum(one["answers"] for one in stock["models"]) > 20
    assert f"{stock['models'][0]['answers']}" in x.split()


def test_export(answered: Any, folder: Path) -> None:
    """An export is in the order of keys, is read by `replay/`, and is not written over."""
    count = json.loads(answered("store", "stats", "--format", "json").out)["answers"]
    told = answered("store", "export", "all.jsonl")
    assert (told.code, told.out) == (0, f"{count} answers → all.jsonl\n")
    text = (folder / "all.jsonl").read_text(encoding="utf-8")
    keys = [one.key for one in load_all(Response, text.splitlines())]
    assert len(keys) == count and keys == sorted(keys)
    again = answered("store", "export", "all.jsonl", "-m", "echo/x")
    assert again.code == 1 and "exists" in again.err and "--overwrite" in again.err
    assert (folder / "all.jsonl").read_text(encoding="utf-8") == text
    told = answered("store", "export", "all.jsonl", "-m", "echo/x", "--overwrite", "--format", "json")
    assert json.loads(told.out)["path"] == "all.jsonl" and json.loads(told.out)["answers"] < count
    table = answered("eval", "-m", "echo/x", "--no-picture", "-q").out
    played = answered("eval", "-m", "replay/all.jsonl", "--no-picture", "-q", "-o", "played")
    assert played.code == 0
    assert played.out.replace("replay/all.jsonl", "").split() == table.replace("echo/x", "").split()


def test_an_export_that_means_nothing(answered: Any, folder: Path) -> None:
    told = answered("store", "export", "all.csv")
    assert told.code == 2 and "`all.csv` is of no known kind" in told.err and ".parquet" in told.err
    told = answered("store", "export", "all.jsonl", "-m", "echo/z")
    assert told.code == 2 and "no answers of `echo/z`" in told.err and "`echo/x`" in told.err
    assert not list(folder.glob("all.*"))


def test_merge(answered: Any, folder: Path) -> None:
    """What two runs asked becomes one store, with which nothing need be asked again."""
    assert answered("eval", "-m", "echo/w", "--no-picture", "-q", "-o", "more").code == 0
    told = answered("store", "merge", "runs", "more", "-o", "all")
    assert told.code == 0 and "in conflict" not in told.err
    assert told.out.splitlines()[-1].startswith("all/responses.sqlite: ")
    models = json.loads(answered("store", "stats", "all", "--format", "json").out)["models"]
    assert [one["model"] for one in models] == ["echo/w", "echo/x", "echo/y?score=no"]
    again = answered("eval", "-m", "echo/w", "-m", "echo/x", "--no-picture", "-o", "all")
    assert "echo/w: 0 asked" in again.err and "echo/x: 0 asked" in again.err
    assert answered("store", "verify", "all").code == 0


def test_merge_tells_of_conflicts(answered: Any, folder: Path) -> None:
    assert answered("store", "merge", "runs", "-o", "other.sqlite").code == 0
    before = answered("store", "export", "before.jsonl") and (folder / "before.jsonl").read_bytes()
    _change(
        folder,
        """UPDATE responses SET outcome = '{"text":"?","finish":"stop"}', base = NULL, packed = NULL"""
        " WHERE kind = 'generated'",
        Path("other.sqlite"),
    )
    told = answered("store", "merge", "other.sqlite", "-o", "runs")
    assert told.code == 0
    assert "in conflict" in told.out and "the first was kept" in told.err
    answered("store", "export", "after.jsonl")
    assert (folder / "after.jsonl").read_bytes() == before
    done = json.loads(answered("store", "merge", "other.sqlite", "-o", "runs", "--format", "json").out)
    assert done["sources"][0]["conflicts"] == len(done["conflicts"]) > 0


def test_merging_into_itself(answered: Any) -> None:
    told = answered("store", "merge", "runs", "-o", str(STORE))
    assert told.code == 2 and "both read and written" in told.err


def test_a_merge_with_something_else_writes_nothing(answered: Any, folder: Path) -> None:
    told = answered("store", "merge", "runs", "capitals.task", "-o", "all.sqlite")
    assert told.code == 1 and "`capitals.task` is not a response store" in told.err
    assert not (folder / "all.sqlite").exists()


def test_verify(answered: Any, folder: Path) -> None:
    told = answered("store", "verify")
    assert (told.code, told.err) == (0, "") and told.out.endswith("all good\n")
    _change(folder, "UPDATE responses SET replicate = 5")
    told = answered("store", "verify")
    assert told.code == 1 and "its key is not that of its request" in told.err
    assert "more" in told.err.splitlines()[-1] and "flawed" in told.out
    found = json.loads(answered("store", "verify", "--format", "json").out)
    assert found["flawed"] == found["answers"] and found["flaws"][0]["why"].startswith("its key")


def test_vacuum(answered: Any, folder: Path) -> None:
    _change(folder, "CREATE TABLE more AS SELECT zeroblob(500000)")
    _change(folder, "DROP TABLE more")
    done = json.loads(answered("store", "vacuum", "--format", "json").out)
    assert done["before"] - done["after"] > 400_000
    assert answered("store", "vacuum").out == f"{STORE}: {done['after']:,} → {done['after']:,} bytes\n"
    assert answered("store", "verify").code == 0


@pytest.mark.parametrize("words", [["stats"], ["verify"], ["vacuum"], ["export", "all.jsonl"]])
def test_what_is_no_store_is_left_alone(run: Any, folder: Path, words: list[str]) -> None:
    before = (folder / "capitals.task").read_bytes()
    told = run("store", *words, "capitals.task")
    assert told.code == 1 and "`capitals.task` is not a response store" in told.err
    assert (folder / "capitals.task").read_bytes() == before
    told = run("store", *words)
    assert told.code == 1 and "there is no response store `runs`" in told.err
    assert sorted(path.name for path in folder.iterdir()) == ["capitals.task"]


def test_looking_while_a_run_goes_on(run: Any, folder: Path, environment: dict[str, str]) -> None:
    """Counting, checking and exporting do not wait for a run, nor does it for them."""
    run("compile", "-q")
    command = [
        sys.executable,
        "-m",
        "taskc",
        "eval",
        "-m",
        "echo/x?delay=1.5",
        "-j",
        "1",
        "--no-picture",
        "-q",
    ]
    asking = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    counts = [0]
    while counts[-1] < 3:
        assert asking.poll() is None
        time.sleep(0.1)
        if (folder / STORE).exists():
            counts.append(json.loads(run("store", "stats", "--format", "json").out)["answers"])
    assert run("store", "verify").code == 0
    assert run("store", "export", "some.jsonl").code == 0
    assert asking.poll() is None
    asking.send_signal(signal.SIGINT)
    asking.communicate(timeout=300)
    assert asking.returncode == 130
    assert json.loads(run("store", "stats", "--format", "json").out)["answers"] > counts[-1]
