"""What templates make of values: filters, tests, loops, positions; and what they will not do."""

import pytest

from taskc.compiler.filters import FILTERS
from taskc.compiler.limits import Meter
from taskc.compiler.operators import Problem
from taskc.compiler.templates import Template, template
from taskc.dsl.diagnostic import Diagnostic
from taskc.dsl.span import Span
from taskc.dsl.syntax import Text

VALUES = {
    "q": "Some plain words",
    "xs": (3, 1, 2, 3),
    "words": ("b", "A", "a"),
    "empty": (),
    "n": -7,
    "y": 2.5,
}
# how many values each filter takes beside the one before it, as docs/language.md has it
TAKES = {
    "d": 2, "default": 2, "join": 1, "replace": 2, "round": 1, "sort": 2, "trim": 1, "truncate": 1,
}  # fmt: skip


def checked(text: str) -> tuple[Template | None, list[Diagnostic]]:
    found: list[Diagnostic] = []
    span = Span(file="main.task", start=0, end=len(text))
    return template(Text(span=span, value=text), {*VALUES, "gone"}, found), found


def rendered(text: str) -> str:
    made, found = checked(text)
    assert made is not None, found
    return made.render(VALUES, Meter())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ n | abs }}", "7"),
        ("{{ q | count }} {{ q | list | length }}", "16 16"),
        ("{{ xs | first }} {{ words | last }}", "3 a"),
        ("{{ q | reverse }}", "sdrow nialp emoS"),
        ("{{ xs | reverse }}", "3, 2, 1, 3"),
        ("{{ words | sort }}", "A, a, b"),
        ("{{ words | sort(true) }}", "b, a, A"),
        ("{{ ['a', 'B'] | sort(false, true) }} {{ ['a', 'B'] | sort }}", "B, a a, B"),
        ("{{ xs | sort(true) }}", "3, 3, 2, 1"),
        ("{{ q | truncate(11) }}", "Some plain words"),
        ("{{ q | truncate(10) }} {{ q | truncate(3) }}", "Some... ..."),
        ("{{ y | int }} {{ '4' | float }} {{ y | round }} {{ 2.346 | round(2) }}", "2 4 2 2.35"),
        ("{{ words | join }} {{ words | join('+') }}", "bAa b+A+a"),
        ("{{ n | upper }} {{ 'xxaxx' | trim('x') }} {{ q | wordcount }}", "-7 a 3"),
        ("{{ '' | d('x') }}{{ '' | d('x', true) }}{{ 'y' | d('x', true) }}", "xy"),
        ("{{ gone | d('x') }}{{ gone | default('y', true) }}{{ gone | d }}", "xy"),
        ("{{ xs | unique }} {{ xs | max }} {{ xs | sum }}", "3, 1, 2 3 9"),
        ("{{ xs[1:3] }} {{ xs[-1] }} {{ q[0] }}", "1, 2 3 S"),
        ("{{ q ~ n ~ y ~ xs ~ true }}", "Some plain words-72.53, 1, 2, 3true"),
        ("{{ n is even }} {{ 6 is divisibleby 3 }} {{ q is string }}", "false true true"),
        (
            "{% for x in xs %}{{ loop.index0 }}{{ loop.revindex }}{{ ',' if not loop.last }}{% endfor %}",
            "04,13,22,31",
        ),
        ("{% for x in empty %}x{% else %}none{% endfor %}", "none"),
        ("plain, {{ q }}, {{ xs }}", "plain, Some plain words, 3, 1, 2, 3"),
        ("a\n  {% if true %}\n{{ y }}\n {%- endif %}\n", "a\n  \n2.5\n"),
        ("<{{ q[0] }}&{{ '<' }}>\n\n", "<S&<>\n\n"),
    ],
)  # fmt: skip
def test_values(text: str, said: str) -> None:
    assert rendered(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ empty | first }}", "`first` needs at least one value, and this is empty"),
        ("{{ empty | last }}", "`last` needs at least one value, and this is empty"),
        ("{{ 3 | first }}", "`first` needs a list or text, and this is a number"),
        ("{{ 12 | length }}", "`length` needs a list or text, and this is a number"),
        ("{{ q | truncate(2) }}", "`truncate` needs a length, a whole number from 3"),
        ("{{ q | truncate(true) }}", "`truncate` needs a length, a whole number from 3"),
        ("{{ q | truncate('3') }}", "`truncate` needs a length, a whole number from 3"),
        ("{{ words | sum }}", "`sum` needs a number, and this is text"),
        ("{{ xs[9] }}", "there is no position 9 in 4 elements"),
        ("{{ q['a'] }}", "only text and lists have elements, and a position is a whole number"),
        ("{{ n[0] }}", "only text and lists have elements, and a position is a whole number"),
        ("{{ 1 / 0 }}", "this divides by zero"),
        ("{{ 'a' + 1 }}", "`+` does not go between text and a number"),
        ("{% for x in n %}{% endfor %}", "a loop needs a list or text"),
        ("{{ gone }}", "`gone` has no value here"),
        ("{{ gone | upper }}", "`gone` has no value here"),
    ],
)
def test_what_has_no_value(text: str, said: str) -> None:
    made, found = checked(text)
    assert made is not None, found
    with pytest.raises(Problem) as problem:
        made.render(VALUES, Meter())
    assert problem.value.message == said


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_takes_so_many_values_and_no_more(name: str) -> None:
    """One more is told where it stands, before any item is rendered."""
    for count, wanted in ((TAKES.get(name, 0), []), (TAKES.get(name, 0) + 1, ["template-forbidden"])):
        given = ", ".join(["1"] * count)
        _, found = checked(f"{{{{ q | {name}({given}) }}}}")
        assert [d.rule for d in found] == wanted
        assert all(f"filter `{name}`" in d.message and "| " + name in d.help for d in found)


