"""Factors that a template compares with what is none of their levels, so that two levels ask the same."""

from collections.abc import Iterator, Mapping

from jinja2 import TemplateError, nodes

from taskc.compiler.places import place_of
from taskc.compiler.sandbox import ENVIRONMENT
from taskc.dsl.diagnostic import Diagnostic, error, similar
from taskc.dsl.span import Span
from taskc.dsl.syntax import Text

_COMPARING = ("eq", "ne", "in", "notin")


def check_levels(text: Text, factors: Mapping[str, tuple[str, ...]], found: list[Diagnostic]) -> bool:
    """Check every comparison of a factor in a template; False where a level stands bare, as a name.

    What cannot be read is passed over: `template` tells why.
    """
    if not any(name in text.value for name in factors):
        return True
    try:
        tree = ENVIRONMENT.parse(text.value)
    except (TemplateError, RecursionError, ValueError):
        return True
    bare = False
    for compared in tree.find_all(nodes.Compare):
        sides = [compared.expr, *(op.expr for op in compared.ops if op.op in _COMPARING)]
        named = [side.name for side in sides if isinstance(side, nodes.Name) and side.name in factors]
        levels = {level for name in named for level in factors[name]}
        for side in _single(sides) if named else ():
            if isinstance(side, nodes.Const) and isinstance(side.value, str) and side.value not in levels:
                told = f"factor `{named[0]}` has no level `{side.value}`"
                place = _quoted(text, side.value)
                found.append(error("unknown-level", told, place, help=similar(side.value, levels)))
            elif isinstance(side, nodes.Name) and side.name in levels:
                told = f"in a template the level `{side.name}` is a text and stands in quotes"
                cure = f'write `"{side.name}"`'
                found.append(error("unknown-level", told, place_of(text, side.name), help=cure))
                bare = True
    return not bare


def _single(sides: list[nodes.Expr]) -> Iterator[nodes.Expr]:
    for side in sides:
        yield from side.items if isinstance(side, (nodes.List, nodes.Tuple)) else (side,)


def _quoted(text: Text, value: str) -> Span:
    """Give the place of a text between its quotes, the whole template where it is written in another way."""
    for mark in "\"'":
        at = text.value.find(f"{mark}{value}{mark}")
        if at >= 0:
            return text.place(at + 1, at + 1 + len(value))
    return text.span
