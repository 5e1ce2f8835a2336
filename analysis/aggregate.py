"""Scores to rows: one for each task, regime, levels, measure, model and lowering, in order of appearance."""

import math
from array import array
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import NamedTuple, TypeAlias

from taskc.analysis.attribution import Group, attribution
from taskc.analysis.heap import Heap, Tally
from taskc.analysis.intervals import Mean, mean
from taskc.analysis.parts import clusters_of, part_of
from taskc.analysis.row import Chances, Part, Row
from taskc.records.score import Missing, Score

__all__ = ["FIXED", "Gathering", "Joint", "Part", "Row", "aggregate"]

FIXED = ("true_task", "both", "other", "unparsed", "refused")
"""The attributions that are not the name of a distractor."""


class Joint(NamedTuple):
    """A number about all items of a row together: which numbers of an item it needs, and how it is made.

    `make` takes a column for each that it `needs`, one value an item, and gives the number and its standard
    error. `paired` ones get those columns of the same items in the first of the rows that differ in levels
    alone before their own, and that first row has none.
    """

    needs: tuple[str, ...]
    make: Callable[..., tuple[float, float | None] | None]
    paired: bool = False


def aggregate(
    scores: Iterable[Score | Missing],
    missing: Iterable[Missing] = (),
    *,
    pool: bool | Collection[str] = False,
    mix: bool = False,
    joint: Mapping[str, Joint] = {},
) -> list[Row]:
    """Make rows of scores, read once; `missing` may come apart or among them.

    With `pool`, the levels of all factors, or of those that it names, are put into one row; an item then
    counts once, with the mean of its answers, whatever the number of levels it was asked under. With `mix`,
    so are answers that were had in different ways, which are otherwise no measurements of the same thing.
    `joint` are numbers about all items of a row, by name.
    """
    gathering = Gathering(pool=pool, mix=mix, joint=joint)
    for source in (scores, missing):
        for one in source:
            gathering.add(one)
    return gathering.rows()


_Key: TypeAlias = tuple[str, str, tuple[tuple[str, str], ...], str, str]
"""Task, regime, levels, measure and model."""


class Gathering:
    """Rows in the making: scores are handed in as they come, and need not be kept."""

    def __init__(
        self,
        *,
        pool: bool | Collection[str] = False,
        mix: bool = False,
        joint: Mapping[str, Joint] | None = None,
        in_turn: bool = False,
    ) -> None:
        """Begin with no rows; `pool`, `mix` and `joint` as in `aggregate`.

        `in_turn` says that in a row all scores of an item come before those of the next one, and none of one
        that is missing: without `joint` numbers, items need not be remembered then.
        """
        assert not (in_turn and joint), "numbers about all items pair them by name"
        self._in_turn = in_turn
        self._all = pool is True
        self._pool = frozenset() if isinstance(pool, bool) else frozenset(pool)
        self._mix = mix
        self._joint = joint or {}
        self._first: dict[_Key, str] = {}
        self._heaps: dict[tuple[_Key, str], Heap] = {}
        self._alike: dict[tuple[str, ...], Heap] = {}

    def add(self, one: Score | Missing) -> None:
        """Count one score or missing answer in its row."""
        levels = () if self._all else tuple(one.levels.items())
        if self._pool:
            levels = tuple(pair for pair in levels if pair[0] not in self._pool)
        cell = (one.task, one.regime, levels, one.measure, one.model)
        # what is missing and does not say how it was asked belongs to the first way there is
        first = self._first.setdefault(cell, one.lowering) if one.lowering else self._first.get(cell, "")
        key = (cell, "" if self._mix or one.lowering == first else one.lowering)
        heap = self._heaps.get(key)
        if heap is None:
            heap = self._heaps[key] = Heap(in_turn=self._in_turn)
            alike = (one.task, one.regime, one.measure, one.model, one.lowering)
            heap.first = self._alike.setdefault(alike, heap)
        heap.add(one)

    def rows(self) -> list[Row]:
        """Give the rows in the order in which each was first met."""
        return [_row(cell, [heap], self._joint) for (cell, _), heap in self._heaps.items()]

    def overview(self) -> list[Row]:
        """Give the rows with the subtasks of a task taken together, in the order in which each was met."""
        whole: dict[tuple[_Key, str], list[Heap]] = {}
        firsts: dict[_Key, str] = {}
        for ((task, *rest), _), heap in self._heaps.items():
            cell: _Key = (task.partition(".")[0], *rest)  # type: ignore[assignment]
            way = "" if self._mix else next(iter(heap.ways), "")
            first = firsts.setdefault(cell, way) if way else firsts.get(cell, "")
            whole.setdefault((cell, "" if way == first else way), []).append(heap)
        return [_row(cell, heaps, self._joint) for (cell, _), heaps in whole.items()]


