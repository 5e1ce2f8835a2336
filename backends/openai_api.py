"""`openai/MODEL`: OpenAI's Chat Completions, and the same protocol for whoever else speaks it.

The key is `OPENAI_API_KEY`; `OPENAI_BASE_URL` names another address. Reasoning models (`o1`, `o3`, `gpt-5`
and later, chat variants left out) take an effort and neither temperature nor stop strings, and report no
log-probabilities; all others do the opposite. The model string may state it otherwise.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from taskc.backends import parameters, wire
from taskc.backends.protocol import Described, ModelName, Surroundings
from taskc.backends.remote import (
    PASSING,
    Line,
    RemoteModel,
    checked_url,
    finished,
    is_loopback,
    key_of,
    open_lane,
    patience_of,
    timeout_of,
)
from taskc.backends.top_tokens import labelled
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
from taskc.records.plan import Capabilities

URL = "https://api.openai.com/v1"
STOPS = 4  # as many stop strings as a request may carry; more are cut here
_KNOWN = (*PASSING, "prefill", "system", "temperature", "stop", "effort", "top_logprobs", "context")
_REASONING = re.compile(r"^(ft:)?(o\d|gpt-([5-9]|\d\d))(?!.*chat)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSpeech:
    """Chat Completions. `limit` is the field that bounds the reply, `create` the SDK's call."""

    name: str
    service: str
    capabilities: Capabilities
    create: Callable[..., Awaitable[Any]] = field(repr=False)
    limit: Literal["max_tokens", "max_completion_tokens"]

    @property
    def kind(self) -> "type[Chat]":
        """Give the shape of what comes back."""
        return Chat

    def body(self, asked: Operation) -> dict[str, Any] | None:
        """Give what is sent; None for what cannot be had."""
        match asked:
            case Generate():
                return self._generate(asked)
            case Labels():
                return self._labels(asked)
        return None

    async def send(self, body: dict[str, Any]) -> Any:
        """Send it."""
        return await self.create(**body)

    def judge(self, asked: Operation, answer: "Chat") -> Outcome:
        """Say what came back."""
        return _outcome(asked, answer, self.service)

    def _body(self, prompt: Prompt, most: int) -> dict[str, Any]:
        messages = [{"role": one.role, "content": one.content} for one in prompt.messages]
        if prompt.prefill:
            messages.append({"role": "assistant", "content": prompt.prefill})
        return {"model": self.name, "messages": messages, self.limit: most}

    def _generate(self, asked: Generate) -> dict[str, Any]:
        body = self._body(asked.prompt, asked.max_tokens)
        if self.capabilities.temperature:
            body["temperature"] = asked.temperature
            if asked.top_p is not None:
                body["top_p"] = asked.top_p
        if self.capabilities.stop and asked.stop:
            body["stop"] = list(asked.stop[:STOPS])
        if asked.effort is not None:
            body["reasoning_effort"] = asked.effort
        return body

    def _labels(self, asked: Labels) -> dict[str, Any]:
        """Ask for one token and the likeliest in its place; at temperature 1 they are the model's own."""
        body = self._body(asked.prompt, 1)
        if self.capabilities.temperature:
            body["temperature"] = 1.0
        return body | {"logprobs": True, "top_logprobs": self.capabilities.top_logprobs}


def describe(name: ModelName, around: Surroundings) -> Described:
    """Say what a model of OpenAI's can do; raises `ModelError`."""
    parameters.check_known(name, _KNOWN)
    capabilities = parameters.stated(name, _known(name.name))
    return Described(model=str(parameters.without(name, PASSING)), capabilities=capabilities)


def open_model(name: ModelName, around: Surroundings) -> RemoteModel:
    """Open a model of OpenAI's; raises `ModelError`."""
    known = describe(name, around)
    url = checked_url(around.environment.get("OPENAI_BASE_URL") or URL, "OPENAI_BASE_URL")
    line = open_line(name, "openai", url, "OPENAI_API_KEY", key_of(around, "OPENAI_API_KEY"))
    return open_chat(known, name.name, line, "max_completion_tokens")


