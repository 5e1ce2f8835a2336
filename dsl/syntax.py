"""The tree as written: one class for each thing an author can say, each with its span.

Spans take no part in equality, so that `parse(print(tree)) == tree` can be asked. A class, its
rule in `grammar/task.lark` and its keyword share a name. Nothing here is checked: names may be
unknown and statements may stand where they do not belong; `compiler/check` says so.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TypeAlias

from taskc.dsl.span import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Anything written, with the place where it stands."""

    span: Span = field(compare=False, repr=False)


# --- words and texts ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Word(Node):
    """A bare name used as a name: of a task, regime, level, field, style or role."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Node):
    """A string: its value after escapes or dedent, and where each part of the value stands.

    `marks` are pairs (offset in `value`, offset in the file), ascending; between two marks both run
    in step. `block` says whether it was written with three quotes. `span` includes the quotes.
    """

    value: str
    block: bool = field(default=False, compare=False)
    marks: tuple[tuple[int, int], ...] = field(default=(), compare=False, repr=False)

    def place(self, start: int, end: int) -> Span:
        """Give the span in the file of `value[start:end]`."""
        if not self.marks:
            return self.span
        # a block skips the indentation that follows a line; in quotes, a character may be an escape
        last = self._offset(max(end - 1, start)) + 1 if self.block or end <= start else self._offset(end)
        return Span(file=self.span.file, start=self._offset(start), end=max(last, self._offset(start)))

    def _offset(self, at: int) -> int:
        index = max(bisect_right(self.marks, (at, float("inf"))) - 1, 0)
        value, file = self.marks[index]
        return file + at - value


# --- expressions -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal(Node):
    """A number, `true`, `false` or, in rows only, `null` (None). Strings are `Text`."""

    value: int | float | bool | None

    def __eq__(self, other: object) -> bool:
        """Tell 1, 1.0 and true apart, which Python does not."""
        return (
            isinstance(other, Literal) and type(self.value) is type(other.value) and self.value == other.value
        )

    def __hash__(self) -> int:
        """Agree with `__eq__`."""
        return hash((type(self.value), self.value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Name(Node):
    """A name used for its value."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOf(Node):
    """`[a, b]`."""

    elements: tuple["Expression", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Index(Node):
    """`value[index]`."""

    value: "Expression"
    index: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True)
