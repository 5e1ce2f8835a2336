"""Runs trees of tokens through the network: the rows of a pass, packed without padding."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from taskc.backends.local.layout import Ids
from taskc.backends.local.network import Network
from taskc.backends.local.rows import Rows, Step, Trunk
from taskc.backends.local.weights import Floats, Ints, Shape

PASS_TOKENS = 512
"""Tokens computed at once: enough for full speed, few enough for the cache and to share out among threads."""
PASS_SCORES = 2_000_000
"""Attention scores of one head of keys held at once: 8 MB, and 16 while they are added up in 64 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """What comes after a trunk: tokens in an order in which each follows its parent (-1: the trunk).

    `paths` gives, for each text, the nodes it runs through.
    """

    tokens: Ids
    parents: Ids
    paths: tuple[Ids, ...]


def grow_tree(texts: Sequence[Ids]) -> Tree:
    """Merge texts into a tree, so that what they share is there once."""
    nodes: dict[tuple[int, int], int] = {}
    paths = []
    for text in texts:
        parent, path = -1, []
        for token in text:
            parent = nodes.setdefault((parent, token), len(nodes))
            path.append(parent)
        paths.append(tuple(path))
    return Tree(
        tokens=tuple(token for _, token in nodes),
        parents=tuple(parent for parent, _ in nodes),
        paths=tuple(paths),
    )


def feed(
    network: Network, rows: Rows, trees: Sequence[Tree], wanted: Collection[tuple[int, int]]
) -> Iterator[tuple[list[tuple[int, int]], Floats]]:
    """Run rows of trees through the network, some places of all rows at a time.

    Gives, step by step, which wanted (row, node)s it held and their hidden states, (width, wanted).
    """
    longest = max(len(tree.tokens) for tree in trees)
    seen = [_lineage(tree.parents) for tree in trees]
    at_once = places_at_once(network.shape, rows.trunk, trees)
    assert at_once == longest or not rows.passing
    for start in range(0, longest, at_once):
        step, depths = _step(trees, seen, start, min(start + at_once, longest))
        rows.step = step
        spots = list(zip(step.row.tolist(), step.place.tolist(), strict=True))
        tokens = np.array([trees[row].tokens[place] for row, place in spots])
        columns = [column for column, spot in enumerate(spots) if spot in wanted]
        hidden = network.run(tokens, depths + len(rows.trunk.tokens), rows, np.array(columns, np.int64))
        yield [spots[column] for column in columns], hidden


def scores_of(shape: Shape, trunk: Trunk, rows: int, places: int) -> int:
    """Give the attention scores that each head of keys has in a step of so many places a row."""
    return rows * places * (shape.heads // shape.kv_heads) * (len(trunk.tokens) + places)


def places_at_once(shape: Shape, trunk: Trunk, trees: Sequence[Tree]) -> int:
    """Give how many places of all rows go through the network in one step, of the longest row's."""
    sizes = [len(tree.tokens) for tree in trees]
    longest = max(sizes)
    by_tokens = longest if sum(sizes) <= PASS_TOKENS + PASS_TOKENS // 4 else PASS_TOKENS // len(sizes)
    by_scores = PASS_SCORES * longest // max(1, scores_of(shape, trunk, len(sizes), longest))
    return min(longest, max(1, min(by_tokens, by_scores)))


def _lineage(parents: Ids) -> NDArray[np.bool_]:
    """Say which nodes each node sees: its parent's, and itself."""
    seen = np.eye(len(parents), dtype=np.bool_)
    for node, parent in enumerate(parents):
        if parent >= 0:
            seen[node] |= seen[parent]
    return seen


def _step(
    trees: Sequence[Tree],
    seen: Sequence[NDArray[np.bool_]],
    start: int,
    end: int,
) -> tuple[Step, Ints]:
    """Pack the places `start` to `end` of all rows, and give the depth of each token in its tree."""
    hidden_from = np.zeros((len(trees), end - start, end), np.float32)
    row, place, depth = [], [], []
    for r, lineage in enumerate(seen):
        last = min(end, len(lineage))
        if last <= start:
            continue
        hidden_from[r, : last - start, :last][~lineage[start:last, :last]] = -np.inf
        hidden_from[r, : last - start, last:] = -np.inf
        row.append(np.full(last - start, r))
        place.append(np.arange(start, last))
        depth.append(lineage[start:last].sum(axis=1) - 1)
    places = np.concatenate(place)
    step = Step(
        row=np.concatenate(row),
        place=places,
        query=places - start,
        queries=end - start,
        keys=end,
        hidden_from=hidden_from,
    )
    return step, np.concatenate(depth)
