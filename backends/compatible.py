"""`openai-api/SERVICE/MODEL`: any server that speaks OpenAI's protocol: vLLM, llama.cpp, Ollama, a gateway.

The key is `SERVICE_API_KEY` (not needed on this machine), the address `SERVICE_BASE_URL` or the parameter
`base_url`; SERVICE is written in capitals, with `_` for whatever is not a letter or digit. What the server
can do is not guessed: messages, temperature and stop strings are taken for granted; state the rest in the
model string, as `?top_logprobs=10`, or `?prefill=yes` where a last assistant message is continued.

With `?mode=completions` the legacy endpoint is asked with plain text, for base models: a reply can then
always be begun, and ends at a line break, or at a blank line after reasoning, unless stop strings are stated.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from taskc.backends import parameters, wire
from taskc.backends.openai_api import STOPS, Answer, Token, open_chat, open_client, open_line
from taskc.backends.protocol import Described, ModelError, ModelName, Surroundings
from taskc.backends.remote import PASSING, Line, RemoteModel, checked_url, finished, is_loopback, key_of
from taskc.backends.text import default_stop, flatten
from taskc.backends.top_tokens import labelled
from taskc.records.operation import (
    Failure,
    Generate,
    Labels,
    Operation,
    Outcome,
    Refusal,
)
from taskc.records.plan import Capabilities

MODES = ("chat", "completions")
_KNOWN = (
    *PASSING,
    "base_url",
    "mode",
    "prefill",
    "system",
    "temperature",
    "stop",
    "effort",
    "top_logprobs",
    "context",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSpeech:
    """Legacy Completions, that continue plain text; `create` is the SDK's call."""

    name: str
    service: str
    capabilities: Capabilities
    create: Callable[..., Awaitable[Any]] = field(repr=False)

    @property
    def kind(self) -> "type[Text]":
        """Give the shape of what comes back."""
        return Text

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

    def judge(self, asked: Operation, answer: "Text") -> Outcome:
        """Say what came back."""
        return _outcome(asked, answer, self.service)

    def _generate(self, asked: Generate) -> dict[str, Any]:
        prompt = flatten(asked.prompt).text
        body = {"model": self.name, "prompt": prompt, "max_tokens": asked.max_tokens}
        if self.capabilities.temperature:
            body["temperature"] = asked.temperature
            if asked.top_p is not None:
                body["top_p"] = asked.top_p
        if self.capabilities.stop:
            body["stop"] = list(default_stop(asked.prompt, asked.stop)[:STOPS])
        return body

    def _labels(self, asked: Labels) -> dict[str, Any]:
        """Ask for one token and the likeliest in its place; at temperature 1 they are the model's own."""
        body = {"model": self.name, "prompt": flatten(asked.prompt).text, "max_tokens": 1}
        if self.capabilities.temperature:
            body["temperature"] = 1.0
        return body | {"logprobs": self.capabilities.top_logprobs}


def describe(name: ModelName, around: Surroundings) -> Described:
    """Say what a model of such a service can do, the service's address unknown; raises `ModelError`."""
    parameters.check_known(name, _KNOWN)
    _parted(name)
    mode = name.parameters.get("mode", "chat")
    if mode not in MODES:
        raise ModelError(f"parameter `mode` is `{mode}`", help="write `mode=chat` or `mode=completions`")
    known = Capabilities(prefill=mode == "completions", source="what any such server can do")
    can = parameters.stated(name, known)
    return Described(
        model=str(parameters.without(name, PASSING)),
        capabilities=replace(can, effort=False) if mode == "completions" else can,
    )


def open_model(name: ModelName, around: Surroundings) -> RemoteModel:
    """Open a model of a service that speaks OpenAI's protocol; raises `ModelError`."""
    known = describe(name, around)
    service, model = _parted(name)
    prefix = re.sub(r"[^A-Z0-9]", "_", service.upper())
    url = _url_of(name, around, f"{prefix}_BASE_URL")
    key = key_of(around, f"{prefix}_API_KEY", optional=is_loopback(url))
    line = open_line(name, service, url, f"{prefix}_API_KEY", key)
    if name.parameters.get("mode") == "completions":
        return _open_text(known, model, line)
    return open_chat(known, model, line, "max_tokens")


def _open_text(known: Described, name: str, line: Line) -> RemoteModel:
    client = open_client(line)
    speech = TextSpeech(
        name=name,
        service=line.service,
        capabilities=known.capabilities,
        create=wire.caller(client, "/completions"),
    )
    return RemoteModel(
        model=known.model, capabilities=known.capabilities, line=line, client=client, speech=speech
    )


def _parted(name: ModelName) -> tuple[str, str]:
    service, _, model = name.name.partition("/")
    if not service or not model:
        raise ModelError(
            f"`{name.provider}/{name.name}` names no model",
            help="write `openai-api/SERVICE/MODEL`, for instance `openai-api/vllm/my-model`",
        )
    return service, model


def _url_of(name: ModelName, around: Surroundings, variable: str) -> str:
    stated = name.parameters.get("base_url")
    if stated is not None:
        return checked_url(stated, "base_url")
    found = around.environment.get(variable)
    if not found:
        raise ModelError(
            f"`{variable}` is not set", help="set it to the server's address, or add `?base_url=…`"
        )
    return checked_url(found, variable)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLogprobs:
    """The log-probabilities of a text: in the legacy form, or in that of Chat Completions."""

    top_logprobs: tuple[dict[str, float] | None, ...] | None = None
    content: tuple[Token, ...] | None = None

    @property
    def first(self) -> list[tuple[str, float]]:
        """Give what was likely in the place of the first token."""
        if self.top_logprobs and self.top_logprobs[0]:
            return list(self.top_logprobs[0].items())
        if self.content:
            return [(top.token, top.logprob) for top in self.content[0].top_logprobs]
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class TextChoice:
    """One continuation, and why it ended."""

    text: str
    finish_reason: str | None = None
    logprobs: TextLogprobs | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Answer):
    """As much of a Completions response as is read."""

    choices: tuple[TextChoice, ...]


def _outcome(asked: Operation, answer: Text, service: str) -> Outcome:
    if not answer.choices:
        return Failure(reason="no-choices", message=f"{service} sent a response without any text in it")
    choice = answer.choices[0]
    if choice.finish_reason == "content_filter":
        return Refusal(text=choice.text)
    if isinstance(asked, Labels):
        first = choice.logprobs.first if choice.logprobs else []
        if not first:
            message = f"{service} sent no log-probabilities"
            return Failure(reason="no-logprobs", message=message, again=False)
        return labelled(first, asked.labels)
    text = flatten(asked.prompt).trimmed(choice.text)
    stop = default_stop(asked.prompt, asked.stop if isinstance(asked, Generate) else ())
    return finished(text, stop, full=choice.finish_reason == "length")
