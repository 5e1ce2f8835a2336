"""Expressions to functions: names and calls are checked once, then each item costs little.

The language of expressions is total: no loops, no attributes, no I/O, and bounds on what is made.
"""

from collections.abc import Callable, Iterable, Mapping, Set
from typing import TypeAlias

import msgspec
from msgspec import Struct, field

from taskc.compiler.draws import Draws
from taskc.compiler.functions import DRAWS, FORMS, FUNCTIONS, Fault
from taskc.compiler.limits import LimitError, Meter
from taskc.compiler.operators import Problem, combine, holds, truth
from taskc.compiler.values import bounded, is_number, kind, size, weight
from taskc.dsl import syntax
from taskc.dsl.diagnostic import Diagnostic, error, similar
from taskc.dsl.model import Value


class Frame(msgspec.Struct):
    """What an expression is evaluated over: values by name, draws where there are any, the meter."""

    values: Mapping[str, "Value | Unusable"]
    meter: Meter
    draws: Draws | None = None


class Unusable(Struct, frozen=True):
    """What data may hold and the language has no values for; `what` names it."""

    what: str


Ready: TypeAlias = Callable[[Frame], Value]
TextMaker: TypeAlias = Callable[[syntax.Text], Ready]


class Scope(Struct, frozen=True, kw_only=True):
    """The names an expression may use.

    `names` have a value; `factors` map each factor to its levels: beside a factor's name in a
    comparison, a bare name is one of its levels. `texts` turns strings into templates, if set.
    """

    names: Set[str]
    factors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    draws: bool = False
    texts: TextMaker | None = None

    def known(self) -> frozenset[str]:
        """Give every name that has a value here."""
        return frozenset(self.names) | frozenset(self.factors)

    def __contains__(self, name: str) -> bool:
        """Say whether a name has a value here."""
        return name in self.names or name in self.factors


def ready(expression: syntax.Expression, scope: Scope, found: list[Diagnostic]) -> Ready:
    """Check an expression against its scope and give the function that evaluates it.

    What is wrong with it goes to `found`; the function is then not to be called.
    """
    return _MAKERS[type(expression)](expression, scope, found)


def constant(expression: syntax.Expression, found: list[Diagnostic]) -> Value | None:
    """Evaluate an expression that may use no names; None (and a finding) if it has no value."""
    before = len(found)
    function = ready(expression, Scope(names=frozenset()), found)
    if len(found) > before:
        return None
    try:
        return function(Frame({}, Meter()))
    except Problem as problem:
        found.append(error("bad-expression", problem.message, problem.span, help=problem.help))
        return None


def names_in(expression: syntax.Expression) -> Iterable[syntax.Name]:
    """Give every name used for its value, from left to right."""
    match expression:
        case syntax.Name():
            yield expression
        case syntax.ListOf(elements=parts) | syntax.Compare(operands=parts):
            for part in parts:
                yield from names_in(part)
        case syntax.Index(value=a, index=b) | syntax.Binary(left=a, right=b) | syntax.Logic(left=a, right=b):
            yield from names_in(a)
            yield from names_in(b)
        case syntax.Unary(operand=a):
            yield from names_in(a)
        case syntax.Choose(value=a, condition=b, otherwise=c):
            for part in (a, b, c):
                yield from names_in(part)
        case syntax.Call(arguments=parts, named=named):
            for part in (*parts, *(n.value for n in named)):
                yield from names_in(part)
        case _:
            return


def _literal(node: syntax.Literal, scope: Scope, found: list[Diagnostic]) -> Ready:
    value = node.value
    assert value is not None, "`null` stands in rows only"
    return lambda frame: value


def _text(node: syntax.Text, scope: Scope, found: list[Diagnostic]) -> Ready:
    if scope.texts is not None:
        return scope.texts(node)
    value = node.value
    return lambda frame: value


