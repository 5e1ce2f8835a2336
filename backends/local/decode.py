"""Generates replies: prompts share beginnings, replies are written side by side, one token each at a step."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from taskc.backends.local.crew import Crew
from taskc.backends.local.feed import feed, grow_tree
from taskc.backends.local.network import Network
from taskc.backends.local.rows import Rows, Step, Trunk
from taskc.backends.local.sharing import find_sharing
from taskc.backends.local.vocabulary import Vocabulary
from taskc.backends.local.weights import Floats, Ints
from taskc.backends.local.works import Wish

PEN_ROWS = 32
"""Replies written side by side by one thread: more gain little speed."""
WORTH_HALVING = 8
"""Replies from which on two threads with half of them each are faster than one with all."""
PEN_PLACES = 5000
"""Tokens of prompts and replies one thread holds beyond shared beginnings, some 230 MB."""
AT_ONCE = 2
"""Portions under way at once, whatever the number of threads: each holds keys and values of its own."""
WORTH_APART = 2000
"""Tokens that must be saved before prompts are decoded apart: fewer rows side by side cost more a token."""
ROOM = 32
"""Places added at least when rows run out of room."""


def generate_batch(crew: Crew, wishes: Sequence[Wish], vocabulary: Vocabulary) -> list[int]:
    """Write all replies into their `writing`, and give how many tokens each took."""
    if not wishes:
        return []
    crew.rest()  # keys and values of replies want the memory
    shoot = find_sharing([wish.prompt for wish in wishes], worth_apart=WORTH_APART)
    parts = [
        (trunk, some) for trunk, members in crew.trunks(shoot) for some in _portions(wishes, trunk, members)
    ]
    written: dict[int, int] = {}
    for n in range(0, len(parts), AT_ONCE):
        now = parts[n : n + AT_ONCE]
        jobs = [partial(_write, trunk, [wishes[n] for n in some], vocabulary) for trunk, some in now]
        for (_, some), counts in zip(now, crew.together(jobs), strict=True):
            written.update(zip(some, counts, strict=True))
    return [written[n] for n in range(len(wishes))]


def _portions(wishes: Sequence[Wish], trunk: Trunk, members: Sequence[int]) -> Iterator[list[int]]:
    """Part members into portions that are written at once: few enough rows, and keys and values that fit.

    Like lengths stand together, and from a few members on there are at least two portions, for two threads.
    """
    ordered = sorted(members, key=lambda n: (_places(wishes[n], trunk), n))
    most = min(PEN_ROWS, -(-len(ordered) // 2)) if len(ordered) >= WORTH_HALVING else PEN_ROWS
    left: list[int] = []
    for n in ordered:
        if left and (len(left) == most or (len(left) + 1) * _places(wishes[n], trunk) > PEN_PLACES):
            yield left
            left = []
        left.append(n)
    if left:
        yield left


def _places(wish: Wish, trunk: Trunk) -> int:
    return len(wish.tokens) - len(trunk.tokens) + wish.max_tokens


def _write(trunk: Trunk, wishes: Sequence[Wish], vocabulary: Vocabulary, network: Network) -> list[int]:
    return _Pen(network, trunk, wishes, vocabulary).write()


class _Pen:
    """Writes some replies side by side."""

    def __init__(
        self,
        network: Network,
        trunk: Trunk,
        wishes: Sequence[Wish],
        vocabulary: Vocabulary,
    ) -> None:
        self.network, self.wishes, self.vocabulary = network, wishes, vocabulary
        self.trunk = trunk
        self.tails = [wish.tokens[len(trunk.tokens) :] for wish in wishes]
        self.rows = Rows(network, trunk, len(wishes), max(map(len, self.tails)) + ROOM, fine=False)
        self.written = [0] * len(wishes)

    def write(self) -> list[int]:
        """Write until every reply has ended; gives how many tokens each took."""
        live = list(range(len(self.wishes)))
        lengths = np.array([len(tail) for tail in self.tails])
        states = self._read()
        while True:
            chosen = self._choose(live, states)
            kept = [n for n, wish in enumerate(live) if not self.wishes[wish].writing.finished]
            if not kept:
                return self.written
            if len(kept) < len(live):
                live = [live[n] for n in kept]
                lengths, chosen = lengths[kept], [chosen[n] for n in kept]
                self.rows.keep(np.array(kept), int(lengths.max()))
            states = self._advance(np.array(chosen), lengths)
            lengths += 1

    def _read(self) -> Floats:
        """Compute the prompts, and give the hidden state after the last token of each."""
        last = np.empty((self.network.shape.width, len(self.tails)), np.float32)
        trees = [grow_tree([tail]) for tail in self.tails]
        ends = {(row, len(tail) - 1) for row, tail in enumerate(self.tails)}
        for spots, hidden in feed(self.network, self.rows, trees, ends):
            last[:, [row for row, _ in spots]] = hidden
        return last

    def _choose(self, live: Sequence[int], states: Floats) -> list[int]:
        """Choose a token for each live reply and write it down."""
        logits = self.network.logits(states)
        chosen = []
        for n, row in zip(live, logits, strict=True):
            wish = self.wishes[n]
            token = wish.chooser.choose(row)
            chosen.append(token)
            self.written[n] += 1
            wish.write(token, self.vocabulary, self.written[n])
        return chosen

    def _advance(self, tokens: Ints, lengths: Ints) -> Floats:
        """Run one token a row through the network, each at the end of its row."""
        used = int(lengths.max()) + 1
        if used > self.rows.places:
            self.rows.grow(used + max(ROOM, used // 2))
        hidden_from = None
        if lengths.min() + 1 < used:
            hidden_from = np.where(np.arange(used) > lengths[:, None], -np.inf, 0)[:, None].astype(np.float32)
        every = np.arange(len(tokens))
        self.rows.step = Step(
            row=every,
            place=lengths,
            query=np.zeros_like(every),
            queries=1,
            keys=used,
            hidden_from=hidden_from,
        )
        return self.network.run(tokens, lengths + len(self.trunk.tokens), self.rows, every)
