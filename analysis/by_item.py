"""Scores to what each item was answered, for each task, regime, levels, measure, model and lowering.

Where `aggregate` keeps rates, this keeps the items, so that two models or regimes can be held against each
other item by item. Columns are arrays, a number an item.
"""

import math
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeAlias

Levels: TypeAlias = tuple[tuple[str, str], ...]
_RIGHT = ("true_task", "both")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the items of one task, regime, levels, measure, model and lowering were answered.

    Every column has a place an item, in the order of `items`. `times` counts the answers to it, replicates
    and, where levels were pooled, levels; all else are means over these. `correct` and the `shares` of each
    attribution lie within 0 and 1, the shares of an item sum to 1. `conflict` says that a distractor predicts
    another answer than the true task. `numbers` are those of the scores, `nan` where an item has none.
    `clusters` are the names of what items belong to, '' for an item that stands for itself. `missing` are
    items that were asked for and have no answer; they are in no column.
    """

    task: str
    regime: str
    levels: Levels = ()
    measure: str
    model: str
    lowering: str = ""
    items: tuple[str, ...]
    times: "array[int]"
    correct: "array[float]"
    conflict: bytearray
    shares: Mapping[str, "array[float]"]
    distractors: tuple[str, ...] = ()
    numbers: Mapping[str, "array[float]"] = field(default_factory=dict)
    clusters: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def lured(self) -> "array[float]":
        """Give for each item the share of answers that were any distractor's and not the true task's."""
        columns = [self.shares[name] for name in self.distractors if name in self.shares]
        return (
            array("d", (math.fsum(one) for one in zip(*columns, strict=True)))
            if columns
            else _zeros("d", len(self.items))
        )


def overview(found: Iterable[Answers]) -> list[Answers]:
    """Take the subtasks of each task together; an item is then named after its subtask, `sub/item`."""
    whole: dict[tuple[object, ...], list[Answers]] = {}
    for one in found:
        head = one.task.partition(".")[0]
        whole.setdefault((head, one.regime, one.levels, one.measure, one.model, one.lowering), []).append(one)
    return [_joined(parts) if "." in parts[0].task else parts[0] for parts in whole.values()]


def _joined(parts: Sequence[Answers]) -> Answers:
    prefixes = [one.task.partition(".")[2] for one in parts]
    clusters = [
        [f"{prefix}/{name}" if name else "" for name in one.clusters]
        for prefix, one in zip(prefixes, parts, strict=True)
    ]
    return replace(joined(parts, prefixes, clusters), task=parts[0].task.partition(".")[0])


def joined(parts: Sequence[Answers], prefixes: Sequence[str], clusters: Sequence[Sequence[str]]) -> Answers:
    """Put the items of several answers into one, after another, each named behind the prefix of its part.

    `clusters` are those of the items of each part. What else is said of the whole is that of the first part.
    """
    names = dict.fromkeys(name for one in parts for name in one.shares)
    numbers = dict.fromkeys(name for one in parts for name in one.numbers)
    return replace(
        parts[0],
        items=tuple(f"{p}/{item}" for p, one in zip(prefixes, parts, strict=True) for item in one.items),
        times=array("I", (n for one in parts for n in one.times)),
        correct=array("d", (value for one in parts for value in one.correct)),
        conflict=bytearray(b"".join(one.conflict for one in parts)),
        shares={name: _column(name, [(one.shares, len(one.items)) for one in parts], 0.0) for name in names},
        distractors=tuple(dict.fromkeys(name for one in parts for name in one.distractors)),
        numbers={
            name: _column(name, [(one.numbers, len(one.items)) for one in parts], math.nan)
            for name in numbers
        },
        clusters=tuple(name for some in clusters for name in some),
        missing=tuple(f"{p}/{item}" for p, one in zip(prefixes, parts, strict=True) for item in one.missing),
    )


def _column(
    name: str, parts: Sequence[tuple[Mapping[str, "array[float]"], int]], none: float
) -> "array[float]":
    """Put the columns of one name one after another, with `none` where a part has no such column."""
    out = array("d")
    for columns, n in parts:
        out.extend(columns.get(name) or array("d", [none]) * n)
    return out


class Line(Protocol):
    """What is read of a score."""

    task: str
    item: str
    regime: str
    measure: str
    model: str
    lowering: str
    attribution: str
    conflict: bool
    cluster: str

    @property
    def predictions(self) -> Mapping[str, str]: ...  # noqa: D102

    @property
    def numbers(self) -> Mapping[str, float]: ...  # noqa: D102


Key: TypeAlias = tuple[str, str, Levels, str, str, str]
"""Task, regime, levels, measure, model and lowering."""


class Sorting:
    """Answers in the making: scores are handed in as they come, and need not be kept.

    The names of items are kept once a task, whatever the number of models and regimes.
    """

    def __init__(self) -> None:
        """Begin with no answers."""
        self._places: dict[str, dict[str, int]] = {}
        self._clusters: dict[str, dict[int, str]] = {}
        self._heaps: dict[Key, _Heap] = {}
        self._missing: dict[Key, dict[str, None]] = {}

    def add(self, one: Line, levels: Levels) -> None:
        """Count one score; `levels` are its levels, or none where they are pooled."""
        heap = self._heaps.get(key := (one.task, one.regime, levels, one.measure, one.model, one.lowering))
        if heap is None:
            heap = self._heaps[key] = _Heap(self._places.setdefault(one.task, {}))
        place = heap.places.setdefault(one.item, len(heap.places))
        if one.cluster:
            self._clusters.setdefault(one.task, {})[place] = one.cluster
        heap.add(place, one)

    def miss(self, key: Key, item: str) -> None:
        """Count an item without an answer; a `key` without a lowering is that of the first way there is."""
        self._missing.setdefault(key, {})[item] = None

    def answers(self) -> Iterator[Answers]:
        """Give what was answered, in order of appearance; what has no answers at all comes last."""
        lost = self._lost()
        for key, heap in self._heaps.items():
            names = list(heap.places)
            yield heap.finish(key, names, self._clusters.get(key[0], {}), lost.pop(key, {}))
        for key, missing in lost.items():
            yield _Heap({}).finish(key, [], {}, missing)

    def _lost(self) -> dict[Key, dict[str, None]]:
        """Give what is missing by the key that it belongs to."""
        first: dict[tuple[str, ...] | Key, Key] = {}
        for key in self._heaps:
            first.setdefault((*key[:5], ""), key)
        out: dict[Key, dict[str, None]] = {}
        for key, items in self._missing.items():
            out.setdefault(first.get(key, key), {}).update(items)
        return out


class _Heap:
    """Columns in the order in which items came, with room for more, and where each item is in them."""

    __slots__ = (
        "at",
        "conflict",
        "counts",
        "distractors",
        "numbers",
        "order",
        "places",
        "room",
        "seen",
        "times",
    )

    def __init__(self, places: dict[str, int]) -> None:
        self.places = places
        self.at: dict[int, int] = {}  # by place among the task's items
        self.room = 0
        self.order: array[int] = array("I")
        self.times: array[int] = array("I")
        self.conflict = bytearray()
        self.counts: dict[str, array[int]] = {}
        self.numbers: dict[str, tuple[array[float], array[int]]] = {}
        self.distractors: dict[str, None] = {}
        self.seen: frozenset[str] = frozenset()

    def add(self, place: int, one: Line) -> None:
        at = self.at.setdefault(place, len(self.at))
        if at == len(self.order):
            if at == self.room:
                self._grow(max(64, self.room))
            self.order.append(place)
        self.times[at] += 1
        if one.conflict:
            self.conflict[at] = True
        counts = self.counts.get(one.attribution)
        if counts is None:
            counts = self.counts[one.attribution] = _zeros("I", self.room)
        counts[at] += 1
        if not one.predictions.keys() <= self.seen:
            self.distractors.update((name, None) for name in one.predictions if name != "true_task")
            self.seen = self.seen | one.predictions.keys()
        numbers = self.numbers
        for name, value in one.numbers.items():
            if name not in numbers:
                numbers[name] = _zeros("d", self.room), _zeros("I", self.room)
            totals, times = numbers[name]
            totals[at] += value
            times[at] += 1

    def _grow(self, more: int) -> None:
        """Make room for more items, with zeros in every column."""
        self.room += more
        self.conflict.extend(bytes(more))
        for column in (
            self.times,
            *self.counts.values(),
            *(c for pair in self.numbers.values() for c in pair),
        ):
            column.frombytes(bytes(more * column.itemsize))

    def finish(
        self, key: Key, names: list[str], clusters: Mapping[int, str], missing: Mapping[str, None]
    ) -> Answers:
        task, regime, levels, measure, model, lowering = key
        n = len(self.order)
        times = self.times[:n]
        shares = {
            name: array("d", (one / all for one, all in zip(counts, times, strict=False)))
            for name, counts in self.counts.items()
        }
        right = [shares[name] for name in _RIGHT if name in shares]
        items = tuple(names[place] for place in self.order)
        had = set(items) if missing else set()
        return Answers(
            task=task,
            regime=regime,
            levels=levels,
            measure=measure,
            model=model,
            lowering=lowering,
            items=items,
            times=times,
            correct=array("d", map(math.fsum, zip(*right, strict=True))) if right else _zeros("d", n),
            conflict=self.conflict[:n],
            shares=shares,
            distractors=tuple(self.distractors),
            numbers={name: _means(*pair, n) for name, pair in self.numbers.items()},
            clusters=tuple(clusters.get(place, "") for place in self.order),
            missing=tuple(item for item in missing if item not in had),
        )


def _zeros(kind: str, n: int) -> "array[Any]":
    one = array(kind)
    one.frombytes(bytes(n * one.itemsize))
    return one


def _means(totals: "array[float]", times: "array[int]", n: int) -> "array[float]":
    """Give the mean of each item, `nan` where it has none."""
    pairs = zip(totals[:n], times[:n], strict=True)
    return array("d", (total / k if k else math.nan for total, k in pairs))
