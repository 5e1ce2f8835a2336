"""The sandbox that templates run in: plain values, no attributes, no methods, counted loops and joins."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import jinja2
import msgspec
from jinja2 import StrictUndefined, Undefined
from jinja2.sandbox import SandboxedEnvironment

from taskc.compiler.filters import filters
from taskc.compiler.functions import Fault
from taskc.compiler.limits import LOOPS, TEXT, LimitError, Meter
from taskc.compiler.operators import combine
from taskc.compiler.values import written

JINJA: str = jinja2.__version__


class Choice(msgspec.Struct, frozen=True, gc=False):
    """One option as shown, its label and its text; `{{ option.label }}` of one without a label is empty."""

    label: str | None
    text: str

    @property
    def written(self) -> str:
        """Give how a reply says it: the label where there is one, else the text."""
        return self.text if self.label is None else self.label


class Choices(tuple[Choice, ...]):
    """All options as a template sees them: printed as a block, or looped over; `texts` are theirs."""

    texts: Sequence[str] = ()
    _form: str = ""

    def __str__(self) -> str:
        """Write one option a line, `A. text` where it has a label."""
        return self._form % tuple(self.texts) if self._form else "\n".join(self.texts)


def choices(texts: Sequence[str], labels: tuple[str, ...] | None) -> Choices:
    """Make options of their texts, with the first of the labels if there are any."""
    if labels is None:
        made = Choices([Choice(None, text) for text in texts])
    else:
        made = Choices(map(Choice, labels, texts))
        made._form = _form(labels, len(texts))
    made.texts = texts
    return made


@cache
def _form(labels: tuple[str, ...], count: int) -> str:
    """Give a block of options with `%s` for each text."""
    return "\n".join(f"{label}. %s" for label in labels[:count])


class Turns:
    """Counts the turns of all loops in one rendering."""

    __slots__ = ("left", "meter")

    def __init__(self, meter: Meter) -> None:
        self.left = LOOPS
        self.meter = meter

    def over(self, values: Any) -> Iterator[Any]:
        """Give the values of a loop one by one, as long as there are turns left."""
        if isinstance(values, Undefined):
            str(values)  # StrictUndefined: raises with its name
        if not isinstance(values, (str, tuple, list)):
            raise Fault("a loop needs a list or text")
        for value in values:
            self.left -= 1
            if self.left < 0:
                raise LimitError(f"the loops of a template may take {LOOPS:,} turns at most")
            self.meter.spend(1)
            yield value


def joined(*parts: Any) -> str:
    """Do `a ~ b`, within the bound on a text."""
    text = "".join(show(part) for part in parts)
    if len(text) > TEXT:
        raise LimitError(f"a text may have {TEXT:,} characters at most")
    return text


def show(value: Any) -> Any:
    """Give a value as it is printed; raises `Fault` for what is no value."""
    if isinstance(value, (Choices, Undefined)):
        return str(value)
    if isinstance(value, (bool, float, tuple, list)):
        return written(tuple(value) if isinstance(value, list) else value)
    if isinstance(value, (str, int)):
        return value if isinstance(value, str) else str(value)
    raise Fault("this cannot be printed")


LOOP = frozenset(["index", "index0", "revindex", "revindex0", "first", "last", "length"])


TESTS = frozenset([
    "defined", "undefined", "odd", "even", "divisibleby", "in", "eq", "ne", "lt", "le", "gt", "ge", "equalto",
    "string", "number", "sequence", "true", "false",
])  # fmt: skip


class _Environment(SandboxedEnvironment):
    """A sandbox in which data are plain values: no attributes, no methods, bounded arithmetic."""

    intercepted_binops = frozenset(["+", "-", "*", "/", "//", "%", "**"])

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        for value in (left, right):
            if isinstance(value, Undefined):
                str(value)
        return combine(operator, *(tuple(v) if isinstance(v, list) else v for v in (left, right)))

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, Choice) and attribute in ("label", "text"):
            return getattr(obj, attribute) or ""
        if type(obj).__name__ == "LoopContext" and attribute in LOOP:
            return getattr(obj, attribute)
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, (tuple, list, str)) and isinstance(argument, (int, slice)):
            try:
                return obj[argument]
            except IndexError:
                raise Fault(f"there is no position {argument} in {len(obj)} elements") from None
        raise Fault("only text and lists have elements, and a position is a whole number")


def _environment() -> _Environment:
    env = _Environment(
        undefined=StrictUndefined,
        autoescape=False,
        finalize=show,
        cache_size=0,
        keep_trailing_newline=True,
        trim_blocks=False,
        lstrip_blocks=False,
    )
    env.globals.clear()
    env.filters = dict(filters())
    env.tests = {name: env.tests[name] for name in TESTS}
    return env


ENVIRONMENT = _environment()
