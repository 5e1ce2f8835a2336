"""`openai/MODEL`: OpenAI's Responses, Chat Completions and legacy Completions; Chat for others too.

The key is `OPENAI_API_KEY`; `OPENAI_BASE_URL` or `?base_url=` names another address, which is then part of
the model's name. A model is asked in the form that stands first in its row of `capabilities.toml`: reasoning
models by Responses, others by Chat Completions, which show the log-probabilities of a reply and take stop
strings, base models by legacy Completions. A model without a row is asked by Chat Completions.
`?api=` states another form.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Literal

from taskc.backends import known, parameters, probed, wire
from taskc.backends.addresses import PARAMETER, is_loopback, url_of, with_address
from taskc.backends.chat import ChatSpeech
from taskc.backends.completions import TextSpeech
from taskc.backends.protocol import Described, ModelName, Surroundings
from taskc.backends.remote import (
    PASSING,
    Line,
    RemoteModel,
    check_passing,
    key_of,
    open_lane,
    patience_of,
    timeout_of,
)
from taskc.backends.responses_api import ResponsesSpeech
from taskc.backends.speech import Speech
from taskc.backends.tokens import Counter, repeated

URL = "https://api.openai.com/v1"
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
    described = describe(name, around)
    form, url = address(name, around)
    line = open_line(name, "openai", url, "OPENAI_API_KEY", key_of(around, "OPENAI_API_KEY"))
    return open_form(form, described, name.name, line, limit="max_completion_tokens")


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


def open_form(
    form: str,
    known: Described,
    name: str,
    line: Line,
    *,
    limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens",
    begun: Mapping[str, Any] | None = None,
) -> RemoteModel:
    """Open a model behind a form of OpenAI's protocol.

    In Chat Completions `limit` bounds a reply, and `begun` are fields that must be said where one is begun.
    """
    client = open_client(line)
    given: dict[str, Any] = {"name": name, "service": line.service, "capabilities": known.capabilities}
    speech: Speech[Any]
    match form:
        case "responses":
            speech = ResponsesSpeech(create=wire.caller(client, "/responses"), **given)
        case "completions":
            speech = TextSpeech(create=wire.caller(client, "/completions"), **given)
        case _:
            create = _with_others(wire.caller(client, "/chat/completions"), begun or {})
            speech = ChatSpeech(create=create, limit=limit, begun=begun or {}, **given)
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
    proxy = None if here else wire.proxy_for(line.url)
    if line.sdk is wire:
        return wire.Wire(line.url, line.secret, proxy=proxy)
    return line.sdk.AsyncOpenAI(
        api_key=line.secret,
        base_url=line.url,
        timeout=line.timeout,
        max_retries=0,
        http_client=line.sdk.DefaultAioHttpClient(trust_env=not here, follow_redirects=False),
    )
