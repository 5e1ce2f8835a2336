"""What a report compares: regimes beside each other, and models beside the next smaller one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

from msgspec.structs import replace

from taskc.analysis.adjust import ADJUSTMENTS
from taskc.analysis.by_item import Answers, overview
from taskc.analysis.intervals import LEVEL
from taskc.flow.contrast import contrasts_of
from taskc.flow.contrast_sides import Context
from taskc.records.contrast import Contrast
from taskc.records.report import Comparisons, PartName

_Place: TypeAlias = tuple[str, str, float]  # family, name, scale
_Side: TypeAlias = tuple[str, Answers]


def comparisons_of(
    answers: Iterable[Answers],
    places: Mapping[str, _Place],
    main: Mapping[str, PartName],
    *,
    subtasks: bool = False,
) -> tuple[Comparisons | None, list[str]]:
    """Compare all that stands beside each other in a report, and say what is not compared.

    `main` names the items that count for each task. A model that answered a regime in two ways is left out
    there: it has no one answer to compare.
    """
    found = list(answers)
    found = found if subtasks else overview(found)
    regimes = list(_of_regimes(found, places, main))
    models = list(_of_models(found, places, main))
    twice = _in_two_ways(found)
    notes = (
        [f"regimes are not compared where answers were had in two ways: {', '.join(twice)}"] if twice else []
    )
    if not regimes and not models:
        return None, notes
    adjusted, adjust = ADJUSTMENTS["holm"]

    def all_of(made: Sequence[Contrast]) -> tuple[Contrast, ...]:
        values = adjust([one.p for one in made])
        return tuple(replace(one, p_adjusted=p) for one, p in zip(made, values, strict=True))

    told = Comparisons(regimes=all_of(regimes), models=all_of(models), adjusted=adjusted, level=LEVEL)
    return told, notes


def _of_regimes(
    found: Sequence[Answers], places: Mapping[str, _Place], main: Mapping[str, PartName]
) -> Iterator[Contrast]:
    """Hold regimes against the first one; simulated models of one rung are one model, however made."""
    first: dict[tuple[str, str], str] = {}  # by task and measure, the regime that comes first
    groups: dict[tuple[object, ...], dict[str, list[Answers]]] = {}
    for one in found:
        first.setdefault((one.task, one.measure), one.regime)
        who = places[one.model][:2] if one.model in places else one.model
        sides = groups.setdefault((one.task, one.levels, one.measure, who), {})
        sides.setdefault(one.regime, []).append(one)
    for sides in groups.values():
        alone = {regime: some[0] for regime, some in sides.items() if len(some) == 1}
        for regime, other in alone.items():
            base = first[other.task, other.measure]
            if regime != base and base in alone:
                context = (other.task, "", other.levels, other.measure, alone[base].model, "")
                yield from _held(context, (base, alone[base]), (regime, other), main)


def _of_models(
    found: Sequence[Answers], places: Mapping[str, _Place], main: Mapping[str, PartName]
) -> Iterator[Contrast]:
    groups: dict[tuple[Context, str], list[tuple[float, Answers]]] = {}
    for one in found:
        if one.model in places:
            family, _, scale = places[one.model]
            context = (one.task, one.regime, one.levels, one.measure, "", one.lowering)
            groups.setdefault((context, family), []).append((scale, one))
    for (context, _), some in groups.items():
        some.sort(key=lambda pair: pair[0])
        for (small, one), (large, other) in pairwise(some):
            if small < large:
                yield from _held(context, (one.model, one), (other.model, other), main)


def _held(context: Context, first: _Side, second: _Side, main: Mapping[str, PartName]) -> Iterator[Contrast]:
    yield from contrasts_of(context, first, second, "accuracy", main.get(context[0], "all"), LEVEL)


def _in_two_ways(found: Iterable[Answers]) -> list[str]:
    seen: dict[tuple[object, ...], int] = {}
    for one in found:
        key = (one.task, one.regime, one.levels, one.measure, one.model)
        seen[key] = seen.get(key, 0) + 1
    return list(dict.fromkeys(f"{key[0]}, {key[1]}, {key[3]}" for key, times in seen.items() if times > 1))
