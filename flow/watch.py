"""`taskc compile --watch`: a turn at the beginning, and one whenever a file that took part has changed."""

import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from pathlib import Path

from taskc.flow.load import NotFound, find_roots

PAUSE = 0.3  # seconds between two looks

_State = dict[Path, Hashable]


def turns(paths: Sequence[str], files: Callable[[], Iterable[Path]], pause: float = PAUSE) -> Iterator[None]:
    """Yield at once, then after every change, for ever.

    `files` says what took part in the turn before. The names of the files beside those count too, so that
    one that was missing is seen when it comes, and so do `.task` files that `paths` begin to mean. A change
    counts once it is over: when two looks in a row see the same.
    """
    known: tuple[Path, ...] = ()
    while True:
        before = _state(paths, known)
        yield
        known = tuple(files())
        state = {**_state(paths, known), **before}  # what changed during the turn is a change
        while (now := _state(paths, known)) == state:
            time.sleep(pause)
        while (settled := _after(pause / 3, paths, known)) != now:
            now = settled


def _after(pause: float, paths: Sequence[str], known: Iterable[Path]) -> _State:
    time.sleep(pause)
    return _state(paths, known)


def _state(paths: Sequence[str], known: Iterable[Path]) -> _State:
    """Give what tells two versions of the files and their folders apart."""
    try:
        roots = [place.path for _, place in find_roots(paths)]
    except NotFound:
        roots = []
    files = {*known, *roots, *(root.with_suffix(".lock") for root in roots)}
    return {path: _look(path) for path in files} | {
        folder: _names(folder) for folder in {path.parent for path in files}
    }


def _look(path: Path) -> Hashable:
    """Give time of change, size and number of a file; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _names(folder: Path) -> Hashable:
    """Give the names of the files in a folder, hidden ones left out; folders do not count."""
    try:
        return frozenset(p.name for p in folder.iterdir() if not p.name.startswith(".") and p.is_file())
    except OSError:
        return None
