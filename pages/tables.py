"""A report as tidy tables: a line an observation, a column a variable, the numbers as they are."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from msgspec import Struct

from taskc.records.curve import SHAPES, Shape, Turn
from taskc.records.report import PARTS, Measured, Part, Report, Setting

Cell: TypeAlias = str | int | float | bool | None
_TASK = {"task": str, "regime": str, "levels": str, "measure": str, "how": str}
_MODEL = {**_TASK, "model": str, "family": str, "name": str, "scale": float}
_ODDS = {f"p_{shape}": float for shape in SHAPES}


class Table(Struct, frozen=True, kw_only=True):
    """A table: its columns with their kinds, and its lines in the order of the columns."""

    name: str
    columns: Mapping[str, type]
    rows: Sequence[Sequence[Cell]]


def tables(report: Report) -> list[Table]:
    """Give all tables of a report. `levels` are written `FACTOR=LEVEL`, several parted by `, `."""
    rates = {"accuracy": float, "accuracy_low": float, "accuracy_high": float}
    lured = {"lured": float, "lured_low": float, "lured_high": float}
    turn = {"turning_point": float, "turning_low": float, "turning_high": float}
    curve = {**_TASK, "family": str, "part": str, "rate": str}
    return [
        Table(
            name="rows",
            columns={**_MODEL, "part": str, "n": int, "missing": int, "chance": float, **rates, **lured},
            rows=list(_rows(report.rows)),
        ),
        Table(
            name="lure",
            columns={**_MODEL, "number": str, "value": float, "low": float, "high": float},
            rows=list(_lure(report.rows)),
        ),
        Table(
            name="shares",
            columns={**_MODEL, "part": str, "whose": str, "share": float},
            rows=list(_shares(report.rows)),
        ),
        Table(
            name="numbers",
            columns={**_MODEL, "number": str, "mean": float, "error": float, "n": int},
            rows=list(_numbers(report.rows)),
        ),
        Table(
            name="curves",
            columns={**curve, "models": int, "verdict": str, **_ODDS, **turn},
            rows=list(_curves(report)),
        ),
        Table(
            name="points",
            columns={
                **curve,
                "model": str,
                "name": str,
                "scale": float,
                "value": float,
                "low": float,
                "high": float,
                "n": int,
            },
            rows=list(_points(report)),
        ),
        Table(
            name="bands",
            columns={**curve, "scale": float, "value": float, "low": float, "high": float},
            rows=list(_bands(report)),
        ),
        Table(
            name="comparisons",
            columns={
                "task": str,
                "regime": str,
                "levels": str,
                "measure": str,
                "model": str,
                "first": str,
                "second": str,
                "metric": str,
                "part": str,
                "paired": bool,
                "n": int,
                "first_value": float,
                "second_value": float,
                "difference": float,
                "low": float,
                "high": float,
                "up": int,
                "down": int,
                "p": float,
                "p_adjusted": float,
                "test": str,
            },
            rows=list(_comparisons(report)),
        ),
        Table(
            name="families",
            columns={
                **_TASK,
                "part": str,
                "rate": str,
                "verdict": str,
                "agree": int,
                "families": int,
                **_ODDS,
                **{f"next_{shape}": float for shape in SHAPES},
            },
            rows=list(_families(report)),
        ),
        Table(
            name="items",
            columns={
                **_TASK,
                "item": str,
                "conflict": bool,
                "models": int,
                "right": float,
                "lured": float,
                "fall": float,
            },
            rows=list(_items(report)),
        ),
    ]


def as_csv(table: Table) -> Iterator[str]:
    """Write a table as CSV (RFC 4180, but for line ends, which are `\\n`); what there is not is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.columns)
    for row in table.rows:
        writer.writerow(["" if cell is None else _plain(cell) for cell in row])
        if out.tell() > 1 << 16:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()


def _plain(cell: Cell) -> Cell:
    return str(cell).lower() if isinstance(cell, bool) else cell


def _task(task: str, setting: Setting) -> list[Cell]:
    levels = ", ".join(f"{factor}={level}" for factor, level in setting.levels)
    return [task, setting.regime, levels, setting.measure, setting.how]


