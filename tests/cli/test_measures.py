"""How an answer is had is shown by the plan, kept with the answer, and parts what is shown of it."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

FIRST, OTHER = "echo/a", "echo/b?labels=no&prefill=no&score=no"


@pytest.fixture
def build(run: Any, folder: Path) -> Path:
    (task,) = folder.glob("*.task")
    text = task.read_text(encoding="utf-8")
    changed = text.replace("  regimes", "  measure label, reply\n  regimes")
    assert changed != text
    task.write_text(changed, encoding="utf-8")
    assert run("compile", "-q").code == 0
    return folder


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_the_lowering_is_in_the_plan_and_with_every_answer(run: Any, build: Path) -> None:
    planned = json.loads(run("plan", "-m", FIRST, "-m", OTHER, "--format", "json").out)
    ways: Counter[tuple[str, str]] = Counter()
    for model in planned["models"]:
        for row in model["lowerings"]:
            ways[row["model"], row["way"]] += row["requests"]
    assert set(ways) == {
        (FIRST, "labels"),
        (FIRST, "generate+prefill"),
        (OTHER, "labels without lead-in"),
        (OTHER, "generate"),
    }
    shown = run("plan", "-m", FIRST, "-m", OTHER).out
    assert all(f"  {way}  " in shown for _, way in ways)
    dry = run("eval", "-m", FIRST, "-m", OTHER, "--dry-run").out
    assert all(way in dry for _, way in ways)
    assert run("eval", "-m", FIRST, "-m", OTHER, "-q", "--no-picture").code == 0
    assert run("store", "export", "all.jsonl").code == 0
    kept = lines((build / "all.jsonl").read_text(encoding="utf-8"))
    assert Counter((one["model"], one["lowering"]) for one in kept) == ways
    assert all(json.loads(one["sampling"])[0] == one["lowering"] for one in kept)
    [record] = (build / "runs").glob("*/run.json")
    written = json.loads(record.read_text(encoding="utf-8"))["lowerings"]
    assert {(row["model"], row["way"]) for row in written} == set(ways)


def test_what_was_had_in_different_ways_is_told_apart_unless_asked(run: Any, build: Path) -> None:
    ask = ("eval", "-m", FIRST, "-m", OTHER, "-q", "--no-picture")
    ran = run(*ask)
    assert ran.code == 0
    assert " how" in ran.out
    rows = lines(run(*ask, "--format", "json").out)
    assert {(row["model"], row["measure"], row["lowering"]) for row in rows} == {
        (FIRST, "label", "labels"),
        (FIRST, "reply", "generate+prefill"),
        (OTHER, "label", "labels without lead-in"),
        (OTHER, "reply", "generate"),
    }
    assert all(("outside" in row["numbers"]) == (row["measure"] == "label") for row in rows)
    assert "side" in ran.out.partition("─")[0]
    alone = run("eval", "-m", FIRST, "-q", "--no-picture", "-o", "alone").out
    assert " how" not in alone and "side" in alone.partition("─")[0]


LED = """
task led {
  allow missing-canary, too-few-items "a test"
  item { word: text, answer: text, trap: text }
  items [
    { word: "hot", answer: "cold", trap: "hot" }
    { word: "up",  answer: "down", trap: "up" }
  ]
  true_task "Say the opposite." -> answer
  distractor "Say it again." -> trap
  options [answer, trap] as letters
  prompt "Opposite of {{ word }}?\\n{{ options }}"
  reply "Answer: {{ answer }}"
  measure label
  regimes zero_shot
  subtask begun { about "with words before the answer" }
  subtask bare { reply "{{ answer }}" }
}
"""


def test_mixing_puts_the_parts_of_a_task_into_one_row(run: Any, folder: Path) -> None:
    for task in folder.glob("*.task"):
        task.unlink()
    (folder / "led.task").write_text(LED, encoding="utf-8")
    compiled = run("compile", "-q")
    assert compiled.code == 0, compiled.err
    apart = run("eval", "-m", OTHER, "-q", "--no-picture")
    assert apart.code == 0
    assert len([line for line in apart.out.splitlines() if line.startswith("zero_shot")]) == 2
    mixed = run("eval", "-m", OTHER, "-q", "--no-picture", "--mix-measures")
    (row,) = [line for line in mixed.out.splitlines() if line.startswith("zero_shot")]
    assert "labels" in row and " how" in mixed.out
    assert run("score", "-q", "--no-picture").out == apart.out
    assert run("score", "-q", "--no-picture", "--mix-measures").out == mixed.out
