"""What probes found out, kept in the cache: a file for each provider, model, form of asking and address."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from taskc.backends.protocol import ModelName
from taskc.records.lines import LineError, dump, load


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """What a probe found out: by capability yes, no or how many; how many requests it took, and when."""

    provider: str
    model: str
    api: str
    url: str
    found: Mapping[str, bool | int]
    requests: int
    date: str


def read_probe(cache: Path, name: ModelName, api: str, url: str | None) -> Probed | None:
    """Give what was found out of a model at an address; None where nothing was, or it cannot be read."""
    if url is None:
        return None
    try:
        probed = load(Probed, _place(cache, name, api, url).read_bytes())
    except (OSError, LineError):
        return None
    same = (probed.provider, probed.model, probed.api, probed.url) == (name.provider, name.name, api, url)
    return probed if same else None


def keep_probe(cache: Path, probed: Probed) -> Path:
    """Write down what was found out, over what was known before; gives the file."""
    name = ModelName(provider=probed.provider, name=probed.model)
    path = _place(cache, name, probed.api, probed.url)
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".half")
    half.write_text(dump(probed) + "\n", encoding="utf-8")
    half.replace(path)
    return path


def probes_kept(cache: Path) -> int:
    """Count the probes that are kept."""
    return sum(1 for _ in (cache / "probes").glob("*.json"))


def forget_probes(cache: Path, name: ModelName) -> int:
    """Take away what was found out of a model, in all forms of asking and at all addresses; say how many."""
    gone = 0
    for path in sorted((cache / "probes").glob("*.json")):
        with suppress(OSError, LineError):
            probed = load(Probed, path.read_bytes())
            if (probed.provider, probed.model) == (name.provider, name.name):
                path.unlink()
                gone += 1
    return gone


def _place(cache: Path, name: ModelName, api: str, url: str) -> Path:
    what = json.dumps([name.provider, name.name, api, url])
    return cache / "probes" / f"{hashlib.sha256(what.encode()).hexdigest()[:32]}.json"
