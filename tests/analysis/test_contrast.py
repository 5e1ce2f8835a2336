"""Two sides' answers held against each other: paired where they can be, and in no other way."""

import math
from array import array
from dataclasses import replace

import pytest

from taskc.analysis.by_item import Answers, overview
from taskc.analysis.contrast import contrast, metrics_of
from taskc.analysis.pairs import mcnemar, score_interval, sign_flip
from taskc.analysis.unpaired import fisher


def answers(correct, *, items=None, clusters=(), conflict=None, numbers=None, **changes) -> Answers:
    n = len(correct)
    lured = [1.0 - value for value in correct]
    return Answers(
        **{
            "task": "t",
            "regime": "zero_shot",
            "measure": "reply",
            "model": "m",
            "items": tuple(items or map(str, range(n))),
            "times": array("I", [1] * n),
            "correct": array("d", correct),
            "conflict": bytearray(conflict or [1] * n),
            "shares": {"true_task": array("d", correct), "trap": array("d", lured)},
            "distractors": ("trap",),
            "numbers": {name: array("d", column) for name, column in (numbers or {}).items()},
            "clusters": tuple(clusters),
        }
        | changes
    )


A = [1.0] * 30 + [0.0] * 10 + [1.0] * 10
B = [1.0] * 30 + [1.0] * 3 + [0.0] * 17


def test_items_are_paired_by_name_in_whatever_order() -> None:
    names = [f"i{at}" for at in range(50)]
    turned = answers(B[::-1], items=names[::-1])
    found = contrast(answers(A, items=names), turned, "accuracy")
    assert (found.paired, found.n, found.up, found.down) == (True, 50, 3, 10)
    assert (found.p, found.mid_p) == mcnemar(3, 10)
    assert found.values == (0.8, pytest.approx(0.66))
    assert found.difference == pytest.approx(-0.14)
    differences = [b - a for a, b in zip(A, B, strict=True)]
    assert (found.low, found.high) == score_interval(differences, differences, [1] * 50, 50)
    assert (found.test, found.interval) == ("McNemar, exact", "score")


def test_lured_and_shares_are_compared_as_accuracy_is() -> None:
    found = contrast(answers(A), answers(B), "lured")
    assert (found.up, found.down, found.p) == (10, 3, mcnemar(3, 10)[0])
    assert contrast(answers(A), answers(B), "trap") == found
    silent = contrast(answers(A), answers(B), "unparsed")
    assert (silent.difference, silent.up, silent.p) == (0, 0, 1)
    assert contrast(replace(answers(A), distractors=()), answers(B), "lured") is None


def test_items_of_one_side_alone_take_no_part() -> None:
    found = contrast(
        answers(A, items=[*map(str, range(50))]), answers(B[:45], items=map(str, range(5, 50))), "accuracy"
    )
    assert (found.n, found.only) == (45, (5, 0))


def test_clusters_are_flipped_and_counted_whole() -> None:
    clusters = [str(at // 5) for at in range(50)]
    found = contrast(answers(A, clusters=clusters), answers(B, clusters=clusters), "accuracy")
    sums = [sum(B[at : at + 5]) - sum(A[at : at + 5]) for at in range(0, 50, 5)]
    assert (found.clusters, found.p, found.test) == (10, sign_flip(sums)[0], "sign flips, exact")
    plain = contrast(answers(A), answers(B), "accuracy")
    assert found.high - found.low > plain.high - plain.low
    assert found.p > plain.p


def test_numbers_are_compared_by_flips_and_the_bootstrap_and_items_without_are_left_out() -> None:
    losses = [math.sin(at) + 2 for at in range(50)]
    worse = [*(value + 0.1 + 0.02 * math.cos(at) for at, value in enumerate(losses[:49])), math.nan]
    sides = answers(A, numbers={"loss": losses}), answers(B, numbers={"loss": worse})
    found = contrast(*sides, "loss")
    assert (found.n, found.only, found.interval) == (49, (1, 0), "bootstrap-t")
    assert found.low < 0.1 < found.high and found.p < 0.001
    assert contrast(*sides, "loss") == found, "the same numbers each time"
    assert contrast(answers(A), sides[1], "loss") is None
    assert "loss" in metrics_of(sides[0]) and "loss" not in metrics_of(answers(A))


def test_what_never_differs_has_an_interval_for_shares_and_a_point_for_numbers() -> None:
    same = answers(A, numbers={"loss": [1.0] * 50})
    found = contrast(same, same, "accuracy")
    assert (found.difference, found.p) == (0, 1)
    assert found.low == pytest.approx(-found.high) and 0 < found.high < 0.08
    loss = contrast(same, same, "loss")
    assert (loss.low, loss.high, loss.interval, loss.p) == (0, 0, "point", 1)
    one = answers(A[:1], numbers={"loss": [1.0]})
    assert contrast(one, one, "loss").interval == "none", "one item has no interval"


def test_parts_are_of_items_in_conflict_on_either_side() -> None:
    first, second = [1] * 10 + [0] * 40, [0] * 5 + [1] * 10 + [0] * 35
    sides = answers(A, conflict=first), answers(B, conflict=second)
    assert contrast(*sides, "accuracy", "conflict").n == 15
    assert contrast(*sides, "accuracy", "agree").n == 35
    assert contrast(answers(A), answers(B), "accuracy", "agree") is None


def test_sides_without_a_common_item_are_two_samples() -> None:
    other = answers(B, items=[f"other {at}" for at in range(50)])
    found = contrast(answers(A), other, "accuracy")
    assert (found.paired, found.n, found.others) == (False, 50, 50)
    assert (found.p, found.test, found.interval) == (fisher(40, 50, 33, 50), "Fisher, exact", "Newcombe")
    clusters = [str(at // 5) for at in range(50)]
    wide = contrast(answers(A, clusters=clusters), replace(other, clusters=tuple(clusters)), "accuracy")
    assert wide.test == "Welch" and wide.high - wide.low > found.high - found.low


def test_subtasks_are_taken_together_and_keep_their_items_apart() -> None:
    parts = [
        answers([1.0, 0.0], task="t.a", clusters=["x", ""], missing=("9",)),
        answers([0.0], task="t.b", clusters=["x"], numbers={"loss": [2.0]}),
        answers([1.0], task="u"),
    ]
    whole, other = overview(parts)
    assert (whole.task, whole.items, list(whole.correct)) == ("t", ("a/0", "a/1", "b/0"), [1, 0, 0])
    assert (whole.clusters, whole.missing) == (("a/x", "", "b/x"), ("a/9",))
    assert math.isnan(whole.numbers["loss"][0]) and whole.numbers["loss"][2] == 2
    assert other == parts[2]
