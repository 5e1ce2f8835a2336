"""Passes: every member stands in one row, rows share what they begin with, and no score depends on it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskc.backends.local import passes
from taskc.backends.local.feed import PASS_SCORES, PASS_TOKENS, scores_of
from taskc.backends.local.layout import Asked
from taskc.backends.local.network import Network
from taskc.backends.local.passes import grow_row, join_rows, plan_passes
from taskc.backends.local.rows import Trunk
from taskc.backends.local.weights import Shape
from taskc.records.operation import Score

SHAPE = Shape(
    layers=1, width=64, heads=6, kv_heads=2, head=8, hidden=64, vocabulary=9, context=9, base=1.0, epsilon=1.0
)  # fmt: skip
NONE = np.empty((2, 0, 8), np.float32)
texts = st.lists(st.integers(0, 2), min_size=1, max_size=9).map(tuple)
batches = st.lists(st.lists(texts, max_size=3).map(tuple), min_size=1, max_size=8)


def asked(*all_texts):
    return [Asked(texts=some, starts=tuple(len(text) for text in some)) for some in all_texts]


@given(batches, st.sampled_from([0, 3, 1000]))
def test_every_member_stands_in_one_row_of_the_size_said(all_texts, worth):
    batch = asked(*all_texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passes, "WORTH_JOINING", worth)
        rows = list(join_rows(batch, 0, range(len(batch))))
    assert sorted(n for row in rows for n in row.members) == list(range(len(batch)))
    for row in rows:
        tree = grow_row(batch, 0, row.members)
        # what further texts share comes on top of what the first ones do
        assert len(tree.tokens) <= row.size
        read = [tuple(tree.tokens[node] for node in path) for path in tree.paths]
        assert read == [text[:-1] for n in row.members for text in batch[n].texts]


def test_what_begins_alike_is_one_row_and_what_does_not_is_not():
    stem, other = (1,) * 20, (2,) * 20
    batch = asked(((*stem, 3, 4),), ((*other, 3, 4),), ((*stem, 5, 4),), ((*stem, 3, 4),))
    rows = sorted(join_rows(batch, 0, range(4)), key=lambda row: row.members)
    assert [(row.members, row.size) for row in rows] == [((0, 3, 2), 22), ((1,), 21)]
    # a hundred tokens of one's own, held against each other, cost more than three that are shared
    long = asked(*(((1, 1, 1, *range(n, n + 100), 4),) for n in (10, 200)))
    assert len(list(join_rows(long, 0, range(2)))) == 2


@pytest.mark.parametrize(("count", "size", "passes_"), [(3, 40, 1), (40, 30, 4), (200, 30, 12)])
def test_passes_are_even(count, size, passes_):
    batch = asked(*(((*range(1000 * n, 1000 * n + size), 4),) for n in range(count)))
    trunk = Trunk(tokens=(), cuts=(), keys=(NONE,), values=(NONE,))
    found = list(plan_passes(SHAPE, batch, trunk, range(count)))
    sizes = [sum(row.size for row in rows) for rows in found]
    assert len(found) == passes_
    assert sum(sizes) == count * size
    assert max(sizes) - min(sizes) <= 2 * size
    assert max(sizes) <= PASS_TOKENS + size


def test_scores_that_would_fill_the_memory_are_cut():
    stem = (0,) * 4000
    batch = asked(*(((*stem, *range(1000 * n, 1000 * n + 50), 4),) for n in range(9)))
    trunk = Trunk(tokens=stem, cuts=(), keys=(NONE,), values=(NONE,))
    found = list(plan_passes(SHAPE, batch, trunk, range(9)))
    assert len(found) > 2
    assert all(scores_of(SHAPE, trunk, len(rows), rows[0].size) <= PASS_SCORES for rows in found)


def test_a_stem_of_some_items_is_computed_once_and_changes_no_score(tiny, ask, talk, monkeypatch):
    stems = [f"{n} is the user and the world in the end " for n in range(3)]
    batch = [
        Score(prompt=talk(stem + question), continuations=("A", "the world"))
        for question in ("x", "hello", "so")
        for stem in stems
    ]
    counted = []
    run = Network.run

    def counting(self, tokens, *more):
        counted.append(len(tokens))
        return run(self, tokens, *more)

    monkeypatch.setattr(Network, "run", counting)
    together = [reply.outcome.logprobs for reply in ask(tiny, *batch)]
    joined, counted[:] = sum(counted), []
    monkeypatch.setattr(passes, "WORTH_JOINING", 0)
    apart = [reply.outcome.logprobs for reply in ask(tiny, *batch)]
    assert joined < 0.7 * sum(counted)
    for one, two in zip(together, apart, strict=True):
        assert one == pytest.approx(two, abs=2e-5)
