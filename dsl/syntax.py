"""The tree as written: one class for each thing an author can say, each with its span.

Spans take no part in equality, so that `parse(print(tree)) == tree` can be asked. A class, its
rule in `grammar/task.lark` and its keyword share a name. Nothing here is checked: names may be
unknown and statements may stand where they do not belong; `compiler/check` says so.
"""

from bisect import bisect_right
from typing import TypeAlias

from msgspec import Struct

from taskc.dsl.span import Span


class Node(Struct, frozen=True, kw_only=True, eq=False):
    """Anything written, with the place where it stands."""

    span: Span

    def __eq__(self, other: object) -> bool:
        """Hold what is said against what another says, wherever and however the two are written."""
        return isinstance(other, Node) and type(self) is type(other) and self._said() == other._said()

    def __hash__(self) -> int:
        """Agree with `__eq__`."""
        return hash(self._said())

    def __repr__(self) -> str:
        """Write what is said, so that two that are equal read alike."""
        said = ", ".join(
            f"{name}={getattr(self, name)!r}" for name in self.__struct_fields__ if name not in _WRITING
        )
        return f"{type(self).__name__}({said})"

    def _said(self) -> tuple[object, ...]:
        return tuple([getattr(self, name) for name in self.__struct_fields__ if name not in _WRITING])


# where and how something is written, and nothing of what it says
_WRITING = frozenset(["span", "block", "marks"])


# --- words and texts ---------------------------------------------------------------------------


class Word(Node, frozen=True, kw_only=True, eq=False):
    """A bare name used as a name: of a task, regime, level, field, style or role."""

    text: str


class Text(Node, frozen=True, kw_only=True, eq=False):
    """A string: its value after escapes or dedent, and where each part of the value stands.

    `marks` are pairs (offset in `value`, offset in the file), ascending; between two marks both run
    in step. `block` says whether it was written with three quotes. `span` includes the quotes.
    """

    value: str
    block: bool = False
    marks: tuple[tuple[int, int], ...] = ()

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


class Literal(Node, frozen=True, kw_only=True, eq=False):
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


class Name(Node, frozen=True, kw_only=True, eq=False):
    """A name used for its value."""

    id: str


class ListOf(Node, frozen=True, kw_only=True, eq=False):
    """`[a, b]`."""

    elements: tuple["Expression", ...]


class Index(Node, frozen=True, kw_only=True, eq=False):
    """`value[index]`."""

    value: "Expression"
    index: "Expression"


class Named(Node, frozen=True, kw_only=True, eq=False):
    """`name = value` in round brackets."""

    name: Word
    value: "Expression"


class Call(Node, frozen=True, kw_only=True, eq=False):
    """`function(a, b, name = c)`; `function` is always a bare name."""

    function: Word
    arguments: tuple["Expression", ...]
    named: tuple[Named, ...] = ()


class Unary(Node, frozen=True, kw_only=True, eq=False):
    """`-a`, `+a` or `not a`."""

    operator: str
    operand: "Expression"


class Binary(Node, frozen=True, kw_only=True, eq=False):
    """`a op b` with op one of `+ - * / // % **`."""

    operator: str
    left: "Expression"
    right: "Expression"


class Compare(Node, frozen=True, kw_only=True, eq=False):
    """`a < b <= c`, chained as in Python; `operators` are of `== != < <= > >= in not-in`.

    `len(operands) == len(operators) + 1`.
    """

    operators: tuple[str, ...]
    operands: tuple["Expression", ...]


class Logic(Node, frozen=True, kw_only=True, eq=False):
    """`a and b` or `a or b`, two operands, grouped to the left."""

    operator: str
    left: "Expression"
    right: "Expression"


class Choose(Node, frozen=True, kw_only=True, eq=False):
    """`value if condition else otherwise`."""

    value: "Expression"
    condition: "Expression"
    otherwise: "Expression"


Expression: TypeAlias = (
    Text | Literal | Name | ListOf | Index | Call | Unary | Binary | Compare | Logic | Choose
)


# --- the item record and where items come from --------------------------------------------------


class Scalar(Node, frozen=True, kw_only=True, eq=False):
    """`text`, `int`, `number` or `bool`; any other word is for the checker to refuse."""

    name: str


class ListType(Node, frozen=True, kw_only=True, eq=False):
    """`T[]` or `T[n]`."""

    element: Scalar
    size: int | None = None


class OneOf(Node, frozen=True, kw_only=True, eq=False):
    """`one of E`, where E is a list field or a list."""

    choices: Expression


Type: TypeAlias = Scalar | ListType | OneOf


class Field(Node, frozen=True, kw_only=True, eq=False):
    """`name: type`."""

    name: Word
    type: Type


class Item(Node, frozen=True, kw_only=True, eq=False):
    """`item { name: type … }`."""

    fields: tuple[Field, ...]


class Assign(Node, frozen=True, kw_only=True, eq=False):
    """`name = E`, in `with { }` and in `generate`."""

    name: Word
    value: Expression


class ItemsFrom(Node, frozen=True, kw_only=True, eq=False):
    """`items from "x.jsonl" [where E] [with { field = E, … }]`; `where` and `with` in any order."""

    path: Text
    where: Expression | None = None
    columns: tuple[Assign, ...] | None = None


class Cell(Node, frozen=True, kw_only=True, eq=False):
    """`name: value` in a row; the value is data: a literal, a text, or lists of them."""

    name: Word
    value: Expression


