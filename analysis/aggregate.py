"""Scores to rows: one for each task, regime, levels, measure, model and lowering, in order of appearance."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from taskc.analysis.intervals import Mean, Rate, mean, wilson
from taskc.records.score import Missing, Score

FIXED = ("true_task", "both", "other", "unparsed", "refused")
"""The attributions that are not the name of a distractor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What became of some items: `n` items, asked for `scores` answers.

    `counts` and `rates` part all answers by attribution; the counts sum to `scores`, the rates (means of the
    items' means) to 1. They name `true_task`, `both`, each distractor in order, `other`, `unparsed`,
    `refused`. `accuracy` and `lured` (any distractor against the true task followed) are over all
    answers, the unparsed and refused ones included; None where there are no items.
    """

    n: int
    scores: int
    accuracy: Rate | None
    lured: Rate | None
    counts: Mapping[str, int]
    rates: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a table of results.

    `n` items were answered and `missing` were not, which are in no rate. `conflict` are the items on which
    a distractor predicts another answer than the true task, `agree` the others, `all` both. `chance` is
    the accuracy of guessing among the options, None where an item has none. `numbers` are the means
    over items of what the measure yields. `levels` is empty in rows that pool them. `lowering` is the way in
    which the answers were had; several, parted by ` | `, in rows that were asked to mix them.
    """

    task: str
    regime: str
    levels: Mapping[str, str]
    measure: str
    model: str
    n: int
    missing: int
    chance: float | None
    distractors: tuple[str, ...]
    all: Part
    conflict: Part
    agree: Part
    numbers: Mapping[str, Mean] = field(default_factory=dict)
    lowering: str = ""


def aggregate(
    scores: Iterable[Score | Missing],
    missing: Iterable[Missing] = (),
    *,
    pool: bool = False,
    mix: bool = False,
) -> list[Row]:
    """Make rows of scores, read once; `missing` may come apart or among them.

    With `pool`, the levels of all factors are put into one row; an item then counts once, with the mean of
    its answers, whatever the number of levels it was asked under. With `mix`, so are answers that were had
    in different ways, which are otherwise no measurements of the same thing.
    """
    gathering = Gathering(pool=pool, mix=mix)
    for source in (scores, missing):
        for one in source:
            gathering.add(one)
    return gathering.rows()


class Gathering:
    """Rows in the making: scores are handed in as they come, and need not be kept."""

    def __init__(self, *, pool: bool = False, mix: bool = False) -> None:
        """Begin with no rows; `pool` and `mix` as in `aggregate`."""
        self._pool = pool
        self._mix = mix
        self._first: dict[tuple[object, ...], str] = {}
        self._heaps: dict[tuple[object, ...], _Heap] = {}

    def add(self, one: Score | Missing) -> None:
        """Count one score or missing answer in its row."""
        levels = {} if self._pool else one.levels
        cell = (one.task, one.regime, tuple(levels.items()), one.measure, one.model)
        # what is missing and does not say how it was asked belongs to the first way there is
        first = self._first.setdefault(cell, one.lowering) if one.lowering else self._first.get(cell, "")
        key = cell if self._mix or one.lowering in ("", first) else (*cell, one.lowering)
        heap = self._heaps.get(key)
        if heap is None:
            heap = self._heaps[key] = _Heap(one, levels)
        heap.add(one)

    def rows(self) -> list[Row]:
        """Give the rows in the order in which each was first met."""
        return [heap.row() for heap in self._heaps.values()]


class _Heap:
    """What is known so far of one row; an item is held by its counts, not by its answers."""

    def __init__(self, first: Score | Missing, levels: Mapping[str, str]) -> None:
        self._first = first
        self._levels = levels
        self._items: dict[str, _Item] = {}
        self._missing: dict[str, None] = {}
        self._distractors: dict[str, None] = {}
        self._ways: dict[str, None] = {}

    def add(self, one: Score | Missing) -> None:
        if one.lowering:
            self._ways[one.lowering] = None
        if isinstance(one, Missing):
            self._missing[one.item] = None
            return
        self._distractors.update((name, None) for name in one.predictions if name != "true_task")
        self._items.setdefault(one.item, _Item()).add(one)

    def row(self) -> Row:
        items = list(self._items.values())
        first = self._first
        return Row(
            task=first.task,
            regime=first.regime,
            levels=dict(self._levels),
            measure=first.measure,
            model=first.model,
            n=len(items),
            missing=sum(item not in self._items for item in self._missing),
            chance=_chance(items),
            distractors=tuple(self._distractors),
            all=self._part([item.all for item in items]),
            conflict=self._part([item.conflict for item in items if item.conflict]),
            agree=self._part([item.agree for item in items if item.agree]),
            numbers=_numbers(items),
            lowering=" | ".join(self._ways),
        )

    def _part(self, items: list[dict[str, int]]) -> Part:
        names = ("true_task", "both", *self._distractors, "other", "unparsed", "refused")
        sizes = [sum(item.values()) for item in items]
        counts = {name: sum(item.get(name, 0) for item in items) for name in names}
        n = len(items)
        rates = {
            name: math.fsum(item.get(name, 0) / size for item, size in zip(items, sizes, strict=True)) / n
            for name in names
            if n
        }
        return Part(
            n=n,
            scores=sum(sizes),
            accuracy=_rate(rates, ("true_task", "both"), n),
            lured=_rate(rates, tuple(self._distractors), n),
            counts=counts,
            rates=rates,
        )


class _Item:
    """The answers to one item: how often each attribution was given, and sums of the numbers."""

    __slots__ = ("agree", "all", "conflict", "numbers")

    def __init__(self) -> None:
        self.all: dict[str, int] = {}
        self.conflict: dict[str, int] = {}
        self.agree: dict[str, int] = {}
        self.numbers: dict[str, tuple[float, int]] = {}

    def add(self, score: Score) -> None:
        for counts in (self.all, self.conflict if score.conflict else self.agree):
            counts[score.attribution] = counts.get(score.attribution, 0) + 1
        for name, value in score.numbers.items():
            total, n = self.numbers.get(name, (0.0, 0))
            self.numbers[name] = (total + value, n + 1)


def _rate(rates: Mapping[str, float], names: tuple[str, ...], n: int) -> Rate | None:
    """Join the rates of some attributions; None without items."""
    return wilson(min(1.0, math.fsum(rates[name] for name in names)), n) if n else None


def _chance(items: list[_Item]) -> float | None:
    chances = [item.numbers["chance"] for item in items if "chance" in item.numbers]
    if not items or len(chances) < len(items):
        return None
    return math.fsum(total / n for total, n in chances) / len(chances)


def _numbers(items: list[_Item]) -> dict[str, Mean]:
    """Give the mean of each number over the items that have it, in order of appearance."""
    names = dict.fromkeys(name for item in items for name in item.numbers if name != "chance")
    found = {name: [item.numbers[name] for item in items if name in item.numbers] for name in names}
    return {name: mean([total / n for total, n in pairs]) for name, pairs in found.items()}
