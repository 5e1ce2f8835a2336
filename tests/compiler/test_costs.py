"""What expressions and templates cost: all that is made is paid for, so that there is an end to it."""

import pytest

from taskc.compiler.draws import Draws
from taskc.compiler.expressions import Frame, Scope, Unusable, constant, ready
from taskc.compiler.filters import counted
from taskc.compiler.limits import LIST, LOOPS, TEXT, WORK, LimitError, Meter
from taskc.compiler.operators import Problem
from taskc.compiler.sandbox import joined, show
from taskc.compiler.templates import Template, template
from taskc.dsl import syntax
from taskc.dsl.diagnostic import Diagnostic
from taskc.dsl.model import Value
from taskc.dsl.span import Source, Span
from taskc.dsl.syntax import Text
from taskc.grammar.parse import parse

VALUES: dict[str, Value] = {"t": "x" * 80, "xs": (1, 2, 3), "n": 2, "yes": True}
FACTORS = {"tone": ("plain", "kind")}


def expression(text: str) -> syntax.Expression:
    file, found = parse(Source(name="t", text=f"let it = {text}\n"))
    assert not found
    (let,) = file.declarations
    assert isinstance(let, syntax.Let)
    return let.value


def checked(text: str, *, draws: bool = False) -> list[tuple[str, str]]:
    """Check an expression: what is told of it, with the place."""
    found: list[Diagnostic] = []
    scope = Scope(names=VALUES.keys(), factors=FACTORS, draws=draws)
    ready(expression(text), scope, found)
    whole = f"let it = {text}"
    return [(whole[d.primary.span.start : d.primary.span.end], d.message) for d in found]


def evaluated(text: str, left: int = WORK) -> tuple[Value, int]:
    """Evaluate an expression; give its value and what it cost."""
    found: list[Diagnostic] = []
    made = ready(expression(text), Scope(names=VALUES.keys(), factors=FACTORS, draws=True), found)
    assert not found
    meter = Meter(left=left)
    value = made(Frame({**VALUES, "tone": "kind"}, meter, Draws(1)))
    return value, left - meter.left


