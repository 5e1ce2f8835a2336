"""Operations as a model reads them: tokens to be scored, a reply to be written, or an outcome at once."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from taskc.backends.local.layout import (
    Asked,
    BadPrompt,
    Ids,
    Laid,
    Layout,
    continue_prompt,
    open_prompt,
)
from taskc.backends.local.sampling import Chooser
from taskc.backends.local.vocabulary import Vocabulary
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One reply to be generated: its prompt, how its tokens are chosen, where it ends."""

    prompt: Asked
    chooser: Chooser
    writing: Writing
    max_tokens: int

    @property
    def tokens(self) -> Ids:
        """Give the tokens of the prompt."""
        return self.prompt.texts[0]

    def write(self, token: int, vocabulary: Vocabulary, written: int) -> None:
        """Write down a token, the `written`-th of the reply, and end the reply where it ends it."""
        if token in vocabulary.ends:
            self.writing.end("stop")
            return
        self.writing.add(vocabulary.pieces[token])
        if written >= self.max_tokens:
            self.writing.end("length")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """A `Score` or `Labels` as tokens."""

    operation: Score | Labels
    asked: Asked


Work: TypeAlias = "Scoring | Wish | Outcome"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a model reads: its tokens, how it lays prompts out, how many it has room for (None: not known)."""

    vocabulary: Vocabulary
    layout: Layout
    context: int | None
    as_text: bool = False

    def prepare(self, operation: Operation) -> Work:
        """Turn an operation into tokens, or into its outcome where there is nothing to compute."""
        try:
            laid = self.layout(operation.prompt)
        except BadPrompt as error:
            return Failure(
                reason="bad-prompt", message=f"the chat template refuses the messages: {error}", again=False
            )
        if isinstance(operation, Generate):
            return self._prepare_generate(operation, laid)
        continuations = operation.continuations if isinstance(operation, Score) else operation.labels
        asked = continue_prompt(self.vocabulary, laid, continuations)
        return self._overflow(asked.longest) or Scoring(operation=operation, asked=asked)

    def _prepare_generate(self, operation: Generate, laid: Laid) -> Work:
        asked = open_prompt(self.vocabulary, laid)
        if operation.max_tokens < 1:
            return Generated(text="", finish="length")
        stop = default_stop(operation.prompt, operation.stop) if self.as_text else operation.stop
        return self._overflow(asked.longest + operation.max_tokens) or Wish(
            prompt=asked,
            chooser=Chooser(operation, asked.texts[0]),
            writing=Writing(stop, laid.lead),
            max_tokens=operation.max_tokens,
        )

    def _overflow(self, tokens: int) -> Failure | None:
        if self.context is None or tokens <= self.context:
            return None
        return Failure(
            reason="context-overflow",
            message=f"prompt and reply take up to {tokens} tokens of {self.context}",
            again=False,
        )


def reply_to(work: Work, scores: Iterator[tuple[float, ...]], written: Iterator[int]) -> Reply:
    """Give the reply to a work that is done; the next of `scores` or `written` belongs to it."""
    if isinstance(work, Wish):
        return Reply(outcome=work.writing.result(), usage=Usage(read=len(work.tokens), written=next(written)))
    if isinstance(work, Scoring):
        asked, logprobs = work.asked, next(scores)
        outcome = _outcome(work.operation, logprobs, asked.counts)
        return Reply(outcome=outcome, usage=Usage(read=asked.read))
    return Reply(outcome=work)


def _outcome(operation: Score | Labels, logprobs: tuple[float, ...], counts: tuple[int, ...]) -> Outcome:
    if isinstance(operation, Score):
        return Scored(logprobs=logprobs, tokens=counts)
    inside = math.fsum(math.exp(logprob) for logprob in logprobs)
    return Labelled(logprobs=logprobs, outside=max(0.0, 1.0 - inside))
