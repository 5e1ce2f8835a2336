"""Curves measured elsewhere: a table of points, one row a model, to curves."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from taskc.compiler.desk import Unreadable
from taskc.compiler.tables import Record, records
from taskc.dsl.diagnostic import Diagnostic, Label, error
from taskc.dsl.span import Source, Span
from taskc.flow.data_files import DataFile
from taskc.records.curve import Curve, Point

NAMES = ("task", "regime", "family", "model")
COLUMNS = (*NAMES, "scale", "value", "n")
MOST = 1e9
"""The most items that a value may have behind it."""
_MOST_FOUND = 10
_NO_COLUMN = "there is no column"


class Read(Struct, frozen=True, kw_only=True):
    """Curves in the order in which their first points stand, and what is wrong; `sources` are the texts.

    `notes` say what is lacking of them.
    """

    curves: tuple[Curve, ...]
    found: tuple[Diagnostic, ...] = ()
    sources: Mapping[str, Source] = {}
    notes: tuple[str, ...] = ()


def read_points(path: Path, *, log: bool = True) -> Read:
    """Read `.csv`, `.tsv`, `.jsonl`, `.json` or `.parquet` with the columns of `COLUMNS`; others are kept.

    A curve is one task, regime and family. With `log` its axis is the logarithm of scale, so that a scale
    must be above 0. Raises `OSError` for a file that cannot be opened.
    """
    path.open("rb").close()
    file = DataFile(name=str(path), root=path.parent, base=path, path=path.name)
    found: list[Diagnostic] = []
    curves: dict[tuple[str, ...], dict[str, tuple[Point, Span]]] = {}
    try:
        for row in records(file, found):
            if len(found) >= _MOST_FOUND:
                break
            _take(row, file.name, log, curves, found)
            if found and found[-1].message.startswith(_NO_COLUMN):
                break  # the same is wrong with every row
    except Unreadable as problem:
        found.append(error("bad-data", str(problem), Span(file=file.name, start=0, end=0), help=problem.help))
    if not curves and not found:
        told = "there are no points in this file"
        cure = f"give a header and a row for each model: `{','.join(COLUMNS)}`"
        found.append(error("bad-data", told, Span(file=file.name, start=0, end=0), help=cure))
    text = file.text() if found else None
    return Read(
        curves=tuple(_curves(curves)) if not found else (),
        found=tuple(found),
        sources={} if text is None else {file.name: Source(name=file.name, text=text)},
    )


def _curves(curves: Mapping[tuple[str, ...], Mapping[str, tuple[Point, Span]]]) -> Iterator[Curve]:
    for (task, regime, family), points in curves.items():
        ordered = sorted((point for point, _ in points.values()), key=lambda point: point.scale)
        yield Curve(task=task, regime=regime, family=family, points=tuple(ordered))


def _take(
    row: Record,
    file: str,
    log: bool,
    curves: dict[tuple[str, ...], dict[str, tuple[Point, Span]]],
    found: list[Diagnostic],
) -> None:
    """Add the point of a row, or say what is wrong with it."""
    columns, start, end = row
    span = Span(file=file, start=start, end=end)
    missing = [name for name in COLUMNS if columns.get(name) is None or not str(columns[name]).strip()]
    if missing:
        found.append(_missing(missing[0], columns, span))
        return
    before = len(found)
    scale, value, n = (_number(name, columns[name], span, found) for name in ("scale", "value", "n"))
    if len(found) > before:
        return
    if trouble := _out_of_range(scale, value, n, log):
        found.append(error("bad-data", trouble[0], span, help=trouble[1]))
        return
    task, regime, family, model = (str(columns[name]).strip() for name in NAMES)
    more = {name: str(given) for name, given in columns.items() if name not in COLUMNS}
    points = curves.setdefault((task, regime, family), {})
    if model in points:
        told = f"model `{model}` has two points on one curve"
        other = Label(span=points[model][1], text="the first is here")
        cure = "a curve has one point a model: tell them apart by `regime`, `family` or the model's name"
        found.append(error("bad-data", told, span, others=[other], help=cure))
        return
    points[model] = Point(model=model, scale=scale, value=value, n=n, more=more), span


def _missing(name: str, columns: Iterable[str], span: Span) -> Diagnostic:
    """Say that a cell is empty, or that the whole column is not there and what may be meant by it."""
    if name in columns:
        return error("bad-data", f"column `{name}` is empty here", span, help="give every point all columns")
    there = list(columns)
    stated = ", ".join(f"`{column}`" for column in there)
    cure = f"the columns are `{','.join(COLUMNS)}`, and here there are {stated[:200]}"
    if len(there) == 1 and (other := next((sign for sign in ";\t|" if sign in there[0]), "")):
        shown = {"\t": "tabs: name the file `.tsv`"}.get(other, f"`{other}`: put commas in its place")
        cure = f"the cells of this file are parted by {shown}"
    elif near := next((one for one in there if one.strip().lower() == name), ""):
        cure = f"write the column `{near}` as `{name}`"
    elif name == "n":
        cure = "add the number of items behind each value: how sure a shape is hangs on it"
    return error("bad-data", f"{_NO_COLUMN} `{name}`", span, help=cure)


def _number(name: str, given: object, span: Span, found: list[Diagnostic]) -> float:
    number = math.nan
    if isinstance(given, (str, int, float)) and not isinstance(given, bool):
        with suppress(ValueError, OverflowError):
            number = float(given)
    if math.isfinite(number):
        return number
    cure = "write numbers without units, `1.3e9` for 1.3B" if name == "scale" else "write a number"
    text = str(given).strip()
    if re.fullmatch(r"-?\d+,\d+", text):
        cure = f"write a point for decimals: `{text.replace(',', '.')}`"
    elif name == "value" and (match := re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", text)):
        cure = f"write shares, {float(match[1]) / 100:g} for {match[1]} %"
    told = f"`{name}` is “{str(given)[:40]}”, which is no number"
    found.append(error("bad-data", told, span, help=cure))
    return 0.0


def _out_of_range(scale: float, value: float, n: float, log: bool) -> tuple[str, str] | None:
    """Say why numbers make no point, and the cure."""
    if log and scale <= 0:
        return (
            f"scale is {scale:g}, and its logarithm is wanted",
            "with `--axis linear` scale may be any number",
        )
    if not 0.0 <= value <= 1.0:
        cure = "curves are of shares of right answers"
        if 1.0 < value <= 100.0:
            cure = f"write shares, {value / 100:g} for {value:g} %"
        return f"value is {value:g}, which is not between 0 and 1", cure
    if n > MOST:
        return f"n is {n:g}, which is more than {MOST:g}", "give the number of items behind the value"
    if n < 1:
        told = f"n is {n:g}, and a value is had from one item or more"
        return told, "give the number of items behind the value"
    return None
