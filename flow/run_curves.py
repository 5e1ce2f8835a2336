"""Runs to curves: what models did in evaluations, put against their sizes."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, TypeAlias

from msgspec import Struct

from taskc.analysis.aggregate import Part, Row
from taskc.flow.build import BuildError
from taskc.flow.ladders import find_ladder, shipped_ladders
from taskc.flow.selection import BadSelection
from taskc.records import lines
from taskc.records.curve import Curve, Point
from taskc.records.ladder import Axis, Ladder

PartName: TypeAlias = Literal["all", "conflict", "agree"]
RateName: TypeAlias = Literal["accuracy", "lured"]
ROWS = "rows.jsonl"
GIVEN = "given"  # the family of models whose scale is stated on the command line


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


def run_curves(folders: Sequence[Path], wanted: Against) -> tuple[Curve, ...]:
    """Make the curves of runs, or of folders of runs.

    A curve is one task, regime with its levels, measure and family; answers that were had in different ways
    share none unless they are to be mixed. Raises `BuildError` for what is no run, and
    `BadSelection` for a model whose scale nobody knows, and for one that stands twice on a curve.
    """
    curves: dict[tuple[str, str, str], dict[str, Point]] = {}
    for row in (row for folder in folders for row in _rows(folder)):
        part: Part = getattr(row, wanted.part)
        rate = getattr(part, wanted.rate)
        if rate is None:
            continue
        family, scale = _place(row.model, wanted)
        regime = _regime(row, wanted.mix)
        points = curves.setdefault((row.task, regime, family), {})
        if row.model in points:
            told = f"`{row.model}` stands twice on the curve of `{row.task}`, {regime}"
            raise BadSelection(told, "name one run in which it was asked that")
        points[row.model] = Point(model=row.model, scale=scale, value=rate.value, n=part.n)
    return tuple(
        Curve(
            task=task,
            regime=regime,
            family=family,
            points=tuple(sorted(points.values(), key=lambda point: point.scale)),
        )
        for (task, regime, family), points in curves.items()
    )


def _rows(folder: Path) -> Iterator[Row]:
    """Read the rows of a run, or of all runs in a folder of runs."""
    if not (folder / ROWS).is_file():
        inner = sorted(path.parent for path in folder.glob(f"*/{ROWS}"))
        if not inner:
            cure = "name a folder that `taskc eval` made, or one that holds some: `taskc curves runs`"
            raise BuildError(f"`{folder}` is not a run", cure)
        for one in inner:
            yield from _rows(one)
        return
    try:
        with (folder / ROWS).open("rb") as file:
            yield from lines.load_all(Row, file)
    except lines.LineError as problem:
        raise BuildError(
            f"`{folder / ROWS}` cannot be read: {problem}", "`taskc score` makes it anew"
        ) from None


def _regime(row: Row, mix: bool) -> str:
    levels = [f"{factor}={level}" for factor, level in row.levels.items()]
    way = [row.lowering] if row.lowering and not mix else []
    return ", ".join([row.regime, *levels, row.measure, *way])


def _place(model: str, wanted: Against) -> tuple[str, float]:
    """Give the family of a model, and its scale."""
    if model in wanted.at:
        return GIVEN, wanted.at[model]
    for ladder in wanted.ladders:
        rung = ladder.find(model)
        if rung is not None:
            scale = rung.along(wanted.axis)
            if scale is None:
                told = f"the {wanted.axis} of `{model}` are not known to the ladder `{ladder.name}`"
                raise BadSelection(told, f"state them, `--at {model}=NUMBER`, or take another `--scale`")
            return ladder.name, float(scale)
    raise BadSelection(
        f"`{model}` is on no ladder",
        f"state its scale, `--at {model}=NUMBER`, or name a file that has it with `--ladder`",
    )
