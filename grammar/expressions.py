"""Expressions to text: on one line where that fits, else opened at the outermost place."""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from taskc.dsl import syntax as s
from taskc.dsl.span import Span
from taskc.grammar.entries import WIDTH, Entry, beside, indent
from taskc.grammar.notes import Notes
from taskc.grammar.texts import quote, write_text

# how tightly an expression binds, as in Python
CHOOSE, _OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _SIGN, _POWER, _POSTFIX, _ATOM = range(11)
_LOGIC = {"or": _OR, "and": _AND}
_BINARY = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "//": _PRODUCT, "%": _PRODUCT, "**": _POWER}
_ATOMS = (s.Text, s.Literal, s.Name)
_CLOSES = {"[": "]", "(": ")"}
_Chained: TypeAlias = s.Binary | s.Logic | s.Compare | s.Choose


class _Operand(NamedTuple):
    """A part of a chain: the operator before it, and how tightly it must bind."""

    before: str
    node: s.Expression
    least: int

    @property
    def span(self) -> Span:
        """Give the place of the operand."""
        return self.node.span


class Expressions:
    """Writes expressions with no more brackets than they need, and those that their author gave operands."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes

    def write(self, node: s.Expression, column: int, margin: int, least: int = CHOOSE) -> str:
        """Write an expression that begins at `column` of a line which is indented by `margin`."""
        if not self.notes.holds(*self.notes.extent(node)):
            flat = self.flat(node, least)
            if "\n" in flat or column + len(flat) <= WIDTH:
                return flat
        return self._open(node, column, margin, least)

    def flat(self, node: s.Expression, least: int = CHOOSE) -> str:
        """Write an expression on one line, but for text blocks; in brackets if it binds less than `least`."""
        written, binds = self._bound(node)
        kept = least > CHOOSE and binds < _POSTFIX and self.notes.is_group(node)
        return f"({written})" if binds < least or kept else written

    # --- on one line -----------------------------------------------------------------------------

    def _bound(self, node: s.Expression) -> tuple[str, int]:
        """Write an expression and say how tightly it binds."""
        match node:
            case s.Text():
                spelt = self.notes.spelt(node)
                return write_text(node, spelt) if spelt else quote(node.value), _ATOM
            case s.Literal():
                return self._literal(node), _ATOM
            case s.Name():
                return node.id, _ATOM
            case s.ListOf():
                return f"[{self._commas(node.elements)}]", _ATOM
            case s.Index():
                return f"{self.flat(node.value, _POSTFIX)}[{self.flat(node.index)}]", _POSTFIX
            case s.Call():
                inside = [self._commas(node.arguments), ", ".join(map(self._named, node.named))]
                return f"{node.function.text}({', '.join(filter(None, inside))})", _ATOM
            case s.Unary(operator="not"):
                return f"not {self.flat(node.operand, _NOT)}", _NOT
            case s.Unary():
                return f"{node.operator}{self.flat(node.operand, _SIGN)}", _SIGN
            case _:
                chain, binds = _chain(node)
                return " ".join(part.before + self.flat(part.node, part.least) for part in chain), binds

    def _literal(self, node: s.Literal) -> str:
        if node.value is None or isinstance(node.value, bool):
            return {None: "null", True: "true", False: "false"}[node.value]
        spelt = self.notes.spelt(node)
        return spelt if spelt and not spelt.startswith("-") else repr(node.value)

    def _commas(self, elements: Sequence[s.Expression]) -> str:
        return ", ".join(map(self.flat, elements))

    def _named(self, node: s.Named) -> str:
        return f"{node.name.text} = {self.flat(node.value)}"

    # --- over several lines ----------------------------------------------------------------------

    def _open(self, node: s.Expression, column: int, margin: int, least: int) -> str:
        match node:
            case s.ListOf(elements=elements):
                return self._bracket("[", elements, node.span.start, node.span.end - 1, margin)
            case s.Call(arguments=arguments, named=named):
                name = node.function.text
                opening = node.function.span.end
                return name + self._bracket("(", (*arguments, *named), opening, node.span.end - 1, margin)
            case s.Index():
                index = f"[{self.flat(node.index)}]"
                return self._open(node.value, column, margin, _POSTFIX) + index
            case s.Unary(operator=word):
                binds, word = (_NOT, "not ") if word == "not" else (_SIGN, word)
                inside = word + self.write(node.operand, column + len(word), margin, binds)
                return f"({inside})" if binds < least else inside
            case s.Binary() | s.Logic() | s.Compare() | s.Choose():
                return self._open_chain(node, margin)
            case _:
                return self.flat(node, least)

    def _bracket(
        self, bracket: str, nodes: Sequence[s.Expression | s.Named], opening: int, closing: int, margin: int
    ) -> str:
        """Write elements or arguments one a line, unless that would be one that cannot be opened."""
        small = len(nodes) < 2 and all(isinstance(_value(node), _ATOMS) for node in nodes)
        if small and not self.notes.holds(opening, closing):
            return bracket + ", ".join(map(self._element, nodes)) + _CLOSES[bracket]

        def write(node: s.Expression | s.Named) -> Entry:
            if isinstance(node, s.Named):
                head = f"{node.name.text} = "
                value = self.write(node.value, margin + 2 + len(head), margin + 2)
                return Entry((head + value,))
            return Entry((self.write(node, margin + 2, margin + 2),), "element")

        head, lines = self.notes.write_all(nodes, opening, closing, write, ",", empty_lines=False)
        return f"{bracket}{beside(head)}\n" + indent("\n".join(lines)) + "\n" + _CLOSES[bracket]

    def _element(self, node: s.Expression | s.Named) -> str:
        return self._named(node) if isinstance(node, s.Named) else self.flat(node)

    def _open_chain(self, node: _Chained, margin: int) -> str:
        """Write the operands one a line, in round brackets."""

        def write(part: _Operand) -> Entry:
            column = margin + 2 + len(part.before)
            return Entry((part.before + self.write(part.node, column, margin + 2, part.least),), "element")

        start, end = self.notes.extent(node)
        closing = end - 1 if start < node.span.start else end
        chain = self._whole_chain(node)
        head, lines = self.notes.write_all(chain, start, closing, write, empty_lines=False)
        return f"({beside(head)}\n" + indent("\n".join(lines)) + "\n)"

    def _whole_chain(self, node: _Chained) -> list[_Operand]:
        """List the operands of a chain, those of its first operand too if that is another such chain."""
        first, *rest = _chain(node)[0]
        inner = first.node
        if isinstance(inner, (s.Binary, s.Logic)) and not self.notes.is_group(inner):
            alike = type(inner) is type(node) and _chain(inner)[1] == first.least
            return [*self._whole_chain(inner), *rest] if alike else [first, *rest]
        return [first, *rest]


def _value(node: s.Expression | s.Named) -> s.Expression:
    return node.value if isinstance(node, s.Named) else node


def _chain(node: _Chained) -> tuple[list[_Operand], int]:
    """List the operands of operators that bind alike, and say how tightly they do."""
    match node:
        case s.Compare():
            words = [operator.replace("-", " ") + " " for operator in node.operators]
            return [_Operand(w, n, _SUM) for w, n in zip(["", *words], node.operands, strict=True)], _COMPARE
        case s.Choose():
            value, condition = _Operand("", node.value, _OR), _Operand("if ", node.condition, _OR)
            return [value, condition, _Operand("else ", node.otherwise, CHOOSE)], CHOOSE
        case s.Binary(operator="**"):
            return [_Operand("", node.left, _POSTFIX), _Operand("** ", node.right, _SIGN)], _POWER
        case s.Logic() | s.Binary():
            binds = (_LOGIC if isinstance(node, s.Logic) else _BINARY)[node.operator]
            right = _Operand(f"{node.operator} ", node.right, binds + 1)
            return [_Operand("", node.left, binds), right], binds
