"""Curves of known shape: the paths that give them, and what is counted of their verdicts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskc.analysis.paths import OutOfReach, Reach, draw_heights, heights
from taskc.analysis.trials import Drawn, calibrate, draw_curves, false_u, possible, tell
from taskc.records.curve import SHAPES, Curve, Judged
from taskc.records.simulated import Asked, accuracy_of, word

SCALES = tuple(10.0**at for at in range(7, 12))
MIX = [("conflict", 6), ("agree", 3), ("control", 1)]


def items(conflict, agree, control, options=2):
    kinds = [{"lures": (1,)}] * conflict + [{"agrees": True}] * agree + [{}] * control
    return [
        Asked(item=word(f"i{at}"), request=word(f"r{at}"), options=options, truth=0, **kind)
        for at, kind in enumerate(kinds)
    ]


@pytest.mark.parametrize(
    ("shape", "models", "wanted"),
    [
        ("flat", 3, [0, 0, 0]),
        ("positive", 3, [0, 0.5, 1]),
        ("inverse", 3, [1, 0.5, 0]),
        ("u_shaped", 5, [1, 0.5, 0, 0.5, 1]),
        ("u_shaped", 4, [1, 0, 0.5, 1]),
        ("inverted_u", 3, [0, 1, 0]),
    ],
)
def test_heights(shape, models, wanted) -> None:
    assert heights(shape, models, 0.2) == pytest.approx(0.2 * np.array(wanted))


def test_few_models_show_little() -> None:
    for shape, least in {"flat": 1, "positive": 2, "inverse": 2, "u_shaped": 3, "inverted_u": 3}.items():
        heights(shape, least, 0.1)
        with pytest.raises(ValueError, match=f"{least - 1} models show no {shape}"):
            heights(shape, least - 1, 0.1)


@settings(max_examples=100, deadline=None)
@given(
    shape=st.sampled_from(SHAPES),
    mix=st.tuples(*[st.integers(0, 20)] * 3).filter(any),
    options=st.sampled_from([0, 2, 4]),
    models=st.integers(3, 8),
    effect=st.floats(0.01, 0.6),
    seed=st.integers(0, 1000),
    place=st.floats(0, 1),
)
def test_paths_give_what_was_wanted(shape, mix, options, models, effect, seed, place) -> None:
    """Ability and pull lie within 0 and 1, and expected shares move by just the effect; or it is too much."""
    some = items(*mix, options=options)
    reach = Reach(shape, models, some)
    above = draw_heights(shape, models, effect, np.random.default_rng(seed))
    assert above.max() - above.min() == pytest.approx(0 if shape == "flat" else effect)
    try:
        paths = reach.paths(above, place, 0.05)
    except OutOfReach as problem:
        assert problem.most < effect
        return
    assert all(0 <= one <= 1 for one in (*paths.abilities, *paths.pulls))
    told = [accuracy_of(a, q, some) for a, q in zip(paths.abilities, paths.pulls, strict=True)]
    assert told == pytest.approx(list(paths.shares), abs=1e-4)
    assert np.array(told) - min(told) == pytest.approx(above - above.min(), abs=2e-4)


def test_a_u_is_ability_that_rises_and_pull_that_rises_and_falls() -> None:
    paths = Reach("u_shaped", 5, items(10, 10, 0)).paths(heights("u_shaped", 5, 0.3))
    assert list(paths.abilities) == sorted(set(paths.abilities))
    assert paths.pulls[0] < paths.pulls[1] < paths.pulls[2] > paths.pulls[3] > paths.pulls[4]


def test_what_can_be_had() -> None:
    assert possible("u_shaped", items(10, 10, 0), 5, 0.3)
    assert not possible("u_shaped", items(10, 10, 0), 5, 0.7)
    assert not possible("u_shaped", items(10, 10, 0), 2, 0.1)
    assert possible("u_shaped", items(0, 0, 10), 5, 0.4)  # by ability alone


def drawn(shape, verdict, **chances):
    curve = Curve(task="", regime="", family="", points=())
    odds = {one: chances.get(one, 0.0) for one in SHAPES}
    judged = Judged(curve=curve, verdict=verdict, probabilities=odds, turning_point=None, evidence=odds)
    return Drawn(shape=shape, judged=judged)


def test_counts_worked_by_hand() -> None:
    """Four curves: who was taken for whom, and how far probabilities lie from what was so."""
    some = [
        drawn("flat", "flat", flat=0.95, u_shaped=0.05),
        drawn("flat", "u_shaped", flat=0.25, u_shaped=0.75),
        drawn("positive", "positive", positive=0.95, flat=0.05),
        drawn("u_shaped", "undetermined", flat=0.45, u_shaped=0.45, inverse=0.1),
    ]
    told = tell(some)
    assert [(one.shape, one.right.value, one.right.n) for one in told] == [
        ("positive", 1.0, 1),
        ("u_shaped", 0.0, 1),
        ("flat", 0.5, 2),
    ]
    assert told[2].verdicts == {
        "positive": 0, "inverse": 0, "u_shaped": 1, "inverted_u": 0, "flat": 1, "undetermined": 0
    }  # fmt: skip
    rate = false_u(told)
    assert rate is not None and (rate.value, rate.n) == (pytest.approx(1 / 3), 3)
    assert false_u(told[1:2]) is None
    found = calibrate(some)
    assert [(one.low, one.n, round(one.said, 3), one.so.value) for one in found.bins] == [
        (0.0, 13, round(0.1 / 13, 3), 0.0),
        (0.1, 1, 0.1, 0.0),
        (0.2, 1, 0.25, 1.0),
        (0.4, 2, 0.45, 0.5),
        (0.7, 1, 0.75, 0.0),
        (0.9, 2, 0.95, 1.0),
    ]
    (top,) = (one for one in calibrate(some, likeliest=True).bins if one.low == 0.4)
    assert (top.n, top.said, top.so.value) == (1, 0.45, 1.0)  # of two alike the first in the list of shapes
    assert found.error == pytest.approx((0.1 + 0.1 + 0.75 + 2 * 0.05 + 0.75 + 2 * 0.05) / 20)


def test_drawn_curves() -> None:
    """Clear effects are told; the same seed gives the same curves, another seed others."""
    some = items(500, 500, 0)

    def told(seed: int, effect: float = 0.35) -> list[Judged]:
        return [one.judged for one in draw_curves("u_shaped", some, SCALES, effect, repeats=4, seed=seed)]

    first = told(1)
    assert [one.verdict for one in first] == ["u_shaped"] * 4
    assert first == told(1)
    assert first != told(2)
    assert len({repr(one.curve.points) for one in first}) == 4
    with pytest.raises(OutOfReach):
        told(1, 0.9)


def test_models_off_their_curve() -> None:
    """With scatter flat curves move by more than luck."""

    def moves(scatter: float) -> float:
        drawn = draw_curves("flat", items(500, 500, 0), SCALES, 0.1, repeats=10, seed=1, scatter=scatter)
        return float(np.mean([np.std([p.value for p in one.judged.curve.points]) for one in drawn]))

    assert moves(0.0) < 0.02
    assert moves(0.06) > 0.035
