"""Items over all models: how often each is right and lured, and which of them tell most."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from taskc.analysis.by_item import Answers
from taskc.records.report import ItemLine, Setting, Why

_FALL = 0.25  # the larger half of the models is right so much less often than the smaller half
_SURE = 0.5  # an item is lured, or missed, where at least so many of the answers say so


def setting_of(one: Answers, *, mix: bool) -> Setting:
    """Give the setting of the answers of one model."""
    return Setting(regime=one.regime, levels=one.levels, measure=one.measure, how="" if mix else one.lowering)


def item_lines(
    answers: Iterable[Answers], scales: Mapping[str, float], *, mix: bool = False
) -> Iterator[ItemLine]:
    """Give a line for each item of each task and setting, over the models that answered it.

    `scales` are the sizes of models along one axis, by model string; those it lacks take no part in `fall`.
    """
    groups: dict[tuple[str, Setting], list[Answers]] = {}
    for one in answers:
        if one.items:
            groups.setdefault((one.task, setting_of(one, mix=mix)), []).append(one)
    for (task, setting), group in groups.items():
        yield from _lines(task, setting, group, scales)


def _lines(
    task: str, setting: Setting, group: Sequence[Answers], scales: Mapping[str, float]
) -> Iterator[ItemLine]:
    seen: dict[str, list[tuple[float, float, float]]] = {}  # size, right and lured, of each model
    conflict: dict[str, bool] = {}
    for one in group:
        size = scales.get(one.model, math.nan)
        columns = zip(one.items, one.conflict, one.correct, one.lured, strict=True)
        for item, competes, right, lured in columns:
            seen.setdefault(item, []).append((size, right, lured))
            conflict[item] = conflict.get(item, False) or bool(competes)
    for item, told in seen.items():
        yield ItemLine(
            task=task,
            item=item,
            setting=setting,
            conflict=conflict[item],
            models=len(told),
            right=math.fsum(right for _, right, _ in told) / len(told),
            lured=math.fsum(lured for _, _, lured in told) / len(told),
            fall=_fall([(size, right) for size, right, _ in told if not math.isnan(size)]),
        )


def _fall(told: list[tuple[float, float]]) -> float | None:
    """Give how much less often the larger half of the models is right than the smaller one.

    Models of the middle size belong to neither half, so that models of one size have none.
    """
    sizes = sorted(size for size, _ in told)
    half = len(told) // 2
    if not half or sizes[half - 1] == sizes[-half]:
        return None
    small = [right for size, right in told if size <= sizes[half - 1]]
    large = [right for size, right in told if size >= sizes[-half]]
    return math.fsum(small) / len(small) - math.fsum(large) / len(large)


def telling(lines: Iterable[ItemLine], each: int) -> list[tuple[ItemLine, Why]]:
    """Choose the items that tell most, at most `each` of each kind for a task and its subtasks, none twice.

    `falls`: smaller models are right and larger ones are not, by most first; `lured`: the answers of half the
    models or more follow a distractor; `missed`: half or more are wrong without being lured. Ties go to the
    item that comes first.
    """
    tasks: dict[str, list[ItemLine]] = {}
    for line in lines:
        tasks.setdefault(line.task.partition(".")[0], []).append(line)
    return [one for some in tasks.values() for one in _of_task(some, each)]


def _of_task(lines: Sequence[ItemLine], each: int) -> Iterator[tuple[ItemLine, Why]]:
    kinds: tuple[tuple[Why, list[tuple[float, ItemLine]]], ...] = (
        ("falls", [(one.fall, one) for one in lines if one.fall is not None and one.fall >= _FALL]),
        ("lured", [(one.lured, one) for one in lines if one.conflict and one.lured >= _SURE]),
        ("missed", [(_missed(one), one) for one in lines if _missed(one) >= _SURE]),
    )
    taken: set[tuple[str, str]] = set()
    for why, ranked in kinds:
        left = each
        for _, one in sorted(ranked, key=lambda pair: -pair[0]):
            if not left:
                break
            if (one.task, one.item) not in taken:
                taken.add((one.task, one.item))
                left -= 1
                yield one, why


def _missed(line: ItemLine) -> float:
    return 1.0 - line.right - line.lured
