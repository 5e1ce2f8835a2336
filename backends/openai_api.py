"""`openai/MODEL`: OpenAI's Responses, Chat Completions and legacy Completions; Chat for others too.

The key is `OPENAI_API_KEY`; `OPENAI_BASE_URL` or `?base_url=` names another address, which is then part of
the model's name. A model is asked in the form that
stands first in its row of `capabilities.toml`: reasoning models by Responses, others by Chat Completions,
which show the log-probabilities of a reply and take stop strings, base models by legacy Completions. A
model without a row is asked by Chat Completions. `?api=` states another form.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from taskc.backends import known, parameters, probed, wire
from taskc.backends.addresses import PARAMETER, is_loopback, url_of, with_address
from taskc.backends.protocol import Described, ModelName, Surroundings
from taskc.backends.remote import (
    PASSING,
    Line,
    RemoteModel,
    broken_off,
    check_passing,
    counted,
    finished,
    key_of,
    open_lane,
    patience_of,
    starved,
    timeout_of,
)
from taskc.backends.responses_api import Hidden, ResponsesSpeech
from taskc.backends.sampling import as_it_is, drawn
from taskc.backends.tokens import Counter, repeated
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
from taskc.records.plan import Capabilities

URL = "https://api.openai.com/v1"
STOPS = 4  # as many stop strings as a request may carry; more are cut here
FORMS = ("responses", "chat", "completions")
_KNOWN = (
    *PASSING,
    "api",
    PARAMETER,
    "score",
    "prefill",
    "system",
    "temperature",
    "stop",
    "effort",
    "top_logprobs",
    "context",
    "reasoning_tokens",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSpeech:
    """Chat Completions. `limit` is the field that bounds the reply, `create` the SDK's call.

    `begun` are the fields that must be said where a reply is begun.
    """

    name: str
    service: str
    capabilities: Capabilities
    create: Callable[..., Awaitable[Any]] = field(repr=False)
    limit: Literal["max_tokens", "max_completion_tokens"]
    begun: Mapping[str, Any] = field(default_factory=dict)

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
        begun = self.begun if prompt.prefill else {}
        if prompt.prefill:
            messages.append({"role": "assistant", "content": prompt.prefill})
        return {"model": self.name, "messages": messages, self.limit: most, **begun}

    def _generate(self, asked: Generate) -> dict[str, Any]:
        body = self._body(asked.prompt, asked.max_tokens + asked.reasoning_tokens)
        body |= drawn(asked, self.capabilities)
        if self.capabilities.stop and asked.stop:
            body["stop"] = list(asked.stop[:STOPS])
        if asked.effort is not None:
            body["reasoning_effort"] = asked.effort
        return body

    def _labels(self, asked: Labels) -> dict[str, Any]:
        """Ask for one token and the likeliest in its place; at temperature 1 they are the model's own."""
        body = self._body(asked.prompt, 1)
        body |= as_it_is(self.capabilities)
        return body | {"logprobs": True, "top_logprobs": self.capabilities.top_logprobs}


def describe(name: ModelName, around: Surroundings) -> Described:
    """Say what a model of OpenAI's can do; raises `ModelError`."""
    parameters.check_known(name, _KNOWN)
    check_passing(name)
    form, url = address(name, around)
    tried = probed.read_probe(around.cache, name, form, url)
    return Described(
        model=str(with_address(_canonical(name, form), url, URL)),
        capabilities=known.known_of(name, form, tried.found if tried else None),
    )


def open_model(name: ModelName, around: Surroundings) -> RemoteModel:
    """Open a model of OpenAI's; raises `ModelError`."""
    from taskc.backends.compatible import open_text

    described = describe(name, around)
    form, url = address(name, around)
    line = open_line(name, "openai", url, "OPENAI_API_KEY", key_of(around, "OPENAI_API_KEY"))
    match form:
        case "responses":
            return _open_responses(described, name.name, line)
        case "completions":
            return open_text(described, name.name, line)
    return open_chat(described, name.name, line, "max_completion_tokens")


def address(name: ModelName, around: Surroundings) -> tuple[str, str]:
    """Give the form of asking and the address."""
    return known.form_of(name, "chat", FORMS), url_of(name, around, "OPENAI_BASE_URL", URL)


def counter(name: ModelName, around: Surroundings) -> Counter | None:
    """Count a text that is repeated once for each continuation."""
    return repeated() if known.form_of(name, "chat", FORMS) == "completions" else None


def _canonical(name: ModelName, form: str) -> ModelName:
    """Name the form unless it is Chat Completions: answers that were had in two forms are not the same."""
    bare = parameters.without(name, (*PASSING, "api"))
    return bare if form == "chat" else replace(bare, parameters={**bare.parameters, "api": form})


def _open_responses(known: Described, name: str, line: Line) -> RemoteModel:
    client = open_client(line)
    speech = ResponsesSpeech(
        name=name,
        service=line.service,
        capabilities=known.capabilities,
        create=wire.caller(client, "/responses"),
    )
    return RemoteModel(
        model=known.model, capabilities=known.capabilities, line=line, client=client, speech=speech
    )


def open_chat(
    known: Described,
    name: str,
    line: Line,
    limit: Literal["max_tokens", "max_completion_tokens"],
    begun: Mapping[str, Any] | None = None,
) -> RemoteModel:
    """Open a model behind Chat Completions; `begun` are fields that must be said where a reply is begun."""
    client = open_client(line)
    speech = ChatSpeech(
        name=name,
        service=line.service,
        capabilities=known.capabilities,
        create=_with_others(wire.caller(client, "/chat/completions"), begun or {}),
        limit=limit,
        begun=begun or {},
    )
    return RemoteModel(
        model=known.model, capabilities=known.capabilities, line=line, client=client, speech=speech
    )


def _with_others(create: Callable[..., Awaitable[Any]], others: Mapping[str, Any]) -> Callable[..., Any]:
    """Give a call of the SDK that takes fields which are no part of OpenAI's protocol."""
    if not others:
        return create

    async def created(**body: Any) -> Any:
        extra = {key: body.pop(key) for key in others if key in body}
        return await create(**body, extra_body=extra or None)

    return created


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
        http_client=line.sdk.DefaultAioHttpClient(trust_env=not here, follow_redirects=False),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Tokens as the provider counts them."""

    prompt_tokens: int | None = 0
    completion_tokens: int | None = 0
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
        return counted(told.prompt_tokens, told.completion_tokens)

    @property
    def hidden(self) -> int:
        """Give the tokens of its reasoning, as far as they are told."""
        details = self.usage.completion_tokens_details if self.usage else None
        return details.reasoning_tokens or 0 if details else 0

    @property
    def source(self) -> Source:
        """Give where it comes from."""
        return Source(model=self.model or "", fingerprint=self.system_fingerprint or "", id=self.id or "")


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
    if broken := broken_off(choice.finish_reason, service):
        return broken
    stop = asked.stop if isinstance(asked, Generate) else ()
    full = choice.finish_reason == "length"
    if choice.message.content is None and not full:
        return Failure(reason="no-text", message=f"{service} sent a reply without text")
    hungry = starved(asked, answer.tokens.written, answer.hidden)
    return finished(choice.message.content or "", stop, full=full, starved=hungry)


def _first_token(asked: Labels, choice: Choice, service: str) -> Outcome:
    content = choice.logprobs.content if choice.logprobs else None
    return read_first(content[0].likeliest if content else (), asked.labels, service)
