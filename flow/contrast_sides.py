"""The sides of a comparison: what is asked, and the answers of each by what they have in common."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct

from taskc.analysis.adjust import Adjustment
from taskc.analysis.by_item import Answers, overview
from taskc.analysis.intervals import LEVEL
from taskc.dsl.diagnostic import similar
from taskc.flow.build_folder import BuildError
from taskc.flow.condition import Condition
from taskc.flow.run_items import read_items
from taskc.flow.selection import BadSelection, Wanted, check_names
from taskc.records.shown import short_names
from taskc.records.simulated import PREFIX


class Question(Struct, frozen=True, kw_only=True):
    """What is to be compared, and what must not come of it.

    `sides` are two of `RUN` or `RUN:MODEL`, or one whose models, regimes or levels of a factor are
    compared, as `by` says (`model`, `regime` or the factor's name), each with `against`, or the first.
    `sure` is the level of the interval that must lie beyond a condition's number for it to fail. `pool`
    names what is taken together: `task`, `regime`, `measure`, `model` or a factor. With `unpaired`, a
    condition may be about sides that share no item.
    """

    sides: tuple[str, ...]
    by: str = ""
    against: str = ""
    metrics: tuple[str, ...] = ()
    part: str = "all"
    wanted: Wanted = Wanted()
    conditions: tuple[Condition, ...] = ()
    sure: float | None = None
    pool: tuple[str, ...] = ()
    unpaired: bool = False
    level: float = LEVEL
    adjust: Adjustment = "holm"
    mix: bool = False
    subtasks: bool = False


Context: TypeAlias = tuple[str, str, tuple[tuple[str, str], ...], str, str, str]
"""Task, regime, levels, measure, model and way, '' for what the sides differ in."""
Groups: TypeAlias = dict[Context, dict[str, Answers]]
"""What each side answered, by what the sides have in common."""


_MATCHED = "simulated models are matched by what stands before `?`: what they can do may differ"


def by_side(question: Question) -> tuple[Groups, tuple[str, ...], list[str]]:
    """Part the answers of one run by what is compared: by context, and the names, the baseline first."""
    found = _read(question.sides[0], question)
    names = _names(found, question.by)
    against = question.against or names[0]
    if against not in names:
        raise BadSelection(f"no {question.by} is called `{against}`", similar(against, names))
    order = (against, *(name for name in names if name != against))
    groups = _grouped(found, question)
    notes = []
    if question.by != "model":
        short = _grouped_shortly(found, question)
        if _whole(short, order) > _whole(groups, order):
            groups = short
            notes.append(_MATCHED)
    return groups, order, notes


def _grouped(found: Sequence[Answers], question: Question) -> Groups:
    """Put answers by what they have in common; raises `BadSelection` for what was asked in several ways."""
    groups: Groups = {}
    for one in found:
        name = _name_of(one, question.by)
        if name is None:
            continue
        sides = groups.setdefault(_context(one, question, question.by), {})
        if name in sides:
            told = f"`{one.model}` was asked {one.task}, {one.regime}, {one.measure} in several ways"
            raise BadSelection(f"{told}: `{sides[name].lowering}` and `{one.lowering}`", "name one run of it")
        sides[name] = one
    return groups


def _grouped_shortly(found: Sequence[Answers], question: Question) -> Groups:
    """Do the same with simulated models by what stands before `?`; nothing where that names two of a side."""
    shown = {
        one.model: one.model.partition("?")[0] if one.model.startswith(PREFIX) else one.model for one in found
    }
    try:
        return _grouped([replace(one, model=shown[one.model]) for one in found], question)
    except BadSelection:
        return {}


def _whole(groups: Groups, order: Sequence[str]) -> int:
    """Count the comparisons that there are."""
    return sum(len(sides) - 1 for sides in groups.values() if order[0] in sides)


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


def two(question: Question) -> tuple[Groups, tuple[str, ...], list[str]]:
    """Read two sides: of one model each, whatever its name, or of the models that both have.

    Simulated models are matched by what stands before `?`, which a note says.
    """
    sides = [_read(side, question) for side in question.sides]
    notes = []
    models = [{one.model for one in side} for side in sides]
    single = len(models[0]) == len(models[1]) == 1
    short = [short_names(side) for side in models]
    if not single and len(models[0] & models[1]) < len(set(short[0].values()) & set(short[1].values())):
        sides = [
            [replace(one, model=names[one.model]) for one in side]
            for side, names in zip(sides, short, strict=True)
        ]
        notes.append(_MATCHED)
    elif not single and not models[0] & models[1]:
        lists = " and ".join(", ".join(f"`{name}`" for name in sorted(one)) for one in models)
        raise BadSelection(f"the sides have no model in common: {lists}", "choose one of each: `RUN:MODEL`")
    labels = _labels(question.sides, sides)
    groups: Groups = {}
    for label, side in zip(labels, sides, strict=True):
        for one in side:
            groups.setdefault(_context(one, question, "model" if single else ""), {})[label] = one
    return groups, labels, notes


def _labels(sides: Sequence[str], found: Sequence[Sequence[Answers]]) -> tuple[str, ...]:
    """Call the sides what they were called; of two alike, by number."""
    return tuple(sides) if sides[0] != sides[1] else (f"{sides[0]} (1)", f"{sides[1]} (2)")


def _read(side: str, question: Question) -> list[Answers]:
    """Read `RUN` or `RUN:MODEL`, as much of it as is wanted."""
    folder, model = _parted(side)
    found = read_items([folder], mix=question.mix)
    if not found:
        raise BuildError(f"`{folder}` holds no scores", "`taskc score` makes them anew")
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


def _context(one: Answers, question: Question, by: str) -> Context:
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
