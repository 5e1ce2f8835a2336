"""Reading rows: the quick way and the careful way give the same, whatever the data hold."""

import csv
import io
import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from taskc.compiler import items, packed, tables
from taskc.compiler.desk import Desk
from taskc.compiler.sources import Odd, Reading
from taskc.dsl import syntax
from taskc.dsl.diagnostic import Diagnostic
from taskc.dsl.model import FieldType, Item
from taskc.dsl.span import Source, Span
from taskc.grammar.parse import parse
from taskc.store.spool import Spool
from tests.compiler.small import File

many = settings(max_examples=100, deadline=None)


@dataclass(frozen=True)
class Files:
    """Files in memory, by name."""

    content: dict[str, bytes] = field(default_factory=dict)

    def open(self, base: str, path: str) -> File:
        return File(path, self.content[path])

    def spool(self) -> Spool:
        return Spool()


# --- lines ------------------------------------------------------------------------------------------

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('ab:"', max_size=2), inner, max_size=3)
    ),
    max_leaves=6,
)
OBJECTS = st.dictionaries(st.sampled_from(["a", "b", 'c":', "d :", "é"]), VALUES, max_size=4)
PIECES = st.sampled_from(
    ["{", "}", "[", "]", '"', ":", ",", " ", "\t", "\r", "a", '"a"', '"a":', '"b" :', "\\", "\\u0000",
     "\\ud800", "\\u00e9", "0", "1", "-", ".", "e9", "1e999", "NaN", "Infinity", "null", "true", "\x00",
     "\x0b", "\ufeff", "\u2028", "é", "9" * 20, "9" * 400, "9" * 5000, "[" * 60, "]" * 60,
     '{"a":1}', '{"a":1,"a":2}']
)  # fmt: skip


@st.composite
def lines(draw: st.DrawFn) -> str:
    """Draw a line: JSON as written by somebody, changed a little, or hardly JSON at all."""
    line = draw(st.one_of(
        OBJECTS.map(lambda o: json.dumps(o, ensure_ascii=False)),
        OBJECTS.map(lambda o: json.dumps(o, separators=(",", " :"))),
        st.lists(PIECES, max_size=8).map("".join),
        st.lists(PIECES, max_size=6).map(lambda parts: '{"a":' + "".join(parts) + "}"),
    ))  # fmt: skip
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(line)))
        line = line[:at] + draw(PIECES) + line[at + draw(st.integers(0, 2)) :]
    return line.replace("\n", "").encode("utf-8", "replace").decode()


def by_hand(name: str, text: str) -> tuple[list[tables.Record], list[Diagnostic]]:
    """Read lines with the careful reader alone."""
    found: list[Diagnostic] = []
    rows, start = [], 0
    for line in text.split("\n"):
        if line.strip():
            rows += tables._carefully(name, line, start, found)
        start += len(line) + 1
    return rows, found


@many
@given(st.lists(lines(), max_size=6), st.booleans())
@example(['{"a":1,"a":2}'], False)
@example(
    ['{"a":{"b":1,"b":2}}', '{"a" \t:1, "a":2}', '{"\\u0061":1,"a":2}', '{"x":"\\":","a":1,"a":2}'], True
)
@example(['{"a":' + "[" * 99 + "]" * 99 + "}", '{"a":' + "[" * 100 + "]" * 100 + "}"], False)
@example(
    ['{"a":1e999}', '{"a":-0}', '{"a":-0.0}', '{"a":12345678901234567890123}', '{"a":"\\ud83d\\ude00"}'], True
)
@example(
    ['{"a":1.7976931348623159e308}', '{"a":' + "9" * 4301 + "}", '{"a":"\\ud800"}', '{"a":"\x7f"}'], False
)
def test_lines_are_read_alike(drawn: list[str], mark: bool) -> None:
    """Quick or not, a `.jsonl` file gives the same rows, places and findings."""
    text = "\n".join(drawn)
    if text.startswith("\ufeff"):
        text = text[1:]
    assume(not re.match(r"\s*\[\s*\{", text))  # one array, which is told as such and not line by line
    found: list[Diagnostic] = []
    rows = list(tables.records(File("x.jsonl", (b"\xef\xbb\xbf" if mark else b"") + text.encode()), found))
    wanted, told = by_hand("x.jsonl", text)
    assert (repr(rows), found) == (repr(wanted), told)


