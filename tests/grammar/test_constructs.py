"""Each construct: as an author may write it, and the tidy form that says how it was understood."""

import logging
from importlib import resources
from pathlib import Path

import lark
import pytest

from taskc.dsl import syntax as s
from taskc.dsl.span import Source
from taskc.grammar import parse, print_file
from taskc.grammar.tables import tables
from taskc.grammar.words import DECLARATIONS, FORMS, RESERVED, STATEMENTS

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").rglob("*.task"))


def read(text: str) -> s.File:
    file, found = parse(Source(name="t.task", text=text))
    assert not found, found
    return file


def statement(text: str) -> s.Statement:
    [task] = read("task t {\n" + text + "\n}").declarations
    [only] = task.body
    return only


def tidy(text: str) -> str:
    return print_file(read(text)).rstrip("\n")


def tidy_statement(text: str) -> str:
    lines = print_file(read("task t {\n" + text + "\n}")).rstrip("\n").split("\n")[1:-1]
    return "\n".join(line.removeprefix("  ") for line in lines)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_read_and_read_back(path):
    file = read(path.read_text(encoding="utf-8"))
    assert file.declarations
    assert read(print_file(file)) == file


def test_there_are_examples():
    assert len(EXAMPLES) >= 7


SAME = [
    'title "Negation QA"',
    "tags negation, inverse_scaling",
    'authors "A. Author", "B. Author"',
    'version "1.0"',
    "options choices",
    "options choices as letters",
    "options [given, famous]",
    'prompt "{{ question }}"',
    'prompt {\n  system "Be brief."\n  user   "{{ question }}"\n}',
    "prompt { }",
    'reply "Answer: {{ answer }}"',
    'think "Let us think."',
    'then "So {{ answer }}"',
    'instruct "Answer."',
    'rationale "Because."',
    "needs rationale",
    "shots 5",
    "samples 40",
    "temperature 0.7",
    "top_p 0.9",
    "max_tokens 100",
    'stop ["\\n", "Q:"]',
    "effort high",
    "layout turns",
    "vote majority",
    "order random",
    "seed 3",
    "exemplars where answer == trap",
    'exemplars ["a", "b"]',
    "exemplars balanced",
    "exemplars balanced where len(choices) == 2",
    "test where answer != trap",
    'true_task "Do it." -> answer',
    'distractor "Do not." -> trap',
    'distractor lure "Do not." -> trap when belief != none',
    'items from "x.jsonl"',
    'items from "x.csv" where len(choices) >= 2',
    'items from "x.csv" where a with {\n  question = q\n  answer   = choices[gold]\n}',
    "items []",
    'items [\n  { a: 1, b: "x", c: [true, -2.5, null], "odd name": false },\n]',
    "item { }",
    "item {\n  a: text\n  b: text[]\n  c: text[2]\n  d: one of [1, 2]\n}",
    "items generate 600 seed 17 {\n  a = pick(1, 2)\n  let b = a * 2\n  keep if b > 2\n}",
    "regimes zero_shot, few_shot(shots = 5)",
    "regimes { }",
    "regimes {\n  a            { shots 3 }\n  b(shots = 1) { }\n  c\n}",
    "vary order as_written, reversed, shuffled(seed = 1)",
    "vary belief {\n  none  { }\n  right { let opinion = answer }\n}",
    "design latin",
    "measure choice(normalise = tokens), label, reply",
    "tasks a, b",
    "let x = 3",
    'allow leaked-answer "it is a demonstration"',
    'allow too-few-items, stop-in-answer, unused-let "why"',
    "subtask part {\n  shots 3\n}",
]


