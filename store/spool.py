"""Bytes put aside outside the memory, in a file without a name that goes when its user does."""

import os
import weakref
from tempfile import TemporaryFile
from typing import IO


class Spool:
    """Takes pieces of bytes and gives them again, in any order.

    The file is made by the first piece, in the folder for temporary files (`TMPDIR`).
    """

    def __init__(self) -> None:
        """Begin empty."""
        self._file: IO[bytes] | None = None
        self._end = 0

    def write(self, piece: bytes) -> int:
        """Put `piece` aside and give the offset by which it is had again; raises `OSError`."""
        if self._file is None:
            self._file = TemporaryFile(prefix="taskc-")  # noqa: SIM115 - it lives as long as the spool
            weakref.finalize(self, self._file.close)
        at = self._end
        self._file.write(piece)
        self._end += len(piece)
        return at

    def read(self, offset: int, length: int) -> bytes:
        """Give the `length` bytes that `write` put at `offset`."""
        assert self._file is not None, "nothing was put aside"
        self._file.flush()
        return os.pread(self._file.fileno(), length, offset)
