"""`--metric` and `taskc score --show`: what is computed, what is shown, and what is told if it cannot be."""

import json
from pathlib import Path
from typing import Any

import pytest

from taskc.cli.answers import shortened
from taskc.cli.score import _KINDS
from taskc.flow.shown import KINDS


@pytest.fixture
def folder(tmp_path: Path, folder: Path) -> Path:
    """Let the task be sampled thrice in one regime, and labelled."""
    path = folder / "capitals.task"
    text = path.read_text(encoding="utf-8")
    sampled = "regime thrice { samples 3\n temperature 0.7 }\n\n" + text.replace(
        "regimes zero_shot, one_shot", "measure reply, label\n  regimes zero_shot, thrice"
    )
    path.write_text(sampled, encoding="utf-8")
    return folder


@pytest.fixture
def asked(quick: Any, folder: Path) -> Path:
    """Give the folder after a run on a model that answers by rule."""
    assert quick("compile", "-q").code == 0
    assert quick("eval", "-m", "echo/x?reply=no+idea", "-q", "--no-picture").code == 0
    return folder


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


NAMES = """
    accuracy brier loss label_mass ece ece_adaptive normalised_score logodds_difference
    exact_match token_f1 contains bleu chrf rougeL pass@2 majority_vote
""".split()  # noqa: SIM905


def test_metrics_are_in_scores_rows_and_table(quick: Any, asked: Path) -> None:
    flags = [word for name in NAMES for word in ("--metric", name)]
    ran = quick("score", *flags, "--no-picture", "--format", "json")
    assert ran.code == 0
    by = {(row["regime"], row["measure"], row["levels"]["belief"]): row["numbers"] for row in rows(ran.out)}
    labelled, plain = by["zero_shot", "label", "wrong"], by["zero_shot", "label", "none"]
    of_options = {"accuracy", "brier", "loss", "label_mass", "ece", "ece_adaptive", "normalised_score"}
    assert of_options | {"logodds_difference", "confidence", "logodds"} <= set(labelled)
    assert of_options <= set(plain) and "logodds_difference" not in plain
    expected = plain["logodds"]["value"] - labelled["logodds"]["value"]
    assert labelled["logodds_difference"]["value"] == pytest.approx(expected)
    assert labelled["logodds_difference"]["error"] is not None
    assert labelled["label_mass"]["value"] == pytest.approx(1 - labelled["outside"]["value"])
    sampled = by["thrice", "reply", "none"]
    of_replies = {"accuracy", "exact_match", "token_f1", "contains", "bleu", "chrf", "rougeL"}
    assert of_replies | {"pass@1", "pass@2", "pass@3", "majority_vote"} <= set(sampled)
    assert not {"pass@2", "majority_vote"} & set(by["zero_shot", "reply", "none"])
    [scores] = (asked / "runs").glob("*/scores.jsonl")
    of_label = next(one for one in rows(scores.read_text(encoding="utf-8")) if one["measure"] == "label")
    assert {"brier", "confidence"} <= set(of_label["numbers"])

    table = quick("score", "--metric", "brier", "--metric", "token_f1", "--no-picture").out
    assert "brier" in table and "token_f1" in table and "standard errors" in table
    again = rows(quick("score", "--no-picture", "--format", "json").out)
    assert all("brier" not in row["numbers"] for row in again), "only what is asked for is computed"


def test_eval_takes_metrics_too(run: Any, folder: Path) -> None:
    assert run("compile", "-q").code == 0
    ran = run("eval", "-m", "echo/x", "-q", "--no-picture", "--metric", "brier", "--format", "json")
    assert ran.code == 0
    assert any("brier" in row["numbers"] for row in rows(ran.out))
    ran = run("eval", "-m", "echo/x?log=log.txt", "--metric", "brie")
    assert ran.code == 2 and "a similar name exists: `brier`" in ran.err
    assert not (folder / "log.txt").exists(), "told before anything is asked"


def test_what_no_metric_is_and_what_no_row_has(quick: Any, asked: Path) -> None:
    for name, cure in (("pass@0", "`pass@5`"), ("pass@k", "`pass@5`"), ("zzz", "known are `accuracy`, ")):
        ran = quick("score", "--metric", name)
        assert ran.code == 2 and f"no metric is called `{name}`" in ran.err and cure in ran.err
    ran = quick("score", "--metric", "numeric_error", "--metric", "pass@9", "--no-picture")
    assert ran.code == 0
    assert "no row has `numeric_error`: it is of replies" in ran.err
    assert "no row has `pass@9`" in ran.err