class Named(Node):
    """`name = value` in round brackets."""

    name: Word
    value: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Node):
    """`function(a, b, name = c)`; `function` is always a bare name."""

    function: Word
    arguments: tuple["Expression", ...]
    named: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unary(Node):
    """`-a`, `+a` or `not a`."""

    operator: str
    operand: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary(Node):
    """`a op b` with op one of `+ - * / // % **`."""

    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare(Node):
    """`a < b <= c`, chained as in Python; `operators` are of `== != < <= > >= in not-in`.

    `len(operands) == len(operators) + 1`.
    """

    operators: tuple[str, ...]
    operands: tuple["Expression", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Logic(Node):
    """`a and b` or `a or b`, two operands, grouped to the left."""

    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choose(Node):
    """`value if condition else otherwise`."""

    value: "Expression"
    condition: "Expression"
    otherwise: "Expression"


Expression: TypeAlias = (
    Text | Literal | Name | ListOf | Index | Call | Unary | Binary | Compare | Logic | Choose
)


# --- the item record and where items come from --------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar(Node):
    """`text`, `int`, `number` or `bool`; any other word is for the checker to refuse."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListType(Node):
    """`T[]` or `T[n]`."""

    element: Scalar
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf(Node):
    """`one of E`, where E is a list field or a list."""

    choices: Expression


Type: TypeAlias = Scalar | ListType | OneOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(Node):
    """`name: type`."""

    name: Word
    type: Type


@dataclass(frozen=True, slots=True, kw_only=True)
class Item(Node):
    """`item { name: type … }`."""

    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign(Node):
    """`name = E`, in `with { }` and in `generate`."""

    name: Word
    value: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsFrom(Node):
    """`items from "x.jsonl" [where E] [with { field = E, … }]`; `where` and `with` in any order."""

    path: Text
    where: Expression | None = None
    columns: tuple[Assign, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell(Node):
    """`name: value` in a row; the value is data: a literal, a text, or lists of them."""

    name: Word
    value: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Row(Node):
    """`{ name: value, … }`; names may also be written as strings."""

    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsRows(Node):
    """`items [ {…}, … ]`."""

    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Let(Node):
    """`let name = E`."""

    name: Word
    value: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep(Node):
    """`keep if E`."""

    condition: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsGenerate(Node):
    """`items generate N seed S { … }`."""

    count: Expression
    seed: Expression
    body: tuple[Let | Assign | Keep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Test(Node):
    """`test where E`."""

    where: Expression


# --- what is wanted, what competes, how it is asked ----------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueTask(Node):
    """`true_task "…" -> E`."""

    about: Text
    answer: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Distractor(Node):
    """`distractor [name] "…" -> E [when E]`."""

    name: Word | None = None
    about: Text
    answer: Expression
    when: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(Node):
    """`options E [as letters|numbers|roman|verbatim]`."""

    value: Expression
    style: Word | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Node):
    """`system "…"`, `user "…"` or `assistant "…"` inside a prompt."""

    role: Word
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt(Node):
    """`prompt "…"` (one user message) or `prompt { system "…" … }`."""

    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Template(Node):
    """`reply "…"`, and likewise `think`, `then`, `instruct`, `rationale`; `keyword` says which."""

    keyword: str
    text: Text


# --- regimes, factors, measures -----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting(Node):
    """`shots 5`, and likewise `samples temperature top_p max_tokens stop effort layout vote order seed`."""

    keyword: Word
    value: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemplars(Node):
    """`exemplars [balanced] [where E]` or `exemplars ["id", …]` (then `ids` is set, the rest is not)."""

    balanced: bool = False
    where: Expression | None = None
    ids: ListOf | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs(Node):
    """`needs rationale`."""

    name: Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Use(Node):
    """A regime, level or measure as it is used: `name [(a = 1, …)] [{ … }]`."""

    name: Word
    arguments: tuple[Named, ...] = ()
    body: tuple["Statement", ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Regimes(Node):
    """`regimes a, b(shots = 5), c { … }` or `regimes { a … }`, one a line."""

    uses: tuple[Use, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vary(Node):
    """`vary factor level, level { … }, …` or `vary factor { level { … } … }`."""

    factor: Word
    levels: tuple[Use, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Design(Node):
    """`design full|one_at_a_time|latin`."""

    kind: Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure(Node):
    """`measure choice(normalise = tokens), reply`."""

    uses: tuple[Use, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subtask(Node):
    """`subtask name { … }`."""

    name: Word
    body: tuple["Statement", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tasks(Node):
    """`tasks a, b` in a suite."""

    names: tuple[Word, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta(Node):
    """`title about version authors license tags cite canary`: a keyword and its texts or words."""

    keyword: Word
    values: tuple[Text | Word, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Allow(Node):
    """`allow rule-name, other-rule "why"`: findings that are meant; a rule is a word with hyphens."""

    rules: tuple[Word, ...]
    reason: Text


Statement: TypeAlias = (
    Item
    | ItemsFrom
    | ItemsRows
    | ItemsGenerate
    | Test
    | TrueTask
    | Distractor
    | Options
    | Prompt
    | Template
    | Setting
    | Exemplars
    | Needs
    | Regimes
    | Vary
    | Design
    | Measure
    | Subtask
    | Tasks
    | Meta
    | Let
    | Allow
)


# --- declarations -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Import(Node):
    """`import "path"`."""

    path: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(Node):
    """`task name [extends other] { … }`."""

    name: Word
    extends: Word | None = None
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime(Node):
    """`regime name [extends other] { … }`."""

    name: Word
    extends: Word | None = None
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite(Node):
    """`suite name { … }`."""

    name: Word
    body: tuple[Statement, ...]


Declaration: TypeAlias = Import | Task | Regime | Suite | Let | Allow


@dataclass(frozen=True, slots=True, kw_only=True)
class File(Node):
    """All declarations of one file, in the order written."""

    declarations: tuple[Declaration, ...]
