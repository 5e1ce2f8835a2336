"""Keys and values of texts that share a beginning, and attention over them.

A `Trunk` is the shared beginning, held once. `Rows` are what comes after it: each row is a small
tree of tokens (the continuations of one prompt, or one text being written), padded to one length
for attention only; the matrices of the network see packed tokens without padding.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from taskc.backends.local.kernels import bordered
from taskc.backends.local.layout import Ids
from taskc.backends.local.network import Network, Scratch
from taskc.backends.local.weights import Doubles, Floats, Ints, Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """Keys and values of a shared beginning: for each layer (kv_heads, tokens, head).

    `cuts` are the lengths at which it was grown: they decide the last bits of its numbers.
    """

    tokens: Ids
    cuts: tuple[int, ...]
    keys: tuple[Floats, ...]
    values: tuple[Floats, ...]


def empty_trunk(shape: Shape) -> Trunk:
    """Give the trunk of no tokens."""
    none = (np.empty((shape.kv_heads, 0, shape.head), np.float32),) * shape.layers
    return Trunk(tokens=(), cuts=(), keys=none, values=none)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The packed tokens of one step: for each its row, its place in the row and in the padded queries.

    `hidden_from` is what is added to attention scores, (rows, queries, keys): 0 where a query sees a
    key and minus infinity where not, or None where every query sees every key. `keys` is how many
    places are in use.
    """

    row: Ints
    place: Ints
    query: Ints
    queries: int
    keys: int
    hidden_from: Floats | None


class Rows:
    """Keys and values after a trunk, for a number of rows; the `Memory` of one pass or of one decoding.

    `fine` says whether attention is added up in 64 bits. `passing` says that one step is all there will be:
    what one layer keeps is then no longer needed in the next.
    """

    def __init__(
        self,
        network: Network,
        trunk: Trunk,
        rows: int,
        places: int,
        *,
        fine: bool = True,
        passing: bool = False,
    ) -> None:
        shape = network.shape
        self.fine, self.passing = fine, passing
        self.shape, self.scratch, self.trunk = shape, network.scratch, trunk
        # finite everywhere: what no query may see is multiplied by zero, and zero times NaN is NaN
        size = (shape.kv_heads, rows, places, shape.head)
        self.keys = self._room(size, shape.layers)
        self.values = self._room(size, shape.layers)
        self.step: Step | None = None

    def _room(self, size: tuple[int, ...], layers: int) -> list[Floats]:
        if self.passing:
            return [np.zeros(size, np.float32)] * layers
        return [np.zeros(size, np.float32) for _ in range(layers)]

    @property
    def count(self) -> int:
        """Give the number of rows."""
        return int(self.keys[0].shape[1])

    @property
    def places(self) -> int:
        """Give the number of places a row has room for."""
        return int(self.keys[0].shape[2])

    def grow(self, places: int) -> None:
        """Make room for this many places a row, more than there are."""
        room = ((0, 0), (0, 0), (0, places - self.places), (0, 0))
        self._replace(lambda held: np.pad(held, room))

    def keep(self, rows: Ints, places: int) -> None:
        """Drop all rows but these, and all places from `places` on."""
        self._replace(lambda held: held[:, rows, :places])

    def _replace(self, change: Callable[[Floats], Floats]) -> None:
        # layer by layer, so that old and new never stand in memory whole together
        for layers in (self.keys, self.values):
            for n, held in enumerate(layers):
                layers[n] = change(held)

    def attend(self, layer: int, queries: Floats, keys: Floats, values: Floats) -> Floats:
        """Keep the keys and values of the step, and give what its queries gather: (heads * head, tokens)."""
        step, shape = self.step, self.shape
        assert step is not None
        self.keys[layer][:, step.row, step.place] = keys.transpose(0, 2, 1)
        self.values[layer][:, step.row, step.place] = values.transpose(0, 2, 1)
        grouped = queries.reshape(shape.kv_heads, -1, shape.head, queries.shape[2]).transpose(0, 3, 1, 2)
        padded = self.scratch.take(
            "padded", shape.kv_heads, self.count, step.queries, grouped.shape[2], shape.head
        )
        padded[:, step.row, step.query] = grouped
        gathered = gather(
            padded,
            (self.trunk.keys[layer], self.trunk.values[layer]),
            (self.keys[layer][:, :, : step.keys], self.values[layer][:, :, : step.keys]),
            step.hidden_from,
            self.scratch,
            fine=self.fine,
        )
        packed = gathered[:, step.row, step.query]
        return np.ascontiguousarray(packed.transpose(0, 2, 3, 1)).reshape(-1, queries.shape[2])


