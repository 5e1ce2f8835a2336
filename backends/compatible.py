"""`openai-api/SERVICE/MODEL`: any server that speaks OpenAI's protocol: vLLM, llama.cpp, Ollama, a gateway.

The key is `SERVICE_API_KEY` (not needed on this machine), the address `SERVICE_BASE_URL` or the parameter
`base_url`; SERVICE is written in capitals, with `_` for whatever is not a letter or digit. What the server
can do stands in `capabilities.toml` for the services it names; of others, messages, temperature and stop
strings are taken for granted, and the rest is stated in the model string, as `?top_logprobs=10`, or
`?prefill=yes` where a last assistant message is continued.

Chat Completions are asked, with `?api=responses` Responses. With `?mode=completions` (or `api=`) the legacy
endpoint is asked with plain text, for base models: a reply can then always be begun, and ends at a line
break, or at a blank line after reasoning, unless stop strings are stated. Given text is scored where the
service repeats it (`echo`).
"""

import re
from dataclasses import replace

from taskc.backends import known, parameters, probed
from taskc.backends.addresses import PARAMETER, checked_url, is_loopback, key_beside
from taskc.backends.openai_api import FORMS, open_form, open_line
from taskc.backends.protocol import Described, ModelError, ModelName, Surroundings
from taskc.backends.remote import PASSING, RemoteModel, check_passing, key_of
from taskc.backends.tokens import Counter, repeated

MODES = ("chat", "completions")
_KNOWN = (
    *PASSING,
    "api",
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
    variable = f"{prefix_of(_parted(name)[0])}_BASE_URL"
    if PARAMETER in name.parameters or around.environment.get(variable):
        _url_of(name, around, variable)  # one that cannot be used is told here
    form, url = _form_of(name), _known_url(name, around)
    tried = probed.read_probe(around.cache, name, form, url)
    return Described(
        model=str(_canonical(name, form)),
        capabilities=known.known_of(name, form, tried.found if tried else None),
    )


def open_model(name: ModelName, around: Surroundings) -> RemoteModel:
    """Open a model of a service that speaks OpenAI's protocol; raises `ModelError`."""
    described = describe(name, around)
    service, model = _parted(name)
    prefix = prefix_of(service)
    url = _url_of(name, around, f"{prefix}_BASE_URL")
    key = key_of(around, f"{prefix}_API_KEY", optional=is_loopback(url))
    line = open_line(name, service, url, f"{prefix}_API_KEY", key)
    return open_form(_form_of(name), described, model, line, begun=known.prefill_body(name, "chat"))


def address(name: ModelName, around: Surroundings) -> tuple[str, str] | None:
    """Give the form of asking and the address, None where that is not known yet."""
    url = _known_url(name, around)
    return None if url is None else (_form_of(name), url)


def counter(name: ModelName, around: Surroundings) -> Counter | None:
    """Count a text that is repeated once for each continuation."""
    return repeated() if _form_of(name) == "completions" else None


def _form_of(name: ModelName) -> str:
    """Give the form of asking as `api` states it, or `mode`, which has no word for Responses."""
    form, mode = known.form_of(name, "", FORMS), name.parameters.get("mode", "")
    if mode not in ("", *MODES):
        raise ModelError(f"parameter `mode` is `{mode}`", help="write `mode=chat` or `mode=completions`")
    if form and mode and form != mode:
        raise ModelError(f"`mode={mode}` and `api={form}` are two forms", help="leave one of them out")
    return form or mode or "chat"


def _canonical(name: ModelName, form: str) -> ModelName:
    """Name the form in one way: answers that were had in two forms are not the same."""
    bare = parameters.without(name, (*PASSING, "api"))
    stated = {"completions": {"mode": form}, "responses": {"api": form}}.get(form, {})
    return replace(bare, parameters={**bare.parameters, **stated})


def _parted(name: ModelName) -> tuple[str, str]:
    service, _, model = name.name.partition("/")
    if not service or not model:
        raise ModelError(
            f"`{name.provider}/{name.name}` names no model",
            help="write `openai-api/SERVICE/MODEL`, for instance `openai-api/vllm/my-model`",
        )
    return service, model


def _url_of(name: ModelName, around: Surroundings, variable: str) -> str:
    stated, key = name.parameters.get(PARAMETER), key_beside(around, variable)
    if stated is not None:
        return checked_url(stated, PARAMETER, key)
    found = around.environment.get(variable)
    if not found:
        raise ModelError(
            f"`{variable}` is not set", help="set it to the server's address, or add `?base_url=…`"
        )
    return checked_url(found, variable, key)


def _known_url(name: ModelName, around: Surroundings) -> str | None:
    """Give the address of the service, None where it is not known yet."""
    try:
        return _url_of(name, around, f"{prefix_of(_parted(name)[0])}_BASE_URL")
    except ModelError:
        return None


def prefix_of(service: str) -> str:
    """Give what the variables of a service begin with."""
    return re.sub(r"[^A-Z0-9]", "_", service.upper())
