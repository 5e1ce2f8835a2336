"""The task as understood: names resolved, inheritance gone, every row checked, nothing left for later.

Expressions and templates stay as trees: they mean something only together with an item, and the
compiler evaluates them. What stands here has passed `compiler.check`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

import msgspec
from msgspec import Struct, field

from taskc.dsl.span import Span
from taskc.dsl.syntax import Expression, Statement, Text

Value: TypeAlias = str | int | float | bool | tuple["Value", ...]
ScalarName: TypeAlias = Literal["text", "int", "number", "bool"]
Style: TypeAlias = Literal["letters", "numbers", "roman", "verbatim"]


class FieldType(Struct, frozen=True, kw_only=True):
    """What a field may hold: a scalar; a list of them (of `size`, if stated); or one of `choices`."""

    scalar: ScalarName = "text"
    is_list: bool = False
    size: int | None = None
    choices: Expression | None = None

    def __str__(self) -> str:
        """Write it as an author would, `one of …` for a choice."""
        if self.choices is not None:
            return "one of …"
        return self.scalar + (f"[{'' if self.size is None else self.size}]" if self.is_list else "")


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One row: its id, its fields (with `rationale` where the row has one), and where it comes from.

    A struct and no dataclass, because a task may have a million of them: it is made five times as fast.
    """

    id: str
    file: str
    start: int
    end: int
    values: Mapping[str, Value]

    @property
    def origin(self) -> Span:
        """Give its place in the file that holds it."""
        return Span(file=self.file, start=self.start, end=self.end)


class Distractor(Struct, frozen=True, kw_only=True):
    """A competing task: the answer it predicts, where it speaks at all."""

    name: str
    about: str
    answer: Expression
    when: Expression | None = None


class Options(Struct, frozen=True, kw_only=True):
    """The answer options, how they are labelled, and in which order they are shown.

    `order` is `as_written`, `reversed` or `shuffled`; a shuffle depends on `seed` and the item only.
    """

    value: Expression
    style: Style = "verbatim"
    order: Literal["as_written", "reversed", "shuffled"] = "as_written"
    seed: int = 0


class Exemplars(Struct, frozen=True, kw_only=True):
    """Which items may be shown as exemplars: by id, or by a condition, over answers in turn if balanced."""

    ids: tuple[str, ...] | None = None
    where: Expression | None = None
    balanced: bool = False


class Measure(Struct, frozen=True, kw_only=True):
    """What is estimated; `implied` when nobody stated it."""

    name: Literal["choice", "label", "reply"]
    normalise: Literal["none", "tokens", "bytes", "unconditional"] = "none"
    implied: bool = False


class Regime(Struct, frozen=True, kw_only=True):
    """How the model is asked, all settings known.

    `order` says in which order drawn exemplars are shown: as `drawn`, `as_written` or `reversed`.
    """

    name: str
    shots: int = 0
    exemplars: Exemplars = Exemplars()
    order: Literal["drawn", "as_written", "reversed"] = "drawn"
    seed: int = 0
    layout: Literal["turns", "single"] = "turns"
    samples: int = 1
    vote: Literal["majority"] | None = None
    temperature: float = 0.0
    top_p: float | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    effort: str | None = None


class Variant(Struct, frozen=True, kw_only=True):
    """One way of asking all items: a regime in one cell of the design, everything it overrides settled.

    `lets` are evaluated in order over an item. Exactly one of `reply` alone, or `think` with `then`
    says how an answer is given; `reply` is always set (in a two-stage regime it is the task's own).
    `statements` are those it was made of, regime and levels laid upon the task: what a finding points at.
    """

    regime: Regime
    levels: Mapping[str, str]
    lets: tuple[tuple[str, Expression], ...]
    prompt: tuple[tuple[Literal["system", "user", "assistant"], Text], ...]
    reply: Text
    think: Text | None
    then: Text | None
    instruct: Text | None
    rationale: Text | None
    true_task: Expression
    distractors: tuple[Distractor, ...]
    options: Options | None
    measures: tuple[Measure, ...]
    span: Span
    statements: tuple[Statement, ...] = ()


class Factor(Struct, frozen=True, kw_only=True):
    """What is varied, and its levels in the order written."""

    name: str
    levels: tuple[str, ...]


class Allow(Struct, frozen=True, kw_only=True):
    """A rule whose findings are meant in a task, and why; `span` is where the rule is named."""

    rule: str
    reason: str
    span: Span


class Task(Struct, frozen=True, kw_only=True):
    """A task with its items and all its variants.

    `items` may be more than fit into memory: they are read in order, or by position.
    `asked` are the positions in `items` of those that are asked. With a `latin` design an item is
    asked only in some cells; `compiler.design` says in which. `cluster` names what an item belongs to.
    `constants` are the `let`s of its file; `allows` come from the task, what it inherits, its file, its
    suites and the regimes it uses.
    `statements` are those it was made of, inheritance gone: what a finding points at.
    """

    name: str
    span: Span
    meta: Mapping[str, tuple[str, ...]]
    fields: Mapping[str, FieldType]
    items: Sequence[Item]
    asked: Sequence[int]
    about_true_task: str
    factors: tuple[Factor, ...]
    design: Literal["full", "one_at_a_time", "latin"]
    variants: tuple[Variant, ...]
    constants: Mapping[str, Value] = field(default_factory=dict)
    cluster: Expression | None = None
    allows: tuple[Allow, ...] = ()
    statements: tuple[Statement, ...] = ()

    def asked_items(self) -> Iterator[Item]:
        """Give the asked items in order; going through all is cheaper than looking up each."""
        if len(self.asked) < len(self.items) // 4:
            yield from (self.items[position] for position in self.asked)
            return
        asked = iter(self.asked)  # in rising order
        following = next(asked, None)
        for position, item in enumerate(self.items):
            if position == following:
                following = next(asked, None)
                yield item


class Suite(Struct, frozen=True, kw_only=True):
    """A group of tasks, with the regimes it puts in the place of theirs, if any."""

    name: str
    title: str
    tasks: tuple[str, ...]


class Program(Struct, frozen=True, kw_only=True):
    """Everything a compilation understood: the tasks to compile in order, and the files they came from."""

    tasks: tuple[Task, ...] = ()
    suites: tuple[Suite, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
