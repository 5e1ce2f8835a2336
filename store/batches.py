"""Open batches in the response store: which calls are in which, from before it is sent until it is picked up.

A call is in one open batch at most, and stays there with all that is needed to keep its answer, so that a
batch can be picked up by a run that asks for something else, or after the build was compiled anew.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import msgspec

from taskc.records.batch import Batch
from taskc.records.lines import LineError
from taskc.records.plan import Call
from taskc.store.database import Connection, transaction
from taskc.store.rows import name_of, operation_of, spelled, squeezed
from taskc.store.troubles import StoreError, translated, unreadable

_AT_ONCE = 500  # keys in one query
_COLUMNS = "id, model, count, at, mark, remote"
_encode = msgspec.json.Encoder().encode
_call = msgspec.json.Decoder(tuple[str, int, str, str, str, msgspec.Raw])


class BatchBook:
    """The batches of one open store; `hidden` are texts that are never written down."""

    def __init__(self, db: Connection, path: Path, hidden: Sequence[str] = ()) -> None:
        """Take part in an open store; `ResponseStore.batches` is how to get one."""
        self._db = db
        self._path = path
        self._hidden = hidden

    def each(self, model: str | None = None) -> tuple[Batch, ...]:
        """Give the batches that are not picked up, or those of `model`, oldest first."""
        with translated(self._path):
            rows = self._db.execute(f"SELECT {_COLUMNS} FROM batches ORDER BY at, id").fetchall()
        names = _COLUMNS.split(", ")
        found = [Batch(**dict(zip(names, row, strict=True))) for row in rows]
        return tuple(one for one in found if model is None or one.model == model)

    def begin(self, batch: Batch, calls: Iterable[Call]) -> None:
        """Write a batch down with its calls, all or nothing, before it is sent."""
        rows = ((squeezed(call.key), batch.id, self._packed(call)) for call in calls)
        values = (batch.id, batch.model, batch.count, batch.at, batch.mark, batch.remote)
        with translated(self._path), transaction(self._db):
            self._db.execute("INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?)", values)
            self._db.executemany("INSERT INTO batched VALUES (?, ?, ?)", rows)

    def sent(self, id: str, remote: str) -> None:
        """Write down what the provider calls it."""
        with translated(self._path), transaction(self._db):
            self._db.execute("UPDATE batches SET remote = ? WHERE id = ?", (remote, id))

    def end(self, id: str) -> None:
        """Forget a batch: it was picked up, or never accepted."""
        with translated(self._path), transaction(self._db):
            self._db.execute("DELETE FROM batched WHERE batch = ?", (id,))
            self._db.execute("DELETE FROM batches WHERE id = ?", (id,))

    def awaited(self, keys: Iterable[str]) -> set[str]:
        """Say which of `keys` are in an open batch."""
        found: set[str] = set()
        rest = iter(keys)
        with translated(self._path):
            while some := [squeezed(key) for key in islice(rest, _AT_ONCE)]:
                marks = ", ".join("?" * len(some))
                rows = self._db.execute(f"SELECT key FROM batched WHERE key IN ({marks})", some)
                found.update(spelled(key) for (key,) in rows.fetchall())
        return found

    def calls(self, id: str) -> Iterator[Call]:
        """Give the calls of a batch, in the order of their keys; others may be written meanwhile."""
        last: bytes | str | None = None
        while rows := self._after(id, last):
            for key, packed in rows:
                yield self._unpacked(spelled(key), packed)
            last = rows[-1][0]

    def calls_by_key(self, id: str, keys: Iterable[str]) -> dict[str, Call]:
        """Give those calls of a batch that have these keys; at most a few hundred at once."""
        some = [squeezed(key) for key in keys]
        marks = ", ".join("?" * len(some))
        with translated(self._path):
            query = f"SELECT key, call FROM batched WHERE batch = ? AND key IN ({marks})"
            rows = self._db.execute(query, (id, *some)).fetchall()
        return {spelled(key): self._unpacked(spelled(key), packed) for key, packed in rows}

    def _after(self, id: str, last: bytes | str | None) -> list[tuple[bytes | str, bytes]]:
        later = "" if last is None else "AND key > ?"
        query = f"SELECT key, call FROM batched WHERE batch = ? {later} ORDER BY key LIMIT {_AT_ONCE}"
        with translated(self._path):
            return self._db.execute(query, (id,) if last is None else (id, last)).fetchall()

    def _packed(self, call: Call) -> bytes:
        kind = name_of(call.operation)
        whole = (call.request, call.replicate, call.lowering, call.sampling, kind, call.operation)
        try:
            text: bytes = _encode(whole)
        except UnicodeEncodeError as error:
            why = f"a request cannot be kept in `{self._path}`: half a character is in it"
            raise StoreError(why, help="mend the text that it is made of") from error
        for one in self._hidden:
            text = text.replace(one.encode(), b"***")
        return zlib.compress(text, 3)

    def _unpacked(self, key: str, packed: bytes) -> Call:
        try:
            request, replicate, lowering, sampling, kind, raw = _call.decode(zlib.decompress(packed))
            operation = operation_of(kind, raw)
        except (zlib.error, msgspec.MsgspecError, LineError):
            raise unreadable(self._path, "a request of a batch is damaged") from None
        if operation is None:
            raise unreadable(self._path, "a request of a batch is empty")
        return Call(
            key=key,
            request=request,
            replicate=replicate,
            lowering=lowering,
            operation=operation,
            sampling=sampling,
        )
