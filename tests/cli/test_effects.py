"""`taskc effects` and `--pool`: what was varied in runs, and what it did."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TASK = """\
allow missing-canary, too-few-items, duplicate-items "a test"

task quiz {
  item { question: text, answer: text, trap: text, choices: text[] }
  items generate 30 seed 17 {
    let a    = randint(10, 99)
    let b    = randint(1, 9)
    question = "What is {{ a }} + {{ b }}?"
    choices  = sorted([str(a - b), str(a + b)])
    answer   = str(a + b)
    trap     = str(a - b)
  }
  vary wording {
    plain  { prompt "{{ question }}\\n{{ options }}" }
    please { prompt "Please answer. {{ question }}\\n{{ options }}" }
  }
  vary order as_written, reversed
  true_task  "Add." -> answer
  distractor "Subtract." -> trap
  options choices as letters
  prompt "{{ question }}\\n{{ options }}"
  reply "{{ answer }}"
  measure choice
  regimes zero_shot, one_shot
}
"""
AT = ("--at", "echo/a=1e8", "--at", "echo/b?rule=length=1e9", "--at", "echo/c?refuse=0.2=1e10")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make one run of three models, for all tests."""
    here = tmp_path_factory.mktemp("made")
    (here / "quiz.task").write_text(TASK)
    models = ("-m", "echo/a", "-m", "echo/b?rule=length", "-m", "echo/c?refuse=0.2")
    for args in (("compile", "-q"), ("eval", *models, "--no-picture", "-q")):
        subprocess.run([sys.executable, "-m", "taskc", *args], cwd=here, check=True, capture_output=True)
    return here


@pytest.fixture
def asked(made: Path, folder: Path) -> Path:
    """Give a folder with that run."""
    (folder / "capitals.task").unlink()
    shutil.copytree(made, folder, dirs_exist_ok=True)
    return folder


def test_everything_as_json(asked: Path, run: Any) -> None:
    told = json.loads(run("effects", "runs", *AT, "--format", "json").out)
    (one,) = told["effects"]
    assert (one["task"], one["measure"], one["metric"]) == ("quiz", "choice", "accuracy")
    assert (one["items"], one["cells"], one["possible"], one["answers"]) == (30, 24, 24, 720)
    assert sum(share["share"] for share in one["shares"]) == pytest.approx(1.0)
    assert [factor["name"] for factor in one["factors"]] == ["model", "regime", "wording", "order"]
    assert {(row["over"], row["k"], row["n"]) for row in one["averaged"]} == {("wording", 2, 30)}
    assert len(one["averaged"]) == 3 * 2
    (bias, *_) = [row for row in one["places"] if row["model"] == "echo/b?rule=length"]
    # both numbers are of one length, so ties go to the first, wherever the answer stands
    assert bias["places"][0]["given"] == 1.0 and bias["places"][0]["excess"] == 0.5
    assert bias["places"][0]["accuracy"] == 1.0 and bias["places"][1]["accuracy"] == 0.0
    factors = {row["factor"] for row in told["survival"]}
    assert factors == {"regime", "wording", "order"}
    assert all(0.0 <= row["alike"] <= 1.0 and row["agree"] >= 1 for row in told["survival"])


def test_as_text_and_as_a_table(asked: Path, quick: Any) -> None:
    said = quick("effects", "runs", *AT)
    assert "quiz · choice: accuracy, 30 items in 24 combinations, 720 answers" in said.out
    assert "3 of `wording`" not in said.out and "2 of `wording`" in said.out
    assert "does the verdict survive?" in said.out
    rows = list(csv.DictReader(quick("effects", "runs", "--format", "csv").out.splitlines()))
    assert {"share", "level", "difference", "averaged", "place_excess"} <= {row["kind"] for row in rows}


def test_the_same_twice(asked: Path, quick: Any) -> None:
    """One input, one output, to the byte."""
    assert (
        quick("effects", "runs", "--format", "json").out == quick("effects", "runs", "--format", "json").out
    )


