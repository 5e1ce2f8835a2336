"""Many times the items take no more memory: rows, items and requests stream."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

TASK = """task t {
  canary "none"
  item { question: text, choices: text[4], gold: int }
  %s
  true_task "Answer." -> choices[gold]
  distractor "First." -> choices[0]
  options choices as letters
  prompt "{{ question }}\\n{{ options }}"
  reply "Answer: {{ answer }}"
  measure label
  regimes zero_shot
}
"""
MOST = 10 << 10  # KiB between few and many


def row(number: int) -> dict[str, object]:
    choices = [f"the thing of number {number * 7 + k}, or something else" for k in range(4)]
    return {"id": f"q{number}", "question": f"Which? {number} " * 8, "choices": choices, "gold": number % 4}


def jsonl(folder: Path, count: int) -> str:
    with (folder / "rows.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row(number)) + "\n" for number in range(count))
    return 'items from "rows.jsonl"'


def table(folder: Path, count: int) -> str:
    with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "question", "choices", "gold"])
        for number in range(count):
            id, question, choices, gold = row(number).values()
            writer.writerow([id, question, json.dumps(choices), gold])
    return 'items from "rows.csv" where gold >= 0'


def drawn(folder: Path, count: int) -> str:
    return f"""items generate {count} seed 1 {{
    let n = randint(0, 1000000000)
    question = "Which? " + str(n)
    choices = [str(n), str(n + 1), str(n + 2), str(n * 2)]
    gold = randint(0, 3)
  }}"""


def peak(folder: Path, items: str) -> int:
    """Compile in a process of its own, and give the KiB it took at most."""
    (folder / "t.task").write_text(TASK % items, encoding="utf-8")
    command = [sys.executable, "-m", "taskc", "compile", "-q", "--no-cache", "t.task"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, encoding="utf-8") as child:
        assert child.stderr is not None
        said = child.stderr.read()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, said
    return used.ru_maxrss


@pytest.mark.slow
@pytest.mark.parametrize("make", [jsonl, table, drawn], ids=lambda make: make.__name__)
def test_many_items_take_no_more_memory(make: Callable[[Path, int], str], tmp_path: Path) -> None:
    """The peak of a whole compilation hardly grows from 12,000 items to 60,000."""
    few = peak(tmp_path, make(tmp_path, 12_000))
    many = peak(tmp_path, make(tmp_path, 60_000))
    assert many - few < MOST, f"{few:,} KiB for few, {many:,} KiB for many"
