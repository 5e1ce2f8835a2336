"""The LALR machine: the words of one declaration and the tables of the grammar in, its syntax out."""

from collections.abc import Sequence
from typing import TypeAlias

from taskc.grammar.brackets import DEPTH
from taskc.grammar.build import Builder
from taskc.grammar.layout import Token
from taskc.grammar.tables import LAST, Rule, Tables, tables, word_kinds
from taskc.grammar.words import RESERVED

_SAME = frozenset({"declaration", "text", "number", "group"})  # what they make is what they hold
_NOTHING = -1_000_000  # no rule has this number
_HEIGHT = DEPTH + 20  # of a tree: brackets are counted before, this counts `a + b + c` and the like


class Stopped(Exception):
    """Reading stopped at token `at`, where one of `accepts` could stand.

    When the reason is something nested too deep, `deep` is its first and last offset.
    """

    def __init__(self, at: int, accepts: frozenset[str], deep: tuple[int, int] | None = None) -> None:
        self.at = at
        self.accepts = accepts
        self.deep = deep


# something read: its start (-1 when it is empty), its end, its height as a tree, and its value
_Part: TypeAlias = tuple[int, int, int, object]


def drive(tokens: Sequence[Token], builder: Builder) -> object:
    """Read one declaration; raise `Stopped` where it does not fit the grammar.

    A keyword is read as a name where a name can stand and the keyword cannot; words reserved in
    expressions are not, where an expression can begin.
    """
    table = tables()
    rows, rules = table.rows, table.rules
    states = [table.start]
    parts: list[_Part] = []
    last = Token(LAST, "", tokens[-1].end, tokens[-1].end)
    for at, token in enumerate([*tokens, last]):
        before = states[:]  # some rules are made before a misfit shows
        row = rows[states[-1]]
        kind = token.kind
        if kind not in row and "NAME" in row and token.text.isidentifier():
            kind = kind if token.text in RESERVED and "true" in row else "NAME"
        while (step := row.get(kind, _NOTHING)) < 0:
            if step == _NOTHING:
                raise Stopped(at, _accepts(before, table))
            rule = rules[-1 - step]
            part = _reduce(states, parts, rule, builder)
            states.append(rows[states[-1]][rule.origin])
            if part[2] > _HEIGHT:
                raise Stopped(at, frozenset(), (part[0], part[1]))
            if kind == LAST and states[-1] == table.end:
                return part[3]
            row = rows[states[-1]]
        states.append(step)
        value = token if kind == token.kind else token._replace(kind=kind)
        parts.append((token.start, token.end, 0, value))
    raise AssertionError("the tables have no end")


def _reduce(states: list[int], parts: list[_Part], rule: Rule, builder: Builder) -> _Part:
    """Replace the parts of a rule by what it makes of them, and leave the states that they led to."""
    if rule.passes:
        states.pop()
        return parts[-1]
    size = len(rule.takes)
    place = len(parts) - size
    part = _make(rule, parts[place:], builder)
    del parts[place:], states[len(states) - size :]
    parts.append(part)
    return part


def _make(rule: Rule, parts: Sequence[_Part], builder: Builder) -> _Part:
    """Make one part of several: a node, or for a rule that begins with `_` a list.

    A list that comes first is gone on with, not copied.
    """
    start = end = -1
    height = 0
    inside: list[object] = []
    for (first, last, high, value), take, gap in zip(parts, rule.takes, rule.gaps, strict=False):
        if first >= 0:
            start, end = (first if start < 0 else start), last
        height = max(height, high)
        if gap:
            inside += [None] * gap
        if take == "add":
            inside.append(builder.build_token(value) if type(value) is Token else value)
        elif take == "spread":
            assert isinstance(value, list)
            inside = inside + value if inside else value
    if rule.gaps[-1]:
        inside = inside + [None] * rule.gaps[-1]
    if not rule.name:
        return start, end, height, inside
    if rule.name in _SAME:
        return start, end, height + 1, inside[0]
    return start, end, height + 1, builder.build(rule.name, start, end, inside)


def _accepts(states: Sequence[int], table: Tables) -> frozenset[str]:
    """Find the kinds of words that could come next."""
    possible = word_kinds() & table.rows[states[-1]].keys()
    return frozenset(kind for kind in possible if _is_accepted(kind, list(states), table))


def _is_accepted(kind: str, states: list[int], table: Tables) -> bool:
    """Try a kind of word on a copy of the states."""
    while (step := table.rows[states[-1]].get(kind)) is not None:
        if step >= 0:
            return True
        rule = table.rules[-1 - step]
        del states[len(states) - len(rule.takes) :]
        states.append(table.rows[states[-1]][rule.origin])
        if kind == LAST and states[-1] == table.end:
            return True
    return False
