"""The model of the lure: what it predicts, and ability and pull found again in what it predicts."""

import math
import random
from collections import Counter
from dataclasses import replace

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskc.analysis.lure import FEW, Seen, estimate, predict

SHARE = st.floats(0, 1)
CHANCE = st.sampled_from([0.0, 1 / 2, 1 / 3, 1 / 4, 1 / 10])


@settings(deadline=None)
@given(SHARE, SHARE, CHANCE, st.booleans())
def test_probabilities_sum_to_1(ability, pull, chance, conflict) -> None:
    found = predict(ability, pull, chance, conflict)
    assert sum(found) == pytest.approx(1)
    assert all(0 <= one <= 1 for one in found)


@pytest.mark.parametrize(
    ("ability", "pull", "chance", "conflict", "bait", "expected"),
    [
        (0.0, 0.0, 0.25, True, None, (0.25, 0.25, 0.5)),  # a guess among four
        (0.0, 0.0, 0.0, True, None, (0.0, 0.0, 1.0)),  # a free guess is never right
        (1.0, 0.0, 0.25, True, None, (1.0, 0.0, 0.0)),
        (1.0, 1.0, 0.25, True, None, (0.0, 1.0, 0.0)),
        (0.5, 0.4, 0.25, True, None, (0.6 * 0.625, 0.4 + 0.6 * 0.125, 0.6 * 0.25)),
        (0.5, 0.4, 0.25, False, None, (1 - 0.6 * 0.375, 0.0, 0.6 * 0.375)),
        (0.5, 0.0, 0.5, False, None, (0.75, 0.0, 0.25)),  # a control
        (0.0, 0.2, 0.25, True, 0.5, (0.2, 0.6, 0.2)),  # two distractors among four
    ],
)
def test_hand_worked(ability, pull, chance, conflict, bait, expected) -> None:
    assert predict(ability, pull, chance, conflict, bait) == pytest.approx(expected)


def seen(ability, pull, chance, *, conflict=100.0, agree=0.0, control=0.0, bait=None) -> Seen:
    """Give the expected counts."""
    torn = predict(ability, pull, chance, True, bait)
    agreed = predict(ability, pull, chance, False)
    plain = predict(ability, 0.0, chance, False)
    return Seen(
        true=conflict * torn.true,
        lured=conflict * torn.distractor,
        other=conflict * torn.other,
        agreed=agree * agreed.true,
        erred=agree * agreed.other,
        known=control * plain.true,
        missed=control * plain.other,
        chance=chance,
        bait=bait,
        agree_chance=chance,
        control_chance=chance,
    )


INNER = st.floats(0.02, 0.98)


@settings(deadline=None)
@given(INNER, INNER, CHANCE, st.sampled_from([(100, 0, 0), (100, 50, 0), (100, 0, 50), (100, 50, 50)]))
def test_ability_and_pull_are_found_in_what_they_predict(ability, pull, chance, sizes) -> None:
    conflict, agree, control = sizes
    if chance == 0.5 and not agree and not control:
        return
    found = estimate(seen(ability, pull, chance, conflict=conflict, agree=agree, control=control))
    assert found.ability is not None and found.pull is not None
    assert found.ability.value == pytest.approx(ability, abs=2e-3)
    assert found.pull.value == pytest.approx(pull, abs=2e-3)
    for one in (found.ability, found.pull):
        assert 0 <= one.low <= one.value <= one.high <= 1


@pytest.mark.parametrize(
    ("counts", "ability", "pull"),
    [
        # k = 4: q = 0.5 − 0.2/2 = 0.4, a = (0.3 − 0.1)/(1 − 0.4)
        (Seen(true=30, lured=50, other=20, chance=0.25), 1 / 3, 0.4),
        # free answers: q = lured, a = true/(true + other)
        (Seen(true=30, lured=50, other=20), 0.6, 0.5),
        # k = 2 with agree items: q = 0.9 − 0.6, then (1 − q)(1 + a)/2 = 0.6
        (
            Seen(true=60, lured=40, agreed=90, erred=10, chance=0.5, agree_chance=0.5),
            2 * 0.6 / 0.7 - 1,
            0.3,
        ),
        # k = 2 with controls: a = 2 · 0.8 − 1, then (1 − q)(1 + a)/2 = 0.4
        (Seen(true=40, lured=60, known=80, missed=20, chance=0.5, control_chance=0.5), 0.6, 0.5),
        # the distractor is shunned: the pull is 0, not below
        (Seen(true=60, lured=5, other=35, chance=0.25), (0.6 - 0.25) / 0.75, 0.0),
    ],
)
def test_hand_worked_estimates(counts, ability, pull) -> None:
    found = estimate(counts)
    assert found.ability is not None and found.pull is not None
    assert found.pull.value == pytest.approx(pull, abs=1e-5)
    assert found.ability.value == pytest.approx(ability, abs=1e-5)


