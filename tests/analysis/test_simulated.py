"""Simulated models: their answers have the stated rates, and are the same one by one and in arrays."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskc.analysis.lure import Seen, estimate, predict
from taskc.analysis.simulate import design_of, resized, right_answers
from taskc.records.request import Decode, Message, Option, Request
from taskc.records.simulated import (
    WRONG,
    Asked,
    Subject,
    accuracy_of,
    answer_of,
    asked_of,
    beliefs_of,
    chances_of,
    right,
    shares,
    word,
    written_of,
)

N = 20_000
KINDS = {
    "conflict": {"options": 2, "truth": 0, "lures": (1,)},
    "conflict of four": {"options": 4, "truth": 2, "lures": (0,)},
    "two distractors": {"options": 4, "truth": 0, "lures": (1, 3)},
    "agree": {"options": 2, "truth": 1, "agrees": True},
    "control": {"options": 3, "truth": 1},
    "free": {"options": 0, "truth": 0, "lures": (1,)},
    "free, two": {"options": 0, "truth": 0, "lures": (1, 2)},
    "free, alone": {"options": 0, "truth": 0},
    "no right option": {"options": 2, "truth": None, "lures": (0,)},
}


def items(kind, n=N):
    return [Asked(item=word(f"i{at}"), request=word(f"r{at}"), **KINDS[kind]) for at in range(n)]


def subject(**given):
    return Subject(**{"name": "m", "ability": 0.6, "pull": 0.3, "seed": 5, **given})


@pytest.mark.parametrize("spread", [0.0, 1.0, 3.0])
@pytest.mark.parametrize(
    ("kind", "rates"),
    [  # ability 0.6, pull 0.3, by hand
        ("conflict", {0: 0.7 * (0.6 + 0.4 / 2), 1: 0.3 + 0.7 * 0.4 / 2}),
        (
            "conflict of four",
            {2: 0.7 * (0.6 + 0.4 / 4), 0: 0.3 + 0.7 * 0.4 / 4, 1: 0.7 * 0.4 / 4, 3: 0.7 * 0.1},
        ),
        ("two distractors", {0: 0.7 * 0.7, 1: 0.15 + 0.7 * 0.1, 3: 0.15 + 0.7 * 0.1, 2: 0.7 * 0.1}),
        ("agree", {1: 0.3 + 0.7 * (0.6 + 0.4 / 2), 0: 0.7 * 0.4 / 2}),
        ("control", {1: 0.6 + 0.4 / 3, 0: 0.4 / 3, 2: 0.4 / 3}),
        ("free", {0: 0.7 * 0.6, 1: 0.3, WRONG: 0.7 * 0.4}),
        ("free, two", {0: 0.7 * 0.6, 1: 0.15, 2: 0.15, WRONG: 0.7 * 0.4}),
        ("free, alone", {0: 0.6, WRONG: 0.4}),
        ("no right option", {0: 0.3 + 0.7 / 2, 1: 0.7 / 2}),
    ],
)
def test_rates_of_answers(kind: str, rates: dict[int, float], spread: float) -> None:
    """Whatever the spread of the items, the rates over all of them are those of the tree."""
    told = [answer_of(subject(spread=spread), one) for one in items(kind)]
    assert set(told) == set(rates)
    for answer, rate in rates.items():
        assert told.count(answer) / N == pytest.approx(rate, abs=4.5 * math.sqrt(rate * (1 - rate) / N))


@pytest.mark.parametrize("kind", KINDS)
def test_expected_is_what_comes(kind: str) -> None:
    some = items(kind)
    (told,) = right_answers(design_of(some), [subject()])
    assert told.mean() == pytest.approx(accuracy_of(0.6, 0.3, some), abs=0.015)


@pytest.mark.parametrize("spread", [0.0, 1.0, 2.0])
def test_items_are_hard_for_all_models(spread: float) -> None:
    """What two models of one seed know correlates as two binary traits with one normal factor do."""
    some, even = items("free, alone"), {"ability": 0.5, "pull": 0.0, "spread": spread}
    told = right_answers(design_of(some), [subject(name=name, **even) for name in ("a", "b")])
    wanted = 2 / math.pi * math.asin(spread**2 / (1 + spread**2))
    assert np.corrcoef(told)[0, 1] == pytest.approx(wanted, abs=0.03)
    other = right_answers(
        design_of(some), [subject(name="a", **even), subject(name="a", **even | {"seed": 6})]
    )
    assert np.corrcoef(other)[0, 1] == pytest.approx(0, abs=0.03)


def test_no_ability_and_all_pull() -> None:
    """At 0 and 1 nothing is left to chance."""
    conflict, agree = items("conflict", 200), items("agree", 200)
    assert {answer_of(subject(ability=1, pull=0), one) for one in conflict} == {0}
    assert {answer_of(subject(ability=0, pull=1), one) for one in conflict} == {1}
    assert {answer_of(subject(ability=0, pull=1), one) for one in agree} == {1}
    assert {answer_of(subject(ability=0, pull=0), one) for one in items("free", 200)} == {WRONG}


WORDS = st.integers(0, 2**64 - 1)
SHARE = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0.01, 0.99))


@settings(max_examples=60, deadline=None)
@given(
    some=st.lists(st.tuples(WORDS, WORDS, st.sampled_from(sorted(KINDS))), min_size=1, max_size=20),
    ability=SHARE,
    pull=SHARE,
    spread=st.floats(0, 5),
    seed=st.integers(0, 2**40),
    name=st.text(max_size=5),
)
def test_one_by_one_and_at_once(some, ability, pull, spread, seed, name) -> None:
    """The arrays of `taskc power` hold what the backend answers, for any items, model and seed."""
    who = Subject(name=name, ability=ability, pull=pull, spread=spread, seed=seed)
    asked = [Asked(item=item, request=request, **KINDS[kind]) for item, request, kind in some]
    told = right_answers(design_of(asked), [who])[0]
    assert told.tolist() == [answer_of(who, one) == one.truth for one in asked]
    for one in asked:
        if one.options:
            answer = answer_of(who, one)
            beliefs = beliefs_of(who, one, answer)
            assert max(range(one.options), key=beliefs.__getitem__) == answer
            assert math.fsum(map(math.exp, beliefs)) == pytest.approx(1)
            assert math.fsum(chances_of(who, one)) == pytest.approx(1)


def test_loss_falls_smoothly_with_ability() -> None:
    """Where accuracy moves by whole answers, the loss moves by what is known."""
    some = items("control", 2_000)

    def loss(ability: float) -> float:
        who = subject(ability=ability, pull=0)
        return -math.fsum(beliefs_of(who, one, answer_of(who, one))[1] for one in some) / len(some)

    losses = [loss(ability) for ability in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert losses == sorted(losses, reverse=True)
    assert losses[0] > 1.2 and losses[-1] < 0.2


def test_more_items_and_fewer() -> None:
    """Fewer are spread over those there are; more are like them, and all different."""
    some = items("conflict", 4)
    assert [one.item for one in resized(some, 2)] == [some[0].item, some[2].item]
    more = resized(some, 10)
    assert more[:4] == some
    assert len({one.item for one in more}) == len({one.request for one in more}) == 10
    assert replace(more[9], item=0, request=0) == replace(some[1], item=0, request=0)


def request(measure="reply", labels=None, kind="text", answer="yes", **given) -> Request:
    texts = given.pop("texts", ("yes", "no"))
    options = tuple(
        Option(label=label, text=text, written=label or text, continuation=f" {label or text}")
        for label, text in zip(labels or [None] * len(texts), texts, strict=True)
    )
    return Request(
        id="r", task="t", item="1", regime="zero_shot", measure=measure, kind=kind, answer=answer,
        messages=(Message(role="user", content=given.pop("shown", "Is it so?")),), options=options,
        predictions=given.pop("predictions", {"true_task": answer, "d": "no"}), decode=Decode(max_tokens=5),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("of", "options", "lures", "answers"),
    [
        (request("choice"), 2, (1,), {0: "yes", 1: "no"}),
        (
            request("label", "AB", answer="A", predictions={"true_task": "A", "d": "B"}),
            2,
            (1,),
            {0: "A", 1: "B"},
        ),
        (request(), 0, (1,), {0: "yes", 1: "no", WRONG: "something else 1"}),
        (request(shown="Is it so, yes or no?"), 2, (1,), {0: "yes", 1: "no"}),
        (
            request(kind="int", texts=("7", "1"), answer="7", predictions={"true_task": "7", "d": "1"}),
            0,
            (1,),
            {0: "7", 1: "1", WRONG: "2"},
        ),
        (request(kind="bool", texts=(), predictions={"true_task": "yes"}), 2, (), {0: "yes", 1: "no"}),
        (request(texts=(), answer="Ms. X", predictions={}), 0, (), {0: "Ms. X", WRONG: "something else 1"}),
        (request("choice", predictions={"true_task": "yes", "d": "yes"}), 2, (), {0: "yes", 1: "no"}),
    ],
)
def test_what_matters_of_a_request(of, options, lures, answers) -> None:
    """Guesses are among the options where a reply is held to them; a wrong answer is nobody's."""
    asked = asked_of(of)
    assert (asked.options, asked.lures, asked.truth) == (options, lures, 0)
    assert asked.agrees == ("d" in of.predictions and not lures)
    assert {answer: written_of(of, answer) for answer in answers} == answers


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "no right option"])
def test_the_rates_are_those_that_ability_and_pull_are_estimated_by(kind: str) -> None:
    """`analysis/lure.py` says the same of one answer, and finds ability and pull again in many."""
    (one,) = items(kind, 1)
    chance, bait = shares(one)
    speaks = bool(one.lures) or one.agrees
    told = predict(0.6, 0.3 if speaks else 0.0, chance, bool(one.lures), bait)
    assert right(0.6, 0.3, one) == pytest.approx(told.true)


def test_ability_and_pull_are_found_again() -> None:
    who, n = subject(), 4_000
    conflict, agree = ([answer_of(who, one) for one in items(kind, n)] for kind in ("conflict", "agree"))
    found = estimate(
        Seen(
            true=conflict.count(0),
            lured=conflict.count(1),
            agreed=agree.count(1),
            erred=agree.count(0),
            chance=0.5,
            bait=0.5,
            agree_chance=0.5,
        )
    )
    assert found.ability is not None and found.pull is not None
    assert found.ability.low < who.ability < found.ability.high
    assert found.pull.low < who.pull < found.pull.high
    assert found.pull.high - found.pull.low < 0.07
