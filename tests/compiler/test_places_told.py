"""Where templates and files are said to be wrong, in our words; and what is not told because it follows."""

import pytest

from taskc.compiler.followers import without_followers
from taskc.compiler.levels import check_levels
from taskc.compiler.limits import DEPTH, PARTS
from taskc.compiler.places import place_of, quoted, syntax_trouble, words_of
from taskc.compiler.templates import template, template_names
from taskc.dsl.diagnostic import Diagnostic, error, warning
from taskc.dsl.span import Source, Span
from taskc.dsl.syntax import Text


def text_of(value: str) -> Text:
    """Give a text that begins at the second character of its file."""
    return Text(span=Span(file="t", start=0, end=len(value) + 2), value=value, marks=((0, 1),))


def told(value: str, known: str = "a b") -> list[tuple[str, str, str, str]]:
    """Check a template: of each finding the rule, the place, what is told and the cure."""
    found: list[Diagnostic] = []
    made = template(text_of(value), known.split(), found)
    assert (made is None) is bool(found)
    whole = f'"{value}"'
    return [(d.rule, whole[d.primary.span.start : d.primary.span.end], d.message, d.help) for d in found]


# --- templates ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("a {{ b }} c", [("b", False)]),
        ("{{ b(c) }}{% if d %}", [("b", True), ("c", False), ("if", False), ("d", False)]),
        ("{{ 'b' ~ \"c\" ~ d }}", [("d", False)]),
        ("{{ '}}' ~ b }} c", [("b", False)]),
        ("{# a #}{{ b }}", [("b", False)]),
        ("{{ a (b) }}", [("a", True), ("b", False)]),
        ("{{ {'a': b} }}", [("b", False)]),
    ],
)
def test_words_inside_of_tags(value: str, words: list[tuple[str, bool]]) -> None:
    found = list(words_of(text_of(value)))
    assert [(word, called) for word, _, called in found] == words
    for word, span, _ in found:
        assert value[span.start - 1 : span.end - 1] == word


@pytest.mark.parametrize(
    ("said", "problem", "cure"),
    [
        (
            "Unexpected end of template. Jinja was looking for the following tags: 'endif'. "
            "The innermost block that needs to be closed is 'if'.",
            "`{% if %}` is never closed",
            "write `{% endif %}` where it ends",
        ),
        (
            "Encountered unknown tag 'endfor'. The innermost block that needs to be closed is 'if'.",
            "`{% endfor %}` does not belong here",
            "close `{% if %}` first: `{% endif %}`",
        ),
        (
            "Encountered unknown tag 'x'.",
            "unknown tag `{% x %}`",
            "the tags are `if`, `elif`, `else`, `for` and `set`",
        ),
        (
            "unexpected end of template, expected 'end of print statement'.",
            "a tag is opened here and never closed",
            "a value ends with `}}`, a tag with `%}`",
        ),
        ("expected token 'end of print statement', got 'b'", "expected `}}`, found `b`", ""),
        ("expected token 'end of statement block', got '='", "`=` does not compare", "write `==`"),
        ("expected token ':', got '='", "expected `:`, found `=`", ""),
        ("Expected an expression, got 'end of statement block'", "expected a value, found `%}`", ""),
        ("unexpected char '?' at 12", "unexpected `?`", 'for a brace as it is, write `{{ "{" }}`'),
        ("unexpected '}'", "unexpected `}`", 'for a brace as it is, write `{{ "{" }}`'),
        ("", "", ""),
    ],
)
def test_what_the_parser_says_in_our_words(said: str, problem: str, cure: str) -> None:
    assert syntax_trouble(said) == (problem, cure)


def test_what_stands_between_quotes() -> None:
    assert quoted("'a' is undefined") == "a"
    assert quoted("something is undefined") == "this"


FORBIDDEN, SYNTAX = "template-forbidden", "template-syntax"
FILLS = "a template fills in values, chooses with `if` and repeats with `for`"
ORDER = ("a template calls the built-in functions only, with values in their order", "")
FILTER = "use a filter, `name | upper`, or compute the value in the item"
ANSWER = "it stands in `reply` and `then`; where the item is shown its answer is not"
DEEP = ("this template is nested too deeply", "make values with `let` first")
OPEN = ("a tag is opened here and never closed", "a value ends with `}}`, a tag with `%}`")
HALF = ("this text holds half a character", "write the character itself")
UPPER = "a similar name exists: `upper`"


def attribute(name: str) -> tuple[str, str]:
    return f"attributes such as `.{name}` cannot be read in a template", FILTER


def given(name: str, form: str) -> tuple[str, str]:
    return f"filter `{name}` is not given these values", f"write `{form}`"


