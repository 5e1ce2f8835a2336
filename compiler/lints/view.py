"""What a lint is given: one task, how its items look, and what flow can lend it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from msgspec import Struct, field

from taskc.compiler.exemplars import choose, pool
from taskc.compiler.merge import last
from taskc.compiler.scene import ItemProblem, stage
from taskc.compiler.survey import Look, Mark, Seen, see
from taskc.dsl import syntax
from taskc.dsl.diagnostic import Diagnostic
from taskc.dsl.model import Task, Variant
from taskc.dsl.span import Span
from taskc.records.request import Form, Kind, Option

ENOUGH = 10_000  # items of one task that are looked at: what moves a score by a point shows in them

Tokenize: TypeAlias = Callable[[str], Sequence[int]]


class Tools(Struct, frozen=True, kw_only=True):
    """What lints need from outside the compiler; flow lends it.

    `models` maps each model named by the user to its tokenizer, None where there is none at hand;
    `contexts` maps them to the number of tokens they take, and `estimate` guesses those of a text
    without a tokenizer. `read` gives the answer that scoring finds in
    a reply of some form, or None, and `same` says whether it takes two answers for one. `detects` gives
    the smallest difference in accuracy that `n` items can show. `effect` is the difference the author
    asks for. `most` bounds how many items of a task are looked at, roughly; None looks at all.
    `weigh` gives the severity of a rule, a lint or not, and None for a name that no rule has.
    """

    models: Mapping[str, Tokenize | None] = field(default_factory=dict)
    contexts: Mapping[str, int] = field(default_factory=dict)
    estimate: Callable[[str], int] = lambda text: len(text.encode("utf-8", "replace")) // 4
    read: Callable[[str, Form, tuple[Option, ...], Kind], str | None] | None = None
    same: Callable[[str, str, Kind, tuple[Option, ...]], bool] | None = None
    detects: Callable[[int], float] | None = None
    effect: float | None = None
    most: int | None = ENOUGH
    weigh: Callable[[str], str | None] = lambda rule: None


class View(Struct, kw_only=True):
    """A task as lints see it: itself, its looks (never none), and the tools.

    `tasks` are all tasks of the compilation: what one of them does not use a child may.
    """

    task: Task
    tasks: Sequence[Task]
    looks: Sequence[Look]
    tools: Tools

    @property
    def first(self) -> Look:
        """Give the look under the first variant, for what does not depend on the variant."""
        return self.looks[0]

    def sharing(self, statement: syntax.Statement) -> Iterator[Task]:
        """Give the tasks that have this very statement, by inheritance or their own."""
        return (task for task in self.tasks if any(one is statement for one in task.statements))

    def exemplars(self, variant: Variant) -> list[Seen]:
        """Show the exemplars that a variant draws for its first asked item; none where it has no shots."""
        if not variant.regime.shots:
            return []
        ready = stage(self.task, variant, self.first.stage.meter)
        try:
            drawn = choose(ready, pool(ready), ready.scene(self.task.items[self.task.asked[0]]))
            return [see(ready, self.task.items[position]) for position in drawn]
        except ItemProblem:
            return []  # making the requests tells why

    @property
    def options_span(self) -> Span:
        """Give the place of the list of options."""
        stated = last(self.task.statements, syntax.Options)
        return stated.value.span if stated is not None else self.task.span


class Lint(Struct, frozen=True, kw_only=True):
    """One lint: `tell` gives its findings; `mark`, where there is one, is asked for every item first.

    `code` is the type code of the marks (as of `array`): `B` for 0 to 255, `q` for 64 bits. `wanted` says
    once for each look whether its items are to be marked. `able` says whether the tools lent are all it
    needs: where they are not, nothing is marked for it, and an `allow` of it is not called idle.
    """

    tell: Callable[[View], Iterator[Diagnostic]]
    mark: Mark | None = None
    code: str = "B"
    wanted: Callable[[Look], bool] = lambda look: True
    able: Callable[[Tools], bool] = lambda tools: True
