"""Which names a task uses for their value: in expressions and in templates, wherever they stand."""

from collections.abc import Iterator

from taskc.compiler.templates import template_names
from taskc.dsl import syntax
from taskc.dsl.model import Task, Variant

_DATA = (syntax.ItemsRows, syntax.Meta)  # hold no names and no templates


def names_used(task: Task) -> frozenset[str]:
    """Give every name whose value some statement or variant of the task asks for."""
    names = {name for statement in task.statements for name in _names(statement)}
    names |= {name for variant in task.variants for name in variant_names(variant)}
    return frozenset(names)


def variant_names(variant: Variant) -> Iterator[str]:
    """Give every name that a variant's expressions and templates ask for."""
    for _, value in variant.lets:
        yield from _names(value)
    for _, text in variant.prompt:
        yield from template_names(text)
    for one in (variant.reply, variant.think, variant.then, variant.instruct, variant.rationale):
        if one is not None:
            yield from template_names(one)
    for expression in (variant.true_task, variant.options and variant.options.value):
        yield from _names(expression)
    for distractor in variant.distractors:
        yield from _names(distractor.answer)
        yield from _names(distractor.when)
    yield from _names(variant.regime.exemplars.where)


def nodes(tree: object) -> Iterator[syntax.Node]:
    """Walk a tree as written, from the top; data in rows and in what describes a task are passed over."""
    stack = [tree]
    while stack:
        one = stack.pop()
        if isinstance(one, tuple):
            stack.extend(reversed(one))
        elif isinstance(one, syntax.Node) and not isinstance(one, _DATA):
            yield one
            stack.extend(getattr(one, name) for name in reversed(one.__struct_fields__))


def _names(tree: object) -> Iterator[str]:
    """Give the names asked for in a tree; a string counts as a template, for it may be one."""
    for node in nodes(tree):
        if isinstance(node, syntax.Name):
            yield node.id
        elif isinstance(node, syntax.Text) and "{" in node.value:
            yield from template_names(node)
