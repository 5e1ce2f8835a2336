"""Syntax to text, in one tidy form that reads back as the same tree."""

import re
from collections.abc import Callable, Iterable, Sequence

from taskc.dsl import syntax as s
from taskc.dsl.span import Span
from taskc.grammar.texts import read_block

_NAME = re.compile(r"[^\W\d]\w*")
_ESCAPED = re.compile(r'[\x00-\x1f\x7f-\x9f"\\]')
_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_INLINE = 80  # columns in which a block of one statement stays on its line
_NOWHERE = Span(file="", start=0, end=0)

# how tightly an expression binds, as in Python
_CHOOSE, _OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _SIGN, _POWER, _POSTFIX, _ATOM = range(11)
_LOGIC = {"or": _OR, "and": _AND}
_BINARY = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "//": _PRODUCT, "%": _PRODUCT, "**": _POWER}


def print_file(file: s.File) -> str:
    """Write a file: declarations apart by a blank line, imports together, a statement a line.

    `parse` reads the tree back, whatever tree it made; comments are not part of it.
    """
    parts: list[str] = []
    for i, declaration in enumerate(file.declarations):
        both = i and isinstance(declaration, s.Import) and isinstance(file.declarations[i - 1], s.Import)
        parts += ["\n"] if i and not both else []
        parts += [_declaration(declaration), "\n"]
    return "".join(parts)


def print_statement(statement: s.Statement) -> str:
    """Write one statement, without the indentation of its block."""
    return _statement(statement)


def print_expression(expression: s.Expression) -> str:
    """Write an expression with no more brackets than it needs."""
    return _expression(expression, _CHOOSE)


def _declaration(node: s.Declaration) -> str:
    match node:
        case s.Import():
            return f"import {_text(node.path)}"
        case s.Let() | s.Allow():
            return _statement(node)
        case s.Suite():
            return f"suite {node.name.text} {_body(node.body)}"
        case s.Task() | s.Regime():
            keyword = "task" if isinstance(node, s.Task) else "regime"
            extends = f" extends {node.extends.text}" if node.extends else ""
            head = f"{keyword} {node.name.text}{extends} "
            return head + (_body(node.body) if keyword == "task" else _short_body(node.body, len(head)))


# --- blocks ------------------------------------------------------------------------------------


def _block(lines: Iterable[str]) -> str:
    """Write lines in braces, one below the other."""
    inside = "\n".join(lines)
    return "{\n" + _indent(inside) + "\n}" if inside else "{ }"


def _indent(text: str) -> str:
    return "\n".join(f"  {line}" if line else line for line in text.split("\n"))


def _body(body: Sequence[s.Statement]) -> str:
    return _block(_statement(statement) for statement in body)


def _short_body(body: Sequence[s.Statement], used: int) -> str:
    """Write a block; one short statement stays on the line, of which `used` columns are taken."""
    if len(body) == 1:
        only = _statement(body[0])
        if "\n" not in only and used + len(only) <= _INLINE:
            return f"{{ {only} }}"
    return _body(body)


# --- statements --------------------------------------------------------------------------------


def _statement(node: s.Statement) -> str:
    """Write a statement without the indentation of its block."""
    return _WRITERS[type(node)](node)


def _item(node: s.Item) -> str:
    return "item " + _block(f"{field.name.text}: {_type(field.type)}" for field in node.fields)


def _type(node: s.Type) -> str:
    match node:
        case s.Scalar():
            return node.name
        case s.ListType():
            return f"{node.element.name}[{'' if node.size is None else node.size}]"
        case s.OneOf():
            return f"one of {print_expression(node.choices)}"


def _items_from(node: s.ItemsFrom) -> str:
    where = f" where {print_expression(node.where)}" if node.where is not None else ""
    columns = f" with {_block(map(_assign, node.columns))}" if node.columns is not None else ""
    return f"items from {_text(node.path)}{where}{columns}"


def _assign(node: s.Assign) -> str:
    return f"{node.name.text} = {print_expression(node.value)}"


def _items_rows(node: s.ItemsRows) -> str:
    rows = [f"  {_row(row)},\n" for row in node.rows]
    return "items [\n" + "".join(rows) + "]" if rows else "items []"


