"""Answers to rows and back: what is looked up stands in columns, the rest in one packed document."""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import isfinite
from typing import Any, TypeAlias

import msgspec

from taskc.records.lines import LineError, load
from taskc.records.operation import (
    Answer,
    Generate,
    Generated,
    Labelled,
    Labels,
    Operation,
    Refusal,
    Score,
    Scored,
    Source,
    Usage,
)
from taskc.records.response import Response
from taskc.store.packing import Base, Packer, unpack

COLUMNS = "key, way, request, replicate, asked, kind, outcome, read, written, attempts, seconds, at"
WHOLE = f"{COLUMNS}, base, packed"

Way: TypeAlias = tuple[str, str, str]
"""Model, lowering and sampling: few of them, shared by many answers."""

_LONG = 400  # characters of an outcome from which on it is deflated
_KINDS: Mapping[str, type[Any]] = {
    "scored": Scored,
    "labelled": Labelled,
    "generated": Generated,
    "refusal": Refusal,
}
_OPERATIONS: Mapping[str, type[Any]] = {"score": Score, "labels": Labels, "generate": Generate}
_NAMES = {kind: name for name, kind in _OPERATIONS.items()}
_NOTHING = Source()
_encode = msgspec.json.Encoder().encode
_document = msgspec.json.Decoder(tuple[str, msgspec.Raw, Source, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An answer as it goes into the table; `columns` are those from `request` to `at`."""

    key: bytes | str
    way: Way
    columns: tuple[object, ...]
    base: Base | None = None
    packed: bytes | None = None


def row_of(one: Response, packer: Packer | None = None, hidden: Sequence[str] = ()) -> Row:
    """Make the row of an answer, with all instances of `hidden` texts taken out of what is kept.

    Raises `ValueError` for numbers and texts that no file can hold.
    """
    outcome = _without(_written(one.outcome), hidden)
    kept = outcome if len(outcome) < _LONG else zlib.compress(outcome, 6)
    document = _without(_document_of(one), hidden)
    base, packed = packer.pack(document, outcome) if packer and document else (None, None)
    return Row(
        key=squeezed(one.key),
        way=(one.model, one.lowering, one.sampling),
        columns=(
            squeezed(one.request),
            one.replicate,
            squeezed(one.asked),
            one.outcome.kind,
            kept if kept is not outcome else outcome.decode(),
            one.usage.read,
            one.usage.written,
            one.attempts,
            one.seconds,
            one.at,
        ),
        base=base,
        packed=packed + seal_of(one) if packed else packed,
    )


def seal_of(one: Response) -> bytes:
    """Give 8 bytes of a hash over what stands in columns of its own, beside the outcome.

    They stand after the packed document, and tell whether a column was changed later.
    """
    usage = (one.usage.read, one.usage.written, one.attempts)
    told = (one.request, one.model, one.lowering, one.sampling, one.replicate, one.asked, one.outcome.kind)
    return blake2b(_encode((*told, *usage, one.seconds, one.at)), digest_size=8).digest()


def is_sealed(row: Sequence[Any], one: Response, base: Callable[[int], bytes]) -> bool:
    """Say whether the columns of a row of `WHOLE`, read as `one`, are those it was written with.

    Rows that were written without a seal are taken as they are.
    """
    *_, kept, _, _, _, _, _, at, packed = row
    if packed is None:
        return True
    _, seal = unpack(packed, base(at), _inflated(kept))
    return not seal or seal == seal_of(one)


def response_of(row: Sequence[Any], way: Way, base: Callable[[int], bytes] | None = None) -> Response:
    """Make the answer of a row of `COLUMNS`, or of `WHOLE` where `base` gives bases; raises `LineError`."""
    key, _, request, replicate, asked, kind, kept, read, written, attempts, seconds, at, *rest = row
    for name, value in (("key", key), ("request", request), ("asked", asked), ("outcome", kept)):
        if not isinstance(value, (str, bytes)):
            raise LineError(1, f"its {name} is a number")
    text = _inflated(kept)
    outcome = _outcome(kind, text)
    more = _read_document(rest, text, base) if base else {}
    return Response(
        key=spelled(key),
        request=spelled(request),
        model=way[0],
        replicate=replicate,
        lowering=way[1],
        outcome=outcome,
        usage=Usage(read=read, written=written),
        attempts=attempts,
        seconds=seconds,
        asked=spelled(asked),
        sampling=way[2],
        at=at,
        **more,
    )


def squeezed(text: str) -> bytes | str:
    """Give 32 hex digits as 16 bytes, and any other text as it is."""
    if isinstance(text, str) and len(text) == 32:
        try:
            packed = bytes.fromhex(text)
        except ValueError:
            return text
        return packed if packed.hex() == text else text
    return text


def spelled(value: bytes | str) -> str:
    """Undo `squeezed`."""
    return value.hex() if isinstance(value, bytes) else value


def _document_of(one: Response) -> bytes:
    if one.operation is None and not one.body and one.source == _NOTHING:
        return b""
    kind = name_of(one.operation)
    try:
        return _encode((kind, one.operation, one.source, one.body))
    except UnicodeEncodeError:  # half a character in the body: a server may send what no file can hold
        body = one.body.encode("utf-8", "replace").decode()
        return _encode((kind, one.operation, one.source, body))


def _written(outcome: Answer | Refusal) -> bytes:
    """Give an outcome as JSON, which has no word for a number that is not finite."""
    match outcome:
        case Scored(logprobs=logprobs):
            finite = all(map(isfinite, logprobs))
        case Labelled(logprobs=known, outside=outside):
            finite = isfinite(outside) and all(one is None or isfinite(one) for one in known)
        case _:
            finite = True
    if not finite:
        raise ValueError("a number in it is not finite")
    return _encode(outcome)


def _without(text: bytes, hidden: Sequence[str]) -> bytes:
    for one in hidden:
        text = text.replace(one.encode(), b"***")
    return text


def _inflated(kept: bytes | str) -> bytes:
    try:
        return kept.encode() if isinstance(kept, str) else zlib.decompress(kept)
    except zlib.error:
        raise LineError(1, "it cannot be inflated") from None


def _outcome(kind: str, text: bytes) -> Answer | Refusal:
    if kind not in _KINDS:
        raise LineError(1, f"unknown kind `{kind}`")
    outcome: Answer | Refusal = load(_KINDS[kind], text)
    return outcome


def _read_document(rest: Sequence[Any], outcome: bytes, base: Callable[[int], bytes]) -> dict[str, Any]:
    at, packed = rest
    if packed is None:
        return {}
    try:
        document, _ = unpack(packed, base(at), outcome)
        kind, raw, source, body = _document.decode(document)
    except (zlib.error, msgspec.MsgspecError, UnicodeError):
        raise LineError(1, "what was sent cannot be unpacked, or the answer beside it was changed") from None
    return {"operation": operation_of(kind, raw), "source": source, "body": body}


def name_of(operation: Operation | None) -> str:
    """Give the word by which the kind of an operation is kept, empty for none."""
    return _NAMES[type(operation)] if operation is not None else ""


def operation_of(kind: str, raw: msgspec.Raw) -> Operation | None:
    """Read an operation of the kind that `name_of` gives; raises `LineError`."""
    if not kind:
        return None
    if kind not in _OPERATIONS:
        raise LineError(1, f"unknown operation `{kind}`")
    operation: Operation = load(_OPERATIONS[kind], bytes(raw))
    return operation
