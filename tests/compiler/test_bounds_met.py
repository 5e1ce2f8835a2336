"""Bounds that are met exactly, and what is told where one more is too many."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from taskc.compiler import generate, items, templates, values
from taskc.compiler.limits import DEPTH, DIGITS, LIST, TEXT, LimitError, Meter
from taskc.compiler.lints import Tools, chance, lint
from taskc.compiler.lints.chance import Excess, Hits, excess
from taskc.compiler.places import line_span, place_of
from taskc.compiler.templates import template
from taskc.dsl.diagnostic import Diagnostic
from taskc.dsl.model import Program, Value
from taskc.dsl.span import Span
from taskc.dsl.syntax import Text
from taskc.flow.build import understand
from taskc.flow.lend import tools
from taskc.flow.understand import Understood

TASK = """task t {
  canary "none"
  item { q: text, a: text, b: text }
  items %s
  true_task "add" -> a
  distractor "err" -> b
  %s
  prompt "{{ q }}"
  reply "%s"
  regimes zero_shot
}
"""
ROWS = '[ { q: "One?", a: "two", b: "three" } { q: "Two?", a: "four", b: "six" } ]'


def reading(folder: Path, rows: str = ROWS, more: str = "", reply: str = "It is {{ answer }}.") -> Understood:
    path = folder / "t.task"
    path.write_text(TASK % (rows, more, reply), encoding="utf-8")
    return understand([str(path)])


def told(done: Understood, rule: str) -> list[Diagnostic]:
    return [d for d in done.found if d.rule == rule]


def text_of(value: str) -> Text:
    """Give a text that begins at the second character of its file."""
    return Text(span=Span(file="t", start=0, end=len(value) + 2), value=value, marks=((0, 1),))


# --- values -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "cost"), [("", 0), ("x" * 7, 0), ("x" * 16, 2), ((), 0), ((1, 2), 32), (7, 0), (True, 0)]
)
def test_what_reading_a_value_costs(value: Value, cost: int) -> None:
    assert values.weight(value) == cost


@pytest.mark.parametrize(
    ("value", "cost"),
    [("abc", 3), ("", 0), (7, 1), ((), 0), ((1, 2), 2), (("ab", "c"), 5), ((("ab",), 1), 5)],
)
def test_what_making_a_value_costs(value: Value, cost: int) -> None:
    assert values.size(value) == cost


def test_values_as_large_as_may_be() -> None:
    for good, bad, words in (
        ("x" * TEXT, "x" * (TEXT + 1), "1,000,000 characters"),
        ((1,) * LIST, (1,) * (LIST + 1), "100,000 elements"),
        (((1,) * (LIST - 1),), ((1,) * LIST,), "100,000 elements"),
        (10**DIGITS - 1, 10 ** (DIGITS + 1), "300 digits"),
        (2**999 - 1, 2**999, "300 digits"),
        (nested(DEPTH), nested(DEPTH + 1), "100 deep"),
    ):
        assert values.bounded(good) is good
        with pytest.raises(LimitError, match=words):
            values.bounded(bad)


def nested(depth: int) -> Value:
    value: tuple[Value, ...] = ()
    for _ in range(depth - 1):
        value = (value,)
    return value


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(2.0, "2"), (-2.0, "-2"), (2.5, "2.5"), (1e16, "1e+16"), (1e15, "1000000000000000"),
     (-9999999999999998.0, "-9999999999999998"),
     (True, "true"), (False, "false"), (1, "1"), ((1, ("a", True)), "1, a, true"), ((), "")],
)  # fmt: skip
def test_values_as_text(value: Value, wanted: str) -> None:
    assert values.written(value) == wanted


# --- templates --------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["{{ a }}{{ b }}", "{% if a %}{{ a }}{% endif %}{{ b }}"])
def test_a_template_makes_as_much_text_as_may_be(written: str) -> None:
    made = template(text_of(written), ["a", "b"], [])
    assert made is not None
    half = "x" * (TEXT // 2)
    assert len(made.render({"a": half, "b": half}, Meter())) == TEXT
    with pytest.raises(Exception, match="1,000,000 characters"):
        made.render({"a": half, "b": half + "x"}, Meter())


def test_a_template_of_as_many_parts_as_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """The template and what it puts out are two of the parts."""
    monkeypatch.setattr(templates, "PARTS", 10)
    found: list[Diagnostic] = []
    assert template(text_of("{{ a }}" * 8), ["a"], found) is not None
    assert found == []
    assert template(text_of("{{ a }}" * 9), ["a"], found) is None
    assert len(found) == 1


def test_the_place_of_a_line_and_of_a_word() -> None:
    text = text_of("one\n  two \n\nfour {{ a }}")
    spans = [(span.start, span.end) for span in (line_span(text, line) for line in range(6))]
    whole = (text.span.start, text.span.end)
    assert spans == [whole, (1, 4), (7, 10), whole, (13, 25), whole]
    assert (place_of(text, "a").start, place_of(text, "a").end) == (21, 22)
    assert place_of(text, "b") == text.span


# --- items ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("most", "rules"), [(1, ["too-many-items"]), (2, []), (3, [])])
def test_as_many_items_as_may_be(
    most: int, rules: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(items, "ITEMS", most)
    done = reading(tmp_path)
    found = told(done, "too-many-items")
    assert [d.rule for d in found] == rules
    assert all(d.message == "a task may have 1 items at most" for d in found)


def test_a_let_of_a_generator_is_no_column(tmp_path: Path) -> None:
    """Not even one called `id`, which would be the name of the item."""
    made = 'generate 2 seed 1 {\n let id = "same"\n q = "One?"\n a = "two"\n b = "six"\n}'
    (task,) = reading(tmp_path, made).program.tasks
    assert [item.id for item in task.items] == ["1", "2"]


@pytest.mark.parametrize(("most", "words"), [(5, "5 draws in a row"), (6, "6 draws in a row")])
def test_a_generator_that_makes_nothing(
    most: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generate, "REJECTS", most)
    made = 'generate 2 seed 1 {\n q = "One?"\n a = "two"\n b = "six"\n keep if q == a\n}'
    (found,) = told(reading(tmp_path, made), "unsatisfiable-generator")
    assert found.message == f"`keep if` rejected {words}, with 0 of 2 items made"


def test_a_generator_that_makes_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given up after a draw for each of 9 items and 4 more, though no 4 in a row were rejected."""
    monkeypatch.setattr(generate, "REJECTS", 4)
    monkeypatch.setattr(generate, "DRAWS_PER_ITEM", 1)
    made = 'generate 9 seed 1 {\n q = "One?"\n a = "two"\n b = "six"\n keep if randint(0, 1) == 1\n}'
    (found,) = told(reading(tmp_path, made), "unsatisfiable-generator")
    assert found.message == "`keep if` rejected 8 of 13 draws, with 5 of 9 items made"


