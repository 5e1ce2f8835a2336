"""The threads that run the network side by side, and the shared beginnings they have computed.

The linear-algebra library is held to one thread and the threads are ours: its own wait for each
other by spinning, which on a busy machine made everything many times slower. Work is cut into the
same pieces whatever the number of threads, so that the numbers do not depend on it.
"""

import os
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

import numpy as np
from threadpoolctl import ThreadpoolController

from taskc.backends.local.feed import feed, grow_tree
from taskc.backends.local.layout import Ids
from taskc.backends.local.network import Network
from taskc.backends.local.rows import Rows, Trunk, empty_trunk
from taskc.backends.local.sharing import Shoot
from taskc.backends.local.weights import Floats, Weights

Result = TypeVar("Result")

MOST_THREADS = 4
HELD_TOKENS = 2048
"""Tokens of shared beginnings kept for the next batch, some 100 MB."""


class Crew:
    """A model that several threads run at once, each with a `Network` of its own."""

    def __init__(self, weights: Weights, threads: int = 0) -> None:
        self.shape = weights.shape
        count = threads or min(MOST_THREADS, os.cpu_count() or 1)
        self.stopped: Callable[[], bool] = lambda: False
        self._libraries = ThreadpoolController()
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="taskc-local")
        self._alone = Network(weights, stopped=self._asked_to_stop, pool=self._pool)
        self._networks: SimpleQueue[Network] = SimpleQueue()
        self._everybody = [Network(weights, stopped=self._asked_to_stop) for _ in range(count)]
        for network in self._everybody:
            self._networks.put(network)
        self._held: OrderedDict[tuple[tuple[int, ...], Ids], Trunk] = OrderedDict()

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()

    def rest(self) -> None:
        """Let go of the work space of what was computed last; not while something is computed."""
        for network in (self._alone, *self._everybody):
            network.scratch.drop()

    def together(self, jobs: Sequence[Callable[[Network], Result]]) -> list[Result]:
        """Run jobs side by side, and give their results in order; a lone job has all threads to itself."""
        with self._libraries.limit(limits=1, user_api="blas"):
            if len(jobs) == 1:
                return [jobs[0](self._alone)]
            return list(self._pool.map(self._run, jobs))

    def trunks(self, shoot: Shoot, trunk: Trunk | None = None) -> Iterator[tuple[Trunk, tuple[int, ...]]]:
        """Give each shared beginning, computed, with the members that continue it."""
        longer = self._grown(trunk or empty_trunk(self.shape), shoot.stem)
        if shoot.members:
            yield longer, shoot.members
        for child in shoot.children:
            yield from self.trunks(child, longer)

    def _asked_to_stop(self) -> bool:
        return self.stopped()

    def _run(self, job: Callable[[Network], Result]) -> Result:
        network = self._networks.get()
        try:
            return job(network)
        finally:
            self._networks.put(network)

    def _grown(self, trunk: Trunk, stem: Ids) -> Trunk:
        """Give a longer beginning, from those held where it is there, bit for bit what computing it gives."""
        if len(stem) == len(trunk.tokens):
            return trunk
        # the cuts take part in the key: computed in other pieces, the last bits would differ
        key = (*trunk.cuts, len(stem)), stem
        found = self._held.get(key) or self.together([lambda network: extend(network, trunk, stem)])[0]
        self._held[key] = found
        self._held.move_to_end(key)
        while sum(len(one.tokens) for one in self._held.values()) > HELD_TOKENS and len(self._held) > 1:
            self._held.popitem(last=False)
        return found


def extend(network: Network, trunk: Trunk, stem: Ids) -> Trunk:
    """Compute the keys and values of a longer beginning, which starts with the trunk's tokens."""
    more = stem[len(trunk.tokens) :]
    rows = Rows(network, trunk, 1, len(more))
    for _ in feed(network, rows, [grow_tree([more])], ()):
        pass
    return Trunk(
        tokens=stem,
        cuts=(*trunk.cuts, len(stem)),
        keys=_joined(trunk.keys, rows.keys),
        values=_joined(trunk.values, rows.values),
    )


def _joined(old: Sequence[Floats], new: Sequence[Floats]) -> tuple[Floats, ...]:
    return tuple(np.concatenate([o, n[:, 0]], axis=1) for o, n in zip(old, new, strict=True))
