"""Files that a `.task` file names: read from its own folder, and from nowhere else."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import BinaryIO

MOST_BYTES = 1 << 30  # of one data file
MOST_TASK_BYTES = 4_000_000  # of one .task file
_BLOCK = 1 << 18
# a pipe is not waited for, and a link in the last place, put there just now, not followed
_FLAGS = (
    os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
)


class FolderError(Exception):
    """A file that cannot or may not be read: problem and cure."""

    def __init__(self, message: str, help: str = "") -> None:
        """Keep problem and cure."""
        super().__init__(message)
        self.help = help


def read_inside(root: Path, base: Path, path: str, *, most: int = MOST_BYTES) -> tuple[Path, bytes]:
    """Read the file that `path` means beside the file `base`, if it lies inside the folder `root`.

    Links are followed before the question is asked. Gives place and bytes; raises `FolderError`.
    """
    place, file = open_inside(root, base, path, most=most)
    with file:
        return place, b"".join(blocks(file, path, most=most))


def open_inside(root: Path, base: Path, path: str, *, most: int = MOST_BYTES) -> tuple[Path, BinaryIO]:
    """Open the file that `read_inside` would read; raises `FolderError`.

    Where the opened file lies is asked again once it is open, so that nothing put in its place in
    between is read.
    """
    if "\0" in path or not path.strip():
        raise FolderError("this is not the path of a file")
    if Path(path).is_absolute() or path.startswith(("\\", "~")) or path[1:3] in (":\\", ":/"):
        raise FolderError(
            "a task reads only files in its own folder, and this path is absolute",
            "put the file beside the task, and name it from there",
        )
    place = base.parent / path
    inside = _inside(root, place, path)
    with _translated(place, path):
        _check(place.stat(), path, most)
        file = open(os.open(inside, _FLAGS), "rb")  # noqa: SIM115, PTH123 - the caller closes it
    try:
        with _translated(place, path):
            opened = os.fstat(file.fileno())
            _check(opened, path, most)
            if not os.path.samestat(opened, _inside(root, place, path).lstat()):
                raise FolderError(f"`{_short(path)}` was replaced while it was opened", "try again")
    except BaseException:
        file.close()
        raise
    return place, file


def blocks(file: BinaryIO, path: str, *, most: int = MOST_BYTES) -> Iterator[bytes]:
    """Give the bytes of an open file from where it stands, in blocks that end where a line does.

    The last block ends with the file. Raises `FolderError` if there are more than `most`.
    """
    size = 0
    with _translated(Path(path), path):
        while block := file.read(_BLOCK):
            block += file.readline(most)
            size += len(block)
            if size > most:
                raise _too_large(path, size, most)
            yield block


def find_inside(root: Path, base: Path, path: str) -> Path:
    """Give the place of a file that could be opened just now; raises `FolderError`."""
    place, file = open_inside(root, base, path)
    file.close()
    return place


def _inside(root: Path, place: Path, path: str) -> Path:
    """Give the place with all links followed; raises `FolderError` where that leads out of `root`."""
    try:
        inside = place.resolve()
    except (OSError, RuntimeError):  # Python before 3.13 says so of links in a circle
        raise FolderError(f"`{_short(path)}` is a link that leads nowhere") from None
    if not inside.is_relative_to(root.resolve()):
        raise FolderError(
            f"`{_short(path)}` lies outside the folder of the task",
            "put the file beside the task, and name it from there",
        )
    return inside


def _short(path: str) -> str:
    return path if len(path) <= 80 else f"{path[:79]}…"


def _check(found: os.stat_result, path: str, most: int) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise FolderError(f"`{_short(path)}` is not a file")
    if found.st_size > most:
        raise _too_large(path, found.st_size, most)


def _too_large(path: str, size: int, most: int) -> FolderError:
    return FolderError(
        f"`{_short(path)}` has {size:,} bytes, and {most:,} is the most", "split it into several files"
    )


@contextmanager
def _translated(place: Path, path: str) -> Iterator[None]:
    """Put what the system says of a file into our words."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        raise FolderError(f"there is no file `{_short(path)}`", _near(place)) from None
    except PermissionError:
        raise FolderError(f"`{_short(path)}` may not be read", "change its permissions") from None
    except OSError as problem:
        raise FolderError(
            f"`{_short(path)}` cannot be read: {(problem.strerror or 'unknown reason').lower()}"
        ) from None


def _near(place: Path) -> str:
    try:
        names = sorted(e.name for e in place.parent.iterdir() if e.suffix == place.suffix)
    except OSError:
        return ""
    near = get_close_matches(place.name, names, n=1, cutoff=0.6)
    return f"a similar name exists: `{near[0]}`" if near else ""
