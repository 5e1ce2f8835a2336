"""Write a file whole or not at all: a reader sees the old one or the new one, never a part."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

Content = bytes | str | Iterable[bytes] | Iterable[str]


def write_atomically(path: Path, content: Content) -> None:
    """Put `content` at `path`, as UTF-8 if it is text, replacing what was there in one step.

    Parts of an iterable are written as they come, so it may be larger than memory. When it raises,
    or the disk is full, what was at `path` stays as it was. Missing folders are made.
    """
    put_in_place({path: write_aside(path, content)})


def write_aside(path: Path, content: Content) -> Path:
    """Write `content` to a hidden file beside `path`, ready for `put_in_place`; gives where it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False) as file:
        try:
            for part in _parts(content):
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
            settle_mode(file.name)
        except BaseException:
            discard([Path(file.name)])
            raise
    return Path(file.name)


def put_in_place(files: dict[Path, Path]) -> None:
    """Move files written aside to where they belong, one after another in the order given."""
    try:
        for path, aside in files.items():
            aside.replace(path)
    except BaseException:
        discard(files.values())
        raise
    for folder in {path.parent for path in files}:
        _sync_folder(folder)


def discard(asides: Iterable[Path]) -> None:
    """Take away files that were written aside and are not wanted."""
    for aside in asides:
        with suppress(OSError):
            aside.unlink()


def _parts(content: Content) -> Iterable[bytes]:
    if isinstance(content, bytes):
        return (content,)
    if isinstance(content, str):
        return (content.encode(),)
    return (part.encode() if isinstance(part, str) else part for part in content)


def settle_mode(name: str) -> None:
    """Give a temporary file, made for its owner only, the mode that an ordinary new file would have."""
    mask = os.umask(0)
    os.umask(mask)
    Path(name).chmod(0o666 & ~mask)


def _sync_folder(folder: Path) -> None:
    """Make the rename last through a power cut, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
