"""Syntax to model: every name resolved, every row and template checked, all mistakes told in one run."""

from array import array
from collections.abc import Iterable, Mapping, Sequence

from taskc.compiler import variants
from taskc.compiler.allows import allows_of
from taskc.compiler.desk import WELL_KNOWN, Desk
from taskc.compiler.expressions import Frame, Ready, Scope, constant, ready
from taskc.compiler.items import read_items
from taskc.compiler.merge import choose, every, last
from taskc.compiler.operators import Problem, truth
from taskc.compiler.resolve import Job, Unit, check_imports, jobs, names_of, nothing_to_do
from taskc.dsl import syntax
from taskc.dsl.diagnostic import Diagnostic, Label, count_errors, error, similar
from taskc.dsl.model import Factor, FieldType, Item, Program, Suite, Task

_SCALARS = ("text", "int", "number", "bool")
_RESERVED = frozenset(("if", "else", "and", "or", "in", "not", "true", "false", "True", "False", "options",
                       "loop", "is", "for", "set", "self", "none", "None"))  # fmt: skip


def check(
    roots: Iterable[str], units: Mapping[str, Unit], shipped: Mapping[str, syntax.Regime], desk: Desk
) -> Program:
    """Understand all tasks of the root files; findings go to `desk.found`, each once.

    `units` are the root files and everything they import. A task with an error is left out.
    """
    roots = list(roots)
    check_imports(units, desk.found)
    views = names_of(units, shipped, desk.found)
    wanted, suites = jobs(roots, units, views, desk.found)
    if not count_errors(desk.found):
        for name in roots:
            if not _useful(units[name]):
                nothing_to_do(desk.found, units[name].file.span)
    tasks = [task for job in wanted if (task := _task(job, desk)) is not None]
    broken = {name for view in views.values() for name in view.broken}
    desk.found[:] = [d for d in desk.found if not _follows(d, broken)]
    return Program(tasks=tuple(tasks), suites=tuple(_suite(suite) for suite in suites))


def _follows(d: Diagnostic, broken: set[str]) -> bool:
    """Say whether a name is unknown only because its `let` has no value."""
    return d.rule == "unknown-name" and any(f"`{name}`" in d.message for name in broken)


def _useful(unit: Unit) -> bool:
    """Say whether a file declares anything that a person would compile or import it for."""
    kinds = (syntax.Task, syntax.Suite, syntax.Regime, syntax.Let)
    return any(isinstance(d, kinds) for d in unit.file.declarations)


def _suite(suite: syntax.Suite) -> Suite:
    names = [word.text for listed in every(suite.body, syntax.Tasks) for word in listed.names]
    titles = [m.values[0] for m in every(suite.body, syntax.Meta) if m.keyword.text == "title" and m.values]
    return Suite(name=suite.name.text, title=_said(titles[0]) if titles else "", tasks=tuple(names))


def _said(value: syntax.Text | syntax.Word) -> str:
    return value.value if isinstance(value, syntax.Text) else value.text


def _task(job: Job, desk: Desk) -> Task | None:
    before = count_errors(desk.found)
    fields = _fields(job, desk.found)
    known = count_errors(desk.found) == before  # whether the record can be held against rows
    items = _items(job, fields if known else {}, desk)
    factors, levels = _factors(job, desk.found)
    design = _design(job, factors, desk.found)
    asked = _asked(job, items, fields, desk) if fields else ()
    cluster = _cluster(job, fields, desk) if fields else None
    about = last(job.body, syntax.TrueTask)
    if about is None:
        desk.found.append(
            error(
                "missing-statement",
                f"task `{job.name}` states no `true_task`",
                job.span,
                help='add `true_task "what is wanted" -> answer`',
            )
        )
    if count_errors(desk.found) > before:
        if fields:
            _check_the_rest(job, fields, factors, levels, desk)
        return None
    made = variants.variants(job, fields, items, factors, levels, design, desk)
    if count_errors(desk.found) > before or about is None:
        return None
    return Task(
        name=job.name,
        span=job.span,
        meta=_meta(job.body),
        fields=fields,
        items=items,
        asked=asked,
        about_true_task=about.about.value,
        factors=factors,
        design=design,  # type: ignore[arg-type]
        variants=made,
        constants=job.names.lets,
        cluster=cluster,
        statements=job.body,
        allows=allows_of(job),
    )


