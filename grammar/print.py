"""Syntax to text, in one true form that reads back as the same tree."""

import re
from collections.abc import Callable, Sequence

from taskc.dsl import syntax as s
from taskc.grammar.entries import HANG, KEEP, META, WIDTH, Entry, beside, indent, join
from taskc.grammar.expressions import Expressions
from taskc.grammar.notes import N, Notes
from taskc.grammar.texts import quote, write_text

_NAME = re.compile(r"[^\W\d]\w*")
_INLINE = 80  # columns in which a block of one statement stays on its line, where no author has a say


def print_file(file: s.File, notes: Notes | None = None) -> str:
    """Write a file: declarations apart by an empty line, a statement a line, in columns where they are alike.

    `parse` reads the tree back, whatever tree it made. Comments, empty lines, the spelling of texts
    and numbers, and which short blocks stay on a line are not part of it; they come from `notes`.
    """
    return _Writer(notes or Notes()).write_file(file)


def print_expression(expression: s.Expression) -> str:
    """Write an expression on one line with no more brackets than it needs."""
    return Expressions(Notes()).flat(expression)


def print_statement(statement: s.Statement) -> str:
    """Write one statement, without the indentation of its block."""
    return join(_Writer(Notes())._statement(statement)).replace(KEEP, "\n")