def test_a_lacking_package_is_told_with_its_cure(quick: Any, asked: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("taskc.flow.measuring.find_spec", lambda name: None)
    ran = quick("score", "--metric", "bleu")
    assert ran.code == 1 and ran.out == ""
    assert "`bleu` needs the package `sacrebleu`" in ran.err and "pip install sacrebleu" in ran.err
    assert "pip install rouge-score" in quick("score", "--metric", "rougeL").err
    assert quick("score", "--metric", "token_f1", "--no-picture").code == 0


def test_show_gives_answers_as_they_were_written(run: Any, quick: Any, asked: Path) -> None:
    ran = run("score", "--show", "unparsed", "-n", "2")
    assert ran.code == 0
    assert (
        "echo/x?reply=no%20idea · capitals · zero_shot · belief=none · reply · 5 unparsed of 5 answers"
        in ran.out
    )
    assert ran.out.count("    no idea") == 2 * 4
    assert "more are not shown: `-n 15` shows all" in ran.err
    whole = quick("score", "--show", "unparsed", "-n", "15", "-q")
    assert whole.out.count("    no idea") == 2 * 5 + 2 * 15 and "shown" not in whole.err
    told = rows(quick("score", "--show", "unparsed", "--format", "json", "-q").out)
    assert {tuple(one["replies"]) for one in told} == {("no idea",)}
    kept = (asked / "build" / "requests.jsonl").read_text(encoding="utf-8")
    assert all(one["request"] in kept for one in told)


def test_show_of_scored_options_gives_their_probabilities(quick: Any, asked: Path) -> None:
    told = rows(quick("score", "--show", "lured", "-n", "9", "--format", "json", "-q").out)
    assert told and all(one["attribution"] == "distractor" and one["conflict"] for one in told)
    assert all(set(one["logprobs"]) == {"A", "B"} and not one["replies"] for one in told)
    assert "log p: A -" in quick("score", "--show", "lured").out
    every = rows(quick("score", "--show", "all", "-n", "99", "--format", "json", "-q").out)
    wrong = rows(quick("score", "--show", "wrong", "-n", "99", "--format", "json", "-q").out)
    assert len(wrong) == sum(not one["correct"] for one in every)
    none = quick("score", "--show", "refused")
    assert (none.code, none.out) == (0, "") and "there are none" in none.err


def test_show_gives_all_samples_of_a_vote(quick: Any, folder: Path) -> None:
    path = folder / "capitals.task"
    text = path.read_text(encoding="utf-8").replace("samples 3", "samples 3\n vote majority")
    path.write_text(text, encoding="utf-8")
    assert quick("compile", "-q").code == 0
    model = "echo/x?reply=Answer:+A"
    assert quick("eval", "-m", model, "-q", "--no-picture", "--select", "regime=thrice").code == 0
    told = rows(quick("score", "--show", "all", "-n", "1", "--format", "json", "-q").out)
    voted = [one for one in told if one["measure"] == "reply"]
    assert voted and all(one["replies"] == ["Answer: A"] * 3 for one in voted)


def test_the_kinds_that_are_offered_are_those_there_are() -> None:
    assert tuple(KINDS) == _KINDS


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("short", 10, "short"),
        ("two\nlines", 10, "two lines"),
        ("a bell \x07 and\x1b[31m red", 40, "a bell   and [31m red"),
        ("begin" + " middle" * 9 + " end.", 26, "begin middle m […]  end."),
    ],
)
def test_shortened(text, width, expected) -> None:
    found = shortened(text, width)
    assert len(found) <= width
    assert found == expected or (
        " […] " in found and text.startswith(found[:5]) and text.endswith(found[-4:])
    )


def test_ability_and_pull_of_simulated_models_are_found_again(quick: Any, folder: Path) -> None:
    """Through build, replies, scores and rows: of sixteen intervals of 95 % fourteen hold the truth."""
    abilities, pulls = (0.2, 0.5, 0.8, 0.95), (0.05, 0.3, 0.6, 0.1)
    compiled = quick("compile", "std/negation_qa", "--select", "task=negation_cloze", "-o", "cloze", "-q")
    assert compiled.code == 0
    stated = ("--ability", ",".join(map(str, abilities)), "--pull", ",".join(map(str, pulls)))
    assert quick("simulate", "cloze", *stated, "--spread", "0", "--no-picture", "-q").code == 0
    [written] = (folder / "simulated").glob("*/rows.jsonl")
    truth = dict(zip(abilities, pulls, strict=True))
    held = []
    for row in rows(written.read_text(encoding="utf-8")):
        [ability] = [one for one in abilities if f"ability={one}&" in row["model"]]
        told = row["attribution"]
        for one, value in ((told["ability"], ability), (told["pull"], truth[ability])):
            held.append(one["low"] <= value <= one["high"])
    assert len(held) == 16 and sum(held) >= 14