def _row(row: s.Row) -> str:
    cells = [f"{_key(cell.name.text)}: {_value(cell.value)}" for cell in row.cells]
    return "{ " + ", ".join(cells) + " }" if cells else "{ }"


def _key(name: str) -> str:
    return name if _NAME.fullmatch(name) else _quoted(name)


def _value(value: s.Expression) -> str:
    """Write data on one line."""
    match value:
        case s.Text():
            return _quoted(value.value)
        case s.ListOf():
            return "[" + ", ".join(map(_value, value.elements)) + "]"
        case _:
            return print_expression(value)


def _items_generate(node: s.ItemsGenerate) -> str:
    head = f"items generate {print_expression(node.count)} seed {print_expression(node.seed)} "
    return head + _block(map(_making, node.body))


def _making(node: s.Let | s.Assign | s.Keep) -> str:
    match node:
        case s.Let():
            return _let(node)
        case s.Assign():
            return _assign(node)
        case s.Keep():
            return f"keep if {print_expression(node.condition)}"


def _let(node: s.Let) -> str:
    return f"let {node.name.text} = {print_expression(node.value)}"


def _test(node: s.Test) -> str:
    return f"test where {print_expression(node.where)}"


def _true_task(node: s.TrueTask) -> str:
    return f"true_task {_text(node.about)} -> {print_expression(node.answer)}"


def _distractor(node: s.Distractor) -> str:
    name = f" {node.name.text}" if node.name is not None else ""
    when = f" when {print_expression(node.when)}" if node.when is not None else ""
    return f"distractor{name} {_text(node.about)} -> {print_expression(node.answer)}{when}"


def _options(node: s.Options) -> str:
    style = f" as {node.style.text}" if node.style is not None else ""
    return f"options {print_expression(node.value)}{style}"


def _prompt(node: s.Prompt) -> str:
    if len(node.messages) == 1 and node.messages[0].role.text == "user":
        return f"prompt {_text(node.messages[0].text)}"
    return "prompt " + _block(f"{message.role.text} {_text(message.text)}" for message in node.messages)


def _template(node: s.Template) -> str:
    return f"{node.keyword} {_text(node.text)}"


def _setting(node: s.Setting) -> str:
    return f"{node.keyword.text} {print_expression(node.value)}"


def _exemplars(node: s.Exemplars) -> str:
    ids = f" {print_expression(node.ids)}" if node.ids is not None else ""
    where = f" where {print_expression(node.where)}" if node.where is not None else ""
    return f"exemplars{' balanced' if node.balanced else ''}{ids}{where}"


def _needs(node: s.Needs) -> str:
    return f"needs {node.name.text}"


def _regimes(node: s.Regimes) -> str:
    return f"regimes {_uses(node.uses)}"


def _vary(node: s.Vary) -> str:
    return f"vary {node.factor.text} {_uses(node.levels)}"


def _measure(node: s.Measure) -> str:
    return f"measure {_uses(node.uses)}"


def _uses(uses: Sequence[s.Use]) -> str:
    """Write uses on one line, or one a line in braces when one of them has a block."""
    if uses and all(use.body is None for use in uses):
        return ", ".join(map(_use, uses))
    return _block(map(_use, uses))


def _use(node: s.Use) -> str:
    arguments = ", ".join(map(_named, node.arguments))
    head = f"{node.name.text}({arguments})" if arguments else node.name.text
    return head if node.body is None else f"{head} {_short_body(node.body, len(head))}"


def _named(node: s.Named) -> str:
    return f"{node.name.text} = {print_expression(node.value)}"


def _design(node: s.Design) -> str:
    return f"design {node.kind.text}"


def _subtask(node: s.Subtask) -> str:
    return f"subtask {node.name.text} {_body(node.body)}"


def _tasks(node: s.Tasks) -> str:
    return "tasks " + ", ".join(name.text for name in node.names)


def _meta(node: s.Meta) -> str:
    values = ", ".join(v.text if isinstance(v, s.Word) else _text(v) for v in node.values)
    return f"{node.keyword.text} {values or '[]'}"


def _allow(node: s.Allow) -> str:
    return f"allow {', '.join(rule.text for rule in node.rules)} {_text(node.reason)}"


