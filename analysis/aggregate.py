"""Scores to rows: one for each task, regime, levels, measure, model and lowering, in order of appearance."""

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import TypeAlias

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


_Key: TypeAlias = tuple[str, str, tuple[tuple[str, str], ...], str, str]
"""Task, regime, levels, measure and model."""


class Gathering:
    """Rows in the making: scores are handed in as they come, and need not be kept."""

    def __init__(self, *, pool: bool = False, mix: bool = False, in_turn: bool = False) -> None:
        """Begin with no rows; `pool` and `mix` as in `aggregate`.

        `in_turn` says that in a row all scores of an item come before those of the next one, and none of one
        that is missing: then items need not be remembered.
        """
        self._pool = pool
        self._mix = mix
        self._in_turn = in_turn
        self._first: dict[_Key, str] = {}
        self._heaps: dict[tuple[_Key, str], _Heap] = {}

    def add(self, one: Score | Missing) -> None:
        """Count one score or missing answer in its row."""
        levels = () if self._pool else tuple(one.levels.items())
        cell = (one.task, one.regime, levels, one.measure, one.model)
        # what is missing and does not say how it was asked belongs to the first way there is
        first = self._first.setdefault(cell, one.lowering) if one.lowering else self._first.get(cell, "")
        key = (cell, "" if self._mix or one.lowering == first else one.lowering)
        heap = self._heaps.get(key)
        if heap is None:
            heap = self._heaps[key] = _Heap(self._in_turn)
        heap.add(one)

    def rows(self) -> list[Row]:
        """Give the rows in the order in which each was first met."""
        return [_row(cell, [heap]) for (cell, _), heap in self._heaps.items()]

    def overview(self) -> list[Row]:
        """Give the rows with the subtasks of a task taken together, in the order in which each was met."""
        whole: dict[tuple[_Key, str], list[_Heap]] = {}
        firsts: dict[_Key, str] = {}
        for ((task, *rest), _), heap in self._heaps.items():
            cell: _Key = (task.partition(".")[0], *rest)  # type: ignore[assignment]
            way = "" if self._mix else next(iter(heap.ways), "")
            first = firsts.setdefault(cell, way) if way else firsts.get(cell, "")
            whole.setdefault((cell, "" if way == first else way), []).append(heap)
        return [_row(cell, heaps) for (cell, _), heaps in whole.items()]


class _Heap:
    """What is known so far of one row. An item is a place in some columns: of hundreds of thousands, most
    had the same answers, so their counts are one and the same `_Tally`."""

    def __init__(self, in_turn: bool) -> None:
        self._in_turn = in_turn
        self._item: str | None = None  # where they come in turn, the last one,
        self._tally = _EMPTY  # and its answers
        self._at: dict[str, int] = {}
        self._tallies: list[_Tally] = []
        self._done: Counter[_Tally] = Counter()
        self.n = 0
        self.numbers: dict[str, _Column] = {}
        self.distractors: dict[str, None] = {}
        self.ways: dict[str, None] = {}
        self._missing: dict[str, None] = {}

    @property
    def missing(self) -> int:
        """Count the items without any answer."""
        return sum(item not in self._at for item in self._missing)

    @property
    def tallies(self) -> "Counter[_Tally]":
        """Say how many items had which answers."""
        return self._done + Counter([self._tally] if self._item is not None else self._tallies)

    def add(self, one: Score | Missing) -> None:
        if one.lowering:
            self.ways[one.lowering] = None
        if isinstance(one, Missing):
            self._missing[one.item] = None
            return
        for name in one.predictions:
            if name != "true_task":
                self.distractors[name] = None
        at = self._count(one)
        for name, value in one.numbers.items():
            self.numbers.setdefault(name, _Column()).add(at, value)

    def _count(self, one: Score) -> int:
        """Count an answer, and give the place of its item."""
        if self._in_turn:
            if one.item != self._item:
                if self._item is not None:
                    self._done[self._tally] += 1
                self._item, self._tally, self.n = one.item, _EMPTY, self.n + 1
            self._tally = self._tally.after(one.attribution, conflict=one.conflict)
            return self.n - 1
        at = self._at.setdefault(one.item, self.n)
        if at == self.n:
            self._tallies.append(_EMPTY)
            self.n += 1
        self._tallies[at] = self._tallies[at].after(one.attribution, conflict=one.conflict)
        return at


