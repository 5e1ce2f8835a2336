"""Data files as the compiler reads them: a block at a time, as often as asked, hashed on the way."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct

from taskc.compiler.desk import Unreadable
from taskc.store.folder import FolderError, blocks, open_inside


class Digest(Struct, frozen=True):
    """What a file that was read held: its SHA-256 and its size in bytes."""

    sha256: str
    bytes: int


def digest_of(content: bytes) -> Digest:
    """Give the digest of bytes that are in memory."""
    return Digest(hashlib.sha256(content).hexdigest(), len(content))


class DataFile(Struct, frozen=True, kw_only=True):
    """A data file: the name that findings show, and where it is looked for, inside the folder `root`.

    Read to its end it tells `read` what it held.
    """

    name: str
    root: Path
    base: Path
    path: str
    read: Callable[[str, Digest], None] = lambda name, digest: None

    def blocks(self) -> Iterator[bytes]:
        """Give the bytes from the beginning, in blocks that end where a line does; raises `Unreadable`.

        Each reading opens the file anew, asks again whether it may be read, and must find the same.
        """
        hash, size = hashlib.sha256(), 0
        for block in self._blocks():
            hash.update(block)
            size += len(block)
            yield block
        self.read(self.name, Digest(hash.hexdigest(), size))

    def texts(self) -> Iterator[str]:
        """Give the text, whole lines at a time; what is not UTF-8 becomes U+FFFD."""
        for number, block in enumerate(self._blocks()):
            yield block.decode("utf-8" if number else "utf-8-sig", "replace")

    def text(self) -> str | None:
        """Give the whole text, for a finding that points into it; None where it cannot be had any more."""
        try:
            return "".join(self.texts())
        except Unreadable:
            return None

    def _blocks(self) -> Iterator[bytes]:
        try:
            _, file = open_inside(self.root, self.base, self.path)
            with file:
                yield from blocks(file, self.path)
        except FolderError as problem:
            raise Unreadable(str(problem), problem.help) from None