def test_a_meter_that_is_empty_ends_it() -> None:
    """What is rendered is counted, in loops and in texts alike."""
    for text in ("{% for x in xs %}{{ x }}{% endfor %}", "{{ q | upper }}", "plain {{ q }}"):
        made, _ = checked(text)
        assert made is not None
        with pytest.raises(Problem, match="in all"):
            made.render(VALUES, Meter(left=0))


@pytest.mark.parametrize(
    ("text", "length", "said"),
    [
        ("x" * 260, "", "x" * 260),
        ("x" * 261, "", "x" * 252 + "..."),
        ("a b c d e f g h i j", "(12)", "a b c d..."),
        ("x" * 17, "(12)", "x" * 17),
        ("x" * 18, "(12)", "x" * 9 + "..."),
        ("abcdefgh ijklmnopqrst", "(12)", "abcdefgh..."),
    ],
)
def test_texts_are_cut_between_words(text: str, length: str, said: str) -> None:
    made, _ = checked(f"{{{{ q | truncate{length} }}}}")
    assert made is not None
    assert made.render({**VALUES, "q": text}, Meter()) == said


def test_lists_that_templates_make_are_lists() -> None:
    assert rendered("{{ [1, 2] + [3] }} {{ ([1] + xs) | length }} {{ [2, 1] | sort }}") == "1, 2, 3 5 1, 2"
    assert rendered("{{ [1, 2] | sum }} {{ ['a', 'b'] | join('-') }} {{ [1, 1] | unique }}") == "3 a-b 1"
    assert rendered("{{ [1, 2] | string }} {{ ['b', 'a'] | first }} {{ len([1, 2]) }} {{ max([1, 2]) }}") == (
        "1, 2 b 2 2"
    )
    assert rendered("{{ words[1:] }} {{ q[:4] }} {{ ['x', 'y'][1] }} {{ (1, 2)[0] }}") == "A, a Some y 1"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ gone + 1 }}", "`gone` has no value here"),
        ("{{ 1 + gone }}", "`gone` has no value here"),
        ("{{ gone ~ 'a' }}", "`gone` has no value here"),
        ("{{ upper(gone) }}", "`gone` has no value here"),
        ("{{ q | replace(gone, 'a') }}", "`gone` has no value here"),
        ("{% for x in gone %}{% endfor %}", "`gone` has no value here"),
        ("{{ '' | d(gone, true) }}", "`gone` has no value here"),
        ("{{ xs[-5] }}", "there is no position -5 in 4 elements"),
        ("{{ q | int }}", "`int` cannot read “Some plain words”"),
        ("{{ xs | sort | join(1) }}", "`join` needs text, and this is a number"),
        ("{{ words | max + 1 }}", "`+` does not go between text and a number"),
        ("{{ 2 < 'a' }}", "values of different kinds do not go together here"),
    ],
)
def test_what_has_no_value_inside_of_others(text: str, said: str) -> None:
    made, found = checked(text)
    assert made is not None, found
    with pytest.raises(Problem) as problem:
        made.render(VALUES, Meter())
    assert problem.value.message == said
