"""Scores to rows: one for each task, regime, levels, measure, model and lowering, in order of appearance."""

import math
import sys
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from taskc.analysis.intervals import Mean, Rate, clustered, grouped, mean, wilson
from taskc.records.score import Missing, Score

FIXED = ("true_task", "both", "other", "unparsed", "refused")
"""The attributions that are not the name of a distractor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What became of some items: `n` items, asked for `scores` answers.

    `counts` and `rates` part all answers by attribution; the counts sum to `scores`, the rates (means of the
    items' means) to 1. They name `true_task`, `both`, each distractor in order, `other`, `unparsed`,
    `refused`. `accuracy` and `lured` (any distractor against the true task followed) are over all
    answers, the unparsed and refused ones included; None where there are no items. Their intervals know
    of clusters and replicates.
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

    def __init__(self, *, pool: bool = False, mix: bool = False) -> None:
        """Begin with no rows; `pool` and `mix` as in `aggregate`."""
        self._pool = pool
        self._mix = mix
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
            heap = self._heaps[key] = _Heap()
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

    def __init__(self) -> None:
        self.at: dict[str, int] = {}
        self.tallies: list[_Tally] = []
        self.numbers: dict[str, _Column] = {}
        self.distractors: dict[str, None] = {}
        self.ways: dict[str, None] = {}
        self.clusters: dict[int, str] = {}  # by place, of items that belong to one
        self._missing: dict[str, None] = {}

    @property
    def missing(self) -> int:
        """Count the items without any answer."""
        return sum(item not in self.at for item in self._missing)

    def add(self, one: Score | Missing) -> None:
        if one.lowering:
            self.ways[one.lowering] = None
        if isinstance(one, Missing):
            self._missing[one.item] = None
            return
        for name in one.predictions:
            if name != "true_task":
                self.distractors[name] = None
        at = self.at.setdefault(one.item, len(self.at))
        if at == len(self.tallies):
            self.tallies.append(_EMPTY)
            if one.cluster:
                self.clusters[at] = sys.intern(one.cluster)
        self.tallies[at] = self.tallies[at].after(one.attribution, conflict=one.conflict)
        for name, value in one.numbers.items():
            self.numbers.setdefault(name, _Column()).add(at, value)


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
        self.times = array("L")

    def add(self, at: int, value: float) -> None:
        lacking = at + 1 - len(self.totals)
        if lacking > 0:
            self.totals.extend([0.0] * lacking)
            self.times.extend([0] * lacking)
        self.totals[at] += value
        self.times[at] += 1

    def means(self) -> list[float]:
        """Give the mean of each item that has it."""
        return [total / n for total, n in zip(self.totals, self.times, strict=True) if n]


def _row(key: _Key, heaps: list[_Heap]) -> Row:
    """Make a row of heaps that have no item in common."""
    task, regime, levels, measure, model = key
    tallies = [tally for heap in heaps for tally in heap.tallies]
    distractors = tuple(dict.fromkeys(name for heap in heaps for name in heap.distractors))
    clusters = _clusters(heaps)
    of_tally = clusters or [""] * len(tallies)
    conflict = [(tally.conflict, of) for tally, of in zip(tallies, of_tally, strict=True) if tally.conflict]
    agree = [(tally.agree, of) for tally, of in zip(tallies, of_tally, strict=True) if tally.agree]
    return Row(
        task=task,
        regime=regime,
        levels=dict(levels),
        measure=measure,
        model=model,
        n=len(tallies),
        missing=sum(heap.missing for heap in heaps),
        chance=_chance(heaps, len(tallies)),
        distractors=distractors,
        all=_part([tally.all for tally in tallies], distractors, clusters),
        conflict=_part([one for one, _ in conflict], distractors, clusters and [of for _, of in conflict]),
        agree=_part([one for one, _ in agree], distractors, clusters and [of for _, of in agree]),
        numbers=_numbers(heaps),
        lowering=" | ".join(dict.fromkeys(way for heap in heaps for way in heap.ways)),
    )


def _clusters(heaps: list[_Heap]) -> list[str]:
    """Give the cluster of each item; nothing where there are none. Heaps have no cluster in common."""
    if not any(heap.clusters for heap in heaps):
        return []
    return [
        f"{number} {heap.clusters[at]}" if at in heap.clusters else ""
        for number, heap in enumerate(heaps)
        for at in range(len(heap.tallies))
    ]


def _part(items: list[dict[str, int]], distractors: tuple[str, ...], clusters: list[str]) -> Part:
    names = ("true_task", "both", *distractors, "other", "unparsed", "refused")
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
        accuracy=_rate(items, sizes, rates, ("true_task", "both"), clusters),
        lured=_rate(items, sizes, rates, distractors, clusters),
        counts=counts,
        rates=rates,
    )


def _rate(
    items: list[dict[str, int]],
    sizes: list[int],
    rates: Mapping[str, float],
    names: tuple[str, ...],
    clusters: list[str],
) -> Rate | None:
    """Join the rates of some attributions; None without items."""
    n, answers = len(items), sum(sizes)
    if not n:
        return None
    if answers == n and not any(clusters):
        return wilson(min(1.0, math.fsum(rates[name] for name in names)), n)
    shares = [
        sum(item.get(name, 0) for name in names) / size for item, size in zip(items, sizes, strict=True)
    ]
    groups = [round(size) for size in grouped([1.0] * n, clusters)]
    return clustered(grouped(shares, clusters), groups, answers)


def _chance(heaps: list[_Heap], n: int) -> float | None:
    chances = _means(heaps, "chance")
    return math.fsum(chances) / n if n and len(chances) == n else None


def _numbers(heaps: list[_Heap]) -> dict[str, Mean]:
    """Give the mean of each number over the items that have it, in order of appearance."""
    names = dict.fromkeys(name for heap in heaps for name in heap.numbers if name != "chance")
    if not any(heap.clusters for heap in heaps):
        return {name: mean(_means(heaps, name)) for name in names}
    return {name: mean(_means(heaps, name), _clusters_with(heaps, name)) for name in names}


def _clusters_with(heaps: list[_Heap], name: str) -> list[str]:
    """Give the cluster of each item that has a number."""
    return [
        f"{number} {heap.clusters[at]}" if at in heap.clusters else ""
        for number, heap in enumerate(heaps)
        if name in heap.numbers
        for at, times in enumerate(heap.numbers[name].times)
        if times
    ]


def _means(heaps: list[_Heap], name: str) -> list[float]:
    return [one for heap in heaps if name in heap.numbers for one in heap.numbers[name].means()]