def test_ordinary_lines_are_read_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written as people write it does not need the careful reader."""
    monkeypatch.delattr(tables, "_carefully")
    rows: list[dict[str, Any]] = [
        {"q": "What: this?", "choices": ["a: b", "[c]", "{d}"], "gold": 1},
        {"q": "“Größer” ?", "meta": {"by": {"name": "x"}, "tags": [{"t": 1}]}, "x": None, "y": 0.5},
        {"q": "C'est : oui", "n": 10**30, "b": True},
    ]
    for separators in ((",", ":"), (", ", ": "), (" , ", " : ")):
        written = [json.dumps(row, separators=separators) for row in rows]
        for end in ("\n", "\r\n", "\n\n"):
            text = end.join(written) + end
            read = list(tables.records(File("x.jsonl", text.encode()), []))
            assert [row for row, _, _ in read] == rows
            assert [text[start:stop] for _, start, stop in read] == written


CELLS = st.lists(
    st.sampled_from(["a", "é", ",", '"', '"x"', "\n", "\r\n", "\r", "\x00", " ", "\x85"]), max_size=25
)


@many
@given(CELLS.map("".join))
@example('a,b\n"x\ny",z\n')
@example('a,b\r\n"x\r\n')
@example("a,b\r\r\nx,y\n\n\n")
def test_cells_stand_where_they_stand(text: str) -> None:
    """Each row of a CSV file has the place that holds its text."""
    found: list[Diagnostic] = []
    rows = list(tables.records(File("x.csv", text.encode()), found))
    assert [(columns, text[start:end]) for columns, start, end in rows] == whole(text)
    assert all(0 <= d.primary.span.start <= d.primary.span.end <= len(text) for d in found)


def whole(text: str) -> list[tuple[dict[str, str], str]]:
    """Give the rows of a CSV text that are as long as the first, and the text of each, up to a mistake."""
    starts = [0]
    for line in io.StringIO(text, newline=""):
        starts.append(starts[-1] + len(line))
    reader, out, first = csv.reader(io.StringIO(text, newline=""), strict=True), [], 0
    with suppress(csv.Error):
        for row in reader:
            out.append((row, text[starts[first] : starts[reader.line_num]].rstrip("\r\n")))
            first = reader.line_num
    header = [cell.strip() for cell in out[0][0]] if out else []
    return [(dict(zip(header, row, strict=True)), t) for row, t in out[1:] if len(row) == len(header)]


def test_what_is_no_text_is_told_alone() -> None:
    """A file that is not UTF-8 has one finding, at the character, whatever else is wrong with it."""
    for name, content in (("x.jsonl", 'é\n{"a": 1}\nx'), ("x.csv", 'a,a\né,"'), ("x.json", "[é")):
        found: list[Diagnostic] = []
        list(tables.records(File(name, b"\xef\xbb\xbf" + content.encode() + b"\xff\n{"), found))
        assert [(d.message, d.primary.span.start) for d in found] == [
            ("this is not UTF-8 text", len(content))
        ]


# --- items ------------------------------------------------------------------------------------------


def statements(text: str) -> tuple[tuple[syntax.Statement, ...], dict[str, FieldType]]:
    """Give the `items` statements of a task, and the types of its fields."""
    from taskc.compiler.check import _type

    file, found = parse(Source(name="x.task", text="task t {\n" + text + "\n}\n"))
    assert file is not None and not found, found
    (task,) = file.declarations
    assert isinstance(task, syntax.Task)
    record = next(s for s in task.body if isinstance(s, syntax.Item))
    fields = {f.name.text: _type(f.type, []) for f in record.fields}
    return tuple(s for s in task.body if not isinstance(s, syntax.Item)), fields


Outcome = tuple[Sequence[Item], list[Diagnostic]]


def read(text: str, content: dict[str, bytes], *, careful: bool | None = None) -> Outcome:
    """Read the items of a task as the checker does, or in one of the two ways."""
    sources, fields = statements(text)
    desk = Desk(files=Files(content))
    if careful is None:
        made = items.read_items(sources, fields, {"limit": 3}, desk)
    else:
        made = items._read(sources, Reading(fields=fields, lets={"limit": 3}, desk=desk, careful=careful))
    return made, desk.found


RECORD = "item { q: text, l: text[], n: int, x: number, c: one of l, k: one of [1, true, 0.5] }\n"
WAYS = [
    RECORD + 'items from "x.jsonl"',
    RECORD + 'items from "x.jsonl" where n > 1',
    RECORD + 'items from "x.jsonl" with { q = str(n) + q, id = x } where len(l) <= limit and other != 1',
    RECORD + 'items from "x.jsonl" with { c = l[n] }\nitems from "y.csv"',
    "item { id: int, rationale: text[] }\n" + 'items from "x.jsonl" with { id = n, rationale = l }',
    'item { q: text }\nitems [ { q: "a" }, { q: "b", id: 2 } ]\nitems from "x.jsonl"',
    'item { q: text }\nitems generate 5 seed 1 {\n q = pick("a", "b")\n id = randint(1, 9)\n }\n'
    'items from "x.jsonl"',
]
SCALARS = st.sampled_from(
    ["", "a", "b", "é", "\0", "\ud800", "1", "true", 0, 1, 2, -1, 0.5, 3.0, 1e300, 10**25, 10**301]
) | st.sampled_from([True, False, None, {"a": 1}])
GOOD = st.fixed_dictionaries(
    {
        "q": st.text("abé", max_size=3),
        "l": st.just(["a", "b"]),
        "n": st.integers(0, 1),
        "x": st.sampled_from([0.5, 2]),
        "c": st.sampled_from(["a", "b"]),
        "k": st.sampled_from([True, 0.5]),
    },
    optional={
        "id": st.sampled_from(["i", "j", 1, 2, 7, 2.5, ""]),
        "rationale": st.sampled_from(["r", None, 4]),
    },
)
ODD = st.dictionaries(
    st.sampled_from(["q", "l", "n", "x", "c", "k", "id", "rationale", "other"]),
    SCALARS | st.lists(SCALARS, max_size=3),
)
ROWS = st.lists(GOOD | st.tuples(GOOD, ODD).map(lambda two: two[0] | two[1]) | ODD, max_size=6)


@many
@given(st.sampled_from(WAYS), ROWS, ROWS)
def test_items_are_read_alike(way: str, rows: list[dict[str, Any]], more: list[dict[str, Any]]) -> None:
    """Quick or not, data give the same items and findings."""
    cells = [[json.dumps(v) if isinstance(v, list) else str(v) for v in row.values()] for row in more]
    table = io.StringIO()
    csv.writer(table).writerows([list("qlnxck"), *cells])
    content = {
        "x.jsonl": "".join(json.dumps(row) + "\n" for row in rows).encode(),
        "y.csv": table.getvalue().encode("utf-8", "replace"),
    }
    careful = read(way, content, careful=True)
    assert read(way, content) == careful
    try:
        quick = read(way, content, careful=False)
    except Odd:
        assert careful[1], "what is as it should be is read quickly"
    else:
        assert quick == careful and not careful[1]


def test_ids_are_held_against_each_other_far_apart() -> None:
    """Two equal ids are found however many items lie between them."""
    rows = [{"q": "x", "id": str(n % 4000)} for n in range(4001)]
    content = {"x.jsonl": "".join(json.dumps(row) + "\n" for row in rows).encode()}
    _, found = read('item { q: text }\nitems from "x.jsonl"', content)
    (one,) = found
    assert one.rule == "duplicate-id" and one.message == "two items have the id `0`"
    lines = content["x.jsonl"].decode().split("\n")
    assert one.primary.span.start == sum(len(line) + 1 for line in lines[:4000])
    assert one.others[0].span.start == 0


# --- items kept outside the memory ----------------------------------------------------------------------

KEPT = {
    "t": FieldType(),
    "i": FieldType(scalar="int"),
    "n": FieldType(scalar="number"),
    "b": FieldType(scalar="bool"),
    "l": FieldType(scalar="number", is_list=True),
    "c": FieldType(choices=syntax.ListOf(span=Span(file="", start=0, end=0), elements=())),
}
NUMBERS = st.integers(-(10**300), 10**300) | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
HELD = st.fixed_dictionaries(
    {
        "t": st.text(), "i": st.integers(), "n": NUMBERS, "b": st.booleans(),
        "l": st.lists(NUMBERS, max_size=3).map(tuple), "c": NUMBERS | st.text() | st.booleans(),
    },
    optional={"rationale": st.text()},
)  # fmt: skip


@many
@given(st.lists(HELD, max_size=12), st.data())
def test_packed_items_are_the_items(values: list[dict[str, Any]], data: st.DataObject) -> None:
    """Items that were put aside come back as they were, in order, by position and by slice."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packed, "HELD", 3)
        patch.setattr(packed, "BLOCK", 2)
        patch.setattr(packed, "CACHED", 1)
        packer = packed.Packer(KEPT, Spool)
        for number, one in enumerate(values):
            packer.add(f"é{number}", "x.jsonl", number, number + 5, dict(one))
        made = packer.items()
        assert isinstance(made, tuple) == (len(values) <= 3)
        wanted = [(f"é{n}", "x.jsonl", n, n + 5, repr(one)) for n, one in enumerate(values)]
        assert [plain(item) for item in made] == wanted
        assert [plain(made[at]) for at in range(len(made))] == wanted
        cut = data.draw(st.slices(len(values)))
        assert [plain(item) for item in made[cut]] == wanted[cut]
        assert made == tuple(made) and list(made) == list(made[:])
        for beyond in (len(values), -len(values) - 1):
            with pytest.raises(IndexError):
                made[beyond]
        if values:
            assert plain(made[-1]) == wanted[-1] and made[0].origin.end == 5


def plain(item: Item) -> tuple[str, str, int, int, str]:
    return item.id, item.file, item.start, item.end, repr(item.values)
