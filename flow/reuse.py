"""What of the last build need not be compiled again: the files that are as they were, and what came of them.

Files that reach each other by imports are one group, and a group is compiled as a whole. Its key is the
content of every file that took part, the compiler itself, and what was selected; times of files play no
part. What is remembered lies in the build folder, in `.cache.json`, is bound by hash to the manifest beside
it, and is never believed without the hash of what it names.
"""

import hashlib
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path

import msgspec
from msgspec import Struct

from taskc import __version__
from taskc.compiler.resolve import Unit
from taskc.compiler.sandbox import JINJA
from taskc.dsl import syntax
from taskc.dsl.diagnostic import Diagnostic
from taskc.dsl.model import Task
from taskc.flow.build_folder import CACHE, MANIFEST
from taskc.flow.load import Loaded, Place, shown_name
from taskc.flow.selection import Wanted
from taskc.records import lines
from taskc.records.manifest import Manifest, SuiteEntry

_COMPILER = ("dsl", "records", "grammar", "compiler", "flow")
_READS = (JINJA, msgspec.__version__)  # versions with which what comes out may change


class FileKey(Struct, frozen=True, kw_only=True):
    """A file that took part: the name findings show, its name in the build, and its content."""

    shown: str
    portable: str
    sha256: str
    bytes: int


class Group(Struct, frozen=True, kw_only=True):
    """Files that reach each other, and what came of them: names of tasks, suites, findings.

    `roots` and `parsed` are names of `.task` files, `files` also data files; `homes` is the file
    of each task.
    """

    roots: tuple[str, ...]
    parsed: tuple[str, ...]
    files: tuple[FileKey, ...]
    tasks: tuple[str, ...]
    homes: tuple[str, ...]
    suites: tuple[SuiteEntry, ...]
    found: tuple[Diagnostic, ...]


class Memory(Struct, frozen=True, kw_only=True):
    """`.cache.json`: by what compiler and for which selection a build was made, and its groups in order."""

    compiler: str
    selection: Mapping[str, tuple[str, ...]]
    limit: str
    manifest_sha256: str
    groups: tuple[Group, ...]


class Kept(Struct, frozen=True, kw_only=True):
    """Groups that need not be compiled again, and the manifest that says where their lines are.

    `whole` says that they are the build: nothing else was in it, and nothing else is asked for.
    """

    manifest: Manifest
    groups: tuple[Group, ...]
    whole: bool = False


def remember(out_of: Sequence[Group], wanted: Wanted, manifest: str) -> str:
    """Give the content of `.cache.json` for a build."""
    return lines.dump(
        Memory(
            compiler=compiler_digest(),
            selection=dict(sorted(wanted.names.items())),
            limit=wanted.limit.text,
            manifest_sha256=hashlib.sha256(manifest.encode()).hexdigest(),
            groups=tuple(out_of),
        )
    )


def find_kept(out: Path, roots: Mapping[str, Place], wanted: Wanted) -> Kept | None:
    """Look what of the build in `out` can be kept for these root files; None where nothing is known of it."""
    try:
        content = (out / MANIFEST).read_bytes()
        memory = lines.load(Memory, (out / CACHE).read_bytes())
        manifest = lines.load(Manifest, content)
    except (OSError, lines.LineError):
        return None
    same = (memory.compiler, dict(memory.selection), memory.limit, memory.manifest_sha256) == (
        compiler_digest(),
        dict(wanted.names),
        wanted.limit.text,
        hashlib.sha256(content).hexdigest(),
    )
    if not same:
        return None
    kept = tuple(group for group in memory.groups if _as_it_was(group, roots))
    whole = kept == memory.groups and [n for g in kept for n in g.roots] == _by_group(roots, kept)
    if wanted.names and not whole:
        return None  # whether the names in a selection exist is a question to all tasks
    return Kept(manifest=manifest, groups=kept, whole=whole)


def changed_since(out: Path) -> list[str]:
    """Name the files from which the build in `out` was made that are there and are no longer what they were.

    Nothing is told of files that cannot be found, as from another folder, nor of a build that does not know.
    """
    try:
        memory = lines.load(Memory, (out / CACHE).read_bytes())
    except (OSError, lines.LineError):
        return []
    keys = {key.shown: key for group in memory.groups for key in group.files}
    return [name for name, key in keys.items() if _hash(place_of(name, {})) not in (None, key.sha256)]


def _by_group(roots: Iterable[str], groups: Sequence[Group]) -> list[str]:
    """Give the roots as a build orders them: groups by their first root, the roots of each in order."""
    home = {root: number for number, group in enumerate(groups) for root in group.roots}
    first: dict[int, list[str]] = {}
    for root in roots:
        first.setdefault(home.get(root, -1), []).append(root)
    return [root for same in first.values() for root in same]