@pytest.mark.parametrize(
    ("text", "value", "cost"),
    [
        ("1", 1, 0),
        ("t", "x" * 80, 0),
        ("n + 1", 3, 1),
        ("t + t", "x" * 160, 160),
        ("n * n", 4, 1),
        ("[n, n]", (2, 2), 2),
        ("[t, n]", ("x" * 80, 2), 82),
        ("upper(t)", "X" * 80, 10 + 80),
        ("len(t)", 80, 10 + 1),
        ("len(xs)", 3, 48 + 1),
        ("join(xs, t)", "1" + "x" * 80 + "2" + "x" * 80 + "3", 48 + 10 + 163),
        ("range(3)", (0, 1, 2), 3),
        ("pick(xs, xs)", (1, 2, 3), (48 + 48) * 8 + 3),
        ("t == t", True, 11),
        ("n == 2", True, 1),
        ("1 < n <= 2", True, 2),
        ("n in xs", True, 49),
        ("n < 1 < 2", False, 1),
        ("-n", -2, 0),
        ("+n", 2, 0),
        ("not yes", False, 0),
        ("xs[-3]", 1, 0),
        ("xs[2]", 3, 0),
        ("t[0]", "x", 0),
        ("1 if yes else 1 / 0", 1, 0),
        ("1 / 0 if not yes else n", 2, 0),
        ("yes or 1", True, 0),
        ("yes and n == 2", True, 1),
        ("tone == kind", True, 1),
        ("tone in [plain]", False, 17),
        ("plain == tone", False, 1),
        ('"kind" == tone', True, 1),
    ],
)
def test_expressions_cost_what_they_make_and_read(text: str, value: Value, cost: int) -> None:
    assert evaluated(text) == (value, cost)
    if cost:
        with pytest.raises(Problem, match="500,000,000 characters and elements in all"):
            evaluated(text, left=cost - 1)


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("1 + xs[3]", "3", "there is no position 3 in 3 elements"),
        ("1 + xs[-4]", "-4", "there is no position -4 in 3 elements"),
        ("xs[yes]", "yes", "a position is a whole number, and this is a truth value"),
        ("xs[0.5]", "0.5", "a position is a whole number, and this is a number"),
        ("n[0]", "n[0]", "only text and lists have elements, and this is a number"),
        ("1 + -t", "-t", "`-` needs a number, and this is text"),
        ("+yes", "+yes", "`+` needs a number, and this is a truth value"),
        ("not n", "n", "this must be true or false, and it is a number"),
        ("n and yes", "n", "this must be true or false, and it is a number"),
        ("yes and n", "n", "this must be true or false, and it is a number"),
        ("not yes or n", "n", "this must be true or false, and it is a number"),
        ("1 if n else 2", "n", "this must be true or false, and it is a number"),
        ("1 < n < t", "1 < n < t", "this compares a number with text"),
        ("1 + 1 / 0", "1 / 0", "this divides by zero"),
        ("1 + len(n)", "len(n)", "`len` needs text or a list, and this is a number"),
        ('float("1" + "0" * 310)', "", "`float` makes finite numbers only"),
    ],
)
def test_expressions_say_where_they_have_no_value(text: str, place: str, said: str) -> None:
    with pytest.raises(Problem) as problem:
        evaluated(text)
    whole = f"let it = {text}"
    span = problem.value.span
    assert problem.value.message == said
    assert not place or whole[span.start : span.end] == place


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("gone", [("gone", "unknown name `gone`")]),
        ("len", [("len", "`len` is a function")]),
        ("pick", [("pick", "`pick` is a function")]),
        ("pick(xs)", [("pick", "`pick` draws at random, and nothing is drawn here")]),
        ("lenn(xs)", [("lenn", "unknown function `lenn`")]),
        ("len()", [("len()", "`len` takes 1 argument, not 0")]),
        ("len(xs, n)", [("len(xs, n)", "`len` takes 1 argument, not 2")]),
        ("replace(t, t)", [("replace(t, t)", "`replace` takes 3 arguments, not 2")]),
        ("round(n, n, n)", [("round(n, n, n)", "`round` takes 1 to 2 arguments, not 3")]),
        ("min()", [("min()", "`min` takes 1 or more arguments, not 0")]),
        ("min(n, n, n, n)", []),
        ("len(xs, by = 1)", [("by = 1", "`len` takes no named arguments")]),
        ("tone == odd", [("odd", "factor `tone` has no level `odd`")]),
        ('tone == "odd"', [('"odd"', "factor `tone` has no level `odd`")]),
        ("tone in [plain, odd]", [("odd", "factor `tone` has no level `odd`")]),
        ("odd == tone", [("odd", "factor `tone` has no level `odd`")]),
        ("tone == t", []),
        ("tone == plain", []),
        ("plain", [("plain", "unknown name `plain`")]),
        ('t == "odd"', []),
    ],
)  # fmt: skip
def test_expressions_are_checked_before_they_are_used(text: str, told: list[tuple[str, str]]) -> None:
    assert checked(text) == told


def test_draws_are_had_where_there_are_some() -> None:
    assert checked("pick(xs)", draws=True) == []
    assert checked("pickk(xs)", draws=True) == [("pickk", "unknown function `pickk`")]
    assert checked("flip(n, n)", draws=True) == [("flip(n, n)", "`flip` takes 0 to 1 arguments, not 2")]


def test_a_constant_has_a_value_or_a_finding() -> None:
    found: list[Diagnostic] = []
    assert constant(expression("1 + 1"), found) == 2 and found == []
    assert constant(expression("1 / 0"), found) is None
    assert [d.message for d in found] == ["this divides by zero"]
    assert constant(expression("gone"), found) is None
    assert [d.message for d in found[1:]] == ["unknown name `gone`"]
    assert constant(expression("2 + 2"), found) == 4 and len(found) == 2


def test_names_without_a_value_here() -> None:
    made = ready(expression("x"), Scope(names={"x"}), [])
    with pytest.raises(Problem, match="`x` has no value at these levels"):
        made(Frame({}, Meter()))
    with pytest.raises(Problem, match="`x` is an object"):
        made(Frame({"x": Unusable("an object")}, Meter()))


# --- templates ----------------------------------------------------------------------------------------------


def made(text: str) -> Template:
    found: list[Diagnostic] = []
    span = Span(file="main.task", start=0, end=len(text) + 2)
    one = template(Text(span=span, value=text, marks=((0, 1),)), {*VALUES, "gone"}, found)
    assert one is not None, found
    return one


