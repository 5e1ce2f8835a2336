"""Rows of subtasks taken together are the rows that their items give together."""

import dataclasses
from dataclasses import replace

import pytest
import samples

from taskc.analysis.aggregate import Gathering, aggregate
from taskc.analysis.whole import whole


def parted():
    """Give scores of which every third item belongs to another subtask."""
    for at, one in enumerate(samples.scores(n=24)):
        yield replace(one, task=f"{one.task}.part{at % 3}", item=f"{one.item}-{at}")


def _alike(one, other) -> None:
    """Hold two records against each other, numbers to the last digits aside."""
    if isinstance(one, float):
        assert one == pytest.approx(other, abs=1e-5)
    elif isinstance(one, dict):
        assert one.keys() == other.keys()
        for name in one:
            _alike(one[name], other[name])
    elif dataclasses.is_dataclass(one):
        for field in dataclasses.fields(one):
            _alike(getattr(one, field.name), getattr(other, field.name))
    else:
        assert one == other


def test_they_are_what_gathering_gives() -> None:
    gathering = Gathering()
    for one in parted():
        gathering.add(one)
    for mine, theirs in zip(whole(aggregate(parted())), gathering.overview(), strict=True):
        for name in ("task", "regime", "levels", "measure", "model", "n", "missing", "distractors"):
            assert getattr(mine, name) == getattr(theirs, name)
        assert mine.chance == pytest.approx(theirs.chance)
        for part in ("all", "conflict", "agree"):
            one, other = getattr(mine, part), getattr(theirs, part)
            assert (one.n, one.scores, one.counts) == (other.n, other.scores, other.counts)
            assert dict(one.rates) == pytest.approx(dict(other.rates))
            for rate in ("accuracy", "lured"):
                a, b = getattr(one, rate), getattr(other, rate)
                assert (a is None) == (b is None)
                assert a is None or dataclasses.astuple(a) == pytest.approx(dataclasses.astuple(b))
        _alike(mine.attribution, theirs.attribution)
        _alike(mine.control, theirs.control)
        _alike(mine.conflict.numbers, theirs.conflict.numbers)
        _alike(mine.agree.numbers, theirs.agree.numbers)
        assert mine.numbers.keys() == theirs.numbers.keys()
        for name, mean in mine.numbers.items():
            assert (mean.n, mean.value) == (theirs.numbers[name].n, pytest.approx(theirs.numbers[name].value))
            assert mean.error == pytest.approx(theirs.numbers[name].error)


def test_rows_of_two_runs_are_not_put_together() -> None:
    rows = aggregate(parted())
    assert whole([*rows, *rows]) == [*whole(rows), *whole(rows)]


def test_a_task_without_subtasks_stays_as_it_is() -> None:
    rows = [row for row in aggregate(samples.scores(n=12)) if "." not in row.task]
    assert rows
    assert whole(rows) == rows
