"""Scores batches of prompts: shared beginnings once, the rest packed into passes of even size.

First the hidden states of all passes are computed, then, for many states at a time, the words after them:
the vocabulary is the largest matrix, and to read it for a few states takes as long as for many.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TypeAlias

import numpy as np

from taskc.backends.local.chances import LOGIT_ROWS, log_softmax_at
from taskc.backends.local.crew import Crew
from taskc.backends.local.feed import Tree, feed, places_at_once
from taskc.backends.local.layout import Asked
from taskc.backends.local.network import Network
from taskc.backends.local.passes import Row, grow_row, plan_passes
from taskc.backends.local.rows import Rows, Trunk
from taskc.backends.local.sharing import find_sharing
from taskc.backends.local.weights import Floats

Spot: TypeAlias = tuple[int, int, int]
"""A pass, a row in it, a node of the row's tree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pass:
    """Rows that go through the network together, and what is asked of them.

    `wanted` gives by member and text the (row, node, next token)s whose log-probabilities make up its score.
    """

    trunk: Trunk
    trees: tuple[Tree, ...]
    wanted: dict[int, list[list[Spot]]]


def score_batch(crew: Crew, batch: Sequence[Asked]) -> list[tuple[float, ...]]:
    """Give the log-probability of each continuation of each prompt: natural log, summed over its tokens."""
    if not batch:
        return []
    passes = [
        _lay(batch, trunk, rows)
        for trunk, members in crew.trunks(find_sharing(batch))
        for rows in plan_passes(crew.shape, batch, trunk, members)
    ]
    states = crew.together([partial(_run, one=one) for one in passes])
    chances = _look_up(crew, passes, states)
    scores = {
        n: tuple(math.fsum(chances[number, *spot] for spot in text) for text in texts)
        for number, one in enumerate(passes)
        for n, texts in one.wanted.items()
    }
    return [scores[n] for n in range(len(batch))]


def _lay(batch: Sequence[Asked], trunk: Trunk, rows: Sequence[Row]) -> _Pass:
    skip = len(trunk.tokens)
    trees = tuple(grow_row(batch, skip, row.members) for row in rows)
    wanted = {}
    for number, (row, tree) in enumerate(zip(rows, trees, strict=True)):
        paths = iter(tree.paths)
        for n in row.members:
            wanted[n] = [
                [(number, path[place - 1 - skip], text[place]) for place in range(start, len(text))]
                for text, start, path in zip(
                    batch[n].texts, batch[n].starts, islice(paths, len(batch[n].texts)), strict=True
                )
            ]
    return _Pass(trunk=trunk, trees=trees, wanted=wanted)


def _run(network: Network, one: _Pass) -> tuple[list[tuple[int, int]], Floats]:
    """Compute the hidden state at every (row, node) after which something is asked for, (width, spots)."""
    asked = {spot[:2] for texts in one.wanted.values() for text in texts for spot in text}
    longest = max((len(tree.tokens) for tree in one.trees), default=0)
    found: list[tuple[int, int]] = []
    states = [np.empty((network.shape.width, 0), np.float32)]
    if asked:
        passing = places_at_once(network.shape, one.trunk, one.trees) == longest
        rows = Rows(network, one.trunk, len(one.trees), longest, passing=passing)
        for spots, hidden in feed(network, rows, one.trees, asked):
            found += spots
            states.append(hidden)
    return found, np.concatenate(states, axis=1)


def _look_up(
    crew: Crew, passes: Sequence[_Pass], states: Sequence[tuple[list[tuple[int, int]], Floats]]
) -> dict[tuple[int, int, int, int], float]:
    """Give the log-probability of each (pass, row, node, next token) that is wanted."""
    nexts: dict[tuple[int, int, int], set[int]] = {}
    for number, one in enumerate(passes):
        for texts in one.wanted.values():
            for row, node, token in (spot for text in texts for spot in text):
                nexts.setdefault((number, row, node), set()).add(token)
    spots = [(number, *spot) for number, (found, _) in enumerate(states) for spot in found]
    hidden = np.concatenate([some for _, some in states], axis=1)
    jobs, asked = [], []
    for start in range(0, len(spots), LOGIT_ROWS):
        pairs = [
            (column, token)
            for column, spot in enumerate(spots[start : start + LOGIT_ROWS])
            for token in sorted(nexts[spot])
        ]
        columns, tokens = np.array(pairs).T
        jobs.append(
            partial(
                log_softmax_at, hidden=hidden[:, start : start + LOGIT_ROWS], columns=columns, tokens=tokens
            )
        )
        asked += [(*spots[start + column], token) for column, token in pairs]
    logs = crew.together(jobs)
    return dict(zip(asked, np.concatenate(logs).tolist(), strict=True)) if logs else {}
