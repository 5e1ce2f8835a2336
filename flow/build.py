"""`taskc compile`: paths to a build folder, byte for byte the same for the same input."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct, field

from taskc.compiler.desk import Unreadable
from taskc.compiler.expand import Rendered
from taskc.dsl.model import Task
from taskc.flow.build_folder import (
    CACHE,
    MANIFEST,
    REQUESTS,
    SNAPSHOT,
    BuildError,
    alone,
    check_folder,
    open_build,
    open_part,
    read_manifest,
)
from taskc.flow.load import Place, find_roots
from taskc.flow.lock import drift, locked_roots
from taskc.flow.manifest import manifest_of, suite_entries
from taskc.flow.reuse import Group, Kept, find_kept, groups_of, remember
from taskc.flow.selection import Wanted, tasks_of
from taskc.flow.understand import Understood, understand, understand_roots
from taskc.flow.write import Stopped, Torn, Writer
from taskc.records import lines
from taskc.records.difference import Difference
from taskc.records.manifest import Manifest, TaskEntry
from taskc.store.atomic import discard, put_in_place, write_aside

__all__ = [
    "BuildError",
    "Built",
    "Understood",
    "compile_paths",
    "open_build",
    "read_manifest",
    "understand",
]


class Built(Struct, frozen=True, kw_only=True):
    """What `compile_paths` did: the manifest, unless errors prevented it.

    `kept` counts the tasks that were not compiled again; `up_to_date` says that nothing was written at all.
    `drift` is what is not as it was locked, an entry a file; `unlocked` are files whose lock was not asked,
    because only a part of them was compiled.
    """

    understood: Understood
    manifest: Manifest | None
    shown: tuple[Rendered, ...] = field(default_factory=tuple)
    kept: int = 0
    up_to_date: bool = False
    drift: tuple[Difference, ...] = ()
    unlocked: tuple[str, ...] = ()


def compile_paths(
    paths: Sequence[str],
    out: Path,
    wanted: Wanted | None = None,
    *,
    show: Sequence[int] = (),
    cache: bool = True,
    locks: bool = True,
) -> Built:
    """Compile into the folder `out`: requests, snapshot and manifest, each whole or not at all.

    With errors nothing is written. Tasks whose files, and the compiler, are what they were for the build
    in `out` are copied from it, unless `cache` is false. `show` names requests by their line, from 1, to
    be given back with the origin of their parts. Unless `locks` is false the result is held against the
    locks beside the files. Raises `load.NotFound`, `selection.BadSelection` and `BuildError`.
    """
    job = _Job(dict(find_roots(paths)), out, wanted or Wanted(), frozenset(show), locks)
    try:
        return job.compile(find_kept(out, job.roots, job.wanted) if cache and not show else None)
    except Torn:
        return job.compile(None)


class _Job(Struct, frozen=True):
    """What is to be compiled, and where to."""

    roots: Mapping[str, Place]
    out: Path
    wanted: Wanted
    show: frozenset[int]
    locks: bool

    def compile(self, kept: Kept | None) -> Built:
        """Compile what is not kept, and write all; raises `Torn` when what is kept cannot be believed."""
        if kept is not None and kept.whole:
            return self._as_it_is(kept)
        groups, understood = self._understood(kept.groups if kept else ())
        if understood.failed:
            return Built(understood=understood, manifest=None)
        chosen = tasks_of(self.wanted, understood.program.tasks)
        suites = suite_entries(understood.program.suites)
        made = groups_of(understood.loaded, understood.program.tasks, chosen, suites, understood.found)
        if {name for group in groups for name in group.tasks} & {task.name for task in chosen}:
            raise Torn  # two tasks of one name, which is told when both are compiled
        check_folder(self.out)
        understood.add(groups, self.roots)
        return self._write(self._ordered([*groups, *made]), chosen, understood, kept)

    def _understood(self, groups: Sequence[Group]) -> tuple[list[Group], Understood]:
        """Compile the roots that no kept group has; a group that they reach into is compiled again, too."""
        kept = list(groups)
        while True:
            held = {root for group in kept for root in group.roots}
            understood = understand_roots({n: place for n, place in self.roots.items() if n not in held})
            reached = [group for group in kept if set(group.parsed) & set(understood.loaded.sources)]
            if not reached:
                return kept, understood
            kept = [group for group in kept if group not in reached]

    def _ordered(self, groups: Sequence[Group]) -> list[Group]:
        order = {root: number for number, root in enumerate(self.roots)}
        return sorted(groups, key=lambda group: order[group.roots[0]])

    def _as_it_is(self, kept: Kept) -> Built:
        """Leave a build as it is once its files are what its manifest says."""
        for name in (REQUESTS, SNAPSHOT):
            try:
                manifest, file = open_part(self.out, name)
            except BuildError:
                raise Torn from None
            file.close()
            if manifest != kept.manifest:
                raise Torn
        understood = understand_roots({})
        understood.add(kept.groups, self.roots)
        drifted = self._drift(understood, kept.manifest.tasks)
        return Built(
            understood=understood,
            manifest=None if drifted else kept.manifest,
            kept=len(kept.manifest.tasks),
            up_to_date=not drifted,
            drift=drifted,
            unlocked=self._unlocked(),
        )

    @property
    def _is_part(self) -> bool:
        return bool(self.wanted.names or self.wanted.limit.text)

    def _drift(self, understood: Understood, entries: Iterable[TaskEntry]) -> tuple[Difference, ...]:
        """Hold what was made against the locks; raises `Torn` where more must be compiled for that."""
        if self._is_part or not self.locks:
            return ()
        hashes = {entry.name: entry.lines.sha256 for entry in entries if entry.lines}
        try:
            return tuple(drift(understood, self.roots, hashes))
        except KeyError:
            raise Torn from None

    def _unlocked(self) -> tuple[str, ...]:
        return tuple(locked_roots(self.roots.items())) if self._is_part else ()

    def _write(
        self, groups: Sequence[Group], chosen: Sequence[Task], understood: Understood, kept: Kept | None
    ) -> Built:
        made = {task.name: task for task in chosen}
        parts = [made.get(name, name) for group in groups for name in group.tasks]
        writer = Writer(understood, self.wanted, self.out, kept.manifest if kept else None, self.show)
        new, aside = not self.out.exists(), dict[Path, Path]()
        try:
            aside[self.out / REQUESTS] = write_aside(self.out / REQUESTS, writer.requests(parts))
            if drifted := self._drift(understood, writer.entries.values()):
                self._clear(aside, new)
                return Built(understood=understood, manifest=None, drift=drifted)
            aside[self.out / SNAPSHOT] = write_aside(self.out / SNAPSHOT, writer.snapshot(parts))
            manifest = manifest_of(
                groups, list(writer.entries.values()), self.wanted, writer.hashes, understood
            )
            text = json.dumps(lines.plain(manifest), ensure_ascii=False, indent=1) + "\n"
            aside[self.out / MANIFEST] = write_aside(self.out / MANIFEST, text)
            aside[self.out / CACHE] = write_aside(self.out / CACHE, remember(groups, self.wanted, text))
        except Stopped:
            self._clear(aside, new)
            return Built(understood=understood, manifest=None)
        except Unreadable as problem:
            self._clear(aside, new)
            raise BuildError(str(problem), problem.help) from None
        except BaseException:
            self._clear(aside, new)
            raise
        with alone(self.out):
            put_in_place(aside)
        return Built(
            understood=understood,
            manifest=manifest,
            shown=tuple(writer.shown),
            kept=sum(isinstance(part, str) for part in parts),
            unlocked=self._unlocked(),
        )

    def _clear(self, aside: Mapping[Path, Path], new: bool) -> None:
        discard(aside.values())
        if new and self.out.is_dir() and not any(self.out.iterdir()):
            self.out.rmdir()