# --- lints ------------------------------------------------------------------------------------------


def test_an_allow_of_a_task_that_asks_nothing_is_idle(tmp_path: Path) -> None:
    (task,) = reading(tmp_path, more='allow stop-in-answer "why not"').program.tasks
    for variants, idle in ((task.variants, 1), ((), 1)):
        program = Program(tasks=(replace(task, variants=variants),))
        found = [d.rule for d in lint(program, [], tools(), Meter())]
        assert found.count("unused-allow") == idle
    assert found == ["unused-allow"]


def test_a_gain_just_worth_telling() -> None:
    hits = {2: Hits(k=2, named=20, right=20)}
    found = excess(hits, 200, 1)
    assert found is not None and found.gain == 0.05
    assert excess(hits, 201, 1) is None


def test_a_p_value_at_the_bound_is_not_sure(monkeypatch: pytest.MonkeyPatch) -> None:
    hits = {2: Hits(k=2, named=20, right=20)}
    found = excess(hits, 20, 1)
    assert isinstance(found, Excess) and found.p == pytest.approx(2.0**-20)
    monkeypatch.setattr(chance, "ALPHA", found.p)
    assert excess(hits, 20, 1) is None


def test_the_surest_group_is_told_corrected_for_all() -> None:
    hits = {2: Hits(k=2, named=20, right=20), 4: Hits(k=4, named=20, right=20)}
    found = excess(hits, 40, 3)
    assert found is not None and found.hits.k == 4
    assert found.p == pytest.approx(4.0**-20 * 3 * 2)
    assert found.gain == 15 / 40


@pytest.mark.parametrize(("count", "p"), [(0, 1.0), (2, 1.0), (3, 5 / 16), (4, 1 / 16)])
def test_the_tail_of_four_throws(count: int, p: float) -> None:
    assert chance.tail(count, 4, 0.5) == pytest.approx(p)


@pytest.mark.parametrize(
    ("reply", "shown", "blanks"), [("So:{{ answer }}", ":", ""), ("So:   {{ answer }}", "   ", "   ")]
)
def test_where_a_blank_is_to_stand(reply: str, shown: str, blanks: str, tmp_path: Path) -> None:
    (found,) = told(reading(tmp_path, reply=reply), "blank-at-join")
    (edit,) = found.edits
    file = (tmp_path / "t.task").read_text(encoding="utf-8")
    span = found.primary.span
    assert file[span.start : span.end] == shown
    assert file[edit.span.start : edit.span.end] == blanks
    mended = file[: edit.span.start] + edit.text + file[edit.span.end :]
    assert 'reply "So: {{ answer }}"' in mended


def test_replies_are_read_only_with_both_tools(tmp_path: Path) -> None:
    done = reading(tmp_path, more="options [a, upper(a), b]")
    lent = tools()
    for read, same, wanted in (
        (lent.read, lent.same, True),
        (lent.read, None, False),
        (None, lent.same, False),
    ):
        found = lint(done.program, [], Tools(read=read, same=same), Meter())
        assert ("ambiguous-extractor" in {d.rule for d in found}) is wanted


@pytest.mark.parametrize(
    ("levels", "pairs"),
    [
        ('plain, kind { prompt "Do: {{ q }}" }, formal', ["formal"]),
        ('kind { prompt "Do: {{ q }}" }, plain, formal', ["formal"]),
        ("plain, kind, formal", ["kind", "formal"]),
        ('plain, kind { prompt "Do: {{ q }}" }, formal { prompt "Pray: {{ q }}" }', []),
    ],
)
def test_levels_that_ask_the_same(levels: str, pairs: list[str], tmp_path: Path) -> None:
    found = told(reading(tmp_path, more=f"vary tone {levels}"), "unused-level")
    assert [d.message for d in found] == [
        f"level `{level}` of factor `tone` asks what level `plain` asks" for level in pairs
    ]
