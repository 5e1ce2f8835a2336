"""Runs to curves: what the items add, whose answers were given, and runs of which the rows only are left."""

import random
from dataclasses import replace
from pathlib import Path

import pytest
from runs_made import score, write_run

from taskc.analysis.lure import predict
from taskc.flow.curves import judge_curves
from taskc.flow.placed import against
from taskc.flow.points import Read
from taskc.flow.run_curves import run_curves
from taskc.records.score import Score

# what five models can do, and how much the distractor lures them: a U on conflict items
ABILITIES = (0.05, 0.2, 0.5, 0.8, 0.95)
PULLS = (0.0, 0.45, 0.8, 0.45, 0.0)
OPTIONS = 4
AT = [f"m/{at}={10.0 ** (at + 6):g}" for at in range(5)]


def scores(model: int, items: int, cluster: int = 1) -> list[Score]:
    """Answer items, half of them in conflict, as the model of the lure does."""
    made = []
    for number in range(items):
        conflict = number % 2 == 0
        at = predict(ABILITIES[model], PULLS[model], 1 / OPTIONS, conflict)
        luck = random.Random(f"{number // 2 // cluster} {conflict}").random()  # items are hard for all alike
        who = "true_task" if luck < at.true else "trap" if luck < at.true + at.distractor else "other"
        made.append(
            score(
                number,
                "both" if who == "true_task" and not conflict else who,
                task="t",
                regime="r",
                model=f"m/{model}",
                predictions={"true_task": "A", "trap": "B" if conflict else "A"},
                conflict=conflict,
                numbers={"chance": 1 / OPTIONS},
                cluster=f"c{number // 2 // cluster}" if cluster > 1 else "",
            )
        )
    return made


def write(folder: Path, items: int, *, with_scores: bool = True, cluster: int = 1) -> Path:
    for model in range(5):
        run = write_run(folder / str(model), scores(model, items, cluster), rows=True)
        if not with_scores:
            (run / "scores.jsonl").unlink()
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("runs"), 600)


def test_items_are_paired(runs: Path) -> None:
    """The errors of models that answered the same items hang together, and the curve says so."""
    (curve,) = run_curves([runs], against([], AT, part="conflict")).curves
    assert curve.paired is not None
    assert curve.paired.units == 300 == curve.points[0].n
    variances = [curve.paired.covariance[at][at] for at in range(5)]
    expected = [p.value * (1 - p.value) / (p.n - 1) for p in curve.points]
    assert variances == pytest.approx(expected)
    assert curve.paired.covariance[1][2] > 0.4 * (variances[1] * variances[2]) ** 0.5
    (lured,) = run_curves([runs], against([], AT, part="conflict", rate="lured")).curves
    assert lured.paired is not None and lured.points[2].value > 0.6


def test_what_the_u_means(runs: Path) -> None:
    (curve,) = run_curves([runs], against([], AT, part="conflict")).curves
    assert curve.answered is not None
    first = curve.answered[2]
    assert first.true + first.lured + first.other == pytest.approx(300)
    assert first.agreed + first.erred == pytest.approx(300)
    assert (first.chance, first.bait) == pytest.approx((0.25, 0.25))
    (judged,) = judge_curves(Read(curves=(curve,))).judged
    assert judged.verdict == "u_shaped"
    assert judged.cause is not None
    assert judged.cause.verdict == "explained"


def test_clusters_are_units(tmp_path: Path) -> None:
    (curve,) = run_curves(
        [write(tmp_path / "runs", 600, cluster=10)], against([], AT, part="conflict")
    ).curves
    assert curve.paired is not None
    assert curve.paired.units == 30
    free = curve.points[1].value * (1 - curve.points[1].value) / 299
    assert curve.paired.covariance[1][1] > 3 * free


def test_rows_alone_make_curves(tmp_path: Path, runs: Path) -> None:
    """A run of which the scores are gone has its shares, and no pairs."""
    (bare,) = run_curves([write(tmp_path / "runs", 600, with_scores=False)], against([], AT)).curves
    (whole,) = run_curves([runs], against([], AT)).curves
    assert bare.points == whole.points
    assert bare.paired is None
    assert whole.paired is not None


def test_scores_that_are_not_whole_are_told(tmp_path: Path) -> None:
    """A verdict by shares alone is no silent default: what is lacking is said."""
    bare = run_curves([write(tmp_path / "bare", 40, with_scores=False)], against([], AT))
    assert "have no `scores.jsonl`: judged by shares alone" in bare.notes[0]
    cut = write(tmp_path / "cut", 40)
    (cut / "3" / "scores.jsonl").write_text("")
    read = run_curves([cut], against([], AT))
    assert read.curves[0].paired is None
    assert read.notes == (
        "`scores.jsonl` has not the items of these rows: `m/3`, t, r, reply, generate (0 of 40): "
        "judged by shares alone, without what items have in common; `taskc score` makes both anew",
    )
    assert run_curves([write(tmp_path / "whole", 40)], against([], AT)).notes == ()


def test_curves_along_a_factor_are_judged_from_items(tmp_path: Path) -> None:
    """The levels of a factor are places like the sizes of models, and share their items as these do."""
    made = (replace(one, model="m", regime=f"shots_{at}") for at in range(5) for one in scores(at, 300))
    run = write_run(tmp_path / "run", made, rows=True)
    (curve,) = run_curves([run], against([], [], part="conflict"), along="regime").curves
    assert [(point.model, point.scale) for point in curve.points] == [(f"shots_{at}", at) for at in range(5)]
    assert curve.paired is not None and curve.paired.units == 150
    assert curve.answered is not None and len(curve.answered) == 5
