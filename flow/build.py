"""`taskc compile`: paths to a build folder, byte for byte the same for the same input."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from taskc import __version__
from taskc.compiler.check import check
from taskc.compiler.desk import Desk
from taskc.compiler.expand import Rendered, Selection, expand
from taskc.compiler.followers import without_followers
from taskc.compiler.limits import Meter
from taskc.compiler.lints import Tools, lint
from taskc.dsl.diagnostic import Diagnostic, count_errors
from taskc.dsl.model import Program, Task
from taskc.dsl.span import Source
from taskc.flow.load import Loaded, find_roots, load_roots, shipped_regimes, shipped_source
from taskc.flow.selection import Wanted, selection, tasks_of
from taskc.records import lines
from taskc.records.manifest import FindingEntry, Manifest, SourceFile, SuiteEntry, TaskEntry
from taskc.records.request import Request
from taskc.store.atomic import write_atomically


class BuildError(Exception):
    """A build folder that cannot be read or must not be written: problem and cure."""

    def __init__(self, message: str, help: str = "") -> None:
        """Keep problem and cure."""
        super().__init__(message)
        self.help = help


class _Stopped(Exception):
    """An error was found while writing requests; nothing is put in place."""


@dataclass(slots=True, kw_only=True)
class Understood:
    """Everything a compilation read and understood, and every finding so far."""

    program: Program
    loaded: Loaded
    desk: Desk

    @property
    def found(self) -> list[Diagnostic]:
        """Give all findings, each once, in the order of files and places."""
        order = {name: index for index, name in enumerate(self.loaded.sources)}
        every = dict.fromkeys([*self.loaded.found, *self.desk.found])
        return sorted(
            every,
            key=lambda d: (
                order.get(d.primary.span.file, len(order)),
                d.primary.span.file,
                d.primary.span.start,
            ),
        )

    @property
    def failed(self) -> bool:
        """Say whether any finding is an error."""
        return count_errors(self.found) > 0

    @property
    def sources(self) -> dict[str, Source]:
        """Give every text that a finding may point into; data files are decoded only now."""
        shipped = shipped_source()
        named = {label.span.file for d in self.found for label in (d.primary, *d.others)}
        data = {
            name: Source(name=name, text=content.decode("utf-8-sig", "replace"))
            for name, content in self.desk.data.items()
            if name in named
        }
        return {**self.loaded.sources, shipped.name: shipped, **data}


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What `compile_paths` did: the manifest, unless errors prevented it."""

    understood: Understood
    manifest: Manifest | None
    shown: tuple[Rendered, ...] = field(default_factory=tuple)


def understand(
    paths: Sequence[str],
    tools: Tools = Tools(),  # noqa: B008
    instead: Mapping[str, bytes] | None = None,
) -> Understood:
    """Read, parse and check; raises `load.NotFound` for a path that means nothing.

    `instead` gives files by name that are taken in place of what is on disk.
    """
    loaded = load_roots(find_roots(paths), instead)
    desk = Desk(files=loaded)
    program = check(loaded.roots, loaded.units, shipped_regimes(), desk)
    desk.found = without_followers(desk.found, loaded.found, loaded.sources)
    if not count_errors([*loaded.found, *desk.found]):
        desk.found = lint(program, desk.found, tools, Meter())
    return Understood(program=program, loaded=loaded, desk=desk)


def compile_paths(
    paths: Sequence[str], out: Path, wanted: Wanted | None = None, *, show: Sequence[int] = ()
) -> Built:
    """Compile into the folder `out`: `requests.jsonl`, then `manifest.json`, each whole or not at all.

    With errors nothing is written. `show` names requests by their line, from 1, to be given back with the
    origin of their parts. Raises `load.NotFound`, `selection.BadSelection` and `BuildError`.
    """
    wanted = wanted or Wanted()
    understood = understand(paths)
    if understood.failed:
        return Built(understood=understood, manifest=None)
    tasks = tasks_of(wanted, understood.program.tasks)
    _check_folder(out)
    writer = _Writer(understood, wanted, frozenset(show))
    new = not out.exists()
    try:
        write_atomically(out / "requests.jsonl", writer.lines(tasks))
    except _Stopped:
        if new:
            out.rmdir()
        return Built(understood=understood, manifest=None)
    manifest = _manifest(understood, tasks, wanted, writer)
    write_atomically(
        out / "manifest.json", json.dumps(lines.plain(manifest), ensure_ascii=False, indent=1) + "\n"
    )
    return Built(understood=understood, manifest=manifest, shown=tuple(writer.shown))


