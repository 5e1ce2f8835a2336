"""Runs to curves: what models did in evaluations, put against their sizes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from taskc.analysis.row import Part, Row
from taskc.analysis.whole import whole
from taskc.flow.build import BuildError
from taskc.flow.ladders import find_ladder, shipped_ladders
from taskc.flow.only import Only, check_only
from taskc.flow.paired import Items, answered, pair_rows, read_paired
from taskc.flow.points import Read
from taskc.flow.run_items import no_run
from taskc.flow.selection import BadSelection
from taskc.records import lines
from taskc.records.curve import Curve, Point
from taskc.records.ladder import Axis, Ladder
from taskc.records.report import PartName, RateName
from taskc.records.simulated import PREFIX

ROWS = "rows.jsonl"
_ROUNDING = 1e-9  # of sums that are to be 1
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


def run_curves(folders: Sequence[Path], wanted: Against, only: Only | None = None) -> tuple[Curve, ...]:
    """Make the curves of runs, or of folders of runs.

    A curve is one task, regime with its levels, measure and family; answers that were had in different ways
    share none unless they are to be mixed. Raises `BuildError` for what is no run, and
    `BadSelection` for models whose scale nobody knows, and for one that stands twice on a curve.
    """
    rows = read_rows(folders, only or Only())
    models = list(dict.fromkeys(row.model for row in rows))
    if only is None or not only.narrow:
        check_stated(models, wanted)
    check_placed(models, wanted)
    runs = list(dict.fromkeys(run for folder in folders for run in runs_in(folder)))
    return curves_of(rows, wanted, read_paired(runs, mix=wanted.mix))


def check_placed(models: Iterable[str], wanted: Against) -> None:
    """See that every model has a scale; raises `BadSelection`."""
    if lost := sorted(model for model in models if place_of(model, wanted) is None):
        names = ", ".join(f"`{model}`" for model in lost)
        raise BadSelection(f"{names} {'is' if len(lost) == 1 else 'are'} on no ladder", cure_of(lost[0]))


def cure_of(model: str) -> str:
    """Say what to do about a model that is on no ladder."""
    return f"state the scale, `--at {model}=NUMBER`, or name a file that has it with `--ladder`"


def curves_of(rows: Iterable[Row], wanted: Against, items: Items) -> tuple[Curve, ...]:
    """Make the curves of rows; rows of models on no ladder are passed over. Raises `BadSelection`.

    Where their `items` are known, curves say how the errors of their points hang together.
    """
    curves: dict[tuple[str, str, str], dict[str, _Stood]] = {}
    for row in rows:
        part: Part = getattr(row, wanted.part)
        rate = getattr(part, wanted.rate)
        place = place_of(row.model, wanted)
        if rate is None or not part.n or place is None:
            continue
        family, rung, scale = place
        regime = regime_of(row, mix=wanted.mix)
        points = curves.setdefault((row.task, regime, family), {})
        if rung in points:
            twice = " and ".join(f"`{model}`" for model in sorted({points[rung].row.model, row.model}))
            told = f"{twice} would be two points of one model on the curve of `{row.task}`, {regime}"
            raise BadSelection(told, "name runs in which each model was asked once")
        points[rung] = _Stood(Point(model=row.model, scale=scale, value=rate.value, n=part.n), row)
    return tuple(_curve(key, list(points.values()), wanted, items) for key, points in curves.items())


class _Stood(NamedTuple):
    """A point of a curve, and the row that it comes from."""

    point: Point
    row: Row


def _curve(key: tuple[str, str, str], points: list[_Stood], wanted: Against, items: Items) -> Curve:
    task, regime, family = key
    points.sort(key=lambda one: one.point.scale)
    rows = [one.row for one in points]
    return Curve(
        task=task,
        regime=regime,
        family=family,
        points=tuple(one.point for one in points),
        paired=pair_rows(rows, items, wanted.part, wanted.rate, mix=wanted.mix),
        answered=tuple(map(answered, rows)) if any(row.conflict.n for row in rows) else None,
    )


def read_rows(folders: Sequence[Path], only: Only) -> list[Row]:
    """Read the wanted rows of runs, or of folders of runs; raises `BuildError` and `BadSelection`.

    Rows of the subtasks of a task are taken together, unless they are wanted apart.
    """
    rows = [row for folder in folders for run in runs_in(folder) for row in rows_of(run)]
    check_only(
        only,
        tasks=(row.task for row in rows),
        regimes=(row.regime for row in rows),
        models=(row.model for row in rows),
        measures=(row.measure for row in rows),
        factors=((name, level) for row in rows for name, level in row.levels.items()),
    )
    kept = [row for row in rows if only.takes(row.task, row.regime, row.levels, row.model, row.measure)]
    return kept if only.subtasks else whole(kept)


def runs_in(folder: Path) -> list[Path]:
    """Give the folder itself where it is that of a run, else the runs in it; raises `BuildError` for none."""
    if (folder / ROWS).is_file():
        return [folder]
    inner = sorted(path.parent for path in folder.glob(f"*/{ROWS}"))
    if not inner:
        raise no_run(folder)
    return inner


def rows_of(run: Path) -> Iterator[Row]:
    """Read the rows of a run; raises `BuildError` for none, and for numbers that no scores have."""
    path, cure, number = run / ROWS, "`taskc score` makes it anew", 0
    try:
        with path.open("rb") as file:
            for number, row in enumerate(lines.load_all(Row, file), 1):
                if why := _damage(row):
                    raise BuildError(f"`{path}` is damaged: row {number} has {why}", cure)
                yield row
    except lines.LineError as problem:
        raise BuildError(f"`{path}` cannot be read: {problem}", cure) from None
    if not number:
        raise BuildError(f"`{path}` holds no rows", cure)


def _damage(row: Row) -> str:
    """Say which number of a row cannot be; nothing for a sound row."""
    parts = [part for part in (row.all, row.conflict, row.agree, row.control) if part is not None]
    counts = [row.n, row.missing]
    shares = [] if row.chance is None else [row.chance]
    for part in parts:
        counts += [part.n, part.scores, *part.counts.values()]
        shares += part.rates.values()
        for rate in (part.accuracy, part.lured):
            if rate is not None:
                counts.append(rate.n)
                shares += [rate.value, rate.low, rate.high]
    for count in counts:
        if count < 0:
            return f"a count of {count}"
    for share in shares:
        if not -_ROUNDING <= share <= 1.0 + _ROUNDING:
            return f"a share of {share:g}"
    return ""


def narrow_curves(read: Read, only: Only) -> Read:
    """Leave of curves that were read what is wanted; raises `BadSelection` for a name that none has."""
    if read.found or not only.narrow:
        return read
    check_only(
        only,
        tasks=(one.task for one in read.curves),
        regimes=(one.regime for one in read.curves),
        models=(point.model for one in read.curves for point in one.points),
    )
    kept = []
    for one in read.curves:
        points = tuple(p for p in one.points if only.takes(one.task, one.regime, {}, p.model))
        if points:
            kept.append(replace(one, points=points))
    return replace(read, curves=tuple(kept))


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
