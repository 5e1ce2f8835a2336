"""The same work on many things in several processes, where that pays."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def side_by_side(work: Callable[[A], B], things: Sequence[A], *, workers: int, least: int) -> list[B]:
    """Give what `work` makes of each thing, in their order, by as many as `workers` processes.

    A process is begun for `least` things at the fewest; with one worker, few things, or where the system lets
    no process begin, all is done in this one. `work` and things must be such as can be sent, and a program
    that wants more than one worker must do nothing when it is imported.
    """
    count = min(workers, len(things) // least)
    if count > 1:
        try:
            with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
                return list(pool.map(work, things, chunksize=max(1, least // 4)))
        except (OSError, BrokenProcessPool):
            pass
    return [work(one) for one in things]
