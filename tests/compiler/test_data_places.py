"""Data files: which rows come of them, where each stands, and what is told of those that are wrong."""

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from taskc.compiler import sources
from taskc.compiler.desk import DataFile
from taskc.compiler.limits import DEPTH
from taskc.compiler.tables import is_typed, not_utf8, records
from taskc.dsl.diagnostic import Diagnostic
from tests.compiler.small import File, errors, only, read, task


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


def test_many_rows_that_are_wrong_in_one_way(tmp_path: Path) -> None:
    """Three are told, and the others counted; every row is looked at."""
    for count, more in ((3, None), (4, "one row more is"), (2_000, "1,997 rows more are")):
        found = from_file(tmp_path, "x.jsonl", '{"q": 1, "a": "1", "b": "2"}\n' * count)
        assert [d.rule for d in found[:3]] == ["row-does-not-fit"] * 3
        told = [f"`q`: {more} wrong in the same way, the first of them here"] if more else []
        assert [d.message for d in found[3:]] == told
        assert [d.primary.span.start for d in found[3:]] == ([3 * 29] if more else [])


def test_a_mistake_of_its_own_in_each_of_eleven_rows(tmp_path: Path) -> None:
    wrong = [
        '{"q": 1, "a": "1", "b": "2"}\n',
        '{"q": "1", "a": 1, "b": "2"}\n',
        '{"q": "1", "a": "1", "b": 2}\n',
        '{"q": "1", "a": "1"}\n',
    ]
    rows = [row for row in wrong for _ in range(3)]
    for count, findings in ((10, 10), (11, 11), (12, 11)):
        found = [d.message for d in from_file(tmp_path, "x.jsonl", "".join(rows[:count]))]
        assert len(found) == findings
        assert ("10 rows do not fit, and the rest is not checked" in found) is (count > 10)


# --- parquet, with a reader that stands in for pyarrow ------------------------------------------------------


class ArrowError(Exception):
    pass


@pytest.fixture
def arrow(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Put a stand-in where `pyarrow` is looked for; a test sets its `parquet.read_table`."""
    parquet = SimpleNamespace(read_table=None)
    module = SimpleNamespace(ArrowException=ArrowError, parquet=parquet)
    monkeypatch.setitem(sys.modules, "pyarrow", module)  # type: ignore[arg-type]
    return parquet


def test_parquet_is_read_in_batches(arrow: SimpleNamespace) -> None:
    """Its rows have no place of their own; all blocks of the file are read."""

    def read_table(stream: io.BytesIO) -> SimpleNamespace:
        assert stream.read() == b"a\nb\nc\n"
        batches = [SimpleNamespace(to_pylist=lambda n=n: [{"n": n}, {"n": n + 1}]) for n in (0, 2)]
        return SimpleNamespace(to_batches=lambda max_chunksize: batches if max_chunksize <= 1_000 else [])

    arrow.read_table = read_table
    found: list[Diagnostic] = []
    rows = list(records(File("x.parquet", b"a\nb\nc\n"), found))
    assert rows == [({"n": n}, 0, 0) for n in range(4)] and found == []


def test_parquet_that_is_none(arrow: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(stream: io.BytesIO) -> None:
        raise ArrowError("Magic Bytes not found\nmore of it")

    arrow.read_table = fails
    found: list[Diagnostic] = []
    assert list(records(File("x.parquet", b"x"), found)) == []
    monkeypatch.setitem(sys.modules, "pyarrow", None)  # type: ignore[arg-type]
    assert list(records(File("x.parquet", b"x"), found)) == []
    assert [(d.rule, d.message, d.primary.span.start, d.primary.span.end) for d in found] == [
        ("bad-data", "this is not a parquet file: magic bytes not found", 0, 0),
        ("missing-extra", "reading parquet needs the package `pyarrow`", 0, 0),
    ]
