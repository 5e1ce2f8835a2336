"""What a U means: the shapes of ability and pull, from answers that the model of the lure predicts."""

import math

import pytest

from taskc.analysis.cause import _likelihoods, find_cause
from taskc.analysis.grid import FINE_PHI
from taskc.analysis.lure import predict
from taskc.records.curve import Answered

ABILITIES = (0.1, 0.25, 0.45, 0.7, 0.9)
HUMP = (0.05, 0.4, 0.7, 0.4, 0.05)


def answered(ability, pull, *, conflict=300, agree=300, control=0, chance=0.25) -> Answered:
    torn, agreed = predict(ability, pull, chance, True), predict(ability, pull, chance, False)
    plain = predict(ability, 0.0, chance, False)
    return Answered(
        true=conflict * torn.true,
        lured=conflict * torn.distractor,
        other=conflict * torn.other,
        agreed=agree * agreed.true,
        erred=agree * agreed.other,
        known=control * plain.true,
        missed=control * plain.other,
        chance=chance,
        bait=chance,
    )


def cause(abilities, pulls, **more):
    seen = [answered(one, other, **more) for one, other in zip(abilities, pulls, strict=True)]
    return find_cause(seen, [float(at) for at in range(len(seen))], likely=0.5)


@pytest.mark.parametrize(
    ("abilities", "pulls", "more", "verdict"),
    [
        (ABILITIES, HUMP, {}, "explained"),
        (ABILITIES, HUMP, {"agree": 0, "control": 300}, "explained"),
        (ABILITIES, HUMP, {"agree": 0}, "explained"),  # wrong options that are no bait tell errors from lure
        (ABILITIES, HUMP, {"chance": 0.0}, "explained"),
        ((0.9, 0.5, 0.1, 0.5, 0.9), (0.1,) * 5, {}, "otherwise"),  # ability itself comes and goes
        (ABILITIES, (0.1, 0.7, 0.75, 0.8, 0.85), {}, "otherwise"),  # pull comes and stays
        (ABILITIES, HUMP, {"conflict": 3, "agree": 3}, "undetermined"),
        # of two options every error is the distractor's: what ability does where pull is strong nothing tells
        (ABILITIES, (0.5, 0.8, 0.9, 0.8, 0.5), {"agree": 0, "chance": 0.5}, "undetermined"),
    ],
)
def test_causes(abilities, pulls, more, verdict) -> None:
    told = cause(abilities, pulls, **more)
    assert told.verdict == verdict
    assert told.explained == pytest.approx(told.ability["positive"] * told.pull["inverted_u"])
    assert (told.explained >= 0.5) == (verdict == "explained")


def test_likelihoods_peak_at_the_truth() -> None:
    ability, pull = _likelihoods(answered(0.3, 0.6, conflict=3000, agree=3000))
    share = [math.sin(FINE_PHI[one.argmax()]) ** 2 for one in (ability, pull)]
    assert share == pytest.approx([0.3, 0.6], abs=0.02)


def test_one_size_tells_nothing() -> None:
    seen = [answered(0.5, 0.5)] * 2
    assert find_cause(seen, [1.0, 1.0], likely=0.5).verdict == "undetermined"
