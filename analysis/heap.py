"""What is known so far of the items of one row, in little memory."""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from itertools import compress, repeat
from sys import intern
from typing import Literal, TypeAlias

from taskc.records.score import Missing, Score

Kind: TypeAlias = Literal["conflict", "agree", "control"]


class Heap:
    """What is known so far of one row. An item is a place in some columns: of hundreds of thousands, most
    had the same answers, so their counts are one and the same `Tally`. `first` is the heap of the first of
    the rows that differ from this one in levels alone. Items that come `in_turn` are not kept by name."""

    def __init__(self, *, in_turn: bool = False) -> None:
        """Begin without items."""
        self.first: Heap | None = None
        self._in_turn = in_turn
        self._last: str | None = None
        self.at: dict[str, int] = {}
        self.tallies: list[Tally] = []
        self.numbers: dict[str, Column] = {}
        self.distractors: dict[str, None] = {}
        self.ways: dict[str, None] = {}
        self.clusters: dict[int, str] = {}  # by place, of items that belong to one
        self._missing: dict[str, None] = {}

    @property
    def missing(self) -> int:
        """Count the items without any answer."""
        return sum(item not in self.at for item in self._missing)

    def add(self, one: Score | Missing) -> None:
        """Count one answer, or the lack of one."""
        if one.lowering:
            self.ways[one.lowering] = None
        if isinstance(one, Missing):
            self._missing[one.item] = None
            return
        rival = ""
        for name in one.predictions:
            if name != "true_task":
                self.distractors[name] = None
                rival = name
        at = self._place(one.item)
        if at == len(self.tallies):
            self.tallies.append(_EMPTY)
            if one.cluster:
                self.clusters[at] = intern(one.cluster)
        speaking = len(one.predictions)
        kind: Kind = "conflict" if one.conflict else "agree" if speaking > 1 else "control"
        wants = () if not one.conflict else (rival,) if speaking == 2 else _wants(one)
        self.tallies[at] = self.tallies[at].after(one.attribution, kind, wants)
        for name, value in one.numbers.items():
            self.numbers.setdefault(name, Column()).add(at, value)

    def _place(self, item: str) -> int:
        if not self._in_turn:
            return self.at.setdefault(item, len(self.at))
        at = len(self.tallies) - (item == self._last)
        self._last = item
        return at

    def chances(self, into: "dict[Tally, list[float | None]]") -> None:
        """Put the chance of a guess on each item, None if it is free, under the answers that it had."""
        column = self.numbers.get("chance")
        known = column.each(len(self.tallies)) if column else repeat(None, len(self.tallies))
        same: dict[float | None, float | None] = {}  # few differ, and one is kept of each
        for tally, chance in zip(self.tallies, known, strict=True):
            into.setdefault(tally, []).append(same.setdefault(chance, chance))

    def columns(self, names: Sequence[str]) -> dict[str, tuple[float, ...]]:
        """Give the means of some numbers by item, for the items that have all; `correct` is always there."""
        found = {}
        known = [self.numbers.get(name) for name in names]
        for item, at in self.at.items():
            values = [
                self.tallies[at].correct() if name == "correct" else column.mean(at) if column else None
                for name, column in zip(names, known, strict=True)
            ]
            whole = tuple(value for value in values if value is not None)
            if len(whole) == len(names):
                found[item] = whole
        return found


def _wants(one: Score) -> tuple[str, ...]:
    """Name the distractors that want an option against the truth which none before them wants."""
    taken = {one.target}
    names = []
    for name, told in one.predictions.items():
        if name != "true_task" and told not in taken:
            names.append(name)
            taken.add(told)
    return tuple(names)


class Tally:
    """How often each attribution was given in the answers to an item; never changed, so items share it.

    `agree` counts the answers of `control` too; `wants` counts for each distractor the answers in conflict
    for which it wants an option of its own.
    """

    __slots__ = ("_next", "agree", "all", "conflict", "control", "wants")

    def __init__(
        self,
        all: dict[str, int],
        conflict: dict[str, int],
        agree: dict[str, int],
        control: dict[str, int],
        wants: dict[str, int],
    ) -> None:
        """Keep the counts."""
        self.all, self.conflict, self.agree, self.control = all, conflict, agree, control
        self.wants = wants
        self._next: dict[tuple[str, Kind, tuple[str, ...]], Tally] = {}

    def after(self, attribution: str, kind: Kind, wants: tuple[str, ...]) -> "Tally":
        """Give the counts with one answer more."""
        step = (attribution, kind, wants)
        found = self._next.get(step)
        if found is None:
            found = self._next[step] = Tally(
                _counted(self.all, attribution),
                _counted(self.conflict, attribution) if kind == "conflict" else self.conflict,
                self.agree if kind == "conflict" else _counted(self.agree, attribution),
                _counted(self.control, attribution) if kind == "control" else self.control,
                {**self.wants, **{name: self.wants.get(name, 0) + 1 for name in wants}},
            )
        return found

    def correct(self) -> float:
        """Give the share of answers that are right."""
        return sum(self.all.get(name, 0) for name in ("true_task", "both")) / sum(self.all.values())


def _counted(counts: Mapping[str, int], attribution: str) -> dict[str, int]:
    return {**counts, attribution: counts.get(attribution, 0) + 1}


_EMPTY = Tally({}, {}, {}, {}, {})


class Column:
    """Sums of one number by item, and of how many answers; items without it have none."""

    __slots__ = ("times", "totals")

    def __init__(self) -> None:
        """Begin without items."""
        self.totals = array("d")
        self.times = array("I")

    def add(self, at: int, value: float) -> None:
        """Add the number of one answer to the item at a place."""
        lacking = at + 1 - len(self.totals)
        if lacking > 0:
            self.totals.frombytes(bytes(self.totals.itemsize * lacking))
            self.times.frombytes(bytes(self.times.itemsize * lacking))
        self.totals[at] += value
        self.times[at] += 1

    def mean(self, at: int) -> float | None:
        """Give the mean of the item at a place; None if it has none."""
        return self.totals[at] / self.times[at] if at < len(self.times) and self.times[at] else None

    def each(self, n: int) -> Iterator[float | None]:
        """Give the mean of each of `n` items, None for one that has none."""
        for total, times in zip(self.totals, self.times, strict=True):
            yield total / times if times else None
        yield from repeat(None, n - len(self.totals))

    def means(self, places: bytes | None = None) -> "array[float]":
        """Give the mean of each item that has it, or of those of them where `places` is not 0."""
        pairs = zip(self.totals, self.times, strict=True)
        return array("d", (total / n for total, n in (compress(pairs, places) if places else pairs) if n))
