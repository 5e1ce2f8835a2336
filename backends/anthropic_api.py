"""`anthropic/MODEL`: Anthropic's Messages.

The key is `ANTHROPIC_API_KEY`; `ANTHROPIC_BASE_URL` or `?base_url=` names another address, which is then
part of the model's name. Messages report no log-probabilities, so replies are what can be had. What a model
takes stands in `capabilities.toml`: only models up to 4.5 go on with a reply that is begun for them. The
present version of the protocol has no field for a temperature, so models that take one, up to 4.6, are asked
by the version before it. An effort is told in `output_config`. Whether a model thinks before it replies is
its maker's choice unless `?thinking=adaptive` or `?thinking=disabled` states it; the limit of a reply is
raised by `?reasoning_tokens=N` for it.
"""

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from taskc.backends import known, parameters, probed, wire
from taskc.backends.addresses import PARAMETER, is_loopback, url_of, with_address
from taskc.backends.protocol import Described, ModelError, ModelName, Surroundings
from taskc.backends.remote import (
    PASSING,
    Line,
    RemoteModel,
    check_passing,
    counted,
    finished,
    key_of,
    open_lane,
    patience_of,
    starved,
    timeout_of,
)
from taskc.backends.speech import Speech, turns
from taskc.records.operation import Failure, Generate, Operation, Outcome, Refusal, Source, Usage

URL = "https://api.anthropic.com"
THINKING = ("adaptive", "disabled")
_KNOWN = (
    *PASSING,
    PARAMETER,
    "prefill",
    "system",
    "temperature",
    "stop",
    "effort",
    "context",
    "thinking",
    "reasoning_tokens",
)
ROOM = 16_000  # tokens for thinking where it was asked for, as in the examples of Anthropic's pages
_SAMPLED = "2023-06-01"  # the last version of the protocol that has a temperature
_FULL = ("max_tokens", "model_context_window_exceeded")
_DONE = ("end_turn", "stop_sequence", *_FULL)


def describe(name: ModelName, around: Surroundings) -> Described:
    """Say what a model of Anthropic's can do; raises `ModelError`."""
    parameters.check_known(name, _KNOWN)
    thinking = name.parameters.get("thinking")
    if thinking is not None and thinking not in THINKING:
        raise ModelError(
            f"parameter `thinking` is `{thinking}`", help="write `thinking=adaptive` or `thinking=disabled`"
        )
    check_passing(name)
    form, url = address(name, around)
    tried = probed.read_probe(around.cache, name, form, url)
    can = known.known_of(name, "messages", tried.found if tried else None)
    if thinking == "adaptive" and "temperature" not in name.parameters:
        can = replace(can, temperature=False)  # a model that thinks takes none
    return Described(
        model=str(with_address(parameters.without(name, PASSING), url, URL)),
        capabilities=replace(can, reasoning_tokens=_room(name, can.reasoning_tokens, thinking)),
    )


def open_model(name: ModelName, around: Surroundings) -> RemoteModel:
    """Open a model of Anthropic's; raises `ModelError`.

    The SDK knows the headers, and asks in batches. Single requests go by connections of our own, with the
    same headers: the SDK takes twice as long for one as everything else together.
    """
    import anthropic

    known = describe(name, around)
    _, url = address(name, around)
    proxy = None if is_loopback(url) else wire.proxy_for(url)
    line = Line(
        sdk=anthropic,
        service="anthropic",
        url=url,
        key_name="ANTHROPIC_API_KEY",
        secret=key_of(around, "ANTHROPIC_API_KEY"),
        timeout=timeout_of(name),
        patience=patience_of(name),
        lane=open_lane(name, url),
    )
    client = anthropic.AsyncAnthropic(
        api_key=line.secret,
        base_url=url,
        timeout=line.timeout,
        max_retries=0,
        http_client=anthropic.DefaultAioHttpClient(trust_env=not is_loopback(url), follow_redirects=False),
        default_headers={"anthropic-version": _SAMPLED} if known.capabilities.temperature else None,
    )
    headers = {key: value for key, value in client.default_headers.items() if isinstance(value, str)}
    own = wire.Wire(url, line.secret, proxy=proxy, headers=headers)
    speech = MessagesSpeech(
        name=name.name,
        service=line.service,
        capabilities=known.capabilities,
        timeout=line.timeout,
        create=wire.caller(own, "/v1/messages"),
        thinking=name.parameters.get("thinking"),
    )
    return RemoteModel(
        model=known.model,
        capabilities=known.capabilities,
        line=line,
        client=client,
        speech=speech,
        wire=own,
    )