@pytest.mark.parametrize(
    ("value", "rule", "place", "said"),
    [
        (
            "x\n{{ gone }}",
            "unknown-name",
            "gone",
            ("unknown name `gone` in a template", "known here: `a`, `b`"),
        ),
        ("{{ answer }}", "unknown-name", "answer", ("`answer` is not known here", ANSWER)),
        ("{{ __x }}", FORBIDDEN, "__x", ("`__x` is not for templates", "")),
        ("{{ uper(a) }}", "unknown-function", "uper", ("unknown function `uper` in a template", UPPER)),
        ("{{ a | uper }}", "unknown-filter", "uper", ("unknown filter `uper`", UPPER)),
        ("{{ a is od }}", "unknown-test", "od", ("unknown test `od`", "a similar name exists: `odd`")),
        ("{{ a.b }}", FORBIDDEN, "b", attribute("b")),
        ("{{ a.upper() }}", FORBIDDEN, "upper", attribute("upper")),
        ("{{ a.label() }}", FORBIDDEN, "{{ a.label() }}", ORDER),
        ("{{ len(a, by=1) }}", FORBIDDEN, "{{ len(a, by=1) }}", ORDER),
        ("{{ len(*a) }}", FORBIDDEN, "{{ len(*a) }}", ORDER),
        ("{{ len(**a) }}", FORBIDDEN, "{{ len(**a) }}", ORDER),
        (
            "x\n {{ {'a': 1} }} \ny",
            FORBIDDEN,
            "{{ {'a': 1} }}",
            ("a dictionary cannot be used in a template", FILLS),
        ),
        ("x\n{{ a ** 2 }}", FORBIDDEN, "{{ a ** 2 }}", ("`**` cannot be used in a template", FILLS)),
        (
            "{% include 'x' %}",
            FORBIDDEN,
            "{% include 'x' %}",
            ("`{% include %}` cannot be used in a template", FILLS),
        ),
        ("{{ a | truncate(1, 2) }}", FORBIDDEN, "truncate", given("truncate", "text | truncate(length)")),
        ("{{ a | upper(1) }}", FORBIDDEN, "upper", given("upper", "value | upper")),
        ("{{ a | d(x=1) }}", FORBIDDEN, "d", given("d", "value | d(instead)")),
        ("{{ a | d(*a) }}", FORBIDDEN, "d", given("d", "value | d(instead)")),
        ("{{ a | d(**a) }}", FORBIDDEN, "d", given("d", "value | d(instead)")),
        (
            "{% for x in a recursive %}{% endfor %}",
            FORBIDDEN,
            "recursive",
            ("a loop cannot be recursive", ""),
        ),
        ("{% for x in a %}{{ loop.cycle }}{% endfor %}", FORBIDDEN, "cycle", attribute("cycle")),
        ("{{ '\\ud800' }}", SYNTAX, "{{ '\\ud800' }}", HALF),
        ("{{ " + "9" * 5000 + " }}", SYNTAX, None, ("this template holds a number that is too long", "")),
        ("{{ " + "(" * 5000 + " }}", SYNTAX, None, DEEP),
        ("{{ a" + " + a" * (DEPTH + 1) + " }}", SYNTAX, None, DEEP),
        (
            "{{ a }}" * (PARTS + 1),
            SYNTAX,
            None,
            ("a template may have 10,000 parts at most", "repeat with `{% for … %}`"),
        ),
        ("a\n b {{ x", SYNTAX, "b {{ x", OPEN),
    ],
)
def test_templates_that_are_wrong(value: str, rule: str, place: str | None, said: tuple[str, str]) -> None:
    assert told(value) == [(rule, f'"{value}"' if place is None else place, *said)]


@pytest.mark.parametrize(
    "value",
    [
        "{{ a" + " + a" * (DEPTH - 5) + " }}",
        "{% for x in a %}{{ loop.index }}{{ x }}{% endfor %}",
        "{% for o in a %}{{ o.label }}{{ o.text }}{% endfor %}",
        "{{ a[1:2] }}{{ a[0] }}{{ -a }}{{ not a }}{{ a ~ b }}{{ (a, b) | join }}{{ [a] }}",
        "{{ a | d(b, true) }}{{ a | round(1) }}{{ a is divisibleby(2) }}{{ a if b else 'c' }}",
        "{% set c = a %}{{ c }}{% if a == b %}{% elif a in b %}{% else %}{% endif %}",
        "{{ len(a) }}{{ '\\u00e9' }}",
    ],
)
def test_templates_that_are_right(value: str) -> None:
    assert told(value) == []


