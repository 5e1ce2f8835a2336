"""The model of the lure: what it predicts, and ability and pull found again in what it predicts."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskc.analysis.lure import Seen, estimate, predict

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


def test_the_likeliest_values_are_those_of_a_grid() -> None:
    """The model again, written as it is told, over all values: with controls its profile is not concave."""
    counts = Seen(
        true=21, lured=30, other=9, agreed=25, erred=5, known=6, missed=14,
        chance=0.25, agree_chance=0.25, control_chance=0.25,
    )  # fmt: skip

    def likelihood(a: float, q: float) -> float:
        c = 0.25
        cells = [
            (21, (1 - q) * (a + (1 - a) * c)),
            (30, q + (1 - q) * (1 - a) * c),
            (9, (1 - q) * (1 - a) * 0.5),
            (25, q + (1 - q) * (a + (1 - a) * c)),
            (5, (1 - q) * (1 - a) * (1 - c)),
            (6, a + (1 - a) * c),
            (14, (1 - a) * (1 - c)),
        ]
        return sum(n * math.log(max(p, 1e-300)) for n, p in cells)

    steps = [i / 200 for i in range(201)]
    table = {(a, q): likelihood(a, q) for a in steps for q in steps}
    best = max(table, key=table.__getitem__)
    found = estimate(counts)
    assert found.ability is not None and found.pull is not None
    assert (found.ability.value, found.pull.value) == pytest.approx(best, abs=0.005)
    inside = [q for (a, q), one in table.items() if 2 * (table[best] - one) <= 3.841459]
    assert (found.pull.low, found.pull.high) == pytest.approx((min(inside), max(inside)), abs=0.006)
    inside = [a for (a, q), one in table.items() if 2 * (table[best] - one) <= 3.841459]
    assert (found.ability.low, found.ability.high) == pytest.approx((min(inside), max(inside)), abs=0.006)
    assert found.misfit is not None and found.misfit < 0.05  # controls show less ability than the rest


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
    assert found.pull.high == 1 and found.pull.low == pytest.approx((math.exp(-3.841459 / 80) - 0.25) / 0.75)
