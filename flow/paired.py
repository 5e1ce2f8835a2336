"""Items that the models of a curve answered, and whose answers those were: what shares alone do not say."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import compress
from pathlib import Path
from typing import TypeAlias

from taskc.analysis.by_item import Answers
from taskc.analysis.paired import Column, paired_errors
from taskc.analysis.row import Part, Row
from taskc.flow.placed import regime_of
from taskc.flow.run_items import SCORES, read_items
from taskc.flow.selection import BadSelection
from taskc.records.curve import Answered, Paired
from taskc.records.report import PartName, RateName

Items: TypeAlias = Mapping[tuple[object, ...], Sequence[Answers]]
"""What was answered, by `_key`: one for a task, or one for each of its subtasks."""
_SHARES = "judged by shares alone, without what items have in common; `taskc score` makes both anew"


def read_paired(runs: Sequence[Path], *, mix: bool = False) -> tuple[Items, tuple[str, ...]]:
    """Read what items were answered in runs; nothing, and the reason, where one of them has its rows only.

    Nothing, too, where two runs tell differently of one model: no curve can have both.
    """
    lost = [f"`{run}`" for run in runs if not (run / SCORES).is_file()]
    if lost:
        have = "has" if len(lost) == 1 else "have"
        return {}, (f"{', '.join(lost)} {have} no `{SCORES}`: {_SHARES}",)
    try:
        return sorted_out(read_items(runs, mix=mix)), ()
    except BadSelection as problem:
        return {}, (f"{problem}: {_SHARES}",)


def unlike(rows: Iterable[Row], items: Items, *, mix: bool = False) -> tuple[str, ...]:
    """Say of which rows the items are not all there: `scores.jsonl` is empty, cut or changed."""
    lost: dict[str, None] = {}
    for row in rows:
        have = sum(len(one.items) for one in items.get(_key(row, mix), ()))
        if have != row.all.n:
            lost[f"`{row.model}`, {row.task}, {regime_of(row, mix=mix)} ({have:,} of {row.all.n:,})"] = None
    if not lost:
        return ()
    told = "; ".join(list(lost)[:3]) + (f" and {len(lost) - 3} more" if len(lost) > 3 else "")
    return (f"`{SCORES}` has not the items of these rows: {told}: {_SHARES}",)


def sorted_out(answers: Iterable[Answers]) -> Items:
    """Find answers again by what their rows say, also by the rows of whole tasks."""
    out: dict[tuple[object, ...], list[Answers]] = {}
    for one in answers:
        for task in dict.fromkeys((one.task, one.task.partition(".")[0])):
            key = (task, one.regime, one.levels, one.measure, one.model, one.lowering)
            out.setdefault(key, []).append(one)
    return out


def pair_rows(
    rows: Sequence[Row], items: Items, part: PartName, rate: RateName, *, mix: bool = False
) -> Paired | None:
    """Give how the errors of the rows' shares hang together; None where the items of one are not known."""
    columns = []
    for row in rows:
        found = items.get(_key(row, mix), ())
        column = _column(found, part, rate)
        if len(column.items) != getattr(row, part).n or not column.items:
            return None
        columns.append(column)
    return paired_errors(columns)


def _key(row: Row, mix: bool) -> tuple[object, ...]:
    way = "" if mix else row.lowering
    return row.task, row.regime, tuple(row.levels.items()), row.measure, row.model, way


def _column(answers: Sequence[Answers], part: PartName, rate: RateName) -> Column:
    """Put the items of a task, or of all its subtasks, into one column; items are named with their task."""
    items: list[str] = []
    values: list[float] = []
    clusters: list[str] = []
    for one in answers:
        kept = [part == "all" or bool(torn) is (part == "conflict") for torn in one.conflict]
        items += (f"{one.task}\n{item}" for item in compress(one.items, kept))
        values += compress(one.correct if rate == "accuracy" else one.lured, kept)
        named = one.clusters or [""] * len(one.items)
        clusters += (f"{one.task}\n{cluster}" if cluster else "" for cluster in compress(named, kept))
    return Column(items=items, values=values, clusters=clusters)


def answered(row: Row) -> Answered:
    """Give whose answers were given, in items; a guess hits alike on all kinds of items."""
    control = row.control
    known, missed = (_right(control), _count(control, ("other",))) if control else (0.0, 0.0)
    chance = row.chance or 0.0
    return Answered(
        true=_right(row.conflict),
        lured=_count(row.conflict, row.distractors),
        other=_count(row.conflict, ("other",)),
        agreed=max(0.0, _right(row.agree) - known),
        erred=max(0.0, _count(row.agree, ("other",)) - missed),
        known=known,
        missed=missed,
        chance=chance,
        bait=row.attribution.bait if row.attribution else chance,
    )


def _right(part: Part) -> float:
    return _count(part, ("true_task", "both"))


def _count(part: Part, names: Iterable[str]) -> float:
    return sum(part.rates.get(name, 0.0) * part.n for name in names)
