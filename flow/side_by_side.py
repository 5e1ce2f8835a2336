"""The same work on many things in several processes, where that pays."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")

# how the libraries below NumPy are told their number of threads: OpenBLAS, OpenMP, MKL, Accelerate
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def side_by_side(work: Callable[[A], B], things: Sequence[A], *, workers: int, least: int) -> list[B]:
    """Give what `work` makes of each thing, in their order, by as many as `workers` processes.

    A process is begun for `least` things at the fewest; with one worker, few things, or where the system lets
    no process begin, all is done in this one. `work` and things must be such as can be sent, and a program
    that wants more than one worker must do nothing when it is imported.
    """
    count = min(workers, len(things) // least)
    if count > 1:
        try:
            with _one_thread_each(), ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
                return list(pool.map(work, things, chunksize=max(1, least // 4)))
        except (OSError, BrokenProcessPool):
            pass
    return [work(one) for one in things]


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let processes that begin meanwhile multiply matrices in one thread, unless the user says otherwise.

    There is one of them a core already, and threads that wait for each other took half as long again.
    """
    added = [name for name in _THREADS if name not in os.environ]
    os.environ.update(dict.fromkeys(added, "1"))
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)
