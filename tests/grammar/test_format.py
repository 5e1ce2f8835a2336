"""The one form: untidy text beside what becomes of it."""

import pytest

from taskc.dsl.span import Source
from taskc.grammar.format import format_text

LONG = '"a text of more than forty characters, no less"'


def formatted(text: str) -> str:
    out, found = format_text(Source(name="t.task", text=text))
    assert out is not None, found
    assert format_text(Source(name="t.task", text=out))[0] == out
    return out


def in_task(text: str) -> str:
    lines = formatted("task t {\n" + text + "\n}\n").rstrip("\n").split("\n")[1:-1]
    return "\n".join(line.removeprefix("  ") for line in lines)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        # columns, within runs of one kind
        ('title "x"\ntags a,b\nabout """\n  y\n  """', 'title "x"\ntags  a, b\nabout """\n  y\n  """'),
        ('title "x"\n\ntags a', 'title "x"\n\ntags a'),
        ('title "x"\n# c\ntags a', 'title "x"\n# c\ntags a'),
        ('prompt "a"\nreply "b"\nshots 3', 'prompt "a"\nreply  "b"\nshots 3'),
        (
            'true_task "ab" -> a\ndistractor "c" -> b when d',
            'true_task  "ab" -> a\ndistractor "c"  -> b when d',
        ),
        (
            "item { a: text # one\n bcd: int\n e: bool # two\n}",
            "item {\n  a:   text  # one\n  bcd: int\n  e:   bool  # two\n}",
        ),
        (
            "regimes {\n a { shots 1 }\n bc\n def { seed 2 }\n}",
            "regimes {\n  a   { shots 1 }\n  bc\n  def { seed 2 }\n}",
        ),
        # what the author decides: short blocks on a line, spelling, brackets round operands
        ("item { a: text, b: int, }", "item { a: text, b: int }"),
        ("item {\n a: text }", "item {\n  a: text\n}"),
        ("let x = 1_000 + 1e3 * ( .5 )", "let x = 1_000 + 1e3 * .5"),
        ("let x = (a and b) or ((c))", "let x = (a and b) or c"),
        (r'let x = "\u00e9\"" + "\x41"', r'let x = "\u00e9\"" + "\x41"'),
        ("let x = True", "let x = true"),
        # comments
        ("item { # the record\n a: text }", "item {  # the record\n  a: text\n}"),
        ("item {\n a: text\n\n\n # last\n}", "item {\n  a: text\n\n  # last\n}"),
        ("options [a, # one\n b # two\n]", "options [\n  a,  # one\n  b,  # two\n]"),
        ("let x = f(a, # one\n b = c)", "let x = f(\n  a,  # one\n  b = c,\n)"),
        (
            "items [ { a: 1 }, # one\n # two\n { a: 2 } ]",
            "items [\n  { a: 1 },  # one\n  # two\n  { a: 2 },\n]",
        ),
        ("items [ { a: 1, # one\n b: 2 } ]", "items [\n  {\n    a: 1,  # one\n    b: 2,\n  },\n]"),
        ("regimes a, # one\n b", "regimes {\n  a  # one\n  b\n}"),
        (
            "regimes a { shots 1 }\n# c\nvary b { # d\n e # f\n g\n}",
            "regimes {\n  a { shots 1 }\n}\n# c\nvary b {  # d\n  e  # f\n  g\n}",
        ),
        (
            "regimes a, # one\n b # two\nitem { # three\n c: text # four\n}",
            "regimes {\n  a  # one\n  b\n}  # two\nitem {  # three\n  c: text  # four\n}",
        ),
        ("tags a, # one\n b", "tags [\n  a,  # one\n  b,\n]"),
        ("keep_ = 1".replace("keep_ =", "shots") + " # three", "shots 1  # three"),
        ("let x = (a # one\n and b)", "let x = (\n  a  # one\n  and b\n)"),
        ('true_task "x" # why\n -> a', '# why\ntrue_task "x" -> a'),
        # what is too long
        (f"options [{LONG}, {LONG}, c]", f"options [\n  {LONG},\n  {LONG},\n  c,\n]"),
        (f"let x = f({LONG}, g = {LONG})[0]", f"let x = f(\n  {LONG},\n  g = {LONG},\n)[0]"),
        (f"let x = a == {LONG} and b == {LONG}", f"let x = (\n  a == {LONG}\n  and b == {LONG}\n)"),
        (f"let x = {LONG} if a else {LONG}[0] + c", f"let x = (\n  {LONG}\n  if a\n  else {LONG}[0] + c\n)"),
        (f"true_task {LONG} -> a + {LONG}", f"true_task {LONG}\n  -> a + {LONG}"),
        (f"cite {LONG}, {LONG}, {LONG}", f"cite {LONG},\n     {LONG},\n     {LONG}"),
        (
            f'items from "x" where a == {LONG} with {{ b = {LONG} }}',
            f'items from "x" where a == {LONG} with {{\n  b = {LONG}\n}}',
        ),
        (
            f"items from {LONG} where a == {LONG} with {{ b = {LONG} }}",
            f"items from {LONG}\n  where a == {LONG}\n  with {{ b = {LONG} }}",
        ),
        # text blocks: the indentation is ours if the value stays the same
        ('reply """\n        a\n          b\n"""', 'reply """\n  a\n    b\n  """'),
        ('reply """a\n        b"""', 'reply """\n  a\n  b\n  """'),
        ('reply """  a\n\n"""', 'reply """  a\n\n"""'),
        ('reply """one line"""', 'reply """one line"""'),
    ],
)
def test_statements(written, expected):
    assert in_task(written) == expected


def test_declarations_are_apart_unless_they_take_one_line():
    text = 'import "a"\nimport "b"\nlet c = 1\nregime d{shots 1}\nregime ef {seed 2}\n'
    text += "task g{}\n# h\ntask i{\n\n shots 1\n\n}"
    assert formatted(text) == (
        'import "a"\nimport "b"\nlet c = 1\nregime d  { shots 1 }\nregime ef { seed 2 }\ntask g { }\n\n'
        "# h\ntask i {\n  shots 1\n}\n"
    )


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", ""),
        ("\n\n# only\n\n\n# comments", "# only\n\n# comments\n"),
        ("\ufeffregime a {\r\n\tshots 1 # b\t\r\n}\r\n", "regime a {\n  shots 1  # b\n}\n"),
        ('let a = "tab\there"\n', 'let a = "tab\there"\n'),
    ],
)
def test_files(written, expected):
    assert formatted(written) == expected


def test_a_file_with_mistakes_stays():
    text, found = format_text(Source(name="t.task", text="\ufefftask t {\r\n  promt\r\n}"))
    assert text is None
    assert [(d.rule, d.primary.span.start) for d in found] == [("unknown-statement", 13)]