_WRITERS: dict[type[s.Statement], Callable[..., str]] = {
    s.Item: _item,
    s.ItemsFrom: _items_from,
    s.ItemsRows: _items_rows,
    s.ItemsGenerate: _items_generate,
    s.Test: _test,
    s.TrueTask: _true_task,
    s.Distractor: _distractor,
    s.Options: _options,
    s.Prompt: _prompt,
    s.Template: _template,
    s.Setting: _setting,
    s.Exemplars: _exemplars,
    s.Needs: _needs,
    s.Regimes: _regimes,
    s.Vary: _vary,
    s.Design: _design,
    s.Measure: _measure,
    s.Subtask: _subtask,
    s.Tasks: _tasks,
    s.Meta: _meta,
    s.Let: _let,
    s.Allow: _allow,
}


# --- texts -------------------------------------------------------------------------------------


def _text(text: s.Text) -> str:
    """Write a text with line breaks as a text block if it reads back as such, else in quotes."""
    if "\n" not in text.value or '"""' in text.value or _ESCAPED.search(_without_plain(text.value)):
        return _quoted(text.value)
    block = '"""\n' + _indent(f'{text.value}\n"""')
    return block if read_block(block, _NOWHERE).value == text.value else _quoted(text.value)


def _without_plain(value: str) -> str:
    """Leave out the characters that a text block takes as they are."""
    return re.sub(r'[\n\t"\\]', "", value)


def _quoted(value: str) -> str:
    return '"' + _ESCAPED.sub(lambda match: _escape(match.group()), value) + '"'


def _escape(character: str) -> str:
    return _ESCAPES.get(character) or f"\\x{ord(character):02x}"


# --- expressions -------------------------------------------------------------------------------


def _expression(node: s.Expression, least: int) -> str:
    """Write an expression, in brackets if it binds less than `least`."""
    written, binds = _bound(node)
    return written if binds >= least else f"({written})"


def _bound(node: s.Expression) -> tuple[str, int]:
    """Write an expression and say how tightly it binds."""
    match node:
        case s.Text():
            return _quoted(node.value), _ATOM
        case s.Literal():
            return _literal(node.value), _ATOM
        case s.Name():
            return node.id, _ATOM
        case s.ListOf():
            return f"[{_commas(node.elements)}]", _ATOM
        case s.Index():
            return f"{_expression(node.value, _POSTFIX)}[{_expression(node.index, _CHOOSE)}]", _POSTFIX
        case s.Call():
            inside = [_commas(node.arguments), ", ".join(map(_named, node.named))]
            return f"{node.function.text}({', '.join(filter(None, inside))})", _ATOM
        case s.Unary(operator="not"):
            return f"not {_expression(node.operand, _NOT)}", _NOT
        case s.Unary():
            return f"{node.operator}{_expression(node.operand, _SIGN)}", _SIGN
        case s.Binary():
            return _binary(node)
        case s.Compare():
            return _compare(node), _COMPARE
        case s.Logic():
            binds = _LOGIC[node.operator]
            left, right = _expression(node.left, binds), _expression(node.right, binds + 1)
            return f"{left} {node.operator} {right}", binds
        case s.Choose():
            value, condition = _expression(node.value, _OR), _expression(node.condition, _OR)
            return f"{value} if {condition} else {_expression(node.otherwise, _CHOOSE)}", _CHOOSE


def _binary(node: s.Binary) -> tuple[str, int]:
    """Write a binary operation: `**` groups to the right, the others to the left."""
    binds = _BINARY[node.operator]
    left, right = (binds + 1, _SIGN) if binds == _POWER else (binds, binds + 1)
    written = f"{_expression(node.left, left)} {node.operator} {_expression(node.right, right)}"
    return written, binds


def _compare(node: s.Compare) -> str:
    parts = [_expression(node.operands[0], _SUM)]
    for operator, operand in zip(node.operators, node.operands[1:], strict=True):
        parts += [operator.replace("-", " "), _expression(operand, _SUM)]
    return " ".join(parts)


def _commas(elements: Sequence[s.Expression]) -> str:
    return ", ".join(map(print_expression, elements))


def _literal(value: float | bool | None) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value)
