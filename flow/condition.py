"""What `--fail-if` says: a metric, how it moves, and how far is too far."""

import math
import re
from collections.abc import Sequence
from typing import Literal, TypeAlias

from msgspec import Struct

from taskc.dsl.diagnostic import Diagnostic, error, similar
from taskc.dsl.span import Source, Span
from taskc.records.contrast import Contrast

Move: TypeAlias = Literal["drop", "rise", "change"]
MOVES: tuple[Move, ...] = ("drop", "rise", "change")
FORM = "`METRIC drop|rise|change > NUMBER`, for instance `accuracy drop > 0.02`"
FILE = "--fail-if"
_WORD = re.compile(r">=|<=|[<>=]|[^\s<>=]+")


class BadCondition(Exception):
    """A condition that cannot be read, or that nothing can be held against: what is wrong, and where."""

    def __init__(self, found: Diagnostic, text: str) -> None:
        """Keep the finding and the text that it is about."""
        super().__init__(found.message)
        self.found = found
        self.sources = {FILE: Source(name=FILE, text=text)}


class Condition(Struct, frozen=True, kw_only=True):
    """`metric` moving as said by more than `bound` fails; with `equal`, by as much too."""

    text: str
    metric: str
    move: Move
    bound: float
    equal: bool = False
    at: tuple[int, int] = (0, 0)

    def moved(self, difference: float) -> float:
        """Give how far a difference, second less first, goes the way the condition is about."""
        return {"drop": 0.0 - difference, "rise": difference, "change": abs(difference)}[self.move]

    def fires(self, one: Contrast, *, sure: bool = False) -> bool:
        """Say whether a comparison fails: by its difference, or, to be `sure`, by all of its interval.

        Where no interval is known the difference decides, so that nothing passes for want of one.
        """
        if one.metric != self.metric:
            return False
        if not sure or one.low is None or one.high is None:
            return self._beyond(self.moved(one.difference))
        ends = self.moved(one.low), self.moved(one.high)
        inside = self.move == "change" and one.low < 0.0 < one.high
        return not inside and all(map(self._beyond, ends))

    def _beyond(self, far: float) -> bool:
        far = round(far, 12)  # 0.8 - 0.78 is 0.02, and no more
        return far >= self.bound if self.equal else far > self.bound


def parse_condition(text: str) -> Condition:
    """Read `METRIC drop|rise|change > NUMBER`; raises `BadCondition`."""
    words = [(match[0], match.start()) for match in _WORD.finditer(text)]
    if not words:
        raise _bad(text, "this condition is empty", 0, len(text), f"write {FORM}")
    forms = ("a metric", "`drop`, `rise` or `change`", "`>` or `>=`", "a number")
    if len(words) < len(forms):
        raise _bad(
            text, f"this condition ends before {forms[len(words)]}", len(text), len(text), f"write {FORM}"
        )
    (metric, at), (move, second), (sign, third), (number, fourth), *rest = words
    known = next((one for one in MOVES if one == move), None)
    if known is None:
        near = similar(move, MOVES)
        raise _bad(text, f"`{move}` is no way to move", second, second + len(move), near)
    if sign not in (">", ">="):
        cure = "a condition says when to fail: write `>`, and `rise` for `drop` if that is meant"
        raise _bad(text, f"`{sign}` is not `>` or `>=`", third, third + len(sign), cure)
    bound = _number(text, number, fourth)
    if rest:
        end = rest[-1][1] + len(rest[-1][0])
        cure = "give each condition a `--fail-if` of its own"
        raise _bad(text, "this says more than one condition", rest[0][1], end, cure)
    if metric in ("accuracy", "lured") and bound >= 1:
        cure = f"{metric} is a share, 0 to 1: write {bound / 100:g} for {bound:g} %"
        raise _bad(text, f"no share moves by more than {bound:g}", fourth, fourth + len(number), cure)
    return Condition(
        text=text, metric=metric, move=known, bound=bound, equal=sign == ">=", at=(at, at + len(metric))
    )


def _number(text: str, number: str, at: int) -> float:
    try:
        bound = float(number)
    except ValueError:
        bound = math.nan
    if math.isfinite(bound) and bound >= 0:
        return bound
    cure = "write a number from 0, such as 0.02"
    if number.endswith("%"):
        cure = "write a share of 1, such as 0.02 for 2 %"
    elif bound < 0:
        cure = "say which way by `drop` or `rise`, and how far by a number from 0"
    raise _bad(text, f"`{number}` is not how far a metric moves", at, at + len(number), cure)


def check_measured(conditions: Sequence[Condition], measured: Sequence[str]) -> None:
    """See that every condition is about a metric that was compared; raises `BadCondition`."""
    for one in conditions:
        if one.metric not in measured:
            listed = ", ".join(f"`{name}`" for name in measured)
            near = similar(one.metric, measured)
            cure = near if near.startswith("a similar") else f"measured on both sides: {listed}"
            told = f"nothing here measures `{one.metric}`, so this could never fail"
            found = error("unknown-name", told, Span(file=FILE, start=one.at[0], end=one.at[1]), help=cure)
            raise BadCondition(found, one.text)


def _bad(text: str, message: str, start: int, end: int, help: str) -> BadCondition:
    return BadCondition(error("syntax", message, Span(file=FILE, start=start, end=end), help=help), text)
