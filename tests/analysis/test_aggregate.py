"""Scores become rows: parts that sum up, items that count once, order as first seen."""

import tracemalloc
from collections import Counter
from dataclasses import replace

import pytest
import runs_made
import samples
from hypothesis import given
from hypothesis import strategies as st

from taskc.analysis.aggregate import Gathering, Part, Row, aggregate
from taskc.analysis.intervals import wilson
from taskc.records.lines import dump, load
from taskc.records.score import Missing, Score

BASE = replace(runs_made.SCORE, task="t", model="m", predictions={"true_task": "A", "trap": "B", "lure": "C"})
NAMES = ("true_task", "both", "trap", "lure", "other", "unparsed", "refused")
GONE = Missing(task="t", item="9", regime="zero_shot", measure="reply", model="m", why="busy")


def made(item: int, name: str, *, conflict: bool = True, **changes) -> Score:
    correct = name in {"true_task", "both"}
    return replace(BASE, item=str(item), attribution=name, correct=correct, conflict=conflict, **changes)


ANSWERS = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from(NAMES), st.booleans()), min_size=1, max_size=60
)


@given(ANSWERS)
def test_attributions_part_every_answer(answers) -> None:
    (row,) = aggregate(made(item, name, conflict=conflict) for item, name, conflict in answers)
    counted = Counter(name for _, name, _ in answers)
    assert {name: count for name, count in row.all.counts.items() if count} == counted
    for part in (row.all, row.conflict, row.agree):
        assert sum(part.counts.values()) == part.scores
        assert tuple(part.counts) == NAMES
        assert not part.n or sum(part.rates.values()) == pytest.approx(1)
    assert row.conflict.scores + row.agree.scores == row.all.scores == len(answers)
    assert row.n == len({item for item, _, _ in answers})


def test_an_item_counts_once_however_often_it_was_asked() -> None:
    answers = [made(1, "true_task", replicate=r) for r in range(9)] + [made(2, "trap")]
    (row,) = aggregate(answers)
    assert row.all.accuracy == wilson(0.5, 2)
    assert (row.n, row.all.scores) == (2, 10)
    assert row.conflict.lured == wilson(0.5, 2)


def test_conflict_and_agree_stand_apart() -> None:
    answers = [made(1, "trap"), made(2, "both", conflict=False), made(3, "other", conflict=False)]
    (row,) = aggregate(answers)
    assert (row.conflict.n, row.agree.n) == (1, 2)
    assert row.conflict.accuracy == wilson(0, 1)
    assert row.agree.accuracy == wilson(0.5, 2)
    assert row.distractors == ("trap", "lure")


def test_missing_items_are_counted_and_in_no_rate() -> None:
    (row,) = aggregate([made(1, "true_task")], [GONE, replace(GONE, item="1")])
    assert (row.n, row.missing) == (1, 1)
    assert row.all.accuracy == wilson(1, 1)
    (only,) = aggregate([GONE])
    assert (only.n, only.missing, only.all.accuracy) == (0, 1, None)


def test_rows_come_in_order_of_appearance_and_keep_measures_apart() -> None:
    answers = [
        made(1, "trap", measure="reply", model="b"),
        made(1, "trap", measure="choice", model="b"),
        made(1, "trap", measure="choice(tokens)", model="a"),
        made(2, "trap", measure="reply", model="b"),
    ]
    assert [(row.model, row.measure, row.n) for row in aggregate(answers)] == [
        ("b", "reply", 2),
        ("b", "choice", 1),
        ("a", "choice(tokens)", 1),
    ]


def test_levels_stand_apart_or_are_pooled() -> None:
    answers = [made(1, "trap", levels={"order": level}) for level in ("as_written", "reversed")]
    apart, pooled = aggregate(answers), aggregate(answers, pool=True)
    assert [row.levels for row in apart] == [{"order": "as_written"}, {"order": "reversed"}]
    assert [(row.levels, row.n, row.all.scores) for row in pooled] == [({}, 1, 2)]