@pytest.mark.parametrize(
    "counts",
    [
        Seen(true=21, lured=30, other=9, agreed=25, erred=5, known=6, missed=14, chance=1 / 4),
        Seen(true=21, lured=30, other=9, agreed=25, erred=5, chance=1 / 4),
        Seen(true=30, lured=20, agreed=25, erred=5, known=16, missed=4, chance=1 / 2),
        Seen(true=8, lured=1, other=3),
        # with controls there may be two peaks, and a slope leads to the wrong one
        Seen(lured=2, erred=2, known=1),
        Seen(lured=2, other=3, agreed=3, erred=2, known=2),
        Seen(lured=3, other=1, agreed=3, erred=2, known=1, chance=1 / 3),
        Seen(lured=4, other=1, agreed=4, erred=9, known=4),
    ],
    ids=str,
)
def test_the_likeliest_values_and_the_intervals_are_those_of_a_grid(counts) -> None:
    """The model again, written as it is told, over all values."""
    c = counts.chance
    steps = numpy.linspace(0, 1, 401)
    a, q = steps[:, None], steps[None, :]
    right = a + (1 - a) * c
    cells = [
        (counts.true, (1 - q) * right),
        (counts.lured, q + (1 - q) * (1 - a) * c),
        (counts.other, (1 - q) * (1 - a) * (1 - 2 * c)),
        (counts.agreed, q + (1 - q) * right),
        (counts.erred, (1 - q) * (1 - a) * (1 - c)),
        (counts.known, right + 0 * q),
        (counts.missed, 1 - right + 0 * q),
    ]
    table = sum(n * numpy.log(numpy.maximum(p, 1e-12)) for n, p in cells if n)
    found = estimate(replace(counts, agree_chance=c, control_chance=c))
    assert found.ability is not None and found.pull is not None
    x, y = (round(400 * one.value) for one in (found.ability, found.pull))
    assert table[x, y] > table.max() - 0.05
    inside = 2 * (table.max() - table) <= 3.841459
    kinds = (cells[:3], cells[3:5], cells[5:])
    every = [one for kind in kinds if any(n for n, _ in kind) for one in kind if one[1].any()]
    if any(n < FEW for n, _ in every):  # the interval of a quarter of an item more of each answer
        table = sum((n + 0.25) * numpy.log(numpy.maximum(p, 1e-12)) for n, p in every)
        inside = (inside, 2 * (table.max() - table) <= 3.841459)
    for one, axis in ((found.ability, 1), (found.pull, 0)):
        either = inside if isinstance(inside, tuple) else (inside,)
        held = numpy.concatenate([steps[some.any(axis=axis)] for some in either])
        assert (one.low, one.high) == pytest.approx((held.min(), held.max()), abs=0.003)


def test_a_model_that_does_not_fit_is_told() -> None:
    """Controls that show less ability than conflict items do."""
    odd = Seen(
        true=21, lured=30, other=9, agreed=25, erred=5, known=6, missed=14,
        chance=0.25, agree_chance=0.25, control_chance=0.25,
    )  # fmt: skip
    found, fine = estimate(odd), estimate(replace(odd, known=13, missed=7))
    assert found.misfit is not None and found.misfit < 0.05
    assert fine.misfit is not None and fine.misfit > 0.05
    assert estimate(Seen(true=30, lured=50, other=20, chance=0.25)).misfit is None


@pytest.mark.parametrize(
    ("counts", "why"),
    [
        (Seen(), "no answer"),
        (Seen(agreed=9, erred=1), "no answer to an item in conflict"),
        (Seen(true=5, lured=5, chance=0.5), "every error is the distractor's answer, and there are no"),
    ],
)
def test_what_cannot_be_told_is_said(counts, why) -> None:
    found = estimate(counts)
    assert found.ability is found.pull is None
    assert found.why.startswith(why)


