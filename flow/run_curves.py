"""Runs to curves: what models did in evaluations, put against their sizes."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import compress
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from msgspec import Struct

from taskc.analysis.by_item import Answers
from taskc.analysis.paired import Column, shared_errors
from taskc.analysis.row import Part, Row
from taskc.flow.build import BuildError
from taskc.flow.ladders import find_ladder, shipped_ladders
from taskc.flow.run_items import SCORES, read_items
from taskc.flow.selection import BadSelection
from taskc.records import lines
from taskc.records.curve import Answered, Curve, Point, Shared
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
    curves: dict[tuple[str, str, str], dict[str, _Place]] = {}
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
            twice = " and ".join(f"`{model}`" for model in sorted({points[rung].row.model, row.model}))
            told = f"{twice} would be two points of one model on the curve of `{row.task}`, {regime}"
            raise BadSelection(told, "name runs in which each model was asked once")
        points[rung] = _Place(Point(model=row.model, scale=scale, value=rate.value, n=part.n), row)
    items = _items(folders)
    return tuple(
        _curve(key, sorted(places.values(), key=lambda place: place.point.scale), items, wanted)
        for key, places in curves.items()
    )


class _Place(NamedTuple):
    """A point of a curve, and the row that it comes from."""

    point: Point
    row: Row


_Items: TypeAlias = Mapping[tuple[object, ...], Answers]


def _curve(key: tuple[str, str, str], places: Sequence[_Place], items: _Items, wanted: Against) -> Curve:
    task, regime, family = key
    rows = [place.row for place in places]
    torn = any(row.conflict.n for row in rows)
    return Curve(
        task=task,
        regime=regime,
        family=family,
        points=tuple(place.point for place in places),
        shared=_shared(places, items, wanted),
        answered=tuple(map(_answered, rows)) if torn else None,
    )


def _items(folders: Sequence[Path]) -> _Items:
    """Read what items were answered; nothing where a run has its rows only."""
    runs = [run for folder in folders for run in _runs(folder)]
    if not all((run / SCORES).is_file() for run in runs):
        return {}
    return {_key(one): one for one in read_items(runs)}


def _key(one: Answers | Row) -> tuple[object, ...]:
    """Name what answers and their row have in common."""
    levels = one.levels if isinstance(one, Answers) else tuple(one.levels.items())
    return one.task, one.regime, levels, one.measure, one.model, one.lowering


def _shared(places: Sequence[_Place], items: _Items, wanted: Against) -> Shared | None:
    """Give how the errors of points hang together; None where the items of one of them are not known."""
    columns = [_column(items[key], wanted) for row in places if (key := _key(row.row)) in items]
    same = [len(column.items) == place.point.n for column, place in zip(columns, places, strict=False)]
    return shared_errors(columns) if len(same) == len(places) and all(same) else None


def _column(answers: Answers, wanted: Against) -> Column:
    values = answers.correct if wanted.rate == "accuracy" else answers.lured
    want = {"all": None, "conflict": True, "agree": False}[wanted.part]
    kept = [want is None or bool(conflict) is want for conflict in answers.conflict]
    return Column(
        items=tuple(compress(answers.items, kept)),
        values=tuple(compress(values, kept)),
        clusters=tuple(compress(answers.clusters, kept)),
    )


def _answered(row: Row) -> Answered:
    """Give whose answers were given, in items; a guess hits alike on all kinds of items."""
    control = row.control
    known, missed = (_right(control), _count(control, "other")) if control else (0.0, 0.0)
    chance = row.chance or 0.0
    return Answered(
        true=_right(row.conflict),
        lured=sum(_count(row.conflict, name) for name in row.distractors),
        other=_count(row.conflict, "other"),
        agreed=max(0.0, _right(row.agree) - known),
        erred=max(0.0, _count(row.agree, "other") - missed),
        known=known,
        missed=missed,
        chance=chance,
        bait=row.attribution.bait if row.attribution else chance,
    )


def _count(part: Part, name: str) -> float:
    return part.rates.get(name, 0.0) * part.n


def _right(part: Part) -> float:
    return _count(part, "true_task") + _count(part, "both")


def _runs(folder: Path) -> list[Path]:
    """Give a run itself, or the runs in a folder of runs."""
    if (folder / ROWS).is_file():
        return [folder]
    inner = sorted(path.parent for path in folder.glob(f"*/{ROWS}"))
    if not inner:
        cure = "name a folder that `taskc eval` made, or one that holds some: `taskc curves runs`"
        raise BuildError(f"`{folder}` is not a run", cure)
    return inner


def _rows(folder: Path) -> Iterator[Row]:
    """Read the rows of a run, or of all runs in a folder of runs."""
    for run in _runs(folder):
        try:
            with (run / ROWS).open("rb") as file:
                yield from lines.load_all(Row, file)
        except lines.LineError as problem:
            raise BuildError(
                f"`{run / ROWS}` cannot be read: {problem}", "`taskc score` makes it anew"
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
