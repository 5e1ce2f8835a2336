"""Lays what is to be scored after a trunk into rows, and the rows into passes of even size.

A row is a tree of tokens. Members that begin alike stand in one row where that saves more than it costs:
each token of a row is held against all others of it, also those that it may not see.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from taskc.backends.local.feed import PASS_SCORES, PASS_TOKENS, Tree, grow_tree, scores_of
from taskc.backends.local.layout import Asked, Ids, shared
from taskc.backends.local.rows import Trunk
from taskc.backends.local.weights import Shape

WORTH_JOINING = 400
"""Attention scores that take as long as a token: two rows are one if that saves more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The members that stand in one row, and how many tokens they are."""

    members: tuple[int, ...]
    size: int


def plan_passes(
    shape: Shape, batch: Sequence[Asked], trunk: Trunk, members: Sequence[int]
) -> Iterator[list[Row]]:
    """Part members into passes: even in tokens, and even in number, so that two threads are both busy."""
    rows = sorted(join_rows(batch, len(trunk.tokens), members), key=lambda row: (-row.size, row.members))
    total = sum(row.size for row in rows)
    count = 2 * -(-total // (2 * PASS_TOKENS)) if total > PASS_TOKENS // 2 else 1
    placed, before = [], 0
    for row in rows:
        placed.append(((2 * before + row.size) * count // (2 * total) if total else 0, row))
        before += row.size
    for _, some in groupby(placed, key=lambda pair: pair[0]):
        yield from _fitting(shape, trunk, [row for _, row in some])


def _fitting(shape: Shape, trunk: Trunk, rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Cut a pass whose attention scores would take too much memory; the first row is the longest."""
    left: list[Row] = []
    for row in rows:
        if left and scores_of(shape, trunk, len(left) + 1, left[0].size) > PASS_SCORES:
            yield left
            left = []
        left.append(row)
    yield left


def join_rows(batch: Sequence[Asked], skip: int, members: Sequence[int]) -> Iterator[Row]:
    """Put members that begin alike, after `skip` tokens, into one row where it is worth it."""
    left: list[int] = []
    size = 0
    for n in sorted(members, key=lambda n: (batch[n].texts, n)):
        own = len(grow_row(batch, skip, [n]).tokens)
        same = shared(_first(batch[left[-1]]), _first(batch[n])) - skip if left else 0
        joined = size + own - same
        if left and (same <= 0 or joined**2 - size**2 - own**2 >= WORTH_JOINING * same):
            yield Row(members=tuple(left), size=size)
            left, joined = [], own
        left.append(n)
        size = joined
    if left:
        yield Row(members=tuple(left), size=size)


def _first(one: Asked) -> Ids:
    return one.texts[0][:-1] if one.texts else ()


def grow_row(batch: Sequence[Asked], skip: int, members: Sequence[int]) -> Tree:
    """Give the tree of a row. The last token of a text is left out: it predicts nothing that is asked for."""
    return grow_tree([text[skip:-1] for n in members for text in batch[n].texts])