def _check_the_rest(
    job: Job,
    fields: Mapping[str, FieldType],
    factors: tuple[Factor, ...],
    levels: Mapping[tuple[str, str], syntax.Use],
    desk: Desk,
) -> None:
    """After errors in the items, still check everything that does not depend on them."""
    variants.variants(job, fields, None, factors, levels, "one_at_a_time", desk)


# --- the item record -----------------------------------------------------------------------------


def _fields(job: Job, found: list[Diagnostic]) -> dict[str, FieldType]:
    record = last(job.body, syntax.Item)
    if record is None:
        found.append(
            error(
                "missing-statement",
                f"task `{job.name}` states no `item` record",
                job.span,
                help="add `item { question: text, answer: text }`, with the fields of one item",
            )
        )
        return {}
    fields: dict[str, FieldType] = {}
    if not record.fields:
        told = f"the item record of task `{job.name}` has no fields"
        cure = "name what one item holds: `item { question: text, answer: text }`"
        found.append(error("no-fields", told, record.span, help=cure))
    for field in record.fields:
        name = field.name.text
        if name in fields:
            found.append(
                error(
                    "duplicate-field",
                    f"two fields have the name `{name}`",
                    field.name.span,
                    help="keep one of them",
                )
            )
            continue
        if name in _RESERVED:
            found.append(
                error(
                    "reserved-name",
                    f"`{name}` cannot be the name of a field",
                    field.name.span,
                    help="it has a meaning of its own in expressions or templates",
                )
            )
        fields[name] = _type(field.type, found)
    return fields


def _type(written: syntax.Type, found: list[Diagnostic]) -> FieldType:
    match written:
        case syntax.OneOf(choices=choices):
            return FieldType(choices=choices)
        case syntax.ListType(element=scalar, size=size):
            return FieldType(scalar=_scalar(scalar, found), is_list=True, size=size)  # type: ignore[arg-type]
        case _:
            return FieldType(scalar=_scalar(written, found))  # type: ignore[arg-type]


def _scalar(scalar: syntax.Scalar, found: list[Diagnostic]) -> str:
    if scalar.name in _SCALARS:
        return scalar.name
    known = {"str": "text", "string": "text", "integer": "int", "float": "number", "boolean": "bool"}
    better = known.get(scalar.name)
    cure = (
        f"write `{better}`"
        if better
        else "types are `text`, `int`, `number`, `bool`, lists of them, `one of …`"
    )
    found.append(error("unknown-type", f"unknown type `{scalar.name}`", scalar.span, help=cure))
    return "text"


def _items(job: Job, fields: Mapping[str, FieldType], desk: Desk) -> Sequence[Item]:
    sources = tuple(
        s for s in job.body if isinstance(s, (syntax.ItemsFrom, syntax.ItemsRows, syntax.ItemsGenerate))
    )
    if not sources:
        desk.found.append(
            error(
                "missing-statement",
                f"task `{job.name}` has no `items`",
                job.span,
                help='add `items [ {…} ]`, `items from "file.jsonl"` or `items generate N seed S {…}`',
            )
        )
        return ()
    if not fields:
        return ()
    before = len(desk.found)
    items = read_items(sources, fields, job.names.lets, desk)
    if not items and len(desk.found) == before:
        desk.found.append(error("no-items", f"task `{job.name}` has no items", sources[0].span))
    return items


def _asked(job: Job, items: Sequence[Item], fields: Mapping[str, FieldType], desk: Desk) -> Sequence[int]:
    """Give the positions of the items that are asked, kept small where they are many."""
    test = last(job.body, syntax.Test)
    if test is None:
        return range(len(items))
    before = len(desk.found)
    names = frozenset([*fields, *WELL_KNOWN, *job.names.lets])
    condition = ready(test.where, Scope(names=names), desk.found)
    if len(desk.found) > before:
        return ()
    asked = array("I", (i for i, item in enumerate(items) if _holds(condition, item, test, job, desk)))
    if items and not asked and len(desk.found) == before:
        desk.found.append(
            error("no-items", "no item satisfies this condition, so none is asked", test.where.span)
        )
    return asked


