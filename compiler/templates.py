"""Templates: Jinja, cut down to what prompts need, checked at compile time, safe to render.

A template is parsed by Jinja, held against a list of allowed constructs, rewritten so that its
loops and joins are counted, and compiled in a sandbox with `StrictUndefined`. It cannot call
methods, read attributes, include files or run without end.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import TemplateError, TemplateSyntaxError, UndefinedError, meta, nodes
from jinja2.environment import Template as JinjaTemplate
from msgspec import Struct

from taskc.compiler.filters import FILTERS, METER, counted
from taskc.compiler.functions import FUNCTIONS, Fault
from taskc.compiler.limits import DEPTH, PARTS, TEXT, LimitError, Meter
from taskc.compiler.operators import Problem
from taskc.compiler.places import line_span, place_of, quoted, syntax_trouble, words_of
from taskc.compiler.sandbox import ENVIRONMENT, LOOP, TESTS, Turns, joined, show
from taskc.dsl.diagnostic import Diagnostic, error, similar
from taskc.dsl.span import Span
from taskc.dsl.syntax import Text

_ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Const, nodes.Name, nodes.CondExpr, nodes.Compare,
    nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv,
    nodes.Mod, nodes.Neg, nodes.Pos, nodes.Concat, nodes.Getitem, nodes.Slice, nodes.Getattr, nodes.Filter,
    nodes.Test, nodes.If, nodes.For, nodes.Assign, nodes.List, nodes.Tuple, nodes.Call, nodes.Keyword,
    nodes.Pair,  # only in a dictionary, which is told already
)  # fmt: skip
_WORDS = {
    "Include": "`{% include %}`", "Import": "`{% import %}`", "FromImport": "`{% from %}`",
    "Extends": "`{% extends %}`", "Block": "`{% block %}`", "Macro": "`{% macro %}`",
    "CallBlock": "`{% call %}`",
    "FilterBlock": "`{% filter %}`", "AssignBlock": "`{% set %} … {% endset %}`", "Dict": "a dictionary",
    "Pow": "`**`", "NSRef": "a namespace", "With": "`{% with %}`",
}  # fmt: skip
_TOO_LONG = f"a rendered template may have {TEXT:,} characters at most"
_MANY = 100  # parts of which the length is looked at before they are joined
_CALLS = frozenset(name for name in FUNCTIONS if name not in ("zip",))


class Template(Struct, frozen=True, kw_only=True, eq=False):
    """A template ready to render: what it was written as, and the names it asks for.

    `plain` is set when it is only text and plain names, which is rendered without Jinja: its stretches
    of text, and an empty one for each name, whose places and names are `holes`.
    """

    text: Text
    names: frozenset[str]
    calls: frozenset[str]
    plain: tuple[str, ...] | None
    holes: tuple[tuple[int, str], ...]
    program: JinjaTemplate

    def render(self, values: Mapping[str, Any], meter: Meter) -> str:
        """Fill in `values`; raises `Problem` with the place in the template."""
        if self.plain is None:
            return "".join(self.run(self.program, values, meter))
        out = list(self.plain)
        try:
            for at, name in self.holes:
                value = values[name]
                out[at] = value if type(value) is str else show(value)
            if len(out) > _MANY and sum(map(len, out)) > TEXT:
                raise LimitError(_TOO_LONG)
            text = "".join(out)
            if len(text) > TEXT:
                raise LimitError(_TOO_LONG)
            meter.spend(len(out) + (len(text) >> 3))
        except KeyError as missing:
            raise self._undefined(str(missing.args[0])) from None
        except (Fault, LimitError) as fault:
            raise Problem(self.text.span, str(fault)) from None
        return text

    def run(self, program: JinjaTemplate, values: Mapping[str, Any], meter: Meter) -> list[str]:
        """Run this template, or another `program` made of it, and give what it puts out, piece by piece."""
        helpers = {"_over": Turns(meter).over, "_joined": joined, METER: meter}
        helpers |= {name: counted(FUNCTIONS[name][0], meter) for name in self.calls}
        out: list[str] = []
        length = 0
        try:
            for part in program.root_render_func(program.new_context({**values, **helpers})):
                length += len(part)
                _check_length(length, len(part), meter)
                out.append(part)
        except UndefinedError as problem:
            raise self._undefined(quoted(str(problem))) from None
        except (Fault, LimitError) as problem:
            raise Problem(self._line(problem), str(problem)) from None
        except ZeroDivisionError as problem:
            raise Problem(self._line(problem), "this divides by zero") from None
        except (TypeError, ValueError, OverflowError) as problem:
            raise Problem(
                self._line(problem), "values of different kinds do not go together here"
            ) from problem
        except (TemplateError, ArithmeticError, AttributeError) as problem:
            raise Problem(self._line(problem), "a template cannot do this") from problem
        return out

    def _undefined(self, name: str) -> Problem:
        place = next((span for word, span, _ in words_of(self.text) if word == name), self.text.span)
        return Problem(
            place, f"`{name}` has no value here", f"ask first: `{{% if {name} is defined %}} … {{% endif %}}`"
        )

    def _line(self, problem: BaseException) -> Span:
        """Find the line of the template that was being rendered, from the traceback."""
        line, trace = 0, problem.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == "<template>":
                line = self.program.get_corresponding_lineno(trace.tb_lineno)
            trace = trace.tb_next
        return line_span(self.text, line)


def _check_length(length: int, new: int, meter: Meter) -> None:
    if length > TEXT:
        raise LimitError(_TOO_LONG)
    # copying text is cheap next to making it: eight characters for one of what an expression makes
    meter.spend(1 + (new >> 3))


def template(text: Text, known: Iterable[str], found: list[Diagnostic]) -> Template | None:
    """Check a template against the names it may use; None when something is wrong, told in `found`."""
    made, told = _template(text, text.span, frozenset(known))
    found += told
    return made


@lru_cache(maxsize=1024)  # every cell of a design asks for the same few
def _template(
    text: Text, span: Span, known: frozenset[str]
) -> tuple[Template | None, tuple[Diagnostic, ...]]:
    found: list[Diagnostic] = []
    return _checked(text, known, found), tuple(found)


def _checked(text: Text, known: frozenset[str], found: list[Diagnostic]) -> Template | None:
    tree = _parsed(text, found)
    if tree is None:
        return None
    before = len(found)
    _check_nodes(tree, text, found)
    if len(found) > before:
        return None
    names = _undeclared(tree)
    _check_names(names, known, text, found)
    if len(found) > before:
        return None
    parts = _plain_parts(tree)
    try:
        program = compile_tree(tree)
    except (SyntaxError, RecursionError, MemoryError):  # Python's own bounds on nesting
        found.append(_too_deep(text))
        return None
    return Template(
        text=text,
        names=frozenset(names - _CALLS),
        calls=frozenset(names & _CALLS),
        plain=None if parts is None else tuple("" if is_name else part for is_name, part in parts),
        holes=tuple((at, part) for at, (is_name, part) in enumerate(parts or ()) if is_name),
        program=program,
    )


def _parsed(text: Text, found: list[Diagnostic]) -> nodes.Template | None:
    if text.value.count("{{") + text.value.count("{%") > PARTS:
        found.append(_too_many(text))
        return None
    try:
        return ENVIRONMENT.parse(text.value)
    except TemplateSyntaxError as problem:
        message, cure = syntax_trouble(problem.message or "")
        found.append(error("template-syntax", message, line_span(text, problem.lineno), help=cure))
    except RecursionError:
        found.append(_too_deep(text))
    except ValueError:  # from Python, for a number with thousands of digits
        found.append(error("template-syntax", "this template holds a number that is too long", text.span))
    return None


def _too_many(text: Text) -> Diagnostic:
    told = f"a template may have {PARTS:,} parts at most"
    return error("template-syntax", told, text.span, help="repeat with `{% for … %}`")


def _too_deep(text: Text) -> Diagnostic:
    return error(
        "template-syntax",
        "this template is nested too deeply",
        text.span,
        help="make values with `let` first",
    )


@lru_cache(maxsize=1024)
def template_names(text: Text) -> frozenset[str]:
    """Give the names a template asks for; empty when it cannot be read."""
    tree = _parsed(text, [])
    try:
        return frozenset(_undeclared(tree)) if tree is not None else frozenset()
    except (TemplateError, RecursionError):
        return frozenset()


def _undeclared(tree: nodes.Template) -> set[str]:
    return meta.find_undeclared_variables(tree)


def _check_names(names: set[str], known: frozenset[str], text: Text, found: list[Diagnostic]) -> None:
    calls = {word for word, _, called in words_of(text) if called}
    for name in sorted(names - known):
        if name in calls:
            if name not in _CALLS:
                found.append(
                    error(
                        "unknown-function",
                        f"unknown function `{name}` in a template",
                        place_of(text, name),
                        help=similar(name, _CALLS),
                    )
                )
        elif name == "answer":
            cure = "it stands in `reply` and `then`; where the item is shown its answer is not"
            found.append(error("unknown-name", "`answer` is not known here", place_of(text, name), help=cure))
        elif not name.startswith("__"):
            found.append(
                error(
                    "unknown-name",
                    f"unknown name `{name}` in a template",
                    place_of(text, name),
                    help=similar(name, known),
                )
            )
        else:
            found.append(error("template-forbidden", f"`{name}` is not for templates", place_of(text, name)))


def _check_nodes(tree: nodes.Node, text: Text, found: list[Diagnostic]) -> None:
    stack: list[tuple[nodes.Node, int]] = [(tree, 0)]
    seen = 0
    while stack:
        node, depth = stack.pop()
        seen += 1
        if depth > DEPTH:
            found.append(_too_deep(text))
            return
        if seen > PARTS:
            found.append(_too_many(text))
            return
        stack.extend((child, depth + 1) for child in node.iter_child_nodes())
        complaint = _complaint(node)
        if complaint is not None:
            rule, message, word, help = complaint
            place = place_of(text, word) if word else line_span(text, node.lineno)
            found.append(error(rule, message, place, help=help))


def _complaint(node: nodes.Node) -> tuple[str, str, str, str] | None:
    """Say what is wrong with one construct: rule, message, the word to point at, and the cure."""
    name = type(node).__name__
    if isinstance(node, nodes.Const) and isinstance(node.value, str) and not _whole(node.value):
        return "template-syntax", "this text holds half a character", "", "write the character itself"
    if not isinstance(node, _ALLOWED):
        return (
            "template-forbidden",
            f"{_WORDS.get(name, f'`{name.lower()}`')} cannot be used in a template",
            "",
            "a template fills in values, chooses with `if` and repeats with `for`",
        )
    if isinstance(node, nodes.Getattr) and not _harmless(node):
        return (
            "template-forbidden",
            f"attributes such as `.{node.attr}` cannot be read in a template",
            node.attr,
            "use a filter, `name | upper`, or compute the value in the item",
        )
    told_already = (
        isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr) and not _harmless(node.node)
    )
    if isinstance(node, nodes.Call) and not told_already:
        plain = isinstance(node.node, nodes.Name) and node.dyn_args is None and node.dyn_kwargs is None
        if not plain or node.kwargs:
            told = "a template calls the built-in functions only, with values in their order"
            return "template-forbidden", told, "", ""
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        near = similar(node.name, FILTERS)
        return (
            "unknown-filter",
            f"unknown filter `{node.name}`",
            node.name,
            near or "the filters are " + _listed(FILTERS),
        )
    if isinstance(node, nodes.Filter):
        few = len(node.args) <= FILTERS[node.name][1]
        if not few or node.kwargs or node.dyn_args is not None or node.dyn_kwargs is not None:
            told = f"filter `{node.name}` is not given these values"
            return (
                "template-forbidden",
                told,
                node.name,
                f"write {_FORMS.get(node.name, f'`value | {node.name}`')}",
            )
    if isinstance(node, nodes.Test) and node.name not in TESTS:
        near = similar(node.name, TESTS)
        return (
            "unknown-test",
            f"unknown test `{node.name}`",
            node.name,
            near or "the tests are " + _listed(TESTS),
        )
    if isinstance(node, nodes.For) and node.recursive:
        return "template-forbidden", "a loop cannot be recursive", "recursive", ""
    return None


def _whole(text: str) -> bool:
    """Say whether a text can be written: an escape such as `\\ud800` alone makes half a character."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


