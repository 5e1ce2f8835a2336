"""Does a value fit its field? Data as read to values of the declared type, or the reason why not."""

import json
import math
import re
from collections.abc import Callable
from typing import Any

import msgspec

from taskc.compiler.limits import DIGITS, LIST, TEXT
from taskc.compiler.values import is_number, kind
from taskc.dsl.model import FieldType, Value

_SHORT = 40  # of a value in a message
_NO_TEXT = re.compile("[\0\ud800-\udfff]")  # NUL, and halves of characters that JSON lets people write


class Misfit(Exception):
    """A value that does not fit its field; the text says why."""


def fit(value: Any, wanted: FieldType, *, typed: bool = True) -> Value:
    """Give `value` as a value of type `wanted`; raises `Misfit`.

    With `typed` false (a CSV cell) text is read as the wanted type: numbers, `true` and `false`, and
    JSON lists for list fields. A choice takes any scalar here; whether it is one of them is asked
    when the whole row is known.
    """
    if wanted.is_list:
        return _list(value, wanted, typed)
    if wanted.choices is not None:
        return _any(value)
    return _scalar(value, wanted.scalar, typed)


def fitter(wanted: FieldType, *, typed: bool = True) -> Callable[[Any], Value]:
    """Give `fit` for one type; it settles ordinary values itself, in a fraction of the time."""

    def slow(value: Any) -> Value:
        return fit(value, wanted, typed=typed)

    if wanted.is_list:
        return _texts_fitter(wanted.size, typed, slow) if wanted.scalar == "text" else slow
    if wanted.choices is not None or wanted.scalar == "text":
        return _text_fitter(slow)
    if wanted.scalar == "int" and typed:
        return lambda value: value if type(value) is int and -_SMALL < value < _SMALL else slow(value)
    if wanted.scalar == "int":
        return lambda value: int(value) if _is_digits(value) else slow(value)
    return slow


_SMALL = 1 << 63
_LISTS = (list, tuple)
_read_texts = msgspec.json.Decoder(list[str]).decode


def _is_simple(text: str) -> bool:
    """Say whether a text is short enough and holds nothing that `_NO_TEXT` would find."""
    if "\0" in text or len(text) > TEXT:
        return False
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


def _is_digits(value: Any) -> bool:
    return type(value) is str and len(value) < 19 and value.isascii() and value.isdigit()


def _text_fitter(slow: Callable[[Any], Value]) -> Callable[[Any], Value]:
    def quick(value: Any) -> Value:
        if type(value) is str and value.isascii() and "\0" not in value and len(value) <= TEXT:
            return value
        return slow(value)

    return quick


def _texts_fitter(size: int | None, typed: bool, slow: Callable[[Any], Value]) -> Callable[[Any], Value]:
    def quick(value: Any) -> Value:
        try:
            texts = _read_texts(value) if type(value) is str and not typed else value
            whole = "".join(texts) if type(texts) in _LISTS else "\0"
        except (TypeError, msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
            return slow(value)
        good = (whole.isascii() and "\0" not in whole and len(whole) <= TEXT) or _is_simple(whole)
        if good and (size is None or len(texts) == size) and len(texts) <= LIST:
            return tuple(texts)
        return slow(value)

    return quick


def _list(value: Any, wanted: FieldType, typed: bool) -> Value:
    if not typed and isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise Misfit(
                f'a list in a cell is written as JSON, for instance `["a", "b"]`, not “{value[:40]}”'
            ) from None
    if not isinstance(value, (list, tuple)):
        raise Misfit(f"`{wanted}` is a list, and this is {described(value)}")
    if wanted.size is not None and len(value) != wanted.size:
        raise Misfit(f"`{wanted}` has {wanted.size} elements, and this has {len(value)}")
    if len(value) > LIST:
        raise Misfit(f"a list may have {LIST:,} elements at most")
    return tuple(_scalar(part, wanted.scalar, True) for part in value)


def _any(value: Any) -> Value:
    if isinstance(value, str):
        return _scalar(value, "text", True)
    if isinstance(value, bool):
        return value
    if not isinstance(value, (int, float)):
        raise Misfit(f"one of the choices is wanted, and this is {described(value)}")
    return _scalar(value, "number", True)


def _scalar(value: Any, wanted: str, typed: bool) -> Value:
    if not typed and isinstance(value, str) and wanted != "text":
        value = _read(value.strip(), wanted)
    if wanted == "text" and isinstance(value, str):
        if len(value) > TEXT:
            raise Misfit(f"a text may have {TEXT:,} characters at most")
        if not _is_simple(value) and (odd := _NO_TEXT.search(value)):
            raise Misfit(
                f"U+{ord(odd[0]):04X} at position {odd.start()} is no character that a prompt can hold"
            )
        return value
    if wanted == "bool" and isinstance(value, bool):
        return value
    if wanted == "int" and isinstance(value, float) and value.is_integer():
        return int(value)
    if wanted == "int" and isinstance(value, int) and not isinstance(value, bool):
        return _bounded(value)
    if wanted == "number" and isinstance(value, (int, float)) and not isinstance(value, bool):
        return _bounded(value)
    raise Misfit(f"`{wanted}` is wanted, and this is {described(value)}")


def _bounded(value: int | float) -> int | float:
    if isinstance(value, float) and not math.isfinite(value):
        raise Misfit("a number must be finite")
    if isinstance(value, int) and value.bit_length() > DIGITS * 3.33:
        raise Misfit(f"a whole number may have {DIGITS} digits at most")
    return value


def _read(text: str, wanted: str) -> Any:
    if wanted == "bool":
        return {"true": True, "false": False, "1": True, "0": False}.get(text.lower(), text)
    if len(text) > DIGITS:
        return text
    for reader in (int, float):
        try:
            return reader(text)
        except ValueError:
            continue
    return text


def cure(name: str, value: Any, wanted: FieldType, written: str) -> str:
    """Give the way out where a value does not fit the field `name`, '' where none is plain.

    `written` says how values are given: "here" in the task, "made" by an expression, or in a file that
    is "typed" or has "cells".
    """
    if value is None:
        return "give it a value, or leave the item out"
    if wanted.is_list or wanted.choices is not None or isinstance(value, (list, dict)):
        return ""
    if wanted.scalar == "text" and not isinstance(value, str):
        return _rewrite(name, json.dumps(json.dumps(value)), "str", written)
    if wanted.scalar not in ("int", "number") or not isinstance(value, str):
        return ""
    try:
        number = json.dumps(_scalar(value, wanted.scalar, False))
    except Misfit:
        return f"write a number, or declare `{name}: text`"
    return _rewrite(name, number, "int" if wanted.scalar == "int" else "float", written)


def _rewrite(name: str, value: str, call: str, written: str) -> str:
    """Say how a value of another type is given: as `value` where it stands, or by the function `call`."""
    if written == "made":
        return f"write `{name} = {call}(…)`"
    if len(value) > _SHORT:
        return ""
    called = f", or `with {{ {name} = {call}({name}) }}` after the name of the file"
    return f"write `{value}`" + (called if written == "typed" else "")


def described(value: Any) -> str:
    """Name what was found, in an author's words, with the value itself where it is short."""
    if value is None:
        return "nothing (`null`)"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    name = kind(value)
    if isinstance(value, str) and len(value) <= _SHORT:
        return f"{name}, “{value}”"
    if isinstance(value, bool) or is_number(value):
        return f"{name}, {json.dumps(value)[:_SHORT]}"
    return name
