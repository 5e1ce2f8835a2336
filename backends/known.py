"""What is known of models: a table with sources (`capabilities.toml`), model strings, what was tried.

A capability is looked for in the model string, then in the table, then among what a probe found out
(`probed.py`). What none of them knows is `unknown`, and stands as it is taken until somebody says.
"""

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

from taskc.backends import parameters
from taskc.backends.protocol import ModelError, ModelName
from taskc.records.lines import load
from taskc.records.plan import Capabilities

ROOM = 25_000
"""Tokens left for reasoning in a model of which nothing is known but that it reasons."""

_TRIED = {
    "chat": ("temperature", "stop", "effort", "top_logprobs"),
    "responses": ("temperature", "effort", "top_logprobs"),
    "completions": ("score", "top_logprobs"),
    "messages": ("prefill", "effort"),
}
"""By form of asking, what a small request can find out."""

_NEVER = {
    "chat": ("score",),
    "responses": ("score", "prefill", "stop"),
    "completions": ("effort",),
    "messages": ("score",),
}
"""By form of asking, what it has no field for, whatever the model."""

_ALWAYS = {"completions": ("prefill",)}
"""By form of asking, what it cannot but do: plain text is continued."""

_MISSING: Mapping[str, bool | int] = {
    "score": False,
    "labels": False,
    "top_logprobs": 0,
    "prefill": False,
    "system": True,
    "temperature": True,
    "stop": True,
    "effort": True,
    "reasoning_tokens": 0,
}
"""What holds while nobody says: settings are sent, and refused if not taken; a measure needs proof."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the table, as its head explains it; what it does not say is None."""

    models: tuple[str, ...]
    source: str
    date: str
    api: tuple[str, ...] = ()
    score: bool | None = None
    labels: bool | None = None
    top_logprobs: int | None = None
    prefill: bool | None = None
    system: bool | None = None
    temperature: bool | None = None
    stop: bool | None = None
    effort: bool | None = None
    reasoning_tokens: int | None = None
    context: int | None = None
    prefill_body: Mapping[str, bool] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    model: tuple[Row, ...]


@cache
def table() -> tuple[Row, ...]:
    """Give the rows of `capabilities.toml`."""
    text = files("taskc.backends").joinpath("capabilities.toml").read_text(encoding="utf-8")
    return load(_Table, json.dumps(tomllib.loads(text), default=str)).model


def rows_of(model: str, rows: Iterable[Row] | None = None) -> tuple[Row, ...]:
    """Give the rows that fit `provider/name`: its very name first, then patterns, longer ones before."""
    found = []
    for row in table() if rows is None else rows:
        fitting = [one for one in row.models if one == model or ("*" in one and fnmatchcase(model, one))]
        if fitting:
            found.append((max((one == model, len(one)) for one in fitting), row))
    return tuple(row for _, row in sorted(found, key=lambda pair: pair[0], reverse=True))


def forms_of(model: str) -> tuple[str, ...]:
    """Give the forms in which a model can be asked, the usual one first; none where the table is silent."""
    return next((row.api for row in rows_of(model) if row.api), ())


def form_of(name: ModelName, default: str, every: Sequence[str], key: str = "api") -> str:
    """Give the form of asking: as stated, else the first of the table, else `default`.

    Raises `ModelError` for one that is none, or that the table does not have for this model.
    """
    stated = name.parameters.get(key)
    if stated is not None and stated not in every:
        listed = " or ".join(f"`{key}={one}`" for one in every)
        raise ModelError(f"parameter `{key}` is `{stated}`", help=f"write {listed}")
    known = forms_of(f"{name.provider}/{name.name}")
    if stated is not None and known and stated not in known and name.provider != "openai-api":
        raise ModelError(
            f"`{name.provider}/{name.name}` is not asked by `{key}={stated}`",
            help="write " + " or ".join(f"`{key}={one}`" for one in known),
        )
    if name.provider == "openai-api":
        return stated or default
    return stated or (known[0] if known else default)


def prefill_body(name: ModelName, form: str) -> dict[str, bool]:
    """Give the fields by which a reply is begun, besides the last message."""
    for row in _fitting(name, form):
        if row.prefill_body:
            return dict(row.prefill_body)
    return {}


def known_of(name: ModelName, form: str, found: Mapping[str, bool | int] | None = None) -> Capabilities:
    """Give what a model can do when it is asked in a form; `found` is what a probe found out.

    Raises `ModelError` for a statement that cannot be read.
    """
    rows, found = _fitting(name, form), found or {}
    values: dict[str, Any] = dict(_MISSING)
    values.update(dict.fromkeys(_ALWAYS.get(form, ()), True))
    unknown, used, tried = [], [], []
    for key in set(values) - set(_ALWAYS.get(form, ())):
        row = next((row for row in rows if getattr(row, key) is not None), None)
        if row is not None:
            values[key] = getattr(row, key)
            used.append(row)
        elif key in found:
            values[key] = found[key]
            tried.append(key)
        elif key in _TRIED[form]:
            unknown.append(key)
    context = next((row.context for row in rows if row.context is not None), None)
    source = _source(rows, used, tried)
    known = Capabilities(**values, context=context, unknown=_ordered(form, unknown), source=source)
    said = parameters.stated(name, known)
    never: dict[str, Any] = dict.fromkeys(_NEVER[form], False)
    return replace(said, **never)


def _ordered(form: str, keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(key for key in _TRIED[form] if key in keys)


def _fitting(name: ModelName, form: str) -> tuple[Row, ...]:
    rows = rows_of(f"{name.provider}/{name.name}")
    return tuple(row for row in rows if not row.api or form in row.api)


def _source(rows: Sequence[Row], used: Sequence[Row], tried: Sequence[str]) -> str:
    """Name the pages that said something, in the order of the table's rows, and the probe."""
    pages = [f"{row.source} ({row.date})" for row in rows if row in used]
    return ", ".join([*dict.fromkeys(pages), *(["a probe"] if tried else [])])
