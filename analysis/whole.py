"""Rows of subtasks taken together: a row for the task, as if its items had been gathered in one."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from taskc.analysis.attribution import attribution
from taskc.analysis.intervals import Mean, Rate, wilson
from taskc.analysis.row import Chances, Part, Row


def whole(rows: Iterable[Row]) -> list[Row]:
    """Give the rows of tasks, those of their subtasks taken together, in the order in which each was met.

    Subtasks have no items in common, so that rates and means are those over all their items. A number that
    one of them lacks, as one may the chance of guessing, is that of the items that have it; chance is None.
    Rows that tell of one and the same, as those of two runs may, are not put together.
    """
    groups: dict[tuple[object, ...], list[Row]] = {}
    times: Counter[tuple[object, ...]] = Counter()
    for row in rows:
        head = row.task.partition(".")[0]
        same = (row.regime, tuple(row.levels.items()), row.measure, row.model, row.lowering)
        groups.setdefault((head, *same, times[row.task, same]), []).append(row)
        times[row.task, same] += 1
    return [_joined(str(key[0]), group) for key, group in groups.items()]


def _joined(task: str, rows: Sequence[Row]) -> Row:
    first = rows[0]
    if len(rows) == 1 and first.task == task:
        return first
    distractors = tuple(dict.fromkeys(name for row in rows for name in row.distractors))
    asked = [row for row in rows if row.n]
    chances = [row.chance for row in asked if row.chance is not None]
    known = bool(asked) and len(chances) == len(asked)
    conflict = _part([row.conflict for row in rows], distractors)
    agree = _part([row.agree for row in rows], distractors)
    controls = [row.control for row in rows if row.control]
    if conflict.n and agree.n:
        conflict = replace(conflict, numbers=_numbers([_told(row, row.conflict) for row in rows]))
        agree = replace(agree, numbers=_numbers([_told(row, row.agree) for row in rows]))
    control = _part(controls, distractors)
    joined = _chances(rows, distractors)
    return Row(
        task=task,
        regime=first.regime,
        levels=first.levels,
        measure=first.measure,
        model=first.model,
        n=sum(row.n for row in rows),
        missing=sum(row.missing for row in rows),
        chance=_weighted([(row.n, row.chance or 0.0) for row in asked]) if known else None,
        distractors=distractors,
        all=_part([row.all for row in rows], distractors),
        conflict=conflict,
        agree=agree,
        numbers=_numbers([row.numbers for row in rows]),
        lowering=first.lowering,
        control=control if controls else None,
        attribution=attribution(distractors, conflict, agree, control, joined) if joined else None,
    )


def _told(row: Row, part: Part) -> Mapping[str, Mean]:
    """Give the numbers of a part, which are those of its row where that has no other items."""
    return row.numbers if part.n and part.n == row.n else part.numbers


def _numbers(some: Sequence[Mapping[str, Mean]]) -> dict[str, Mean]:
    names = dict.fromkeys(name for numbers in some for name in numbers)
    return {name: _mean([numbers[name] for numbers in some if name in numbers]) for name in names}


def _chances(rows: Sequence[Row], distractors: tuple[str, ...]) -> Chances | None:
    """Join the chances of a guess; None where a row does not tell its own, or none has an item."""
    told = [(row, row.attribution.chances) for row in rows if row.attribution and row.attribution.chances]
    if not told or len(told) < sum(row.n > 0 for row in rows):
        return None
    controls = [row.control.n if row.control else 0 for row, _ in told]
    torn = [row.conflict.n for row, _ in told]
    spoken = [row.agree.n - own for (row, _), own in zip(told, controls, strict=True)]
    conflict = _middle(torn, [one.conflict for _, one in told])
    baits = {
        name: _weighted(list(zip(torn, [one.baits.get(name, 0.0) for _, one in told], strict=True)))
        for name in distractors
        if conflict
    }
    return Chances(
        conflict=conflict,
        bait=min(1.0, math.fsum(baits.values())),
        agree=_middle(spoken, [one.agree for _, one in told]),
        control=_middle(controls, [one.control for _, one in told]),
        baits=baits or dict.fromkeys(distractors, 0.0),
    )


def _middle(sizes: Sequence[int], chances: Sequence[float]) -> float:
    """Give the mean over items; 0, for free answers, where one of the rows has such."""
    some = [(n, chance) for n, chance in zip(sizes, chances, strict=True) if n]
    return _weighted(some) if some and all(chance for _, chance in some) else 0.0


def _part(parts: Sequence[Part], distractors: tuple[str, ...]) -> Part:
    names = ("true_task", "both", *distractors, "other", "unparsed", "refused")
    had = [part for part in parts if part.n]
    n = sum(part.n for part in had)
    rates = {name: _weighted([(part.n, part.rates.get(name, 0.0)) for part in had]) for name in names if n}
    return Part(
        n=n,
        scores=sum(part.scores for part in had),
        accuracy=_rate(rates, ("true_task", "both"), [(part.n, part.accuracy) for part in had]),
        lured=_rate(rates, distractors, [(part.n, part.lured) for part in had]),
        counts={name: sum(part.counts.get(name, 0) for part in had) for name in names},
        rates=rates,
    )


def _rate(
    rates: Mapping[str, float], names: tuple[str, ...], had: Sequence[tuple[int, Rate | None]]
) -> Rate | None:
    """Join rates; each part is worth the items that its own interval says, n²/Σ(nᵢ²/effectiveᵢ) in all."""
    n = sum(size for size, _ in had)
    if not n:
        return None
    share = min(1.0, math.fsum(rates[name] for name in names))
    spread = math.fsum(size * size / ((rate and rate.effective) or size) for size, rate in had)
    return replace(wilson(share, max(1.0, n * n / spread)), n=n)


def _weighted(pairs: Sequence[tuple[int, float]]) -> float:
    return math.fsum(n * value for n, value in pairs) / sum(n for n, _ in pairs)


def _mean(means: Sequence[Mean]) -> Mean:
    """Join means of parts: squares about the joint mean are those within the parts and those between them."""
    n = sum(one.n for one in means)
    value = _weighted([(one.n, one.value) for one in means])
    if n == 1 or any(one.error is None and one.n > 1 for one in means):
        return Mean(n=n, value=value, error=None)
    within = math.fsum((one.error or 0.0) ** 2 * one.n * (one.n - 1) for one in means)
    between = math.fsum(one.n * (one.value - value) ** 2 for one in means)
    return Mean(n=n, value=value, error=math.sqrt((within + between) / (n - 1) / n))
