"""Data files: which rows come of them, where each stands, and what is told of those that are wrong."""

from pathlib import Path

import pytest

from taskc.compiler import sources
from taskc.compiler.desk import DataFile
from taskc.compiler.fields import Misfit, cure, described, fit, fitter
from taskc.compiler.limits import DEPTH, DIGITS, LIST, TEXT
from taskc.compiler.tables import is_typed, not_utf8, records
from taskc.dsl.diagnostic import Diagnostic
from taskc.dsl.model import FieldType
from tests.compiler.small import errors, only, read, task
from tests.compiler.test_reading import File


def told(name: str, content: str | bytes) -> tuple[list[str], list[tuple[str, str, str]]]:
    """Read a file: the texts of its rows, and of each finding the place, what is told and the cure."""
    data = content.encode() if isinstance(content, str) else content
    text = data.decode("utf-8-sig", "replace")
    found: list[Diagnostic] = []
    file: DataFile = File(name, data)
    rows = [text[start:end] for _, start, end in records(file, found)]
    return rows, [(text[d.primary.span.start : d.primary.span.end], d.message, d.help) for d in found]


NO_LIST = (
    "this file is not a JSON list of objects",
    "write `[ {…}, … ]`, or one object a line in a `.jsonl` file",
)
NO_ELEMENT = "this element is not a JSON object"
NO_OBJECT = ("this line is not a JSON object", 'write one object a line: `{"field": value, …}`')
NO_NAME = "this is not JSON: expecting property name enclosed in double quotes"
ARRAY = ("this file is one JSON array", "name the file `.json`, or write one object a line")
COMMA = ("a `,` stands after the object of this line", "take it out")
DEEP = '{"a": ' + "[" * DEPTH + "]" * DEPTH + "}"
QUOTES = "put quotes round a cell that holds the separator"
AFTER_QUOTE = "after the quote that closes a cell comes the separator or the end of the line"


@pytest.mark.parametrize(
    ("content", "rows", "found"),
    [
        ("[]", [], []),
        (' [ {"a": 1} , {"b": 2}\n] \n', ['{"a": 1}', '{"b": 2}'], []),
        ("{}", [], [("{", *NO_LIST)]),
        ("", [], [("", *NO_LIST)]),
        ('[{"a": 1}, 2, {"b": 3}]', ['{"a": 1}', '{"b": 3}'], [("2", NO_ELEMENT, "")]),
        ('[{"a": 1} {"b": 2}]', ['{"a": 1}'], [("{", "a `,` is missing before this", "add it")]),
        ('[{"a": 1}, ', ['{"a": 1}'], [("", "this JSON list is not closed", "add `]`")]),
        ('[{"a": 1}', ['{"a": 1}'], [("", "this JSON list is not closed", "add `]`")]),
        ('[{"a": 1}] x', ['{"a": 1}'], [("x", "the JSON list is over before this", "take it out")]),
        ('[{"a": 1}]]', ['{"a": 1}'], [("]", "the JSON list is over before this", "take it out")]),
        ('[{"a": x}]', [], [("x", "this is not JSON: expecting value", "")]),
        ('[{"a": 1, "a": 2}]', [], [("{", "`a` stands twice in one object", "")]),
        ('[{"a": NaN}]', [], [("{", "`NaN` is not a number that can be used", "")]),
    ],
)  # fmt: skip
def test_json(content: str, rows: list[str], found: list[tuple[str, str, str]]) -> None:
    assert told("x.json", content) == (rows, found)
    assert told("x.JSON", b"\xef\xbb\xbf" + content.encode()) == (rows, found)


@pytest.mark.parametrize(
    ("content", "rows", "found"),
    [
        ('{"a": 1}\n\n{"b": 2}\r\n', ['{"a": 1}', '{"b": 2}'], []),
        ('{"a": 1},\n{"b": 2}', ['{"b": 2}'], [(",", *COMMA)]),
        ('{"a": 1} ,  \n', [], [(",", *COMMA)]),
        ('{"a": 1}, x\n', [], [(",", "this is not JSON: extra data", "")]),
        ('{"a": 1} x\n', [], [("x", "this is not JSON: extra data", "")]),
        ('{"a": }\n', [], [("}", "this is not JSON: expecting value", "")]),
        ('{"a": 1}\n{\'a\': 1}\n', ['{"a": 1}'], [("'", NO_NAME, "")]),
        ('{"a": 1 "b": 2}\n', [], [('"', "this is not JSON: expecting `,` delimiter", "")]),
        ("x\n", [], [("x", "this is not JSON: expecting value", "")]),
        ('1\n{"a": 1}\n', ['{"a": 1}'], [("1", *NO_OBJECT)]),
        ('[{"a": 1}]', [], [("[", *ARRAY)]),
        (' [\n {"a": 1}\n]', [], [("[", *ARRAY)]),
        ('{"a": 1}\n[{"a": 2}]', ['{"a": 1}'], [('[{"a": 2}]', *NO_OBJECT)]),
        ("[1]", [], [("[1]", *NO_OBJECT)]),
        (DEEP, [DEEP], []),
    ],
)  # fmt: skip
def test_lines(content: str, rows: list[str], found: list[tuple[str, str, str]]) -> None:
    assert told("x.jsonl", content) == (rows, found)
    assert told("x.jsonl", b"\xef\xbb\xbf" + content.encode()) == (rows, found)