@pytest.mark.parametrize(
    ("text", "said", "cost"),
    [
        ("{{ t }}", "x" * 80, 1 + 10),
        ("{{ t }} and {{ n }}.", "x" * 80 + " and 2.", 4 + 10),
        ("12345678", "12345678", 1 + 1),
        ("{{ 'abc' ~ n }}", "abc2", 1),
        ("{{ t | upper }}", "X" * 80, 1 + 10 + 1 + 10),
        ("{{ len(xs) }}", "3", 1 + 48 + 1),
        ("{% for x in xs %}{{ x }}{% endfor %}", "123", 3 + 3),
        ("{{ gone | default(t) }}", "x" * 80, 1 + 10 + 1 + 10),
    ],
)
def test_templates_cost_what_they_put_out_and_read(text: str, said: str, cost: int) -> None:
    meter = Meter()
    assert made(text).render(VALUES, meter) == said
    assert WORK - meter.left == cost
    assert made(text).render(VALUES, Meter(left=cost)) == said
    with pytest.raises(Problem, match="in all"):
        made(text).render(VALUES, Meter(left=cost - 1))


def test_what_a_function_costs_in_a_template() -> None:
    meter = Meter()
    assert (
        counted(len, meter)(
            [1, 2],
        )
        == 2
    )
    assert WORK - meter.left == 2 * 16 + 1


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("one\ntwo {{ 1 / 0 }}\nthree\n", "two {{ 1 / 0 }}"),
        ("one\n{{ xs[9] }}\n{{ n }}\n", "{{ xs[9] }}"),
        ("one\n{{ t | truncate(1) }}\n", "{{ t | truncate(1) }}"),
        ("one\n  {{ upper(n) }} \nthree", "{{ upper(n) }}"),
        ("one\n{{ n }} {{ gone }}\n", "gone"),
        ("one\n{{ gone | upper }}\n", "gone"),
        ("one\n{% for x in n %}{% endfor %}\n", "{% for x in n %}{% endfor %}"),
    ],
)
def test_templates_say_on_which_line_they_have_no_value(text: str, place: str) -> None:
    with pytest.raises(Problem) as problem:
        made(text).render(VALUES, Meter())
    span = problem.value.span
    assert text[span.start - 1 : span.end - 1] == place


def test_what_is_too_long_in_all_is_told_of_the_whole_template() -> None:
    one = made("one\n{% for x in xs %}{{ x }}{% endfor %}\n{{ t }}{{ t }}\n")
    with pytest.raises(Problem) as problem:
        one.render({**VALUES, "t": "x" * (TEXT // 2)}, Meter())
    assert problem.value.span == one.text.span
    assert problem.value.message == "a rendered template may have 1,000,000 characters at most"


def test_loops_take_so_many_turns() -> None:
    one = made("{% for x in xs %}{% for y in t %}{% endfor %}{% endfor %}")
    turns: dict[str, Value] = {"xs": (1,) * 2, "t": "x" * (LOOPS // 2 - 1)}
    assert one.render(turns, Meter()) == ""
    with pytest.raises(Problem, match="10,000 turns at most"):
        one.render({**turns, "xs": (1,) * 3}, Meter())
    with pytest.raises(Problem, match="10,000 turns at most"):
        one.render({"xs": (1,), "t": "x" * LOOPS}, Meter())
    with pytest.raises(Problem, match="in all"):
        one.render(turns, Meter(left=LOOPS - 1))
    assert one.render(turns, Meter(left=LOOPS)) == ""


def test_texts_are_joined_as_far_as_may_be() -> None:
    assert len(joined("x" * (TEXT - 1), 1)) == TEXT
    with pytest.raises(LimitError, match="1,000,000 characters"):
        joined("x" * (TEXT - 1), 12)
    assert joined(1.0, True, (1, "a"), [2.5]) == "1true1, a2.5"
    assert [show(value) for value in ("a", 1, 2.50, False, [1], ())] == ["a", "1", "2.5", "false", "1", ""]


def test_a_filter_makes_a_text_as_long_as_may_be() -> None:
    one = made("{{ t | upper | length }}")
    assert one.render({"t": "ß" * (TEXT // 2)}, Meter()) == str(TEXT)
    with pytest.raises(Problem, match="a text may have 1,000,000 characters"):
        one.render({"t": "ß" * (TEXT // 2 + 1)}, Meter())


def test_a_list_of_an_expression_is_as_long_as_may_be() -> None:
    assert evaluated(f"len(range({LIST}))")[0] == LIST
    with pytest.raises(Problem, match="100,000 elements"):
        evaluated(f"len(range({LIST}) + [1])")
    with pytest.raises(Problem, match="100,000 elements"):
        evaluated(f"[range({LIST})]")
