"""Metrics of options against other implementations, hand-worked values, and their ranges as laws."""

import math

import pytest
from asked import options
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp, softmax
from sklearn.metrics import brier_score_loss, log_loss

from taskc.metrics import METRICS
from taskc.metrics.belief import Belief, Target, believe_scored
from taskc.records.operation import Scored

OF_OPTIONS = {name: metric for name, metric in METRICS.items() if metric.of == "options"}
CASES = [
    (-0.1, -2.5),
    (-3.0, -0.2),
    (-1.0, -2.0, -3.0),
    (-4.0, -4.0, -4.0, -4.0),
    (-40.0, -0.001, -13.0),
    (-700.0, -800.0),
    (0.0, -1e-9),
]


def belief(*logprobs: float | None, outside: float | None = None) -> Belief:
    return Belief(logprobs=logprobs, compared=logprobs, outside=outside)


FIRST = Target(answer=0)


def number(name: str, held: Belief, target: Target = FIRST) -> float | None:
    found = METRICS[name].function(held, target)
    assert found is None or isinstance(found, float)
    return found


@pytest.mark.parametrize("logprobs", CASES)
@pytest.mark.parametrize("answer", [0, 1])
def test_as_scipy_and_sklearn_have_it(logprobs, answer) -> None:
    held, target, labels = belief(*logprobs), Target(answer=answer), list(range(len(logprobs)))
    shares = softmax(logprobs)
    assert number("loss", held, target) == pytest.approx(logsumexp(logprobs) - logprobs[answer])
    if min(shares) > 1e-12:  # what sklearn clips
        assert number("loss", held, target) == pytest.approx(log_loss([answer], [shares], labels=labels))
    expected = brier_score_loss([answer], [shares], labels=labels, scale_by_half=False)
    assert number("brier", held, target) == pytest.approx(expected)
    others = [value for index, value in enumerate(logprobs) if index != answer]
    assert number("logodds", held, target) == pytest.approx(logprobs[answer] - logsumexp(others))
    assert number("confidence", held, target) == pytest.approx(max(shares))
    assert number("accuracy", held, target) == float(max(shares) == shares[answer] and answer == held.best)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("accuracy", 0.0),
        ("logprob", -2.0),
        ("logprob_per_token", -1.0),
        ("logprob_per_byte", -0.4),  # `long` with its blank has five
        ("logprob_over_unconditional", 1.5),
        ("loss", math.log(1 + math.e)),
        ("logodds", -1.0),
        ("margin", -1.0),
        ("brier", 2 * (math.e / (1 + math.e)) ** 2),
        ("confidence", math.e / (1 + math.e)),
        ("label_mass", None),
        ("outside", None),
    ],
)
def test_hand_worked(name, value) -> None:
    held = believe_scored(
        Scored(logprobs=(-2.0, -1.0), tokens=(2, 1)),
        options("long", "b", labels=None),
        "none",
        Scored(logprobs=(-3.5, -1.0), tokens=(2, 1)),
    )
    found = number(name, held, Target(answer=0, distractors=(1,)))
    assert found == (None if value is None else pytest.approx(value))


def test_every_metric_of_options_is_hand_worked() -> None:
    (table,) = [mark.args[1] for mark in test_hand_worked.pytestmark if mark.name == "parametrize"]
    assert {name for name, _ in table} == set(OF_OPTIONS)


def test_mass() -> None:
    held = belief(-1.0, None, outside=0.25)
    assert (number("outside", held), number("label_mass", held)) == (0.25, 0.75)


def test_what_is_unknown_is_none() -> None:
    for held in (belief(None, -1.0), belief(None, None)):
        for name in ("loss", "brier", "logodds", "confidence", "logprob", "logprob_per_byte"):
            assert number(name, held) is None, name
    assert number("logprob_over_unconditional", belief(-1.0, -2.0)) is None
    assert number("logodds", belief(-1.0)) is None


LOGPROBS = st.lists(st.floats(-60, 0), min_size=2, max_size=6)


@settings(deadline=None)
@given(LOGPROBS, st.floats(0, 1), st.integers(0, 5), st.integers(0, 5))
def test_all_are_in_their_range(logprobs, outside, answer, rival) -> None:
    scored = Scored(logprobs=tuple(logprobs), tokens=(3,) * len(logprobs))
    made = believe_scored(scored, options(*"abcdef"[: len(logprobs)], labels="A B C D E F"), "none", scored)
    n = len(logprobs)
    target = Target(answer=answer % n, distractors=(rival % n,) if rival % n != answer % n else ())
    for held in (made, belief(*logprobs, outside=outside)):
        for name, metric in OF_OPTIONS.items():
            value = number(name, held, target)
            assert value is None or metric.low - 1e-9 <= value <= metric.high + 1e-9, name


@settings(deadline=None)
@given(LOGPROBS, st.floats(0.01, 20))
def test_more_for_the_answer_is_never_worse(logprobs, more) -> None:
    """As the answer gains on all else, every metric goes the way that it says is better."""
    target = Target(answer=0, distractors=(1,))
    before = belief(*logprobs)
    after = belief(logprobs[0], *(value - more for value in logprobs[1:]))
    for name, metric in OF_OPTIONS.items():
        old, new = number(name, before, target), number(name, after, target)
        if old is None or new is None or metric.better == "neither":
            continue
        assert (new - old) * (1 if metric.better == "higher" else -1) >= -1e-9, name
