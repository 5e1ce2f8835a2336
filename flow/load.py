"""Paths to parsed files: what a command was pointed at, what those files import, and the shipped regimes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path

from msgspec import Struct, field

from taskc.compiler.desk import Unreadable
from taskc.compiler.limits import DEPTH
from taskc.compiler.resolve import Unit
from taskc.compiler.tables import not_utf8
from taskc.dsl import syntax
from taskc.dsl.diagnostic import Diagnostic, error, similar
from taskc.dsl.span import Source, Span
from taskc.flow.data_files import DataFile, Digest, digest_of
from taskc.grammar.parse import parse
from taskc.store.folder import MOST_TASK_BYTES, FolderError, find_inside, read_inside
from taskc.store.spool import Spool

_ENDING = ".task"


class NotFound(Exception):
    """A path on the command line that means nothing: problem and cure."""

    def __init__(self, message: str, help: str = "") -> None:
        """Keep problem and cure."""
        super().__init__(message)
        self.help = help


class NoTasks(NotFound):
    """A folder without `.task` files."""


class Place(Struct, frozen=True, kw_only=True):
    """Where a file is: the path to read, the folder it may look into, and its name in a build."""

    path: Path
    root: Path
    portable: str


class Loaded(Struct, kw_only=True):
    """All files of one compilation by the name that findings show, and what was read."""

    roots: list[str] = field(default_factory=list)
    units: dict[str, Unit] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    data: dict[str, DataFile] = field(default_factory=dict)
    digests: dict[str, Digest] = field(default_factory=dict)  # of all files, once they are read to the end
    found: list[Diagnostic] = field(default_factory=list)
    instead: Mapping[str, bytes] = field(default_factory=dict)  # by name, read in place of what is on disk
    depth: int = 0  # how many imports lie between the file being read and the command line

    def open(self, base: str, path: str) -> DataFile:
        """Find a data file for the compiler; see `compiler.desk.Files`."""
        home = self.places[base]
        try:
            place = find_inside(home.root, home.path, path)
        except FolderError as problem:
            raise Unreadable(str(problem), problem.help) from None
        shown = shown_name(base, path)
        self.places[shown] = Place(path=place, root=home.root, portable=shown_name(home.portable, path))
        self.data[shown] = DataFile(name=shown, root=home.root, base=home.path, path=path, read=self._note)
        return self.data[shown]

    def spool(self) -> Spool:
        """Give the compiler a place outside the memory; see `compiler.desk.Files`."""
        return Spool()

    def _note(self, name: str, digest: Digest) -> None:
        """Keep what a data file held; raises `Unreadable` if it held something else before."""
        if self.digests.setdefault(name, digest) != digest:
            raise Unreadable(f"`{name}` changed while it was read", "compile again")


def shown_name(base: str, path: str) -> str:
    """Give the name of the file that `path` means in the file named `base`."""
    folder = base.rpartition("/")[0]
    return str(Path(folder) / path) if folder else str(Path(path))


def load(paths: Sequence[str]) -> Loaded:
    """Read the `.task` files that `paths` name and all they import; raises `NotFound`.

    A folder means all `.task` files below it; `std/NAME` means a shipped task; no path means the
    `.task` files of the current folder.
    """
    return load_roots(find_roots(paths))


def load_roots(roots: Iterable[tuple[str, Place]], instead: Mapping[str, bytes] | None = None) -> Loaded:
    """Read `.task` files, given by the name that findings show and their place, and all they import.

    `instead` gives files by name that are taken in place of what is on disk.
    """
    loaded = Loaded(instead=instead or {})
    for shown, place in roots:
        if shown in loaded.roots:
            continue
        loaded.roots.append(shown)
        if shown not in loaded.places:  # another root may have imported it
            loaded.places[shown] = place
            _load_file(shown, _content(place), loaded)
    loaded.roots = [name for name in loaded.roots if name in loaded.units]
    return loaded


def find_roots(paths: Sequence[str]) -> Iterator[tuple[str, Place]]:
    """Give the `.task` files that `paths` name, unread; raises `NotFound`."""
    if not paths:
        here = sorted(Path().glob(f"*{_ENDING}"))
        if not here:
            raise NoTasks(f"there is no `{_ENDING}` file in this folder")
        yield from ((str(path), _place(path)) for path in here)
    for text in paths:
        path = Path(text)
        if text.startswith("std/") and not path.exists():
            yield from _shipped_task(text)
        elif path.is_dir():
            below = sorted(p for p in path.rglob(f"*{_ENDING}") if not _hidden(p.relative_to(path)))
            if not below:
                raise NoTasks(f"there is no `{_ENDING}` file in `{text}`")
            yield from (
                (str(p), Place(path=p, root=p.parent, portable=p.relative_to(path).as_posix())) for p in below
            )
        elif path.is_file():
            yield str(path), _place(path)
        elif not path.suffix and path.with_suffix(_ENDING).is_file():
            yield str(path.with_suffix(_ENDING)), _place(path.with_suffix(_ENDING))
        elif path.exists():
            raise NotFound(f"`{text}` is not a file")
        else:
            raise NotFound(f"there is no file or folder `{text}`", similar(path.name, _listed(path.parent)))


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _listed(folder: Path) -> list[str]:
    return [entry.name for entry in folder.iterdir()] if folder.is_dir() else []


def _place(path: Path) -> Place:
    return Place(path=path, root=path.parent, portable=path.name)


def _shipped_task(name: str) -> Iterable[tuple[str, Place]]:
    base = Path(str(resources.files("taskc.tasks")))
    task = name.removeprefix("std/").removesuffix(_ENDING)
    known = {path.stem: path for path in base.rglob(f"*{_ENDING}")}
    if task not in known:
        raise NotFound(f"no task `{_short(name)}` is shipped", similar(task, known))
    path = known[task]
    inside = path.relative_to(base).as_posix()
    yield f"std/{inside}", Place(path=path, root=base, portable=inside)


def _short(name: str) -> str:
    return name if len(name) <= 80 else f"{name[:79]}…"


def _content(place: Place) -> bytes | FolderError:
    try:
        return read_inside(place.root, place.path, place.path.name, most=MOST_TASK_BYTES)[1]
    except FolderError as problem:
        return problem


def _load_file(name: str, content: bytes | FolderError, loaded: Loaded) -> None:
    content = loaded.instead.get(name, content)
    if isinstance(content, FolderError):
        start = Span(file=name, start=0, end=0)
        loaded.found.append(error("unreadable-file", str(content), start, help=content.help))
        return
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        loaded.sources[name] = Source(name=name, text=content.decode("utf-8-sig", "replace"))
        loaded.found.append(not_utf8("unreadable-file", name, content))
        return
    loaded.digests[name] = digest_of(content)
    source = Source(name=name, text=text)
    loaded.sources[name] = source
    file, found = parse(source)
    loaded.found += found
    if file is None:
        return
    imports = [d for d in file.declarations if isinstance(d, syntax.Import)]
    links = [(one, target) for one in imports if (target := _import(one, name, loaded)) is not None]
    loaded.units[name] = Unit(name=name, file=file, imports=tuple(links))


def _import(statement: syntax.Import, base: str, loaded: Loaded) -> str | None:
    """Load what a file imports and give the name it is known by; None when it is shipped or cannot be had."""
    path = statement.path.value
    if path.startswith("std/"):
        return _import_shipped(statement, path, loaded)
    home = loaded.places[base]
    if loaded.depth >= DEPTH:
        told = f"files may import each other {DEPTH} deep at most"
        loaded.found.append(error("nesting-too-deep", told, statement.path.span, help="import it earlier"))
        return None
    path = path if path.endswith(_ENDING) else path + _ENDING
    shown = shown_name(base, path)
    if shown in loaded.places:
        return shown
    try:
        place, data = read_inside(home.root, home.path, path, most=MOST_TASK_BYTES)
    except FolderError as problem:
        loaded.found.append(error("unreadable-file", str(problem), statement.path.span, help=problem.help))
        return None
    loaded.places[shown] = Place(path=place, root=home.root, portable=shown_name(home.portable, path))
    loaded.depth += 1
    _load_file(shown, data, loaded)
    loaded.depth -= 1
    return shown


def _import_shipped(statement: syntax.Import, path: str, loaded: Loaded) -> str | None:
    if path.removesuffix(_ENDING) == "std/regimes":
        return None  # every file sees them anyway
    try:
        [(shown, place)] = _shipped_task(path)
    except NotFound as problem:
        loaded.found.append(error("unreadable-file", str(problem), statement.path.span, help=problem.help))
        return None
    if shown not in loaded.places:
        loaded.places[shown] = place
        _load_file(shown, _content(place), loaded)
    return shown


@cache
def shipped_regimes() -> dict[str, syntax.Regime]:
    """Give the regimes that every file sees, by name."""
    file, found = parse(shipped_source())
    assert file is not None and not found, "the shipped regimes do not parse"
    return {d.name.text: d for d in file.declarations if isinstance(d, syntax.Regime)}


@cache
def shipped_source() -> Source:
    """Give the text of the shipped regimes, for findings that point into it."""
    text = resources.files("taskc.compiler").joinpath("std/regimes.task").read_text(encoding="utf-8")
    return Source(name="std/regimes.task", text=text)
