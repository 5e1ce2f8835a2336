"""Counts of answers by item to what became of all, with intervals that know of clusters and replicates."""

import math
from collections.abc import Iterable, Mapping, Sequence

from taskc.analysis.heap import Heap
from taskc.analysis.intervals import Rate, clustered, grouped, wilson
from taskc.analysis.row import Part


def clusters_of(heaps: Sequence[Heap], number: str = "") -> list[str]:
    """Give the cluster of each item, of those that have a number if one is named; nothing without clusters.

    An item that stands for itself has ''. Heaps have no cluster in common.
    """
    if not any(heap.clusters for heap in heaps):
        return []
    return [
        f"{at} {heap.clusters[place]}" if place in heap.clusters else ""
        for at, heap in enumerate(heaps)
        for place in _places(heap, number)
    ]


def _places(heap: Heap, number: str) -> Iterable[int]:
    if not number:
        return range(len(heap.tallies))
    column = heap.numbers.get(number)
    return [place for place, times in enumerate(column.times) if times] if column else []


def part_of(
    counted: Sequence[Mapping[str, int]], distractors: tuple[str, ...], clusters: Sequence[str]
) -> Part:
    """Say what became of the items that have answers; `counted` are each item's attributions, counted."""
    items = [item for item in counted if item]
    of = [name for item, name in zip(counted, clusters, strict=True) if item] if clusters else []
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
        accuracy=_rate(items, sizes, rates, ("true_task", "both"), of),
        lured=_rate(items, sizes, rates, distractors, of),
        counts=counts,
        rates=rates,
    )


def _rate(
    items: Sequence[Mapping[str, int]],
    sizes: Sequence[int],
    rates: Mapping[str, float],
    names: tuple[str, ...],
    clusters: Sequence[str],
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
