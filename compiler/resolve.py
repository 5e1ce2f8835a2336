"""Files to names: what each file declares, what it can see, and which tasks are to be compiled."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from taskc.compiler.expressions import Frame, Scope, names_in, ready
from taskc.compiler.limits import DEPTH, Meter
from taskc.compiler.merge import SUITE, TASK, check_body, every, last, merge
from taskc.compiler.operators import Problem
from taskc.dsl import syntax
from taskc.dsl.diagnostic import Diagnostic, Label, error, similar, warning
from taskc.dsl.model import Value
from taskc.dsl.span import Span

D = TypeVar("D", syntax.Task, syntax.Regime, syntax.Suite, syntax.Let)


class Unit(Struct, frozen=True, kw_only=True):
    """A parsed file and, for each of its imports that could be read, the name of the file it means."""

    name: str
    file: syntax.File
    imports: tuple[tuple[syntax.Import, str], ...] = ()


class Names(Struct, frozen=True, kw_only=True):
    """What a file can see: its own declarations, those of the files it imports, and the shipped regimes."""

    tasks: Mapping[str, tuple[syntax.Task, str]]
    regimes: Mapping[str, syntax.Regime]
    suites: tuple[syntax.Suite, ...]
    lets: Mapping[str, Value]
    broken: frozenset[str] = frozenset()  # `let`s that have no value, which is told where they stand
    allows: tuple[syntax.Allow, ...] = ()  # stated at the top of the file


class Job(Struct, frozen=True, kw_only=True):
    """A task to compile: its full name, all its statements, and what its file can see.

    `inherited` are the statements that come from a parent and not from the task itself; `regimes`
    are those of a suite, which take the place of the task's; `allows` are those of its suites.
    """

    name: str
    span: Span
    body: tuple[syntax.Statement, ...]
    inherited: tuple[syntax.Statement, ...]
    names: Names
    regimes: syntax.Regimes | None = None
    allows: tuple[syntax.Allow, ...] = ()


def check_imports(units: Mapping[str, Unit], found: list[Diagnostic]) -> None:
    """Report files that import each other in a circle, once a circle."""
    done: set[str] = set()
    for start in units:
        path: list[str] = []
        _walk(start, units, path, done, found)


def _walk(
    name: str, units: Mapping[str, Unit], path: list[str], done: set[str], found: list[Diagnostic]
) -> None:
    if name in done or name not in units:
        return
    path.append(name)
    for statement, target in units[name].imports:
        if target in path:
            names = [f"`{p}`" for p in [*path[path.index(target) :], target]]
            circle = " imports ".join(names if len(names) < 6 else [*names[:2], "…", *names[-2:]])
            found.append(
                error(
                    "import-cycle",
                    f"files import each other in a circle: {circle}",
                    statement.path.span,
                    help="move what both need into a third file",
                )
            )
        else:
            _walk(target, units, path, done, found)
    path.pop()
    done.add(name)


def names_of(
    units: Mapping[str, Unit], shipped: Mapping[str, syntax.Regime], found: list[Diagnostic]
) -> dict[str, Names]:
    """Collect what each file can see: what it declares itself, and what the files it imports declare."""
    lets: dict[str, Lets] = {}
    for name in units:
        _lets(name, units, lets, Meter(), found)
    return {name: _names(name, units, shipped, lets, found) for name in units}


def _names(
    name: str,
    units: Mapping[str, Unit],
    shipped: Mapping[str, syntax.Regime],
    lets: Mapping[str, "Lets"],
    found: list[Diagnostic],
) -> Names:
    own = units[name]
    seen = [own, *(units[target] for _, target in own.imports if target in units)]
    tasks = {task.name.text: (task, unit) for task, unit in _gather(seen, syntax.Task, "task", found)}
    regimes = {regime.name.text: regime for regime, _ in _gather(seen, syntax.Regime, "regime", found)}
    for unit in seen:
        _gather([unit], syntax.Let, "`let`", found)
    return Names(
        tasks=tasks,
        regimes={**shipped, **regimes},
        suites=tuple(suite for suite, _ in _gather([own], syntax.Suite, "suite", found)),
        lets={let: value for unit in reversed(seen) for let, value in lets[unit.name].values.items()},
        broken=frozenset(let for unit in seen for let in lets[unit.name].broken),
        allows=tuple(d for d in own.file.declarations if isinstance(d, syntax.Allow)),
    )


class Lets(Struct, frozen=True):
    """The `let`s of one file that have a value, and the names of those that have none."""

    values: dict[str, Value] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)


def _lets(
    name: str, units: Mapping[str, Unit], known: dict[str, Lets], meter: Meter, found: list[Diagnostic]
) -> Lets:
    """Evaluate the `let`s of a file in order; they may use those of the files it imports."""
    if name in known:
        return known[name]
    known[name] = own = Lets()  # set first, for files may import each other by mistake
    values: dict[str, Value] = {}
    broken: set[str] = set()
    for _, target in units[name].imports:
        if target in units:
            above = _lets(target, units, known, meter, found)
            values |= above.values
            broken |= above.broken
    for let in (d for d in units[name].file.declarations if isinstance(d, syntax.Let)):
        word = let.name.text
        before = len(found)
        if not any(used.id in broken for used in names_in(let.value)):  # else the first one is told
            _evaluate(let, values, meter, found)
        if word in values and len(found) == before:
            own.values[word] = values[word]
        else:
            broken.add(word)
            own.broken.add(word)
    return own


def _evaluate(let: syntax.Let, values: dict[str, Value], meter: Meter, found: list[Diagnostic]) -> None:
    before = len(found)
    function = ready(let.value, Scope(names=values.keys()), found)
    if len(found) > before:
        return
    try:
        values[let.name.text] = function(Frame(values, meter))
    except Problem as problem:
        found.append(error("bad-expression", problem.message, problem.span, help=problem.help))


def _gather(units: Iterable[Unit], kind: type[D], what: str, found: list[Diagnostic]) -> list[tuple[D, str]]:
    first: dict[str, D] = {}
    out = []
    for unit in units:
        for declaration in unit.file.declarations:
            if not isinstance(declaration, kind):
                continue
            name = declaration.name.text
            if name in first and first[name] is not declaration:
                what_s = "`let`s" if what == "`let`" else f"{what}s"
                found.append(
                    error(
                        "duplicate-name",
                        f"two {what_s} have the name `{name}`",
                        declaration.name.span,
                        others=[Label(span=first[name].name.span, text="the first one")],
                    )
                )
                continue
            first[name] = declaration
            out.append((declaration, unit.name))
    return out


def jobs(
    roots: Iterable[str],
    units: Mapping[str, Unit],
    views: Mapping[str, Names],
    found: list[Diagnostic],
) -> tuple[list[Job], list[syntax.Suite]]:
    """List the tasks of the root files and of their suites, inheritance and subtasks spelled out."""
    out: dict[str, Job] = {}
    suites: list[syntax.Suite] = []
    for root in roots:
        for declaration in units[root].file.declarations:
            if isinstance(declaration, syntax.Task):
                _add(_task_jobs(declaration, views[root], views, found), out, found)
    for root in roots:
        for suite in views[root].suites:
            suites.append(suite)
            _suite_jobs(suite, views[root], views, out, found)
    return list(out.values()), suites


def _add(new: Iterable[Job], out: dict[str, Job], found: list[Diagnostic]) -> None:
    for job in new:
        if job.name in out and out[job.name].span != job.span:
            found.append(
                error(
                    "duplicate-name",
                    f"two tasks have the name `{job.name}`",
                    job.span,
                    others=[Label(span=out[job.name].span, text="the first one")],
                )
            )
            continue
        out[job.name] = job


def _suite_jobs(
    suite: syntax.Suite,
    names: Names,
    views: Mapping[str, Names],
    out: dict[str, Job],
    found: list[Diagnostic],
) -> None:
    body = check_body(suite.body, SUITE, found)
    regimes = last(body, syntax.Regimes)
    allowed = tuple(every(body, syntax.Allow))
    for listed in every(body, syntax.Tasks):
        for word in listed.names:
            if word.text not in names.tasks:
                found.append(
                    error(
                        "unknown-task",
                        f"unknown task `{word.text}`",
                        word.span,
                        help=similar(word.text, names.tasks) or "import the file that declares it",
                    )
                )
                continue
            task, home = names.tasks[word.text]
            for job in _task_jobs(task, views[home], views, found):
                allows = (out[job.name].allows if job.name in out else ()) + allowed
                if regimes is not None:
                    _with_regimes(job, regimes, names, out, found)
                out[job.name] = replace(out.get(job.name, job), allows=allows)


def _with_regimes(
    job: Job, regimes: syntax.Regimes, names: Names, out: dict[str, Job], found: list[Diagnostic]
) -> None:
    """Put a suite's regimes in the place of a task's; two suites must not disagree."""
    before = out.get(job.name)
    if before is not None and before.regimes is not None and before.regimes != regimes:
        found.append(
            error(
                "suites-disagree",
                f"two suites give task `{job.name}` different regimes",
                regimes.span,
                others=[Label(span=before.regimes.span, text="the other suite")],
                help="compile the suites from files of their own, or give both the same regimes",
            )
        )
    merged = replace(
        job.names,
        regimes={**job.names.regimes, **names.regimes},
        lets={**names.lets, **job.names.lets},
    )
    out[job.name] = replace(job, names=merged, regimes=regimes)


def _task_jobs(
    task: syntax.Task, names: Names, views: Mapping[str, Names], found: list[Diagnostic]
) -> list[Job]:
    """Spell out one task: what it extends, then one job a subtask, and itself where it has items."""
    before = len(found)
    chain = _ancestors(task, names, views, found)
    if len(found) > before:
        return []  # what it inherits is not known
    inherited: tuple[syntax.Statement, ...] = ()
    for ancestor in chain[:-1]:
        inherited = _heritage(merge(inherited, check_body(ancestor.body, TASK, found)))
    own = check_body(task.body, TASK, found)
    for ancestor in reversed(chain[:-1]):
        names = _also(names, views[ancestor.span.file])
    return _spread(task.name.text, task.name.span, own, inherited, names, found)


def _also(own: Names, home: Names) -> Names:
    """Let a task see what the file of its parent sees, where its own file has nothing of that name."""
    return replace(
        own,
        regimes={**home.regimes, **own.regimes},
        lets={**home.lets, **own.lets},
        broken=own.broken | home.broken,
        allows=own.allows + home.allows,
    )


def _spread(
    name: str,
    span: Span,
    own: tuple[syntax.Statement, ...],
    inherited: tuple[syntax.Statement, ...],
    names: Names,
    found: list[Diagnostic],
) -> list[Job]:
    body = merge(inherited, own)
    subtasks = every(own, syntax.Subtask)
    here = _heritage(body)
    out = []
    if not subtasks or _has_items(here):
        out.append(Job(name=name, span=span, body=here, inherited=inherited, names=names))
    seen: dict[str, syntax.Subtask] = {}
    for subtask in subtasks:
        if subtask.name.text in seen:
            found.append(
                error(
                    "duplicate-name",
                    f"two subtasks have the name `{subtask.name.text}`",
                    subtask.name.span,
                    others=[Label(span=seen[subtask.name.text].name.span, text="the first one")],
                )
            )
            continue
        seen[subtask.name.text] = subtask
        inner = check_body(subtask.body, TASK, found)
        out += _spread(f"{name}.{subtask.name.text}", subtask.name.span, inner, here, names, found)
    return out


def _heritage(body: tuple[syntax.Statement, ...]) -> tuple[syntax.Statement, ...]:
    return tuple(statement for statement in body if not isinstance(statement, syntax.Subtask))


def _has_items(body: tuple[syntax.Statement, ...]) -> bool:
    return any(isinstance(s, (syntax.ItemsFrom, syntax.ItemsRows, syntax.ItemsGenerate)) for s in body)


def _ancestors(
    task: syntax.Task, names: Names, views: Mapping[str, Names], found: list[Diagnostic]
) -> list[syntax.Task]:
    chain = [task]
    while (parent := chain[0].extends) is not None:
        if parent.text not in names.tasks:
            found.append(
                error(
                    "unknown-task",
                    f"unknown task `{parent.text}`",
                    parent.span,
                    help=similar(parent.text, names.tasks) or "import the file that declares it",
                )
            )
            break
        above, home = names.tasks[parent.text]
        if any(above is known for known in chain):
            found.append(
                error(
                    "extends-cycle",
                    f"task `{above.name.text}` extends itself",
                    parent.span,
                    help="extend another task, or state everything here",
                )
            )
            break
        chain.insert(0, above)
        names = views[home]
        if len(chain) > DEPTH:
            told = f"tasks may extend each other {DEPTH} deep at most"
            found.append(error("nesting-too-deep", told, task.name.span, help="state more in each of them"))
            break
    return chain


def nothing_to_do(found: list[Diagnostic], span: Span) -> None:
    """Warn that a file holds no task."""
    found.append(
        warning(
            "no-tasks",
            "this file declares no task",
            span,
            help="a task is written `task name { … }`, a group of imported ones `suite name { tasks … }`",
        )
    )