def test_other_numbers_and_factors(asked: Path, quick: Any) -> None:
    told = json.loads(
        quick("effects", "runs", "--metric", "loss", "--wording", "order", "--format", "json").out
    )
    (one,) = told["effects"]
    assert one["metric"] == "loss" and {row["over"] for row in one["averaged"]} == {"order"}
    assert told["survival"] == [] and "verdicts are on shares" in told["notes"][0]
    lured = json.loads(quick("effects", "runs", "--metric", "lured", "--format", "json").out)["effects"][0]
    assert lured["answers"] == 720


def test_by_likelihood(asked: Path, quick: Any) -> None:
    """The fitted shares of items are near those by mean squares, and have no interval."""
    plain = json.loads(quick("effects", "runs", "--metric", "loss", "--format", "json").out)["effects"][0][
        "shares"
    ]
    done = json.loads(quick("effects", "runs", "--metric", "loss", "--reml", "--format", "json").out)
    fitted = {tuple(one["of"]): one for one in done["effects"][0]["shares"]}
    assert fitted["item",]["low"] is None
    assert fitted["item",]["share"] == pytest.approx(plain[0]["share"], abs=0.05)


def test_scales_nobody_knows(asked: Path, quick: Any) -> None:
    done = quick("effects", "runs")
    assert done.code == 0 and "the scale is not known; state it with `--at MODEL=NUMBER`" in done.err
    done = quick("effects", "runs", "--at", "echo/a=0")
    assert done.code == 0 and "its scale is 0, and the logarithm is wanted" in done.err


def test_without_the_build_places_cannot_be_told(asked: Path, quick: Any) -> None:
    quick("compile", "-q", "--limit", "3")
    done = quick("effects", "runs")
    assert done.code == 0 and "the pull of places cannot be told: `../../build` is not the build" in done.err


def test_other_designs(folder: Path, quick: Any) -> None:
    """A star and a Latin square say what they hide, and both tell the pull of places."""
    (folder / "capitals.task").unlink()
    for design, told in (
        ("one_at_a_time", "taken for none: wording × order"),
        ("latin", "evens out over items"),
    ):
        (folder / "quiz.task").write_text(
            TASK.replace("measure choice", f"measure choice\n  design {design}")
        )
        quick("compile", "-q", "-o", design)
        quick("eval", design, "-m", "echo/b?rule=length", "--no-picture", "-q", "-o", f"runs_{design}")
        done = quick("effects", f"runs_{design}", "--format", "json")
        (one,) = json.loads(done.out)["effects"]
        assert any(told in note for note in one["notes"])
        assert one["places"][0]["places"][0]["excess"] == pytest.approx(0.5)


def test_nothing_varied(quick: Any, folder: Path) -> None:
    quick("compile", "-q", "--select", "regime=zero_shot", "belief=none")
    assert "`runs` is not a run: there is no such folder" in quick("effects").err
    quick("eval", "-m", "echo/x", "--no-picture", "-q")
    done = quick("effects")
    assert done.code == 0 and "nothing was varied" in done.err


@pytest.mark.parametrize(
    ("args", "code", "told"),
    [
        (("nowhere",), 1, "is not a run"),
        (("runs", "--metric", "lost"), 2, "no score has a number `lost`"),
        (("runs", "--wording", "mood"), 2, "`mood` was not varied in these runs"),
        (("--part", "control"), 2, "these runs hold no scores of control items"),
    ],
)
def test_what_is_wrong(asked: Path, quick: Any, args: tuple[str, ...], code: int, told: str) -> None:
    done = quick("effects", *args)
    assert (done.code, done.out) == (code, "") and told in done.err


def test_pooled_rows(asked: Path, quick: Any) -> None:
    """An item counts once in a row that averages over orders; what is not pooled stays apart."""
    rows = [
        json.loads(row)
        for row in quick("score", "--pool", "order", "--no-picture", "--format", "json").out.splitlines()
    ]
    assert [row["levels"] for row in rows[:2]] == [{"wording": "plain"}, {"wording": "please"}]
    assert len(rows) == 3 * 2 * 2 and all(
        row["all"]["n"] == 30 and row["all"]["scores"] == 60 for row in rows
    )
    none = quick("score", "--pool", "order", "--pool", "wording", "--no-picture", "--format", "json").out
    assert all(json.loads(row)["levels"] == {} for row in none.splitlines())
    wrong = quick("score", "--pool", "ordr")
    assert wrong.code == 2 and "a similar name exists: `order`" in wrong.err


