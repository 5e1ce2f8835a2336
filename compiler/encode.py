"""Requests to lines: what many requests have in common is encoded once, what is an item's own is put between.

The lines are those of `records.lines.dump` and the addresses those of `request_id`, byte for byte;
`tests/laws/test_encode.py` holds them to it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import msgspec
from msgspec import Struct, field

from taskc.compiler.render import Turn
from taskc.compiler.sandbox import Choice, Choices
from taskc.compiler.scene import Scene
from taskc.records import lines
from taskc.records.lines import encode_text
from taskc.records.request import Message, Option, Request

# the fields that differ from item to item, in the order of the class
_OWN = ("id", "item", "after", "messages", "options", "predictions", "answer", "kind", "cluster")


class Words(msgspec.Struct, frozen=True, gc=False):
    """Messages, or the end of some: as a line says them and as an address counts them, without brackets."""

    line: bytes
    hashed: bytes


class Opening(Struct):
    """What stands before an item's own words in its messages; `role` is that of the message left open."""

    words: Words
    role: str
    begun: dict[str, Any] = field(default_factory=dict)  # hashes, by operation

    def hash(self, operation: str) -> Any:
        """Begin the address of a request that opens in this way."""
        if operation not in self.begun:
            self.begun[operation] = hashlib.sha256(b'["%s",[' % operation.encode() + self.words.hashed)
        return self.begun[operation].copy()


NOTHING = Opening(Words(b"", b""), "")
NO_WORDS = Words(b"", b"")


def opening(turns: Sequence[Turn]) -> Opening:
    """Encode all that stands before the first part of the origin `item`, and leave its message open."""
    line, hashed = [], []
    for turn in turns:
        own = next((at for at, part in enumerate(turn.parts) if part.origin == "item"), None)
        role = encode_text(turn.role)
        content = encode_text("".join(part.text for part in turn.parts[:own]))
        if own is not None:
            line.append(b'{"role":%s,"content":%s' % (role, content[:-1]))
            hashed.append(b"[%s,%s" % (role, content[:-1]))
            return Opening(Words(b",".join(line), b",".join(hashed)), turn.role)
        line.append(b'{"role":%s,"content":%s}' % (role, content))
        hashed.append(b"[%s,%s]" % (role, content))
    raise AssertionError("no message says anything of the item")


def words(texts: Sequence[str], roles: Sequence[str]) -> Words:
    """Encode an item's own words: the end of the message left open, then its further messages."""
    first = encode_text(texts[0])[1:]
    if len(texts) == 1:
        return Words(first + b"}", first + b"]")
    line, hashed = [first + b"}"], [first + b"]"]
    for role, text in zip(roles[1:], texts[1:], strict=True):
        content = encode_text(text)
        line.append(b'{"role":"%s","content":%s}' % (role.encode(), content))
        hashed.append(b'["%s",%s]' % (role.encode(), content))
    return Words(b",".join(line), b",".join(hashed))


