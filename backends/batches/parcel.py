"""Requests put together in a file of the form and within the limits that a provider states."""

from dataclasses import dataclass
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a file of requests looks like, and the most it may hold: requests and bytes."""

    requests: int
    size: int
    head: bytes = b""
    joint: bytes = b"\n"
    tail: bytes = b"\n"


class Parcel:
    """A file of requests, growing; use it in a `with` statement, at whose end the file is gone."""

    def __init__(self, frame: Frame, *, most: int | None = None) -> None:
        """Begin empty; `most` is a limit on requests below that of the frame."""
        self._frame = frame
        self._most = min(frame.requests, most or frame.requests)
        self.file: IO[bytes] = TemporaryFile(prefix="taskc-")  # noqa: SIM115 - closed by `__exit__`
        self.count = 0
        self.size = self.file.write(frame.head)

    def __enter__(self) -> Self:
        """Give the parcel."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file, which deletes it."""
        self.file.close()

    def fits(self, line: bytes) -> bool:
        """Say whether one more request would be within the limits."""
        grown = self.size + len(self._frame.joint) + len(line) + len(self._frame.tail)
        return self.count < self._most and grown <= self._frame.size

    def add(self, line: bytes) -> None:
        """Put one more request in."""
        self.size += self.file.write((self._frame.joint if self.count else b"") + line)
        self.count += 1

    def close(self) -> IO[bytes]:
        """Put the end on it, and give the file from its beginning."""
        self.size += self.file.write(self._frame.tail)
        self.file.seek(0)
        return self.file
