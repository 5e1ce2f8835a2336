"""`taskc diff`: two builds, revisions or paths to what differs between them."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from taskc.flow.build import compile_paths, read_manifest
from taskc.flow.build_folder import MANIFEST
from taskc.flow.compare import compare
from taskc.flow.revision import check_out, find_revision
from taskc.flow.selection import Wanted, parse_limit
from taskc.flow.sides import Side, read_side
from taskc.flow.understand import NotCompiled
from taskc.records.difference import Difference


class _Named(Struct, frozen=True):
    """What was named: a build folder, a path to `.task` files ('' for this folder's), or a revision."""

    text: str

    @property
    def is_build(self) -> bool:
        return bool(self.text) and (Path(self.text) / MANIFEST).is_file()

    @property
    def is_path(self) -> bool:
        path = Path(self.text)
        return (
            not self.text
            or path.exists()
            or self.text.startswith("std/")
            or Path(f"{self.text}.task").is_file()
        )

    @property
    def label(self) -> str:
        return self.text or "the sources"


def diff(old: str | None = None, new: str | None = None) -> Difference:
    """Compare two builds, revisions (`REV`, `REV:path`) or paths to `.task` files.

    With one, `new` is the present sources; where that one is a path to them, `old` is the build in `build`. A
    side that must be compiled is compiled into a temporary folder, and as much of it as the other side holds.
    Raises `BuildError`, `NotFound`, `BadSelection` and `NotCompiled`.
    """
    first, second = _Named(old or "build"), _Named(new or "")
    if old and new is None and first.is_path and not first.is_build:
        first, second = _Named("build"), first
    builds = [Path(side.text) for side in (first, second) if side.is_build]
    wanted = _wanted(builds[0]) if len(builds) == 1 else Wanted()
    return compare(_side(first, second, wanted), _side(second, first, wanted))


def _wanted(build: Path) -> Wanted:
    """Give what was selected for a build."""
    manifest = read_manifest(build)
    return Wanted(names=manifest.selection, limit=parse_limit(manifest.limit))


def _side(named: _Named, other: _Named, wanted: Wanted) -> Side:
    if named.is_build:
        return read_side(Path(named.text))
    with TemporaryDirectory(prefix="taskc-") as folder:
        if named.is_path:
            return _compiled([named.text] if named.text else [], named.label, Path(folder), wanted)
        beside = other.text if other.is_path and not other.is_build else None
        revision = find_revision(named.text, beside)
        place = check_out(revision, Path(folder).resolve() / "tree")
        paths = [str(place)] if place.is_file() or ":" in named.text or beside else _here(place)
        return _compiled(paths, named.label, Path(folder), wanted)


def _here(folder: Path) -> list[str]:
    """Give the `.task` files of a folder itself, as a command without a path takes them."""
    return [str(path) for path in sorted(folder.glob("*.task"))] or [str(folder)]


def _compiled(paths: Sequence[str], label: str, folder: Path, wanted: Wanted) -> Side:
    built = compile_paths(paths, folder / "build", wanted, cache=False, locks=False)
    if built.manifest is None:
        raise NotCompiled(label, built.understood)
    return read_side(folder / "build", label)