def _model(row: Measured) -> list[Cell]:
    place = row.place
    where = [place.family, place.name, place.scale] if place else [None, None, None]
    return [*_task(row.task, row.setting), row.model, *where]


def _parts(row: Measured) -> Iterator[tuple[str, Part]]:
    for name in PARTS:
        part: Part = getattr(row, name)
        if part.n:
            yield name, part


def _rows(rows: Iterable[Measured]) -> Iterator[list[Cell]]:
    for row in rows:
        for name, part in _parts(row):
            rates: list[Cell] = []
            for rate in (part.accuracy, part.lured):
                rates += [rate.value, rate.low, rate.high] if rate else [None] * 3
            yield [*_model(row), name, part.n, row.missing, row.chance, *rates]


def _lure(rows: Iterable[Measured]) -> Iterator[list[Cell]]:
    """Give ability and pull, where they can be told."""
    for row in rows:
        for name, one in (("ability", row.ability), ("pull", row.pull)):
            if one is not None:
                yield [*_model(row), name, one.value, one.low, one.high]


def _shares(rows: Iterable[Measured]) -> Iterator[list[Cell]]:
    for row in rows:
        for name, part in _parts(row):
            for whose, share in part.shares.items():
                yield [*_model(row), name, whose, share]


def _numbers(rows: Iterable[Measured]) -> Iterator[list[Cell]]:
    for row in rows:
        for name, mean in row.numbers.items():
            yield [*_model(row), name, mean.value, mean.error, mean.n]


def _odds(probabilities: Mapping[Shape, float]) -> list[Cell]:
    return [probabilities[shape] for shape in SHAPES]


def _turn(turn: Turn | None) -> list[Cell]:
    return [turn.scale, turn.low, turn.high] if turn else [None] * 3


def _curves(report: Report) -> Iterator[list[Cell]]:
    for one in report.trends:
        yield [
            *_task(one.task, one.setting),
            one.family,
            one.part,
            one.rate,
            len(one.dots),
            one.verdict,
            *_odds(one.probabilities),
            *_turn(one.turning_point),
        ]


def _points(report: Report) -> Iterator[list[Cell]]:
    for one in report.trends:
        for dot in one.dots:
            yield [
                *_task(one.task, one.setting),
                one.family,
                one.part,
                one.rate,
                dot.model,
                dot.name,
                dot.scale,
                dot.value,
                dot.low,
                dot.high,
                dot.n,
            ]


def _bands(report: Report) -> Iterator[list[Cell]]:
    """Give where the curves of the summary themselves may run."""
    for one in report.trends:
        for at in one.fitted:
            where: list[Cell] = [one.family, one.part, one.rate]
            yield [*_task(one.task, one.setting), *where, at.scale, at.value, at.low, at.high]


def _comparisons(report: Report) -> Iterator[list[Cell]]:
    """Give regimes held against the first, then models against the next smaller one."""
    made = report.comparisons
    for one in (*made.regimes, *made.models) if made else ():
        yield [
            one.task,
            one.regime or None,
            ", ".join(f"{factor}={level}" for factor, level in one.levels.items()),
            one.measure,
            one.model or None,
            one.first,
            one.second,
            one.metric,
            one.part,
            one.paired,
            one.n,
            *one.values,
            one.difference,
            one.low,
            one.high,
            one.up,
            one.down,
            one.p,
            one.p_adjusted,
            one.test,
        ]


def _families(report: Report) -> Iterator[list[Cell]]:
    for one in report.shared:
        yield [
            *_task(one.task, one.setting),
            one.part,
            one.rate,
            one.verdict,
            one.agree,
            one.families,
            *_odds(one.probabilities),
            *_odds(one.next),
        ]


def _items(report: Report) -> Iterator[list[Cell]]:
    for one in report.items:
        yield [
            *_task(one.task, one.setting),
            one.item,
            one.conflict,
            one.models,
            one.right,
            one.lured,
            one.fall,
        ]