class Row(Node, frozen=True, kw_only=True, eq=False):
    """`{ name: value, … }`; names may also be written as strings."""

    cells: tuple[Cell, ...]


class ItemsRows(Node, frozen=True, kw_only=True, eq=False):
    """`items [ {…}, … ]`."""

    rows: tuple[Row, ...]


class Let(Node, frozen=True, kw_only=True, eq=False):
    """`let name = E`."""

    name: Word
    value: Expression


class Keep(Node, frozen=True, kw_only=True, eq=False):
    """`keep if E`."""

    condition: Expression


class ItemsGenerate(Node, frozen=True, kw_only=True, eq=False):
    """`items generate N seed S { … }`."""

    count: Expression
    seed: Expression
    body: tuple[Let | Assign | Keep, ...]


class Test(Node, frozen=True, kw_only=True, eq=False):
    """`test where E`."""

    where: Expression


class Cluster(Node, frozen=True, kw_only=True, eq=False):
    """`cluster by E`."""

    by: Expression


# --- what is wanted, what competes, how it is asked ----------------------------------------------


class TrueTask(Node, frozen=True, kw_only=True, eq=False):
    """`true_task "…" -> E`."""

    about: Text
    answer: Expression


class Distractor(Node, frozen=True, kw_only=True, eq=False):
    """`distractor [name] "…" -> E [when E]`."""

    name: Word | None = None
    about: Text
    answer: Expression
    when: Expression | None = None


class Options(Node, frozen=True, kw_only=True, eq=False):
    """`options E [as letters|numbers|roman|verbatim]`."""

    value: Expression
    style: Word | None = None


class Message(Node, frozen=True, kw_only=True, eq=False):
    """`system "…"`, `user "…"` or `assistant "…"` inside a prompt."""

    role: Word
    text: Text


class Prompt(Node, frozen=True, kw_only=True, eq=False):
    """`prompt "…"` (one user message) or `prompt { system "…" … }`."""

    messages: tuple[Message, ...]


class Template(Node, frozen=True, kw_only=True, eq=False):
    """`reply "…"`, and likewise `think`, `then`, `instruct`, `rationale`; `keyword` says which."""

    keyword: str
    text: Text


# --- regimes, factors, measures -----------------------------------------------------------------


class Setting(Node, frozen=True, kw_only=True, eq=False):
    """`shots 5`, and likewise `samples temperature top_p max_tokens stop effort layout vote order seed`."""

    keyword: Word
    value: Expression


class Exemplars(Node, frozen=True, kw_only=True, eq=False):
    """`exemplars [balanced] [where E]` or `exemplars ["id", …]` (then `ids` is set, the rest is not)."""

    balanced: bool = False
    where: Expression | None = None
    ids: ListOf | None = None


class Needs(Node, frozen=True, kw_only=True, eq=False):
    """`needs rationale`."""

    name: Word


class Use(Node, frozen=True, kw_only=True, eq=False):
    """A regime, level or measure as it is used: `name [(a = 1, …)] [{ … }]`."""

    name: Word
    arguments: tuple[Named, ...] = ()
    body: tuple["Statement", ...] | None = None


class Regimes(Node, frozen=True, kw_only=True, eq=False):
    """`regimes a, b(shots = 5), c { … }` or `regimes { a … }`, one a line."""

    uses: tuple[Use, ...]


class Vary(Node, frozen=True, kw_only=True, eq=False):
    """`vary factor level, level { … }, …` or `vary factor { level { … } … }`."""

    factor: Word
    levels: tuple[Use, ...]


class Design(Node, frozen=True, kw_only=True, eq=False):
    """`design full|one_at_a_time|latin`."""

    kind: Word


class Measure(Node, frozen=True, kw_only=True, eq=False):
    """`measure choice(normalise = tokens), reply`."""

    uses: tuple[Use, ...]


class Subtask(Node, frozen=True, kw_only=True, eq=False):
    """`subtask name { … }`."""

    name: Word
    body: tuple["Statement", ...]


class Tasks(Node, frozen=True, kw_only=True, eq=False):
    """`tasks a, b` in a suite."""

    names: tuple[Word, ...]


class Meta(Node, frozen=True, kw_only=True, eq=False):
    """`title about version authors license tags cite canary`: a keyword and its texts or words."""

    keyword: Word
    values: tuple[Text | Word, ...]


class Allow(Node, frozen=True, kw_only=True, eq=False):
    """`allow rule-name, other-rule "why"`: findings that are meant; a rule is a word with hyphens."""

    rules: tuple[Word, ...]
    reason: Text


Statement: TypeAlias = (
    Item
    | ItemsFrom
    | ItemsRows
    | ItemsGenerate
    | Test
    | Cluster
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


class Import(Node, frozen=True, kw_only=True, eq=False):
    """`import "path"`."""

    path: Text


class Task(Node, frozen=True, kw_only=True, eq=False):
    """`task name [extends other] { … }`."""

    name: Word
    extends: Word | None = None
    body: tuple[Statement, ...]


class Regime(Node, frozen=True, kw_only=True, eq=False):
    """`regime name [extends other] { … }`."""

    name: Word
    extends: Word | None = None
    body: tuple[Statement, ...]


class Suite(Node, frozen=True, kw_only=True, eq=False):
    """`suite name { … }`."""

    name: Word
    body: tuple[Statement, ...]


Declaration: TypeAlias = Import | Task | Regime | Suite | Let | Allow


class File(Node, frozen=True, kw_only=True, eq=False):
    """All declarations of one file, in the order written."""

    declarations: tuple[Declaration, ...]
