"""Items kept small: a few as they are, many encoded, in blocks that lie outside the memory."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from types import GenericAlias
from typing import Any, NotRequired, TypedDict, overload

import msgspec

from taskc.compiler.desk import Spool
from taskc.dsl.model import FieldType, Item

HELD = 1 << 14  # items of a task that are kept as they are: more than lints look at
BLOCK = 128  # items encoded together: reading one by its position costs decoding so many
CACHED = 16  # blocks kept decoded
_TYPES: dict[str, Any] = {"text": str, "int": int, "number": int | float, "bool": bool}


class Packer:
    """Takes the items of one task in order, and gives them back as a sequence."""

    def __init__(self, fields: Mapping[str, FieldType], spool: Callable[[], Spool]) -> None:
        """Begin without items; `spool` is asked for once there are many."""
        self._new_spool = spool
        self._spool: Spool | None = None
        self._kind = _kind(fields)
        self._encode = msgspec.msgpack.Encoder().encode
        self._waiting: list[Item] = []
        self._most = HELD
        self._blocks: list[_Block] = []
        self._count = 0

    def add(self, id: str, file: str, start: int, end: int, values: dict[str, Any]) -> None:
        """Take the next item."""
        waiting = self._waiting
        waiting.append(self._kind(id=id, file=file, start=start, end=end, values=values))
        if len(waiting) > self._most:
            self._put_aside()

    def _put_aside(self) -> None:
        """Encode all whole blocks that wait."""
        self._most = BLOCK
        self._spool = self._spool or self._new_spool()
        whole = len(self._waiting) - len(self._waiting) % BLOCK
        for first in range(0, whole, BLOCK):
            self._blocks.append(self._encoded(self._waiting[first : first + BLOCK], self._spool))
        del self._waiting[:whole]
        self._count += whole

    def _encoded(self, items: list[Item], spool: Spool) -> "_Block":
        try:
            piece = self._encode(items)
        except OverflowError:  # a whole number of more than 64 bits: such a block stays in memory
            return tuple(items)
        return spool.write(piece), len(piece)

    def items(self) -> Sequence[Item]:
        """Give all items taken; nothing can be added then."""
        if self._spool is None:
            return tuple(self._waiting)
        blocks = [*self._blocks, tuple(self._waiting)]
        return PackedItems(blocks, self._count + len(self._waiting), self._kind, self._spool)


_Block = tuple[int, int] | tuple[Item, ...]  # where its encoding lies, or the items themselves


class PackedItems(Sequence[Item]):
    """Items read from where they were put aside, block by block, each made anew when it is asked for."""

    def __init__(self, blocks: list[_Block], count: int, kind: type[Item], spool: Spool) -> None:
        """Give access to `count` items of a `kind`, in blocks of `BLOCK`."""
        self._blocks = blocks
        self._count = count
        self._spool = spool
        self._decode = msgspec.msgpack.Decoder(list[kind]).decode  # type: ignore[valid-type]
        self._block = lru_cache(maxsize=CACHED)(self._read)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Item]: ...
    def __getitem__(self, index: int | slice) -> Item | Sequence[Item]:
        """Give the item at a position, or those of a slice."""
        if isinstance(index, slice):
            return tuple(self[at] for at in range(*index.indices(self._count)))
        at = index + self._count if index < 0 else index
        if not 0 <= at < self._count:
            raise IndexError("there is no such item")
        return self._block(at // BLOCK)[at % BLOCK]

    def __iter__(self) -> Iterator[Item]:
        """Give all items in order; the blocks read for it are not kept."""
        for number in range(len(self._blocks)):
            yield from self._read(number)

    def __eq__(self, other: object) -> bool:
        """Say whether another sequence holds the same items."""
        if not isinstance(other, Sequence) or len(other) != len(self):
            return NotImplemented
        return all(one == two for one, two in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # like the items, whose values are mappings

    def _read(self, number: int) -> Sequence[Item]:
        block = self._blocks[number]
        if len(block) == 2 and isinstance(block[0], int):
            return self._decode(self._spool.read(block[0], block[1]))
        return block


def _kind(fields: Mapping[str, FieldType]) -> type[Item]:
    """Give the class of a task's items, which tells the decoder what their fields hold."""
    return _kind_of(tuple((name, _type(wanted)) for name, wanted in fields.items()))


@cache
def _kind_of(fields: tuple[tuple[str, Any], ...]) -> type[Item]:
    types = {"rationale": NotRequired[str], **dict(fields)}
    values = TypedDict("Values", types)  # type: ignore[misc]
    return msgspec.defstruct(  # type: ignore[return-value]
        "Item", [("values", values)], bases=(Item,), frozen=True, kw_only=True, array_like=True
    )


def _type(wanted: FieldType) -> Any:
    if wanted.choices is not None:
        return str | int | float | bool
    scalar = _TYPES[wanted.scalar]
    return GenericAlias(tuple, (scalar, ...)) if wanted.is_list else scalar
