"""What each item was answered: columns that agree with the rows made of the same scores."""

import math
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskc.analysis.aggregate import aggregate
from taskc.analysis.by_item import Sorting
from taskc.records.score import Score

NAMES = ("true_task", "both", "trap", "lure", "other", "unparsed", "refused")
SCORES = st.lists(
    st.builds(
        dict,
        item=st.integers(0, 9).map(str),
        attribution=st.sampled_from(NAMES),
        conflict=st.booleans(),
        model=st.sampled_from("ab"),
        regime=st.sampled_from(["zero_shot", "cot"]),
        numbers=st.dictionaries(st.sampled_from(["loss", "margin"]), st.floats(-9, 9), max_size=2),
    ),
    max_size=60,
)


@dataclass
class Line:
    item: str
    attribution: str
    task: str = "t"
    regime: str = "zero_shot"
    measure: str = "reply"
    model: str = "a"
    lowering: str = "generate"
    predictions: dict[str, str] = field(default_factory=lambda: {"true_task": "A", "trap": "B", "lure": "C"})
    correct: bool = False
    conflict: bool = True
    numbers: dict[str, float] = field(default_factory=dict)
    cluster: str = ""


@given(SCORES)
def test_columns_agree_with_rows(said) -> None:
    sorting = Sorting()
    for one in said:
        sorting.add(Line(**one), ())
    rows = aggregate(
        Score(
            task="t", measure="reply", lowering="generate", request="r", target="A", given=None,
            predictions={"true_task": "A", "trap": "B", "lure": "C"},
            correct=one["attribution"] in ("true_task", "both"), **one,
        )
        for one in said
    )  # fmt: skip
    found = list(sorting.answers())
    assert [(one.model, one.regime) for one in found] == [(row.model, row.regime) for row in rows]
    for one, row in zip(found, rows, strict=True):
        n = len(one.items)
        assert (n, sum(one.times)) == (row.n, row.all.scores)
        assert len(one.conflict) == len(one.correct) == len(one.times) == len(one.clusters) == n
        assert math.fsum(one.correct) / n == pytest.approx(row.all.accuracy.value)
        assert math.fsum(one.lured) / n == pytest.approx(row.all.lured.value)
        for name, column in one.shares.items():
            assert math.fsum(column) / n == pytest.approx(row.all.rates[name])
        for name, column in one.numbers.items():
            there = [value for value in column if not math.isnan(value)]
            assert len(there) == row.numbers[name].n
            assert math.fsum(there) / len(there) == pytest.approx(row.numbers[name].value)


def test_items_keep_their_clusters_and_what_is_missing_is_told_once() -> None:
    sorting = Sorting()
    for name, cluster in (("1", "family a"), ("2", ""), ("1", "family a")):
        sorting.add(Line(item=name, attribution="other", cluster=cluster), ())
    for name in ("3", "3", "1"):
        sorting.miss(("t", "zero_shot", (), "reply", "a", ""), name)
    sorting.miss(("t", "cot", (), "reply", "a", ""), "1")
    answered, lost = sorting.answers()
    assert (answered.items, answered.clusters) == (("1", "2"), ("family a", ""))
    assert answered.missing == ("3",)
    assert (lost.regime, lost.items, lost.missing) == ("cot", (), ("1",))