def test_of_two_measures_each_verdict_says_which(capsys: pytest.CaptureFixture[str]) -> None:
    """The measure is named where a task has several, and only there."""
    from taskc.cli.effects import _print_survival
    from taskc.records.effects import Survival, Told

    def line(task: str, measure: str) -> Survival:
        return Survival(
            task=task, measure=measure, metric="accuracy", regime="all", family="f", factor="regime",
            verdicts={"cot": "flat"}, probabilities={}, usual="flat", agree=1, levels=1, alike=1.0,
        )  # fmt: skip

    both = (line("one", "choice"), line("two", "choice"), line("two", "reply"))
    _print_survival(Told(effects=(), survival=both, notes=()))
    lines = [text.strip().partition(", over")[0] for text in capsys.readouterr().out.splitlines()]
    assert [text for text in lines if "·" in text] == [
        "one · all · f",
        "two · choice · all · f",
        "two · reply · all · f",
    ]


def test_simulated_models_have_short_names() -> None:
    from taskc.records.effects import Averaged, Effects, Factor, Level, shortly

    long = "simulated/3b?ability=0.9"
    level = Level(level=long, value=1, low=1, high=1, difference=0, difference_low=0, difference_high=0)
    row = Averaged(
        model=long, regime="cot", over="wording", k=2, n=3, value=1.0, low=None, high=None,
        items_low=None, items_high=None,
    )  # fmt: skip
    told = shortly(
        Effects(
            task="t", measure="choice", metric="accuracy", items=3, cells=2, possible=2, answers=6, shares=(),
            factors=(Factor(name="model", levels=(level,)),), averaged=(row,),
        )
    )  # fmt: skip
    assert told.factors[0].levels[0].level == told.averaged[0].model == "simulated/3b"


def test_which_items(quick: Any, folder: Path) -> None:
    """Without `--part` effects are those on conflict items where there are others, too, and it is said."""
    text = TASK.replace("    trap     = str(a - b)", "    trap     = str(a - b) if b > 4 else str(a + b)")
    (folder / "capitals.task").write_text(text, encoding="utf-8")
    assert quick("compile", "-q").code == 0
    assert quick("eval", "-m", "echo/a", "-m", "echo/b?rule=length", "--no-picture", "-q").code == 0
    counts = {}
    for part in ("", "all", "conflict", "agree"):
        flags = ("--part", part) if part else ()
        (one,) = json.loads(quick("effects", "runs", *flags, "--format", "json").out)["effects"]
        assert one["part"] == (part or "conflict")
        counts[part] = one["items"], one["answers"]
    assert counts[""] == counts["conflict"] != counts["all"] == (30, 480)
    assert tuple(a + b for a, b in zip(counts["conflict"], counts["agree"], strict=True)) == counts["all"]
    n = counts["conflict"][0]
    assert f"accuracy, {n} conflict items (`--part all` takes all) in" in quick("effects", "runs").out
    assert "`--part all`" not in quick("effects", "runs", "--part", "agree").out
    rows = csv.DictReader(quick("effects", "runs", "--format", "csv").out.splitlines())
    assert {row["part"] for row in rows} == {"conflict"}
    none = quick("effects", "runs", "--part", "control")
    assert none.code == 2 and "these runs hold no scores of control items" in none.err


def test_a_factor_that_makes_the_conflict_is_told(quick: Any) -> None:
    """The items of `capitals` are in conflict only where a belief is stated, and that is what is told of."""
    assert quick("compile", "-q").code == 0
    assert quick("eval", "-m", "echo/a", "--no-picture", "-q").code == 0
    (one, *_) = json.loads(quick("effects", "--format", "json").out)["effects"]
    assert {"belief", "regime"} <= {factor["name"] for factor in one["factors"]}
