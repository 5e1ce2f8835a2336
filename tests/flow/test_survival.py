"""Verdicts over wordings: the curve of each level is judged from its items."""

from typing import Any

import pytest

from taskc.analysis.crossed import Crossing
from taskc.flow import survival
from taskc.flow.effects import Gathered
from taskc.flow.placed import against
from taskc.records.curve import Curve, Judged

SIZES = {"m/1": 1e8, "m/2": 1e9, "m/3": 1e10}


def test_the_curve_of_a_level_has_its_items(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models that answer the same items have luck in common; clusters of items count once."""
    crossing = Crossing()
    for at, model in enumerate(SIZES):
        for wording in ("plain", "polite"):
            cell = (("model", model), ("regime", "zero_shot"), ("wording", wording))
            for item in range(40):
                crossing.add(f"t {item}", cell, float(item % 4 <= at), f"c{item // 4}" if item < 20 else "")
    seen: list[Curve] = []
    judge = survival.judge_curve

    def judged(curve: Curve, **more: Any) -> Judged:
        seen.append(curve)
        return judge(curve, **more)

    monkeypatch.setattr(survival, "judge_curve", judged)
    one = Gathered(
        task="t", measure="reply", part="conflict", crossed=crossing.cross(), bound=False, ways={}, shown={},
        unplaced="",
    )  # fmt: skip
    at = [f"{model}={scale:g}" for model, scale in SIZES.items()]
    (told,), notes = survival.tell_survival([one], against([], at), metric="accuracy")
    assert (told.part, told.levels, notes) == ("conflict", 2, ())
    assert [[point.value for point in curve.points] for curve in seen] == [[0.25, 0.5, 0.75]] * 2
    for curve in seen:
        assert curve.paired is not None and curve.paired.units == 25  # five clusters and twenty items
        assert curve.paired.covariance[0][1] > 0