def _row(key: _Key, heaps: list[Heap], joint: Mapping[str, Joint]) -> Row:
    """Make a row of heaps that have no item in common."""
    task, regime, levels, measure, model = key
    items: dict[Tally, list[float | None]] = {}
    for heap in heaps:
        heap.chances(items)
    distractors = tuple(dict.fromkeys(name for heap in heaps for name in heap.distractors))
    tied = any(heap.clusters for heap in heaps)
    every, conflict, agree, control = (
        part_of(
            [(counts, len(some)) for tally, some in items.items() if (counts := kind(tally))],
            distractors,
            _walk(heaps, kind) if tied else (),
        )
        for kind in _KINDS
    )
    if conflict.n and agree.n:
        conflict = replace(conflict, numbers=_numbers(heaps, lambda tally: bool(tally.conflict)))
        agree = replace(agree, numbers=_numbers(heaps, lambda tally: bool(tally.agree)))
    return Row(
        task=task,
        regime=regime,
        levels=dict(levels),
        measure=measure,
        model=model,
        n=every.n,
        missing=sum(heap.missing for heap in heaps),
        chance=_middle([chance for some in items.values() for chance in some]),
        distractors=distractors,
        all=every,
        conflict=conflict,
        agree=agree,
        numbers=_numbers(heaps) | _joint(heaps, joint),
        lowering=" | ".join(dict.fromkeys(way for heap in heaps for way in heap.ways)),
        control=control if control.n else None,
        attribution=attribution(
            distractors,
            conflict,
            agree,
            control,
            _chances(items, distractors),
            _groups(heaps) if tied or every.scores > every.n else (),
        )
        if items
        else None,
    )


_KINDS: tuple[Callable[[Tally], Mapping[str, int]], ...] = (
    lambda tally: tally.all,
    lambda tally: tally.conflict,
    lambda tally: tally.agree,
    lambda tally: tally.control,
)


def _groups(heaps: Sequence[Heap]) -> list[Group]:
    """Sum the shares of attributions over the items of each cluster, or give those of each item."""
    found: dict[str | int, Group] = {}
    each = zip((tally for heap in heaps for tally in heap.tallies), clusters_of(heaps), strict=True)
    for at, (tally, cluster) in enumerate(each):
        group = found.setdefault(cluster or at, Group({}, {}, {}))
        for counts, sums in zip((tally.conflict, tally.agree, tally.control), group, strict=True):
            size = sum(counts.values())
            for name, count in counts.items():
                sums[name] = sums.get(name, 0.0) + count / size
    return list(found.values())


def _walk(
    heaps: Sequence[Heap], kind: Callable[[Tally], Mapping[str, int]]
) -> list[tuple[Mapping[str, int], str]]:
    """Give the counts of each item of a kind and its cluster."""
    each = zip((tally for heap in heaps for tally in heap.tallies), clusters_of(heaps), strict=True)
    return [(counts, cluster) for tally, cluster in each if (counts := kind(tally))]


def _chances(items: Mapping[Tally, list[float | None]], distractors: tuple[str, ...]) -> Chances:
    """Give the mean chances of a guess over each kind of items; 0 where one of them has free answers."""

    def middle(fits: Callable[[Tally], bool]) -> float:
        return _middle([chance for tally, some in items.items() if fits(tally) for chance in some]) or 0.0

    conflict = middle(lambda tally: bool(tally.conflict))
    hits: dict[str, list[float]] = {name: [] for name in distractors}
    torn = [(tally, some) for tally, some in items.items() if tally.conflict]
    for tally, some in torn if conflict else ():
        chances = math.fsum(chance or 0.0 for chance in some)
        for name, times in tally.wants.items():
            hits[name].append(chances * times / sum(tally.conflict.values()))
    n = max(1, sum(len(some) for _, some in torn))
    baits = {name: math.fsum(some) / n for name, some in hits.items()}
    return Chances(
        conflict=conflict,
        bait=min(1.0, math.fsum(baits.values())),
        agree=middle(lambda tally: sum(tally.agree.values()) > sum(tally.control.values())),
        control=middle(lambda tally: bool(tally.control)),
        baits=baits,
    )


def _middle(chances: Sequence[float | None]) -> float | None:
    """Give the mean; None where one is unknown, and of none."""
    given = [one for one in chances if one is not None]
    return math.fsum(given) / len(given) if given and len(given) == len(chances) else None


def _numbers(heaps: list[Heap], kind: Callable[[Tally], bool] | None = None) -> dict[str, Mean]:
    """Give the mean of each number over the items (of a kind) that have it, in order of appearance."""
    names = dict.fromkeys(name for heap in heaps for name in heap.numbers if name != "chance")
    fits = [_places(heap, kind) if kind else None for heap in heaps]
    tied = any(heap.clusters for heap in heaps)
    found = {}
    for name in names:
        columns = ((heap.numbers.get(name), places) for heap, places in zip(heaps, fits, strict=True))
        values = array("d", chain.from_iterable(column.means(at) for column, at in columns if column))
        if values:
            found[name] = mean(values, clusters_of(heaps, name, fits) if tied else ())
    return found


def _places(heap: Heap, kind: Callable[[Tally], bool]) -> bytes:
    """Say of each item whether it is of a kind."""
    known = {tally: kind(tally) for tally in set(heap.tallies)}
    return bytes(known[tally] for tally in heap.tallies)


def _joint(heaps: list[Heap], joint: Mapping[str, Joint]) -> dict[str, Mean]:
    """Give the numbers about all items that have what these need."""
    found = {}
    for name, one in joint.items():
        sides = [[heap.columns(one.needs) for heap in heaps]]
        if one.paired:
            if any(heap.first is heap for heap in heaps):
                continue
            sides.insert(0, [heap.first.columns(one.needs) for heap in heaps if heap.first])
        rows = [
            [value for side in places for value in side[item]]
            for places in zip(*sides, strict=True)
            for item in places[-1]
            if all(item in side for side in places)
        ]
        made = one.make(*map(list, zip(*rows, strict=True))) if rows else None
        if made is not None:
            found[name] = Mean(n=len(rows), value=made[0], error=made[1])
    return found
