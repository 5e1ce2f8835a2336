"""A task as understood to what `snapshot.jsonl` keeps of it: where everything came from, line by line."""

from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct, field

from taskc.compiler import exemplars
from taskc.compiler.limits import Meter
from taskc.compiler.merge import keyword
from taskc.compiler.resolve import Unit
from taskc.compiler.scene import ItemProblem, stage
from taskc.dsl import syntax
from taskc.dsl.model import Measure, Task, Variant
from taskc.flow.places import Places
from taskc.grammar.print import print_statement
from taskc.records.snapshot import ItemShot, Stated, TaskShot, Way, line

# what makes the items, and what says how they are asked
_OWN = (syntax.Item, syntax.ItemsFrom, syntax.ItemsGenerate, syntax.Test, syntax.Cluster, syntax.Design)
_ASKING = (
    syntax.TrueTask,
    syntax.Distractor,
    syntax.Options,
    syntax.Prompt,
    syntax.Template,
    syntax.Setting,
    syntax.Exemplars,
    syntax.Measure,
    syntax.Let,
)


def shots(
    task: Task, chosen: Callable[[Variant], bool], units: Mapping[str, Unit], at: Places
) -> Iterator[bytes]:
    """Give the lines of a task: itself, then each of its items; of its variants those that are `chosen`.

    Items are asked for their places in the order of their files, mostly, which is what `at` is quick for.
    """
    book = _Book(at)
    constants = _constants(task, units)
    ways = tuple(_way(task, v, constants, book) for v in task.variants if chosen(v))
    own = tuple(book.number(s) for s in task.statements if isinstance(s, _OWN))
    yield line(
        TaskShot(
            task=task.name,
            at=at(task.span),
            statements=tuple(book.stated),
            own=own,
            ways=ways,
            factors=dict(_factors(task, at)),
        )
    )
    for item in task.items:
        yield line(ItemShot(item.id, at.of(item.file, item.start), item.values))


def _factors(task: Task, at: Places) -> Iterator[tuple[str, str]]:
    for vary in (s for s in task.statements if isinstance(s, syntax.Vary)):
        yield vary.factor.text, at(vary.span)
        for level in vary.levels:
            yield f"{vary.factor.text}={level.name.text}", at(level.span)


class _Book(Struct):
    """Statements numbered as they come, each once."""

    at: Places
    stated: list[Stated] = field(default_factory=list)
    numbers: dict[Stated, int] = field(default_factory=dict)
    known: dict[int, int] = field(default_factory=dict)  # by identity: cells share nearly all statements

    def number(self, statement: syntax.Statement) -> int:
        """Give the number of a statement, which lives as long as its task."""
        if id(statement) in self.known:
            return self.known[id(statement)]
        one = Stated(about=about(statement), text=print_statement(statement), at=self.at(statement.span))
        if one not in self.numbers:
            self.numbers[one] = len(self.stated)
            self.stated.append(one)
        self.known[id(statement)] = self.numbers[one]
        return self.numbers[one]


def about(statement: syntax.Statement) -> str:
    """Say what a statement is about, its name included where there may be several."""
    match statement:
        case syntax.Distractor(name=syntax.Word(text=name)) | syntax.Let(name=syntax.Word(text=name)):
            return f"{keyword(statement)} {name}"
        case _:
            return keyword(statement)


def _constants(task: Task, units: Mapping[str, Unit]) -> list[syntax.Let]:
    """Find the `let`s of files that a task sees, nearest file first where names meet."""
    files = list(dict.fromkeys([task.span.file, *(s.span.file for s in task.statements)]))
    files += [target for name in files if name in units for _, target in units[name].imports]
    found: dict[str, syntax.Let] = {}
    for name in dict.fromkeys(files):
        for declared in units[name].file.declarations if name in units else ():
            if isinstance(declared, syntax.Let) and declared.name.text in task.constants:
                found.setdefault(declared.name.text, declared)
    return list(found.values())


def _way(task: Task, variant: Variant, constants: list[syntax.Let], book: _Book) -> Way:
    stated = [s for s in variant.statements if isinstance(s, _ASKING)]
    return Way(
        regime=variant.regime.name,
        levels=dict(variant.levels),
        at=book.at(variant.span),
        measures=tuple(measure_name(m) for m in variant.measures),
        statements=tuple(dict.fromkeys(book.number(s) for s in [*constants, *stated])),
        shots=variant.regime.shots,
        exemplars=_drawn(task, variant),
    )


def measure_name(measure: Measure) -> str:
    """Write a measure as a table does."""
    return measure.name + (f"({measure.normalise})" if measure.normalise != "none" else "")


def _drawn(task: Task, variant: Variant) -> tuple[str, ...]:
    """Give the ids of the exemplars drawn first; none where they cannot be had, which requests tell."""
    shots = variant.regime.shots
    if not shots:
        return ()
    try:
        pool = exemplars.pool(stage(task, variant, Meter()))
    except ItemProblem:
        return ()
    return tuple(task.items[position].id for position in pool.first[: shots + 1])
