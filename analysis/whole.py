"""Rows of subtasks taken together: a row for the task, as if its items had been gathered in one."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from taskc.analysis.intervals import Mean, Rate, wilson
from taskc.analysis.row import Part, Row


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
    names = dict.fromkeys(name for row in rows for name in row.numbers)
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
        conflict=_part([row.conflict for row in rows], distractors),
        agree=_part([row.agree for row in rows], distractors),
        numbers={name: _mean([row.numbers[name] for row in rows if name in row.numbers]) for name in names},
        lowering=first.lowering,
    )


def _part(parts: Sequence[Part], distractors: tuple[str, ...]) -> Part:
    names = ("true_task", "both", *distractors, "other", "unparsed", "refused")
    had = [part for part in parts if part.n]
    n = sum(part.n for part in had)
    rates = {name: _weighted([(part.n, part.rates.get(name, 0.0)) for part in had]) for name in names if n}
    return Part(
        n=n,
        scores=sum(part.scores for part in had),
        accuracy=_rate(rates, ("true_task", "both"), n),
        lured=_rate(rates, distractors, n),
        counts={name: sum(part.counts.get(name, 0) for part in had) for name in names},
        rates=rates,
    )


def _rate(rates: Mapping[str, float], names: tuple[str, ...], n: int) -> Rate | None:
    return wilson(min(1.0, math.fsum(rates[name] for name in names)), n) if n else None


def _weighted(pairs: Sequence[tuple[int, float]]) -> float:
    return math.fsum(n * value for n, value in pairs) / sum(n for n, _ in pairs)


def _mean(means: Sequence[Mean]) -> Mean:
    """Join means of parts: squares about the joint mean are those within the parts and those between them."""
    n = sum(one.n for one in means)
    value = _weighted([(one.n, one.value) for one in means])
    if n == 1:
        return Mean(n=1, value=value, error=None)
    within = math.fsum((one.error or 0.0) ** 2 * one.n * (one.n - 1) for one in means)
    between = math.fsum(one.n * (one.value - value) ** 2 for one in means)
    return Mean(n=n, value=value, error=math.sqrt((within + between) / (n - 1) / n))
