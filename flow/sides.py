"""One side of a comparison: a build as it is compared, statements, items and requests of each task."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from taskc.flow.build_folder import REQUESTS, SNAPSHOT, BuildError, again, open_part
from taskc.records.snapshot import TaskShot, read_item, read_task

Lane = tuple[str, str, str, str]  # regime, levels, measure, stage
SHORT, SHORTER = 8, 6  # hex digits of an address, and of what an answer is held against, in a lock


class Row(Struct, frozen=True):
    """An item: a digest of its values, its place, and the values where they are known."""

    digest: str
    at: str = ""
    values: Mapping[str, Any] | None = None


class Asked(Struct, frozen=True):
    """A request: its address, and a digest of what an answer is held against."""

    id: str
    held: str


class TaskSide(Struct, frozen=True, kw_only=True):
    """A task as it is compared. `asked` are its requests by lane and item."""

    shot: TaskShot
    rows: Mapping[str, Row]
    asked: Mapping[Lane, Mapping[str, Asked]]

    @property
    def requests(self) -> int:
        """Count the requests."""
        return sum(map(len, self.asked.values()))


class Side(Struct, frozen=True, kw_only=True):
    """A build as it is compared: what it is called, who made it, and its tasks by name."""

    label: str
    taskc: str
    tasks: Mapping[str, TaskSide]
    short: bool = False


class _Line(msgspec.Struct):
    """What of a line of `requests.jsonl` is compared."""

    id: str
    task: str
    item: str
    regime: str
    levels: dict[str, str]
    measure: str
    normalise: str
    stage: str
    predictions: msgspec.Raw
    answer: str


_LINES = msgspec.json.Decoder(_Line)


def read_side(build: Path, label: str = "") -> Side:
    """Read a build to be compared; raises `BuildError`."""
    manifest, requests = open_part(build, REQUESTS)
    if not manifest.snapshot_sha256:
        raise BuildError(f"`{build}` was made by an older taskc and cannot be compared", "compile it again")
    also, snapshot = open_part(build, SNAPSHOT)
    if also != manifest:
        raise BuildError(f"`{build}` was compiled again just now", "try again")
    with requests, snapshot:
        parts = [(entry.name, entry.items, entry.requests) for entry in manifest.tasks]
        tasks = _tasks(parts, again(requests), again(snapshot))
        return Side(label=label or str(build), taskc=manifest.taskc, tasks=dict(tasks))


def _tasks(
    parts: Iterable[tuple[str, int, int]], requests: Iterator[bytes], snapshot: Iterator[bytes]
) -> Iterator[tuple[str, TaskSide]]:
    """Give tasks by name, of which so many items and requests come next."""
    for name, items, lines in parts:
        try:
            yield name, task_side(islice(requests, lines), islice(snapshot, items + 1))
        except (ValueError, StopIteration):
            raise BuildError("this build is not one of this taskc", "compile it again") from None


def task_side(requests: Iterator[bytes], snapshot: Iterator[bytes]) -> TaskSide:
    """Read a task from its lines in both files; raises `ValueError` and `StopIteration`."""
    shot = read_task(next(snapshot))
    return TaskSide(shot=shot, rows=dict(map(_row, snapshot)), asked=_asked(requests))


def _row(line: bytes) -> tuple[str, Row]:
    shot = read_item(line)
    return shot.item, Row(digest_of(shot.values), shot.at, shot.values)


def digest_of(values: Mapping[str, Any]) -> str:
    """Give a digest of an item's values."""
    return hashlib.sha256(msgspec.json.encode(values)).hexdigest()[:16]


def _asked(lines: Iterator[bytes]) -> dict[Lane, dict[str, Asked]]:
    out: dict[Lane, dict[str, Asked]] = {}
    for line in lines:
        r = _LINES.decode(line)
        measure = r.measure if r.normalise == "none" else f"{r.measure}({r.normalise})"
        lane = (r.regime, levels_text(r.levels), measure, r.stage)
        held = hashlib.sha256(bytes(r.predictions) + r.answer.encode()).hexdigest()[:16]
        out.setdefault(lane, {})[r.item] = Asked(r.id, held)
    return out


def levels_text(levels: Mapping[str, str]) -> str:
    """Write levels as `--select` takes them."""
    return " ".join(f"{factor}={level}" for factor, level in levels.items())


def shortened(side: Side) -> Side:
    """Give a side with digests as short as a lock keeps them."""
    return (
        side
        if side.short
        else replace(side, short=True, tasks={name: _short(task) for name, task in side.tasks.items()})
    )


def _short(task: TaskSide) -> TaskSide:
    rows = {id: replace(row, digest=row.digest[:SHORT]) for id, row in task.rows.items()}
    asked = {
        lane: {item: Asked(one.id[:SHORT], one.held[:SHORTER]) for item, one in items.items()}
        for lane, items in task.asked.items()
    }
    return replace(task, rows=rows, asked=asked)