def address(name: ModelName, around: Surroundings) -> tuple[str, str]:
    """Give the form of asking, there is one, and the address."""
    return "messages", url_of(name, around, "ANTHROPIC_BASE_URL", URL)


def _room(name: ModelName, usual: int, thinking: str | None) -> int:
    """Give the tokens that are left for thinking: as stated, none where it is off, some where it is on."""
    if "reasoning_tokens" in name.parameters:
        return usual
    return {"disabled": 0, "adaptive": usual or ROOM}.get(thinking or "", usual)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One piece of a reply; only text is read."""

    type: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thought:
    """Of the tokens that were written, those of thinking."""

    thinking_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Tokens as the provider counts them."""

    input_tokens: int | None = 0
    cache_creation_input_tokens: int | None = 0
    cache_read_input_tokens: int | None = 0
    output_tokens: int | None = 0
    output_tokens_details: Thought | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """Why a model declined, in words that may change."""

    explanation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """As much of a Messages response as is read."""

    content: tuple[Block, ...]
    id: str | None = None
    model: str | None = None
    stop_reason: str | None = None
    stop_details: Declined | None = None
    usage: Counted = field(default_factory=Counted)

    @property
    def tokens(self) -> Usage:
        """Give the usage, zero where none is told; what was read is told in three parts."""
        told = self.usage
        parts = (told.input_tokens, told.cache_creation_input_tokens, told.cache_read_input_tokens)
        return counted(sum(part or 0 for part in parts), told.output_tokens)

    @property
    def hidden(self) -> int:
        """Give the tokens of its thinking, as far as they are told."""
        details = self.usage.output_tokens_details
        return details.thinking_tokens if details else 0

    @property
    def source(self) -> Source:
        """Give where it comes from; fingerprints are not told."""
        return Source(model=self.model or "", id=self.id or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesSpeech(Speech[Answer]):
    """Messages."""

    kind: ClassVar[type[Any]] = Answer

    timeout: float
    thinking: str | None = None

    def judge(self, asked: Operation, answer: Answer) -> Outcome:
        """Say what came back."""
        return _outcome(asked, answer)

    def generate(self, asked: Generate) -> dict[str, Any]:
        """Ask for a reply."""
        said = turns(asked.prompt)
        body: dict[str, Any] = {
            "model": self.name,
            "messages": [one for one in said if one["role"] != "system"],
            "max_tokens": asked.max_tokens + asked.reasoning_tokens,
            "timeout": self.timeout,
        }
        system = "\n\n".join(one["content"] for one in said if one["role"] == "system")
        if system:
            body["system"] = system
        stop = [one for one in asked.stop if one.strip()]  # one of blanks only is not taken; it is cut here
        if stop and self.capabilities.stop:
            body["stop_sequences"] = stop
        if asked.effort is not None:
            body["output_config"] = {"effort": asked.effort}
        if self.thinking is not None:
            body["thinking"] = {"type": self.thinking}
        if self.capabilities.temperature:  # no longer a field of the SDK's; older models read it, or `top_p`
            extra = {"temperature": asked.temperature, "top_p": asked.top_p}
            if asked.top_p is not None and asked.temperature == 1:
                del extra["temperature"]  # it is 1 by itself, and both together are not taken
            body["extra_body"] = {key: value for key, value in extra.items() if value is not None}
        return body


def _outcome(asked: Operation, answer: Answer) -> Outcome:
    text = "".join(block.text for block in answer.content if block.type == "text")
    if answer.stop_reason == "refusal":
        why = answer.stop_details.explanation if answer.stop_details else None
        return Refusal(text=text or why or "")
    if answer.stop_reason not in _DONE:
        message = f"anthropic ended the reply for `{answer.stop_reason}`, which was not asked for"
        return Failure(reason="unexpected-end", message=message, again=False)
    stop = asked.stop if isinstance(asked, Generate) else ()
    full = answer.stop_reason in _FULL
    return finished(text, stop, full=full, starved=starved(asked, answer.tokens.written, answer.hidden))
