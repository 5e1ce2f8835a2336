"""A model that is computed in a thread of this process: operations in, replies out, however it computes."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Generic, Protocol, TypeVar

from taskc.backends.local.layout import Asked
from taskc.backends.local.works import Reading, Scoring, Wish, reply_to
from taskc.records.operation import Failure, Operation, Outcome, Reply
from taskc.records.plan import Capabilities


class Computing(Protocol):
    """What computes; it looks now and then whether it was `stopped`, and raises then."""

    stopped: Callable[[], bool]


C = TypeVar("C", bound=Computing)


@dataclass(slots=True, kw_only=True)
class InProcess(Generic[C]):
    """A backend in this process, one batch at a time; what computes is loaded at the first question.

    A class of models says how it reads, loads, scores and writes. `withdrawn` is what a computing raises that
    was stopped; other errors are explained by `explain`.
    """

    withdrawn: ClassVar[type[Exception]]

    model: str
    capabilities: Capabilities
    _computing: C | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def reading(self) -> Reading:
        """Give how the model reads."""
        raise NotImplementedError

    def load(self) -> C:
        """Give what computes."""
        raise NotImplementedError

    def scores(self, computing: C, asked: Sequence[Asked]) -> list[tuple[float, ...]]:
        """Give the log-probability of each continuation of each prompt, in order."""
        raise NotImplementedError

    def written(self, computing: C, wishes: Sequence[Wish]) -> list[int]:
        """Write all replies into their `writing`, and give how many tokens each took."""
        raise NotImplementedError

    def explain(self, error: Exception) -> Failure | None:
        """Say what an error of the files or of the computing means; None for one that is a bug."""
        raise NotImplementedError

    def let_go(self, computing: C) -> None:
        """End what computes, where that takes something."""

    async def ask(self, operations: Sequence[Operation]) -> Sequence[Reply]:
        """Answer operations, in order; when the asker is cancelled, the computing stops soon."""
        stop = threading.Event()
        try:
            return await asyncio.to_thread(self._answer, operations, stop)
        except asyncio.CancelledError:
            stop.set()
            raise

    async def close(self) -> None:
        """Let go of the weights."""
        with self._lock:
            computing, self._computing = self._computing, None
            if computing is not None:
                self.let_go(computing)

    def _answer(self, operations: Sequence[Operation], stop: threading.Event) -> list[Reply]:
        with self._lock:
            reading = self.reading
            works = [reading.prepare(operation) for operation in operations]
            try:
                computing = self._computing = self._computing or self.load()
                computing.stopped = stop.is_set
                scorings = [work.asked for work in works if isinstance(work, Scoring)]
                wishes = [work for work in works if isinstance(work, Wish)]
                scores = iter(self.scores(computing, scorings))
                written = iter(self.written(computing, wishes))
                return [reply_to(work, scores, written) for work in works]
            except Exception as error:
                failure = self._failure(error)
                if failure is None:
                    raise
        return [Reply(outcome=work if isinstance(work, Outcome) else failure) for work in works]

    def _failure(self, error: Exception) -> Failure | None:
        if isinstance(error, self.withdrawn):
            return Failure(reason="interrupted", message="the question was withdrawn")
        if isinstance(error, MemoryError):
            return Failure(reason="out-of-memory", message="this machine has too little free memory")
        return self.explain(error)
