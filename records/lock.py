"""What `taskc lock` pins: the prompts of the tasks of one file, small enough to be kept with it.

Written so that a reader of a commit sees what changed: texts line by line, an item a line.
"""

import json
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

_SHORT = 100  # columns of what may stand on one line


class LockedWay(Struct, frozen=True, kw_only=True):
    """A way of asking; see `records.snapshot.Way`."""

    regime: str
    levels: Mapping[str, str]
    measures: tuple[str, ...]
    statements: tuple[int, ...]
    shots: int
    exemplars: tuple[str, ...]


class LockedTask(Struct, frozen=True, kw_only=True):
    """A task: the hash of its requests, what they are made of, and a short digest of each.

    `statements` are the lines of a text by what it is about, one each. `lanes` are regime, levels, measure
    and stage; `items` hold a digest of an item's values and, for each lane, `address.held` of its request,
    or `-`.
    """

    sha256: str
    statements: tuple[Mapping[str, tuple[str, ...]], ...]
    own: tuple[int, ...]
    ways: tuple[LockedWay, ...]
    lanes: tuple[tuple[str, str, str, str], ...]
    items: Mapping[str, str]


class Lock(Struct, frozen=True, kw_only=True):
    """A lock file: which taskc wrote it, and the tasks."""

    lock: int = 1
    taskc: str
    tasks: Mapping[str, LockedTask]


def dump(lock: Lock) -> str:
    """Write a lock."""
    plain: Any = msgspec.to_builtins(lock)
    return _written(plain, 0) + "\n"


def load(text: bytes) -> Lock:
    """Read a lock; raises `ValueError`."""
    lock = msgspec.json.decode(text, type=Lock)
    if lock.lock != 1:
        raise ValueError(f"its form is {lock.lock}, and this taskc knows 1")
    return lock


def _written(value: Any, depth: int) -> str:
    """Write JSON with a line for each element; what is short and holds nothing long stays on one line."""
    flat = json.dumps(value, ensure_ascii=False)
    short = len(flat) < _SHORT and not _has_texts(value)
    if not value or short or not isinstance(value, (dict, list, tuple)):
        return flat
    inner = " " * (depth + 1)
    if isinstance(value, dict):
        named = (f"{json.dumps(k, ensure_ascii=False)}: {_written(v, depth + 1)}" for k, v in value.items())
        return "{\n" + ",\n".join(inner + one for one in named) + "\n" + " " * depth + "}"
    return "[\n" + ",\n".join(inner + _written(v, depth + 1) for v in value) + "\n" + " " * depth + "]"


def _has_texts(value: Any) -> bool:
    """Say whether somebody reads this line by line: a list of lists, or an object that holds a long one."""
    if isinstance(value, dict):
        return any(
            isinstance(v, dict) or (isinstance(v, (list, tuple)) and len(v) > 1) for v in value.values()
        )
    return isinstance(value, (list, tuple)) and any(isinstance(v, (dict, list, tuple)) for v in value)
