"""Rows to items: every row is held against the item record, and no two items have one id."""

from array import array
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from msgspec import Struct, field

from taskc.compiler.desk import WELL_KNOWN, Desk, Unreadable, tell
from taskc.compiler.expressions import Frame, Ready, Scope, names_in, ready
from taskc.compiler.fields import Misfit, cure, fit, fitter
from taskc.compiler.limits import ITEMS
from taskc.compiler.operators import Problem
from taskc.compiler.packed import Packer
from taskc.compiler.sources import Feed, Odd, Reading, Row, feed, rename
from taskc.compiler.values import written
from taskc.dsl import syntax
from taskc.dsl.diagnostic import Diagnostic, Label, error, similar
from taskc.dsl.model import FieldType, Item, Value
from taskc.dsl.span import Span

_MOST_ROW_ERRORS = 10
_MOST_ALIKE = 3  # rows of which the same is told before the others are only counted
_Values: TypeAlias = dict[str, Value]
_Take: TypeAlias = Callable[[Row, int], None]  # takes a row and its number in the task


def read_items(
    sources: Sequence[syntax.Statement],
    fields: Mapping[str, FieldType],
    lets: Mapping[str, Value],
    desk: Desk,
) -> Sequence[Item]:
    """Read all items of a task, in the order written, ids unique.

    `lets` are the values of the file's constants. Findings go to the desk; a row that does not fit
    is left out, so that one run tells all. Good data are read once; where anything is to be told,
    all is read again with more care.
    """
    told = len(desk.found)
    try:
        return _read(sources, Reading(fields=fields, lets=lets, desk=desk, careful=False))
    except (Odd, Unreadable):
        del desk.found[told:]  # the work counts twice, so that what is endless is not begun anew
        return _read(sources, Reading(fields=fields, lets=lets, desk=desk, careful=True))


def _read(sources: Sequence[syntax.Statement], reading: Reading) -> Sequence[Item]:
    feeds = [made for source in sources if (made := feed(source, reading)) is not None]
    choices = _choices(reading)
    items = Packer(reading.fields, reading.desk.files.spool)
    taker = _Careful(reading, choices, items) if reading.careful else _Quick(reading, choices, items)
    last = total = 0
    for one in feeds:
        base = last  # a file's rows are numbered before `where`, so that it moves none
        take = taker.taker(one)
        for row in one.rows():
            if total == ITEMS:
                told = f"a task may have {ITEMS:,} items at most"
                reading.tell(error("too-many-items", told, sources[0].span))
                return items.items()
            if taker.errors >= _MOST_ROW_ERRORS:
                told = f"{taker.errors} rows do not fit, and the rest is not checked"
                reading.tell(error("too-many-errors", told, one.whole(row), help="mend these first"))
                taker.finish()
                return items.items()
            total += 1
            last = base + row[0]
            take(row, last)
    taker.finish()
    return items.items()


# --- fields that are one of a list ---------------------------------------------------------------


class _Choice(Struct, frozen=True):
    """A field that is one of a list: its name, where the list is written, and how it is had for a row."""

    name: str
    expression: syntax.Expression
    allowed: Callable[[Mapping[str, Value]], Value]


def _choices(reading: Reading) -> list[_Choice]:
    """Make the choices of all `one of` fields ready; findings go to the desk."""
    before = len(reading.desk.found)
    made = []
    for name, wanted in reading.fields.items():
        if wanted.choices is not None:
            made.append(_Choice(name, wanted.choices, _allowed(wanted.choices, reading)))
    reading.check(before)
    return made


def _allowed(expression: syntax.Expression, reading: Reading) -> Callable[[Mapping[str, Value]], Value]:
    fields, lets, desk = reading.fields, reading.lets, reading.desk
    before = len(desk.found)
    make = ready(expression, Scope(names=frozenset([*fields, *lets])), desk.found)
    if len(desk.found) > before:
        return lambda values: ()
    if isinstance(expression, syntax.Name) and expression.id in fields:
        name = expression.id
        return lambda values: values[name]
    if not any(True for _ in names_in(expression)):
        return _once(make, Frame({}, desk.meter))
    return lambda values: make(Frame({**lets, **values}, desk.meter))


