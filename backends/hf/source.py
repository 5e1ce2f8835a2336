"""Where a model of `hf/` comes from, and what can be said of it without its weights."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from taskc.backends.local.gguf_file import read_fields
from taskc.backends.protocol import ModelError, ModelName, Surroundings

SAMPLE = 1 << 16
"""Bytes of each place that is looked at in a large file."""
SAMPLES = 64
"""Places that are looked at in a large file."""
DIGITS = 12
CONTEXTS = ("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "seq_length")
"""What configurations call the context length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A folder, a GGUF file in one, or a commit of a repository on the hub.

    `where` is what transformers is given, `print` what tells it from others: a fingerprint, or the commit.
    """

    where: str
    gguf: str | None = None
    commit: str | None = None
    print: str = ""
    context: int | None = None

    @property
    def path(self) -> Path | None:
        """Give the GGUF file, where it is one."""
        return Path(self.where) / self.gguf if self.gguf else None

    @property
    def arguments(self) -> dict[str, object]:
        """Give what every `from_pretrained` of transformers is given beside `where`."""
        named = {"gguf_file": self.gguf, "revision": self.commit}
        return {key: value for key, value in named.items() if value is not None} | {
            "trust_remote_code": False
        }


def find_source(name: ModelName, around: Surroundings) -> Source:
    """Find the model that is named; raises `ModelError`. A configuration may be fetched from the hub."""
    path = Path(name.name).expanduser()
    if path.is_dir() or path.is_file():
        if "revision" in name.parameters:
            raise ModelError(f"`{path}` has no revisions", help="leave `revision` out")
        return _checked(_in_folder(path) if path.is_dir() else _gguf(path), name)
    if name.name.count("/") != 1 or name.name[0] in "/.~" or path.suffix == ".gguf":
        raise ModelError(
            f"there is no model at `{path}`",
            help="give a folder that `save_pretrained` wrote, a `.gguf` file, or `owner/name` of the hub",
        )
    return _on_hub(name, around)


def _in_folder(folder: Path) -> Source:
    if not (folder / "config.json").is_file():
        found = sorted(folder.glob("*.gguf"))
        if len(found) == 1:
            return _gguf(found[0])
        listed = ": " + ", ".join(f"`{one.name}`" for one in found[:5]) if found else ""
        raise ModelError(
            f"`{folder}` has no `config.json`, and {len(found)} `.gguf` files{listed}",
            help="give the path of one `.gguf` file, or a folder that transformers has saved a model in",
        )
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        raise ModelError(
            f"`{folder}` has no `.safetensors` files", help="save the model with `save_pretrained`"
        )
    small = [one for one in sorted(folder.iterdir()) if one.suffix in (".json", ".jinja", ".model", ".txt")]
    config = _read_json(folder / "config.json")
    return Source(where=str(folder), print=fingerprint([*small, *weights]), context=context_of(config))


def _gguf(path: Path) -> Source:
    file = read_fields(path)
    kind = file.fields.get("general.architecture")
    context = file.fields.get(f"{kind}.context_length")
    return Source(
        where=str(path.parent),
        gguf=path.name,
        print=fingerprint([path]),
        context=context if isinstance(context, int) else None,
    )


def _on_hub(name: ModelName, around: Surroundings) -> Source:
    try:
        from huggingface_hub import hf_hub_download
    except ImportError as error:
        raise missing(error) from error
    try:
        config = hf_hub_download(
            name.name,
            "config.json",
            revision=name.parameters.get("revision"),
            local_files_only=around.offline,
            token=around.environment.get("HF_TOKEN") or None,
        )
    except Exception as error:  # its errors are those of several libraries below
        why = "is not in the cache of the hub" if around.offline else "cannot be had from the hub"
        raise ModelError(
            f"the configuration of `{name.name}` {why} ({type(error).__name__})",
            help=f"fetch it with `hf download {name.name}`, or give the path of a folder",
        ) from None
    commit = Path(config).parent.name
    return Source(where=name.name, commit=commit, print=commit, context=context_of(_read_json(Path(config))))


def _checked(source: Source, name: ModelName) -> Source:
    """Give the source; raises `ModelError` when another fingerprint was stated."""
    stated = name.parameters.get("fingerprint")
    if stated is not None and stated != source.print:
        raise ModelError(
            f"`{name.name}` is not the model that was meant: its fingerprint is `{source.print}`",
            help="give the right path, or leave `fingerprint` out",
        )
    return source


def fingerprint(files: list[Path]) -> str:
    """Give 12 hex digits that tell files from others: small ones are read whole, large ones at 64 places."""
    digest = hashlib.sha256()
    for path in files:
        size = path.stat().st_size
        digest.update(f"{path.name} {size}\n".encode())
        with path.open("rb") as file:
            if size <= SAMPLE * SAMPLES:
                digest.update(file.read())
                continue
            for n in range(SAMPLES):
                file.seek((size - SAMPLE) * n // (SAMPLES - 1))
                digest.update(file.read(SAMPLE))
    return digest.hexdigest()[:DIGITS]


def context_of(config: Mapping[str, object]) -> int | None:
    """Give the context length that a configuration states."""
    for key in CONTEXTS:
        value = config.get(key)
        if isinstance(value, int) and value > 0:
            return value
    inner = config.get("text_config")
    return context_of(inner) if isinstance(inner, dict) else None


def missing(error: ImportError) -> ModelError:
    """Say which package is missing, and how to install it."""
    told = f"`hf/` models need the package `{error.name}`"
    return ModelError(told, help="pip install torch transformers accelerate")


def _read_json(path: Path) -> dict[str, object]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"`{path}` cannot be read: {error}", help="save the model anew") from error
    return read if isinstance(read, dict) else {}
