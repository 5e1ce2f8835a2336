"""OpenAI's Responses, the form of asking in which reasoning models are at home."""

from dataclasses import dataclass
from typing import Any, ClassVar

from taskc.backends.complaints import poor_code
from taskc.backends.remote import counted, finished, starved
from taskc.backends.sampling import as_it_is, drawn
from taskc.backends.speech import Speech, turns
from taskc.backends.top_tokens import Token, read_first
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

LEAST = 16  # tokens: a lower limit is refused
_LOGPROBS = "message.output_text.logprobs"
_PASSING = ("server_error", "rate_limit_exceeded", "vector_store_timeout")
_UNWANTED = ("invalid_prompt",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """Of the tokens that were written, those of reasoning."""

    reasoning_tokens: int | None = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Tokens as the provider counts them."""

    input_tokens: int | None = 0
    output_tokens: int | None = 0
    total_tokens: int | None = 0
    output_tokens_details: Hidden | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of a message: text, or a refusal."""

    type: str
    text: str = ""
    refusal: str = ""
    logprobs: tuple[Token, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that a response holds; only messages are read."""

    type: str
    content: tuple[Part, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Why a response is incomplete, or has failed."""

    reason: str | None = None
    code: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """As much of a response as is read."""

    output: tuple[Item, ...]
    status: str | None = None
    incomplete_details: Why | None = None
    error: Why | None = None
    id: str | None = None
    model: str | None = None
    usage: Counted | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        """Give the pieces of its messages."""
        return tuple(part for item in self.output if item.type == "message" for part in item.content or ())

    @property
    def text(self) -> str:
        """Give all that it says."""
        return "".join(part.text for part in self.parts if part.type == "output_text")

    @property
    def hidden(self) -> int:
        """Give the tokens of its reasoning."""
        details = self.usage.output_tokens_details if self.usage else None
        return details.reasoning_tokens or 0 if details else 0

    @property
    def tokens(self) -> Usage:
        """Give the usage, zero where none is told."""
        told = self.usage or Counted()
        return counted(told.input_tokens, told.output_tokens, told.total_tokens)

    @property
    def source(self) -> Source:
        """Give where it comes from; fingerprints are not told."""
        return Source(model=self.model or "", id=self.id or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsesSpeech(Speech[Response]):
    """Responses, none of them kept by the provider."""

    kind: ClassVar[type[Any]] = Response

    def judge(self, asked: Operation, answer: Response) -> Outcome:
        """Say what came back."""
        return _outcome(asked, answer, self.service)

    def generate(self, asked: Generate) -> dict[str, Any]:
        """Ask for a reply."""
        body = self._body(asked.prompt, asked.max_tokens + asked.reasoning_tokens)
        body |= drawn(asked, self.capabilities)
        if asked.effort is not None:
            body["reasoning"] = {"effort": asked.effort}
        return body

    def labels(self, asked: Labels) -> dict[str, Any]:
        """Ask for the likeliest first tokens; at temperature 1 they are the model's own."""
        body = self._body(asked.prompt, 1)
        body |= as_it_is(self.capabilities)
        return body | {"include": [_LOGPROBS], "top_logprobs": self.capabilities.top_logprobs}

    def _body(self, prompt: Prompt, most: int) -> dict[str, Any]:
        return {
            "model": self.name,
            "input": turns(prompt),
            "max_output_tokens": max(LEAST, most),
            "store": False,
        }


def _outcome(asked: Operation, answer: Response, service: str) -> Outcome:
    if answer.status not in (None, "completed", "incomplete"):
        return _unfinished(answer, service)
    why = answer.incomplete_details.reason if answer.incomplete_details else None
    refused = next((part.refusal for part in answer.parts if part.type == "refusal"), None)
    if refused is not None:
        return Refusal(text=refused)
    if why == "content_filter":
        return Refusal(text=answer.text)
    full = answer.status == "incomplete"
    if full and why != "max_output_tokens":
        message = f"{service} ended the reply for `{why}`, which was not asked for"
        return Failure(reason="unexpected-end", message=message, again=False)
    if not answer.parts and not full:
        return Failure(reason="no-choices", message=f"{service} sent a response without any reply in it")
    if isinstance(asked, Labels):
        return _first_token(asked, answer, service)
    stop = asked.stop if isinstance(asked, Generate) else ()
    return finished(
        answer.text, stop, full=full, starved=starved(asked, answer.tokens.written, answer.hidden)
    )


def _unfinished(answer: Response, service: str) -> Outcome:
    """Say what a response means that is not there: it failed, was cancelled, or is still to come."""
    why = answer.error or Why()
    if why.code in _UNWANTED:
        return Refusal(text=why.message or "")
    if poor_code(why.code):
        message = f"{service} answered: {why.message or why.code}"
        return Failure(reason="no-quota", message=message, again=False, fatal=True)
    told = f": {why.message}" if why.message else ""
    again = answer.status != "failed" or why.code in _PASSING
    return Failure(reason="server-error", message=f"{service} says `{answer.status}`{told}", again=again)


def _first_token(asked: Labels, answer: Response, service: str) -> Outcome:
    tokens = next((part.logprobs for part in answer.parts if part.logprobs), None)
    return read_first(tokens[0].likeliest if tokens else (), asked.labels, service)
