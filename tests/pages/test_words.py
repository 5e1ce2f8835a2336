"""Sentences of a report's summary, and names as they are shown."""

import pytest

from taskc.pages.words import summary
from taskc.records.curve import Cause
from taskc.records.report import Dot, Report, Setting, Trend
from taskc.records.shown import short_names

SURE = dict.fromkeys(("positive", "inverse", "u_shaped", "inverted_u", "flat"), 0.0)


def trend(verdict: str, part: str, rate: str, values: tuple[float, ...]) -> Trend:
    dots = tuple(
        Dot(model=f"m{n}", name=f"{n}b", scale=10.0**n, value=value, low=0.0, high=1.0, n=50)
        for n, value in enumerate(values, 1)
    )
    return Trend(
        task="t",
        setting=Setting(regime="zero_shot", measure="choice", how="", levels=()),
        family="f",
        part=part,
        rate=rate,
        main=(part, rate) == ("conflict", "accuracy"),
        dots=dots,
        verdict=verdict,
        probabilities={**SURE, verdict: 1.0},
        turning_point=None,
    )


def said(verdict: str, right: tuple[float, ...], lured: tuple[float, ...]) -> str:
    from types import SimpleNamespace

    trends = (
        trend(verdict, "conflict", "accuracy", right),
        trend("inverted_u", "conflict", "lured", lured),
        trend("flat", "agree", "accuracy", (0.9,) * len(right)),
    )
    report: Report = SimpleNamespace(trends=trends, shared=())  # the two fields that sentences are made of
    return summary(report)[0].text


def test_what_lies_beside_a_turn_goes_by_the_same_model() -> None:
    text = said("u_shaped", (0.66, 0.5, 0.34, 0.58), (0.34, 0.7, 0.66, 0.42))
    assert "accuracy on conflict items goes from 66 % (1b) through 34 % (3b) to 58 % (4b)" in text
    assert "; lured 34 through 66 to 42 %; right on agree items 90 through 90 to 90 %." in text
    assert "; lured 34 to 42 %; right" in said("inverse", (0.66, 0.5, 0.3), (0.34, 0.7, 0.42))
    assert "is 66 % (1b); lured 34 %; right on agree items 90 %." in said("flat", (0.66,), (0.34,))


@pytest.mark.parametrize(
    ("verdict", "pull", "told"),
    [
        ("explained", "inverted_u", "the distractor explains it"),
        ("undetermined", "inverted_u", "whether the distractor explains it cannot be told"),
        ("otherwise", "inverted_u", "its pull comes and goes, but ability does not rise"),
        ("otherwise", "flat", "its pull does not come and go"),
    ],
)
def test_a_cause_is_told_with_its_probability(verdict: str, pull: str, told: str) -> None:
    cause = Cause(verdict=verdict, explained=0.34, ability=SURE, pull={**SURE, pull: 1.0})
    assert cause.told.endswith(f"{told} (ability rises while pull comes and goes: 34 %)")


def test_short_names() -> None:
    long = ("simulated/30m?ability=0.8&build=1", "simulated/3b?seed=1", "simulated/3b?seed=2", "echo/x?a=1")
    assert list(short_names(long).values()) == ["simulated/30m", *long[1:]]