class Mould:
    """The requests of one lane: one with all that they share, and what it takes to make each of it.

    `thinking` is the mould of the requests that these come after.
    """

    __slots__ = ("_address", "_blank", "_labelled", "_last", "_names", "_operation", "_request", "_scoring",
                 "_segments", "_thinking")  # fmt: skip

    def __init__(self, request: Request, blank: str, thinking: "Mould | None" = None) -> None:
        """Encode what `request` holds for all; `blank` parts the lead-in from an option."""
        scoring = request.stage != "think" and request.measure != "reply"
        self._request = request
        self._thinking = thinking
        self._scoring = scoring
        self._operation = ("labels" if request.measure == "label" else "score") if scoring else "generate"
        self._blank = blank
        self._segments = _segments(request)
        self._address = _address_segments(request, generated=not scoring)
        self._labelled: dict[int, tuple[bytes, bytes]] = {}
        self._names: dict[str, bytes] = {}
        self._last: tuple[Choices, bytes, bytes] = (Choices(), b"[]", b"[]")

    def line(self, scene: Scene, opened: Opening, own: Words) -> bytes:
        """Give the line of an item's request, with its line break."""
        a, b, c, d, e, f, g, h, i, j = self._segments
        options, continuations = self._encoded(scene.choices)
        address, after = self._addresses(opened, own, continuations)
        return b"".join((
            a, b'"', address, b'"', b, encode_text(scene.item.id), c, b'"%s"' % after if after else b"null",
            d, b"[", opened.words.line, own.line, b"]", e, options, f, b"{", self._said(scene.predictions),
            b"}", g, encode_text(scene.answer), h, encode_text(scene.kind), i,
            encode_text(scene.cluster) if scene.cluster else b'""', j,
        ))  # fmt: skip

    def request(self, scene: Scene, opened: Opening, own: Words, messages: tuple[Message, ...]) -> Request:
        """Give an item's request; `messages` are those that `opened` and `own` encode."""
        address, after = self._addresses(opened, own, self._encoded(scene.choices)[1])
        return replace(
            self._request,
            id=address.decode(),
            item=scene.item.id,
            after=after.decode() if after else None,
            messages=messages,
            options=tuple(
                Option(label=c.label, text=c.text, written=c.written, continuation=self._blank + c.written)
                for c in scene.choices
            ),
            predictions=scene.predictions,
            answer=scene.answer,
            kind=scene.kind,
            cluster=scene.cluster,
        )

    def _addresses(self, opened: Opening, own: Words, continuations: bytes) -> tuple[bytes, bytes | None]:
        """Give the address of a request, and that of the one it comes after."""
        after = None
        if self._thinking is not None:
            after, _ = self._thinking._addresses(opened, own, b"[]")
        said, decode = self._address
        hash = opened.hash(self._operation)
        hash.update(b"".join((
            own.hashed, said, continuations if self._scoring else b"[]",
            b',"%s",' % after if after else b",null,", decode,
        )))  # fmt: skip
        return hash.hexdigest()[:32].encode(), after

    def _said(self, predictions: Mapping[str, str]) -> bytes:
        """Give what each task predicts, without the braces."""
        names, out = self._names, []
        for name, what in predictions.items():
            if name not in names:
                names[name] = encode_text(name) + b":"
            out.append(names[name] + encode_text(what))
        return b",".join(out)

    def _encoded(self, choices: Choices) -> tuple[bytes, bytes]:
        """Give the options as a line says them, and their continuations as an address counts them."""
        if choices is self._last[0]:
            return self._last[1:]
        if not choices:
            made = b"[]", b"[]"
        elif choices[0].label is None:
            made = self._verbatim(choices)
        else:
            if len(choices) not in self._labelled:
                self._labelled[len(choices)] = self._labels(choices)
            form, continuations = self._labelled[len(choices)]
            made = form % tuple(map(encode_text, choices.texts)), continuations
        self._last = (choices, *made)
        return made

    def _labels(self, choices: tuple[Choice, ...]) -> tuple[bytes, bytes]:
        """Encode options but for their texts, for which `%s` stands, and their continuations."""
        options, continuations = [], []
        for choice in choices:
            label, continuation = encode_text(choice.written), encode_text(self._blank + choice.written)
            options.append(
                b'{"label":%s,"text":@,"written":%s,"continuation":%s}' % (label, label, continuation)
            )
            continuations.append(continuation)
        form = (b"[" + b",".join(options) + b"]").replace(b"%", b"%%").replace(b'"text":@', b'"text":%s')
        return form, b"[" + b",".join(continuations) + b"]"

    def _verbatim(self, choices: tuple[Choice, ...]) -> tuple[bytes, bytes]:
        options, continuations = [], []
        for choice in choices:
            text = encode_text(choice.text)
            whole = encode_text(self._blank + choice.text) if self._blank else text
            options.append(b'{"label":null,"text":%s,"written":%s,"continuation":%s}' % (text, text, whole))
            continuations.append(whole)
        return b"[" + b",".join(options) + b"]", b"[" + b",".join(continuations) + b"]"


def _segments(request: Request) -> tuple[bytes, ...]:
    """Cut the line of `request` at the values of the fields that are an item's own."""
    out, text = [], "{"
    for at, name in enumerate(one.name for one in fields(Request)):
        text += ("," if at else "") + json.dumps(name) + ":"
        if name in _OWN:
            out.append(text.encode())
            text = ""
        else:
            text += lines.dump(getattr(request, name))
    return (*out, (text + "}\n").encode())


def _address_segments(request: Request, *, generated: bool) -> tuple[bytes, bytes]:
    """Give what an address counts after the messages: up to the continuations, and what comes last."""
    d = request.decode
    decode = [d.max_tokens, d.temperature, d.top_p, list(d.stop), d.effort] if generated else None
    said = ",".join(lines.dump(text) for text in (request.think, request.lead_in, request.joint))
    return f"],{said},".encode(), f"{lines.dump(decode)}]".encode()
