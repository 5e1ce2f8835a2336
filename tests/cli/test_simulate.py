"""`taskc simulate` and `taskc power` as a person runs them."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

TASK = """\
task sayings {
  allow missing-canary, too-few-items, no-exemplars, repeated-item "a test"
  item { n: int, answer: text, trap: text }
  items generate 120 seed 1 {
    n      = randint(1, 1_000_000)
    answer = "yes"
    trap   = "yes" if n % 3 == 0 else "no"
  }
  true_task  "Say yes." -> answer
  distractor "Be led." -> trap
  options ["yes", "no"]
  prompt  "Is {{ n }} a number?"
  reply   "{{ answer }}"
  measure choice
  regimes zero_shot
}
"""


@pytest.fixture
def built(folder: Path, quick) -> Path:
    assert quick("compile", "capitals.task", "-q").code == 0
    return folder


def test_simulate_is_told_by_curves(folder: Path, run, quick) -> None:
    """What `simulate` makes, `curves` and `score` read as any other run, and it says that it is simulated."""
    compiled = quick("compile", str(Path(__file__).parents[2] / "tasks" / "negation_qa"), "-q")
    assert compiled.code == 0, compiled.err
    shape = ["--shape", "u_shaped", "--effect", "0.35", "--seed", "3", "--models", "3"]
    made = run("simulate", *shape, "--select", "task=negation_cloze regime=zero_shot")
    assert made.code == 0, made.err
    assert made.out.startswith("negation_cloze: u_shaped, 35 points on all items, seed 3\n")
    assert "simulated/3b" in made.out
    assert "1 curve, told to be: 1 u_shaped" in made.out
    (place,) = (folder / "simulated").glob("*/run.json")
    assert "simulated" in place.parent.name
    assert made.err.splitlines() == [
        f"results: simulated/{place.parent.name}",
        "next: taskc curves simulated; taskc report simulated",
    ]
    assert {one.name for one in place.parent.iterdir()} >= {
        "rows.jsonl", "scores.jsonl", "scores.svg", "simulated.json",
    }  # fmt: skip
    curves = quick("curves", "simulated", "--format", "json")
    (told,) = json.loads(curves.out)["curves"]
    assert (told["family"], told["verdict"]) == ("simulated", "u_shaped")
    assert all(point["model"].startswith("simulated/") for point in told["points"])
    assert told["paired"] == 120  # of 240 items, in pairs
    assert (told["cause"]["verdict"], told["cause"]["pull"]["inverted_u"] > 0.8) == ("explained", True)
    text = quick("curves", "simulated").out
    assert "items, the same for all models" in text
    assert "  the distractor explains it (ability rises while pull comes and goes: " in text
    scored = quick("score", "-o", "simulated", "--no-picture", "-q")
    assert scored.code == 0 and "simulated/3b\n" in scored.out and "ability=" not in scored.out


def test_given_ability_and_pull(built: Path, quick) -> None:
    made = quick(
        "simulate", "--ability", "0.3,0.6,0.9", "--pull", "0.2", "--no-picture", "-q", "--format", "json"
    )
    assert made.code == 0, made.err
    (one,) = json.loads(made.out)
    assert [(m["ability"], m["pull"]) for m in one["truth"]["models"]] == [(0.3, 0.2), (0.6, 0.2), (0.9, 0.2)]
    assert one["truth"]["shape"] == ""
    assert (built / one["folder"] / "simulated.json").exists()


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["simulate"], "name the shape of the curves"),
        (["simulate", "--shape", "flat", "--ability", "0.5"], "name the shape of the curves"),
        (["simulate", "--shape", "flat", "--pull", "0.5"], "`--pull` goes with `--ability`"),
        (["simulate", "--ability", "0.5,1.5"], "1.5 is not a number from 0 to 1"),
        (["simulate", "--ability", "a"], "a is not a number from 0 to 1"),
        (["simulate", "--ability", "0.5", "--spread", "1,2"], "more than one number"),
        (["simulate", "--shape", "u_shaped", "--models", "2"], "2 models show no shape `u_shaped`"),
        (["simulate", "--shape", "inverse", "--effect", "1"], "an effect of 100 points cannot be had"),
        (["simulate", "--shape", "flat", "--models", "12"], "the ladder `simulated` has 11 models"),
        (["simulate", "--shape", "flat", "--select", "task=none"], "no task is called `none`"),
        (["power", "--models", "2.5"], "2.5 is not a whole number from 1 up"),
        (["power", "--items", "100001"], "100001 is not a whole number from 1 to 100000"),
        (["power", "--items", "9" * 400], "is not a whole number from 1 to 100000"),
        (["power", "--models", "9" * 400], "is not a whole number from 1 up"),
        (["power", "--effect", "nan"], "nan is not a number"),
        (["power", "--picture", "x.txt"], "`x.txt` is no picture"),
        (["power", "--part", "agree", "--select", "belief=wrong", "regime=zero_shot"], "there are no such"),
    ],
)
def test_what_is_refused(built: Path, quick, args: list[str], told: str) -> None:
    """Bad input is said with what to write, and ends with 2."""
    done = quick(*args)
    assert done.code == 2, done.err
    assert told in done.err


@pytest.mark.parametrize(
    "command",
    [
        ["compile", "capitals.task", "-q"],
        ["plan", "build"],
        ["power", "build", "--repeats", "2", "--models", "2", "-j", "1", "-q"],
        ["simulate", "build", "--shape", "flat", "--no-picture"],
        ["eval", "build", "-m", "echo/x", "--no-picture"],
    ],
)
def test_a_selection_is_written_as_it_reads(built: Path, quick, command: list[str]) -> None:
    """`--select A=… B=…` goes with a named build too; a second build is refused, an unknown name is told."""
    some = quick(*command, "--select", "regime=zero_shot", "task=capitals")
    assert some.code == 0, some.err
    none = quick(*command, "--select", "regime=zero_shot", "task=none")
    assert none.code == 2 and "no task is called `none`" in none.err
    if command[0] != "compile":
        two = quick(*command, "other")
        assert two.code == 2 and "one build is taken, `build`; what is `other` for?" in two.err


@pytest.mark.parametrize("command", [["simulate", "--shape", "flat"], ["power"]])
def test_without_a_build(quick, command: list[str]) -> None:
    done = quick(*command)
    assert done.code == 1
    assert "there is no build in `build`" in done.err


def test_power(folder: Path, run, quick) -> None:
    """One design is told in full, several in a line each; processes change nothing, and a seed does."""
    (folder / "sayings.task").write_text(TASK, encoding="utf-8")
    assert quick("compile", "sayings.task", "-q").code == 0
    same = [
        "power",
        "--repeats",
        "2",
        "--effect",
        "0.3",
        "--part",
        "conflict",
        "--models",
        "3",
        "--seed",
        "1",
    ]
    one = quick(*same, "-j", "1", "--picture", "told.svg")
    assert one.code == 0, one.err
    assert "curves told rightly, of 2 of each shape, judged on the conflict items" in one.out
    assert "truth, and what it was told to be" in one.out
    assert "probabilities of shapes, and how often that was the shape" in one.out
    assert ET.fromstring((folder / "told.svg").read_text()).tag.endswith("svg")
    assert run(*same, "-j", "2").out == one.out
    assert quick(*same[:-1], "2", "-j", "1").out != one.out


def test_power_of_several_designs(folder: Path, quick) -> None:
    (folder / "sayings.task").write_text(TASK, encoding="utf-8")
    assert quick("compile", "sayings.task", "-q").code == 0
    grid = quick(
        "power", "--models", "2,3", "--items", "30,300", "--part", "conflict", "--repeats", "2",
        "-j", "1", "--format", "json",
    )  # fmt: skip
    told = json.loads(grid.out)
    assert [(t["models"], t["items"]) for t in told["trials"]] == [(2, 30), (2, 300), (3, 30), (3, 300)]
    assert all(t["conflict"] == t["judged"] < t["items"] for t in told["trials"])
    assert told["trials"][0]["judged"] / 30 == pytest.approx(told["trials"][1]["judged"] / 300, abs=0.05)
    few, many = ["positive", "inverse", "flat"], ["positive", "inverse", "u_shaped", "inverted_u", "flat"]
    assert [[s["shape"] for s in t["told"]] for t in told["trials"]] == [few, few, many, many]
    for trial in told["trials"]:
        assert all(sum(row["verdicts"].values()) == 2 for row in trial["told"])
        assert sum(b["n"] for b in trial["calibration"]["bins"]) == 5 * 2 * len(trial["told"])
        assert sum(b["n"] for b in trial["likeliest"]["bins"]) == 2 * len(trial["told"])
    assert sum(b["n"] for b in told["calibration"]["bins"]) == 5 * 2 * (3 + 3 + 5 + 5)
