"""What can be wrong with the file of a response store, and what SQLite's errors mean."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOT_UTF8 = "a text of it is not UTF-8"
_NO_UTF8 = "Could not decode to UTF-8"  # what Python's `sqlite3` says of a text, and shows of it


class StoreError(Exception):
    """A store that cannot be read or written: `str(error)` is the problem, `help` the cure."""

    def __init__(self, message: str, *, help: str = "") -> None:
        """Keep the problem and its cure."""
        super().__init__(message)
        self.help = help


def unreadable(path: Path, why: str) -> StoreError:
    """Say that an answer is not of the agreed shape."""
    return StoreError(
        f"an answer in the response store `{path}` cannot be read: {why}",
        help="it was written by something else; `taskc store verify` says which answers are good",
    )


def foreign(path: Path) -> StoreError:
    """Say that it is somebody else's file."""
    return StoreError(
        f"`{path}` is not a response store", help="name another file; this one is left as it is"
    )


def torn(path: Path) -> StoreError:
    """Say that the file is damaged."""
    return StoreError(
        f"the response store `{path}` is damaged",
        help="it is left as it is; restore a copy, or move it away and start a new one",
    )


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system say into a `StoreError`."""
    try:
        yield
    except sqlite3.Error as error:
        raise _explained(path, error) from error
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise StoreError(f"the response store `{path}` cannot be used: {reason}") from error


def is_busy(error: sqlite3.Error) -> bool:
    """Say whether another process holds the file."""
    return _class_of(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def is_closed_to_us(error: sqlite3.Error) -> bool:
    """Say whether nothing may be written beside the file, which reading with a log would take."""
    return _class_of(error) in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)


def _class_of(error: sqlite3.Error) -> int | None:
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _explained(path: Path, error: sqlite3.Error) -> StoreError:
    if _class_of(error) == sqlite3.SQLITE_NOTADB:
        return foreign(path)
    if _class_of(error) == sqlite3.SQLITE_CORRUPT:
        return torn(path)
    if str(error).startswith(_NO_UTF8):
        return unreadable(path, NOT_UTF8)
    if is_busy(error):
        return StoreError(
            f"the response store `{path}` is held by another process",
            help="wait for it to finish, or name another store",
        )
    return StoreError(f"the response store `{path}` cannot be used: {error}")
