"""Read a response: at once where it is as agreed, with care where something beside the answer is not.

What was paid for is not thrown away for a mark at its beginning, half a character (it becomes U+FFFD; the
body that is kept has it as it came), a number for a name, counts that are none, or something beside it that
is nested without end.
"""

import json
import re
from typing import Any, TypeVar

import msgspec

from taskc.records.lines import LineError, load

T = TypeVar("T")

_DEEP = 60  # levels of nesting that are read; an answer has six
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_HALF = re.compile("[\ud800-\udfff]")
_NAMES = ("id", "model", "system_fingerprint")
_EXTRAS = ((), ("usage",), ("usage", "stop_details", *_NAMES))
"""What a response is read without where it cannot be read with it, the least first."""


class UnreadableError(Exception):
    """A response that is not of the agreed shape: why not, and its JSON if it is that."""

    def __init__(self, why: str, body: object) -> None:
        """Keep both."""
        super().__init__(why)
        self.why = why
        self.body = body


def read(kind: type[T], text: str) -> T:
    """Read a response as `kind`; raises `UnreadableError`."""
    try:
        return load(kind, text)
    except LineError as problem:
        try:
            body: Any = _mended(json.loads(_shallow(text.removeprefix("\ufeff"))))
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise UnreadableError(problem.why, body) from None
        for extras in _EXTRAS:
            try:
                return msgspec.convert({key: one for key, one in body.items() if key not in extras}, kind)
            except msgspec.MsgspecError:
                continue
        raise UnreadableError(problem.why, body) from None


def read_line(decoder: msgspec.json.Decoder[T], line: bytes) -> T:
    """Read a line of results, half characters and bytes that are none as U+FFFD; raises `MsgspecError`."""
    try:
        return decoder.decode(line)
    except (msgspec.MsgspecError, UnicodeError) as problem:
        try:
            whole = json.dumps(_mended(json.loads(line.decode("utf-8", "replace")))).encode()
        except (ValueError, RecursionError):
            raise msgspec.DecodeError(str(problem)) from None
        return decoder.decode(whole)


def _mended(value: Any, name: str = "") -> Any:
    """Give JSON with whole characters only, and names that are texts."""
    match value:
        case dict():
            return {_HALF.sub("\ufffd", key): _mended(one, key) for key, one in value.items()}
        case list():
            return [_mended(one) for one in value]
        case str():
            return _HALF.sub("\ufffd", value)
        case int() | float() if name in _NAMES and not isinstance(value, bool):
            return str(value)
    return value


def _shallow(text: str) -> str:
    """Put `null` in the place of what is nested deeper than any answer: readers give up on all of it."""
    kept: list[str] = []
    depth = begin = 0
    for found in _TOKENS.finditer(text):
        match found[0]:
            case "[" | "{":
                depth += 1
                if depth == _DEEP:
                    kept.append(text[begin : found.start()])
            case "]" | "}":
                if depth == _DEEP:
                    kept.append("null")
                    begin = found.end()
                depth -= 1
    return "".join(kept) + text[begin:] if kept and depth < _DEEP else text