def _once(make: Ready, frame: Frame) -> Callable[[Mapping[str, Value]], Value]:
    """Evaluate a list that is the same for all rows when the first one asks for it."""
    made: list[Value] = []

    def allowed(values: Mapping[str, Value]) -> Value:
        if not made:
            made.append(make(frame))
        return made[0]

    return allowed


# --- a quick reading -----------------------------------------------------------------------------


class _Quick:
    """Takes rows that are as they should be; raises `Odd` at any other."""

    errors = 0

    def __init__(self, reading: Reading, choices: list[_Choice], items: Packer) -> None:
        self._fields = reading.fields
        self._choices = choices
        self._items = items
        self._ids = [array("q") for _ in range(64)]  # hashes of the ids, parted by their last bits

    def taker(self, one: Feed) -> _Take:
        """Give what takes the rows of a source."""
        fitters = [(name, fitter(wanted, typed=one.typed)) for name, wanted in self._fields.items()]
        choices = [(choice.name, choice.allowed) for choice in self._choices]
        own_id, own_rationale = "id" in self._fields, "rationale" in self._fields
        file, ids, add = one.file, self._ids, self._items.add

        def take(row: Row, number: int) -> None:
            columns, start, end = row[1]
            try:
                values: _Values = {name: make(columns[name]) for name, make in fitters}
                for name, allowed in choices:
                    if not _is_among(values[name], allowed(values)):
                        raise Odd
                if not own_rationale and (given := columns.get("rationale")) not in _NOTHING:
                    values["rationale"] = _well_known(given)
                if own_id:
                    id = written(values["id"])
                else:
                    given = columns.get("id")
                    id = _well_known(given) if given not in _NOTHING else str(number)
            except (Misfit, KeyError, Problem):
                raise Odd from None
            key = hash(id)
            ids[key & 63].append(key)
            add(id, file, start, end, values)

        return take

    def finish(self) -> None:
        """Raise `Odd` if two ids have one hash; if not, no two are the same."""
        if any(len(set(part)) < len(part) for part in self._ids):
            raise Odd


def _is_among(value: Value, allowed: Value) -> bool:
    return isinstance(allowed, tuple) and (not allowed or value in allowed)


_NOTHING = (None, "")
_fit_text = fitter(FieldType(scalar="text"))


def _well_known(value: Any) -> str:
    """Give an id or a rationale as text; raises `Misfit`."""
    return _fit_text(written(value) if isinstance(value, int) else value)  # type: ignore[return-value]


# --- a careful reading ---------------------------------------------------------------------------


class _Alike(Struct):
    """What is wrong in the same way with rows of one source: how often it was told, and where it was not."""

    told: int = 0
    more: int = 0
    first: Span | None = None


