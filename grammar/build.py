"""Tree nodes by name to syntax classes: one method for each rule of `task.lark` that makes something."""

from collections.abc import Callable

from taskc.dsl import syntax as s
from taskc.dsl.diagnostic import Diagnostic, error
from taskc.dsl.span import Span
from taskc.grammar.layout import Token
from taskc.grammar.texts import read_block, read_string

_DIGITS = 4000  # digits; Python reads no longer ones


class Builder:
    """Makes syntax nodes bottom up and collects what is wrong inside words."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Diagnostic] = []
        self._methods: dict[str, Callable[..., object]] = {}

    def span(self, start: int, end: int) -> Span:
        """Give the span of the file being read."""
        return Span(file=self.file, start=start, end=end)

    def build(self, rule: str, start: int, end: int, children: list[object]) -> object:
        """Make the node of `rule` from its children, which are made already."""
        method = self._methods.get(rule)
        if method is None:
            method = self._methods[rule] = getattr(self, f"_{rule}")
        return method(self.span(start, end), *children)

    # --- words ---------------------------------------------------------------------------------

    def build_token(self, token: Token) -> s.Word | s.Text | s.Literal:
        """Make a word, a text or a number of a token."""
        span = self.span(token.start, token.end)
        match token.kind:
            case "STRING":
                text, found = read_string(token.text, span)
                self.found += found
                return text
            case "BLOCK":
                return read_block(token.text, span)
            case "INT" | "FLOAT":
                return s.Literal(span=span, value=self._number_value(token, span))
            case _:
                return s.Word(span=span, text=token.text)

    def _number_value(self, token: Token, span: Span) -> int | float:
        try:
            if len(token.text) > _DIGITS:
                raise OverflowError
            value = int(token.text) if token.kind == "INT" else float(token.text)
            if value == float("inf"):
                raise OverflowError
        except OverflowError:
            self.found.append(error("number-too-large", "this number is too large", span))
            return 0
        except ValueError:
            self.found.append(error("malformed-number", f"`{token.text}` is not a number", span))
            return 0
        return value

    # --- declarations --------------------------------------------------------------------------

    def _import(self, span: Span, path: s.Text) -> s.Import:
        return s.Import(span=span, path=path)

    def _task(
        self, span: Span, name: s.Word, extends: s.Word | None, body: tuple[s.Statement, ...]
    ) -> s.Task:
        return s.Task(span=span, name=name, extends=extends, body=body)

    def _regime(
        self, span: Span, name: s.Word, extends: s.Word | None, body: tuple[s.Statement, ...]
    ) -> s.Regime:
        return s.Regime(span=span, name=name, extends=extends, body=body)

    def _suite(self, span: Span, name: s.Word, body: tuple[s.Statement, ...]) -> s.Suite:
        return s.Suite(span=span, name=name, body=body)

    def _body(self, span: Span, *statements: s.Statement) -> tuple[s.Statement, ...]:
        return statements

    # --- items ---------------------------------------------------------------------------------

    def _item(self, span: Span, *fields: s.Field) -> s.Item:
        return s.Item(span=span, fields=fields)

    def _field(self, span: Span, name: s.Word, kind: s.Type) -> s.Field:
        return s.Field(span=span, name=name, type=kind)

    def _scalar(self, span: Span, name: s.Word) -> s.Scalar:
        return s.Scalar(span=span, name=name.text)

    def _list_type(self, span: Span, element: s.Scalar, size: s.Literal | None) -> s.ListType:
        count = size.value if size is not None else None
        return s.ListType(span=span, element=element, size=count if isinstance(count, int) else None)

    def _one_of(self, span: Span, choices: s.Expression) -> s.OneOf:
        return s.OneOf(span=span, choices=choices)

    def _items_from(
        self, span: Span, path: s.Text, *clauses: s.Expression | tuple[s.Assign, ...]
    ) -> s.ItemsFrom:
        where: s.Expression | None = None
        columns: tuple[s.Assign, ...] | None = None
        for clause in clauses:
            if isinstance(clause, tuple):
                if columns is not None:
                    self._twice("with", span)
                columns = clause
            else:
                if where is not None:
                    self._twice("where", clause.span)
                where = clause
        return s.ItemsFrom(span=span, path=path, where=where, columns=columns)

    def _twice(self, word: str, span: Span) -> None:
        help = "join both conditions with `and`" if word == "where" else "put all columns in one `with { }`"
        self.found.append(error("repeated-clause", f"`{word}` is given twice", span, help=help))

    def _where(self, span: Span, condition: s.Expression) -> s.Expression:
        return condition

    def _with(self, span: Span, *columns: s.Assign) -> tuple[s.Assign, ...]:
        return columns

    def _assign(self, span: Span, name: s.Word, value: s.Expression) -> s.Assign:
        return s.Assign(span=span, name=name, value=value)

    def _items_rows(self, span: Span, *rows: s.Row) -> s.ItemsRows:
        return s.ItemsRows(span=span, rows=rows)

    def _row(self, span: Span, *cells: s.Cell) -> s.Row:
        return s.Row(span=span, cells=cells)

    def _cell(self, span: Span, name: s.Word | s.Text, value: s.Expression) -> s.Cell:
        if isinstance(name, s.Text):
            name = s.Word(span=name.span, text=name.value)
        return s.Cell(span=span, name=name, value=value)

    def _negative(self, span: Span, number: s.Literal) -> s.Literal:
        assert number.value is not None
        return s.Literal(span=span, value=-number.value)

    def _null(self, span: Span) -> s.Literal:
        return s.Literal(span=span, value=None)

    def _values(self, span: Span, *values: s.Expression) -> s.ListOf:
        return s.ListOf(span=span, elements=values)

    def _items_generate(
        self, span: Span, count: s.Expression, seed: s.Expression, *body: s.Let | s.Assign | s.Keep
    ) -> s.ItemsGenerate:
        return s.ItemsGenerate(span=span, count=count, seed=seed, body=body)

    def _let(self, span: Span, name: s.Word, value: s.Expression) -> s.Let:
        return s.Let(span=span, name=name, value=value)

    def _keep(self, span: Span, condition: s.Expression) -> s.Keep:
        return s.Keep(span=span, condition=condition)

    def _test(self, span: Span, where: s.Expression) -> s.Test:
        return s.Test(span=span, where=where)

    def _cluster(self, span: Span, by: s.Expression) -> s.Cluster:
        return s.Cluster(span=span, by=by)

    # --- what is wanted, what competes, how it is asked -----------------------------------------

    def _true_task(self, span: Span, about: s.Text, answer: s.Expression) -> s.TrueTask:
        return s.TrueTask(span=span, about=about, answer=answer)

    def _distractor(
        self,
        span: Span,
        name: s.Word | None,
        about: s.Text,
        answer: s.Expression,
        when: s.Expression | None,
    ) -> s.Distractor:
        return s.Distractor(span=span, name=name, about=about, answer=answer, when=when)

    def _when(self, span: Span, condition: s.Expression) -> s.Expression:
        return condition

    def _options(self, span: Span, value: s.Expression, style: s.Word | None) -> s.Options:
        return s.Options(span=span, value=value, style=style)

    def _prompt(self, span: Span, text: s.Text) -> s.Prompt:
        role = s.Word(span=self.span(span.start, span.start + len("prompt")), text="user")
        return s.Prompt(span=span, messages=(s.Message(span=span, role=role, text=text),))

    def _conversation(self, span: Span, *messages: s.Message) -> s.Prompt:
        return s.Prompt(span=span, messages=messages)

    def _message(self, span: Span, role: s.Word, text: s.Text) -> s.Message:
        return s.Message(span=span, role=role, text=text)

    def _template(self, span: Span, keyword: s.Word, text: s.Text) -> s.Template:
        return s.Template(span=span, keyword=keyword.text, text=text)

    # --- regimes, factors, measures --------------------------------------------------------------

    def _setting(self, span: Span, keyword: s.Word, value: s.Expression) -> s.Setting:
        return s.Setting(span=span, keyword=keyword, value=value)

    def _exemplars(
        self, span: Span, first: bool | s.Expression, where: s.Expression | None = None
    ) -> s.Exemplars:
        if first is True:
            return s.Exemplars(span=span, balanced=True, where=where)
        assert not isinstance(first, bool)
        return s.Exemplars(span=span, where=first)

    def _balanced(self, span: Span) -> bool:
        return True

    def _exemplar_ids(self, span: Span, ids: s.ListOf) -> s.Exemplars:
        return s.Exemplars(span=span, ids=ids)

    def _needs(self, span: Span, name: s.Word) -> s.Needs:
        return s.Needs(span=span, name=name)

    def _regimes(self, span: Span, *uses: s.Use) -> s.Regimes:
        return s.Regimes(span=span, uses=uses)

    def _vary(self, span: Span, factor: s.Word, *levels: s.Use) -> s.Vary:
        return s.Vary(span=span, factor=factor, levels=levels)

    def _measure(self, span: Span, *uses: s.Use) -> s.Measure:
        return s.Measure(span=span, uses=uses)

    def _design(self, span: Span, kind: s.Word) -> s.Design:
        return s.Design(span=span, kind=kind)

    def _use(
        self,
        span: Span,
        name: s.Word,
        arguments: tuple[s.Named, ...] | None,
        body: tuple[s.Statement, ...] | None,
    ) -> s.Use:
        return s.Use(span=span, name=name, arguments=arguments or (), body=body)

    def _arguments(self, span: Span, *arguments: s.Named) -> tuple[s.Named, ...]:
        return arguments

    def _named(self, span: Span, name: s.Word, value: s.Expression) -> s.Named:
        return s.Named(span=span, name=name, value=value)

    def _subtask(self, span: Span, name: s.Word, body: tuple[s.Statement, ...]) -> s.Subtask:
        return s.Subtask(span=span, name=name, body=body)

    def _tasks(self, span: Span, *names: s.Word) -> s.Tasks:
        return s.Tasks(span=span, names=names)

    def _meta(self, span: Span, keyword: s.Word, *values: s.Text | s.Word) -> s.Meta:
        return s.Meta(span=span, keyword=keyword, values=values)

    def _allow(self, span: Span, *parts: s.Word | s.Text | None) -> s.Allow:
        rules = tuple(part for part in parts if isinstance(part, s.Word))
        reason = parts[-1]
        if not isinstance(reason, s.Text) or not reason.value.strip():
            told = "`allow` gives no reason"
            help = f'say why, for those who read it later: `allow {rules[0].text} "…"`'
            self.found.append(error("missing-reason", told, span, help=help))
            reason = s.Text(span=self.span(span.end, span.end), value="")
        return s.Allow(span=span, rules=rules, reason=reason)

    def _rule(self, span: Span, *words: s.Word) -> s.Word:
        return s.Word(span=span, text="-".join(word.text for word in words))

    # --- expressions -----------------------------------------------------------------------------

    def _choose(
        self, span: Span, value: s.Expression, condition: s.Expression, otherwise: s.Expression
    ) -> s.Choose:
        return s.Choose(span=span, value=value, condition=condition, otherwise=otherwise)

    def _logic(self, span: Span, left: s.Expression, word: s.Word, right: s.Expression) -> s.Logic:
        return s.Logic(span=span, operator=word.text, left=left, right=right)

    _or = _and = _logic

    def _unary(self, span: Span, word: s.Word, operand: s.Expression) -> s.Unary:
        return s.Unary(span=span, operator=word.text, operand=operand)

    _not = _sign = _unary

    def _binary(self, span: Span, left: s.Expression, word: s.Word, right: s.Expression) -> s.Binary:
        return s.Binary(span=span, operator=word.text, left=left, right=right)

    _plus = _times = _power = _binary

    def _compare(self, span: Span, *parts: s.Expression | str) -> s.Compare:
        return s.Compare(
            span=span,
            operators=tuple(part for part in parts if isinstance(part, str)),
            operands=tuple(part for part in parts if not isinstance(part, str)),
        )

    def _comparator(self, span: Span, *words: s.Word) -> str:
        return "-".join(word.text for word in words)

    def _index(self, span: Span, value: s.Expression, index: s.Expression) -> s.Index:
        return s.Index(span=span, value=value, index=index)

    def _call(self, span: Span, function: s.Word, *arguments: s.Expression | s.Named) -> s.Call:
        return s.Call(
            span=span,
            function=function,
            arguments=tuple(part for part in arguments if not isinstance(part, s.Named)),
            named=tuple(part for part in arguments if isinstance(part, s.Named)),
        )

    def _list_of(self, span: Span, *elements: s.Expression) -> s.ListOf:
        return s.ListOf(span=span, elements=elements)

    def _name(self, span: Span, word: s.Word) -> s.Name:
        return s.Name(span=span, id=word.text)

    def _true(self, span: Span) -> s.Literal:
        return s.Literal(span=span, value=True)

    def _false(self, span: Span) -> s.Literal:
        return s.Literal(span=span, value=False)
