"""An item as one variant sees it: its values, its options in order, and what each task predicts for it."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct, field

from taskc.compiler.draws import rank
from taskc.compiler.expressions import Frame, Ready, Scope, names_in, ready
from taskc.compiler.limits import LimitError, Meter
from taskc.compiler.operators import Problem, truth
from taskc.compiler.sandbox import Choice, Choices, choices
from taskc.compiler.templates import Template, template
from taskc.compiler.values import is_number, kind, written
from taskc.dsl import syntax
from taskc.dsl.model import Item, Options, Task, Value, Variant
from taskc.dsl.span import Span
from taskc.records.request import Kind

_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv",
          "xvi", "xvii", "xviii", "xix", "xx")  # fmt: skip
_LABELS: dict[str, tuple[str, ...]] = {
    "letters": tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    "numbers": tuple(str(n) for n in range(1, 1001)),
    "roman": _ROMAN,
}


_NONE = Choices()


class ItemProblem(Exception):
    """Something that is wrong with one item under one variant; becomes a finding that names the item."""

    def __init__(self, rule: str, message: str, span: Span, help: str = "") -> None:
        """Keep rule, message, place and cure."""
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.span = span
        self.help = help


class Scene(msgspec.Struct):
    """One item under one variant, everything about it known; `texts` is its prompt, once it was asked for."""

    item: Item
    values: Mapping[str, Any]
    choices: Choices
    answer: str
    kind: Kind
    predictions: Mapping[str, str]
    cluster: str = ""
    texts: list[str] | None = None


class Stage(Struct, kw_only=True):
    """A variant made ready: its expressions and templates as functions.

    `fixed` names what is the same for every item; what is made of nothing else is made once.
    """

    task: Task
    variant: Variant
    constants: Mapping[str, Value]
    meter: Meter
    fixed: frozenset[str]
    lets: list[tuple[str, Ready]] = field(default_factory=list)
    options: Ready | None = None
    true_task: Ready
    cluster: Ready | None = None
    distractors: list[tuple[str, Ready, Ready | None, Span, Span]] = field(default_factory=list)
    templates: dict[str, Template] = field(default_factory=dict)
    prompt: list[tuple[str, Template]] = field(default_factory=list)
    roles: tuple[str, ...] = ()  # of the messages in `prompt`
    scenes: dict[int, Scene] = field(default_factory=dict)  # of exemplars, by position
    shown: dict[tuple[int, str], list[Any]] = field(default_factory=dict)  # their turns, by scene and origin
    moving: set[Template] = field(default_factory=set)  # templates that ask for more than what is fixed
    once: dict[Template, str] = field(default_factory=dict)  # what the other templates said
    way: object = None  # how a reply is begun, where that is the same for every item
    last: tuple[object, Choices] = (None, Choices())  # a list of options, and the choices made of it

    def scene(self, item: Item) -> Scene:
        """Look at `item` under this variant; raises `ItemProblem`."""
        try:
            return self._scene(item)
        except Problem as problem:
            raise ItemProblem("bad-expression", problem.message, problem.span, problem.help) from None
        except LimitError as problem:
            raise ItemProblem("too-much-work", str(problem), self.variant.span) from None

    def cluster_of(self, item: Item) -> str:
        """Name what `item` belongs to, '' if it stands for itself; raises `ItemProblem`."""
        try:
            return self._cluster(item) if self.cluster is not None else ""
        except Problem as problem:
            raise ItemProblem("bad-expression", problem.message, problem.span, problem.help) from None

    def values(self, item: Item) -> dict[str, Any]:
        """Give what expressions see of `item`: constants, fields, levels, `let`s; raises `Problem`."""
        values: dict[str, Any] = {**self.constants, "id": item.id, **item.values, **self.variant.levels}
        if self.lets:
            frame = Frame(values, self.meter)
            for name, make in self.lets:
                values[name] = make(frame)
        return values

    def fill(self, made: Template, values: Mapping[str, Any]) -> str:
        """Render a template, once if it says the same of every item; raises `Problem` and `LimitError`."""
        if made in self.moving:
            return made.render(values, self.meter)
        if made not in self.once:
            self.once[made] = made.render(values, self.meter)
        return self.once[made]

    def _scene(self, item: Item) -> Scene:
        values = self.values(item)
        frame = Frame(values, self.meter)
        choices = self._choices(item, frame) if self.options is not None else _NONE
        if choices:
            values["options"] = choices
        value = self.true_task(frame)
        answer = self._said(value, choices, self.variant.true_task.span, "true_task")
        predictions = {"true_task": answer}
        for name, make, when, span, when_span in self.distractors:
            if when is None or truth(when(frame), when_span):
                predictions[name] = self._said(make(frame), choices, span, name)
        if "rationale" in self.templates:
            template_values = {**values} if "answer" in values else {**values, "answer": answer}
            values["rationale"] = self.templates["rationale"].render(template_values, self.meter)
        cluster = self._cluster(item) if self.cluster is not None else ""
        return Scene(item, values, choices, answer, _kind(value), predictions, cluster)

    def _cluster(self, item: Item) -> str:
        """Name what an item belongs to: the same under every variant, whatever these state."""
        assert self.cluster is not None and self.task.cluster is not None
        value = self.cluster(Frame({**self.constants, "id": item.id, **item.values}, self.meter))
        if isinstance(value, tuple):
            told = f"`cluster by` needs one value an item, and this is {kind(value)}"
            raise Problem(self.task.cluster.span, told, 'join them: `join(…, ", ")`')
        return written(value)

    def _choices(self, item: Item, frame: Frame) -> Choices:
        spec = self.variant.options
        assert self.options is not None and spec is not None
        listed = self.options(frame)
        if listed is self.last[0]:
            return self.last[1]
        texts = _texts(listed, spec)
        if spec.order != "as_written":
            texts = _ordered(texts, spec, item.id)
        labels = _LABELS.get(spec.style)
        if labels is not None and len(texts) > len(labels):
            raise ItemProblem(
                "bad-options",
                f"there are {len(labels)} {spec.style} for labels, and {len(texts)} options",
                spec.value.span,
                "write `as numbers`",
            )
        made = choices(texts, labels)
        if spec.order != "shuffled":  # a shuffle is the item's own
            self.last = (listed, made)
        return made

    def _said(self, value: Value, choices: tuple[Choice, ...], span: Span, who: str) -> str:
        """Give how a reply says `value`: the option's label or text; without options the value as text."""
        text = value if type(value) is str else written(value)
        if isinstance(value, tuple) or not (choices or text.strip()):
            raise _not_an_answer(value, text, choices, span, _called(who))
        for choice in choices:
            if choice.text == text:
                return text if choice.label is None else choice.label
        if choices:
            raise _not_an_answer(value, text, choices, span, _called(who))
        return text


