"""The response store: every answer that was ever had, in one SQLite file, found by the key of its call.

The file is in write-ahead mode: several processes may read and write it, one transaction at a time, and a
process that is killed loses what it had not committed and nothing else.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from taskc.records.lines import LineError, dump
from taskc.records.response import Response
from taskc.store.atomic import write_atomically
from taskc.store.batches import BatchBook
from taskc.store.database import Connection, connect, held, insert, transaction
from taskc.store.packing import Packer
from taskc.store.rows import COLUMNS, WHOLE, Way, is_sealed, response_of, row_of, spelled, squeezed
from taskc.store.troubles import NOT_UTF8, StoreError, translated, unreadable

__all__ = ["PATIENCE", "ResponseStore", "StoreError"]

PATIENCE = 30.0  # seconds to wait for another process to finish its transaction
_AT_ONCE = 500  # keys in one query
_HAS = "SELECT 1 FROM responses WHERE key = ?"


class ResponseStore:
    """An open store. Use it from one thread, and close it, or open it in a `with` statement."""

    def __init__(self, connection: Connection, path: Path, hidden: Sequence[str] = ()) -> None:
        """Take over an open connection; `ResponseStore.open` is how to get one."""
        self._db = connection
        self.path = path
        self._hidden = tuple(one for one in hidden if one)
        self._packer = Packer()
        self._ids: dict[Way, int] = {}
        self._ways: dict[int, Way] = {}
        self._base = lru_cache(256)(self._read_base)
        self.batches = BatchBook(connection, path, self._hidden)

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        patience: float = PATIENCE,
        new: bool = True,
        read: bool = False,
        hidden: Sequence[str] = (),
    ) -> Self:
        """Open the store at `path`; raises `StoreError`, and never overwrites.

        Without one, it is made if `new`. Nothing can be written to one that is opened to `read`.
        `hidden` are texts, keys that is, which are never written to it: `***` stands in their place.
        """
        return cls(connect(path, patience, new=new, read=read), path, hidden)

    def close(self) -> None:
        """Close the file; what was added is already in it."""
        self._db.close()

    def __enter__(self) -> Self:
        """Give the open store."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def alone(self) -> AbstractContextManager[None]:
        """Be the only one that sends and picks up batches while the block runs; raises `StoreError`."""
        lock = self.path.with_name(f"{self.path.name}-batches")
        return held(lock, f"another run is at the batches of the response store `{self.path}`")

    def have(self, keys: Iterable[str]) -> set[str]:
        """Say which of `keys` have an answer."""
        return {spelled(key) for key, *_ in self._select("key", keys)}

    def has(self, key: str) -> bool:
        """Say whether `key` has an answer; the quick way for one key."""
        with translated(self.path):
            return self._db.execute(_HAS, (squeezed(key),)).fetchone() is not None

    def changes(self) -> int:
        """Give a number that is another one when somebody else has written to the file meanwhile."""
        with translated(self.path):
            return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def get(self, keys: Iterable[str]) -> dict[str, Response]:
        """Give the answers there are for `keys`, by key; keys without one are left out.

        They come without `operation`, `source` and `body`, which only `each` unpacks.
        """
        found = (self._response(row) for row in self._select(COLUMNS, keys))
        return {one.key: one for one in found}

    def each(self, models: Sequence[str] = ()) -> Iterator[Response]:
        """Give all answers, or those of `models`, whole and in the order of their keys."""
        with translated(self.path):
            for row in self._db.execute(f"SELECT {WHOLE} FROM responses ORDER BY key"):
                if not models or self._way(row[1])[0] in models:
                    yield self._response(row, whole=True)

    def add_all(self, responses: Iterable[Response]) -> None:
        """Keep answers, all of them or none, in one transaction; a key that has one keeps it."""
        some = list(responses)
        try:
            rows = [row_of(one, self._packer, self._hidden) for one in some]
        except ValueError as error:
            raise StoreError(f"an answer cannot be kept in `{self.path}`: {error}") from error
        if not rows:
            return
        try:
            with translated(self.path), transaction(self._db):
                insert(self._db, rows, self._ids)
        except BaseException:
            self._packer.forget()
            self._ids.clear()
            raise

    def examine(self) -> Iterator[tuple[str, Response | None, str]]:
        """Give every key, its answer, whole, or None if it cannot be read, and what is wrong with it."""
        self._ways.clear()  # they are read with care here, and so before and after
        try:
            yield from self._examined()
        finally:
            self._ways.clear()

    def _examined(self) -> Iterator[tuple[str, Response | None, str]]:
        with translated(self.path), _any_text(self._db):
            for row in self._db.execute(f"SELECT {WHOLE} FROM responses ORDER BY key"):
                key = str(spelled(row[0])).encode("utf-8", "replace").decode()
                try:
                    way = self._way(row[1])
                    _check_texts((*row, *way))
                    one = response_of(row, way, self._base)
                    sealed = is_sealed(row, one, self._base)
                except LineError as problem:
                    yield key, None, problem.why
                else:
                    yield key, one, "" if sealed else "its counts, times or lowering were changed"

    def count(self) -> int:
        """Say how many answers there are."""
        return int(self.query("SELECT count(*) FROM responses")[0][0])

    def models(self) -> tuple[str, ...]:
        """Name the models whose answers are kept, in alphabetical order."""
        return tuple(str(model) for (model,) in self.query("SELECT DISTINCT model FROM ways ORDER BY model"))

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Give the rows of one SQL statement, all at once; for those who look after the file."""
        with translated(self.path):
            return self._db.execute(statement).fetchall()

    def export(self, path: Path, *, models: Sequence[str] = ()) -> int:
        """Write all answers, or those of `models`, as JSON lines in the order of their keys; say how many."""
        count = 0

        def lines() -> Iterator[str]:
            nonlocal count
            for one in self.each(models):
                count += 1
                yield dump(one) + "\n"

        write_atomically(path, lines())
        return count

    def _select(self, columns: str, keys: Iterable[str]) -> Iterator[tuple[Any, ...]]:
        """Read `columns` (of our own choosing) of the rows that `keys` name, some hundred a query."""
        rest = map(squeezed, keys)
        while some := list(islice(rest, _AT_ONCE)):
            marks = ",".join("?" * len(some))
            with translated(self.path):
                found = self._db.execute(f"SELECT {columns} FROM responses WHERE key IN ({marks})", some)
                rows = found.fetchall()
            yield from rows

    def _response(self, row: Sequence[Any], *, whole: bool = False) -> Response:
        try:
            return response_of(row, self._way(row[1]), self._base if whole else None)
        except LineError as problem:
            raise unreadable(self.path, problem.why) from None

    def _way(self, at: int) -> Way:
        if at not in self._ways:
            with translated(self.path):
                rows = self._db.execute("SELECT id, model, lowering, sampling FROM ways").fetchall()
            self._ways = {key: (model, lowering, sampling) for key, model, lowering, sampling in rows}
        if at not in self._ways:
            raise LineError(1, "the model it belongs to is not known")
        return self._ways[at]

    def _read_base(self, at: int) -> bytes:
        with translated(self.path):
            row = self._db.execute("SELECT plain FROM bases WHERE id = ?", (at,)).fetchone()
        if row is None:
            raise LineError(1, "what it is packed against is missing")
        return zlib.decompress(row[0])


@contextmanager
def _any_text(db: Connection) -> Iterator[None]:
    """Have texts that are not UTF-8 read too, with half characters in them, which no other text has."""
    usual = db.text_factory
    db.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        db.text_factory = usual


def _check_texts(values: Iterable[object]) -> None:
    for one in values:
        if isinstance(one, str) and not one.isascii():
            try:
                one.encode()
            except UnicodeEncodeError:
                raise LineError(1, NOT_UTF8) from None
