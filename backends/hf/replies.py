"""Generates replies with a transformers model, side by side, one token each at a step."""

from collections.abc import Iterator, Sequence
from typing import Any

from taskc.backends.hf.engine import Engine, Trunk
from taskc.backends.local.sharing import find_sharing
from taskc.backends.local.vocabulary import Vocabulary
from taskc.backends.local.works import Wish

ROWS = 32
"""Replies written side by side."""
WORTH_APART = 2000
"""Tokens that must be saved before prompts are decoded apart: fewer rows side by side cost more a token."""


def generate_batch(engine: Engine, wishes: Sequence[Wish], vocabulary: Vocabulary) -> list[int]:
    """Write all replies into their `writing`, and give how many tokens each took."""
    if not wishes:
        return []
    written: dict[int, int] = {}
    shoot = find_sharing([wish.prompt for wish in wishes], worth_apart=WORTH_APART)
    for trunk, members in engine.trunks(shoot):
        for some in _portions(engine, trunk, wishes, members):
            counts = _write(engine, trunk, [wishes[n] for n in some], vocabulary)
            written.update(zip(some, counts, strict=True))
    return [written[n] for n in range(len(wishes))]


def _portions(
    engine: Engine, trunk: Trunk, wishes: Sequence[Wish], members: Sequence[int]
) -> Iterator[list[int]]:
    """Part members into portions of like length whose keys and values fit."""
    left: list[int] = []
    # rows are padded on the left, and only a model that is told the places of tokens knows better
    most = ROWS if engine.takes_positions and engine.shares else 1
    for n in sorted(members, key=lambda n: (len(wishes[n].tokens) + wishes[n].max_tokens, n)):
        places = len(wishes[n].tokens) + wishes[n].max_tokens
        if left and len(left) >= min(most, engine.rows_at_once(places)):
            yield left
            left = []
        left.append(n)
    if left:
        yield left


def _write(engine: Engine, trunk: Trunk, wishes: Sequence[Wish], vocabulary: Vocabulary) -> list[int]:
    import torch

    skip = len(trunk.tokens)
    tails = [wish.tokens[skip:] for wish in wishes]
    longest = max(map(len, tails))
    ids = engine.tensor([[*(0,) * (longest - len(tail)), *tail] for tail in tails])
    mask = engine.tensor([[*(1,) * skip, *(0,) * (longest - len(tail)), *(1,) * len(tail)] for tail in tails])
    places = (mask.cumsum(1) - 1).clamp(min=0)[:, skip:]
    cache = engine.spread(trunk, len(wishes))
    live, written = list(range(len(wishes))), [0] * len(wishes)
    while True:
        more: dict[str, Any] = {"position_ids": places} if engine.takes_positions else {}
        out = engine.run(ids, keep=1, cache=cache, use_cache=True, attention_mask=mask, **more)
        cache, chosen = out.cache, []
        for n, row in zip(live, out.logits[:, -1].float().cpu().numpy(), strict=True):
            chosen.append(wishes[n].chooser.choose(row))
            written[n] += 1
            wishes[n].write(chosen[-1], vocabulary, written[n])
        kept = [n for n, wish in enumerate(live) if not wishes[wish].writing.finished]
        if not kept:
            return written
        if len(kept) < len(live):
            live, chosen = [live[n] for n in kept], [chosen[n] for n in kept]
            rows = torch.tensor(kept, device=engine.device)
            mask, places = mask[rows], places[rows]
            cache.batch_select_indices(rows)
        ids = engine.tensor([[token] for token in chosen])
        mask = torch.cat([mask, torch.ones_like(mask[:, :1])], dim=1)
        places = places[:, -1:] + 1
