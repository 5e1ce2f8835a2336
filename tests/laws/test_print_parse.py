"""Laws of reading and writing: what is printed reads back, and nothing that is read breaks the reader."""

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from taskc.dsl import syntax
from taskc.dsl.span import Source, Span
from taskc.grammar import parse, print_file, show
from tests.laws import strategies

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").rglob("*.task"))
slow = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def read(text: str, name: str = "law.task"):
    return parse(Source(name=name, text=text))


def children(node):
    """List the nodes directly under a node."""
    out = []
    for part in node.__struct_fields__:
        value = getattr(node, part)
        values = value if isinstance(value, tuple) else (value,)
        out += [v for v in values if isinstance(v, syntax.Node)]
    return out


def walk(node):
    yield node
    for child in children(node):
        yield from walk(child)


def assert_spans_nest(node, text):
    assert 0 <= node.span.start <= node.span.end <= len(text)
    for child in children(node):
        assert node.span.start <= child.span.start, (node, child)
        assert child.span.end <= node.span.end, (node, child)
        assert_spans_nest(child, text)


@slow
@given(strategies.FILES)
def test_parse_undoes_print(file):
    text = print_file(file)
    again, found = read(text)
    assert not found, text
    assert again == file, text


@slow
@given(strategies.FILES)
def test_printing_twice_is_printing_once_and_spans_nest(file):
    text = print_file(file)
    again, _ = read(text)
    assert print_file(again) == text
    assert_spans_nest(again, text)


@slow
@given(strategies.EXPRESSIONS)
def test_expressions_read_back(expression):
    file = syntax.File(
        span=strategies.HERE,
        declarations=(
            syntax.Let(
                span=strategies.HERE, name=syntax.Word(span=strategies.HERE, text="x"), value=expression
            ),
        ),
    )
    again, found = read(print_file(file))
    assert not found
    assert again == file


@pytest.mark.parametrize(
    ("table", "union"),
    [
        (strategies.STATEMENTS, syntax.Statement),
        (strategies.DECLARATIONS, syntax.Declaration),
        (strategies.LEAVES | strategies.BRANCHES, syntax.Expression),
        (strategies.TYPES, syntax.Type),
    ],
)
def test_every_class_has_a_strategy(table, union):
    assert set(table) == set(get_args(union))


@pytest.mark.parametrize("cls", strategies.STATEMENTS | strategies.DECLARATIONS | strategies.LEAVES)
def test_strategies_make_their_class(cls):
    table = strategies.STATEMENTS | strategies.DECLARATIONS | strategies.LEAVES
    only = settings(max_examples=1, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    assert find(table[cls], lambda node: type(node) is cls, settings=only)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_read_without_a_fall(text):
    check_any(text)


PIECES = """task a { } ( ) [ ] , : = -> " items item from where with regimes vary let in not if else 1 2.5
x "t" prompt options as true - + ** == # “ \\ ;"""
WORDS = st.sampled_from([*PIECES.split(), '"""', "\n", "\t", "\r\n"])


@settings(max_examples=200, deadline=None)
@given(st.lists(WORDS, max_size=30).map(" ".join))
def test_any_words_are_read_without_a_fall(text):
    check_any(text)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_broken_examples_are_read_without_a_fall(data):
    text = data.draw(st.sampled_from(EXAMPLES)).read_text(encoding="utf-8")
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        length = data.draw(st.sampled_from([0, 1, 3, 20]))
        text = text[:at] + data.draw(WORDS | st.just("")) + text[at + length :]
    check_any(text)


def check_any(text):
    source = Source(name="law.task", text=text)
    file, found = parse(source)
    assert file is not None
    assert_spans_nest(file, text)
    for diagnostic in found:
        assert diagnostic.message[:1].islower() or not diagnostic.message[0].isalpha()
        assert not diagnostic.message.endswith(".")
        drawn = show(diagnostic, {"law.task": source})
        assert all(character.isprintable() or character == "\n" for character in drawn)
    if not found:
        again, rest = read(print_file(file))
        assert not rest
        assert again == file


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='ab "\\\n\t{}ü', max_size=30), st.booleans())
def test_marks_say_where_each_character_stands(inside, crlf):
    written = f'let x = """{inside}"""' + "\n"
    text = written.replace("\n", "\r\n") if crlf else written
    file, found = read(text)
    if found or not isinstance(file.declarations[0].value, syntax.Text):
        return
    value = file.declarations[0].value
    assert value.block
    assert "\r" not in value.value
    for i, character in enumerate(value.value):
        place = value.place(i, i + 1)
        assert text[place.start : place.end] in ((character,) if character != "\n" else ("\n", "\r"))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(["a", "ü", "\\n", "\\\\", '\\"', "\\x41", "\\u00e9", "\\U0001F600"]), max_size=10
    )
)
def test_marks_of_strings_jump_over_escapes(parts):
    text = 'let x = "' + "".join(parts) + '"'
    file, found = read(text)
    assert not found
    value = file.declarations[0].value
    assert len(value.value) == len(parts)
    at = 9
    for i, part in enumerate(parts):
        assert value.place(i, i + 1) == Span(file="law.task", start=at, end=at + len(part))
        at += len(part)
