"""Packing what was sent and what came back: deflated against an earlier one that begins alike.

Requests of one task and regime share their instructions and exemplars, and replies of one provider their
frame. So now and then one of them is kept as a *base*, and those after it are deflated with the base as their
dictionary: a prompt with five exemplars takes what its own item takes. A base stands for itself only,
never on another one, so that anything is read in two steps.
"""

import zlib
from collections import OrderedDict
from dataclasses import dataclass

_LEVEL = 3  # beyond it, bytes hardly shrink and time doubles
_MEMORY = 5  # of zlib's 1 to 9: a small table, which is soon made
_BASE = 24_000  # bytes of a base that are used; with `_BESIDE` they fill zlib's window of 32 KiB
_BESIDE = 8_000
_HEAD = 160  # bytes by which a base that begins alike is found
_KNOWN = 64  # bases remembered
_POOR = 0.7  # of what it would take by itself: then the base does not fit, and a new one is begun


@dataclass(slots=True, eq=False)
class Base:
    """A document that others are packed against. `id` is its row, once it has one."""

    plain: bytes
    deflated: bytes
    id: int | None = None

    @property
    def ratio(self) -> float:
        """Say how small it becomes by itself."""
        return len(self.deflated) / len(self.plain)


class Packer:
    """Packs one document after another and chooses what each is packed against."""

    def __init__(self) -> None:
        """Begin with no bases."""
        self._known: OrderedDict[bytes, Base] = OrderedDict()

    def pack(self, document: bytes, beside: bytes) -> tuple[Base, bytes]:
        """Give what `unpack` makes `document` of again, and the base that takes; `beside` is at hand then."""
        head = document[:_HEAD]
        base = self._known.get(head) or next(reversed(self._known.values()), None)
        if base is not None:
            packed = _deflate(document, _dictionary(base.plain, beside))
            if len(packed) <= _POOR * len(document) * base.ratio:
                return base, packed
        base = self._begin(head, document[:_BASE])
        return base, _deflate(document, _dictionary(base.plain, beside))

    def forget(self) -> None:
        """Use no base that was given so far: they were not kept."""
        self._known.clear()

    def _begin(self, head: bytes, plain: bytes) -> Base:
        base = Base(plain, zlib.compress(plain, 6))
        self._known[head] = base
        self._known.move_to_end(head)
        if len(self._known) > _KNOWN:
            self._known.popitem(last=False)
        return base


def unpack(packed: bytes, base: bytes, beside: bytes) -> tuple[bytes, bytes]:
    """Give the document again that was packed against `base` (inflated) and `beside`; raises `zlib.error`.

    With it comes what was put after it.
    """
    stream = zlib.decompressobj(zdict=_dictionary(base, beside))
    document = stream.decompress(packed)
    if not stream.eof:
        raise zlib.error("it ends too early")
    return document, stream.unused_data


def _dictionary(base: bytes, beside: bytes) -> bytes:
    return base + beside[:_BESIDE]


def _deflate(document: bytes, dictionary: bytes) -> bytes:
    stream = zlib.compressobj(_LEVEL, memLevel=_MEMORY, zdict=dictionary)
    return stream.compress(document) + stream.flush()
