"""`taskc emergence` over runs and tables, and curves along a factor."""

import json
from pathlib import Path
from typing import Any

import pytest

HEAD = "task,regime,family,model,scale,value,n,loss\n"
JUMP = HEAD + (
    "t,r,f,a,1e8,0.02,300,2.5\n"
    "t,r,f,b,1e9,0.03,300,2.0\n"
    "t,r,f,c,3e9,0.02,300,1.7\n"
    "t,r,f,d,1e10,0.62,300,1.35\n"
    "t,r,f,e,1e11,0.65,300,0.9\n"
)
PARTS = HEAD + "".join(
    f"{task},r,f,{model},{scale},{value},200,1\n"
    for task, values in {"t": (0.06, 0.8), "t.a": (0.2, 0.9), "t.b": (0.3, 0.5)}.items()
    for model, scale, value in zip("xy", ("1e8", "1e9"), values, strict=True)
)
TASK = """\
task shots {
  allow missing-canary, too-few-items, no-controls "a test"
  item { question: text, answer: text, trap: text }
  items generate 12 seed 3 {
    let a    = randint(10, 9999)
    question = "What is {{ a }} + 1?"
    answer   = str(a + 1)
    trap     = str(a - 1)
  }
  vary examples shots_0 { shots 0 }, shots_2 { shots 2 }, shots_5 { shots 5 }
  true_task  "Add." -> answer
  distractor "Subtract." -> trap
  options unique([answer, trap])
  prompt "{{ question }}"
  reply "{{ answer }}"
  measure choice
  regimes zero_shot
}
"""


def test_a_jump_that_is_a_mirage(run: Any, folder: Path) -> None:
    (folder / "p.csv").write_text(JUMP)
    said = run("emergence", "--points", "p.csv", "--continuous", "loss").out
    assert "jump between 3e+09 and 1e+10" in said
    assert "does not survive: `loss` of the same answers moves steadily" in said
    (one,) = json.loads(
        run("emergence", "--points", "p.csv", "--continuous", "loss", "--format", "json").out
    )["curves"]
    assert one["break"]["found"] == "jump" and one["mirages"][0]["outcome"] == "does not survive"
    assert {"linearity", "breakthroughness", "stable_breakthroughness", "points"} <= set(one)


def test_a_jump_that_survives(quick: Any, folder: Path) -> None:
    (folder / "p.csv").write_text(
        JUMP.replace("2.5\n", "1.01\n")
        .replace("2.0\n", "1.02\n")
        .replace("1.7\n", "1.0\n")
        .replace("1.35", "0.2")
        .replace("0.9\n", "0.21\n")
    )
    (one,) = json.loads(
        quick("emergence", "--points", "p.csv", "--continuous", "loss", "--format", "json").out
    )["curves"]
    assert one["mirages"][0]["outcome"] == "survives" and "survives" in one["mirages"][0]["says"]


def test_whole_and_parts(quick: Any, folder: Path) -> None:
    """0.2 · 0.3 is the whole of x; y gets more right than the product of its parts."""
    (folder / "p.csv").write_text(PARTS)
    (task,) = json.loads(quick("emergence", "--points", "p.csv", "--format", "json").out)["decomposed"]
    assert (task["task"], task["agree"]) == ("t", 1)
    x, y = task["points"]
    assert x["product"] == pytest.approx(0.06) and x["low"] < 0 < x["high"]
    assert y["product"] == pytest.approx(0.45) and y["low"] > 0
    assert "whole and product agree for 1 of 2 models" in quick("emergence", "--points", "p.csv").out


def test_a_task_without_items_of_its_own(quick: Any, folder: Path) -> None:
    (folder / "p.csv").write_text(
        "".join(line + "\n" for line in PARTS.splitlines() if not line.startswith("t,"))
    )
    (task,) = json.loads(quick("emergence", "--points", "p.csv", "--format", "json").out)["decomposed"]
    assert task["agree"] is None and task["points"][0]["difference"] is None
    assert task["points"][0]["whole"] == pytest.approx(0.25)


@pytest.fixture
def asked(quick: Any, folder: Path) -> Path:
    (folder / "capitals.task").unlink()
    (folder / "shots.task").write_text(TASK)
    assert quick("compile", "-q").code == 0
    models = [word for name in "abcd" for word in ("-m", f"echo/{name}?refuse=0.{'abcd'.index(name)}")]
    assert quick("eval", *models, "--no-picture", "-q").code == 0
    return folder


AT = [word for at in range(4) for word in ("--at", f"echo/{'abcd'[at]}?refuse=0.{at}=1e{8 + at}")]


def test_runs(asked: Path, quick: Any) -> None:
    """Runs are put against sizes as `curves` does; their own numbers are the metrics that move by degrees."""
    told = json.loads(quick("emergence", "runs", *AT, "--format", "json").out)
    assert len(told["curves"]) == 3
    assert {m["metric"] for m in told["curves"][0]["mirages"]} >= {"loss", "logprob", "margin"}
    assert all(len(one["points"]) == 4 and one["break"]["probabilities"] for one in told["curves"])
    wrong = quick("emergence", "runs", *AT, "--continuous", "los")
    assert wrong.code == 2 and "no row has a number `los`" in wrong.err


def test_along_a_factor(asked: Path, quick: Any) -> None:
    """Shots are the scale, each model a family; shots begin at 0, which has no logarithm."""
    done = quick("curves", "runs", "--along", "examples", "--axis", "linear", "--format", "json")
    told = json.loads(done.out)["curves"]
    assert [one["family"] for one in told] == [f"echo/{'abcd'[at]}?refuse=0.{at}" for at in range(4)]
    assert [point["scale"] for point in told[0]["points"]] == [0, 2, 5]
    assert told[0]["regime"] == "zero_shot, choice, score"
    other = quick("curves", "runs", "--along", "examples", "--at", "shots_0=1", "--format", "json")
    assert [point["scale"] for point in json.loads(other.out)["curves"][0]["points"]] == [1, 2, 5]
    assert quick("emergence", "runs", "--along", "examples", "--axis", "linear").code == 0


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--along", "examples"), "its logarithm is wanted"),
        (("--along", "mood"), "`mood` was not varied in these runs"),
        (("--along", "regime"), "level `zero_shot` of `regime` does not end in a number"),
        (("--along", "examples", "--at", "shots_9=9"), "`shots_9` is no level of `examples`"),
    ],
)
def test_what_is_wrong_along_a_factor(asked: Path, quick: Any, args: tuple[str, ...], told: str) -> None:
    done = quick("curves", "runs", *args)
    assert done.code == 2 and told in done.err


def test_a_table_takes_no_flags_of_runs(quick: Any, folder: Path) -> None:
    (folder / "p.csv").write_text(JUMP)
    assert "a table has its scales" in quick("emergence", "--points", "p.csv", "--at", "a=1").err
    assert "name runs" in quick("emergence").err
