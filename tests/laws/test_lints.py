"""Laws of the lints: they never break, chance hardly makes them speak, and what they pass over is right."""

import re
from fractions import Fraction
from math import comb
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taskc.compiler.limits import Meter
from taskc.compiler.lints import Tools, lint
from taskc.compiler.lints.ambiguous_extractor import is_plain
from taskc.compiler.lints.chance import ALPHA, GAIN, Hits, excess, tail
from taskc.compiler.lints.leaked_answer import count_words
from taskc.compiler.lints.twins import fold
from taskc.dsl.diagnostic import Severity
from taskc.flow.build import understand
from taskc.flow.lend import tools
from taskc.grammar import print_file
from taskc.grammar.show import show
from taskc.records.request import Form, Option
from tests.laws import strategies
from tests.laws.test_compile import STATEMENTS, quiz, quizzes, rows, written

never_breaks = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
LENT = tools()
WITH_MODELS = Tools(
    models={"fake/bytes": lambda text: list(text.encode("utf-8", "replace")), "fake/closed": None},
    contexts={"fake/bytes": 20, "fake/closed": 10},
    read=LENT.read,
    same=LENT.same,
    detects=LENT.detects,
    effect=0.1,
)


def check(text: str, **files: str) -> None:
    """Lint whatever tasks a text has, with and without models; every finding can be drawn."""
    with written(text, **files) as place:
        done = understand([str(place)])
        for lent in (LENT, WITH_MODELS):
            for finding in lint(done.program, [], lent, Meter()):
                assert show(finding, done.sources)
                assert finding.severity in (Severity.WARNING, Severity.NOTE)
                assert finding.message and finding.primary.span.end >= finding.primary.span.start


@never_breaks
@given(strategies.FILES)
def test_any_tree_can_be_linted(file: Any) -> None:
    """A file of any declarations is linted as far as it is understood."""
    check(print_file(file))


@never_breaks
@given(st.lists(st.sampled_from(STATEMENTS), max_size=14))
def test_statements_in_any_company_can_be_linted(body: list[str]) -> None:
    check("task t {\n" + "\n".join(body) + "\n}\n")


MORE = st.lists(
    st.sampled_from(
        [
            "vary order as_written, reversed",
            "vary labels letters, roman, verbatim",
            "vary lure on, off { distractor \"none\" -> a }",
            "measure choice(normalise = bytes), reply",
            "measure label",
            'canary "x"',
            'allow leaked-answer, no-such-rule "why"',
        ]
    ),
    unique=True,
)  # fmt: skip
REGIMES = st.sampled_from(
    ["zero_shot", "few_shot(shots = 2)", '{\n zero_shot { stop "a" }\n step_by_step\n }']
)


@never_breaks
@given(quizzes(), MORE, st.sampled_from(["as letters", "as numbers", "as roman", ""]), REGIMES)
def test_quizzes_of_any_texts_can_be_linted(
    items: list[dict[str, Any]], more: list[str], style: str, regimes: str
) -> None:
    check(quiz(regimes, "\n  ".join(more), style), rows__jsonl=rows(items))


@never_breaks
@given(quizzes())
def test_what_is_found_does_not_hang_on_the_order_of_rows(items: list[dict[str, Any]]) -> None:
    """Rows with ids may be written in any order: the same rules are broken."""
    broken = []
    for ordered in (items, items[::-1]):
        with written(quiz("zero_shot", 'canary "x"'), rows__jsonl=rows(ordered)) as place:
            broken.append({d.rule for d in understand([str(place)]).found})
    assert broken[0] == broken[1]


# --- tests -------------------------------------------------------------------------------------------------