def test_a_name_that_is_called_needs_no_value_and_a_name_set_is_known() -> None:
    made = template(text_of("{{ upper(a) }}{% set c = b %}{{ c }}"), ["a", "b"], [])
    assert made is not None
    assert (made.names, made.calls, made.plain) == ({"a", "b"}, {"upper"}, None)
    made = template(text_of("x {{ a }}{{ b }}"), ["a", "b"], [])
    assert made is not None and (made.plain, made.holes) == (("x ", "", ""), ((1, "a"), (2, "b")))
    assert template_names(text_of("{{ a }} {{ upper(b) }}")) == {"a", "b", "upper"}
    assert template_names(text_of("{{ a")) == frozenset()


@pytest.mark.parametrize(
    ("value", "places"),
    [
        ("{{ a }} {% if tone == 'odd' %}{% endif %}", ["odd"]),
        ('{% if tone != "odd" %}{% endif %}', ["odd"]),
        ("{% if 'odd' == tone %}{% endif %}", ["odd"]),
        ("{% if tone in ['kind', 'odd'] %}{% endif %}", ["odd"]),
        ("{% if tone not in ('odd', 'even') %}{% endif %}", ["odd", "even"]),
        ("{% if tone == 'kind' %}{% endif %}", []),
        ("{% if a == 'odd' %}{{ tone }}{% endif %}", []),
        ("{% if tone == a %}{% endif %}", []),
        ("{% if tone == 1 %}{% endif %}", []),
        ("{% if tone < 'odd' %}{% endif %}", []),
        ("{% if tone == 'o' ~ 'd' %}{% endif %}", []),
        ("{% if tone == 'a\\nb' %}{% endif %}", [None]),
        ("{% if tone ==", []),
    ],
)
def test_levels_in_templates(value: str, places: list[str | None]) -> None:
    found: list[Diagnostic] = []
    assert check_levels(text_of(value), {"tone": ("plain", "kind")}, found) is True
    whole = f'"{value}"'
    assert [whole[d.primary.span.start : d.primary.span.end] for d in found] == [
        whole if place is None else place for place in places
    ]
    assert all(d.rule == "unknown-level" and "factor `tone` has no level" in d.message for d in found)


def test_levels_that_stand_bare_in_a_template() -> None:
    """Then the template is not looked at again, which would tell of an unknown name."""
    found: list[Diagnostic] = []
    text = text_of("{% if tone == kind %}{% endif %}")
    assert check_levels(text, {"tone": ("plain", "kind")}, found) is False
    assert [(d.message, d.help, d.primary.span) for d in found] == [
        (
            "in a template the level `kind` is a text and stands in quotes",
            'write `"kind"`',
            place_of(text, "kind"),
        )
    ]


# --- what follows from what could not be read ---------------------------------------------------------------

SOURCE = Source(name="t", text="one two\nthree four\nfive\n")


def at(start: int, end: int, rule: str = "syntax") -> Diagnostic:
    return error(rule, "x", Span(file="t", start=start, end=end))


UNKNOWN = [
    error("unknown-name", f"unknown name `{name}`", Span(file="t", start=0, end=1))
    for name in ("one", "four", "five", "six")
]


@pytest.mark.parametrize(
    ("cause", "left"),
    [
        (at(0, 3), ["four", "five", "six"]),
        (at(8, 9), ["one", "five", "six"]),
        (at(4, 8), ["four", "five", "six"]),  # up to the end of its line
        (at(4, 9), ["five", "six"]),
        (at(8, 8), ["one", "five", "six"]),
        (error("syntax", "x", Span(file="other", start=0, end=1)), ["one", "four", "five", "six"]),
        (error("unreadable-file", "x", Span(file="t", start=0, end=1)), []),
        (warning("odd", "x", Span(file="t", start=0, end=24)), ["one", "four", "five", "six"]),
    ],
)
def test_names_on_lines_that_could_not_be_read_are_not_told(cause: Diagnostic, left: list[str]) -> None:
    found = without_followers(UNKNOWN, [cause], {"t": SOURCE})
    assert [d.message.split("`")[1] for d in found] == left


def test_the_last_name_of_a_finding_is_the_one_that_is_unknown() -> None:
    found = [error("unknown-level", "factor `six` has no level `one`", Span(file="t", start=20, end=21))]
    found += [error("unknown-level", "factor `one` has no level `six`", Span(file="t", start=20, end=21))]
    assert without_followers(found, [at(0, 3)], {"t": SOURCE}) == found[1:]


def test_what_is_missing_is_not_told_after_a_mistake_in_reading() -> None:
    missing = error("missing-statement", "no `prompt`", Span(file="t", start=0, end=1))
    other = error("bad-value", "`one` is wrong", Span(file="t", start=0, end=1))
    assert without_followers([missing, other], [at(20, 21)], {"t": SOURCE}) == [other]
    assert without_followers([missing, other], [], {"t": SOURCE}) == [missing, other]
