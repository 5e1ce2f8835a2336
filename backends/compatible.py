"""`openai-api/SERVICE/MODEL`: any server that speaks OpenAI's protocol: vLLM, llama.cpp, Ollama, a gateway.

The key is `SERVICE_API_KEY` (not needed on this machine), the address `SERVICE_BASE_URL` or the parameter
`base_url`; SERVICE is written in capitals, with `_` for whatever is not a letter or digit. What the server
can do stands in `capabilities.toml` for the services it names; of others, messages, temperature and stop
strings are taken for granted, and the rest is stated in the model string, as `?top_logprobs=10`, or
`?prefill=yes` where a last assistant message is continued.

With `?mode=completions` the legacy endpoint is asked with plain text, for base models: a reply can then
always be begun, and ends at a line break, or at a blank line after reasoning, unless stop strings are stated.
Given text is scored where the service repeats it (`echo`).
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from taskc.backends import known, parameters, probed, wire
from taskc.backends.addresses import PARAMETER, checked_url, is_loopback
from taskc.backends.echoed import Echo, Worth, read_echo
from taskc.backends.openai_api import STOPS, Answer, open_chat, open_client, open_line
from taskc.backends.protocol import Described, ModelError, ModelName, Surroundings
from taskc.backends.remote import (
    PASSING,
    Line,
    RemoteModel,
    broken_off,
    check_passing,
    finished,
    key_of,
)
from taskc.backends.sampling import as_it_is, drawn
from taskc.backends.text import default_stop, flatten
from taskc.backends.tokens import Counter, repeated
from taskc.backends.top_tokens import Token, read_first
from taskc.records.operation import (
    Failure,
    Generate,
    Labels,
    Operation,
    Outcome,
    Refusal,
    Score,
    Scored,
)
from taskc.records.plan import Capabilities

MODES = ("chat", "completions")
_KNOWN = (
    *PASSING,
    PARAMETER,
    "mode",
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
            case Score():
                return self._score(asked) if self.capabilities.score else None

    async def send(self, body: dict[str, Any]) -> Any:
        """Send it."""
        return await self.create(**body)

    def judge(self, asked: Operation, answer: "Text") -> Outcome:
        """Say what came back."""
        return _outcome(asked, answer, self.service)

    def _generate(self, asked: Generate) -> dict[str, Any]:
        prompt = flatten(asked.prompt).text
        body = {"model": self.name, "prompt": prompt, "max_tokens": asked.max_tokens}
        body |= drawn(asked, self.capabilities)
        if self.capabilities.stop:
            body["stop"] = list(default_stop(asked.prompt, asked.stop)[:STOPS])
        return body

    def _labels(self, asked: Labels) -> dict[str, Any]:
        """Ask for one token and the likeliest in its place; at temperature 1 they are the model's own."""
        body = {"model": self.name, "prompt": flatten(asked.prompt).text, "max_tokens": 1}
        body |= as_it_is(self.capabilities)
        return body | {"logprobs": self.capabilities.top_logprobs}

    def _score(self, asked: Score) -> dict[str, Any]:
        """Ask for each continued text to be repeated, and one token more, as 0 is not taken everywhere."""
        flat = flatten(asked.prompt)
        texts = [flat.continued(one) for one in asked.continuations]
        return {"model": self.name, "prompt": texts, "max_tokens": 1, "echo": True, "logprobs": 1}


def describe(name: ModelName, around: Surroundings) -> Described:
    """Say what a model of such a service can do, the service's address unknown; raises `ModelError`."""
    parameters.check_known(name, _KNOWN)
    check_passing(name)
    _parted(name)
    if PARAMETER in name.parameters:
        checked_url(name.parameters[PARAMETER], PARAMETER)
    mode = name.parameters.get("mode", "chat")
    if mode not in MODES:
        raise ModelError(f"parameter `mode` is `{mode}`", help="write `mode=chat` or `mode=completions`")
    url = _known_url(name, around)
    tried = probed.read_probe(around.cache, name, mode, url)
    return Described(
        model=str(parameters.without(name, PASSING)),
        capabilities=known.known_of(name, mode, tried.found if tried else None),
    )


