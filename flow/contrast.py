"""Runs to comparisons: two runs, or the models, regimes or levels of one, held against each other."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from taskc.analysis.adjust import ADJUSTMENTS, Adjustment
from taskc.analysis.by_item import Answers, overview
from taskc.analysis.contrast import contrast, measures, metrics_of, shared
from taskc.analysis.intervals import LEVEL
from taskc.dsl.diagnostic import similar
from taskc.flow.build_folder import BuildError
from taskc.flow.condition import Condition, check_measured
from taskc.flow.run_items import read_items
from taskc.flow.selection import BadSelection, Wanted, check_names
from taskc.records.contrast import Contrast

USUAL = ("accuracy",)
ENOUGH = 0.9
"""The share of the first side's items that a condition wants answered on the second."""


class Question(Struct, frozen=True, kw_only=True):
    """What is to be compared, and what must not come of it.

    `sides` are two of `RUN` or `RUN:MODEL`, or one whose models, regimes or levels of a factor are
    compared, as `by` says (`model`, `regime` or the factor's name), each with `against`, or the first.
    `sure` is the level of the interval that must lie beyond a condition's number for it to fail.
    """

    sides: tuple[str, ...]
    by: str = ""
    against: str = ""
    metrics: tuple[str, ...] = ()
    part: str = "all"
    wanted: Wanted = Wanted()
    conditions: tuple[Condition, ...] = ()
    sure: float | None = None
    level: float = LEVEL
    adjust: Adjustment = "holm"
    mix: bool = False
    subtasks: bool = False


class Failed(Struct, frozen=True, kw_only=True):
    """A condition, the comparison in which it failed, and by how much that moved."""

    condition: Condition
    contrast: Contrast
    moved: float


class Compared(Struct, frozen=True, kw_only=True):
    """All comparisons, those that failed, and what could not be compared.

    `level` is that of the intervals; `adjusted` says by whom p-values are, `none` if they are not.
    """

    question: Question
    level: float
    adjusted: str
    contrasts: tuple[Contrast, ...]
    failed: tuple[Failed, ...]
    notes: tuple[str, ...]


_Context: TypeAlias = tuple[str, str, tuple[tuple[str, str], ...], str, str, str]
"""Task, regime, levels, measure, model and way, '' for what the sides differ in."""


def compare_runs(question: Question) -> Compared:
    """Compare as asked; raises `BuildError`, `BadSelection`, and `BadCondition` for what nothing measures.

    A metric that is not measured on both sides of some comparison is left out of it, with a note; one that is
    measured in none is an error, and so are sides that have nothing in common. A condition about two runs
    wants all that the first has, of a comparison's items 90 %.
    """
    groups, order = _by_side(question) if len(question.sides) == 1 else _two(question)
    pairs, notes = _pairs(groups, order)
    if not pairs:
        told = notes[0] if notes else "nothing was answered on both sides"
        raise BadSelection(f"there is nothing to compare: {told}", "name runs of the same task and regimes")
    if question.conditions and len(question.sides) == 2:
        _check_whole(groups, order)
    level = question.sure or question.level
    wanted = _metrics(question, pairs)
    check_measured(question.conditions, _measurable(pairs))
    notes += _unmeasured(question, pairs, wanted)
    _check_items(question, pairs)
    made = [
        one
        for metric in wanted
        for context, first, second in pairs
        for one in _contrasts(context, first, second, metric, question.part, level)
    ]
    measured = dict.fromkeys(one.metric for one in made)
    if not made:
        raise BadSelection(f"no {question.part} item was answered on both sides", "take another `--part`")
    check_measured(question.conditions, tuple(measured))
    adjusted, adjust = ADJUSTMENTS[question.adjust]
    contrasts = tuple(
        replace(one, p_adjusted=p) for one, p in zip(made, adjust([one.p for one in made]), strict=True)
    )
    failed = tuple(
        Failed(condition=condition, contrast=one, moved=condition.moved(one.difference))
        for condition in question.conditions
        for one in contrasts
        if condition.fires(one, sure=question.sure is not None)
    )
    return Compared(
        question=question,
        level=level,
        adjusted=adjusted,
        contrasts=contrasts,
        failed=failed,
        notes=tuple(notes),
    )


# --- sides -------------------------------------------------------------------------------------------

_Groups: TypeAlias = dict[_Context, dict[str, Answers]]


def _by_side(question: Question) -> tuple[_Groups, tuple[str, ...]]:
    """Part the answers of one run by what is compared: by context, and the names, the baseline first."""
    found = _read(question.sides[0], question)
    names = _names(found, question.by)
    against = question.against or names[0]
    if against not in names:
        raise BadSelection(f"no {question.by} is called `{against}`", similar(against, names))
    groups: _Groups = {}
    for one in found:
        name = _name_of(one, question.by)
        if name is None:
            continue
        sides = groups.setdefault(_context(one, question, question.by), {})
        if name in sides:
            told = f"`{one.model}` was asked {one.task}, {one.regime}, {one.measure} in several ways"
            raise BadSelection(f"{told}: `{sides[name].lowering}` and `{one.lowering}`", "name one run of it")
        sides[name] = one
    return groups, (against, *(name for name in names if name != against))