@pytest.mark.parametrize("text", SAME)
def test_written_tidily_it_stays(text):
    assert tidy_statement(text) == text


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        # line ends and commas
        ("item { a: text, b: int, }", "item {\n  a: text\n  b: int\n}"),
        ("item {\n\n  a: text,\n\n # why\n  b: int }", "item {\n  a: text\n  b: int\n}"),
        ("regimes a,\n  b,  # c\n\n  c", "regimes a, b, c"),
        ("regimes { a, b\n c { shots 1 } }", "regimes {\n  a\n  b\n  c { shots 1 }\n}"),
        ("let x = max(\n 1,\n\n 2\n)", "let x = max(1, 2)"),
        ("options [\n 'x'\n]".replace("'", '"'), 'options ["x"]'),
        ('true_task "x"\n  -> a', 'true_task "x" -> a'),
        ('distractor "x" -> a\n  # so\n\n  when b', 'distractor "x" -> a when b'),
        ('items from "x"\n where a\n with { b = c }', 'items from "x" where a with {\n  b = c\n}'),
        ("options a\n  as letters", "options a as letters"),
        ("exemplars balanced\n where a", "exemplars balanced where a"),
        (
            'items [ { a: 1\n b: "x" }\n { "a"\n: 2, b:\n "y" } ]'.replace('"a"\n', '"a"'),
            'items [\n  { a: 1, b: "x" },\n  { a: 2, b: "y" },\n]',
        ),
        ('items [{"a": 1, "b": [1, 2,]},]', "items [\n  { a: 1, b: [1, 2] },\n]"),
        ("items [{ a: True, b: None }]", "items [\n  { a: true, b: null },\n]"),
        (
            'items from "x" with { a = b, c = d } where e',
            'items from "x" where e with {\n  a = b\n  c = d\n}',
        ),
        ("regimes { }", "regimes { }"),
        ('tags ["a", b]', 'tags "a", b'),
        ("measure { choice, reply }", "measure choice, reply"),
        ("vary f { a b_ }".replace(" b_", "\n b_"), "vary f a, b_"),
        # keywords as names
        ("vary order order, seed, where", "vary order order, seed, where"),
        ("vary title {\n items\n where\n when(as = 1)\n}", "vary title items, where, when(as = 1)"),
        (
            "item {\n order: text\n item: if[2]\n one: one of one\n}",
            "item {\n  order: text\n  item:  if[2]\n  one:   one of one\n}",
        ),
        ("tags task, prompt, if, true", "tags task, prompt, if, true"),
        ("let seed = order + title", "let seed = order + title"),
        ("let null = None", "let null = None"),
        ('distractor when "x" -> when when when', 'distractor when "x" -> when when when'),
        ("options as as as", "options as as as"),
        ("let allow = allow", "let allow = allow"),
        ("item { allow: text }", "item {\n  allow: text\n}"),
        ('allow allow,\n  a - b "c"', 'allow allow, a-b "c"'),
        (
            "items generate count seed seed { let = 1\n keep = 2\n if = 3 }",
            "items generate count seed seed {\n  let  = 1\n  keep = 2\n  if   = 3\n}",
        ),
        # expressions
        ("let x = (a)", "let x = a"),
        ("let x = ((a + b)) * c", "let x = (a + b) * c"),
        ("let x = a + (b * c)", "let x = a + b * c"),
        ("let x = (a + b) + c - (d - e)", "let x = a + b + c - (d - e)"),
        ("let x = (a ** b) ** c ** d", "let x = (a ** b) ** c ** d"),
        ("let x = -a ** -b", "let x = -a ** -b"),
        ("let x = (-a) ** b", "let x = (-a) ** b"),
        ("let x = not (a and b) or (not c)", "let x = not (a and b) or not c"),
        ("let x = a or (b or c)", "let x = a or (b or c)"),
        ("let x = (a < b) < c", "let x = (a < b) < c"),
        ("let x = a < b <= c != d", "let x = a < b <= c != d"),
        ("let x = a not in b and c in d", "let x = a not in b and c in d"),
        ("let x = not a in b", "let x = not a in b"),
        (
            "let x = (a if b else c) if d else (e if f else g)",
            "let x = (a if b else c) if d else e if f else g",
        ),
        ("let x = (a if b else c)[0]", "let x = (a if b else c)[0]"),
        ("let x = f(a, [b][0], c = d if e else f,)", "let x = f(a, [b][0], c = d if e else f)"),
        ("let x = 1_000 + .5 + 1. + 1e3 + 1E-3", "let x = 1000 + 0.5 + 1.0 + 1000.0 + 0.001"),
        ("let x = True == False", "let x = true == false"),
        ("let x = - - + a", "let x = --+a"),
        ("let x = a // b % c / d", "let x = a // b % c / d"),
        ('let x = """a "b" \\n"""', 'let x = "a \\"b\\" \\\\n"'),
    ],
)
def test_written_freely_it_means(written, expected):
    assert tidy_statement(written) == expected


