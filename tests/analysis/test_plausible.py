"""Curves as papers print them, in whole percents of few items: what any author would call them."""

import numpy as np
import pytest

from taskc.analysis import grid, shape
from taskc.analysis.verdict import judge_curve
from taskc.records.curve import Curve, Paired, Point

CLEAR = {  # per cent, of models that are each eight times as large
    "u_shaped": [
        (50, 35, 30, 60),
        (45, 30, 55),
        (50, 40, 38, 50),
        (52, 46, 33, 51),
        (50, 46, 27, 88),
        (60, 55, 48, 40, 35, 38, 47, 58),
        (55, 48, 50, 38, 44, 57),
        (60, 40, 45, 55, 66),
        (50, 45, 44, 40, 38, 55),
        (50, 20, 0, 0, 40),
    ],
    "inverse": [
        (52, 50, 48, 44, 38, 33, 31),
        (50, 49, 47, 38, 35, 32),
        (49, 52, 50, 47, 45, 41, 36, 30),
        (55, 51, 47, 41),
        (53, 50, 55, 51, 48, 49, 41, 35),
        (50, 51, 49, 50, 38, 30),
        (50, 51, 49, 50, 50, 32),
        (70, 50, 51, 49, 50),
        (50, 30, 8, 1, 0),
    ],
    "positive": [
        (25, 30, 36, 45, 58, 70),
        (2, 3, 2, 4, 3, 48),
        (25, 27, 24, 26, 25, 47),
        (25, 23, 26, 45),
        (50, 47, 51, 49, 70),
        (24, 30, 28, 35, 41, 39, 48, 55),
        (30, 55, 70, 72, 71),
        (30, 55, 72, 70, 69),
        (20, 34, 49, 60, 57),
        (40, 80, 95, 99, 100),
        (0, 0, 0, 0, 90),
    ],
    "inverted_u": [(30, 45, 60, 40), (40, 52, 55, 45, 38), (40, 48, 57, 41)],
    "flat": [
        (50, 50, 51, 49, 50),
        (25, 27, 24, 23, 26, 25),
        (0, 1, 0, 2, 1),
        (26, 24, 22, 27, 25, 23, 28, 25),
    ],
}


def curve(percents: tuple[float, ...], n: int, paired: Paired | None = None) -> Curve:
    points = tuple(
        Point(model=str(at), scale=8.0**at, value=value / 100, n=n) for at, value in enumerate(percents)
    )
    return Curve(task="t", regime="r", family="f", points=points, paired=paired)


@pytest.mark.parametrize("n", [100, 300])
@pytest.mark.parametrize(
    ("name", "percents"), [(name, percents) for name, some in CLEAR.items() for percents in some]
)
def test_clear_curves_are_told(name: str, percents: tuple[int, ...], n: int) -> None:
    """Falls and rises of ten points or more count with a hundred items; luck and small dips do not."""
    assert judge_curve(curve(percents, n)).verdict == name


@pytest.mark.parametrize("percents", [(48, 44, 40, 72), (60, 40, 20, 28), (48, 41, 43, 62, 80)])
def test_an_arm_of_eight_points_is_surer_with_more_items(percents: tuple[int, ...]) -> None:
    """With a hundred items it may be luck, and either is nearly as likely; with three hundred it is a U."""
    few = judge_curve(curve(percents, 100)).probabilities
    assert 0.3 < few["u_shaped"] < 0.6
    assert judge_curve(curve(percents, 300)).verdict == "u_shaped"


@pytest.mark.parametrize(
    ("percents", "name", "least"),
    [
        ((50, 35, 30, 60), "u_shaped", 0.9),
        ((55, 47, 35, 65), "u_shaped", 0.9),
        ((60, 52, 44, 36, 52, 68), "u_shaped", 0.9),
        ((25, 25, 25, 25, 65), "positive", 0.75),
        ((60, 25, 25, 25, 25), "inverse", 0.75),
    ],
)
def test_what_the_truth_is_shows_in_a_hundred_answers(percents, name, least) -> None:
    """A strong U is told; so is one jump, but for the luck that lets a level stretch fall before it."""
    rng = np.random.default_rng(4)
    draws = rng.binomial(100, np.array(percents) / 100, size=(60, len(percents)))
    told = [judge_curve(curve(tuple(map(float, one)), 100)).verdict for one in draws]
    print(f"{percents}: {told.count(name)} of {len(told)}")
    assert told.count(name) >= least * len(told)


def odds(some: Curve) -> dict[str, float]:
    return dict(judge_curve(some).probabilities)


MODELS, ITEMS = 6, 300
COMMON = tuple(tuple((1.0 if a == b else 0.5) * 0.24 / ITEMS for a in range(MODELS)) for b in range(MODELS))


@pytest.mark.parametrize(
    "percents", [(50, 44, 38, 41, 47, 53), (30, 31, 34, 39, 38, 45), (50, 49, 51, 50, 48, 50)]
)
@pytest.mark.parametrize("paired", [None, Paired(covariance=COMMON, units=ITEMS)])
def test_what_is_left_out_changes_nothing(percents, paired, monkeypatch) -> None:
    """Unlikely cells, and the common factor of models far off their curve, move no probability by 0.001."""
    some = curve(percents, ITEMS, paired)
    quick = odds(some)
    monkeypatch.setattr(shape, "CUT", 0.0)
    monkeypatch.setattr(grid, "LONE", 9.0)
    assert quick == pytest.approx(odds(some), abs=1e-3)


def test_turns_of_many_models_are_looked_for_at_some(monkeypatch) -> None:
    """With forty sizes a turn is looked for at 24 inner places, and found where it is."""
    values = [50 - at if at < 20 else 10 + at for at in range(40)]
    scattered = np.random.default_rng(1).normal(values, 2).clip(0, 100)
    some = curve(tuple(map(float, scattered)), 300)
    quick = judge_curve(some)
    assert quick.verdict == "u_shaped" and quick.turning_point is not None
    assert 8.0**16 < quick.turning_point.scale < 8.0**24
    monkeypatch.setattr(shape, "TURNS", 100)
    monkeypatch.setattr(shape, "LONG", 100)
    assert dict(quick.probabilities) == pytest.approx(odds(some), abs=0.02)
