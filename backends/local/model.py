"""The embedded model as a backend: operations in, replies out, computed in a thread of this process."""

import asyncio
import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from taskc.backends.local.crew import Crew
from taskc.backends.local.decode import Wish, generate_batch
from taskc.backends.local.gguf_file import GgufFile
from taskc.backends.local.layout import Asked, BadPrompt, Laid, Layout, continue_prompt, open_prompt
from taskc.backends.local.network import Stopped
from taskc.backends.local.sampling import Chooser
from taskc.backends.local.scoring import score_batch
from taskc.backends.local.vocabulary import Vocabulary
from taskc.backends.local.weights import Shape, load_weights
from taskc.backends.local.writing import Writing
from taskc.backends.text import default_stop
from taskc.records.operation import (
    Failure,
    Generate,
    Generated,
    Labelled,
    Labels,
    Operation,
    Outcome,
    Reply,
    Score,
    Scored,
    Usage,
)
from taskc.records.plan import Capabilities


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A checked model file, ready to be loaded: what `open_model` found out about it."""

    file: GgufFile
    shape: Shape
    vocabulary: Vocabulary
    layout: Layout
    as_text: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scoring:
    """A `Score` or `Labels` as tokens."""

    operation: Score | Labels
    asked: Asked


_Work: TypeAlias = "_Scoring | Wish | Outcome"


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
            works = [self._prepare(operation) for operation in operations]
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

    def _prepare(self, operation: Operation) -> _Work:
        """Turn an operation into tokens, or into its outcome where there is nothing to compute."""
        try:
            laid = self.given.layout(operation.prompt)
        except BadPrompt as error:
            return Failure(
                reason="bad-prompt", message=f"the chat template refuses the messages: {error}", again=False
            )
        if isinstance(operation, Generate):
            return self._prepare_generate(operation, laid)
        continuations = operation.continuations if isinstance(operation, Score) else operation.labels
        asked = continue_prompt(self.given.vocabulary, laid, continuations)
        return self._overflow(asked.longest) or _Scoring(operation=operation, asked=asked)

    def _prepare_generate(self, operation: Generate, laid: Laid) -> _Work:
        asked = open_prompt(self.given.vocabulary, laid)
        if operation.max_tokens < 1:
            return Generated(text="", finish="length")
        stop = default_stop(operation.prompt, operation.stop) if self.given.as_text else operation.stop
        return self._overflow(asked.longest + operation.max_tokens) or Wish(
            prompt=asked,
            chooser=Chooser(operation, asked.texts[0]),
            writing=Writing(stop, laid.lead),
            max_tokens=operation.max_tokens,
        )

    def _overflow(self, tokens: int) -> Failure | None:
        if tokens <= self.given.shape.context:
            return None
        return Failure(
            reason="context-overflow",
            message=f"prompt and reply take up to {tokens} tokens of {self.given.shape.context}",
            again=False,
        )

    def _compute(self, works: Sequence[_Work], stop: threading.Event) -> list[Reply]:
        crew = self._load()
        crew.stopped = stop.is_set
        scorings = [work for work in works if isinstance(work, _Scoring)]
        wishes = [work for work in works if isinstance(work, Wish)]
        scores = iter(score_batch(crew, [work.asked for work in scorings]))
        vocabulary = self.given.vocabulary
        written = iter(generate_batch(crew, wishes, vocabulary.pieces, vocabulary.ends))
        return [_reply(work, scores, written) for work in works]

    def _load(self) -> Crew:
        if self._crew is None:
            self._crew = Crew(load_weights(self.given.file, self.given.shape))
        return self._crew


def _reply(work: _Work, scores: Iterator[tuple[float, ...]], written: Iterator[int]) -> Reply:
    if isinstance(work, Wish):
        return Reply(outcome=work.writing.result(), usage=Usage(read=len(work.tokens), written=next(written)))
    if isinstance(work, _Scoring):
        asked, logprobs = work.asked, next(scores)
        outcome = _outcome(work.operation, logprobs, asked.counts)
        return Reply(outcome=outcome, usage=Usage(read=asked.read))
    return Reply(outcome=work)


def _outcome(operation: Score | Labels, logprobs: tuple[float, ...], counts: tuple[int, ...]) -> Outcome:
    if isinstance(operation, Score):
        return Scored(logprobs=logprobs, tokens=counts)
    inside = math.fsum(math.exp(logprob) for logprob in logprobs)
    return Labelled(logprobs=logprobs, outside=max(0.0, 1.0 - inside))
