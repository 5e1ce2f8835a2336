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
from taskc.records.simulated import PREFIX

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
    `BadSelection` for models whose scale nobody knows, and for one that stands twice on a curve.
    """
    curves: dict[tuple[str, str, str], dict[str, Point]] = {}
    rows = [row for folder in folders for row in _rows(folder)]
    _find_all(sorted({row.model for row in rows}), wanted)
    for row in rows:
        part: Part = getattr(row, wanted.part)
        rate = getattr(part, wanted.rate)
        if rate is None:
            continue
        family, rung, scale = _place(row.model, wanted)
        regime = _regime(row, wanted.mix)
        points = curves.setdefault((row.task, regime, family), {})
        if rung in points:
            twice = " and ".join(f"`{model}`" for model in sorted({points[rung].model, row.model}))
            told = f"{twice} would be two points of one model on the curve of `{row.task}`, {regime}"
            raise BadSelection(told, "name runs in which each model was asked once")
        points[rung] = Point(model=row.model, scale=scale, value=rate.value, n=part.n)
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


def _find_all(models: Sequence[str], wanted: Against) -> None:
    """See that every model has a place, and every stated one is there; raises `BadSelection`."""
    lost = [m for m in models if m not in wanted.at and not any(one.find(m) for one in wanted.ladders)]
    if lost:
        names = ", ".join(f"`{model}`" for model in lost)
        raise BadSelection(
            f"{names} {'is' if len(lost) == 1 else 'are'} on no ladder",
            f"state the scale, `--at {lost[0]}=NUMBER`, or name a file that has it with `--ladder`",
        )
    strange = [model for model in wanted.at if model not in models]
    if strange:
        known = ", ".join(f"`{model}`" for model in models)
        raise BadSelection(f"`{strange[0]}` is in none of these runs", f"asked were {known}")


def _place(model: str, wanted: Against) -> tuple[str, str, float]:
    """Give the family of a model, its name in it, and its scale."""
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
    raise AssertionError("every model has been found")
