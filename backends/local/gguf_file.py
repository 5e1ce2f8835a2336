"""Reads the header of a GGUF file: its settings, its words, and where each tensor lies.

Written here because a general reader takes seconds for a vocabulary of 49 thousand strings, and a
run opens the model each time. Format: the GGUF specification, versions 2 and 3, little-endian.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import prod
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TypeAlias

from taskc.backends.protocol import ModelError

Value: TypeAlias = "int | float | bool | str | list[int] | list[float] | list[bool] | list[str]"

_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """How a tensor type packs numbers: `block` numbers in `size` bytes."""

    name: str
    block: int
    size: int


ENCODINGS: dict[int, Encoding] = {
    0: Encoding(name="F32", block=1, size=4),
    1: Encoding(name="F16", block=1, size=2),
    2: Encoding(name="Q4_0", block=32, size=18),
    3: Encoding(name="Q4_1", block=32, size=20),
    8: Encoding(name="Q8_0", block=32, size=34),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """A tensor in the file: `shape` is (rows, columns) or (columns,), `start` an offset in bytes."""

    name: str
    shape: tuple[int, ...]
    encoding: Encoding
    start: int

    @property
    def size(self) -> int:
        """Give the bytes it takes."""
        return prod(self.shape) // self.encoding.block * self.encoding.size


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufFile:
    """A GGUF file whose header has been read and whose tensors are known to lie inside it."""

    path: Path
    fields: Mapping[str, Value] = field(repr=False)
    tensors: Mapping[str, Tensor] = field(repr=False)

    def number(self, key: str) -> float:
        """Give a number that must be there."""
        value = self.fields.get(key)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ModelError(f"`{self.path}` does not say `{key}`", help="convert the model to GGUF anew")
        return value

    def whole(self, key: str, default: int | None = None) -> int:
        """Give a whole number, or the default where the file does not say."""
        return default if default is not None and key not in self.fields else int(self.number(key))

    def words(self, key: str) -> list[str]:
        """Give a list of strings, empty where the file does not say."""
        value = self.fields.get(key)
        return [str(word) for word in value] if isinstance(value, list) else []


def read_gguf(path: Path) -> GgufFile:
    """Read the header of a GGUF file; raises `ModelError` when it is none, is cut off or packed oddly."""
    return _opened(path, _read)


def read_fields(path: Path) -> GgufFile:
    """Read the settings of a GGUF file and leave its tensors out, however they are packed."""

    def read(path: Path, reader: _Reader) -> GgufFile:
        fields, _ = _read_head(path, reader)
        return GgufFile(path=path, fields=fields, tensors={})

    return _opened(path, read)


def _opened(path: Path, read: "Callable[[Path, _Reader], GgufFile]") -> GgufFile:
    try:
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
            if data[:4] != b"GGUF":
                raise ModelError(f"`{path}` is not a GGUF file", help="give the path of a `.gguf` file")
            return read(path, _Reader(data=data))
    except OSError as error:
        raise ModelError(f"`{path}` cannot be read: {error.strerror}", help="check the path") from error
    except (struct.error, ValueError, IndexError, KeyError) as error:
        raise ModelError(
            f"the header of `{path}` cannot be read: it is cut off or damaged", help="fetch the file anew"
        ) from error


class _Reader:
    """A place in the bytes that moves on as values are read."""

    def __init__(self, *, data: mmap) -> None:
        self.data = data
        self.place = 4

    def number(self, kind: str) -> int | float | bool:
        value: int | float | bool
        (value,) = struct.unpack_from("<" + kind, self.data, self.place)
        self.place += struct.calcsize("<" + kind)
        return value

    def count(self, kind: str = "Q") -> int:
        return int(self.number(kind))

    def string(self) -> str:
        return self.strings(1)[0]

    def strings(self, count: int) -> list[str]:
        data, place, found, length = self.data, self.place, [], struct.Struct("<Q").unpack_from
        for _ in range(count):
            start = place + 8
            place = start + length(data, place)[0]
            if place > len(data):
                raise IndexError
            found.append(data[start:place].decode("utf-8"))
        self.place = place
        return found

    def value(self, kind: int) -> Value:
        if kind == _STRING:
            return self.string()
        if kind == _ARRAY:
            return self.array()
        return self.number(_NUMBERS[kind])

    def array(self) -> Value:
        kind, count = self.count("I"), self.count()
        if kind == _STRING:
            return self.strings(count)
        shape = f"<{count}{_NUMBERS[kind]}"
        values = list(struct.unpack_from(shape, self.data, self.place))
        self.place += struct.calcsize(shape)
        return values


def _read_head(path: Path, reader: _Reader) -> tuple[dict[str, Value], int]:
    """Read the settings, and how many tensors come after them."""
    version = reader.count("I")
    if version not in (2, 3):
        raise ModelError(f"`{path}` is GGUF version {version}", help="versions 2 and 3 can be read")
    tensors, fields = reader.count(), reader.count()
    return {reader.string(): reader.value(reader.count("I")) for _ in range(fields)}, tensors


def _read(path: Path, reader: _Reader) -> GgufFile:
    known, tensors = _read_head(path, reader)
    found = [_read_tensor(path, reader) for _ in range(tensors)]
    aligned = known.get("general.alignment", 32)
    step = aligned if isinstance(aligned, int) and aligned > 0 else 32
    base = -(-reader.place // step) * step
    placed = {name: _placed(tensor, base) for name, tensor in found}
    if any(tensor.start + tensor.size > len(reader.data) for tensor in placed.values()):
        raise ModelError(f"`{path}` is cut off: tensors are missing at its end", help="fetch the file anew")
    return GgufFile(path=path, fields=known, tensors=placed)


def _read_tensor(path: Path, reader: _Reader) -> tuple[str, Tensor]:
    name = reader.string()
    # the file names the fastest-running dimension first
    shape = tuple(reader.count() for _ in range(reader.count("I")))[::-1]
    kind, start = reader.count("I"), reader.count()
    encoding = ENCODINGS.get(kind)
    if encoding is None or not shape or shape[-1] % encoding.block:
        raise ModelError(
            f"the tensor `{name}` in `{path}` is packed in a way unknown here (type {kind})",
            help="quantise the model as one of " + ", ".join(known.name for known in ENCODINGS.values()),
        )
    return name, Tensor(name=name, shape=shape, encoding=encoding, start=start)


def _placed(tensor: Tensor, base: int) -> Tensor:
    return Tensor(name=tensor.name, shape=tensor.shape, encoding=tensor.encoding, start=base + tensor.start)
