"""Runs to curves: what models did in evaluations, put against their sizes."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from taskc.analysis.row import Part, Row
from taskc.analysis.whole import whole
from taskc.flow.build_folder import BuildError
from taskc.flow.only import Only, check_only
from taskc.flow.paired import Items, answered, pair_rows, read_paired, unlike
from taskc.flow.placed import Against, Placed, by_level, by_size, check_placed, check_stated
from taskc.flow.points import Read
from taskc.flow.run_items import runs_in
from taskc.flow.selection import BadSelection
from taskc.records import lines
from taskc.records.curve import Curve, Point

ROWS = "rows.jsonl"
_ROUNDING = 1e-9  # of sums that are to be 1


def run_curves(
    folders: Sequence[Path], wanted: Against, only: Only | None = None, *, along: str = ""
) -> Read:
    """Make the curves of runs, or of folders of runs: against the sizes of models, or along a factor.

    A curve is one task, regime with its levels, measure and family; answers that were had in different ways
    share none unless they are to be mixed. Raises `BuildError` for what is no run, and `BadSelection` for
    models whose scale nobody knows, and for one that stands twice on a curve.
    """
    only = only or Only()
    runs = found_runs(folders)
    rows = read_rows(runs, only)
    placed = place_rows(rows, wanted, along, only)
    items, notes = read_paired(runs, mix=wanted.mix)
    notes = notes or unlike([one.row for one in placed], items, mix=wanted.mix)
    return Read(curves=curves_of(placed, wanted, items), notes=notes)


def place_rows(rows: Sequence[Row], wanted: Against, along: str, only: Only) -> list[Placed]:
    """Put every row on its curve, along sizes or a factor; raises `BadSelection` as `run_curves`."""
    if along:
        return by_level(rows, wanted, along)
    models = list(dict.fromkeys(row.model for row in rows))
    if not only.narrow:
        check_stated(models, wanted)
    check_placed(models, wanted)
    return by_size(rows, wanted)


def curves_of(placed: Iterable[Placed], wanted: Against, items: Items) -> tuple[Curve, ...]:
    """Make the curves, in order of appearance, of the rate that is wanted; rows without it are passed over.

    Where the `items` of rows are known, curves say how the errors of their points hang together. Raises
    `BadSelection` for what would be two points in one place.
    """
    curves: dict[tuple[str, str, str], dict[str, Placed]] = {}
    for one in placed:
        part: Part = getattr(one.row, wanted.part)
        if getattr(part, wanted.rate) is None or not part.n:
            continue
        points = curves.setdefault(one.curve, {})
        if one.name in points:
            both = sorted({points[one.name].shown, one.shown})
            twice = " and ".join(f"`{name}`" for name in both) + " would be two points"
            told = f"{twice}{' of one model' * (len(both) > 1)} on the curve of `{one.task}`, {one.regime}"
            raise BadSelection(told, "name runs in which each model was asked once")
        points[one.name] = one
    return tuple(_curve(key, list(points.values()), wanted, items) for key, points in curves.items())


def _curve(key: tuple[str, str, str], placed: list[Placed], wanted: Against, items: Items) -> Curve:
    task, regime, family = key
    placed.sort(key=lambda one: one.scale)
    rows = [one.row for one in placed]
    return Curve(
        task=task,
        regime=regime,
        family=family,
        points=tuple(_point(one, wanted) for one in placed),
        paired=pair_rows(rows, items, wanted.part, wanted.rate, mix=wanted.mix),
        answered=tuple(map(answered, rows)) if any(row.conflict.n for row in rows) else None,
    )


def _point(one: Placed, wanted: Against) -> Point:
    part: Part = getattr(one.row, wanted.part)
    return Point(model=one.shown, scale=one.scale, value=getattr(part, wanted.rate).value, n=part.n)


def read_rows(runs: Sequence[Path], only: Only) -> list[Row]:
    """Read the wanted rows of runs; raises `BuildError` and `BadSelection`.

    Rows of the subtasks of a task are taken together, unless they are wanted apart.
    """
    rows = [row for run in runs for row in rows_of(run)]
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


def found_runs(folders: Iterable[Path]) -> list[Path]:
    """Give the runs that have rows, in folders that are one or hold some, each once; raises `BuildError`."""
    return list({run.resolve(): run for folder in folders for run in runs_in(folder, ROWS)}.values())


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