_FORMS = {
    "d": "`value | d(instead)`",
    "default": "`value | default(instead)`",
    "join": '`list | join(", ")`',
    "replace": "`text | replace(old, new)`",
    "round": "`number | round(places)`",
    "sort": "`list | sort`, or `list | sort(true)` for the other way round",
    "trim": "`text | trim`",
    "truncate": "`text | truncate(length)`",
}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def _harmless(node: nodes.Getattr) -> bool:
    if isinstance(node.node, nodes.Name) and node.node.name == "loop":
        return node.attr in LOOP
    return node.attr in ("label", "text")


def compile_tree(tree: nodes.Template) -> JinjaTemplate:
    """Compile a tree so that its loops and joins are counted; may raise Python's own errors of depth."""
    for loop in list(tree.find_all(nodes.For)):
        call = nodes.Call(nodes.Name("_over", "load"), [loop.iter], [], None, None)
        loop.iter = call.set_lineno(loop.lineno)
    _replace_joins(tree)
    tree.set_environment(ENVIRONMENT)
    code = ENVIRONMENT.compile(tree, filename="<template>")
    return JinjaTemplate.from_code(ENVIRONMENT, code, {})


def _replace_joins(node: nodes.Node) -> None:
    """Turn every `a ~ b` into a call that counts what it makes."""
    for field, value in list(node.iter_fields()):
        if isinstance(value, list):
            node_list = [_without_join(v) if isinstance(v, nodes.Node) else v for v in value]
            setattr(node, field, node_list)
        elif isinstance(value, nodes.Node):
            setattr(node, field, _without_join(value))


def _without_join(node: nodes.Node) -> nodes.Node:
    _replace_joins(node)
    if isinstance(node, nodes.Concat):
        call = nodes.Call(nodes.Name("_joined", "load"), node.nodes, [], None, None)
        return call.set_lineno(node.lineno)
    return node


def _plain_parts(tree: nodes.Template) -> tuple[tuple[bool, str], ...] | None:
    """Give text and names in order when the template is nothing else."""
    parts: list[tuple[bool, str]] = []
    for output in tree.body:
        if not isinstance(output, nodes.Output):
            return None
        for node in output.nodes:
            if isinstance(node, nodes.TemplateData):
                parts.append((False, node.data))
            elif isinstance(node, nodes.Name):
                parts.append((True, node.name))
            else:
                return None
    return tuple(parts)


# --- places in a template ------------------------------------------------------------------------