@dataclass(slots=True)
class _Writer:
    """Counts and hashes requests as they stream by."""

    understood: Understood
    wanted: Wanted
    show: frozenset[int]
    hash: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    counts: dict[str, int] = field(default_factory=dict)
    total: int = 0
    shown: list[Rendered] = field(default_factory=list)

    def lines(self, tasks: Sequence[Task]) -> Iterator[str]:
        """Give the lines of `requests.jsonl`; raises `_Stopped` at the end if an item was wrong."""
        desk = self.understood.desk
        found: list[Diagnostic] = []
        for task in tasks:
            before = self.total
            for rendered in expand(task, desk.meter, found, selection(self.wanted, task)):
                self.total += 1
                if self.total in self.show:
                    self.shown.append(rendered)
                line = lines.dump(rendered.request) + "\n"
                self.hash.update(line.encode())
                if not found:
                    yield line
            self.counts[task.name] = self.total - before
            desk.found += found
            found = []
        if self.understood.failed:
            raise _Stopped


def _manifest(understood: Understood, tasks: Sequence[Task], wanted: Wanted, writer: _Writer) -> Manifest:
    portable = {name: place.portable for name, place in understood.loaded.places.items()}
    files = sorted((portable[name], content) for name, content in understood.loaded.content.items())
    names = {task.name for task in tasks}
    found, texts = understood.found, understood.sources
    return Manifest(
        taskc=__version__,
        sources=tuple(
            SourceFile(
                path=PurePosixPath(path).as_posix(),
                sha256=hashlib.sha256(content).hexdigest(),
                bytes=len(content),
            )
            for path, content in files
        ),
        tasks=tuple(_task_entry(task, selection(wanted, task), writer.counts[task.name]) for task in tasks),
        suites=tuple(
            SuiteEntry(name=s.name, title=s.title, tasks=s.tasks)
            for s in understood.program.suites
            if any(t == n or n.startswith(t + ".") for t in s.tasks for n in names)
        ),
        selection=dict(sorted(wanted.names.items())),
        limit=wanted.limit.text,
        requests=writer.total,
        requests_sha256=writer.hash.hexdigest(),
        findings=tuple(_finding(d, portable, texts) for d in found),
    )


def _task_entry(task: Task, chosen: Selection, requests: int) -> TaskEntry:
    variants = [variant for variant in task.variants if chosen.takes(variant)]
    measures = dict.fromkeys(m.name for v in variants for m in v.measures)
    distractors = dict.fromkeys(d.name for v in variants for d in v.distractors)
    return TaskEntry(
        name=task.name,
        meta=task.meta,
        true_task=task.about_true_task,
        distractors=tuple(distractors),
        items=len(task.items),
        asked=len(task.asked[chosen.first : chosen.last]),
        regimes=tuple(dict.fromkeys(v.regime.name for v in variants)),
        factors={f.name: f.levels for f in task.factors},
        design=task.design,
        measures=tuple(measures),
        requests=requests,
    )


def _finding(d: Diagnostic, portable: dict[str, str], sources: dict[str, Source]) -> FindingEntry:
    span = d.primary.span
    line, column = sources[span.file].position(span.start) if span.file in sources else (1, 1)
    return FindingEntry(
        rule=d.rule,
        severity=d.severity.value,
        message=d.message,
        path=portable.get(span.file, span.file),
        line=line,
        column=column,
    )


def _check_folder(out: Path) -> None:
    """Refuse to write over something that is not a build of ours."""
    manifest = out / "manifest.json"
    if out.exists() and not out.is_dir():
        raise BuildError(f"`{out}` is a file, and a build is a folder", "name another with `-o`")
    if manifest.exists():
        read_manifest(out)
    elif (out / "requests.jsonl").exists():
        raise BuildError(
            f"`{out}` holds a `requests.jsonl` without a manifest", "name another folder with `-o`"
        )


def read_manifest(build: Path) -> Manifest:
    """Read the manifest of a build; raises `BuildError`."""
    path = build / "manifest.json"
    try:
        return lines.load(Manifest, path.read_bytes())
    except NotADirectoryError:
        raise BuildError(
            f"`{build}` is not a build", f"compile it first: `taskc compile {build}`, then `taskc eval`"
        ) from None
    except FileNotFoundError:
        raise BuildError(
            f"there is no build in `{build}`", "make one: `taskc compile`, or name its folder"
        ) from None
    except (OSError, lines.LineError) as problem:
        raise BuildError(
            f"`{path}` is not the manifest of a build: {problem}", "compile again, or name another folder"
        ) from None


def open_build(build: Path) -> tuple[Manifest, Callable[[], Iterator[Request]]]:
    """Give the manifest of a build and a way to read its requests as often as needed; raises `BuildError`.

    The requests are held against the hash in the manifest first, so that a torn or edited file is not asked.
    """
    manifest = read_manifest(build)
    path = build / "requests.jsonl"
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            for block in iter(lambda: file.read(1 << 20), b""):
                digest.update(block)
    except OSError:
        raise BuildError(f"there is no `requests.jsonl` in `{build}`", "compile again") from None
    if digest.hexdigest() != manifest.requests_sha256:
        raise BuildError(f"`{path}` is not what its manifest says", "compile again: it was edited or is torn")

    def requests() -> Iterator[Request]:
        with path.open(encoding="utf-8") as file:
            yield from lines.load_all(Request, file)

    return manifest, requests
