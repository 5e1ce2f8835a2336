"""What a build was made from, as `snapshot.jsonl` keeps it: statements, items, exemplars, with their lines.

For each task one line that is a `TaskShot`, then one line for each of its items, an `ItemShot`. Places
are `file:line`, files by their name inside the compiled folder.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct, field


class Stated(Struct, frozen=True, kw_only=True):
    """One statement: what it is about (`prompt`, `distractor far`, `let n`), its tidy text, its place."""

    about: str
    text: str
    at: str


class Way(Struct, frozen=True, kw_only=True):
    """One way of asking all items: a regime in a cell of the design.

    `statements` are positions in those of the task; `measures` are written as in a table; `exemplars` are
    the ids of the items that are drawn first, one more than are shown, for no item is its own exemplar.
    """

    regime: str
    levels: Mapping[str, str] = field(default_factory=dict)
    at: str
    measures: tuple[str, ...]
    statements: tuple[int, ...]
    shots: int = 0
    exemplars: tuple[str, ...] = ()


class TaskShot(Struct, frozen=True, kw_only=True):
    """A task: all statements it is made of, each once, and its ways. `own` are those that make its items.

    `factors` are the places of its factors, by name, and of their levels, by `FACTOR=LEVEL`.
    """

    task: str
    at: str
    statements: tuple[Stated, ...]
    own: tuple[int, ...]
    ways: tuple[Way, ...]
    factors: Mapping[str, str] = field(default_factory=dict)


class ItemShot(Struct, frozen=True):
    """An item: its id, its place, and its values."""

    item: str
    at: str
    values: Mapping[str, Any]


_ENCODER = msgspec.json.Encoder()
_TASKS = msgspec.json.Decoder(TaskShot)
_ITEMS = msgspec.json.Decoder(ItemShot)


def line(shot: TaskShot | ItemShot) -> bytes:
    """Write one line, its end included."""
    return _ENCODER.encode(shot) + b"\n"


def read_task(line: bytes) -> TaskShot:
    """Read the line of a task back; raises `ValueError`."""
    return _TASKS.decode(line)


def read_item(line: bytes) -> ItemShot:
    """Read the line of an item back; raises `ValueError`."""
    return _ITEMS.decode(line)