def _name(node: syntax.Name, scope: Scope, found: list[Diagnostic]) -> Ready:
    name = node.id
    if name not in scope:
        if name in FUNCTIONS or name in DRAWS:
            found.append(
                error("unknown-name", f"`{name}` is a function", node.span, help=f"call it: `{name}(…)`")
            )
        else:
            found.append(
                error("unknown-name", f"unknown name `{name}`", node.span, help=similar(name, scope.known()))
            )

    def get(frame: Frame) -> Value:
        try:
            value = frame.values[name]
            if isinstance(value, Unusable):
                raise Problem(
                    node.span,
                    f"`{name}` is {value.what}",
                    "a column can be text, a number, a truth value, or a list of these",
                )
            return value
        except KeyError:
            raise Problem(
                node.span,
                f"`{name}` has no value at these levels",
                "bind it at every level, or say `when` it is used",
            ) from None

    return get


def _list(node: syntax.ListOf, scope: Scope, found: list[Diagnostic]) -> Ready:
    parts = [ready(part, scope, found) for part in node.elements]

    def make(frame: Frame) -> Value:
        result = tuple(part(frame) for part in parts)
        try:
            frame.meter.spend(size(result))
        except LimitError as fault:
            raise Problem(node.span, str(fault)) from None
        return result

    return make


def _index(node: syntax.Index, scope: Scope, found: list[Diagnostic]) -> Ready:
    value, index = ready(node.value, scope, found), ready(node.index, scope, found)

    def get(frame: Frame) -> Value:
        whole, at = value(frame), index(frame)
        if not isinstance(whole, (str, tuple)):
            raise Problem(node.span, f"only text and lists have elements, and this is {kind(whole)}")
        if not isinstance(at, int) or isinstance(at, bool):
            raise Problem(node.index.span, f"a position is a whole number, and this is {kind(at)}")
        if not -len(whole) <= at < len(whole):
            raise Problem(
                node.index.span,
                f"there is no position {at} in {len(whole)} elements",
                "positions count from 0",
            )
        return whole[at]

    return get


def _call(node: syntax.Call, scope: Scope, found: list[Diagnostic]) -> Ready:
    name = node.function.text
    table = {**FUNCTIONS, **DRAWS} if scope.draws else FUNCTIONS
    parts = [ready(part, scope, found) for part in node.arguments]
    if node.named:
        told = f"`{name}` takes no named arguments"
        form = f"write `{FORMS[name]}`" if name in FORMS else ""
        found.append(error("bad-call", told, node.named[0].span, help=form))
    if name not in table:
        found.append(_unknown_function(node.function))
        return lambda frame: 0
    function, fewest, most = table[name]
    if not fewest <= len(parts) <= (len(parts) if most is None else most):
        wanted = (
            f"{fewest}" if most == fewest else f"{fewest} or more" if most is None else f"{fewest} to {most}"
        )
        some = "argument" if wanted == "1" else "arguments"
        told = f"`{name}` takes {wanted} {some}, not {len(parts)}"
        found.append(error("bad-call", told, node.span, help=f"write `{FORMS[name]}`"))
    drawing = name in DRAWS

    def call(frame: Frame) -> Value:
        values = [part(frame) for part in parts]
        try:
            read = sum(map(weight, values))
            frame.meter.spend(read * 8 if drawing else read)
            result = bounded(function(frame.draws, *values) if drawing else function(*values))
            frame.meter.spend(size(result))
            return result
        except (Fault, LimitError) as fault:
            raise Problem(node.span, str(fault)) from None
        except (OverflowError, ValueError):
            raise Problem(node.span, f"`{name}` has no value here") from None

    return call


def _unknown_function(function: syntax.Word) -> Diagnostic:
    if function.text in DRAWS:
        return error(
            "draw-outside-generate",
            f"`{function.text}` draws at random, and nothing is drawn here",
            function.span,
            help="draws belong in `items generate N seed S { … }`",
        )
    return error(
        "unknown-function",
        f"unknown function `{function.text}`",
        function.span,
        help=similar(function.text, [*FUNCTIONS, *DRAWS]),
    )