class _Writer:
    """Writes the declarations of one file from top to bottom."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self.expressions = Expressions(notes)
        self.margin = 0  # columns by which the line being written is indented

    def write_file(self, file: s.File) -> str:
        """Write the file."""
        end = len(self.notes.text) + 1
        _, lines = self.notes.write_all(
            file.declarations, None, end, self._declaration, apart=self._are_apart
        )
        return "\n".join([*lines, ""]).replace(KEEP, "\n") if lines else ""

    def _are_apart(self, before: Entry, entry: Entry) -> bool:
        """Tell whether an empty line must part two declarations."""
        if self.notes.text:
            return before.is_long or entry.is_long
        return not before.kind == entry.kind == "import"

    def _declaration(self, node: s.Declaration) -> Entry:
        match node:
            case s.Import():
                return Entry((f"import {self._text(node.path)}",), "import")
            case s.Let() | s.Allow():
                return self._statement(node)
            case s.Suite():
                return Entry((f"suite {node.name.text} {self._body(node.body, node.name.span.end)}",))
            case s.Task() | s.Regime():
                return self._task(node)

    def _task(self, node: s.Task | s.Regime) -> Entry:
        keyword = "task" if isinstance(node, s.Task) else "regime"
        extends = f" extends {node.extends.text}" if node.extends else ""
        head = f"{keyword} {node.name.text}{extends}"
        after = (node.extends or node.name).span.end
        if keyword == "regime":
            return Entry((head, self._short_body(node.body, after, len(head))), "regime")
        return Entry((f"{head} {self._body(node.body, after)}",))

    # --- blocks ----------------------------------------------------------------------------------

    def _block(self, nodes: Sequence[N], after: int, write: Callable[[N], Entry]) -> str:
        """Write nodes in the braces that open after a place, one below the other."""
        opening = self.notes.opening(after)
        return self._between(nodes, opening, self.notes.closing(opening), write)

    def _between(
        self, nodes: Sequence[N], opening: int | None, closing: int, write: Callable[[N], Entry]
    ) -> str:
        """Write nodes in braces; `opening` is None where the text has none, and `closing` its end."""
        self.margin += 2
        head, lines = self.notes.write_all(nodes, opening, closing, write)
        self.margin -= 2
        if not lines and not head:
            return "{ }"
        return f"{{{beside(head)}\n" + indent("\n".join([*lines, ""])) + "}"

    def _line(self, nodes: Sequence[N], after: int, write: Callable[[N], Entry], used: int) -> str | None:
        """Write nodes in braces on one line, of which `used` columns are taken; None if they were opened."""
        opening = self.notes.opening(after)
        if self.notes.is_opened(opening) is not False or self.notes.holds(
            opening, self.notes.closing(opening)
        ):
            return None
        line = "{ " + ", ".join(join(write(node)) for node in nodes) + " }"
        return line if nodes and "\n" not in line and self.margin + used + len(line) < WIDTH else None

    def _body(self, body: Sequence[s.Statement], after: int) -> str:
        return self._block(body, after, self._statement)

    def _short_body(self, body: Sequence[s.Statement], after: int, used: int) -> str:
        """Write a block; one short statement stays on the line, of which `used` columns are taken."""
        if len(body) == 1:
            line = self._line(body, after, self._statement, used)
            if line is None and self.notes.is_opened(self.notes.opening(after)) is None:
                only = join(self._statement(body[0]))
                line = f"{{ {only} }}" if "\n" not in only and used + 1 + len(only) <= _INLINE else None
            if line is not None:
                return line
        return self._body(body, after)

    # --- statements ------------------------------------------------------------------------------

    def _statement(self, node: s.Statement) -> Entry:
        """Write a statement in its cells."""
        return _WRITERS[type(node)](self, node)

    def _text(self, node: s.Text) -> str:
        return write_text(node, self.notes.spelt(node))

    def _value(self, node: s.Expression, used: int) -> str:
        """Write an expression on a line of which `used` columns are taken."""
        return self.expressions.write(node, self.margin + used, self.margin)

    def _item(self, node: s.Item) -> Entry:
        line = self._line(node.fields, node.span.start, self._field, len("item "))
        return Entry((f"item {line or self._block(node.fields, node.span.start, self._field)}",))

    def _field(self, node: s.Field) -> Entry:
        return Entry((f"{node.name.text}:", self._type(node.type)), "field")

    def _type(self, node: s.Type) -> str:
        match node:
            case s.Scalar():
                return node.name
            case s.ListType():
                return f"{node.element.name}[{'' if node.size is None else node.size}]"
            case s.OneOf():
                return f"one of {self._value(node.choices, len('one of '))}"

    def _items_from(self, node: s.ItemsFrom) -> Entry:
        head = f"items from {self._text(node.path)}"
        before = self.notes.at
        clauses = self._clauses(node, len(head))
        line = " ".join([head, *clauses])
        fits = self.margin + len(line.partition("\n")[0]) <= WIDTH
        if not clauses or (fits and "\n" not in "".join(clauses[:-1])):
            return Entry((line,))
        self.notes.at = before
        self.margin += 2
        clauses = self._clauses(node, 0)
        self.margin -= 2
        return Entry((head + "\n" + indent("\n".join(clauses)),))

    def _clauses(self, node: s.ItemsFrom, used: int) -> list[str]:
        """Write what comes after the path of items, on one line of which `used` columns are taken.

        0 stands for a line each.
        """
        out = []
        if node.where is not None:
            out.append(f"where {self._value(node.where, len('where '))}")
        if node.columns is not None:
            after = self.notes.opening_before(node.columns[0].span.start) if node.columns else 0
            taken = sum(map(len, out), used) + len("with ") if used else len("with ")
            line = self._line(node.columns, after, self._assign, taken)
            out.append(f"with {line or self._block(node.columns, after, self._assign)}")
        return out

    def _assign(self, node: s.Assign) -> Entry:
        return Entry((node.name.text, f"= {self._value(node.value, len(node.name.text) + 3)}"), "assign")

    def _items_rows(self, node: s.ItemsRows) -> Entry:
        self.margin += 2
        opening, closing = self.notes.opening(node.span.start), node.span.end - 1
        head, lines = self.notes.write_all(node.rows, opening, closing, self._row, ",")
        self.margin -= 2
        inside = indent("\n".join(lines))
        return Entry((f"items [{beside(head)}\n{inside}\n]" if lines or head else "items []",))

    def _row(self, node: s.Row) -> Entry:
        start, closing = node.span.start, node.span.end - 1
        if self.notes.holds(start, closing) or (node.cells and self.notes.is_opened(start)):
            self.margin += 2
            head, lines = self.notes.write_all(node.cells, start, closing, self._cell, ",", empty_lines=False)
            self.margin -= 2
            return Entry((f"{{{beside(head)}\n{indent(chr(10).join(lines))}\n}}",))
        cells = [f"{_key(cell.name.text)}: {self.expressions.flat(cell.value)}" for cell in node.cells]
        return Entry(("{ " + ", ".join(cells) + " }" if cells else "{ }",))

    def _cell(self, node: s.Cell) -> Entry:
        key = _key(node.name.text)
        return Entry((f"{key}: {self._value(node.value, len(key) + 2)}",))

    def _items_generate(self, node: s.ItemsGenerate) -> Entry:
        head = f"items generate {self.expressions.flat(node.count)} seed {self.expressions.flat(node.seed)} "
        return Entry((head + self._block(node.body, node.seed.span.end, self._making),))

    def _making(self, node: s.Let | s.Assign | s.Keep) -> Entry:
        match node:
            case s.Let():
                return self._let(node)
            case s.Assign():
                return self._assign(node)
            case s.Keep():
                return Entry((f"keep if {self._value(node.condition, len('keep if '))}",))

    def _let(self, node: s.Let) -> Entry:
        head = f"let {node.name.text}"
        return Entry((head, f"= {self._value(node.value, len(head) + 3)}"), "let")

    def _test(self, node: s.Test) -> Entry:
        return Entry((f"test where {self._value(node.where, len('test where '))}",))

    def _cluster(self, node: s.Cluster) -> Entry:
        return Entry((f"cluster by {self._value(node.by, len('cluster by '))}",))

    def _true_task(self, node: s.TrueTask) -> Entry:
        return self._predicts("true_task", self._text(node.about), [("->", node.answer)])

    def _distractor(self, node: s.Distractor) -> Entry:
        name = f"{node.name.text} " if node.name is not None else ""
        when = [("when", node.when)] if node.when is not None else []
        return self._predicts("distractor", name + self._text(node.about), [("->", node.answer), *when])

    def _predicts(self, keyword: str, about: str, clauses: Sequence[tuple[str, s.Expression]]) -> Entry:
        """Write what a task is about and what it predicts; a clause a line if that is too long."""
        (start, _), (_, end) = (self.notes.extent(node) for _, node in (clauses[0], clauses[-1]))
        if self.notes.holds(start, end):
            used = len(keyword) + len(about) + 5
            told = " ".join(f"{word} {self._value(node, used)}" for word, node in clauses)
            return Entry((keyword, about, told), "task")
        told = " ".join(f"{word} {self.expressions.flat(node)}" for word, node in clauses)
        fits = self.margin + len(f"{keyword} {about} {told}") <= WIDTH
        if fits or "\n" in told or self.notes.holds(0, end):
            return Entry((keyword, about, told), "task")
        self.margin += 2
        lines = [f"{word} {self._value(node, len(word) + 1)}" for word, node in clauses]
        self.margin -= 2
        return Entry((f"{keyword} {about}\n" + indent("\n".join(lines)),))

    def _options(self, node: s.Options) -> Entry:
        style = f" as {node.style.text}" if node.style is not None else ""
        return Entry((f"options {self._value(node.value, len('options ') + len(style))}{style}",))

    def _prompt(self, node: s.Prompt) -> Entry:
        only = node.messages[0] if len(node.messages) == 1 else None
        if only is not None and only.role.text == "user" and not self.notes.holds(0, only.text.span.start):
            return Entry(("prompt", self._text(only.text)), "text")
        return Entry((f"prompt {self._block(node.messages, node.span.start, self._message)}",))

    def _message(self, node: s.Message) -> Entry:
        return Entry((node.role.text, self._text(node.text)), "text")

    def _template(self, node: s.Template) -> Entry:
        return Entry((node.keyword, self._text(node.text)), "text")

    def _setting(self, node: s.Setting) -> Entry:
        word = node.keyword.text
        return Entry((word, self._value(node.value, len(word) + 1)), "setting")

    def _exemplars(self, node: s.Exemplars) -> Entry:
        head = "exemplars balanced" if node.balanced else "exemplars"
        ids = f" {self._value(node.ids, len(head) + 1)}" if node.ids is not None else ""
        where = f" where {self._value(node.where, len(head) + 7)}" if node.where is not None else ""
        return Entry((head + ids + where,))

    def _needs(self, node: s.Needs) -> Entry:
        return Entry((f"needs {node.name.text}",))

    def _regimes(self, node: s.Regimes) -> Entry:
        return self._uses("regimes", node, node.uses)

    def _vary(self, node: s.Vary) -> Entry:
        return self._uses(f"vary {node.factor.text}", node, node.levels)

    def _measure(self, node: s.Measure) -> Entry:
        return self._uses("measure", node, node.uses)

    def _uses(self, head: str, node: s.Statement, uses: Sequence[s.Use]) -> Entry:
        """Write uses on one line, or one a line in braces."""
        first = uses[0].span.start if uses else node.span.end
        opening = self.notes.opening(node.span.start)
        braced = opening < first and self.notes.is_opened(opening)
        if (
            uses
            and not braced
            and not self.notes.holds(0, node.span.end)
            and not any(use.body is not None for use in uses)
        ):
            line = f"{head} {', '.join(join(self._use(use)) for use in uses)}"
            if self.margin + len(line) <= WIDTH:
                return Entry((line,))
        if opening >= first:  # the next brace is not its own
            return Entry((f"{head} {self._between(uses, None, node.span.end, self._use)}",))
        return Entry((f"{head} {self._block(uses, node.span.start, self._use)}",))

    def _use(self, node: s.Use) -> Entry:
        arguments = ", ".join(f"{a.name.text} = {self.expressions.flat(a.value)}" for a in node.arguments)
        head = f"{node.name.text}({arguments})" if arguments else node.name.text
        if node.body is None:
            return Entry((head,), "use")
        after = max(node.name.span.end, *(a.span.end for a in node.arguments), 0)
        return Entry((head, self._short_body(node.body, after, len(head))), "use")

    def _design(self, node: s.Design) -> Entry:
        return Entry((f"design {node.kind.text}",))

    def _subtask(self, node: s.Subtask) -> Entry:
        return Entry((f"subtask {node.name.text} {self._body(node.body, node.name.span.end)}",))

    def _tasks(self, node: s.Tasks) -> Entry:
        return Entry(("tasks", self._hanging([name.text for name in node.names], len("tasks "))))

    def _meta(self, node: s.Meta) -> Entry:
        word = node.keyword.text
        if node.values and self.notes.holds(node.values[0].span.start, node.span.end):
            return Entry((word, self._listed(node)), META)
        values = [v.text if isinstance(v, s.Word) else self._text(v) for v in node.values]
        return Entry((word, self._hanging(values, len(word) + 1) or "[]"), META)

    def _listed(self, node: s.Meta) -> str:
        """Write values with comments among them, one a line in square brackets."""
        opening, closing = self.notes.opening(node.span.start), node.span.end - 1
        if opening >= node.values[0].span.start:
            opening, closing = node.values[0].span.start, node.span.end
        _, lines = self.notes.write_all(node.values, opening, closing, self._listed_value, ",")
        return "[\n" + indent("\n".join(lines)) + "\n]"

    def _listed_value(self, node: s.Text | s.Word) -> Entry:
        return Entry((node.text if isinstance(node, s.Word) else self._text(node),))

    def _hanging(self, values: Sequence[str], used: int) -> str:
        """Write values on one line, or one below the other."""
        line = ", ".join(values)
        return line if self.margin + used + len(line) <= WIDTH or "\n" in line else f",{HANG}".join(values)

    def _allow(self, node: s.Allow) -> Entry:
        return Entry(("allow", ", ".join(rule.text for rule in node.rules), self._text(node.reason)), META)


def _key(name: str) -> str:
    return name if _NAME.fullmatch(name) else quote(name)


_WRITERS: dict[type[s.Statement], Callable[..., Entry]] = {
    s.Item: _Writer._item,
    s.ItemsFrom: _Writer._items_from,
    s.ItemsRows: _Writer._items_rows,
    s.ItemsGenerate: _Writer._items_generate,
    s.Test: _Writer._test,
    s.Cluster: _Writer._cluster,
    s.TrueTask: _Writer._true_task,
    s.Distractor: _Writer._distractor,
    s.Options: _Writer._options,
    s.Prompt: _Writer._prompt,
    s.Template: _Writer._template,
    s.Setting: _Writer._setting,
    s.Exemplars: _Writer._exemplars,
    s.Needs: _Writer._needs,
    s.Regimes: _Writer._regimes,
    s.Vary: _Writer._vary,
    s.Design: _Writer._design,
    s.Measure: _Writer._measure,
    s.Subtask: _Writer._subtask,
    s.Tasks: _Writer._tasks,
    s.Meta: _Writer._meta,
    s.Let: _Writer._let,
    s.Allow: _Writer._allow,
}
