"""Values to JSON lines and back: one object a line, fields in the order of the class, no blanks."""

import json
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, cast

import msgspec

T = TypeVar("T")

# a text as JSON, the same bytes as `dump` gives; raises `UnicodeEncodeError` for half a character
encode_text: Callable[[str], bytes] = msgspec.json.Encoder().encode
# made once, as it is called for every line
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
_quickly = msgspec.json.Encoder().encode
# what the quick way writes in another form: numbers with an exponent, and `null` for what is not finite
_EXPONENT = re.compile(rb"[:\[,]-?(?:0\.0000|[\d.]+e)")
_EXPONENT_OR_NULL = re.compile(rb"[:\[,]-?(?:null|0\.0000|[\d.]+e)")
_PLAIN = frozenset((str, int, float, bool, type(None)))


class LineError(ValueError):
    """A line that is not what it should be; `number` counts from 1."""

    def __init__(self, number: int, why: str) -> None:
        """Keep the line's number and what is wrong with it."""
        super().__init__(f"line {number}: {why}")
        self.number = number
        self.why = why


def plain(value: Any) -> Any:
    """Give `value` as dicts, lists and scalars; fields of structs and dataclasses keep their order."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    names = _names(cast(Hashable, kind))
    if names is not None:
        return {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    return value


def dump(value: Any, *, finite: bool = False) -> str:
    """Write one value as one line of JSON, without the line break.

    Raises `ValueError` for a number that is not finite, unless the caller says that there is none.
    """
    if type(value) in _PLAIN:
        return _encode(value)
    try:
        line = _quickly(value)
    except (TypeError, UnicodeEncodeError, OverflowError):  # half a character, or a number of another library
        return _encode(plain(value))
    doubtful = _EXPONENT if finite else _EXPONENT_OR_NULL
    return _encode(plain(value)) if doubtful.search(line) else line.decode()


def load(kind: type[T], line: str | bytes, *, number: int = 1) -> T:
    """Read one line back as `kind`, checked; raises `LineError`."""
    quick = _decoder(cast(Hashable, kind))
    if quick is not None:
        try:
            return cast(T, quick.decode(line))
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as problem:
            if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
                raise LineError(number, str(problem).lower()) from None
    return _load_with_care(kind, line, number)


def _load_with_care(kind: type[T], line: str | bytes, number: int) -> T:
    """Read what the quick way does not take, and say well what is wrong with it."""
    from pydantic import ValidationError

    try:
        value: T = _adapter(cast(Hashable, kind)).validate_json(line)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise LineError(number, f"{where + ': ' if where else ''}{first['msg'].lower()}") from None
    return value


def load_all(kind: type[T], lines: Iterable[str | bytes]) -> Iterator[T]:
    """Read lines one after another; blank ones are passed over."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield load(kind, line, number=number)


@cache
def _names(kind: Any) -> tuple[str, ...] | None:
    """Give the fields of a struct or a dataclass; None for any other kind."""
    if issubclass(kind, msgspec.Struct):
        return cast(tuple[str, ...], kind.__struct_fields__)
    return tuple(f.name for f in fields(kind)) if is_dataclass(kind) else None


@cache
def _decoder(kind: Any) -> Any:
    """Give the quick way to read a kind; None where there is none, as for a choice of several classes."""
    try:
        return msgspec.json.Decoder(kind)
    except TypeError:
        return None


@cache
def _adapter(kind: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