def _texts(listed: Value, spec: Options) -> list[str]:
    """Give the texts of a list of options: two or more, each another; raises `ItemProblem`."""
    if not isinstance(listed, tuple):
        raise ItemProblem(
            "bad-options",
            f"options are a list, and this is {kind(listed)}",
            spec.value.span,
            "write `[a, b]`, or name a field that holds a list",
        )
    texts = [one if type(one) is str else written(one) for one in listed]
    if len(texts) < 2:
        raise ItemProblem(
            "bad-options",
            f"there must be two options or more, not {len(texts)}",
            spec.value.span,
            "without options an answer is free text: take the statement out",
        )
    if len(set(texts)) < len(texts):
        twice = next(text for text in texts if texts.count(text) > 1)
        raise ItemProblem(
            "bad-options",
            f"the option “{twice[:60]}” stands twice",
            spec.value.span,
            "options differ from each other; `unique(…)` keeps the first of equal ones",
        )
    return texts


def _not_an_answer(value: Value, text: str, choices: tuple[Choice, ...], span: Span, who: str) -> ItemProblem:
    """Say why `value` cannot be what an answer says."""
    if isinstance(value, tuple):
        return ItemProblem(
            "bad-answer",
            f"{who} predicts a list, and an answer is one value",
            span,
            'take one of its elements, `…[0]`, or join them: `join(…, ", ")`',
        )
    if not choices:
        return ItemProblem(
            "bad-answer",
            f"{who} predicts an empty answer",
            span,
            "an answer holds at least one character that is not a blank",
        )
    listed = ", ".join(f"“{choice.text[:40]}”" for choice in choices[:6])
    return ItemProblem(
        "answer-not-an-option",
        f"{who} predicts “{text[:60]}”, which is not among the options {listed}",
        span,
        "every answer must be one of the options, to the letter",
    )