def test_declarations_in_tidy_form():
    text = """\
import "std/regimes"
import "other"

let base = 3

task a extends b {
  shots 3
}

regime zero_shot { shots 0 }

regime voted extends step_by_step {
  samples 20
  vote    majority
}

suite all {
  tasks a, c
}"""
    assert tidy(text) == text
    names = [type(d).__name__ for d in read(text).declarations]
    assert names == ["Import", "Import", "Let", "Task", "Regime", "Regime", "Suite"]


def test_named_arguments_come_last():
    assert parse(Source(name="t.task", text="let x = f(a = 1, 2)"))[1]


def test_a_short_prompt_is_one_user_message():
    prompt = statement('prompt "x"')
    assert [(m.role.text, m.text.value) for m in prompt.messages] == [("user", "x")]
    assert tidy_statement('prompt {\n  user "x"\n}') == 'prompt "x"'


def test_rows_hold_values_and_not_operations():
    row = statement("items [{ a: -1, b: -2.5 }]").rows[0]
    assert [cell.value.value for cell in row.cells] == [-1, -2.5]


def test_only_a_regime_of_one_short_statement_stays_on_its_line():
    long = f'regime a {{ reply "{"x" * 80}" }}'
    assert tidy(long) == f'regime a {{\n  reply "{"x" * 80}"\n}}'


def test_the_grammar_leaves_nothing_to_lark_to_resolve(caplog, monkeypatch):
    monkeypatch.setattr(lark.logger, "level", logging.DEBUG)
    monkeypatch.setattr(lark.logger, "propagate", True)
    text = resources.files("taskc.grammar").joinpath("task.lark").read_text(encoding="utf-8")
    lark.Lark(text, parser="lalr", lexer="basic", start="declaration", debug=True)
    assert "Shift/Reduce" not in caplog.text


def test_every_statement_has_a_form_to_show():
    table = tables()
    words = table.words
    row = table.rows[table.start]
    assert {word for word in words if word in row} == DECLARATIONS
    begins = next(row for row in table.rows if "true_task" in row and "}" in row)
    assert {word for word in words if word in begins} == STATEMENTS
    assert set(FORMS) == STATEMENTS | DECLARATIONS
    assert words >= RESERVED


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("let x = (a) + b", ["(a) + b", "a", "b"]),
        ("let x = f(a)[0]", ["f(a)[0]", "f(a)", "f", "a", "0"]),
        ("let x = not -a", ["not -a", "-a", "a"]),
    ],
)
def test_spans_of_expressions(text, spans):
    def walk(node):
        yield text[node.span.start : node.span.end]
        for part in node.__struct_fields__:
            value = getattr(node, part)
            for child in value if isinstance(value, tuple) else [value]:
                if isinstance(child, s.Node):
                    yield from walk(child)

    assert list(walk(read(text).declarations[0].value)) == spans


def test_spans_of_statements_take_all_of_them():
    text = "task t {\n  regimes a(b = 1) { shots 1 }\n\n  seed 3 # no\n}\n"
    [task] = read(text).declarations
    assert text[task.span.start : task.span.end] == text.rstrip()
    assert [text[x.span.start : x.span.end] for x in task.body] == ["regimes a(b = 1) { shots 1 }", "seed 3"]
