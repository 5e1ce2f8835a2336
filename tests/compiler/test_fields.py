"""Values and the fields they are for: which fit, why others do not, and the way out."""

import pytest

from taskc.compiler.fields import Misfit, cure, described, fit, fitter
from taskc.compiler.limits import DIGITS, LIST, TEXT
from taskc.dsl.model import FieldType

AS_JSON = 'a list in a cell is written as JSON, for instance `["a", "b"]`'


def of(written: str) -> FieldType:
    scalar, is_list, size = written.partition("[")
    return FieldType(scalar=scalar, is_list=bool(is_list), size=int(size[:-1]) if size[:-1] else None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wanted", "value", "cell", "made"),
    [
        ("text", "a", True, "a"),
        ("int", 3.0, False, 3),
        ("int", " 12 ", True, 12),
        ("int", "012", True, 12),
        ("int", "1" * 18, True, int("1" * 18)),
        ("int", "1" * 19, True, int("1" * 19)),
        ("int", "-5", True, -5),
        ("int", -(1 << 63), False, -(1 << 63)),
        ("int", 1 << 63, False, 1 << 63),
        ("int", 2**999 - 1, False, 2**999 - 1),  # of 301 digits: what has 300 surely fits
        ("number", "1e3", True, 1000.0),
        ("number", 2, False, 2),
        ("bool", "TRUE", True, True),
        ("bool", "0", True, False),
        ("bool", "1", True, True),
        ("bool", False, False, False),
        ("text[]", '["a", "b"]', True, ("a", "b")),
        ("text[2]", ["a", "é"], False, ("a", "é")),
        ("int[]", "[1, 2]", True, (1, 2)),
        ("number[]", [1, 2.5], False, (1, 2.5)),
        ("text[]", [], False, ()),
        ("text", "x" * TEXT, False, "x" * TEXT),
        ("text[]", ["x"] * LIST, False, ("x",) * LIST),
    ],
)
def test_values_that_fit(wanted: str, value: object, cell: bool, made: object) -> None:
    for fitted in (fit(value, of(wanted), typed=not cell), fitter(of(wanted), typed=not cell)(value)):
        assert (fitted, type(fitted)) == (made, type(made))


@pytest.mark.parametrize(
    ("wanted", "value", "cell", "why"),
    [
        ("text", 1, False, "`text` is wanted, and this is a number, 1"),
        ("text", "a\0b", False, "U+0000 at position 1 is no character that a prompt can hold"),
        ("text", "é\ud800", False, "U+D800 at position 1 is no character that a prompt can hold"),
        ("text", "x" * (TEXT + 1), False, "a text may have 1,000,000 characters at most"),
        ("text", "é" * (TEXT + 1), False, "a text may have 1,000,000 characters at most"),
        ("int", True, False, "`int` is wanted, and this is a truth value, true"),
        ("int", "1.5", True, "`int` is wanted, and this is a number, 1.5"),
        ("int", "x", True, "`int` is wanted, and this is text, “x”"),
        ("int", "5", False, "`int` is wanted, and this is text, “5”"),
        ("int", 2**999, False, "a whole number may have 300 digits at most"),
        ("int", "1" * (DIGITS + 1), True, "`int` is wanted, and this is text"),
        ("number", True, False, "`number` is wanted, and this is a truth value, true"),
        ("number", float("inf"), False, "a number must be finite"),
        ("number", "nan", True, "a number must be finite"),
        ("bool", 1, False, "`bool` is wanted, and this is a number, 1"),
        ("bool", "yes", True, "`bool` is wanted, and this is text, “yes”"),
        ("text[]", "a", False, "`text[]` is a list, and this is text, “a”"),
        ("text[]", '["a"]', False, '`text[]` is a list, and this is text, “["a"]”'),
        ("text[]", "a" * 41, False, "`text[]` is a list, and this is text"),
        ("text[]", "a" * 50, True, f"{AS_JSON}, not “{'a' * 40}”"),
        ("text[2]", ["a"], False, "`text[2]` has 2 elements, and this has 1"),
        ("text[]", ["a", 1], False, "`text` is wanted, and this is a number, 1"),
        ("text[]", ["a", "\0"], False, "U+0000 at position 0 is no character that a prompt can hold"),
        ("text[]", ["x"] * (LIST + 1), False, "a list may have 100,000 elements at most"),
        ("int[]", '["1"]', True, "`int` is wanted, and this is text, “1”"),
        ("text[]", None, False, "`text[]` is a list, and this is nothing (`null`)"),
    ],
)  # fmt: skip
def test_values_that_do_not_fit(wanted: str, value: object, cell: bool, why: str) -> None:
    for one in (lambda v: fit(v, of(wanted), typed=not cell), fitter(of(wanted), typed=not cell)):
        with pytest.raises(Misfit) as caught:
            one(value)
        assert str(caught.value) == why


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "nothing (`null`)"),
        ({}, "an object"),
        ([], "a list"),
        ("x" * 40, f"text, “{'x' * 40}”"),
        ("x" * 41, "text"),
        (True, "a truth value, true"),
        (10**39, f"a number, {10**39}"),
        (10**40, f"a number, {10**39}"),
        ((1,), "a list"),
    ],
)
def test_what_was_found_in_words(value: object, words: str) -> None:
    assert described(value) == words


@pytest.mark.parametrize(
    ("wanted", "value", "written", "said"),
    [
        ("text", None, "typed", "give it a value, or leave the item out"),
        ("text[]", None, "typed", "give it a value, or leave the item out"),
        ("text[]", "x", "typed", ""),
        ("int", ["x"], "typed", ""),
        ("int", True, "typed", ""),
        ("bool", "x", "typed", ""),
        ("text", 5, "here", 'write `"5"`'),
        ("text", 5, "cells", 'write `"5"`'),
        ("text", 5, "typed", 'write `"5"`, or `with { f = str(f) }` after the name of the file'),
        ("text", 5, "made", "write `f = str(…)`"),
        ("int", "5", "typed", "write `5`, or `with { f = int(f) }` after the name of the file"),
        ("number", "5.5", "made", "write `f = float(…)`"),
        ("int", "x", "typed", "write a number, or declare `f: text`"),
        ("int", "5.5", "here", "write a number, or declare `f: text`"),
        ("int", "1" * 40, "here", f"write `{'1' * 40}`"),
        ("int", "1" * 41, "here", ""),
        ("text", 10**37, "here", f'write `"{10**37}"`'),
        ("text", 10**38, "here", ""),
    ],
)
def test_the_way_out(wanted: str, value: object, written: str, said: str) -> None:
    assert cure("f", value, of(wanted), written) == said