def test_numbers_are_means_over_items_and_chance_is_among_options() -> None:
    answers = [
        made(1, "trap", numbers={"loss": 1.0, "chance": 0.5}),
        made(1, "trap", numbers={"loss": 3.0, "chance": 0.5}, replicate=1),
        made(2, "trap", numbers={"chance": 0.25}),
    ]
    (row,) = aggregate(answers)
    assert row.chance == 0.375
    assert (row.numbers["loss"].value, row.numbers["loss"].n) == (2.0, 1)
    assert "chance" not in row.numbers
    (free,) = aggregate([*answers, made(3, "trap")])
    assert free.chance is None


def test_numbers_are_told_apart_for_conflict_and_agree_items() -> None:
    answers = [
        made(1, "trap", numbers={"loss": 1.0, "chance": 0.5}),
        made(2, "both", numbers={"loss": 4.0}, conflict=False),
        made(3, "trap", numbers={"loss": 3.0}),
        made(4, "other", conflict=False),
        made(5, "both", numbers={"extra": 1.0}, conflict=False),
    ]
    (row,) = aggregate(answers)
    assert (row.conflict.numbers["loss"].value, row.conflict.numbers["loss"].n) == (2.0, 2)
    assert (row.agree.numbers["loss"].value, row.agree.numbers["extra"].n) == (4.0, 1)
    assert "extra" not in row.conflict.numbers and "chance" not in row.conflict.numbers
    assert row.all.numbers == {} and row.numbers["loss"].n == 3
    (alone,) = aggregate(answers[:1])
    assert alone.conflict.numbers == {}, "they are those of the row"


def test_rows_are_read_back_from_their_lines() -> None:
    for row in aggregate(samples.scores()):
        assert load(Row, dump(row)) == row
        assert isinstance(row.all, Part)


def test_scores_are_read_once_and_many_are_no_burden() -> None:
    names = ("true_task", "trap", "other")
    (row,) = aggregate(made(i % 5000, names[i % 3], replicate=i // 5000) for i in range(50_000))
    assert (row.n, row.all.scores) == (5000, 50_000)


@given(ANSWERS)
def test_the_subtasks_of_a_task_are_taken_together_as_if_it_had_their_items(answers) -> None:
    apart = [made(item, name, conflict=c, task=f"t.{item % 3}") for item, name, c in answers]
    gone = [replace(GONE, task="t.0"), replace(GONE, task="t.1")]
    gathering = Gathering()
    for one in [*apart, *gone]:
        gathering.add(one)
    named = [replace(one, task="t", item=f"{one.task[2:]}/{one.item}") for one in [*apart, *gone]]
    (whole,), (overview,) = aggregate(named), gathering.overview()
    assert overview == whole
    assert gathering.rows() == aggregate([*apart, *gone])


def test_an_item_takes_little_memory() -> None:
    """A quarter of a kilobyte, its name included: a run may have hundreds of thousands."""
    count = 20_000
    numbers = {"margin": 0.5, "loss": 1.5, "chance": 0.25}
    gathering = Gathering()
    tracemalloc.start()
    for item in range(count):
        gathering.add(made(item, NAMES[item % 7], numbers=numbers))
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert used < 260 * count


@given(ANSWERS)
def test_items_that_come_in_turn_need_not_be_remembered(answers) -> None:
    """The rows are the same to the last bit, for several rows side by side and with subtasks too."""
    ordered = sorted(answers, key=lambda one: one[0])
    scores = [
        made(item, name, conflict=c, task=task, numbers={"loss": 0.1 * at, **({"chance": 0.3} if c else {})})
        for at, (item, name, c) in enumerate(ordered)
        for task in ("t.a", "t.b", "u")
    ]
    gone = [replace(GONE, item=f"gone {at}") for at in range(3)]
    gathering, remembering = Gathering(in_turn=True), Gathering()
    for one in [*scores, *gone]:
        gathering.add(one)
        remembering.add(one)
    assert gathering.rows() == remembering.rows() == aggregate([*scores, *gone])
    assert gathering.overview() == remembering.overview()


def test_an_item_that_comes_in_turn_takes_two_dozen_bytes() -> None:
    count = 20_000
    gathering = Gathering(in_turn=True)
    tracemalloc.start()
    for item in range(count):
        gathering.add(made(item, NAMES[item % 7], numbers={"chance": 0.25}))
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert used < 26 * count
