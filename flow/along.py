"""Rows put against the levels of a factor instead of the sizes of models: shots, effort, any number."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from taskc.analysis.row import Part, Row
from taskc.flow.only import Only
from taskc.flow.run_curves import Against, check_placed, check_stated, place_of, read_rows, regime_of
from taskc.flow.selection import BadSelection
from taskc.records.curve import Curve, Point

REGIME = "regime"  # what stands for the regime where a factor is named


class Placed(NamedTuple):
    """A row with its curve and its place on it: a model and its size, or a level and its number."""

    task: str
    regime: str
    family: str
    name: str
    scale: float
    row: Row

    @property
    def curve(self) -> tuple[str, str, str]:
        """Name the curve."""
        return self.task, self.regime, self.family


def placed_rows(
    folders: Sequence[Path], wanted: Against, along: str = "", only: Only | None = None
) -> list[Placed]:
    """Read rows of runs and put each on its curve: along sizes, or along a factor (`regime` may be one).

    Along a factor each model is a family, and `wanted.at` gives numbers by level; without, a level has the
    number that its name ends in. Raises as `run_curves`, and `BadSelection` for a factor that was not
    varied, a level without a number, and two rows in one place.
    """
    rows = read_rows(folders, only or Only())
    if along:
        placed = list(_along(rows, wanted, along))
    else:
        models = list(dict.fromkeys(row.model for row in rows))
        if only is None or not only.narrow:
            check_stated(models, wanted)
        check_placed(models, wanted)
        places = ((row, place_of(row.model, wanted)) for row in rows)
        placed = [Placed(row.task, regime_of(row, mix=wanted.mix), *at, row) for row, at in places if at]
    seen: dict[tuple[str, str, str, str], Placed] = {}
    for one in placed:
        if seen.setdefault((*one.curve, one.name), one) is not one:
            told = (
                f"`{one.name}` would be two points on the curve of `{one.task}`, {one.regime}, {one.family}"
            )
            raise BadSelection(told, "name runs in which each model was asked once")
    return placed


def curves_of_placed(placed: Iterable[Placed], wanted: Against) -> tuple[Curve, ...]:
    """Make curves, in order of appearance, of the rate that is wanted; rows without it are passed over."""
    curves: dict[tuple[str, str, str], list[Point]] = {}
    for one in placed:
        part: Part = getattr(one.row, wanted.part)
        rate = getattr(part, wanted.rate)
        if rate is not None and part.n:
            point = Point(model=one.name, scale=one.scale, value=rate.value, n=part.n)
            curves.setdefault(one.curve, []).append(point)
    return tuple(
        Curve(task=task, regime=regime, family=family, points=tuple(sorted(points, key=lambda p: p.scale)))
        for (task, regime, family), points in curves.items()
    )


def check_logarithms(curves: Iterable[Curve]) -> None:
    """See that every scale has a logarithm; raises `BadSelection`."""
    for curve in curves:
        if curve.points and curve.points[0].scale <= 0:
            told = f"the scale of `{curve.points[0].model}` is {curve.points[0].scale:g}"
            cure = "any number will do with `--axis linear`"
            raise BadSelection(f"{told}, and its logarithm is wanted", cure)


def _along(rows: Iterable[Row], wanted: Against, along: str) -> Iterator[Placed]:
    seen: dict[str, None] = {}
    for row in rows:
        level = row.regime if along == REGIME else row.levels.get(along)
        if level is None:
            continue
        seen[level] = None
        levels = [f"{factor}={one}" for factor, one in row.levels.items() if factor != along]
        way = [row.lowering] if row.lowering and not wanted.mix else []
        regime = ", ".join([*([] if along == REGIME else [row.regime]), *levels, row.measure, *way])
        yield Placed(row.task, regime, row.model, level, _number(level, wanted.at, along), row)
    if not seen:
        raise BadSelection(f"`{along}` was not varied in these runs", "name a factor, or `regime`")
    for name in wanted.at:
        if name not in seen:
            known = ", ".join(f"`{one}`" for one in seen)
            raise BadSelection(f"`{name}` is no level of `{along}`", f"the levels are {known}")


def _number(level: str, at: Mapping[str, float], along: str) -> float:
    """Give the scale of a level: the one stated, or the number that its name ends in, `shots_5`."""
    if level in at:
        return at[level]
    ends = re.search(r"\d+$", level)
    if ends is None:
        told = f"level `{level}` of `{along}` does not end in a number"
        raise BadSelection(told, f"state its scale: `--at {level}=NUMBER`")
    return float(ends[0])