@pytest.mark.parametrize("name", ["x.jsonl", "x.json"])
def test_json_nested_too_deeply(name: str) -> None:
    for depth in (DEPTH + 1, 100_000):
        line = '{"a": ' + "[" * depth + "]" * depth + "}"
        rows, found = told(name, line if name == "x.jsonl" else f"[{line}]")
        assert rows == []
        assert [message for _, message, _ in found] == ["this JSON is nested too deeply"]


@pytest.mark.parametrize(
    ("content", "rows", "found"),
    [
        ("a,b\n1,2\n", ["1,2"], []),
        ("a,b\r\n1,2\r\n\r\n3,4", ["1,2", "3,4"], []),
        (' a , b \n"x\ny",z\n', ['"x\ny",z'], []),
        ("a,b\n1\n2,3\n", ["2,3"], [("1", "this row has 1 cell, and the header has 2", QUOTES)]),
        ("a,b\n1,2,3\n", [], [("1,2,3", "this row has 3 cells, and the header has 2", QUOTES)]),
        ("a,a,b,b\n", [], [("a,a,b,b", "two columns are called `a`", "give one another name")]),
        ('a,b\n1,2\n"x,y\n', ["1,2"], [('"x,y', "a quote is opened in this row and never closed", "")]),
        ('a,b\n1,2\n"x"y,z\n', ["1,2"], [('"x"y,z', AFTER_QUOTE, "")]),
    ],
)  # fmt: skip
def test_cells(content: str, rows: list[str], found: list[tuple[str, str, str]]) -> None:
    assert told("x.csv", content) == (rows, found)
    assert told("x.csv", b"\xef\xbb\xbf" + content.encode()) == (rows, found)
    tabs = content.replace(",", "\t")
    assert told("x.tsv", tabs)[0] == [row.replace(",", "\t") for row in rows]


def test_a_cell_is_as_long_as_may_be() -> None:
    assert told("x.csv", "a\n" + "x" * 131_072 + "\n")[1] == []
    ((_, message, _),) = told("x.csv", "a\n" + "x" * 131_073 + "\n")[1]
    assert message == "a cell may have 131,072 characters at most"


@pytest.mark.parametrize("name", ["x.jsonl", "x.json", "x.csv"])
def test_bytes_that_are_no_text(name: str) -> None:
    """All that is told of such a file is where it first is none, counted in characters without its mark."""
    for mark in (b"", b"\xef\xbb\xbf"):
        found: list[Diagnostic] = []
        data = mark + "é,é\nx,y\nz\né".encode() + b"\xff,b\n"
        list(records(File(name, data), found))
        assert [(d.rule, d.primary.span.start, d.primary.span.end) for d in found] == [("bad-data", 11, 12)]
        assert not_utf8("bad-data", name, data).primary.span.start == 11


def test_kinds_of_files() -> None:
    assert [is_typed(name) for name in ("a.jsonl", "a.json", "a.parquet", "a.CSV", "a.tsv")] == [True] * 3 + [
        False
    ] * 2
    assert told("x.xls", "x") == (
        [],
        [
            (
                "",
                "`x.xls` is not a kind of data file that can be read",
                "known are `.jsonl`, `.json`, `.csv`, `.tsv` and `.parquet`",
            )
        ],
    )


# --- rows and the item record -------------------------------------------------------------------------------


GIVE = "every item has a value for `q`: give it one"
RENAME = "write `with { q = Q }` after the name of the file"
NEAR = "a similar name exists: `qq`; a column is renamed by `with { q = column }`"
AS_JSON = 'a list in a cell is written as JSON, for instance `["a", "b"]`'


