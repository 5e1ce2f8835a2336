"""Read the parameters of a model string; whatever cannot be read is a `ModelError` that lists what can."""

import re
from collections.abc import Iterable
from dataclasses import replace
from math import isfinite
from typing import Any

from taskc.backends.protocol import ModelError, ModelName
from taskc.dsl.diagnostic import similar
from taskc.records.plan import Capabilities

FLAGS = ("score", "labels", "generate", "prefill", "system", "temperature", "stop", "effort")
COUNTS = ("top_logprobs", "batch", "context", "reasoning_tokens")
CAPABILITIES = (*FLAGS, *COUNTS)
_DIGITS = re.compile(r"[0-9]{1,12}")


def check_known(name: ModelName, known: Iterable[str]) -> None:
    """Raise `ModelError` for a parameter that is not among `known`."""
    names = sorted(known)
    for key in name.parameters:
        if key not in names:
            listed = ", ".join(f"`{one}`" for one in names)
            near = similar(key, names) if len(names) > 12 else ""
            cure = f"{near}; known here: {listed}" if near else f"known here: {listed}"
            raise ModelError(f"`{name.provider}` has no parameter `{key}`", help=cure)


def without(name: ModelName, keys: Iterable[str]) -> ModelName:
    """Leave parameters out that change how a model is reached and not what it answers."""
    dropped = set(keys)
    kept = {key: value for key, value in name.parameters.items() if key not in dropped}
    return replace(name, parameters=kept)


def flag(name: ModelName, key: str, default: bool) -> bool:
    """Read `yes` or `no`."""
    value = name.parameters.get(key)
    if value is None:
        return default
    if value not in ("yes", "no"):
        raise ModelError(f"parameter `{key}` is `{value}`", help=f"write `{key}=yes` or `{key}=no`")
    return value == "yes"


def count(name: ModelName, key: str, default: int, *, least: int = 0) -> int:
    """Read a whole number that is `least` or more."""
    value = name.parameters.get(key)
    if value is None:
        return default
    number = int(value) if _DIGITS.fullmatch(value) else -1
    if number < least:
        what = f"write a whole number from {least} up" + (", of 12 digits at most" if len(value) > 12 else "")
        raise ModelError(f"parameter `{key}` is `{_short(value)}`", help=what)
    return number


def number(
    name: ModelName, key: str, default: float, *, most: float = float("inf"), positive: bool = False
) -> float:
    """Read a finite number from 0 to `most`, or if `positive` one above 0; `default` is taken as it is."""
    value = name.parameters.get(key)
    if value is None:
        return default
    try:
        read = float(value)
    except ValueError:
        read = -1.0
    if not 0 <= read <= most or not isfinite(read) or (positive and not read):
        limit = "" if most == float("inf") else f" to {most:g}"
        what = "write a number above 0" if positive else f"write a number from 0{limit}"
        raise ModelError(f"parameter `{key}` is `{_short(value)}`", help=what)
    return read


def _short(value: str) -> str:
    return value if len(value) <= 40 else value[:40] + "…"


def stated(name: ModelName, known: Capabilities) -> Capabilities:
    """Give what a model can do, as known, with what its model string states put over it."""
    given: dict[str, Any] = {}
    for key in name.parameters:
        if key in FLAGS:
            given[key] = flag(name, key, False)
        elif key in COUNTS:
            given[key] = count(name, key, 0, least=0 if key in ("top_logprobs", "reasoning_tokens") else 1)
    if given:
        given["unknown"] = tuple(key for key in known.unknown if key not in given)
        given["source"] = f"{known.source}, and the model string" if known.source else "the model string"
    return replace(known, **given)