def gather(
    queries: Floats,
    trunk: tuple[Floats, Floats],
    own: tuple[Floats, Floats],
    hidden_from: Floats | None,
    scratch: Scratch,
    *,
    fine: bool = True,
) -> Floats:
    """Attend from each query to the whole trunk and to what it may see of its own row.

    Queries are (kv_heads, rows, queries, group, head) and so is the result; trunk keys and values are
    (kv_heads, tokens, head), a row's own (kv_heads, rows, places, head). One softmax over both. `fine` adds
    up in 64 bits: what is gathered then hardly depends on where the trunk ends.
    """
    found = scratch.take("found", *queries.shape)
    for head in range(len(queries)):
        far, near = _exponentials(queries[head], trunk[0][head], own[0][head], hidden_from, scratch, fine)
        mix = _mix_finely if fine else _mix
        mix(far, near, trunk[1][head], own[1][head], found[head].reshape(*near.shape[:2], -1), scratch)
    return found


def _exponentials(
    queries: Floats,
    trunk: Floats,
    own: Floats,
    hidden_from: Floats | None,
    scratch: Scratch,
    fine: bool,
) -> tuple[Floats, Floats]:
    """Give the weights, before they are divided by their sum, of the trunk's tokens and of the row's own."""
    rows, count, group, head = queries.shape
    flat = queries.reshape(-1, head)
    far = scratch.take("far", len(flat), len(trunk))
    near = scratch.take("near", rows, count * group, own.shape[1])
    if fine and bordered():  # in 64 bits, where the order of adding up does not matter
        exact = _doubled("queries", flat, scratch)
        keys = _doubled("keys", trunk, scratch).T
        far[:] = np.matmul(exact, keys, out=scratch.take_doubles("far", *far.shape))
        keys = _doubled("own keys", own, scratch).swapaxes(1, 2)
        near[:] = np.matmul(
            exact.reshape(rows, -1, head), keys, out=scratch.take_doubles("near", *near.shape)
        )
    else:
        np.matmul(flat, trunk.T, out=far)
        np.matmul(queries.reshape(rows, count * group, head), own.swapaxes(1, 2), out=near)
    if hidden_from is not None:
        seen = near.reshape(rows, count, group, -1)
        seen += hidden_from[:, :, None]
    near_flat = near.reshape(len(flat), -1)
    top = near_flat.max(axis=1, keepdims=True)
    if len(trunk):
        np.maximum(top, far.max(axis=1, keepdims=True), out=top)
    for scores in (far, near_flat):
        np.subtract(scores, top, out=scores)
        np.exp(scores, out=scores)
    return far, near


def _mix(far: Floats, near: Floats, trunk: Floats, own: Floats, found: Floats, scratch: Scratch) -> None:
    """Write the weighted means of the values into `found`, (rows, queries, head)."""
    total = near.sum(axis=2, keepdims=True)
    total += far.sum(axis=1).reshape(total.shape)
    np.matmul(near, own, out=found)
    more = np.matmul(far, trunk, out=scratch.take("found far", len(far), trunk.shape[1]))
    found += more.reshape(found.shape)
    found /= total


def _mix_finely(
    far: Floats, near: Floats, trunk: Floats, own: Floats, found: Floats, scratch: Scratch
) -> None:
    """Do what `_mix` does, in 64 bits; a column of ones beside the values gives the sum of the weights."""
    mixed = scratch.take_doubles("mixed", *near.shape[:2], own.shape[2] + 1)
    np.matmul(_doubled("near", near, scratch), _with_ones("own", own, scratch), out=mixed)
    if len(trunk):
        more = scratch.take_doubles("mixed far", len(far), trunk.shape[1] + 1)
        np.matmul(_doubled("far", far, scratch), _with_ones("trunk", trunk, scratch), out=more)
        mixed += more.reshape(mixed.shape)
    np.multiply(mixed[..., :-1], 1 / mixed[..., -1:], out=found, casting="same_kind")


def _doubled(name: str, x: Floats, scratch: Scratch) -> Doubles:
    out = scratch.take_doubles(name, *x.shape)
    out[:] = x
    return out


def _with_ones(name: str, values: Floats, scratch: Scratch) -> Doubles:
    out = scratch.take_doubles(name + " values", *values.shape[:-1], values.shape[-1] + 1)
    out[..., :-1] = values
    out[..., -1] = 1
    return out
