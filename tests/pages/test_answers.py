"""What a report answers and compares is true of its numbers: of a U, one model, families that differ."""

import json
import re
from pathlib import Path

import pytest
from made import make_runs

from taskc.analysis.intervals import wilson
from taskc.flow.contrast import Question, compare_runs
from taskc.flow.only import Only
from taskc.flow.placed import against
from taskc.flow.report import Wish, gather
from taskc.flow.report_files import as_json, as_text
from taskc.pages.answers import SAFE, answers
from taskc.pages.compared import compared, signed
from taskc.pages.html import p_value, visible
from taskc.records.shown import percent


@pytest.fixture(scope="session")
def told(folder: Path) -> dict:
    return json.loads((folder / "report/report.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def lone(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """Give the report of one family, whose curve is a U."""
    runs = make_runs(tmp_path_factory.mktemp("lone"), ladders=("pythia",))
    return json.loads(as_json(gather([runs], Wish(against=against((), ())))))


def trends(told: dict, answer: dict, part: str = "conflict", rate: str = "accuracy") -> list[dict]:
    return [
        one
        for one in told["trends"]
        if (one["part"], one["rate"]) == (part, rate)
        and one["task"] == answer["task"]
        and one["setting"]["measure"] == answer["asked"]
    ]


def test_a_u_is_told_where_it_is(lone: dict) -> None:
    assert len(lone["answers"]) == 2
    for answer in lone["answers"]:
        said = dict(re.findall(r"(\w+) \(([<>\d.]+) %\)", answer["shape"]))
        for one in trends(lone, answer):
            regime = one["setting"]["regime"]
            if one["verdict"] == "undetermined":
                assert f"is undetermined in {regime}" in answer["shape"] or regime not in said
            else:
                assert said[regime] == percent(one["probabilities"][one["verdict"]])
                assert f"is {one['verdict']} in" in answer["shape"]
        causes = [one["cause"]["verdict"] for one in trends(lone, answer) if one["verdict"] == "u_shaped"]
        words = {"explained": "explains", "otherwise": "does not explain", "undetermined": "may or may not"}
        assert causes
        for verdict in set(causes):
            assert words[verdict] in answer["distractor"]
        (lured,) = {one["verdict"] for one in trends(lone, answer, rate="lured")}
        assert {"inverted_u": "rises and falls again", "undetermined": "cannot be told"}[lured] in answer[
            "distractor"
        ]


def test_families_that_differ_are_not_made_one(told: dict) -> None:
    for answer in told["answers"]:
        assert "differs by family in zero_shot and step_by_step" in answer["shape"]
        assert "is inverse for simulated/opt" in answer["shape"]
        assert "is u_shaped for simulated/pythia" in answer["shape"]
        assert "1 of 2 in zero_shot" in answer["sure"]


def test_how_sure_is_what_the_curves_rest_on(told: dict, lone: dict) -> None:
    for some in (told, lone):
        for answer in some["answers"]:
            dots = [dot for one in trends(some, answer) for dot in one["dots"]]
            assert f"{dots[0]['n']} conflict items each" in answer["sure"]
            reach = 50 * max(dot["high"] - dot["low"] for dot in dots)
            assert f"±{reach:.0f} points" in answer["sure"]
            unsure = [
                one
                for one in trends(some, answer)
                if one["verdict"] == "undetermined" or one["probabilities"][one["verdict"]] < SAFE
            ]
            if unsure:
                assert f"{len(unsure)} of {len(trends(some, answer))} curves" in answer["surer"]
            else:
                assert "95 % likely or more" in answer["surer"]


def test_one_model_makes_no_curve(folder: Path, told: dict) -> None:
    model = told["rows"][0]["model"]
    report = gather([folder / "runs"], Wish(against=against((), ()), only=Only(models=(model,))))
    assert report.comparisons is not None and not report.comparisons.models
    for one in answers(report):
        assert one.shape == "Cannot be told: there are models of one size only, and a curve takes two."
        lured = [t for t in report.trends if t.rate == "lured" and t.setting.measure == one.asked]
        for trend in lured:
            assert f"{percent(trend.dots[0].value)} % in {trend.setting.regime}" in one.distractor
        assert one.surer.startswith("Models of other sizes: two make a slope, and a turn takes three")
    assert "Cannot be told" in as_text(report)


def test_the_items_it_would_take_bring_the_interval_to_the_least(tmp_path: Path) -> None:
    runs = make_runs(tmp_path, ladders=("pythia",), n=24)
    for one in answers(gather([runs], Wish(against=against((), ()), likely=0.99))):
        wanted = re.search(r"about ([\d,]+) items instead of 16", one.surer)
        assert wanted
        rate = wilson(0.5, int(wanted[1].replace(",", "")))
        assert 0.042 < (rate.high - rate.low) / 2 < 0.058


def test_comparisons_are_those_of_taskc_compare(folder: Path, told: dict) -> None:
    """Of regimes: the same differences, intervals and p-values before they are adjusted."""
    mine = {(one["model"], one["measure"]): one for one in told["comparisons"]["regimes"]}
    made = [
        one
        for run in sorted((folder / "runs").glob("*/scores.jsonl"))
        for one in compare_runs(
            Question(sides=(str(run.parent),), by="regime", part="conflict", mix=True)
        ).contrasts
    ]
    assert len(made) == len(mine) == 20
    for one in made:
        same = mine[one.model, one.measure]
        assert (same["first"], same["second"]) == ("zero_shot", "step_by_step")
        assert (same["difference"], same["low"], same["high"], same["p"], same["up"], same["down"]) == (
            one.difference,
            one.low,
            one.high,
            one.p,
            one.up,
            one.down,
        )


def test_models_are_held_against_the_next_smaller_one(told: dict) -> None:
    sizes = {one["model"]: one["scale"] for one in told["rungs"]}
    families = {one["model"]: one["ladder"] for one in told["rungs"]}
    made = told["comparisons"]["models"]
    assert len(made) == 2 * 4 * 4  # families × steps × settings
    for one in made:
        assert families[one["first"]] == families[one["second"]]
        between = [size for model, size in sizes.items() if families[model] == families[one["first"]]]
        low, high = sizes[one["first"]], sizes[one["second"]]
        assert low < high and not any(low < size < high for size in between)


@pytest.mark.parametrize("kind", ["regimes", "models"])
def test_p_values_are_adjusted_over_all_of_a_kind(told: dict, kind: str) -> None:
    made = sorted(told["comparisons"][kind], key=lambda one: one["p"])
    highest = 0.0
    for rank, one in enumerate(made):
        highest = max(highest, min(1.0, (len(made) - rank) * one["p"]))
        assert one["p_adjusted"] == pytest.approx(highest)


def test_sentences_count_what_is_sure(folder: Path) -> None:
    report = gather([folder / "runs"], Wish(against=against((), ())))
    groups = compared(report.comparisons)
    assert sum(one.of for one in groups) == 20 + 32
    for one in groups:
        sure = [each for each in one.contrasts if each.p_adjusted < 0.05]
        assert one.higher == sum(each.difference > 0 for each in sure)
        assert one.lower == sum(each.difference < 0 for each in sure)
        assert f"higher for {one.higher} of {one.of} " in one.text and one.text in as_text(report)


@pytest.mark.parametrize(
    ("points", "shown"), [(12.4, "+12"), (-3.0, "−3"), (0.0, "0"), (0.4, "+0.4"), (-0.04, "−0.0")]
)
def test_points_have_their_sign(points: float, shown: str) -> None:
    assert signed(points) == shown


@pytest.mark.parametrize(
    ("p", "shown"), [(0.0, "<0.001"), (0.0004, "<0.001"), (0.05, "0.050"), (1.0, "1.000")]
)
def test_p_values(p: float, shown: str) -> None:
    assert p_value(p) == shown


def test_control_characters_are_marked_and_line_ends_are_line_ends() -> None:
    assert visible("a\r\nb\x1b[31m\x00\x85c\td") == "a\nb�[31m��c\td"
