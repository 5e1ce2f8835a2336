"""`taskc doctor`: what is missing here to ask models, and what is broken; no key is shown."""

import asyncio
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from taskc import __version__
from taskc.backends import ModelError, Surroundings, describe_model, open_model, parse_model
from taskc.backends.addresses import is_loopback
from taskc.backends.probed import probes_kept
from taskc.backends.reach import list_models
from taskc.backends.remote import RemoteModel
from taskc.flow.environment import FILE, read_dotenv
from taskc.flow.reachable import reachable
from taskc.flow.store import NAME, stock_of
from taskc.records.reach import Finding, Health, ProviderReach
from taskc.store.responses import StoreError

_REQUIRED = re.compile(r"([A-Za-z0-9._-]+).*\bextra\s*==\s*[\"'](\w+)[\"']")
_OURS_IN_ENV = ("_API_KEY", "_BASE_URL", "HF_TOKEN")
_NETWORK = "look at the network and its proxy"
_ADDRESS = "see whether `{}` is right: most addresses end in `/v1`"
_OURS = ("dev",)  # extras of those who change taskc itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What is to be looked at: the folder with `.env`, that of the runs, and models that must be ready."""

    folder: Path
    runs: Path
    models: tuple[str, ...] = ()


def examine(visit: Visit, around: Surroundings) -> Health:
    """Look at everything that asking models takes. Servers are asked for their lists unless offline."""
    return Health(
        findings=(
            Finding(about="taskc", level="fine", said=f"{__version__}, Python {sys.version.split()[0]}"),
            *_extras(),
            *_dotenv(visit.folder),
            *_providers(reachable(around)),
            _cache(around.cache),
            _store(visit.runs),
            *(_model(one, around) for one in visit.models),
        )
    )


def _extras() -> Iterator[Finding]:
    """Say of each extra whether all its packages are here."""
    needed: dict[str, list[str]] = {}
    for line in metadata.requires("taskc") or ():
        match = _REQUIRED.match(line)
        if match and match[2] not in _OURS and match[1].lower() != "taskc":
            needed.setdefault(match[2], []).append(match[1])
    for extra, packages in needed.items():
        missing = [one for one in packages if not _installed(one)]
        about = f"extra {extra}"
        if missing:
            said = f"not installed: {', '.join(missing)}"
            yield Finding(about=about, level="note", said=said, help=f"`pip install {' '.join(missing)}`")
        else:
            yield Finding(about=about, level="fine", said=", ".join(packages))


def _installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def _dotenv(folder: Path) -> Iterator[Finding]:
    try:
        found = read_dotenv(folder)
    except ModelError as problem:
        yield Finding(about=FILE, level="problem", said=str(problem), help=problem.help)
        return
    if found.broken:
        lines = ", ".join(map(str, found.broken))
        help = "write `NAME=value`, one a line"
        yield Finding(about=FILE, level="problem", said=f"lines that cannot be read: {lines}", help=help)
    elif found.values:
        ours = sorted(name for name in found.values if name.endswith(_OURS_IN_ENV))
        rest = len(found.values) - len(ours)
        said = f"sets {', '.join(ours) or 'nothing of ours'}" + (f", and {rest} others" if rest else "")
        yield Finding(about=FILE, level="fine", said=said)


def _providers(providers: tuple[ProviderReach, ...]) -> Iterator[Finding]:
    """Say of each provider whether it can be asked; one without a key is only worth a note."""
    for one in providers:
        if one.provider == "local":
            yield from _weights(one)
        elif one.state in ("reachable", "not asked") and not one.why:
            what = f"{len(one.models):,} models" if one.state == "reachable" else "not asked"
            yield Finding(about=one.provider, level="fine", said=f"{one.address}, {_key(one)}, {what}")
        elif one.state == "no key":
            help = f"`export {one.key}=…`, or a line of `{FILE}`"
            yield Finding(about=one.provider, level="note", said=one.why, help=help)
        elif one.why:
            said = f"{one.address}: {one.why}" if one.address else one.why
            yield Finding(about=one.provider, level="problem", said=said, help=one.help or _cure(one))


def _key(one: ProviderReach) -> str:
    return {True: f"`{one.key}` is set", False: f"`{one.key}` is not set", None: "no key needed"}[one.key_set]


def _cure(one: ProviderReach) -> str:
    if one.key in one.why:
        return f"copy the key again into `{one.key}`"
    variable = f"{one.key.removesuffix('_API_KEY')}_BASE_URL"
    if one.why.startswith(("answered", "sent")):
        return _ADDRESS.format(variable)
    if one.address and not is_loopback(one.address):
        return f"{_NETWORK}, or set `{variable}`"
    return f"start the server, or set `{variable}` anew"


def _weights(local: ProviderReach) -> Iterator[Finding]:
    for one in local.models:
        if one.told:
            yield Finding(about=one.model, level="fine", said=one.about)
        else:
            help = f"`taskc models pull {one.model}`"
            yield Finding(about=one.model, level="note", said=one.about, help=help)


def _cache(cache: Path) -> Finding:
    """Say whether there is a place for weights and probes."""
    place = next((one for one in (cache, *cache.parents) if one.exists()), cache)
    if place.is_dir() and os.access(place, os.W_OK | os.X_OK):
        return Finding(about="cache", level="fine", said=f"{cache}, {probes_kept(cache)} probes kept")
    help = "set `XDG_CACHE_HOME` to a folder that is yours"
    return Finding(about="cache", level="problem", said=f"`{cache}` cannot be written to", help=help)


def _store(runs: Path) -> Finding:
    path = runs / NAME
    if not path.exists():
        return Finding(about="store", level="fine", said=f"none in `{runs}` yet")
    try:
        stock = stock_of(path)
    except StoreError as problem:
        return Finding(about="store", level="problem", said=str(problem), help=problem.help)
    said = f"{path}: {stock.answers:,} answers; `taskc store verify` looks at each"
    return Finding(about="store", level="fine", said=said)


def _model(text: str, around: Surroundings) -> Finding:
    """Say whether a model could be asked now, without asking it: only its server, for its list of models."""
    backend = None
    try:
        known = describe_model(text, around)
        if parse_model(text).provider not in ("local", "hf"):
            backend = open_model(text, around)
            asyncio.run(backend.close())
    except ModelError as problem:  # without its parameters, of which one may be a key
        return Finding(about=text.partition("?")[0], level="problem", said=str(problem), help=problem.help)
    if isinstance(backend, RemoteModel) and not around.offline:
        line = backend.line
        listed = list_models(line.url, line.secret, anthropic=line.service == "anthropic")
        if listed.down:
            help = "start the server, or give its right address" if is_loopback(line.url) else _NETWORK
            return Finding(about=text, level="problem", said=f"{line.url}: {listed.why}", help=help)
        if listed.refused:
            said = f"the key in `{line.key_name}` is not taken"
            return Finding(about=text, level="problem", said=said, help="copy the key again")
        if listed.why:
            said = f"{line.url}: {listed.why}, so it is not known whether it can be asked"
            help = "some servers have no list; else see whether the address is right"
            return Finding(about=text, level="note", said=said, help=help)
        if backend.speech.name not in listed.names:
            said = f"{line.url}: is not among the {len(listed.names):,} models that it lists"
            return Finding(about=text, level="note", said=said, help="`taskc models --all` lists them")
    if known.capabilities.unknown:
        said = f"unknown, would be probed: {', '.join(known.capabilities.unknown)}"
        return Finding(about=text, level="note", said=said, help="or state them in the model string")
    return Finding(about=text, level="fine", said=f"known from {known.capabilities.source}")
