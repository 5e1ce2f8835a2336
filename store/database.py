"""The SQLite file of a response store: whose it is, and which format it has.

Format 1 kept an answer as a line of JSON. Format 2 parts it: what is looked up stands in columns, what was
sent and what came back is packed (`packing.py`). Format 3 has tables for batches that are not picked up yet
(`batches.py`). Opening a file of an older format turns it into this one.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from sqlite3 import Connection
from tempfile import mkstemp

from taskc.records.lines import LineError, load
from taskc.records.response import Response
from taskc.store.atomic import settle_mode
from taskc.store.packing import Base
from taskc.store.rows import Row, row_of
from taskc.store.troubles import (
    StoreError,
    foreign,
    is_busy,
    is_closed_to_us,
    torn,
    translated,
    unreadable,
)

__all__ = ["Connection", "connect", "held", "insert", "transaction"]

APPLICATION = 0x7461_736B  # "task"
VERSION = 3
_LOG = 4000  # pages of the log, 16 MB, that are put into the file together: by then a page takes many answers
_MOVED = 1000  # answers of an older format brought over at once
_HEAD = 100  # bytes at the beginning of an SQLite file that say what it is

# `key`, `request` and `asked` are 16 bytes where they are 32 hex digits; `outcome` is a text, or deflated
_SCHEMA = """
CREATE TABLE ways (
    id       INTEGER PRIMARY KEY,
    model    TEXT NOT NULL,
    lowering TEXT NOT NULL,
    sampling TEXT NOT NULL,
    UNIQUE (model, lowering, sampling)
) STRICT;
CREATE TABLE bases (
    id    INTEGER PRIMARY KEY,
    plain BLOB NOT NULL
) STRICT;
CREATE TABLE responses (
    key       ANY PRIMARY KEY NOT NULL,
    way       INTEGER NOT NULL REFERENCES ways,
    request   ANY NOT NULL,
    replicate INTEGER NOT NULL,
    asked     ANY NOT NULL,
    kind      TEXT NOT NULL,
    outcome   ANY NOT NULL,
    read      INTEGER NOT NULL,
    written   INTEGER NOT NULL,
    attempts  INTEGER NOT NULL,
    seconds   REAL NOT NULL,
    at        TEXT NOT NULL,
    base      INTEGER REFERENCES bases,
    packed    BLOB
) STRICT;
"""
_BATCHES = """
CREATE TABLE batches (
    id     TEXT PRIMARY KEY NOT NULL,
    model  TEXT NOT NULL,
    count  INTEGER NOT NULL,
    at     REAL NOT NULL,
    mark   TEXT NOT NULL,
    remote TEXT NOT NULL
) STRICT;
CREATE TABLE batched (
    key   ANY PRIMARY KEY NOT NULL,
    batch TEXT NOT NULL REFERENCES batches,
    call  BLOB NOT NULL
) STRICT;
CREATE INDEX batched_by_batch ON batched (batch, key)
"""
_WAY = """
INSERT INTO ways (model, lowering, sampling) VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET model = model RETURNING id
"""
_INSERT = (
    "INSERT INTO responses VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING"
)


def connect(path: Path, patience: float, *, new: bool = True, read: bool = False) -> Connection:
    """Open the file at `path`, in the format of this taskc; raises `StoreError`, and never overwrites.

    Without one, it is made if `new`. `patience` is how many seconds to wait for another process. To `read`
    leaves the file as it is: one of an older format is copied, and the copy brought into this one.
    """
    with translated(path):
        if not path.exists():
            if read or not new:
                raise StoreError(f"there is no response store `{path}`", help="`taskc eval` makes one")
            _found(path)
        _check_head(path)
        connection = _opened(path, patience, read=read)
        try:
            return _readable(connection, path) if read else _settled(connection, path, patience)
        except BaseException:
            connection.close()
            raise


def _found(path: Path) -> None:
    """Make a store and put it in its place whole; if another process is quicker, its store is the one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    os.close(handle)
    half = Path(name)
    try:
        db = sqlite3.connect(half, isolation_level=None)
        try:
            with transaction(db):
                _make(db)
        finally:
            db.close()
        settle_mode(name)
        try:
            os.link(half, path)
        except FileExistsError:
            return
        except OSError:  # a file system without links
            half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def _check_head(path: Path) -> None:
    """See by its first bytes whose file it is, before SQLite may do anything to it."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head[:16] != b"SQLite format 3\0" or int.from_bytes(head[68:72], "big") != APPLICATION:
        raise foreign(path)


def _opened(path: Path, patience: float, *, read: bool) -> Connection:
    """Open a file that is there. Where nothing may be written, no log beside it means that all is in it."""
    place = path.absolute().as_uri()
    db = sqlite3.connect(f"{place}?mode=rw", uri=True, timeout=patience, isolation_level=None)
    if read:
        try:
            db.execute("PRAGMA query_only = ON")
            db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
        except sqlite3.Error as error:
            db.close()
            if not is_closed_to_us(error) or path.with_name(f"{path.name}-wal").exists():
                raise
            db = sqlite3.connect(f"{place}?immutable=1", uri=True, isolation_level=None)
    return db


def _readable(db: Connection, path: Path) -> Connection:
    """Give what can be read as a file of this format: the file itself, or a copy that was brought over."""
    if _look(db, path) == VERSION:
        return db
    copy = sqlite3.connect("", isolation_level=None)
    try:
        db.backup(copy)
        with transaction(copy):
            _bring_up(copy, path, _version(copy, path))
    except BaseException:
        copy.close()
        raise
    db.close()
    return copy


def insert(db: Connection, rows: list[Row], ways: dict[tuple[str, str, str], int]) -> None:
    """Put rows into the table, within a transaction; a key that is there stays as it is.

    `ways` remembers what was asked for before.
    """
    for way in dict.fromkeys(row.way for row in rows):
        if way not in ways:
            ways[way] = db.execute(_WAY, way).fetchone()[0]
    for base in dict.fromkeys(row.base for row in rows):
        if base is not None and base.id is None:
            base.id = db.execute("INSERT INTO bases (plain) VALUES (?)", (base.deflated,)).lastrowid
    db.executemany(_INSERT, [_values(row, ways) for row in rows])


def _values(row: Row, ways: dict[tuple[str, str, str], int]) -> tuple[object, ...]:
    base: Base | None = row.base
    return (row.key, ways[row.way], *row.columns, base and base.id, row.packed)


def _settled(db: Connection, path: Path, patience: float) -> Connection:
    """Bring a file into this format, and make ready for writing."""
    if _look(db, path) < VERSION:
        with transaction(db):
            _bring_up(db, path, _version(db, path))  # another process may have been faster
    _write_ahead(db, patience)
    db.execute(f"PRAGMA wal_autocheckpoint = {_LOG}")
    db.execute("PRAGMA synchronous = NORMAL")  # a power cut may lose the last answers, never the file
    return db


def _bring_up(db: Connection, path: Path, version: int) -> None:
    """Turn a file of a format into one of this, within a transaction."""
    if version == 1:
        _bring_over(db, path)
    elif version == 2:
        _add_batches(db)


def _look(db: Connection, path: Path) -> int:
    """Give the format of the file, in one moment: others may be making it, growing it or closing it."""
    db.execute("BEGIN")
    try:
        version = _version(db, path)
        _check_whole(db, path)
        return version
    finally:
        with suppress(sqlite3.Error):
            db.execute("ROLLBACK")


def _version(db: Connection, path: Path) -> int:
    """Give the format of the file; raises `StoreError` for what cannot be read."""
    application = db.execute("PRAGMA application_id").fetchone()[0]
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if application == APPLICATION and 1 <= version <= VERSION:
        return version
    if application == APPLICATION:
        raise StoreError(
            f"the response store `{path}` has format {version}, this taskc reads format {VERSION}",
            help="use the taskc that wrote it, or name another store",
        )
    raise foreign(path)


def _make(db: Connection) -> None:
    for statement in _SCHEMA.split(";"):
        db.execute(statement)
    db.execute(f"PRAGMA application_id = {APPLICATION}")
    _add_batches(db)


def _add_batches(db: Connection) -> None:
    """Turn format 2 into format 3, within a transaction."""
    for statement in _BATCHES.split(";"):
        db.execute(statement)
    db.execute(f"PRAGMA user_version = {VERSION}")


def _bring_over(db: Connection, path: Path) -> None:
    """Turn format 1 into this one, within a transaction; what was sent is not known and stays empty."""
    db.execute("ALTER TABLE responses RENAME TO lines")
    _make(db)
    ways: dict[tuple[str, str, str], int] = {}
    last = -1
    while some := db.execute(
        "SELECT rowid, line FROM lines WHERE rowid > ? ORDER BY rowid LIMIT ?", (last, _MOVED)
    ).fetchall():
        insert(db, [row_of(_of_line(line, path)) for _, line in some], ways)
        last = some[-1][0]
    db.execute("DROP TABLE lines")


def _of_line(line: str, path: Path) -> Response:
    try:
        return load(Response, line)
    except LineError as problem:
        raise unreadable(path, problem.why) from None


def _check_whole(db: Connection, path: Path) -> None:
    """See that the file is as long as it says: a torn copy is found here, not in the middle of a run."""
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    size = db.execute("PRAGMA page_size").fetchone()[0]
    log = path.with_name(path.name + "-wal")
    if path.stat().st_size < pages * size and not (log.exists() and log.stat().st_size):
        raise torn(path)
    db.execute("SELECT * FROM responses LIMIT 1").fetchone()


def _write_ahead(db: Connection, patience: float) -> None:
    """Switch to write-ahead mode; SQLite does not wait for other processes here, so we do."""
    end = time.monotonic() + patience
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)


@contextmanager
def held(path: Path, what: str) -> Iterator[None]:
    """Let nobody else in who holds the same file; raises `StoreError` that says `what` somebody else does.

    The lock is SQLite's own on an empty file; the system lifts it when a process ends, however it ends.
    """
    with translated(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        try:
            db.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            if is_busy(error):
                raise StoreError(what, help="wait for it to finish, or name another folder") from error
            raise StoreError(
                f"`{path}` cannot be locked: {error}", help="it is taskc's own and empty; move this one away"
            ) from error
        yield
    finally:
        db.close()


@contextmanager
def transaction(db: Connection) -> Iterator[None]:
    """Do all that is done within, or none of it."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise
