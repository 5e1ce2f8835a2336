"""A score to begin from, and a run with scores of one's own."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from taskc.analysis.aggregate import aggregate
from taskc.records.lines import dump
from taskc.records.score import Missing, Score

SCORE = Score(
    task="quiz",
    item="1",
    regime="zero_shot",
    measure="reply",
    model="fake/a",
    request="r",
    lowering="generate",
    target="A",
    predictions={"true_task": "A", "trap": "B"},
    given="A",
    attribution="true_task",
    correct=True,
    conflict=True,
)


def score(item: object, attribution: str, **changes: Any) -> Score:
    """Give the answer to an item by whose it is; it is right where that is the true task, or both."""
    right = attribution in ("true_task", "both")
    return replace(SCORE, item=str(item), attribution=attribution, correct=right, **changes)


def write_run(
    folder: Path, scores: Iterable[Score], missing: Iterable[Missing] = (), *, rows: bool = False
) -> Path:
    """Write what a run holds of its answers; with `rows` their rows, too."""
    made, lost = list(scores), list(missing)
    folder.mkdir(parents=True)
    _write(folder / "scores.jsonl", made)
    _write(folder / "missing.jsonl", lost)
    if rows:
        _write(folder / "rows.jsonl", aggregate([*made, *lost]))
    return folder


def _write(path: Path, records: Iterable[Any]) -> None:
    path.write_text("".join(dump(one) + "\n" for one in records), encoding="utf-8")
