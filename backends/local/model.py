"""The embedded model as a backend: operations in, replies out, computed in a thread of this process."""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from taskc.backends.local.crew import Crew
from taskc.backends.local.decode import generate_batch
from taskc.backends.local.gguf_file import GgufFile
from taskc.backends.local.layout import Layout
from taskc.backends.local.network import Stopped
from taskc.backends.local.scoring import score_batch
from taskc.backends.local.vocabulary import Vocabulary
from taskc.backends.local.weights import Shape, load_weights
from taskc.backends.local.works import Reading, Scoring, Wish, Work, reply_to
from taskc.records.operation import Failure, Operation, Outcome, Reply
from taskc.records.plan import Capabilities


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A checked model file, ready to be loaded: what `open_model` found out about it."""

    file: GgufFile
    shape: Shape
    vocabulary: Vocabulary
    layout: Layout
    as_text: bool = False

    @property
    def reading(self) -> Reading:
        """Give how the model reads."""
        return Reading(
            vocabulary=self.vocabulary,
            layout=self.layout,
            context=self.shape.context,
            as_text=self.as_text,
        )


@dataclass(slots=True, kw_only=True)
class LocalModel:
    """A Llama model in this process; see `docs/models.md`. Weights are loaded at the first question."""

    model: str
    capabilities: Capabilities
    given: Given
    _crew: Crew | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def ask(self, operations: Sequence[Operation]) -> Sequence[Reply]:
        """Answer operations, in order; when the asker is cancelled, the computing stops within a layer."""
        stop = threading.Event()
        try:
            return await asyncio.to_thread(self._answer, operations, stop)
        except asyncio.CancelledError:
            stop.set()
            raise

    async def close(self) -> None:
        """Let go of the weights."""
        with self._lock:
            if self._crew is not None:
                self._crew.close()
            self._crew = None

    def _answer(self, operations: Sequence[Operation], stop: threading.Event) -> list[Reply]:
        with self._lock:
            works = [self.given.reading.prepare(operation) for operation in operations]
            try:
                return self._compute(works, stop)
            except Stopped:
                failure = Failure(reason="interrupted", message="the question was withdrawn")
            except MemoryError:
                failure = Failure(reason="out-of-memory", message="this machine has too little free memory")
            except OSError as error:
                failure = Failure(
                    reason="model-file", message=f"the model file cannot be read: {error}", fatal=True
                )
        return [Reply(outcome=work if isinstance(work, Outcome) else failure) for work in works]

    def _compute(self, works: Sequence[Work], stop: threading.Event) -> list[Reply]:
        crew = self._load()
        crew.stopped = stop.is_set
        scorings = [work for work in works if isinstance(work, Scoring)]
        wishes = [work for work in works if isinstance(work, Wish)]
        scores = iter(score_batch(crew, [work.asked for work in scorings]))
        written = iter(generate_batch(crew, wishes, self.given.vocabulary))
        return [reply_to(work, scores, written) for work in works]

    def _load(self) -> Crew:
        if self._crew is None:
            self._crew = Crew(load_weights(self.given.file, self.given.shape))
        return self._crew
