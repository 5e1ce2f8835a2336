"""Laws of lines: the quick ways to write and read say what the careful ones do."""

import json
from dataclasses import dataclass, fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskc.records.lines import LineError, _encode, _load_with_care, dump, encode_text, load, plain
from taskc.records.request import Decode, Form, Message, Option, Request

REQUEST = Request(
    id="00",
    task="t",
    item="1",
    regime="r",
    levels={"order": "as_written"},
    measure="choice",
    messages=(Message(role="system", content="s"), Message(role="user", content="u")),
    form=Form(before="Answer: "),
    options=(Option(label="A", text="x", written="A", continuation=" A"),),
    predictions={"true_task": "A"},
    answer="A",
    decode=Decode(max_tokens=4, stop=("\n",)),
)
NAMES = st.sampled_from([field.name for field in fields(Request)] + ["other"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Some values, as a record has them."""

    value: object
    more: tuple[object, ...]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_text_is_written_as_json_does(text: str) -> None:
    assert encode_text(text) == json.dumps(text, ensure_ascii=False).encode()


@settings(max_examples=300, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=4),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=8,
    )
)
def test_both_ways_to_write_give_the_same(value: Any) -> None:
    """Numbers with an exponent, halves of characters and what is not finite included."""
    row = Row(value=value, more=(value, 0.5))
    try:
        expected = _encode(plain(row))
    except ValueError:
        with pytest.raises(ValueError, match="not JSON compliant"):
            dump(row)
    else:
        assert dump(row) == expected
        assert dump(row, finite=True) == expected


def read(how: Any, line: str) -> Request | str:
    try:
        return how(Request, line, number=7)
    except LineError as problem:
        return str(problem)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=3), st.sets(NAMES, max_size=2))
def test_both_ways_to_read_take_and_refuse_the_same(other: dict[str, Any], missing: set[str]) -> None:
    """A line with some values changed or left out is read, or refused, in the same words."""
    row = {**json.loads(dump(REQUEST)), **other}
    line = json.dumps({name: value for name, value in row.items() if name not in missing})
    assert read(load, line) == read(_load_with_care, line)


def test_what_was_written_is_read() -> None:
    assert load(Request, dump(REQUEST)) == REQUEST
    assert load(Request, dump(REQUEST).encode()) == REQUEST