def from_file(folder: Path, name: str, content: str, *more: str, items: str = "") -> list[Diagnostic]:
    (folder / name).write_text(content, encoding="utf-8")
    text = task([], f'items from "{name}"{items}', *more).replace("items [\n\n]\n", "")
    return errors(read(folder, text))


@pytest.mark.parametrize(
    ("content", "message", "cure"),
    [
        ('{"Q": "x", "a": "1", "b": "2"}\n' * 2, "no row of `x.jsonl` has `q`", RENAME),
        ('{"qq": "x", "a": "1", "b": "2"}\n' * 2, "no row of `x.jsonl` has `q`", NEAR),
        ('{"Q": "x", "a": "1", "b": "2"}\n', "this item has no `q`", RENAME),
        ('{"a": "1", "b": "2"}\n', "this item has no `q`", GIVE),
        ('{"q": "x", "a": "1", "b": "2"}\n{"a": "1", "b": "2"}\n', "this item has no `q`", GIVE),
    ],
)  # fmt: skip
def test_a_field_that_no_row_has(content: str, message: str, cure: str, tmp_path: Path) -> None:
    (found,) = from_file(tmp_path, "x.jsonl", content)
    assert (found.message.replace(f"{tmp_path}/", ""), found.help) == (message, cure)


def test_a_name_nearly_that_of_a_column(tmp_path: Path) -> None:
    content = '{"question": "x", "a": "1", "b": "2"}\n' * 2
    (found,) = from_file(
        tmp_path, "x.jsonl", content, "item { questions: text, a: text, b: text }", 'prompt "x"'
    )
    assert (
        found.help
        == "a similar name exists: `question`; a column is renamed by `with { questions = column }`"
    )


def test_columns_that_come_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `with` and `where` use may stand in a later row alone."""
    monkeypatch.setattr(sources, "_HEAD", 2)
    content = '{"q": "x", "a": "1", "b": "2"}\n' * 3 + '{"q": "y", "a": "1", "b": "2", "late": 1}\n'
    (found,) = from_file(tmp_path, "x.jsonl", content, items=" where late == 1")
    assert found.message == "`late` has no value at these levels"
    assert [label.text for label in found.others] == ["for this item"]


def test_where_and_with_see_columns_fields_and_constants(tmp_path: Path) -> None:
    content = "q,n,b\nx,1,2\ny,2,3\nz,30,4\n"
    (tmp_path / "x.csv").write_text(content, encoding="utf-8")
    items = 'items from "x.csv" with { a = n + mark } where int(n) > least and q != "z"'
    text = 'let mark = "!"\nlet least = 1\n' + task([], items).replace("items [\n\n]\n", "")
    (item,) = only(read(tmp_path, text)).items
    assert (item.id, dict(item.values)) == ("2", {"q": "y", "a": "2!", "b": "3"})


def test_rows_that_hold_what_the_language_has_no_value_for(tmp_path: Path) -> None:
    rows = '{"q": "x", "a": "1", "b": "2", "more": {"x": 1}, "list": ["a", [null]], "good": ["a", 1, true]}\n'
    for column, said in (
        ("more", "`more` is an object"),
        ("list", "`list` is a list that holds a list that holds nothing (`null`)"),
        ("good", None),
    ):
        found = from_file(tmp_path, "x.jsonl", rows, items=f" where len({column}) == 3")
        assert [d.message for d in found] == ([said] if said else [])


def test_one_mistake_in_each_of_eleven_rows(tmp_path: Path) -> None:
    for count, rules in ((10, 10), (11, 11), (12, 11)):
        content = '{"q": 1, "a": "1", "b": "2"}\n' * count
        found = [d.message for d in from_file(tmp_path, "x.jsonl", content)]
        assert len(found) == rules
        assert ("10 rows do not fit, and the rest is not checked" in found) is (count > 10)


# --- values and fields --------------------------------------------------------------------------------------


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
        ("int", 10**DIGITS - 1, False, 10**DIGITS - 1),
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
        ("int", 10 ** (DIGITS + 1), False, "a whole number may have 300 digits at most"),
        ("int", "1" * (DIGITS + 1), True, "`int` is wanted, and this is text"),
        ("number", True, False, "`number` is wanted, and this is a truth value, true"),
        ("number", float("inf"), False, "a number must be finite"),
        ("number", "nan", True, "a number must be finite"),
        ("bool", 1, False, "`bool` is wanted, and this is a number, 1"),
        ("bool", "yes", True, "`bool` is wanted, and this is text, “yes”"),
        ("text[]", "a", False, "`text[]` is a list, and this is text, “a”"),
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
