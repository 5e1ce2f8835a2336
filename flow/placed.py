"""Rows put on curves: against the sizes of models, or the levels of a factor, shots, effort, any number."""

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from taskc.analysis.row import Row
from taskc.flow.ladders import find_ladder, shipped_ladders
from taskc.flow.selection import BadSelection
from taskc.records.curve import Curve
from taskc.records.ladder import Axis, Ladder
from taskc.records.report import PartName, RateName
from taskc.records.simulated import PREFIX

GIVEN = "given"  # the family of models whose scale is stated on the command line
REGIME = "regime"  # what stands for the regime where a factor is named


class Against(Struct, frozen=True, kw_only=True):
    """What is put against what: which rate of which items, along which axis of which ladders.

    `at` gives scales by model string, which go before any ladder. With `mix`, answers that were had in
    different ways may share a curve.
    """

    ladders: tuple[Ladder, ...]
    axis: Axis = "parameters"
    part: PartName = "all"
    rate: RateName = "accuracy"
    at: Mapping[str, float] = {}
    mix: bool = False


def against(
    ladders: Sequence[str],
    at: Sequence[str],
    axis: Axis = "parameters",
    part: PartName = "all",
    rate: RateName = "accuracy",
    *,
    mix: bool = False,
) -> Against:
    """Read what a command line says; without `ladders` all shipped ones are taken. Raises `BadSelection`."""
    found = [find_ladder(name) for name in ladders] or list(shipped_ladders().values())
    return Against(ladders=tuple(found), axis=axis, part=part, rate=rate, at=dict(map(_stated, at)), mix=mix)


def _stated(text: str) -> tuple[str, float]:
    model, _, scale = text.rpartition("=")
    try:
        number = float(scale)
    except ValueError:
        number = float("nan")
    if not model or not abs(number) < float("inf"):
        raise BadSelection(
            f"`{text}` is not the scale of a model", "write `MODEL=SCALE`, for instance `a/b=7e9`"
        )
    return model, number


class Placed(NamedTuple):
    """A row with its curve and its place on it: a model and its size, or a level and its number.

    `name` stands once on a curve; `shown` is what its point is called.
    """

    task: str
    regime: str
    family: str
    name: str
    shown: str
    scale: float
    row: Row

    @property
    def curve(self) -> tuple[str, str, str]:
        """Name the curve."""
        return self.task, self.regime, self.family


def by_size(rows: Iterable[Row], wanted: Against) -> list[Placed]:
    """Put rows against the sizes of their models; those of models on no ladder are passed over."""
    return [
        Placed(row.task, regime_of(row, mix=wanted.mix), family, rung, row.model, scale, row)
        for row in rows
        if (place := place_of(row.model, wanted))
        for family, rung, scale in (place,)
    ]


def by_level(rows: Iterable[Row], wanted: Against, along: str) -> list[Placed]:
    """Put rows against the levels of a factor, `regime` may be one; each model is a family.

    `wanted.at` gives numbers by level; without, a level has the number that its name ends in. Raises
    `BadSelection` for a factor that was not varied, and for a level without a number.
    """
    placed = list(_by_level(rows, wanted, along))
    if not placed:
        raise BadSelection(f"`{along}` was not varied in these runs", "name a factor, or `regime`")
    seen = dict.fromkeys(one.name for one in placed)
    for name in wanted.at:
        if name not in seen:
            known = ", ".join(f"`{one}`" for one in seen)
            raise BadSelection(f"`{name}` is no level of `{along}`", f"the levels are {known}")
    return placed


def _by_level(rows: Iterable[Row], wanted: Against, along: str) -> Iterator[Placed]:
    for row in rows:
        level = row.regime if along == REGIME else row.levels.get(along)
        if level is None:
            continue
        levels = [f"{factor}={one}" for factor, one in row.levels.items() if factor != along]
        way = [row.lowering] if row.lowering and not wanted.mix else []
        regime = ", ".join([*([] if along == REGIME else [row.regime]), *levels, row.measure, *way])
        yield Placed(row.task, regime, row.model, level, level, _number(level, wanted.at, along), row)


def _number(level: str, at: Mapping[str, float], along: str) -> float:
    """Give the scale of a level: the one stated, or the number that its name ends in, `shots_5`."""
    if level in at:
        return at[level]
    ends = re.search(r"\d+$", level)
    if ends is None:
        told = f"level `{level}` of `{along}` does not end in a number"
        raise BadSelection(told, f"state its scale: `--at {level}=NUMBER`")
    return float(ends[0])


def check_logarithms(curves: Iterable[Curve]) -> None:
    """See that every scale has a logarithm; raises `BadSelection`."""
    for curve in curves:
        if curve.points and curve.points[0].scale <= 0:
            told = f"the scale of `{curve.points[0].model}` is {curve.points[0].scale:g}"
            cure = "any number will do with `--axis linear`"
            raise BadSelection(f"{told}, and its logarithm is wanted", cure)


def check_placed(models: Iterable[str], wanted: Against) -> None:
    """See that every model has a scale; raises `BadSelection`."""
    if lost := sorted(model for model in models if place_of(model, wanted) is None):
        names = ", ".join(f"`{model}`" for model in lost)
        raise BadSelection(f"{names} {'is' if len(lost) == 1 else 'are'} on no ladder", cure_of(lost[0]))


def cure_of(model: str) -> str:
    """Say what to do about a model that is on no ladder."""
    stated = shlex.quote(f"{model}=NUMBER")
    return f"state the scale, `--at {stated}`, or name a file that has it with `--ladder`"


def regime_of(row: Row, *, mix: bool) -> str:
    """Name the setting of a row: regime, levels, measure, and the way in which answers were had."""
    levels = [f"{factor}={level}" for factor, level in row.levels.items()]
    way = [row.lowering] if row.lowering and not mix else []
    return ", ".join([row.regime, *levels, row.measure, *way])


def check_stated(models: Sequence[str], wanted: Against) -> None:
    """See that every model whose scale is stated is there; raises `BadSelection`."""
    strange = [model for model in wanted.at if model not in models]
    if strange:
        known = ", ".join(f"`{model}`" for model in models)
        raise BadSelection(f"`{strange[0]}` is in none of these runs", f"asked were {known}")


def place_of(model: str, wanted: Against) -> tuple[str, str, float] | None:
    """Give the family of a model, its name in it, and its scale; None for a model on no ladder.

    Raises `BadSelection` where its ladder does not know its place on the axis.
    """
    if model in wanted.at:
        return GIVEN, model, wanted.at[model]
    for ladder in wanted.ladders:
        rung = ladder.find(model)
        if rung is not None:
            scale = rung.along(wanted.axis)
            if scale is None:
                told = f"the {wanted.axis} of `{model}` are not known to the ladder `{ladder.name}`"
                raise BadSelection(told, f"state them, `--at {model}=NUMBER`, or take another `--scale`")
            made_up = model.startswith(PREFIX) and not ladder.name.startswith(PREFIX.rstrip("/"))
            return f"{PREFIX}{ladder.name}" if made_up else ladder.name, rung.name, float(scale)
    return None
