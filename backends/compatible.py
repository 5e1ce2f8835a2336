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

from taskc.backends import known, parameters, probed, wire
from taskc.backends.addresses import PARAMETER, checked_url, is_loopback
from taskc.backends.openai_api import open_chat, open_client, open_line
from taskc.backends.protocol import Described, ModelError, ModelName, Surroundings
from taskc.backends.remote import (
    PASSING,
    Line,
    RemoteModel,
    check_passing,
    key_of,
)
from taskc.backends.tokens import Counter, repeated

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