class _Careful(Struct):
    """Takes rows and tells what is wrong with them; where many are wrong in one way, a few stand for all."""

    reading: Reading
    choices: list[_Choice]
    items: Packer
    errors: int = 0  # rows of which something was told
    seen: dict[str, Span] = field(default_factory=dict)  # where each id stands
    alike: dict[tuple[str, str, str], _Alike] = field(default_factory=dict)  # by source, field and rule

    def taker(self, one: Feed) -> _Take:
        """Give what takes the rows of a source."""

        def take(row: Row, number: int) -> None:
            before = len(self.reading.desk.found)
            self._take(one, row, number)
            self.errors += len(self.reading.desk.found) > before

        return take

    def finish(self) -> None:
        """Tell how many rows more are wrong in the ways that were told."""
        for (_, name, _), alike in self.alike.items():
            if alike.first is not None:
                rows = "one row more is" if alike.more == 1 else f"{alike.more:,} rows more are"
                told = f"`{name}`: {rows} wrong in the same way, the first of them here"
                self.reading.desk.found.append(error("too-many-errors", told, alike.first))

    def _tell(self, one: Feed, name: str, found: Diagnostic) -> None:
        """Tell what is wrong with a field of a row, or count it where rows enough told the same."""
        alike = self.alike.setdefault((one.file, name, found.rule), _Alike())
        if alike.told < _MOST_ALIKE:
            alike.told += 1
            self.reading.desk.found.append(found)
            return
        alike.more += 1
        alike.first = alike.first or found.primary.span

    def _take(self, one: Feed, row: Row, number: int) -> None:
        values = self._fitted(one, row)
        if values is None:
            return
        for choice in self.choices:
            self._check_choice(choice, values, one, row)
        id = written(values["id"] if "id" in self.reading.fields else values.pop("id", number))
        place = one.place(row, "id")
        if id in self.seen:
            self._tell(
                one,
                "id",
                error(
                    "duplicate-id",
                    f"two items have the id `{id}`",
                    place,
                    others=[Label(span=self.seen[id], text="the first one")],
                    help="give each an `id` of its own; an item without one is known by its number",
                ),
            )
        self.seen[id] = place
        _, start, end = row[1]
        self.items.add(id, one.file, start, end, values)

    def _fitted(self, one: Feed, row: Row) -> _Values | None:
        fields, columns = self.reading.fields, row[1][0]
        values: _Values = {}
        fits = True
        for name, wanted in fields.items():
            if name not in columns:
                self._tell(one, name, _missing(name, one, row))
                fits = False
                continue
            try:
                values[name] = fit(columns[name], wanted, typed=one.typed)
            except Misfit as why:
                help = cure(name, columns[name], wanted, one.how(name))
                self._tell(one, name, _misfit(name, why, one, row, help))
                fits = False
        for name in WELL_KNOWN:
            if name not in fields and columns.get(name) not in _NOTHING:
                try:
                    values[name] = _well_known(columns[name])
                except Misfit as why:
                    self._tell(one, name, _misfit(name, why, one, row))
                    fits = False
        return values if fits else None

    def _check_choice(self, choice: _Choice, values: _Values, one: Feed, row: Row) -> None:
        found = self.reading.desk.found
        try:
            allowed = choice.allowed(values)
        except Problem as problem:
            tell(problem, one.whole(row), self.reading.desk)
            return
        if not isinstance(allowed, tuple):
            found.append(
                error(
                    "bad-expression",
                    "`one of` needs a list",
                    choice.expression.span,
                    help='write `one of ["yes", "no"]`, or name a field that holds a list',
                )
            )
        elif allowed and values[choice.name] not in allowed:
            listed = ", ".join(f"“{written(a)}”" for a in allowed[:8])
            listed += f", and {len(allowed) - 8:,} more" if len(allowed) > 8 else ""
            self._tell(
                one,
                choice.name,
                error(
                    "row-does-not-fit",
                    f"`{choice.name}` is “{written(values[choice.name])}”, which is not one of {listed}",
                    one.place(row, choice.name),
                    others=[Label(span=choice.expression.span, text="the choices")],
                ),
            )


def _misfit(name: str, why: Misfit, one: Feed, row: Row, help: str = "") -> Diagnostic:
    return error("row-does-not-fit", f"`{name}`: {why}", one.place(row, name), help=help)


def _missing(name: str, one: Feed, row: Row) -> Diagnostic:
    columns = row[1][0]
    near = similar(name, columns)
    help = near if near.startswith("a similar") else f"every item has a value for `{name}`: give it one"
    help = (one.written in ("typed", "cells") and rename(name, columns)) or help
    return error("missing-field", f"this item has no `{name}`", one.whole(row), help=help)