def open_model(name: ModelName, around: Surroundings) -> RemoteModel:
    """Open a model of a service that speaks OpenAI's protocol; raises `ModelError`."""
    described = describe(name, around)
    service, model = _parted(name)
    prefix = prefix_of(service)
    url = _url_of(name, around, f"{prefix}_BASE_URL")
    key = key_of(around, f"{prefix}_API_KEY", optional=is_loopback(url))
    line = open_line(name, service, url, f"{prefix}_API_KEY", key)
    if name.parameters.get("mode") == "completions":
        return open_text(described, model, line)
    return open_chat(described, model, line, "max_tokens", known.prefill_body(name, "chat"))


def address(name: ModelName, around: Surroundings) -> tuple[str, str] | None:
    """Give the form of asking and the address, None where that is not known yet."""
    url = _known_url(name, around)
    return None if url is None else (name.parameters.get("mode", "chat"), url)


def counter(name: ModelName, around: Surroundings) -> Counter | None:
    """Count a text that is repeated once for each continuation."""
    return repeated() if name.parameters.get("mode") == "completions" else None


def open_text(known: Described, name: str, line: Line) -> RemoteModel:
    """Open a model behind legacy Completions."""
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
    stated = name.parameters.get(PARAMETER)
    if stated is not None:
        return checked_url(stated, PARAMETER)
    found = around.environment.get(variable)
    if not found:
        raise ModelError(
            f"`{variable}` is not set", help="set it to the server's address, or add `?base_url=…`"
        )
    return checked_url(found, variable)


def _known_url(name: ModelName, around: Surroundings) -> str | None:
    """Give the address of the service, None where it is not known yet."""
    try:
        return _url_of(name, around, f"{prefix_of(_parted(name)[0])}_BASE_URL")
    except ModelError:
        return None


def prefix_of(service: str) -> str:
    """Give what the variables of a service begin with."""
    return re.sub(r"[^A-Z0-9]", "_", service.upper())


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLogprobs:
    """The log-probabilities of a text: in the legacy form, or in that of Chat Completions."""

    tokens: tuple[str, ...] | None = None
    token_logprobs: tuple[float | None, ...] | None = None
    text_offset: tuple[int, ...] | None = None
    top_logprobs: tuple[dict[str, float] | None, ...] | None = None
    content: tuple[Token, ...] | None = None

    @property
    def first(self) -> list[tuple[str, float]]:
        """Give what was likely in the place of the first token."""
        if self.top_logprobs and self.top_logprobs[0]:
            return list(self.top_logprobs[0].items())
        if self.content:
            return self.content[0].likeliest
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class TextChoice:
    """One continuation, and why it ended."""

    text: str
    index: int = 0
    finish_reason: str | None = None
    logprobs: TextLogprobs | None = None

    @property
    def echo(self) -> Echo:
        """Give it as a text that was repeated."""
        told = self.logprobs or TextLogprobs()
        return Echo(
            text=self.text,
            tokens=told.tokens or (),
            logprobs=told.token_logprobs or (),
            offsets=told.text_offset or (),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Answer):
    """As much of a Completions response as is read."""

    choices: tuple[TextChoice, ...]


def _outcome(asked: Operation, answer: Text, service: str) -> Outcome:
    if not answer.choices:
        return Failure(reason="no-choices", message=f"{service} sent a response without any text in it")
    if isinstance(asked, Score):
        return _scored(asked, answer, service)
    choice = answer.choices[0]
    if choice.finish_reason == "content_filter":
        return Refusal(text=choice.text)
    if isinstance(asked, Labels):
        return read_first(choice.logprobs.first if choice.logprobs else (), asked.labels, service)
    if broken := broken_off(choice.finish_reason, service):
        return broken
    text = flatten(asked.prompt).trimmed(choice.text)
    stop = default_stop(asked.prompt, asked.stop if isinstance(asked, Generate) else ())
    return finished(text, stop, full=choice.finish_reason == "length")


def _scored(asked: Score, answer: Text, service: str) -> Outcome:
    """Read every continuation off its echo; one that cannot be read spoils them all."""
    if len(answer.choices) != len(asked.continuations):
        message = f"{service} repeated {len(answer.choices)} of {len(asked.continuations)} texts it was sent"
        return Failure(reason="no-echo", message=message, again=False)
    flat = flatten(asked.prompt)
    choices = sorted(answer.choices, key=lambda choice: choice.index)
    worths: list[Worth] = []
    for choice, continuation in zip(choices, asked.continuations, strict=True):
        found = read_echo(choice.echo, flat.text, flat.led(continuation), service)
        if isinstance(found, Failure):
            return found
        worths.append(found)
    return Scored(logprobs=tuple(w.logprob for w in worths), tokens=tuple(w.tokens for w in worths))
