"""Scores batches of prompts with a transformers model: shared beginnings once, options side by side.

Rows are padded on the right, where no token of a causal model sees the padding: no mask is needed.
"""

import math
from collections.abc import Collection, Iterator, Sequence
from typing import TypeAlias

from taskc.backends.hf.engine import Engine, Trunk
from taskc.backends.local.layout import Asked, Ids
from taskc.backends.local.sharing import find_sharing

PASS_TOKENS = 1024
"""Tokens computed at once."""
LOGITS = 1 << 26
"""Logits held at once, 256 MB."""
STATES = 64
"""Places whose logits are added up at once, in 64 bits."""


def score_batch(engine: Engine, batch: Sequence[Asked]) -> list[tuple[float, ...]]:
    """Give the log-probability of each continuation of each prompt: natural log, summed over its tokens."""
    texts = {pair for one in batch for pair in zip(one.texts, one.starts, strict=True)}
    rows = _rows(texts)
    found: dict[tuple[Ids, int], float] = {}
    alone = [Asked(texts=(read,), starts=(min(start for _, start in pairs),)) for read, pairs in rows]
    for trunk, members in engine.trunks(find_sharing(alone)) if alone else ():
        ordered = sorted((rows[n] for n in members), key=lambda row: (-len(row[0]), row))
        for some in _passes(engine, trunk, ordered):
            chances = _chances(engine, trunk, some)
            for text, start in (pair for _, pairs in some for pair in pairs):
                places = range(start, len(text))
                found[text, start] = math.fsum(chances[text[:place], text[place]] for place in places)
    return [tuple(found[pair] for pair in zip(one.texts, one.starts, strict=True)) for one in batch]


_Row: TypeAlias = tuple[Ids, list[tuple[Ids, int]]]
"""The tokens that are read, and the texts that are scored by them."""


def _rows(texts: Collection[tuple[Ids, int]]) -> list[_Row]:
    """Put texts that differ in their last token, or that others begin with, into one row."""
    rows: list[_Row] = []
    for text, start in sorted(texts, key=lambda pair: (pair[0][:-1], pair), reverse=True):
        read = text[:-1]
        if rows and rows[-1][0][: len(read)] == read:
            rows[-1][1].append((text, start))
        else:
            rows.append((read, [(text, start)]))
    return rows


def _passes(engine: Engine, trunk: Trunk, rows: Sequence[_Row]) -> Iterator[list[_Row]]:
    left: list[_Row] = []
    words = engine.model.config.get_text_config().vocab_size
    for row in rows:
        longest = len(left[0][0]) - len(trunk.tokens) if left else 0
        most = min(PASS_TOKENS, LOGITS // words) // max(1, longest)
        if left and len(left) >= min(most, engine.rows_at_once(len(trunk.tokens) + longest)):
            yield left
            left = []
        left.append(row)
    if left:
        yield left


def _chances(engine: Engine, trunk: Trunk, rows: Sequence[_Row]) -> dict[tuple[Ids, int], float]:
    """Give the log-probability of each wanted token after the tokens before it."""
    import torch

    skip = len(trunk.tokens)
    longest = len(rows[0][0]) - skip
    wanted = {
        (text[:place], text[place]): (row, place - 1 - skip)
        for row, (_, pairs) in enumerate(rows)
        for text, start in pairs
        for place in range(start, len(text))
    }
    if not wanted:
        return {}
    ids = engine.tensor([[*read[skip:], *(0,) * (skip + longest - len(read))] for read, _ in rows])
    first = min(place for _, place in wanted.values())
    cache = engine.spread(trunk, len(rows))
    logits = engine.run(ids, keep=longest - first, cache=cache, use_cache=cache is not None).logits
    before = longest - logits.shape[1]
    found: list[float] = []
    spots = list(wanted.items())
    for n in range(0, len(spots), STATES):
        at = engine.tensor(
            [[row, place - before, token] for (_, token), (row, place) in spots[n : n + STATES]]
        )
        some = logits[at[:, 0], at[:, 1]].double()
        chosen = some.gather(1, at[:, 2:])[:, 0]
        found += (chosen - torch.logsumexp(some, dim=1)).tolist()
    return dict(zip(wanted, found, strict=True))
