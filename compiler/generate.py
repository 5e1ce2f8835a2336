"""Seeded generators: `items generate N seed S { … }` to rows, the same on every machine."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from msgspec import Struct

from taskc.compiler.desk import WELL_KNOWN, Desk, tell
from taskc.compiler.draws import Draws
from taskc.compiler.expressions import Frame, Ready, Scope, constant, ready
from taskc.compiler.limits import DRAWS_PER_ITEM, ITEMS, REJECT, REJECTS, LimitError
from taskc.compiler.operators import Problem, truth
from taskc.compiler.templates import template
from taskc.dsl import syntax
from taskc.dsl.diagnostic import Diagnostic, error, similar
from taskc.dsl.model import FieldType, Value
from taskc.dsl.span import Span


class _Step(Struct, frozen=True):
    """One line of a generator: the name it gives (None for `keep if`), whether it is a field, and how."""

    name: str | None
    is_field: bool
    make: Ready
    span: Span


def generator(
    source: syntax.ItemsGenerate, fields: Mapping[str, FieldType], lets: Mapping[str, Value], desk: Desk
) -> Callable[[], Iterator[dict[str, Any]]] | None:
    """Check a generator and give what makes the columns of its rows, anew at each call.

    Findings go to the desk, of a draw that fails too: then there are fewer rows than asked for.
    """
    count = _whole(source.count, "the number of items", 1, ITEMS, desk)
    seed = _whole(source.seed, "a seed", 0, 2**63, desk)
    steps = _steps(source, fields, lets, desk)
    if count is None or seed is None or steps is None:
        return None
    return lambda: _generate(source, count, seed, steps, lets, desk)


def _generate(
    source: syntax.ItemsGenerate,
    count: int,
    seed: int,
    steps: list[_Step],
    lets: Mapping[str, Value],
    desk: Desk,
) -> Iterator[dict[str, Any]]:
    names = [step.name for step in steps if step.is_field and step.name]
    made = rejected = attempt = 0
    while made < count:
        attempt += 1
        values = _draw(steps, Draws(seed, attempt), lets, source, desk)
        if values is None:
            return
        if values.pop("", True) is True:
            yield {name: values[name] for name in names}
            made += 1
            rejected = 0
            continue
        rejected += 1
        if rejected >= REJECTS or attempt >= count * DRAWS_PER_ITEM + REJECTS:
            desk.found.append(_unsatisfiable(source, rejected, attempt, made, count))
            return


def _unsatisfiable(
    source: syntax.ItemsGenerate, rejected: int, attempts: int, have: int, count: int
) -> Diagnostic:
    place = next((line.span for line in source.body if isinstance(line, syntax.Keep)), source.span)
    draws = (
        f"{rejected:,} draws in a row"
        if rejected >= REJECTS
        else f"{attempts - have:,} of {attempts:,} draws"
    )
    return error(
        "unsatisfiable-generator",
        f"`keep if` rejected {draws}, with {have:,} of {count:,} items made",
        place,
        help="loosen the condition, or draw values that are more likely to satisfy it",
    )


def _whole(expression: syntax.Expression, what: str, low: int, high: int, desk: Desk) -> int | None:
    before = len(desk.found)
    value = constant(expression, desk.found)
    if len(desk.found) > before:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        desk.found.append(
            error("bad-value", f"{what} is a whole number from {low:,} to {high:,}", expression.span)
        )
        return None
    return value


def _steps(
    source: syntax.ItemsGenerate, fields: Mapping[str, FieldType], lets: Mapping[str, Value], desk: Desk
) -> list[_Step] | None:
    before = len(desk.found)
    known = set(lets)
    steps = []
    for line in source.body:
        names = frozenset(known)
        scope = Scope(names=names, draws=True, texts=partial(_template_maker, names=names, desk=desk))
        if isinstance(line, syntax.Keep):
            steps.append(_Step(None, False, ready(line.condition, scope, desk.found), line.condition.span))
            continue
        name, is_field = line.name.text, isinstance(line, syntax.Assign)
        if is_field and name not in fields and name not in WELL_KNOWN:
            desk.found.append(
                error(
                    "unknown-field",
                    f"the item record has no field `{name}`",
                    line.name.span,
                    help=similar(name, [*fields, *WELL_KNOWN]) or "name a value that is not kept with `let`",
                )
            )
        if name in known - set(lets):
            hidden = is_field and any(step.name == name and not step.is_field for step in steps)
            field = f"a line may use the fields above it, so write `{name} = …` where `let {name} = …` stands"
            help = field if hidden else "keep one of them"
            desk.found.append(error("duplicate-field", f"`{name}` is given twice", line.name.span, help=help))
        steps.append(_Step(name, is_field, ready(line.value, scope, desk.found), line.span))
        known.add(name)
    missing = [name for name in fields if name not in {step.name for step in steps if step.is_field}]
    if missing:
        desk.found.append(
            error(
                "missing-field",
                "this generator makes no " + ", ".join(f"`{m}`" for m in missing),
                source.span,
                help=f"add `{missing[0]} = …`",
            )
        )
    return steps if len(desk.found) == before else None


def _template_maker(text: syntax.Text, names: frozenset[str], desk: Desk) -> Ready:
    made = template(text, names, desk.found)
    if made is None:
        return lambda frame: ""
    return lambda frame: made.render(frame.values, frame.meter)


def _draw(
    steps: list[_Step], draws: Draws, lets: Mapping[str, Value], source: syntax.ItemsGenerate, desk: Desk
) -> dict[str, Any] | None:
    """Make one item; under the name "" stands whether it is kept. None after a problem."""
    values: dict[str, Any] = dict(lets)
    frame = Frame(values, desk.meter, draws)
    try:
        for step in steps:
            value = step.make(frame)
            if step.name is not None:
                values[step.name] = value
            elif not truth(value, step.span):
                values[""] = False
                _pay(source, desk)
                return values
    except Problem as problem:
        tell(problem, source.seed.span, desk, "with this seed")
        return None
    return values


def _pay(source: syntax.ItemsGenerate, desk: Desk) -> None:
    try:
        desk.meter.spend(REJECT)
    except LimitError as problem:
        raise Problem(source.count.span, str(problem), "make fewer items, or reject fewer") from None