def _names(found: Sequence[Answers], by: str) -> list[str]:
    """Name the sides in order of appearance, two at least."""
    names = list(dict.fromkeys(name for one in found if (name := _name_of(one, by)) is not None))
    if not names:
        factors = dict.fromkeys(factor for one in found for factor, _ in one.levels)
        raise BadSelection(f"nothing was varied by `{by}`", similar(by, ["model", "regime", *factors]))
    if len(names) < 2:
        raise BadSelection(f"there is one {by}, `{names[0]}`, and two are compared", "ask another one")
    return names


def _name_of(one: Answers, by: str) -> str | None:
    if by in ("model", "regime"):
        return str(getattr(one, by))
    return dict(one.levels).get(by)


def _two(question: Question) -> tuple[_Groups, tuple[str, ...]]:
    """Read two sides: of one model each, whatever its name, or of the models that both have."""
    sides = [_read(side, question) for side in question.sides]
    models = [{one.model for one in side} for side in sides]
    single = len(models[0]) == len(models[1]) == 1
    if not single and not models[0] & models[1]:
        lists = " and ".join(", ".join(f"`{name}`" for name in sorted(one)) for one in models)
        raise BadSelection(f"the sides have no model in common: {lists}", "choose one of each: `RUN:MODEL`")
    labels = _labels(question.sides, sides)
    groups: _Groups = {}
    for label, side in zip(labels, sides, strict=True):
        for one in side:
            groups.setdefault(_context(one, question, "model" if single else ""), {})[label] = one
    return groups, labels


def _labels(sides: Sequence[str], found: Sequence[Sequence[Answers]]) -> tuple[str, ...]:
    """Call the sides what they were called; of two alike, by number."""
    return tuple(sides) if sides[0] != sides[1] else (f"{sides[0]} (1)", f"{sides[1]} (2)")


def _read(side: str, question: Question) -> list[Answers]:
    """Read `RUN` or `RUN:MODEL`, as much of it as is wanted."""
    folder, model = _parted(side)
    found = read_items([folder], mix=question.mix)
    if model:
        models = dict.fromkeys(one.model for one in found)
        if model not in models:
            raise BadSelection(f"`{folder}` has no model `{model}`", similar(model, models))
        found = [one for one in found if one.model == model]
    wanted = question.wanted
    check_names(
        wanted,
        tasks=(one.task for one in found),
        regimes=(one.regime for one in found),
        measures=(one.measure for one in found),
        factors=(pair for one in found for pair in one.levels),
    )
    found = [one for one in found if wanted.takes(one.task, one.regime, dict(one.levels), one.measure)]
    if not found:
        raise BadSelection(f"nothing of `{folder}` is selected", "loosen `--select`")
    return found if question.subtasks else overview(found)


def _parted(side: str) -> tuple[Path, str]:
    """Part a run from the model behind it: the shortest path that is there."""
    if Path(side).exists():
        return Path(side), ""
    at = side.find(":")
    while at >= 0:
        if Path(side[:at]).is_dir():
            return Path(side[:at]), side[at + 1 :]
        at = side.find(":", at + 1)
    raise BuildError(f"there is no run in `{side}`", "name a folder that `taskc eval` made, or `RUN:MODEL`")


def _context(one: Answers, question: Question, by: str) -> _Context:
    """Say what two sides must have in common to be compared."""
    levels = tuple((factor, level) for factor, level in one.levels if factor != by)
    return (
        one.task,
        "" if by == "regime" else one.regime,
        levels,
        one.measure,
        "" if by == "model" else one.model,
        "" if by == "regime" or question.mix else one.lowering,  # that is part of a regime
    )


# --- pairs -------------------------------------------------------------------------------------------

_Pair: TypeAlias = tuple[_Context, tuple[str, Answers], tuple[str, Answers]]


def _pairs(groups: _Groups, order: Sequence[str]) -> tuple[list[_Pair], list[str]]:
    """Give what is compared with what, first the baseline, and say what has no counterpart."""
    pairs: list[_Pair] = []
    notes: list[str] = []
    alone: dict[tuple[str, ...], list[_Context]] = {}
    for context, sides in groups.items():
        base = sides.get(order[0])
        if len(sides) < len(order):
            alone.setdefault(tuple(name for name in order if name in sides), []).append(context)
        if base is None:
            continue
        for name in order[1:]:
            if name in sides:
                pairs.append((context, (order[0], base), (name, sides[name])))
    for names, contexts in alone.items():
        notes.append(_told_alone(names, contexts, groups))
    return pairs, notes


