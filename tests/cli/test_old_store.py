"""Runs whose answers were kept by an earlier taskc, and runs that share one store."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

from taskc.records.lines import dump
from taskc.store.responses import ResponseStore

LINES_1 = """
CREATE TABLE responses (
    key     TEXT PRIMARY KEY,
    model   TEXT NOT NULL,
    request TEXT NOT NULL,
    line    TEXT NOT NULL
) STRICT;
PRAGMA application_id = 0x7461736B;
PRAGMA user_version = 1;
"""
KNOWN_TO_1 = (
    *("key", "request", "model", "replicate", "lowering", "outcome"),
    *("usage", "attempts", "seconds", "asked"),
)


def put_back(path: Path) -> None:
    """Make a store of format 1 of the one at `path`, with as much as that format knew."""
    with ResponseStore.open(path, new=False) as store:
        every = [json.loads(dump(one)) for one in store.each()]
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()
    db = sqlite3.connect(path)
    db.executescript(LINES_1)
    for one in every:
        line = json.dumps({name: one[name] for name in KNOWN_TO_1}, ensure_ascii=False, separators=(",", ":"))
        db.execute("INSERT INTO responses VALUES (?,?,?,?)", (one["key"], one["model"], one["request"], line))
    db.commit()
    db.execute("PRAGMA journal_mode = WAL")
    db.close()


def results(folder: Path) -> dict[str, bytes]:
    names = ("scores.jsonl", "rows.jsonl", "missing.jsonl")
    return {
        f"{path.parent.name}/{path.name}": path.read_bytes()
        for name in names
        for path in folder.glob(f"runs/*/{name}")
    }


def test_answers_of_format_1_score_the_same(run: Any, folder: Path) -> None:
    """`score` gives the same bytes, and `eval` asks nothing again."""
    run("compile", "-q")
    before = run("eval", "-m", "echo/x", "-m", "echo/y?score=no&refuse=0.2", "--no-picture", "-q").out
    files = results(folder)
    put_back(folder / "runs" / "responses.sqlite")
    scored = run("score", "-q", "--no-picture")
    assert (scored.code, scored.out) == (0, before)
    assert results(folder) == files
    put_back(folder / "runs" / "responses.sqlite")
    again = run("eval", "-m", "echo/x", "-m", "echo/y?score=no&refuse=0.2", "--no-picture")
    assert again.out == before and "echo/x: 0 asked" in again.err


def test_two_runs_share_a_store(run: Any, folder: Path, environment: dict[str, str]) -> None:
    """Two processes at once: all answers of both are there, and each model's are what they are alone."""
    run("compile", "-q")
    models = ("echo/x", "echo/y?score=no")
    alone = {model: run("eval", "-m", model, "--no-picture", "-q", "-o", "alone").out for model in models}
    with ResponseStore.open(folder / "alone" / "responses.sqlite") as store:
        wanted = {one.key: one.outcome for one in store.each()}
    command = [sys.executable, "-m", "taskc", "eval", "--no-picture", "-q", "-m"]
    both = [
        subprocess.Popen(
            [*command, model], cwd=folder, env=environment, stdout=subprocess.PIPE, encoding="utf-8"
        )
        for model in models
    ]
    assert {model: one.communicate(timeout=120)[0] for model, one in zip(models, both, strict=True)} == alone
    with ResponseStore.open(folder / "runs" / "responses.sqlite") as store:
        assert {one.key: one.outcome for one in store.each()} == wanted