@given(st.integers(1, 300), st.integers(2, 12), st.data())
def test_tails_are_exact(n: int, k: int, data: st.DataObject) -> None:
    """P(X ≥ count) is that of fractions, above the mean; below it nothing is claimed."""
    count = data.draw(st.integers(0, n))
    p = Fraction(1, k)
    exact = sum(comb(n, x) * p**x * (1 - p) ** (n - x) for x in range(count, n + 1))
    wanted = 1.0 if count <= n / k else float(exact)
    assert tail(count, n, 1 / k) == pytest.approx(wanted, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize(("n", "k"), [(10, 2), (40, 4), (200, 3), (1000, 2)])
def test_chance_alone_is_hardly_ever_told(n: int, k: int) -> None:
    """Of 2,000 tasks with answers at random no more than a few are told to be out of balance."""
    random, told = Random(5), 0
    for _ in range(2_000):
        places = [random.randrange(k) for _ in range(n)]
        most = max(places.count(place) for place in range(k))
        told += excess({k: Hits(k=k, named=n, right=most)}, n, tests=k) is not None
    assert told <= 2_000 * ALPHA * 3


@given(st.integers(1, 2_000), st.integers(2, 10), st.data())
def test_what_is_told_is_worth_it(n: int, k: int, data: st.DataObject) -> None:
    right = data.draw(st.integers(0, n))
    found = excess({k: Hits(k=k, named=n, right=right)}, n, tests=1)
    if found is not None:
        assert found.p < ALPHA and found.gain >= GAIN and right > n / k
    if right == n and n >= 15:
        assert found is not None


def test_of_groups_the_surest_is_told() -> None:
    groups = {2: Hits(k=2, named=40, right=33), 4: Hits(k=4, named=40, right=38)}
    found = excess(groups, 80, tests=2)
    assert found is not None and found.hits.k == 4
    assert found.p == pytest.approx(tail(38, 40, 0.25) * 4)
    assert str(found).startswith("p = ") and str(found).endswith("exact binomial test against 1/4")
    assert found.often == "38 of 40 items, and by chance in 10"


# --- folding and reading ---------------------------------------------------------------------------------


@given(st.text(max_size=40))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold(f"  “{text}”?! ") == fold(text)


WORDS = """
So the answer is Answer It Therefore My result says capital of I think we get a an this means that best
correct right in on at A B C one yes no not or and if Rome it true Y hence Final conclusion pick
"""
ANSWERS = """
Rome,Oslo,New York,York,in,out,Y,N,B,go,the house,It,us,correct,wrong,So,so,best,answer,result,one,two,
So the answer is,Positive,Negative,not sure,yes,no,maybe,True,False,1,12,-3
"""
SAID = st.sampled_from(WORDS.split())
TEXTS = st.sampled_from(ANSWERS.replace("\n", "").split(","))


@settings(max_examples=400)
@given(
    st.lists(SAID, max_size=5),
    st.sampled_from(["", " ", ":", ": ", ":\n"]),
    st.sampled_from(["", ".", "!", ".\n"]),
    st.lists(TEXTS, min_size=2, max_size=5, unique=True),
    st.sampled_from(["letters", "numbers", "verbatim"]),
)
def test_plain_replies_are_read_rightly(
    words: list[str], end: str, after: str, texts: list[str], style: str
) -> None:
    """What `ambiguous-extractor` takes for plain without reading it is read as what it says."""
    assert LENT.read is not None and LENT.same is not None
    labels = {"letters": list("ABCDE"), "numbers": list("12345")}.get(style, [None] * 5)
    options = tuple(
        Option(label=label, text=text, written=label or text, continuation=label or text)
        for label, text in zip(labels, texts, strict=False)
    )
    said = [option.written for option in options]
    form = Form(before=" ".join(words) + end if words else "", after=after)
    numbers = style == "verbatim" and all(text.lstrip("-").isdigit() for text in texts)
    kind = "int" if numbers else "text"
    if is_plain(said, form, labelled=style != "verbatim", numbers=numbers, text=not numbers):
        for one in said:
            given_answer = LENT.read(f"{form.before}{one}{form.after}", form, options, kind)
            assert given_answer is not None and LENT.same(given_answer, one, kind, options)


@given(st.text("ab _1.é", max_size=14), st.text("ab _1.é", min_size=1, max_size=3))
def test_whole_words_are_counted(text: str, words: str) -> None:
    """As a regular expression with word boundaries of its own would count them."""
    assert count_words(words, text) == len(re.findall(rf"(?<!\w){re.escape(words)}(?!\w)", text))
