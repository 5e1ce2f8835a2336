"""Strings and text blocks: written, and the value they have."""

import pytest

from taskc.dsl import syntax as s
from taskc.dsl.span import Source
from taskc.grammar import parse, print_file


def text_of(written: str) -> s.Text:
    file, found = parse(Source(name="t.task", text=f"let x = {written}"))
    assert not found, found
    return file.declarations[0].value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('""', ""),
        ('"a"', "a"),
        (r'"\n\t\r\0\\\"\'\/"', "\n\t\r\0\\\"'/"),
        (r'"\x41\u00e9\U0001F600"', "Aé😀"),
        (r'"\ud83d\ude00"', "😀"),
        ('"# no comment"', "# no comment"),
        ('"{{ a }}"', "{{ a }}"),
        ('"\u2028"', "\u2028"),
        ('"""a"""', "a"),
        ('""""""', ""),
        ('"""\n"""', ""),
        ('"""\n\n"""', ""),
        ('"""\n\n\n"""', "\n"),
        ('"""\n  a\n  b\n  """', "a\nb"),
        ('"""\n  a\n    b\n\n  c\n  """', "a\n  b\n\nc"),
        ('"""\n  a\n  b"""', "a\nb"),
        ('"""\n  a\n  b\n"""', "a\nb"),
        ('"""\n    a\n  """', "a"),
        ('"""a\n    b\n  c\n  """', "a\n  b\nc"),
        ('"""  a\n  b"""', "  a\nb"),
        ('"""   \n  a\n  """', "a"),
        ('"""\n\ta\n\t\tb\n\t"""', "a\n\tb"),
        ('"""\n \ta\n  b\n"""', "\ta\n b"),
        ('"""\n  a  \n     \n  b\n"""', "a  \n\nb"),
        ('"""\n  \\n "x" \'y\' {{ a }} # b\n"""', "\\n \"x\" 'y' {{ a }} # b"),
        ('"""\r\n  a\r\n\r\n  b\r\n  """', "a\n\nb"),
        ('"""\n  a\n\n  """', "a\n"),
        ('"""\n\n  a\n  """', "\na"),
    ],
)
def test_value(written, value):
    text = text_of(written)
    assert text.value == value
    assert text.block == written.startswith('"""')
    again = parse(
        Source(name="t.task", text=print_file(parse(Source(name="", text=f"let x = {written}"))[0]))
    )[0]
    assert again.declarations[0].value.value == value


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        ("a\nb", '"""\n  a\n  b\n  """'),
        ("a\n", '"""\n  a\n\n  """'),
        ("a\n\n  b", '"""\n  a\n\n    b\n  """'),
        ("  a\n  b", '"  a\\n  b"'),
        ("a\n  \nb", '"a\\n  \\nb"'),
        ('a\n"""', '"a\\n\\"\\"\\""'),
        ("a\r\nb", '"a\\r\\nb"'),
        ("\x1b\n", '"\\x1b\\n"'),
        ("\n", '"""\n\n\n  """'),
        ("a", '"a"'),
    ],
)
def test_printed(value, printed):
    here = text_of('""').span
    text = s.Text(span=here, value=value)
    reply = s.Template(span=here, keyword="reply", text=text)
    task = s.Task(span=here, name=s.Word(span=here, text="t"), body=(reply,))
    written = print_file(s.File(span=here, declarations=(task,)))
    inside = printed.replace("\n  ", "\n    ")
    assert written == f"task t {{\n  reply {inside}\n}}\n"


def test_places_of_a_block_are_places_in_the_file():
    written = '"""\n    one {{ two }}\n      three\n    """'
    text, source = text_of(written), "let x = " + written
    for word in ("one", "two", "three"):
        start = text.value.index(word)
        place = text.place(start, start + len(word))
        assert source[place.start : place.end] == word


@pytest.mark.parametrize("blanks", [r"\n", r"\t ", r" \x20", r"\u0020\n", r"\n\n", "  "])
def test_places_in_quotes_take_whole_escapes(blanks):
    written = rf'"a\tb {{{{ q }}}}{blanks}"'
    text, source = text_of(written), "let x = " + written
    place = text.place(len(text.value.rstrip()), len(text.value))
    assert source[place.start : place.end] == blanks
    place = text.place(1, 2)
    assert source[place.start : place.end] == r"\t"


def test_the_span_takes_the_quotes():
    assert (text_of('"ab"').span.start, text_of('"ab"').span.end) == (8, 12)
