"""Statements that give items to rows: in place, from files, from generators. Rows stream, none is held."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from taskc.compiler.desk import WELL_KNOWN, DataFile, Desk, Unreadable, attempt
from taskc.compiler.expressions import Frame, Ready, Scope, Unusable, names_in, ready
from taskc.compiler.fields import Misfit, described, fit
from taskc.compiler.generate import generator
from taskc.compiler.operators import truth
from taskc.compiler.tables import Record, is_typed, records
from taskc.dsl import syntax
from taskc.dsl.diagnostic import Diagnostic, Label, error, similar
from taskc.dsl.model import FieldType, Value
from taskc.dsl.span import Span

_HEAD = 100  # rows of a file that tell a quick reading which columns there are

# the number of a row in its source, from 1; its columns, and where it starts and ends
Row: TypeAlias = tuple[int, Record]


class Odd(Exception):
    """Something is not as it should be, and only a careful reading tells what."""


class Reading(Struct, frozen=True, kw_only=True):
    """What rows are read with.

    A quick reading (not `careful`) of a file goes over it once, tells nothing, and raises `Odd` at
    whatever is to be told; a careful one looks at the whole file first and tells all.
    """

    fields: Mapping[str, FieldType]
    lets: Mapping[str, Value]
    desk: Desk
    careful: bool

    def check(self, before: int) -> None:
        """Raise `Odd` if a quick reading found something since there were `before` findings."""
        if not self.careful and len(self.desk.found) > before:
            raise Odd

    def tell(self, finding: Diagnostic) -> None:
        """Report a finding; raises `Odd` in a quick reading."""
        self.desk.found.append(finding)
        self.check(0)


class Feed(Struct, frozen=True, kw_only=True):
    """A source of rows made ready: the file they stand in, whether their columns are typed, and the rows.

    `cells` tells where each value of a row stands, by its number, if that is known. `written` is how
    values are given, for `fields.cure`, all but those of the `computed` fields.
    """

    file: str
    typed: bool = True
    written: str = "here"
    computed: frozenset[str] = frozenset()
    rows: Callable[[], Iterator[Row]]
    cells: Sequence[Mapping[str, Span]] = ()

    def place(self, row: Row, name: str) -> Span:
        """Give the smallest place that shows the value of `name`."""
        return self.cells[row[0] - 1].get(name) or self.whole(row) if self.cells else self.whole(row)

    def how(self, name: str) -> str:
        """Say how values of `name` are given."""
        return "made" if name in self.computed else self.written

    def whole(self, row: Row) -> Span:
        """Give the place of a row."""
        _, start, end = row[1]
        return Span(file=self.file, start=start, end=end)


def feed(source: syntax.Statement, reading: Reading) -> Feed | None:
    """Make one `items` statement ready; None after a finding.

    In a quick reading this, and reading the rows, raise `Odd` or `Unreadable` where something is to be told.
    """
    before = len(reading.desk.found)
    made = None
    if isinstance(source, syntax.ItemsRows):
        made = _in_place(source, reading)
    elif isinstance(source, syntax.ItemsFrom):
        made = _from_file(source, reading)
    elif isinstance(source, syntax.ItemsGenerate):
        made = _generated(source, reading)
    reading.check(before)
    return made


def rename(name: str, columns: Iterable[str]) -> str:
    """Give the way to read the column that is `name` but for upper and lower case, '' if there is none."""
    same = next((column for column in columns if column.lower() == name.lower()), "")
    return f"write `with {{ {name} = {same} }}` after the name of the file" if same.isidentifier() else ""


def _complete(columns: Mapping[str, Any], rows: int, place: Span, reading: Reading, file: str = "") -> bool:
    """Tell a field that no row has once, and not once a row."""
    fields = reading.fields
    missing = [name for name in fields if name not in columns] if rows > 1 else []
    for name in missing:
        cure = similar(name, columns)
        if file and (renamed := rename(name, columns)):
            cure = renamed
        elif file and cure:
            cure += f"; a column is renamed by `with {{ {name} = column }}`"
        told = f"no row of `{file}` has `{name}`" if file else f"no row has `{name}`"
        reading.desk.found.append(error("missing-field", told, place, help=cure))
    return not missing


# --- rows in place -------------------------------------------------------------------------------


def _in_place(source: syntax.ItemsRows, reading: Reading) -> Feed | None:
    rows: list[Row] = []
    fields, desk = reading.fields, reading.desk
    for number, row in enumerate(source.rows, 1):
        columns: dict[str, Any] = {}
        for cell in row.cells:
            name = cell.name.text
            if name in columns:
                desk.found.append(
                    error(
                        "duplicate-field",
                        f"`{name}` stands twice in one row",
                        cell.name.span,
                        help="keep one of them",
                    )
                )
            elif name not in fields and name not in WELL_KNOWN:
                desk.found.append(_unknown_field(cell.name, fields))
            columns[name] = _datum(cell.value)
        rows.append((number, (columns, row.span.start, row.span.end)))
    if not _complete(
        dict.fromkeys(name for _, (columns, _, _) in rows for name in columns),
        len(rows),
        source.span,
        reading,
    ):
        return None
    cells = [{cell.name.text: cell.value.span for cell in row.cells} for row in source.rows]
    return Feed(file=source.span.file, rows=lambda: iter(rows), cells=cells)


def _unknown_field(name: syntax.Word, fields: Mapping[str, FieldType]) -> Diagnostic:
    told = f"the item record has no field `{name.text}`"
    return error("unknown-field", told, name.span, help=similar(name.text, [*fields, *WELL_KNOWN]))


def _datum(value: syntax.Expression) -> Any:
    match value:
        case syntax.Literal(value=v) | syntax.Text(value=v):
            return v
        case syntax.ListOf(elements=parts):
            return [_datum(part) for part in parts]
        case _:
            return None


# --- generators ----------------------------------------------------------------------------------


def _generated(source: syntax.ItemsGenerate, reading: Reading) -> Feed | None:
    make = generator(source, reading.fields, reading.lets, reading.desk)
    if make is None:
        return None

    def rows() -> Iterator[Row]:
        before = len(reading.desk.found)
        for number, columns in enumerate(make(), 1):
            yield number, (columns, source.span.start, source.span.end)
        reading.check(before)

    return Feed(file=source.span.file, written="made", rows=rows)


# --- data files ----------------------------------------------------------------------------------


class _Alarm(list[Diagnostic]):
    """Findings that nobody is to be told of: the first raises `Odd`."""

    def append(self, finding: Diagnostic, /) -> None:
        raise Odd


class _Table(Struct, kw_only=True):
    """A data file as a statement reads it: `with` and `where` made ready for the columns it has."""

    source: syntax.ItemsFrom
    file: DataFile
    reading: Reading
    made: list[tuple[str, Ready]] = field(default_factory=list)
    used: frozenset[str] = frozenset()  # names that `with` uses
    keep: Ready | None = None
    asked: frozenset[str] = frozenset()  # names that `where` uses

    def rows(self) -> Iterator[Row]:
        """Read the file and give the rows that are kept."""
        if not self.reading.careful and not self.made and self.keep is None:
            return enumerate(records(self.file, _Alarm()), 1)
        return self._rows()

    def _rows(self) -> Iterator[Row]:
        found: list[Diagnostic] = []
        told, number, kept = len(self.reading.desk.found), 0, 0
        try:
            for number, (columns, start, end) in enumerate(records(self.file, found), 1):
                if found:
                    break
                row = self._computed(columns, Span(file=self.file.name, start=start, end=end))
                if row is not None:
                    kept += 1
                    yield number, (row, start, end)
        except Unreadable as problem:
            found.append(_unreadable(self.source, problem))
        self.reading.desk.found += found  # there are none after a careful look, but the file may have changed
        if not kept and number and self.source.where is not None and len(self.reading.desk.found) == told:
            told_of = "no row satisfies this condition"
            self.reading.desk.found.append(error("no-items", told_of, self.source.where.span))
        self.reading.check(told)

    def _computed(self, columns: dict[str, Any], place: Span) -> dict[str, Any] | None:
        """Apply `with`, then `where`: the columns then, or None if the row is not kept."""
        if not self.made and self.keep is None:
            return columns
        desk = self.reading.desk
        before = len(desk.found)
        values = dict(columns)
        if self.made and not attempt(partial(self._compute, values, columns), place, desk):
            self.reading.check(before)
            return None
        kept = [True]
        if self.keep is not None and not attempt(partial(self._decide, kept, values), place, desk):
            self.reading.check(before)
            return None
        return values if kept[-1] else None

    def _compute(self, values: dict[str, Any], columns: Mapping[str, Any]) -> None:
        seen = {name: _loose(columns[name]) for name in self.used if name in columns}
        frame = Frame({**self.reading.lets, **seen}, self.reading.desk.meter)
        values.update((name, make(frame)) for name, make in self.made)

    def _decide(self, kept: list[bool], values: Mapping[str, Any]) -> None:
        fields, seen = self.reading.fields, dict[str, Any](self.reading.lets)
        for name in self.asked:
            if name in fields:
                try:
                    seen[name] = fit(values[name], fields[name], typed=is_typed(self.file.name))
                except (Misfit, KeyError):
                    return  # kept, so that what does not fit is told when the row is finished
            elif name in values:
                seen[name] = _loose(values[name])
        assert self.keep is not None and self.source.where is not None
        kept.append(truth(self.keep(Frame(seen, self.reading.desk.meter)), self.source.where.span))


def _unreadable(source: syntax.ItemsFrom, problem: Unreadable) -> Diagnostic:
    return error("unreadable-file", str(problem), source.path.span, help=problem.help)


def _from_file(source: syntax.ItemsFrom, reading: Reading) -> Feed | None:
    desk = reading.desk
    try:
        file = desk.files.open(source.path.span.file, source.path.value)
        columns, count = _columns(source, file, reading)
    except Unreadable as problem:
        desk.found.append(_unreadable(source, problem))
        return None
    if columns is None:
        return None
    if not count:
        desk.found.append(error("no-items", f"`{file.name}` holds no rows", source.path.span))
    table = _Table(source=source, file=file, reading=reading)
    good = _ready_columns(table, columns)
    if good:
        there = {**columns, **dict.fromkeys(name for name, _ in table.made)}
        good = _complete(there, count, source.path.span, reading, file.name)
    good = _ready_where(table, columns) and good
    typed = is_typed(file.name)
    written = "typed" if typed else "cells"
    computed = frozenset(name for name, _ in table.made)
    if not good:
        return None
    return Feed(file=file.name, typed=typed, written=written, computed=computed, rows=table.rows)


def _columns(
    source: syntax.ItemsFrom, file: DataFile, reading: Reading
) -> tuple[dict[str, None] | None, int]:
    """Give the columns of a file, and how many rows were looked at for that; no columns after a finding.

    A quick reading looks at the first rows: if their columns suffice, more of them change nothing.
    """
    found: list[Diagnostic] = []
    columns: dict[str, None] = {}
    count = 0
    for row, _, _ in islice(records(file, found), None if reading.careful else _HEAD):
        columns |= dict.fromkeys(row)
        count += 1
    read_here = Label(span=source.path.span, text="read here")
    reading.desk.found += [replace(d, others=(*d.others, read_here)) for d in found]
    return (None if found else columns), count


def _ready_columns(table: _Table, columns: Mapping[str, Any]) -> bool:
    """Make `with { field = E }` ready: each field is computed from the columns of its row."""
    fields, found = table.reading.fields, table.reading.desk.found
    before = len(found)
    scope = Scope(names=frozenset([*columns, *table.reading.lets]))
    for assign in table.source.columns or ():
        if assign.name.text not in fields and assign.name.text not in WELL_KNOWN:
            found.append(_unknown_field(assign.name, fields))
        table.made.append((assign.name.text, ready(assign.value, scope, found)))
        table.used |= {name.id for name in names_in(assign.value)}
    return len(found) == before


def _ready_where(table: _Table, columns: Mapping[str, Any]) -> bool:
    """Make `where E` ready, which may use columns and fields."""
    condition, reading = table.source.where, table.reading
    if condition is None:
        return True
    before = len(reading.desk.found)
    scope = Scope(names=frozenset([*columns, *reading.fields, *reading.lets]))
    table.keep = ready(condition, scope, reading.desk.found)
    table.asked = frozenset(name.id for name in names_in(condition))
    return len(reading.desk.found) == before


def _loose(value: Any) -> Value | Unusable:
    """Give JSON data as a value of the language; what is none fails when it is used."""
    if type(value) is str:
        return value
    if isinstance(value, list):
        parts = tuple(_loose(part) for part in value)
        odd = next((part for part in parts if isinstance(part, Unusable)), None)
        return Unusable(f"a list that holds {odd.what}") if odd else parts  # type: ignore[return-value]
    if isinstance(value, (str, bool, int)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return Unusable(described(value))
