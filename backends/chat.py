"""OpenAI's Chat Completions, which every compatible server speaks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from taskc.backends.remote import broken_off, counted, finished, ran_full, starved, was_declined
from taskc.backends.responses_api import Hidden
from taskc.backends.sampling import as_it_is, drawn
from taskc.backends.speech import Speech, turns
from taskc.backends.top_tokens import HALF, Logprobs, half_a_character, read_first
from taskc.records.operation import (
    Failure,
    Generate,
    Labels,
    Operation,
    Outcome,
    Prompt,
    Refusal,
    Source,
    Usage,
)

STOPS = 4  # as many stop strings as a request may carry; more are cut here


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Tokens as the provider counts them; SGLang counts those of reasoning beside the others."""

    prompt_tokens: int | None = 0
    completion_tokens: int | None = 0
    total_tokens: int | None = 0
    reasoning_tokens: int | None = 0
    completion_tokens_details: Hidden | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the responses of OpenAI's protocol have in common; what is not told is empty."""

    id: str | None = None
    model: str | None = None
    system_fingerprint: str | None = None
    usage: Counted | None = None

    @property
    def tokens(self) -> Usage:
        """Give the usage, zero where none is told."""
        told = self.usage or Counted()
        return counted(told.prompt_tokens, told.completion_tokens, told.total_tokens)

    @property
    def hidden(self) -> int:
        """Give the tokens of its reasoning, as far as they are told, or are in the total alone."""
        told = self.usage or Counted()
        details = told.completion_tokens_details
        stated = (told.reasoning_tokens or 0, details.reasoning_tokens or 0 if details else 0)
        return max(*stated, self.tokens.written - (told.completion_tokens or 0))

    @property
    def source(self) -> Source:
        """Give where it comes from."""
        return Source(model=self.model or "", fingerprint=self.system_fingerprint or "", id=self.id or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a message, where a server gives it in parts; only text and refusals are read."""

    type: str = "text"
    text: str | None = None
    refusal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The message of a reply: its text, or the parts of it."""

    content: str | tuple[Piece | str, ...] | None = None
    refusal: str | None = None

    @property
    def text(self) -> str | None:
        """Give all that it says; None where it says nothing, which is another thing than an empty text."""
        if not isinstance(self.content, tuple):
            return self.content
        texts = [one if isinstance(one, str) else one.text for one in self.content]
        said = [one for one in texts if one is not None]
        return "".join(said) if said else None

    @property
    def declined(self) -> str | None:
        """Give the words of a refusal."""
        parts = self.content if isinstance(self.content, tuple) else ()
        said = [one.refusal for one in parts if isinstance(one, Piece) and one.refusal]
        return self.refusal or (said[0] if said else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What a gateway says of a reply that whom it asked broke off."""

    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One reply, and why it ended."""

    message: Said
    finish_reason: str | None = None
    logprobs: Logprobs | None = None
    error: Trouble | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat(Answer):
    """As much of a Chat Completions response as is read."""

    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSpeech(Speech[Chat]):
    """Chat Completions. `limit` is the field that bounds the reply, `begun` is said where one is begun."""

    kind: ClassVar[type[Any]] = Chat

    limit: Literal["max_tokens", "max_completion_tokens"]
    begun: Mapping[str, Any] = field(default_factory=dict)

    def judge(self, asked: Operation, answer: Chat) -> Outcome:
        """Say what came back."""
        return _outcome(asked, answer, self.service)

    def generate(self, asked: Generate) -> dict[str, Any]:
        """Ask for a reply."""
        body = self._body(asked.prompt, asked.max_tokens + asked.reasoning_tokens)
        body |= drawn(asked, self.capabilities)
        if self.capabilities.stop and asked.stop:
            body["stop"] = list(asked.stop[:STOPS])
        if asked.effort is not None:
            body["reasoning_effort"] = asked.effort
        return body

    def labels(self, asked: Labels) -> dict[str, Any]:
        """Ask for one token and the likeliest in its place; at temperature 1 they are the model's own."""
        body = self._body(asked.prompt, 1)
        body |= as_it_is(self.capabilities)
        return body | {"logprobs": True, "top_logprobs": self.capabilities.top_logprobs}

    def _body(self, prompt: Prompt, most: int) -> dict[str, Any]:
        begun = self.begun if prompt.prefill else {}
        return {"model": self.name, "messages": turns(prompt), self.limit: most, **begun}


def _outcome(asked: Operation, answer: Chat, service: str) -> Outcome:
    if not answer.choices:
        return Failure(reason="no-choices", message=f"{service} sent a response without any reply in it")
    choice = answer.choices[0]
    text, declined = choice.message.text, choice.message.declined
    if declined:
        return Refusal(text=declined)
    if was_declined(choice.finish_reason):
        return Refusal(text=text or "")
    why = choice.error.message if choice.error else None
    broken = broken_off(choice.finish_reason, service, why or "")
    if isinstance(asked, Labels) and not (broken and broken.again):
        return _first_token(asked, choice, service)
    if broken:
        return broken
    stop = asked.stop if isinstance(asked, Generate) else ()
    full = ran_full(choice.finish_reason)
    if text is None and not full:
        return Failure(reason="no-text", message=f"{service} sent a reply without text")
    hungry = starved(asked, answer.tokens.written, answer.hidden)
    return finished(text or "", stop, full=full, starved=hungry)


def _first_token(asked: Labels, choice: Choice, service: str) -> Outcome:
    first = choice.logprobs.first if choice.logprobs else []
    if not first and choice.message.text in HALF and ran_full(choice.finish_reason):
        return half_a_character(service)
    return read_first(first, asked.labels, service)
