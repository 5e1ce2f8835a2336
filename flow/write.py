"""Tasks to the two long files of a build, streamed: what is new is made, what is kept is copied."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct, field
from msgspec.structs import replace

from taskc.compiler.expand import Rendered, expand, write_requests
from taskc.dsl.diagnostic import Diagnostic
from taskc.dsl.model import Task
from taskc.flow.build_folder import REQUESTS, SNAPSHOT
from taskc.flow.manifest import task_entry
from taskc.flow.places import Places
from taskc.flow.selection import Wanted, selection
from taskc.flow.source_map import shots
from taskc.flow.understand import Understood
from taskc.records.manifest import Manifest, Segment, TaskEntry

_BLOCK, _GATHERED = 1 << 20, 1 << 16


class Torn(Exception):
    """What is kept is not what its hash says; everything is to be compiled."""


class Stopped(Exception):
    """An error was found while writing requests; nothing is put in place."""


class _Tally(Struct):
    """Counts and hashes what streams by: the whole, and the part of one task."""

    whole: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    part: "hashlib._Hash | None" = None  # of the first task the hash is that of the whole so far
    begun: int = 0
    size: int = 0
    lines: int = 0

    def begin(self) -> None:
        self.part = hashlib.sha256() if self.begun else None
        self.begun, self.size, self.lines = self.begun + 1, 0, 0

    def take(self, block: bytes) -> bytes:
        self.whole.update(block)
        if self.part is not None:
            self.part.update(block)
        self.size += len(block)
        return block

    @property
    def segment(self) -> Segment:
        return Segment(bytes=self.size, sha256=(self.part or self.whole).hexdigest())


class Writer(Struct):
    """Writes the tasks of a build in order; `kept` gives those of the build in `out` that are only copied.

    `entries` and `hashes` are complete once both files have been written: `requests` first.
    """

    understood: Understood
    wanted: Wanted
    out: Path
    old: Manifest | None = None
    show: frozenset[int] = frozenset()
    entries: dict[str, TaskEntry] = field(default_factory=dict)
    shown: list[Rendered] = field(default_factory=list)
    hashes: dict[str, str] = field(default_factory=dict)

    def requests(self, parts: Iterable[Task | str]) -> Iterator[bytes]:
        """Give the lines of `requests.jsonl`: a task is made, a name is a task that is copied.

        Raises `Stopped` at the end if an item was wrong, and `Torn`.
        """
        tally, total = _Tally(), 0
        with _Old(self.out / REQUESTS, self.old, lambda entry: entry.lines) as old:
            for part in parts:
                tally.begin()
                if isinstance(part, str):
                    yield from map(tally.take, old.copy(part))
                    entry = old.entries[part]
                else:
                    for lines in _in_blocks(self._made(part, total)):
                        tally.lines += len(lines)
                        yield tally.take(b"".join(lines))
                    entry = task_entry(part, selection(self.wanted, part))
                    entry = replace(entry, requests=tally.lines)
                total += entry.requests
                self.entries[entry.name] = replace(entry, lines=tally.segment)
        if self.understood.failed:
            raise Stopped
        self.hashes[REQUESTS] = tally.whole.hexdigest()

    def _made(self, task: Task, before: int) -> Iterator[bytes]:
        """Make the requests of a task, until something is wrong with an item; then only look at the rest."""
        found: list[Diagnostic] = []
        desk, chosen, made = self.understood.desk, selection(self.wanted, task), 0
        for line in write_requests(task, desk.meter, found, chosen, self.understood.gallery):
            made += 1
            if not found:
                yield line
        desk.found += found
        wanted = {number - before for number in self.show if before < number <= before + made}
        if wanted:
            rendered = enumerate(islice(expand(task, desk.meter, [], chosen), max(wanted)), 1)
            self.shown += [one for number, one in rendered if number in wanted]

    def snapshot(self, parts: Iterable[Task | str]) -> Iterator[bytes]:
        """Give the lines of `snapshot.jsonl` in the same way; raises `Torn`."""
        tally = _Tally()
        at = Places(self.understood.sources, self.understood.data, self.understood.portable)
        with _Old(self.out / SNAPSHOT, self.old, lambda entry: entry.shot) as old:
            for part in parts:
                tally.begin()
                name = part if isinstance(part, str) else part.name
                made = (
                    old.copy(part)
                    if isinstance(part, str)
                    else shots(part, selection(self.wanted, part).takes, self.understood.loaded.units, at)
                )
                yield from (tally.take(b"".join(lines)) for lines in _in_blocks(made))
                self.entries[name] = replace(self.entries[name], shot=tally.segment)
        self.hashes[SNAPSHOT] = tally.whole.hexdigest()


def _in_blocks(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Gather lines, so that hashing and writing are not done line by line."""
    block: list[bytes] = []
    size = 0
    for line in lines:
        block.append(line)
        size += len(line)
        if size >= _GATHERED:
            yield block
            block, size = [], 0
    if block:
        yield block


class _Old:
    """A long file of the last build, opened to copy parts of it."""

    def __init__(
        self, path: Path, manifest: Manifest | None, of: Callable[[TaskEntry], Segment | None]
    ) -> None:
        """Find out where the part of each task begins."""
        self.entries: Mapping[str, TaskEntry] = {t.name: t for t in manifest.tasks} if manifest else {}
        self._path, self._of = path, of
        self._file: BinaryIO | None = None
        self._begins: dict[str, int] = {}
        at = 0
        for entry in self.entries.values():
            self._begins[entry.name] = at
            segment = of(entry)
            at += segment.bytes if segment else 0

    def __enter__(self) -> "_Old":
        with suppress(OSError):
            self._file = self._path.open("rb") if self.entries else None
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def copy(self, name: str) -> Iterator[bytes]:
        """Give the part of a task block by block; raises `Torn` at the end if its hash says otherwise."""
        segment = self._of(self.entries[name])
        if self._file is None or segment is None:
            raise Torn
        digest, left = hashlib.sha256(), segment.bytes
        self._file.seek(self._begins[name])
        while left and (block := self._file.read(min(left, _BLOCK))):
            digest.update(block)
            left -= len(block)
            yield block
        if digest.hexdigest() != segment.sha256:
            raise Torn