def open_chat(
    known: Described, name: str, line: Line, limit: Literal["max_tokens", "max_completion_tokens"]
) -> RemoteModel:
    """Open a model behind Chat Completions."""
    client = open_client(line)
    speech = ChatSpeech(
        name=name,
        service=line.service,
        capabilities=known.capabilities,
        create=wire.caller(client, "/chat/completions"),
        limit=limit,
    )
    return RemoteModel(
        model=known.model, capabilities=known.capabilities, line=line, client=client, speech=speech
    )


def open_line(name: ModelName, service: str, url: str, key_name: str, secret: str) -> Line:
    """Make the way to a service that speaks OpenAI's protocol: by their SDK to them, by `wire` to others."""
    sdk: Any = wire
    if name.provider == "openai":
        import openai as sdk
    return Line(
        sdk=sdk,
        service=service,
        url=url,
        key_name=key_name,
        secret=secret,
        timeout=timeout_of(name),
        patience=patience_of(name),
        lane=open_lane(name, url),
    )


def open_client(line: Line) -> Any:
    """Open the connections. The SDK does not retry: we do, and count. Loopback goes round any proxy."""
    here = is_loopback(line.url)
    if line.sdk is wire:
        return wire.Wire(line.url, line.secret, proxy=None if here else wire.proxy_for(line.url))
    return line.sdk.AsyncOpenAI(
        api_key=line.secret,
        base_url=line.url,
        timeout=line.timeout,
        max_retries=0,
        http_client=line.sdk.DefaultAioHttpClient(trust_env=not here),
    )


def _known(model: str) -> Capabilities:
    if _REASONING.search(model):
        source = "its name: a reasoning model"
        return Capabilities(temperature=False, stop=False, effort=True, source=source)
    return Capabilities(top_logprobs=20, source="its name: not a reasoning model")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Tokens as the provider counts them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


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
        return Usage(read=told.prompt_tokens, written=told.completion_tokens)

    @property
    def source(self) -> Source:
        """Give where it comes from."""
        return Source(model=self.model or "", fingerprint=self.system_fingerprint or "", id=self.id or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Top:
    """One of the likeliest tokens."""

    token: str
    logprob: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One generated token, and what else was likely in its place."""

    top_logprobs: tuple[Top, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Logprobs:
    """The log-probabilities of a reply."""

    content: tuple[Token, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The message of a reply."""

    content: str | None = None
    refusal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One reply, and why it ended."""

    message: Said
    finish_reason: str | None = None
    logprobs: Logprobs | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat(Answer):
    """As much of a Chat Completions response as is read."""

    choices: tuple[Choice, ...]


def _outcome(asked: Operation, answer: Chat, service: str) -> Outcome:
    if not answer.choices:
        return Failure(reason="no-choices", message=f"{service} sent a response without any reply in it")
    choice = answer.choices[0]
    if choice.message.refusal:
        return Refusal(text=choice.message.refusal)
    if choice.finish_reason == "content_filter":
        return Refusal(text=choice.message.content or "")
    if isinstance(asked, Labels):
        return _first_token(asked, choice, service)
    stop = asked.stop if isinstance(asked, Generate) else ()
    full = choice.finish_reason == "length"
    if choice.message.content is None and not full:
        return Failure(reason="no-text", message=f"{service} sent a reply without text")
    return finished(choice.message.content or "", stop, full=full)


def _first_token(asked: Labels, choice: Choice, service: str) -> Outcome:
    content = choice.logprobs.content if choice.logprobs else None
    if not content or not content[0].top_logprobs:
        message = f"{service} sent no log-probabilities"
        return Failure(reason="no-logprobs", message=message, again=False)
    return labelled(((top.token, top.logprob) for top in content[0].top_logprobs), asked.labels)
