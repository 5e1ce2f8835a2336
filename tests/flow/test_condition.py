"""Conditions of `--fail-if`: what they say, what is wrong with them and where, and when they fail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskc.flow.condition import MOVES, BadCondition, check_measured, parse_condition
from taskc.records.contrast import Contrast


def contrast(difference: float, low: float | None = None, high: float | None = None, metric="accuracy"):
    return Contrast(
        task="t", regime="r", measure="reply", model="m", first="a", second="b", metric=metric, paired=True,
        n=100, others=100, clusters=100, values=(0.5, 0.5 + difference), difference=difference, low=low,
        high=high, interval="score", up=0, down=0, p=0.5, p_adjusted=0.5, test="McNemar, exact",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("accuracy drop > 0.02", ("accuracy", "drop", 0.02, False)),
        ("  lured rise>=0 ", ("lured", "rise", 0.0, True)),
        ("pass@10 change > 1e-3", ("pass@10", "change", 0.001, False)),
        ("loss rise > 2.5", ("loss", "rise", 2.5, False)),
    ],
)
def test_what_is_read(text, read) -> None:
    found = parse_condition(text)
    assert (found.metric, found.move, found.bound, found.equal) == read


@pytest.mark.parametrize(
    ("text", "where", "told", "cure"),
    [
        ("", "", "is empty", "write `METRIC"),
        ("accuracy", "", "ends before `drop`, `rise` or `change`", "write `METRIC"),
        ("accuracy drop >", "", "ends before a number", "write `METRIC"),
        ("accuracy drops > 0.1", "drops", "`drops` is no way to move", "`drop`"),
        ("accuracy drop < 0.1", "<", "`<` is not `>`", "says when to fail"),
        ("accuracy drop 0.1 0.2", "0.1", "`0.1` is not `>`", "says when to fail"),
        ("accuracy drop > lots", "lots", "`lots` is not how far", "a number from 0"),
        ("accuracy drop > nan", "nan", "`nan` is not how far", "a number from 0"),
        ("accuracy drop > 2%", "2%", "`2%` is not how far", "0.02 for 2 %"),
        ("accuracy drop > -0.1", "-0.1", "`-0.1` is not how far", "by `drop` or `rise`"),
        ("accuracy drop > 2", "2", "no share moves by more than 2", "write 0.02 for 2 %"),
        ("accuracy drop > 0.1 or loss rise > 1", "or loss rise > 1", "more than one", "of its own"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_a_cure(text, where, told, cure) -> None:
    with pytest.raises(BadCondition) as raised:
        parse_condition(text)
    found = raised.value.found
    span = found.primary.span
    assert text[span.start : span.end] == where
    assert told in found.message and cure in found.help


@given(
    st.text(max_size=30)
    | st.lists(st.sampled_from(["accuracy", *MOVES, ">", ">=", "0.1", "é"])).map(" ".join)
)
def test_no_text_is_too_odd(text) -> None:
    try:
        parse_condition(text)
    except BadCondition as problem:
        span = problem.found.primary.span
        assert 0 <= span.start <= span.end <= len(text)


def test_a_condition_is_about_its_metric_only_and_needs_one_that_is_measured() -> None:
    condition = parse_condition("accuracy drop > 0.02")
    assert not condition.fires(contrast(-0.5, metric="lured"))
    check_measured([condition], ["accuracy", "loss"])
    with pytest.raises(BadCondition, match="nothing here measures `accuracy`") as raised:
        check_measured([condition], ["accuracies"])
    assert "`accuracies`" in raised.value.found.help


@pytest.mark.parametrize(
    ("text", "difference", "fires"),
    [
        ("accuracy drop > 0.02", -0.03, True),
        ("accuracy drop > 0.02", 0.78 - 0.8, False),  # 0.02 and no more, whatever binary makes of it
        ("accuracy drop >= 0.02", 0.78 - 0.8, True),
        ("accuracy drop > 0.02", 0.03, False),
        ("accuracy rise > 0.02", 0.03, True),
        ("accuracy change > 0.02", 0.03, True),
        ("accuracy change > 0.02", -0.03, True),
        ("accuracy change > 0.02", 0.01, False),
    ],
)
def test_when_a_condition_fails(text, difference, fires) -> None:
    assert parse_condition(text).fires(contrast(difference)) is fires


@pytest.mark.parametrize(
    ("text", "low", "high", "fires"),
    [
        ("accuracy drop > 0.02", -0.09, -0.03, True),
        ("accuracy drop > 0.02", -0.09, -0.01, False),
        ("accuracy rise > 0.02", 0.03, 0.09, True),
        ("accuracy change > 0.02", -0.09, -0.03, True),
        ("accuracy change > 0.02", -0.09, 0.09, False),
        ("accuracy change >= 0", 0.0, 0.0, True),
        ("accuracy drop > 0.02", None, None, True),  # the difference decides, 0.06
        ("accuracy drop > 0.07", None, None, False),
    ],
)
def test_to_be_sure_the_whole_interval_must_lie_beyond(text, low, high, fires) -> None:
    middle = -0.06 if low is None else (low + high) / 2
    assert parse_condition(text).fires(contrast(middle, low, high), sure=True) is fires


def test_no_difference_has_no_sign() -> None:
    assert str(parse_condition("accuracy drop >= 0").moved(0.0)) == "0.0"