def _called(name: str) -> str:
    """Name a task in a sentence; `distractor` is the name of a distractor that has none."""
    known = {"true_task": "the true task", "distractor": "the distractor"}
    return known.get(name) or f"distractor `{name}`"


def _kind(value: Value) -> Kind:
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool):
        return "bool"
    if is_number(value):
        return "int" if isinstance(value, int) else "number"
    return "text"


def _ordered(texts: list[str], spec: Options, item: str) -> list[str]:
    if spec.order == "reversed":
        return texts[::-1]
    return sorted(texts, key=lambda text: rank("options", spec.seed, item, text))


def stage(task: Task, variant: Variant, meter: Meter) -> Stage:
    """Make a checked variant ready."""
    names: set[str] = {*task.constants, *task.fields, "id", "rationale", "options", "answer"}
    names |= {name for v in task.variants for name, _ in v.lets}
    scope = Scope(names=frozenset(names), factors={factor.name: factor.levels for factor in task.factors})
    fixed = _fixed(task, variant, scope)

    def make(expression: syntax.Expression) -> Ready:
        function = ready(expression, scope, [])
        return _once(function) if _uses(expression, scope) <= fixed else function

    made = Stage(
        task=task,
        variant=variant,
        constants=task.constants,
        meter=meter,
        fixed=fixed,
        true_task=make(variant.true_task),
        cluster=ready(task.cluster, scope, []) if task.cluster is not None else None,
    )
    made.lets = [(name, make(value)) for name, value in variant.lets]
    if variant.options is not None:
        made.options = make(variant.options.value)
    for d in variant.distractors:
        when = make(d.when) if d.when is not None else None
        made.distractors.append((d.name, make(d.answer), when, d.answer.span, (d.when or d.answer).span))
    known = scope.known()
    for name, text in (
        ("reply", variant.reply),
        ("think", variant.think),
        ("then", variant.then),
        ("instruct", variant.instruct),
        ("rationale", variant.rationale),
    ):
        if text is not None:
            made.templates[name] = _known_good(text, known)
    made.prompt = [(role, _known_good(text, known)) for role, text in variant.prompt]
    made.roles = tuple(role for role, _ in made.prompt)
    every = [*made.templates.values(), *(template for _, template in made.prompt)]
    made.moving = {template for template in every if not template.names <= fixed}
    return made


def _fixed(task: Task, variant: Variant, scope: Scope) -> frozenset[str]:
    """Give the names that have the same value for every item: constants, levels, and `let`s made of these."""
    moving = {*task.fields, "id", "rationale", "options", "answer"}
    fixed = {*task.constants, *variant.levels} - moving
    for name, value in variant.lets:
        if name not in moving and _uses(value, scope) <= fixed:
            fixed.add(name)
        else:
            moving.add(name)
            fixed.discard(name)
    return frozenset(fixed)


def _uses(expression: syntax.Expression, scope: Scope) -> set[str]:
    """Give the names an expression asks for, without those that are levels."""
    return {name.id for name in names_in(expression) if name.id in scope}


def _once(function: Ready) -> Ready:
    """Make a function that is the same for every item work once only."""
    known: list[Value] = []

    def get(frame: Frame) -> Value:
        if not known:
            known.append(function(frame))
        return known[0]

    return get


def _known_good(text: syntax.Text, names: frozenset[str]) -> Template:
    made = template(text, names, [])
    assert made is not None, "the checker passed a template that cannot be compiled"
    return made