def test_controls_alone_tell_ability_only() -> None:
    found = estimate(Seen(known=70, missed=30, control_chance=0.25))
    assert found.pull is None and found.ability is not None
    assert found.ability.value == pytest.approx(0.6, abs=1e-5)
    assert found.ability.low == pytest.approx(0.475, abs=0.01)


def test_who_is_always_lured_shows_no_ability() -> None:
    found = estimate(Seen(lured=40, chance=0.25))
    assert found.ability is None and found.pull is not None
    assert found.why == "the distractor was always followed"
    exact, profile = 0.025 ** (1 / 40), math.exp(-3.841459 / 80)  # of 40 of 40, Clopper and Pearson's
    assert found.pull.high == 1 and (exact - 0.25) / 0.75 < found.pull.low < (profile - 0.25) / 0.75


@pytest.mark.slow
@pytest.mark.parametrize(("options", "n", "agree"), [(4, 100, 0), (4, 300, 100), (2, 300, 100), (0, 100, 50)])
@pytest.mark.parametrize(("ability", "pull"), [(0.3, 0.1), (0.5, 0.4), (0.8, 0.2), (0.9, 0.8)])
def test_intervals_cover_the_truth(options, n, agree, ability, pull) -> None:
    """Of 600 rows 93 to 97 per cent, give or take three standard errors of that share."""
    draw, chance = random.Random(f"{options} {ability}"), 1 / options if options else 0.0
    torn, agreed = (predict(ability, pull, chance, conflict) for conflict in (True, False))
    held: Counter[str] = Counter()
    for _ in range(600):
        t = Counter(draw.choices(range(3), torn, k=n))
        g = Counter(draw.choices(range(3), agreed, k=agree))
        found = estimate(
            Seen(
                true=t[0], lured=t[1], other=t[2], agreed=g[0], erred=g[2], chance=chance, agree_chance=chance
            )
        )
        for name, one, truth in (("ability", found.ability, ability), ("pull", found.pull, pull)):
            assert one is not None
            held[name] += one.low <= truth <= one.high
    error = 3 * math.sqrt(0.05 * 0.95 / 600)
    assert all(0.93 - error <= count / 600 <= 0.97 + error for count in held.values()), held


def test_items_that_answer_alike_count_once() -> None:
    """Three copies of each item, in clusters of three, tell what one tells; strangers would tell more."""
    kinds = [0] * 30 + [1] * 40 + [2] * 30
    groups = [[3.0 * (kind == place) for place in range(7)] for kind in kinds]
    thrice = Seen(true=90, lured=120, other=90, chance=0.25)
    once = estimate(Seen(true=30, lured=40, other=30, chance=0.25))
    found, strangers = estimate(thrice, groups), estimate(thrice)
    for name in ("ability", "pull"):
        alone, tied, free = (getattr(one, name) for one in (once, found, strangers))
        assert tied.value == pytest.approx(alone.value, abs=1e-6)
        assert tied.low == pytest.approx(alone.low, abs=0.01)  # Student's t, and what clusters add
        assert tied.high == pytest.approx(alone.high, abs=0.01)
        assert free.high - free.low < 0.7 * (tied.high - tied.low)


def test_what_is_of_both_kinds_in_a_cluster_is_reckoned_with() -> None:
    """An item and its counterpart that are known or not known together tell of ability as one does."""
    pairs = (
        [[1.0, 0, 0, 1.0, 0, 0, 0]] * 30 + [[0, 1.0, 0, 1.0, 0, 0, 0]] * 20 + [[0, 0, 1.0, 0, 1.0, 0, 0]] * 50
    )
    counts = Seen(true=30, lured=20, other=50, agreed=50, erred=50)
    tied, free = estimate(counts, pairs), estimate(counts)
    assert tied.ability is not None and free.ability is not None
    assert tied.ability.high - tied.ability.low > 1.2 * (free.ability.high - free.ability.low)


def test_controls_alone_know_of_clusters() -> None:
    groups = [[0, 0, 0, 0, 0, 2.0, 0]] * 35 + [[0, 0, 0, 0, 0, 0, 2.0]] * 15
    counts = Seen(known=70, missed=30)
    tied, free = estimate(counts, groups).ability, estimate(counts).ability
    assert tied is not None and free is not None
    assert (tied.high - tied.low) / (free.high - free.low) == pytest.approx(math.sqrt(2), rel=0.06)