def _check_whole(groups: _Groups, order: Sequence[str]) -> None:
    """See that the second side has all that the first has, so that a gate is no looser than it looks."""
    lost = [context for context, sides in groups.items() if tuple(sides) == (order[0],)]
    if lost:
        told = f"a condition is about all of `{order[0]}`, and {_told_alone(order[:1], lost, groups)}"
        raise BadSelection(told, "ask the other one too, or take a part of both with `--select`")


def _unmeasured(question: Question, pairs: Sequence[_Pair], wanted: Sequence[str]) -> list[str]:
    """Say which metrics one side alone has; `BadSelection` where a condition on two runs is about one."""
    gate = {one.metric for one in question.conditions} if len(question.sides) == 2 else set()
    found: dict[tuple[str, str, bool], dict[_Context, None]] = {}
    for metric in wanted:
        for context, first, second in pairs:
            there, then = measures(first[1], metric), measures(second[1], metric)
            if there != then:
                name = first[0] if there else second[0]
                found.setdefault((name, metric, there and metric in gate), {})[context] = None
    notes = []
    for (name, metric, lost), contexts in found.items():
        told = f"only `{name}` has `{metric}` of {_listed(list(contexts))}"
        if lost:
            cure = "measure it on the other one too, or take a part of both with `--select`"
            raise BadSelection(f"a condition is about all of `{name}`, and {told}", cure)
        notes.append(told)
    return notes


def _check_items(question: Question, pairs: Sequence[_Pair]) -> None:
    """See that conditions on two runs are about most items of the first; raises `BadSelection`."""
    if len(question.sides) < 2:
        return
    for metric in dict.fromkeys(one.metric for one in question.conditions):
        for context, (name, first), (other, second) in pairs:
            both, whole = shared(first, second, metric, question.part)
            if both < ENOUGH * whole:
                told = f"{whole - both} of {whole} items of `{name}` were not answered in `{other}`"
                cure = f"a condition wants {100 * ENOUGH:g} % of them: evaluate `{other}` whole"
                raise BadSelection(f"{_described(context)}: {metric}: {told}", cure)


def _told_alone(names: Sequence[str], contexts: Sequence[_Context], groups: _Groups) -> str:
    who = " and ".join(f"`{name}`" for name in names)
    others = {context[:5] for context in groups if context not in contexts}
    ways = any(context[:5] in others for context in contexts)
    why = ", as the other was had in another way: `--mix-measures` compares them all the same" if ways else ""
    return f"only {who} {'has' if len(names) == 1 else 'have'} {_listed(contexts)}{why}"


def _listed(contexts: Sequence[_Context]) -> str:
    more = f" and {len(contexts) - 3} more" if len(contexts) > 3 else ""
    return "; ".join(map(_described, contexts[:3])) + more


def _described(context: _Context) -> str:
    task, regime, levels, measure, model, way = context
    said = [task, regime, *(f"{factor}={level}" for factor, level in levels), measure, model]
    return ", ".join(one for one in said if one) + (f" by `{way}`" if way else "")


def _metrics(question: Question, pairs: Sequence[_Pair]) -> tuple[str, ...]:
    """Give the metrics asked for, which some pair must have, and those that conditions are about."""
    known = _measurable(pairs)
    for name in question.metrics:
        if name not in known:
            raise BadSelection(f"nothing here measures `{name}`", similar(name, known))
    about = tuple(one.metric for one in question.conditions)
    stated = question.metrics or (() if about else USUAL)
    return tuple(dict.fromkeys((*stated, *about)))


def _measurable(pairs: Sequence[_Pair]) -> tuple[str, ...]:
    """Name the metrics that both sides of some pair have."""
    found: dict[str, None] = {}
    for _, (_, first), (_, second) in pairs:
        there = set(metrics_of(second))
        found.update((name, None) for name in metrics_of(first) if name in there)
    return tuple(found)


def _contrasts(
    context: _Context,
    first: tuple[str, Answers],
    second: tuple[str, Answers],
    metric: str,
    part: str,
    level: float,
) -> Iterator[Contrast]:
    found = contrast(first[1], second[1], metric, part, level=level)
    if found is None:
        return
    task, regime, levels, measure, model, _ = context
    values = {name: getattr(found, name) for name in _FOUND}
    yield Contrast(
        task=task,
        regime=regime,
        levels=dict(levels),
        measure=measure,
        model=model,
        first=first[0],
        second=second[0],
        metric=metric,
        part=part,
        missing=(len(first[1].missing), len(second[1].missing)),
        p_adjusted=found.p,
        **values,
    )


_FOUND = (
    "paired", "n", "others", "clusters", "only", "values", "difference", "interval", "low", "high", "up",
    "down", "p", "mid_p", "test",
)  # fmt: skip
