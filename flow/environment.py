"""Where keys and addresses come from: the environment of this process, and behind it `.env` in the folder."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from taskc.backends import ModelError

FILE = ".env"


@dataclass(frozen=True, slots=True, kw_only=True)
class DotEnv:
    """What a `.env` says, never shown: its values, and the numbers of the lines that cannot be read."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    broken: tuple[int, ...] = ()


def with_dotenv(environment: Mapping[str, str], folder: Path, *, careful: bool = True) -> dict[str, str]:
    """Give the environment, and what `.env` in `folder` adds to it; raises `ModelError` if it is `careful`.

    What the environment has goes before, even if it is empty. Values are taken as they stand: nothing in
    them is filled in. Lines that cannot be read are passed over; `taskc doctor` names them.
    """
    try:
        added = read_dotenv(folder).values
    except ModelError:
        if careful:
            raise
        added = {}
    return {**added, **environment}


def read_dotenv(folder: Path) -> DotEnv:
    """Read `.env` in a folder, as Docker, Node and python-dotenv do; empty where there is none."""
    path = folder / FILE
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise ModelError(
                f"`{path}` is a pipe or a device, and not a file", help="write a file in its place"
            )
        with path.open(encoding="utf-8-sig") as file:
            text = file.read()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return DotEnv()
    except UnicodeDecodeError:
        raise ModelError(f"`{path}` cannot be read: it is not text", help="write it anew in UTF-8") from None
    except OSError as problem:
        why = (problem.strerror or str(problem)).lower()
        raise ModelError(f"`{path}` cannot be read: {why}", help="let it be read, or move it away") from None
    return _parsed(text)


def _parsed(text: str) -> DotEnv:
    from io import StringIO

    from dotenv.parser import parse_stream

    values: dict[str, str] = {}
    broken = []
    for binding in parse_stream(StringIO(text)):
        if binding.error:
            broken.append(binding.original.line)
        elif binding.key is not None and binding.value is not None:
            values[binding.key] = binding.value
    return DotEnv(values=values, broken=tuple(broken))
