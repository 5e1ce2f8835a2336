"""Answers and tables as Parquet files; needs the extra `parquet`."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from taskc.records.lines import dump
from taskc.records.operation import Generated, Labelled, Refusal, Scored
from taskc.records.response import Response
from taskc.store.atomic import write_atomically
from taskc.store.responses import StoreError

_GROUP = 5000  # answers in one row group


def write_parquet(path: Path, responses: Iterable[Response]) -> int:
    """Write answers in the order they come, and say how many; raises `StoreError` without pyarrow.

    The same answers give the same bytes, as long as pyarrow stays the same.
    """
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        raise StoreError(
            "writing parquet needs the package `pyarrow`",
            help="pip install pyarrow, or export to a `.jsonl` file",
        ) from None
    count = 0
    schema = _schema(arrow)

    def parts() -> Iterator[bytes]:
        nonlocal count
        drain = _Drain()
        with parquet.ParquetWriter(drain, schema, compression="zstd") as writer:
            rest = iter(responses)
            while some := [_columns(one) for one in islice(rest, _GROUP)]:
                count += len(some)
                writer.write_table(arrow.Table.from_pylist(some, schema=schema))
                yield drain.taken()
        yield drain.taken()

    write_atomically(path, parts())
    return count


def can_write() -> bool:
    """Say whether Parquet files can be written here."""
    from importlib.util import find_spec

    return find_spec("pyarrow") is not None


def write_table(path: Path, columns: Mapping[str, type], rows: Sequence[Sequence[object]]) -> None:
    """Write a table whose columns are texts, whole numbers, numbers or truths, None where there is nothing.

    The same table gives the same bytes, as long as pyarrow stays the same.
    """
    import pyarrow as arrow
    from pyarrow import parquet

    kinds = {str: arrow.string(), int: arrow.int64(), float: arrow.float64(), bool: arrow.bool_()}
    schema = arrow.schema([(name, kinds[kind]) for name, kind in columns.items()])
    cells = [
        [None if row[at] is None else kind(row[at]) for row in rows]
        for at, kind in enumerate(columns.values())
    ]
    out = io.BytesIO()
    parquet.write_table(arrow.table(cells, schema=schema), out, compression="zstd")
    write_atomically(path, out.getvalue())


class _Drain(io.RawIOBase):
    """A file that is only written to, from which what was written can be taken."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._at = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def write(self, part: Any) -> int:
        self._parts.append(bytes(part))
        self._at += len(self._parts[-1])
        return len(self._parts[-1])

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def _schema(arrow: Any) -> Any:
    text, number, real = arrow.string(), arrow.int64(), arrow.float64()
    kinds = {
        **dict.fromkeys(("key", "model", "lowering", "sampling", "request"), text),
        "replicate": number,
        **dict.fromkeys(("asked", "kind", "text", "finish"), text),
        "logprobs": arrow.list_(real),
        "tokens": arrow.list_(number),
        "outside": real,
        **dict.fromkeys(("read", "written", "attempts"), number),
        "seconds": real,
        **dict.fromkeys(("at", "served_by", "fingerprint", "reply_id", "batch", "address"), text),
        **dict.fromkeys(("operation", "body"), text),
    }
    return arrow.schema(list(kinds.items()))


def _columns(one: Response) -> dict[str, object]:
    return {
        "key": one.key,
        "model": one.model,
        "lowering": one.lowering,
        "sampling": one.sampling,
        "request": one.request,
        "replicate": one.replicate,
        "asked": one.asked,
        **_outcome(one.outcome),
        "read": one.usage.read,
        "written": one.usage.written,
        "attempts": one.attempts,
        "seconds": one.seconds,
        "at": one.at,
        "served_by": one.source.model,
        "fingerprint": one.source.fingerprint,
        "reply_id": one.source.id,
        "batch": one.source.batch,
        "address": one.source.url,
        "operation": dump(one.operation) if one.operation is not None else None,
        "body": one.body,
    }


def _outcome(outcome: Scored | Labelled | Generated | Refusal) -> dict[str, object]:
    match outcome:
        case Generated(text=text, finish=finish):
            return {"kind": outcome.kind, "text": text, "finish": finish}
        case Scored(logprobs=logprobs, tokens=tokens):
            return {"kind": outcome.kind, "logprobs": logprobs, "tokens": tokens}
        case Labelled(logprobs=logprobs, outside=outside):
            return {"kind": outcome.kind, "logprobs": logprobs, "outside": outside}
        case Refusal(text=text):
            return {"kind": outcome.kind, "text": text}