class _Tally:
    """How often each attribution was given in the answers to an item; never changed, so items share it."""

    __slots__ = ("_next", "agree", "all", "conflict")

    def __init__(self, all: dict[str, int], conflict: dict[str, int], agree: dict[str, int]) -> None:
        self.all, self.conflict, self.agree = all, conflict, agree
        self._next: dict[tuple[str, bool], _Tally] = {}

    def after(self, attribution: str, *, conflict: bool) -> "_Tally":
        """Give the counts with one answer more."""
        step = (attribution, conflict)
        found = self._next.get(step)
        if found is None:
            more = _Tally(
                _counted(self.all, attribution),
                _counted(self.conflict, attribution) if conflict else self.conflict,
                self.agree if conflict else _counted(self.agree, attribution),
            )
            found = self._next[step] = more
        return found


def _counted(counts: dict[str, int], attribution: str) -> dict[str, int]:
    return counts | {attribution: counts.get(attribution, 0) + 1}


_EMPTY = _Tally({}, {}, {})


class _Column:
    """Sums of one number by item, and of how many answers; items without it have none."""

    __slots__ = ("times", "totals")

    def __init__(self) -> None:
        self.totals = array("d")
        self.times = array("I")

    def add(self, at: int, value: float) -> None:
        lacking = at + 1 - len(self.totals)
        if lacking > 0:
            self.totals.frombytes(bytes(self.totals.itemsize * lacking))
            self.times.frombytes(bytes(self.times.itemsize * lacking))
        self.totals[at] += value
        self.times[at] += 1

    def means(self) -> "array[float]":
        """Give the mean of each item that has it."""
        return array("d", (total / n for total, n in zip(self.totals, self.times, strict=True) if n))


def _row(key: _Key, heaps: list[_Heap]) -> Row:
    """Make a row of heaps that have no item in common."""
    task, regime, levels, measure, model = key
    tallies: Counter[_Tally] = sum((heap.tallies for heap in heaps), Counter())
    n = sum(heap.n for heap in heaps)
    distractors = tuple(dict.fromkeys(name for heap in heaps for name in heap.distractors))
    return Row(
        task=task,
        regime=regime,
        levels=dict(levels),
        measure=measure,
        model=model,
        n=n,
        missing=sum(heap.missing for heap in heaps),
        chance=_chance(heaps, n),
        distractors=distractors,
        all=_part([(tally.all, times) for tally, times in tallies.items()], distractors),
        conflict=_part([(tally.conflict, times) for tally, times in tallies.items()], distractors),
        agree=_part([(tally.agree, times) for tally, times in tallies.items()], distractors),
        numbers=_numbers(heaps),
        lowering=" | ".join(dict.fromkeys(way for heap in heaps for way in heap.ways)),
    )


def _part(every: list[tuple[dict[str, int], int]], distractors: tuple[str, ...]) -> Part:
    """Make a part of counts of answers and of how many items have them; those without answers have none."""
    names = ("true_task", "both", *distractors, "other", "unparsed", "refused")
    items = [(item, sum(item.values()), times) for item, times in every if item]
    counts = {name: sum(item.get(name, 0) * times for item, _, times in items) for name in names}
    n = sum(times for _, _, times in items)
    rates = {
        name: math.fsum(chain(*(repeat(item.get(name, 0) / size, times) for item, size, times in items))) / n
        for name in names
        if n
    }
    return Part(
        n=n,
        scores=sum(size * times for _, size, times in items),
        accuracy=_rate(rates, ("true_task", "both"), n),
        lured=_rate(rates, distractors, n),
        counts=counts,
        rates=rates,
    )


def _rate(rates: Mapping[str, float], names: tuple[str, ...], n: int) -> Rate | None:
    """Join the rates of some attributions; None without items."""
    return wilson(min(1.0, math.fsum(rates[name] for name in names)), n) if n else None


def _chance(heaps: list[_Heap], n: int) -> float | None:
    chances = _means(heaps, "chance")
    return math.fsum(chances) / n if n and len(chances) == n else None


def _numbers(heaps: list[_Heap]) -> dict[str, Mean]:
    """Give the mean of each number over the items that have it, in order of appearance."""
    names = dict.fromkeys(name for heap in heaps for name in heap.numbers if name != "chance")
    return {name: mean(_means(heaps, name)) for name in names}


def _means(heaps: list[_Heap], name: str) -> "array[float]":
    return array("d", chain(*(heap.numbers[name].means() for heap in heaps if name in heap.numbers)))
