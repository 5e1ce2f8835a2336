"""The forward pass of a Llama model in float32, feature by feature, token beside token.

Arrays of activations are (features, tokens): a matrix times such an array is the fastest product on
a CPU for few and for many tokens. Tokens of many texts stand packed in one array; which of them
see which is the business of `memory`.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import gcd, prod
from typing import Protocol

import numpy as np

from taskc.backends.local.kernels import FENCE, WITHIN, bordered, fenced
from taskc.backends.local.weights import Doubles, Floats, Ints, Layer, Weights

PIECES = 4
"""Parts a large product is shared out in. The same on every machine, so that its rounding is."""
SHARED_COLUMNS = 32
"""Tokens from which on sharing out a product saves more than it costs."""

NORM_PART = 32
"""Parts in which the squares of a token's features are added up, each in 32 bits, their sums in 64."""

FEWEST = 8
"""Tokens from which on a product adds up each in the same order, however many there are.

With AVX-512 that is so by itself, with AVX2 between fences (`kernels.py`).
"""


class Memory(Protocol):
    """Holds keys and values, and knows which earlier tokens each token of a step sees."""

    def attend(self, layer: int, queries: Floats, keys: Floats, values: Floats) -> Floats:
        """Keep the keys and values of a step, and give what its queries gather: (heads * head, tokens)."""
        ...


class Stopped(Exception):
    """The asker went away in the middle of the work."""


class Scratch:
    """Arrays that are used again and again, by name: fresh memory costs more than the sums done in it."""

    def __init__(self) -> None:
        self._held: dict[str, Floats] = {}
        self._doubles: dict[str, Doubles] = {}

    def drop(self) -> None:
        """Let go of all arrays."""
        self._held.clear()
        self._doubles.clear()

    def take(self, name: str, *shape: int) -> Floats:
        """Give an array of this shape with finite leftovers in it; the last one of this name is void."""
        size = prod(shape)
        held = self._held.get(name)
        if held is None or held.size < size:
            held = self._held[name] = np.zeros(size, np.float32)
        return held[:size].reshape(shape)

    def take_doubles(self, name: str, *shape: int) -> Doubles:
        """Give an array of 64 bits, as `take` does."""
        size = prod(shape)
        held = self._doubles.get(name)
        if held is None or held.size < size:
            held = self._doubles[name] = np.zeros(size)
        return held[:size].reshape(shape)