def _as_it_was(group: Group, roots: Mapping[str, Place]) -> bool:
    """Say whether a group has the same roots and the same files as before, byte for byte."""
    if tuple(root for root in roots if root in group.parsed) != group.roots:
        return False
    places = {key.shown: roots[key.shown].portable for key in group.files if key.shown in roots}
    if any(places.get(key.shown, key.portable) != key.portable for key in group.files):
        return False
    return all(_hash(place_of(key.shown, roots)) == key.sha256 for key in group.files)


def place_of(shown: str, roots: Mapping[str, Place]) -> Path:
    """Give the path of a file by the name that findings show."""
    if shown in roots:
        return roots[shown].path
    path = Path(shown)
    if shown.startswith("std/") and not path.exists():
        return Path(str(resources.files("taskc.tasks"))) / shown.removeprefix("std/")
    return path


def _hash(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


@cache
def compiler_digest() -> str:
    """Give a hash of the compiler's own files and of what it reads with: another compiler keeps nothing.

    Contents count and not times, so a checkout, a copy and an install of the same files agree.
    """
    digest = hashlib.sha256(f"{__version__} {sys.version_info[:3]}".encode())
    for version in _READS:
        digest.update(version.encode() + b"\0")
    for name in _COMPILER:
        base = str(resources.files(f"taskc.{name}"))
        for folder, inner, files in os.walk(base):  # five times as fast as `Path.rglob`
            inner.sort()
            for file in sorted(files):
                if file.endswith((".py", ".json", ".lark", ".task")):
                    path = os.path.join(folder, file)  # noqa: PTH118
                    shown = path.removeprefix(base).replace(os.sep, "/")
                    with open(path, "rb", buffering=0) as opened:  # noqa: PTH123
                        digest.update(f"{name}{shown}\0".encode() + opened.read())
    return digest.hexdigest()


# --- groups of what was just compiled -----------------------------------------------------------------


def groups_of(
    loaded: Loaded,
    tasks: Sequence[Task],
    chosen: Sequence[Task],
    suites: Sequence[SuiteEntry],
    found: Sequence[Diagnostic],
) -> list[Group]:
    """Part what was compiled without an error into groups, in the order of their first roots.

    `chosen` are the tasks that are written, of all `tasks` that were read.
    """
    reach = {root: _reach(root, loaded.units) for root in loaded.roots}
    joined: list[tuple[list[str], set[str]]] = []
    for root in loaded.roots:
        together = [one for one in joined if one[1] & reach[root]]
        roots = [r for one in together for r in one[0]] + [root]
        names = reach[root].union(*(one[1] for one in together))
        at = joined.index(together[0]) if together else len(joined)
        joined = [one for one in joined if one not in together]
        joined.insert(at, (roots, names))
    return [_group(roots, names, loaded, tasks, chosen, suites, found) for roots, names in joined]


def _reach(name: str, units: Mapping[str, Unit]) -> set[str]:
    """Give the names of a file and of all files that it imports, directly or not."""
    seen: set[str] = set()
    to_see = [name]
    while to_see:
        one = to_see.pop()
        if one not in seen and one in units:
            seen.add(one)
            to_see += [target for _, target in units[one].imports]
    return seen


def _group(
    roots: Sequence[str],
    names: set[str],
    loaded: Loaded,
    tasks: Sequence[Task],
    chosen: Sequence[Task],
    suites: Sequence[SuiteEntry],
    found: Sequence[Diagnostic],
) -> Group:
    data = {name for task in tasks if task.span.file in names for name in _data_of(task)}
    own = [task for task in chosen if task.span.file in names]
    called = [task.name for task in own]
    order = {root: number for number, root in enumerate(loaded.roots)}
    return Group(
        roots=tuple(sorted(roots, key=order.__getitem__)),
        parsed=tuple(name for name in loaded.sources if name in names),
        files=tuple(
            FileKey(
                shown=name,
                portable=loaded.places[name].portable,
                sha256=digest.sha256,
                bytes=digest.bytes,
            )
            for name, digest in loaded.digests.items()
            if name in names | data
        ),
        tasks=tuple(called),
        homes=tuple(task.span.file for task in own),
        suites=tuple(
            s for s in suites if any(t == n or n.startswith(t + ".") for t in s.tasks for n in called)
        ),
        found=tuple(d for d in found if d.primary.span.file in names | data),
    )


def _data_of(task: Task) -> Iterable[str]:
    """Give the names of the data files that a task reads."""
    for statement in task.statements:
        if isinstance(statement, syntax.ItemsFrom):
            yield shown_name(statement.path.span.file, statement.path.value)
