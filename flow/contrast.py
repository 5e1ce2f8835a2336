"""Runs to comparisons: two runs, or the models, regimes or levels of one, held against each other."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from taskc.analysis.adjust import ADJUSTMENTS
from taskc.analysis.by_item import Answers
from taskc.analysis.contrast import contrast, measures, metrics_of, shared
from taskc.dsl.diagnostic import similar
from taskc.flow.condition import Condition, check_measured
from taskc.flow.contrast_pool import Pair, pool
from taskc.flow.contrast_sides import Context, Groups, Question, by_side, two
from taskc.flow.selection import BadSelection
from taskc.records.contrast import Contrast
from taskc.records.shown import short_names

USUAL = ("accuracy",)
ENOUGH = 0.9
"""The share of the first side's items that a condition wants answered on the second."""


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


def compare_runs(question: Question) -> Compared:
    """Compare as asked; raises `BuildError`, `BadSelection`, and `BadCondition` for what nothing measures.

    A metric that is not measured on both sides of some comparison is left out of it, with a note; one that is
    measured in none is an error, and so are sides that have nothing in common. A condition wants all that the
    first side has, of a comparison's items 90 %; of sides that share no item only where that is `unpaired`.
    """
    groups, order, notes = by_side(question) if len(question.sides) == 1 else two(question)
    pairs, alone = _pairs(groups, order)
    notes += alone
    if not pairs:
        told = alone[0] if alone else "nothing was answered on both sides"
        raise BadSelection(f"there is nothing to compare: {told}", "name runs of the same task and regimes")
    if question.conditions:
        _check_whole(groups, order)
    level = question.sure or question.level
    wanted = _metrics(question, pairs)
    check_measured(question.conditions, _measurable(pairs))
    notes += _unmeasured(question, pairs, wanted)
    _check_items(question, pairs)
    made = [
        one
        for metric in wanted
        for context, first, second, over in pool(_with(metric, pairs), question.pool)
        for one in contrasts_of(context, first, second, metric, question.part, level, over)
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


# --- pairs -------------------------------------------------------------------------------------------


def _pairs(groups: Groups, order: Sequence[str]) -> tuple[list[Pair], list[str]]:
    """Give what is compared with what, first the baseline, and say what has no counterpart."""
    pairs: list[Pair] = []
    notes: list[str] = []
    alone: dict[tuple[str, ...], list[Context]] = {}
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


def _check_whole(groups: Groups, order: Sequence[str]) -> None:
    """See that all sides have what the first has, so that a gate is no looser than it looks."""
    lost: dict[tuple[str, ...], list[Context]] = {}
    for context, sides in groups.items():
        if order[0] in sides and len(sides) < len(order):
            lost.setdefault(tuple(name for name in order if name in sides), []).append(context)
    for names, contexts in lost.items():
        told = f"a condition is about all of `{order[0]}`, and {_told_alone(names, contexts, groups)}"
        raise BadSelection(told, "ask the others too, or take a part that all have with `--select`")


def _with(metric: str, pairs: Sequence[Pair]) -> list[Pair]:
    """Leave those of which both sides have a metric."""
    return [pair for pair in pairs if measures(pair[1][1], metric) and measures(pair[2][1], metric)]


def _unmeasured(question: Question, pairs: Sequence[Pair], wanted: Sequence[str]) -> list[str]:
    """Say which metrics one side alone has; raises `BadSelection` where a condition is about such a one."""
    gate = {one.metric for one in question.conditions}
    found: dict[tuple[str, str, bool], dict[Context, None]] = {}
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


def _check_items(question: Question, pairs: Sequence[Pair]) -> None:
    """See that conditions are about most items of the first side; raises `BadSelection`."""
    for metric in dict.fromkeys(one.metric for one in question.conditions):
        for context, (name, first), (other, second) in pairs:
            both, whole = shared(first, second, metric, question.part)
            if both >= ENOUGH * whole or (question.unpaired and not shared(first, second, metric)[0]):
                continue
            told = f"{whole - both} of {whole} items of `{name}` were not answered in `{other}`"
            cure = f"a condition wants {100 * ENOUGH:g} % of them: evaluate `{other}` whole"
            if not shared(first, second, metric)[0]:
                cure = "items of other names are other items: `--unpaired` takes the sides for two samples"
            raise BadSelection(f"{_described(context)}: {metric}: {told}", cure)


def _told_alone(names: Sequence[str], contexts: Sequence[Context], groups: Groups) -> str:
    who = " and ".join(f"`{name}`" for name in names)
    others = {context[:5] for context in groups if context not in contexts}
    ways = any(context[:5] in others for context in contexts)
    why = ", as the other was had in another way: `--mix-measures` compares them all the same" if ways else ""
    return f"only {who} {'has' if len(names) == 1 else 'have'} {_listed(contexts)}{why}"


def _listed(contexts: Sequence[Context]) -> str:
    more = f" and {len(contexts) - 3} more" if len(contexts) > 3 else ""
    return "; ".join(map(_described, contexts[:3])) + more


def _described(context: Context) -> str:
    task, regime, levels, measure, model, way = context
    named = short_names([model])[model]
    said = [task, regime, *(f"{factor}={level}" for factor, level in levels), measure, named]
    return ", ".join(one for one in said if one) + (f" by `{way}`" if way else "")


def _metrics(question: Question, pairs: Sequence[Pair]) -> tuple[str, ...]:
    """Give the metrics asked for, which some pair must have, and those that conditions are about."""
    known = _measurable(pairs)
    for name in question.metrics:
        if name not in known:
            raise BadSelection(f"nothing here measures `{name}`", similar(name, known))
    about = tuple(one.metric for one in question.conditions)
    stated = question.metrics or (() if about else USUAL)
    return tuple(dict.fromkeys((*stated, *about)))


def _measurable(pairs: Sequence[Pair]) -> tuple[str, ...]:
    """Name the metrics that both sides of some pair have."""
    found: dict[str, None] = {}
    for _, (_, first), (_, second) in pairs:
        there = set(metrics_of(second))
        found.update((name, None) for name in metrics_of(first) if name in there)
    return tuple(found)


def contrasts_of(
    context: Context,
    first: tuple[str, Answers],
    second: tuple[str, Answers],
    metric: str,
    part: str,
    level: float,
    pooled: Mapping[str, int] | None = None,
) -> Iterator[Contrast]:
    """Hold two sides against each other; nothing where there is nothing to compare. P is not adjusted yet."""
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
        pooled=pooled or {},
        **values,
    )


_FOUND = (
    "paired", "n", "others", "clusters", "only", "values", "difference", "interval", "low", "high", "up",
    "down", "p", "mid_p", "test",
)  # fmt: skip
