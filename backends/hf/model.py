"""A transformers model as a backend: operations in, replies out, computed in a thread of this process."""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from taskc.backends.hf.engine import Engine, Withdrawn
from taskc.backends.hf.replies import generate_batch
from taskc.backends.hf.scoring import score_batch
from taskc.backends.hf.source import Source
from taskc.backends.hf.tokens import Tokens
from taskc.backends.local.vocabulary import Vocabulary
from taskc.backends.local.works import Reading, Scoring, Wish, reply_to
from taskc.records.operation import Failure, Operation, Outcome, Reply
from taskc.records.plan import Capabilities


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What `open_model` found out: where the model is, its tokens, how its numbers are held and where."""

    source: Source
    tokens: Tokens
    dtype: str
    device: str


@dataclass(slots=True, kw_only=True)
class HfModel:
    """A causal language model of transformers; weights are loaded at the first question."""

    model: str
    capabilities: Capabilities
    given: Given
    _engine: Engine | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def ask(self, operations: Sequence[Operation]) -> Sequence[Reply]:
        """Answer operations, in order; when the asker is cancelled, the computing stops after a pass."""
        stop = threading.Event()
        try:
            return await asyncio.to_thread(self._answer, operations, stop)
        except asyncio.CancelledError:
            stop.set()
            raise

    async def close(self) -> None:
        """Let go of the weights."""
        with self._lock:
            self._engine = None

    def _answer(self, operations: Sequence[Operation], stop: threading.Event) -> list[Reply]:
        with self._lock:
            tokens = self.given.tokens
            reading = Reading(
                vocabulary=tokens.vocabulary,
                layout=tokens.layout,
                context=self.given.source.context,
                as_text=tokens.as_text,
            )
            works = [reading.prepare(operation) for operation in operations]
            try:
                engine = self._load()
            except Exception as error:  # whatever is wrong with the files, or this machine
                failure = _failure(error, "model-file", "the model cannot be loaded", fatal=True)
                return [Reply(outcome=work if isinstance(work, Outcome) else failure) for work in works]
            engine.stopped = stop.is_set
            try:
                scorings = [work for work in works if isinstance(work, Scoring)]
                wishes = [work for work in works if isinstance(work, Wish)]
                scores = iter(score_batch(engine, [work.asked for work in scorings]))
                written = iter(generate_batch(engine, wishes, self._vocabulary(engine)))
                return [reply_to(work, scores, written) for work in works]
            except Withdrawn:
                failure = Failure(reason="interrupted", message="the question was withdrawn")
            except MemoryError:
                failure = Failure(reason="out-of-memory", message="this machine has too little free memory")
            except RuntimeError as error:  # torch raises no other
                failure = _failure(error, "torch-error", "the model cannot be run", fatal=False)
        return [Reply(outcome=work if isinstance(work, Outcome) else failure) for work in works]

    def _load(self) -> Engine:
        if self._engine is None:
            self._engine = Engine(self.given.source, self.given.dtype, self.given.device)
        return self._engine

    def _vocabulary(self, engine: Engine) -> Vocabulary:
        """Give the tokens with all that end a reply, and one for each logit."""
        known = self.given.tokens.vocabulary
        missing = engine.model.config.get_text_config().vocab_size - len(known.pieces)
        return replace(known, ends=known.ends | engine.ends, pieces=known.pieces + (b"",) * max(0, missing))


def _failure(error: Exception, reason: str, what: str, *, fatal: bool) -> Failure:
    if "out of memory" in str(error) or "allocate memory" in str(error):
        return Failure(reason="out-of-memory", message="there is too little free memory for the model")
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return Failure(reason=reason, message=f"{what}: {first[:300]}", fatal=fatal)
