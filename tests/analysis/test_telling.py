"""Which items tell most: counted by hand over a few models."""

from array import array

import pytest

from taskc.analysis.by_item import Answers
from taskc.analysis.telling import item_lines, telling

SCALES = {"s": 1e8, "m": 1e9, "l": 1e10, "xl": 1e11}


def answers(model: str, right: list[float], lured: list[float], **given) -> Answers:
    n = len(right)
    return Answers(
        task=given.get("task", "t"),
        regime="zero_shot",
        measure="choice",
        model=model,
        lowering="score",
        items=tuple(f"i{at}" for at in range(n)),
        times=array("I", [1] * n),
        correct=array("d", right),
        conflict=bytearray([1] * n),
        shares={"d": array("d", lured)},
        distractors=("d",),
    )


FOUR = [
    answers("s", [1, 1, 0, 0], [0, 0, 1, 0]),
    answers("m", [1, 1, 0, 0], [0, 0, 1, 0]),
    answers("l", [0, 1, 0, 0], [1, 0, 1, 0]),
    answers("xl", [0, 0, 0, 0.5], [1, 1, 1, 0]),
]


def test_lines_are_means_over_models() -> None:
    lines = {one.item: one for one in item_lines(FOUR, SCALES)}
    assert [one.models for one in lines.values()] == [4] * 4
    assert [one.right for one in lines.values()] == [0.5, 0.75, 0.0, 0.125]
    assert [one.lured for one in lines.values()] == [0.5, 0.25, 1.0, 0.0]
    assert [one.fall for one in lines.values()] == [1.0, 0.5, 0.0, -0.25]
    assert all(one.conflict for one in lines.values())


@pytest.mark.parametrize(
    ("models", "scales", "fall"),
    [
        (["s"], SCALES, None),  # one model has no halves
        (["s", "l"], {}, None),  # no model has a size
        (["s", "l"], {"s": 1.0, "l": 1.0}, None),  # nor have models of one size
        (["s", "l"], SCALES, 1.0),
        (["s", "m", "l"], SCALES, 1.0),  # the one in the middle takes no part
        (["s", "l", "unknown"], SCALES, 1.0),
    ],
)
def test_the_fall_of_the_first_item(models: list[str], scales: dict[str, float], fall: float | None) -> None:
    right = {"s": 1.0, "m": 0.0, "l": 0.0, "unknown": 1.0}
    some = [answers(model, [right[model]], [0.0]) for model in models]
    (line,) = item_lines(some, scales)
    assert line.fall == fall


def test_each_item_is_told_once_and_the_most_telling_first() -> None:
    lines = list(item_lines(FOUR, SCALES))
    assert [(one.item, why) for one, why in telling(lines, 3)] == [
        ("i0", "falls"),
        ("i1", "falls"),
        ("i2", "lured"),
        ("i3", "missed"),
    ]
    assert [(one.item, why) for one, why in telling(lines, 1)] == [
        ("i0", "falls"),
        ("i2", "lured"),
        ("i3", "missed"),
    ]
    assert telling(lines, 0) == []


def test_subtasks_share_the_room_of_their_task() -> None:
    two = [answers("s", [0.0], [1.0], task=f"t.{name}") for name in ("a", "b")]
    assert len(telling(list(item_lines(two, SCALES)), 1)) == 1
    assert [one.task for one, _ in telling(list(item_lines(two, SCALES)), 2)] == ["t.a", "t.b"]