def _unary(node: syntax.Unary, scope: Scope, found: list[Diagnostic]) -> Ready:
    part = ready(node.operand, scope, found)
    if node.operator == "not":
        return lambda frame: not truth(part(frame), node.operand.span)

    def sign(frame: Frame) -> Value:
        value = part(frame)
        if not is_number(value):
            raise Problem(node.span, f"`{node.operator}` needs a number, and this is {kind(value)}")
        return -value if node.operator == "-" else value  # type: ignore[operator]

    return sign


def _binary(node: syntax.Binary, scope: Scope, found: list[Diagnostic]) -> Ready:
    left, right = ready(node.left, scope, found), ready(node.right, scope, found)
    sign = node.operator

    def apply(frame: Frame) -> Value:
        try:
            result = combine(sign, left(frame), right(frame))
            frame.meter.spend(size(result))
            return result
        except (Fault, LimitError) as fault:
            raise Problem(node.span, str(fault)) from None

    return apply


def _compare(node: syntax.Compare, scope: Scope, found: list[Diagnostic]) -> Ready:
    factors = [o.id for o in node.operands if isinstance(o, syntax.Name) and o.id in scope.factors]
    parts = [_operand(operand, factors, scope, found) for operand in node.operands]
    steps = list(zip(node.operators, parts[1:], node.operands[1:], strict=True))

    def compare(frame: Frame) -> Value:
        left = parts[0](frame)
        for sign, part, operand in steps:
            right = part(frame)
            span = node.operands[0].span.to(operand.span)
            try:
                frame.meter.spend(weight(right) + 1)
            except LimitError as fault:
                raise Problem(span, str(fault)) from None
            if not holds(sign, left, right, span):
                return False
            left = right
        return True

    return compare


def _operand(operand: syntax.Expression, factors: list[str], scope: Scope, found: list[Diagnostic]) -> Ready:
    """Make one side of a comparison; beside a factor a bare name is a level of it."""
    levels = {level for factor in factors for level in scope.factors[factor]}
    if factors and isinstance(operand, syntax.ListOf):
        inner = [_operand(part, factors, scope, found) for part in operand.elements]
        return lambda frame: tuple(part(frame) for part in inner)
    if isinstance(operand, syntax.Name) and operand.id in levels:
        value = operand.id
        return lambda frame: value
    unknown = operand.id if isinstance(operand, syntax.Name) and operand.id not in scope else None
    if isinstance(operand, syntax.Text) and operand.value not in levels:
        unknown = operand.value
    if factors and unknown is not None:
        found.append(
            error(
                "unknown-level",
                f"factor `{factors[0]}` has no level `{unknown}`",
                operand.span,
                help=similar(unknown, levels),
            )
        )
        return lambda frame: 0
    return ready(operand, scope, found)


def _logic(node: syntax.Logic, scope: Scope, found: list[Diagnostic]) -> Ready:
    left, right = ready(node.left, scope, found), ready(node.right, scope, found)
    if node.operator == "and":
        return lambda frame: truth(left(frame), node.left.span) and truth(right(frame), node.right.span)
    return lambda frame: truth(left(frame), node.left.span) or truth(right(frame), node.right.span)


def _choose(node: syntax.Choose, scope: Scope, found: list[Diagnostic]) -> Ready:
    value = ready(node.value, scope, found)
    condition = ready(node.condition, scope, found)
    otherwise = ready(node.otherwise, scope, found)
    return lambda frame: value(frame) if truth(condition(frame), node.condition.span) else otherwise(frame)


_MAKERS: dict[type, Callable[..., Ready]] = {
    syntax.Literal: _literal,
    syntax.Text: _text,
    syntax.Name: _name,
    syntax.ListOf: _list,
    syntax.Index: _index,
    syntax.Call: _call,
    syntax.Unary: _unary,
    syntax.Binary: _binary,
    syntax.Compare: _compare,
    syntax.Logic: _logic,
    syntax.Choose: _choose,
}
