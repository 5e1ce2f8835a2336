"""Counts of answers by item to what became of all, with intervals that know of clusters and replicates."""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from typing import TypeAlias

from taskc.analysis.heap import Heap
from taskc.analysis.intervals import Rate, clustered, grouped, wilson
from taskc.analysis.row import Part


def clusters_of(
    heaps: Sequence[Heap], number: str = "", fits: Sequence[bytes | None] | None = None
) -> list[str]:
    """Give the cluster of each item, '' where it stands for itself; heaps have no cluster in common.

    If a `number` is named, of those that have it; where `fits` has something for a heap, of those items in
    whose place it is not 0.
    """
    return [
        f"{at} {heap.clusters[place]}" if place in heap.clusters else ""
        for at, (heap, fit) in enumerate(zip(heaps, fits or repeat(None), strict=False))
        for place in _places(heap, number)
        if fit is None or fit[place]
    ]


def _places(heap: Heap, number: str) -> Iterable[int]:
    if not number:
        return range(len(heap.tallies))
    column = heap.numbers.get(number)
    return [place for place, times in enumerate(column.times) if times] if column else []


Counts: TypeAlias = Mapping[str, int]
"""How often each attribution was given to an item."""


def part_of(
    counted: Sequence[tuple[Counts, int]], distractors: tuple[str, ...], items: Sequence[tuple[Counts, str]]
) -> Part:
    """Sum up counts of answers to an item, each with the number of items that have them.

    `items` are the same item by item, each with its cluster, if there are clusters.
    """
    names = ("true_task", "both", *distractors, "other", "unparsed", "refused")
    sizes = [sum(counts.values()) for counts, _ in counted]
    n = sum(times for _, times in counted)
    scores = sum(size * times for (_, times), size in zip(counted, sizes, strict=True))
    rates = {
        name: math.fsum(
            times * counts.get(name, 0) / size for (counts, times), size in zip(counted, sizes, strict=True)
        )
        / n
        for name in names
        if n
    }

    def rate(names: tuple[str, ...]) -> Rate | None:
        """Join the rates of some attributions; None without items."""
        if not n:
            return None
        if items:
            clusters = [cluster for _, cluster in items]
            shares = [_share(counts, names) for counts, _ in items]
            groups = [round(size) for size in grouped([1.0] * n, clusters)]
            return clustered(grouped(shares, clusters), groups, scores)
        if scores > n:
            shares = [share for counts, times in counted for share in [_share(counts, names)] * times]
            return clustered(shares, [1] * n, scores)
        return wilson(min(1.0, math.fsum(rates[name] for name in names)), n)

    return Part(
        n=n,
        scores=scores,
        accuracy=rate(("true_task", "both")),
        lured=rate(distractors),
        counts={name: sum(counts.get(name, 0) * times for counts, times in counted) for name in names},
        rates=rates,
    )


def _share(counts: Counts, names: tuple[str, ...]) -> float:
    return sum(counts.get(name, 0) for name in names) / sum(counts.values())
