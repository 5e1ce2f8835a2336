"""Ctrl-C in two steps: the first lets what is in flight arrive and be saved, the second stops at once."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Halt:
    """Whether nothing new should be asked; `asked` is set once and stays.

    `budget` is the flag of the budget that is used up, empty where somebody interrupts. `late` says that what
    is in flight is not waited for any longer; those who wait for it are told by `when_late`.
    """

    def __init__(self) -> None:
        """Start with nothing asked for."""
        self.asked = False
        self.budget = ""
        self.late = False
        self._told: list[Callable[[], object]] = []

    def end(self, budget: str) -> None:
        """Ask to end because a budget is used up, unless somebody asked before."""
        if not self.asked:
            self.asked, self.budget = True, budget

    def when_late(self, tell: Callable[[], object]) -> None:
        """Have `tell` called when what is in flight is not waited for any longer."""
        self._told.append(tell)

    def give_up(self) -> None:
        """Wait no longer for what is in flight."""
        self.late = True
        for tell in self._told:
            tell()


@contextmanager
def draining(halt: Halt) -> Iterator[None]:
    """Turn the first SIGINT inside the block into `halt.asked`; a second one raises `KeyboardInterrupt`.

    A plain signal handler, so that it also runs while a model computes on this thread. Outside the main
    thread signals belong to somebody else, and nothing is done.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if halt.asked:
            raise KeyboardInterrupt
        halt.asked = True

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
