"""A build on disk: who may write into its folder, what is in it, and reading it while others write."""

import hashlib
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from taskc.records import lines
from taskc.records.manifest import Manifest
from taskc.records.request import Request

MANIFEST, REQUESTS, SNAPSHOT, CACHE = "manifest.json", "requests.jsonl", "snapshot.jsonl", ".cache.json"
_BLOCK = 1 << 20
_PATIENCE = (
    20  # times to look again, a tenth of a second apart, while another process puts its files in place
)


class BuildError(Exception):
    """A build folder that cannot be read or must not be written: problem and cure."""

    def __init__(self, message: str, help: str = "") -> None:
        """Keep problem and cure."""
        super().__init__(message)
        self.help = help


def check_folder(out: Path) -> None:
    """Refuse to write over something that is not a build of ours."""
    if not out.exists():
        return
    if not out.is_dir():
        raise BuildError(f"`{out}` is a file, and a build is a folder", "name another with `-o`")
    with alone(out, writing=False):
        if (out / MANIFEST).exists():
            read_manifest(out)
        elif (out / REQUESTS).exists():
            raise BuildError(
                f"`{out}` holds a `requests.jsonl` without a manifest", "name another folder with `-o`"
            )


@contextmanager
def alone(folder: Path, *, writing: bool = True) -> Iterator[None]:
    """Hold a folder while its files are put in place one after the other, or opened together.

    The lock is on the folder itself, leaves nothing behind, and ends with the process. Where the
    system has none, the hashes in the manifest still tell a mixed build from a good one.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems have no locks
            fcntl.flock(handle, fcntl.LOCK_EX if writing else fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


def read_manifest(build: Path) -> Manifest:
    """Read the manifest of a build; raises `BuildError`."""
    path = build / MANIFEST
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
            f"`{path}` is not the manifest of a build: {problem}",
            "take the file away and compile again, or name another folder",
        ) from None


def open_build(build: Path) -> tuple[Manifest, Callable[[], Iterator[Request]]]:
    """Give the manifest of a build and a way to read its requests as often as needed; raises `BuildError`.

    The requests are held against the hash in the manifest first, so that a torn or edited file is not asked.
    The file stays open: a compilation that puts another in its place in the meantime is not seen.
    """
    manifest, file = open_part(build, REQUESTS)

    def requests() -> Iterator[Request]:
        yield from lines.load_all(Request, again(file))

    return manifest, requests


def open_part(build: Path, name: str) -> tuple[Manifest, BinaryIO]:
    """Open `requests.jsonl` or `snapshot.jsonl` with the manifest that it belongs to; raises `BuildError`."""
    if not build.is_dir():
        read_manifest(build)  # which says what is wrong
    with alone(build, writing=False):
        manifest = read_manifest(build)
        try:
            file = (build / name).open("rb")
        except OSError:
            raise BuildError(f"there is no `{name}` in `{build}`", "compile again") from None
    if hash_of(file) == (manifest.requests_sha256 if name == REQUESTS else manifest.snapshot_sha256):
        return manifest, file
    file.close()
    raise BuildError(
        f"`{build / name}` is not what its manifest says", "compile again: it was edited or is torn"
    )


def hash_of(file: BinaryIO) -> str:
    """Give the SHA-256 of an open file, from its beginning."""
    file.seek(0)
    digest = hashlib.sha256()
    for block in iter(lambda: file.read(_BLOCK), b""):
        digest.update(block)
    return digest.hexdigest()


def again(file: BinaryIO) -> BinaryIO:
    """Read an open file from its beginning once more, without moving anybody else who reads it."""
    return io.BufferedReader(_Again(file), _BLOCK)


class _Again(io.RawIOBase):
    """An open file read by position."""

    def __init__(self, file: BinaryIO) -> None:
        """Begin at the beginning."""
        self._file = file  # kept, so that it stays open
        self._at = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        read = _read_at(self._file, len(view), self._at)
        view[: len(read)] = read
        self._at += len(read)
        return len(read)


def _read_at(file: BinaryIO, size: int, at: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(file.fileno(), size, at)
    file.seek(at)
    return file.read(size)