class Network:
    """A model that can be run over packed tokens. Not for two threads at once.

    `stopped` is asked between layers; when it says yes, `Stopped` is raised. `pool`, where given, shares
    out the large products among its threads.
    """

    def __init__(
        self,
        weights: Weights,
        *,
        stopped: Callable[[], bool] = lambda: False,
        pool: ThreadPoolExecutor | None = None,
    ) -> None:
        self.weights = weights
        self.shape = weights.shape
        self.stopped = stopped
        self.scratch = Scratch()
        self._pool = pool
        self._bordered = bordered()
        half = np.arange(0, self.shape.head, 2) / self.shape.head
        self._turns = self.shape.base**-half

    def run(
        self,
        tokens: Ints,
        positions: Ints,
        memory: Memory,
        wanted: Ints,
    ) -> Floats:
        """Give the hidden states of the wanted tokens after the last layer, (width, wanted), unnormed."""
        hidden = np.ascontiguousarray(self.weights.embedding[tokens].T)
        angles = np.outer(self._turns, positions)
        turn = np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)
        *before, last = enumerate(self.weights.layers)
        for number, layer in before:
            self._check_stopped()
            hidden += self._apply(layer.out, self._attend(number, layer, hidden, turn, memory), "step")
            self._think(layer, hidden)
        # after the last keys and values only the wanted tokens matter
        gathered = self._attend(*last, hidden, turn, memory)
        if not len(wanted):
            return hidden[:, :0]
        # some more beside them, see `FEWEST`, where there are more
        some = np.resize(wanted, max(len(wanted), min(FEWEST, len(tokens))))
        hidden = np.ascontiguousarray(hidden[:, some])
        hidden += self._apply(last[1].out, np.ascontiguousarray(gathered[:, some]), "step")
        self._think(last[1], hidden)
        return hidden[:, : len(wanted)]

    def logits(self, hidden: Floats) -> Floats:
        """Give the logits of the next token after each hidden state, (tokens, vocabulary)."""
        return self.project(self.normed(hidden))

    def normed(self, hidden: Floats) -> Floats:
        """Give hidden states as the vocabulary is held against, (tokens, width)."""
        return np.ascontiguousarray(self._norm(hidden, self.weights.norm).T)

    def project(self, normed: Floats) -> Floats:
        """Give the logits that belong to `normed` states."""
        out = self.scratch.take("logits", normed.shape[0], self.shape.vocabulary)
        return np.matmul(normed, self.weights.output.T, out=out)

    def _attend(
        self, number: int, layer: Layer, hidden: Floats, turn: tuple[Floats, Floats], memory: Memory
    ) -> Floats:
        shape, count = self.shape, hidden.shape[1]
        both = self._apply(layer.qkv, self._norm(hidden, layer.attention_norm), "qkv")
        split = (shape.heads + shape.kv_heads) * shape.head
        self._rotate(both[:split].reshape(-1, 2, shape.head // 2, count), turn)
        queries = both[: shape.heads * shape.head].reshape(shape.heads, shape.head, count)
        queries *= np.float32(shape.head**-0.5)
        keys = both[shape.heads * shape.head : split].reshape(shape.kv_heads, shape.head, count)
        values = both[split:].reshape(shape.kv_heads, shape.head, count)
        return memory.attend(number, queries, keys, values)

    def _check_stopped(self) -> None:
        if self.stopped():
            raise Stopped

    def _think(self, layer: Layer, hidden: Floats) -> None:
        both = self._apply(layer.gate_up, self._norm(hidden, layer.ffn_norm), "gate_up")
        gate, up = both[: self.shape.hidden], both[self.shape.hidden :]
        slope = self.scratch.take("slope", *gate.shape)
        np.negative(gate, out=slope)
        with np.errstate(over="ignore"):  # a gate far below zero is shut: x / inf
            np.exp(slope, out=slope)
        slope += 1
        gate /= slope
        gate *= up
        hidden += self._apply(layer.down, gate, "step")

    def _apply(self, matrix: Floats, x: Floats, name: str) -> Floats:
        out = self.scratch.take(name, matrix.shape[0], x.shape[1])
        if not self._bordered or x.shape[1] < FEWEST:
            return self._multiply(matrix, x, out)
        for start in range(0, x.shape[1], WITHIN):
            part = x[:, start : start + WITHIN]
            within = slice(FENCE, FENCE + part.shape[1])
            wide = self.scratch.take("fenced", len(x), fenced(part.shape[1]))
            wide[:, :FENCE] = wide[:, within.stop :] = 0
            wide[:, within] = part
            product = self.scratch.take("product", len(matrix), wide.shape[1])
            out[:, start : start + WITHIN] = self._multiply(matrix, wide, product)[:, within]
        return out

    def _multiply(self, matrix: Floats, x: Floats, out: Floats) -> Floats:
        if self._pool is None or x.shape[1] < SHARED_COLUMNS:
            return np.matmul(matrix, x, out=out)
        step = -(-len(matrix) // PIECES)
        pieces = [slice(start, start + step) for start in range(0, len(matrix), step)]
        list(self._pool.map(lambda piece: np.matmul(matrix[piece], x, out=out[piece]), pieces))
        return out

    def _norm(self, x: Floats, gain: Floats) -> Floats:
        normed = self.scratch.take("normed", *x.shape)
        # a few features are a thousand times as large as the others: added up in 32 bits, those would be lost
        parts = x.reshape(gcd(len(x), NORM_PART), -1, x.shape[1])
        power = np.einsum("kij,kij->kj", parts, parts).sum(axis=0, dtype=np.float64) / len(x)
        np.multiply(x, (1 / np.sqrt(power + self.shape.epsilon)).astype(np.float32), out=normed)
        normed *= gain[:, None]
        return normed

    def _rotate(self, x: Floats, turn: tuple[Floats, Floats]) -> None:
        """Turn the two halves of each head, (heads, 2, head / 2, tokens), by their position, in place."""
        cosine, sine = turn
        first, second = x[:, 0], x[:, 1]
        kept = self.scratch.take("kept", *first.shape)
        turned = self.scratch.take("turned", *first.shape)
        np.multiply(first, cosine, out=kept)
        kept -= np.multiply(second, sine, out=turned)
        second *= cosine
        second += np.multiply(first, sine, out=turned)
        first[:] = kept