def _cluster(job: Job, fields: Mapping[str, FieldType], desk: Desk) -> syntax.Expression | None:
    """Give what says to which cluster an item belongs, checked, if the task says so."""
    stated = last(job.body, syntax.Cluster)
    if stated is None:
        return None
    ready(stated.by, Scope(names=frozenset([*fields, *WELL_KNOWN, *job.names.lets])), desk.found)
    return stated.by


def _holds(condition: Ready, item: Item, test: syntax.Test, job: Job, desk: Desk) -> bool:
    try:
        return truth(
            condition(Frame({**job.names.lets, "id": item.id, **item.values}, desk.meter)), test.where.span
        )
    except Problem as problem:
        finding = error(
            "bad-expression",
            problem.message,
            problem.span,
            help=problem.help,
            others=[Label(span=item.origin, text=f"for item `{item.id}`")],
        )
        if not any(d.primary == finding.primary and d.message == finding.message for d in desk.found):
            desk.found.append(finding)
        return False


# --- factors -------------------------------------------------------------------------------------

_BUILT_IN = {
    "order": ("as_written", "reversed", "shuffled"),
    "labels": ("letters", "numbers", "roman", "verbatim"),
}


def _factors(
    job: Job, found: list[Diagnostic]
) -> tuple[tuple[Factor, ...], dict[tuple[str, str], syntax.Use]]:
    """Give the factors, and the use of each level by (factor, level)."""
    factors = []
    uses: dict[tuple[str, str], syntax.Use] = {}
    for vary in every(job.body, syntax.Vary):
        name = vary.factor.text
        levels: list[str] = []
        for use in vary.levels:
            level = _level_name(use, vary, found)
            if level in levels:
                found.append(
                    error("duplicate-name", f"factor `{name}` has two levels `{level}`", use.name.span)
                )
                continue
            levels.append(level)
            uses[name, level] = use
        if not levels:
            found.append(error("missing-level", f"factor `{name}` has no levels", vary.span))
            continue
        factors.append(Factor(name=name, levels=tuple(levels)))
    return tuple(factors), uses


def _level_name(use: syntax.Use, vary: syntax.Vary, found: list[Diagnostic]) -> str:
    factor, level = vary.factor.text, use.name.text
    allowed = _BUILT_IN.get(factor)
    if allowed is None:
        for argument in use.arguments:
            found.append(
                error(
                    "bad-call",
                    f"level `{level}` takes no arguments",
                    argument.span,
                    help=f"state what differs in a block: `{level} {{ … }}`",
                )
            )
        return level
    if level not in allowed:
        found.append(
            error(
                "unknown-level",
                f"built-in factor `{factor}` has no level `{level}`",
                use.name.span,
                help=similar(level, allowed),
            )
        )
    if use.body is not None:
        found.append(
            error(
                "misplaced-statement",
                f"a level of built-in factor `{factor}` has no block",
                use.span,
                help="take the block out, or vary a factor of your own beside it",
            )
        )
    seeds = [a for a in use.arguments if a.name.text == "seed" and level == "shuffled"]
    for argument in use.arguments:
        if argument.name.text != "seed" or level != "shuffled":
            found.append(
                error(
                    "bad-call",
                    f"level `{level}` takes no argument `{argument.name.text}`",
                    argument.span,
                    help="`shuffled` takes `seed`" if factor == "order" else "",
                )
            )
    shuffles = sum(other.name.text == "shuffled" for other in vary.levels)
    if level == "shuffled" and shuffles > 1:
        return f"shuffled_{constant(seeds[0].value, found) if seeds else 0}"
    return level


def _design(job: Job, factors: tuple[Factor, ...], found: list[Diagnostic]) -> str:
    stated = last(job.body, syntax.Design)
    if stated is None:
        return "full"
    return choose(stated.kind, ("full", "one_at_a_time", "latin"), "design", found) or "full"


def _meta(body: tuple[syntax.Statement, ...]) -> dict[str, tuple[str, ...]]:
    return {m.keyword.text: tuple(_said(v) for v in m.values) for m in every(body, syntax.Meta)}
