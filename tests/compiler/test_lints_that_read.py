"""Lints that read replies and prompts: how many items, which of them, and how much of a text they quote."""

import re
from pathlib import Path
from typing import Any

import pytest

from taskc.compiler.lints import Tools
from taskc.compiler.lints.shared_first_token import shared
from taskc.records.request import Form, Kind, Option
from tests.compiler.small import items_of, pairs, task, told

# --- ambiguous-extractor ------------------------------------------------------------------------------------


class Reader:
    """Reads a reply as what stands between the form's words; notes what it was asked to read."""

    def __init__(self, **misread: str | None) -> None:
        self.asked: list[str] = []
        self.given: list[tuple[tuple[Option, ...], Kind]] = []
        self.misread = misread

    def read(self, reply: str, form: Form, options: tuple[Option, ...], kind: Kind) -> str | None:
        self.asked.append(reply)
        self.given.append((options, kind))
        said = reply.removeprefix(form.before).removesuffix(form.after)
        return self.misread.get(said.partition(" ")[0], said)

    def same(self, one: str, other: str, kind: Kind, options: tuple[Option, ...]) -> bool:
        return one == other

    @property
    def tools(self) -> Tools:
        return Tools(read=self.read, same=self.same)


ODD = {"q": "Odd?", "a": "it!", "b": "other!"}  # marks that are no plain words: such an answer is read


@pytest.mark.parametrize(
    ("count", "at", "found"),
    [(2, 1, True), (100, 99, True), (101, 2, True), (101, 1, False), (201, 3, True), (201, 200, False)],
)
def test_ambiguous_extractor_reads_a_hundred_items(count: int, at: int, found: bool, tmp_path: Path) -> None:
    """All of up to 100; of more every second, third, … from the first on."""
    rows: list[dict[str, Any]] = pairs(count)
    rows[at] = ODD
    reader = Reader(**{"it!": None})
    said = told(tmp_path, task(rows, "measure reply"), "ambiguous-extractor", reader.tools)
    assert items_of(said) == ([f"item `{at + 1}`"] if found else [])


def test_ambiguous_extractor_reads_options_that_differ_in_case_alone(tmp_path: Path) -> None:
    """Wherever they stand, and they come first."""
    rows = [{"q": f"{n}?", "a": f"yes {n}", "b": f"no {n}"} for n in range(201)]
    rows[0] = ODD
    rows[1] = {"q": "Case?", "a": "it", "b": "IT"}
    reader = Reader(**{"it!": None, "IT": "it"})
    text = task(rows, "options [a, b]", "measure reply")
    (found,) = told(tmp_path, text, "ambiguous-extractor", reader.tools)
    assert found.message == "the reply “It is IT.” is read as “it”"
    assert items_of([found]) == ["item `2`"]
    options, kind = reader.given[-1]
    assert [(o.label, o.text, o.written, o.continuation) for o in options] == [
        (None, "it", "it", "it"),
        (None, "IT", "IT", "IT"),
    ]
    assert kind == "text"


def test_ambiguous_extractor_marks_no_options_but_those_that_are_read(tmp_path: Path) -> None:
    """What is labelled, or only scored, need not be read wherever it stands."""
    rows: list[dict[str, Any]] = pairs(201)
    rows[1] = {"q": "Case?", "a": "it", "b": "IT"}
    reader = Reader(**{"IT": "it"})
    for more in (("options [a, b] as letters",), ("options [a, b]", "measure choice")):
        assert told(tmp_path, task(rows, *more), "ambiguous-extractor", reader.tools) == []


@pytest.mark.parametrize(
    "statements",
    [
        ("measure reply",),
        ("options [a, b]", "measure reply"),
        ("options [a, b] as letters", "measure reply"),
        ("item { q: text, a: int, b: int }",),
    ],
)
def test_what_is_plain_is_not_read(statements: tuple[str, ...], tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"q": "Which?", "a": "Rome", "b": "Oslo"}]
    if "int" in statements[0]:
        rows = [{"q": "Which?", "a": 12, "b": -12}]
    reader = Reader()
    assert told(tmp_path, task(rows, *statements), "ambiguous-extractor", reader.tools) == []
    assert reader.asked == []
    turned = task(rows, *statements, 'reply "It is not {{ answer }}."')
    assert told(tmp_path, turned, "ambiguous-extractor", reader.tools) == []
    assert len(reader.asked) == 2


@pytest.mark.parametrize(("a", "b", "item"), [(True, False, "bool"), (1.5, 2.5, "number")])
def test_truth_values_and_numbers_with_fractions_are_read(a: Any, b: Any, item: str, tmp_path: Path) -> None:
    reader = Reader()
    text = task([{"q": "Which?", "a": a, "b": b}], f"item {{ q: text, a: {item}, b: {item} }}")
    assert told(tmp_path, text, "ambiguous-extractor", reader.tools) == []
    assert len(reader.asked) == 2
    assert {kind for _, kind in reader.given} == {item}


def test_ambiguous_extractor_looks_at_every_way_of_replying(tmp_path: Path) -> None:
    """One that is not read is passed over, and the next one looked at; each is told by itself."""
    regimes = """regimes {
  zero_shot { measure choice }
  step_by_step
  few_shot(shots = 1) { reply "So: {{ answer }}!" }
}"""
    rows = [{"q": f"{n}?", "a": f"a! {n}", "b": f"b! {n}"} for n in range(3)]
    reader = Reader(**{"b!": None})
    found = told(tmp_path, task(rows, "options [a, b]", regimes), "ambiguous-extractor", reader.tools)
    assert len(found) == 2
    assert found[1].message == "the reply “So: b! 0!” is read as no answer"
    assert "So: " not in found[0].message


@pytest.mark.parametrize(
    ("count", "at", "found"), [(50, 49, True), (51, 2, True), (51, 1, False), (2000, 40, True)]
)
def test_ambiguous_extractor_reads_fifty_options(count: int, at: int, found: bool, tmp_path: Path) -> None:
    """All of up to 50; of more every second, third, …: each is held against each other."""
    texts = [f"{n}!" for n in range(count)]
    texts[at] = "it!"
    row = {"q": "?", "c": texts, "a": texts[0], "b": texts[-1]}
    fields = "item { q: text, c: text[], a: text, b: text }"
    reader = Reader(**{"it!": None})
    text = task([row], fields, "options c", "measure reply")
    assert bool(told(tmp_path, text, "ambiguous-extractor", reader.tools)) is found
    assert len(reader.asked) <= 50


def test_ambiguous_extractor_quotes_no_more_than_a_line(tmp_path: Path) -> None:
    rows = [{"q": "Which?", "a": "a! " + "x" * 100, "b": "b!"}]
    reader = Reader(**{"a!": "y" * 50})
    text = task(rows, 'reply "It is\\n{{ answer }}."', "measure reply")
    (found,) = told(tmp_path, text, "ambiguous-extractor", reader.tools)
    assert found.message == f"the reply “It is a! {'x' * 71}” is read as “{'y' * 40}”"


def test_an_answer_that_is_read_as_another_one_too(tmp_path: Path) -> None:
    """What is read may be the answer, and another one as well."""
    reader = Reader()
    alike = Tools(read=reader.read, same=lambda one, other, kind, options: one.strip("!") == other.strip("!"))
    text = task([{"q": "Which?", "a": "it!", "b": "it!!"}], "measure reply")
    (found,) = told(tmp_path, text, "ambiguous-extractor", alike)
    assert found.message == "the reply “It is it!.” is read as “it!!”"


# --- stop-in-answer -----------------------------------------------------------------------------------------


def stopping(stop: str, more: str = "") -> str:
    return f"regimes {{\n zero_shot {{\n stop {stop}\n {more}\n }}\n}}"


def test_stop_in_answer_counts_the_items_it_cuts(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = pairs(3)
    rows[1]["a"] = "x" * 30 + " STOP " + "y" * 30
    rows[2]["b"] = "STOP"
    (found,) = told(tmp_path, task(rows, stopping('["END", "STOP"]')), "stop-in-answer")
    assert found.message == (
        'regime `zero_shot` stops at `"STOP"`, and so inside of the answer '
        f"“{'x' * 19} STOP {'y' * 15}”; it cuts 2 of 3 items"
    )
    assert items_of([found]) == ["item `2`"]


def test_stop_in_answer_asks_each_regime_that_generates(tmp_path: Path) -> None:
    """One that only scores stops at nothing; those after it are looked at."""
    regimes = """regimes {
  zero_shot {
    stop "STOP"
    measure choice
  }
  few_shot(shots = 1) { stop "STOP" }
  step_by_step { stop "END" }
}"""
    rows = [{"q": "One?", "a": "STOP it", "b": "go on"}, {"q": "Two?", "a": "END it", "b": "go on"}]
    text = task(rows, "options [a, b]", regimes)
    found = told(tmp_path, text, "stop-in-answer")
    assert [(d.message.split("`")[1], items_of([d])) for d in found] == [
        ("few_shot", ["item `1`"]),
        ("step_by_step", ["item `2`"]),
    ]
    assert "inside of the option “STOP it”; it cuts 1 of 2 items" in found[0].message


def test_stop_in_answer_looks_into_rationales_that_are_said(tmp_path: Path) -> None:
    rows = [{"q": "One?", "a": "yes", "b": "no", "rationale": "First STOP, then go."}]
    said = 'reply "{{ rationale }} So: {{ answer }}"'
    (found,) = told(tmp_path, task(rows, said, stopping('"STOP"')), "stop-in-answer")
    assert "inside of the rationale “First STOP, then go.”; it cuts 1 of 1 items" in found.message
    assert told(tmp_path, task(rows, stopping('"STOP"')), "stop-in-answer") == []


@pytest.mark.parametrize(("at", "found"), [(0, True), (19, True), (20, False)])
def test_what_a_reply_says_first_is_read_of_twenty_items(at: int, found: bool, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = pairs(30)
    rows[at]["q"] = "STOP here?"
    reply = 'reply "To {{ q }}: {{ answer }}"'
    said = told(tmp_path, task(rows, reply, stopping('["END", "STOP"]')), "stop-in-answer")
    wanted = ['regime `zero_shot` stops at `"STOP"`, which its reply says first'] if found else []
    assert [d.message for d in said] == wanted


def test_what_every_reply_says_first_is_read_once(tmp_path: Path) -> None:
    found = told(
        tmp_path, task(pairs(2), 'reply "It\\nis {{ answer }}"', stopping('"\\n"')), "stop-in-answer"
    )
    assert [d.message for d in found] == [r'regime `zero_shot` stops at `"\n"`, which its reply says first']
    assert items_of(found) == ["the answer comes after it here"]


# --- shared-first-token, context-overflow -------------------------------------------------------------------


def letters(text: str) -> list[int]:
    """Cut a text into its characters."""
    return [ord(character) for character in text]


def words(text: str) -> list[str]:
    """Cut a text into words and digits, each with the blank before it."""
    return re.findall(r"\s?[A-Za-z]+|\s?\d|\s?\S|\s", text)


WORDS = Tools(models={"fake/words": words})  # type: ignore[dict-item]


def test_shared_first_token_counts_the_items_it_read(tmp_path: Path) -> None:
    """Of numbers as labels `1` and `10` begin alike, where there are ten."""
    rows = [{"q": f"{n}?", "c": list("abcdefghijk"[: 9 + n])} for n in range(3)]
    fields = ("item { q: text, c: text[] }", 'true_task "answer" -> c[0]', 'distractor "err" -> c[1]')
    text = task(rows, *fields, "options c as numbers", "measure label")
    found = told(tmp_path, text, "shared-first-token", WORDS)
    assert [d.message for d in found] == [
        "“1” and “10” begin with the same token, as labels do in 2 of 3 items read"
    ]
    assert items_of(found) == ["item `2`"]
    assert found[0].primary.text == "by the tokens of `fake/words`"


@pytest.mark.parametrize(
    ("before", "options", "pair"),
    [
        ("So:", [" 1", " 2"], None),
        ("So: ", ["1", "2"], None),
        ("So: ", ["1", "2", "10"], ("1", "10")),
        ("", ["a b", "c b"], None),
        ("So:", ["", " 1"], None),
        ("So:", [" 1", "", " 12"], (" 1", " 12")),
    ],
)
def test_shared_first_token_is_that_after_the_words(
    before: str, options: list[str], pair: tuple[str, str] | None
) -> None:
    assert shared(before, options, words) == pair  # type: ignore[arg-type]


def test_shared_first_token_where_an_option_melts_into_the_words() -> None:
    """Then the token that both are part of must differ."""
    whole = {"a": [1, 2], "ab": [1, 3], "ac": [1, 4], "ad": [1, 3, 5]}
    assert shared("a", ["b", "c"], whole.__getitem__) is None
    assert shared("a", ["b", "c", "d"], whole.__getitem__) == ("b", "d")


def long(count: int, *more: str) -> str:
    """Write a task of items each a character longer than the one before."""
    rows = [{"q": "x" * (n + 1), "a": "yes", "b": "no"} for n in range(count)]
    return task(rows, *more)


@pytest.mark.parametrize(
    ("more", "context", "needs"),
    [
        # the message 5 + 8, what begins the reply 5 + 8, and max_tokens 20
        (("regimes { zero_shot { max_tokens 20 } }",), 46, None),
        (("regimes { zero_shot { max_tokens 20 } }",), 45, 46),
        # scored, not written: the longest option and its blank
        (("options [a, b]", "measure choice", 'reply "{{ answer }}"'), 24, None),
        (("options [a, b]", "measure choice", 'reply "{{ answer }}"'), 23, 24),
    ],
)
def test_context_overflow_counts_what_is_read_and_may_be_written(
    more: tuple[str, ...], context: int, needs: int | None, tmp_path: Path
) -> None:
    lent = Tools(models={"fake/letters": letters}, contexts={"fake/letters": context})
    found = told(tmp_path, long(5, *more), "context-overflow", lent)
    assert [d.message for d in found] == (
        [f"regime `zero_shot` needs {needs} tokens for item `5`"] if needs else []
    )
    assert all(d.primary.text == f"`fake/letters` takes {context}" for d in found)


def test_context_overflow_looks_at_the_three_longest(tmp_path: Path) -> None:
    """By characters: one of fewer characters and more tokens is not counted where three are longer."""
    rows = [{"q": f"{'x' * (30 - n)}", "a": "yes", "b": "no"} for n in range(4)]
    for at, told_of in ((2, ["item `3`"]), (3, [])):
        heavy = [*rows]
        heavy[at] = {**rows[at], "q": "é" * len(rows[at]["q"])}
        lent = Tools(
            models={"fake/bytes": lambda text: text.encode()}, contexts={"fake/bytes": 30 + 8 + 5 + 8 + 20}
        )
        text = task(heavy, "regimes { zero_shot { max_tokens 20 } }")
        found = told(tmp_path, text, "context-overflow", lent)
        assert [d.message.rpartition("for ")[2] for d in found] == told_of


def test_context_overflow_guesses_where_there_is_no_tokenizer(tmp_path: Path) -> None:
    text = long(3, "regimes { zero_shot { max_tokens 100 } }")
    for tokenizers, words in (({"m": None}, "about "), ({}, "about "), ({"m": letters}, "")):
        lent = Tools(models={"other": None, **tokenizers}, contexts={"m": 10}, estimate=len)
        (found,) = told(tmp_path, text, "context-overflow", lent)
        rest = ", estimated without its tokenizer" if words else ""
        assert found.message == f"regime `zero_shot` needs {words}124 tokens for item `3`{rest}"
        assert items_of([found]) == ["the longest item looked at"]


def test_context_overflow_asks_each_regime_and_level(tmp_path: Path) -> None:
    more = (
        'vary tone plain, long { prompt "Please, please: {{ q }}" }',
        "regimes {\n zero_shot { max_tokens 20 }\n few_shot(shots = 1) { max_tokens 20 }\n}",
    )
    for context, regimes in ((59, ["`zero_shot`", "`few_shot`"]), (60, ["`few_shot`"]), (500, [])):
        lent = Tools(models={"m": letters}, contexts={"m": context})
        found = told(tmp_path, long(3, *more), "context-overflow", lent)
        assert sorted(d.message.split()[1] for d in found) == sorted(regimes)


def test_shared_first_token_after_a_model_without_a_tokenizer(tmp_path: Path) -> None:
    """That one is passed over with a note, and the next one is asked."""
    fields = ("item { q: text, c: text[] }", 'true_task "answer" -> c[0]', 'distractor "err" -> c[1]')
    text = task([{"q": "?", "c": list("abcdefghij")}], *fields, "options c as numbers", "measure label")
    lent = Tools(models={"closed": None, "fake/words": words, "other": None})  # type: ignore[dict-item]
    found = told(tmp_path, text, "shared-first-token", lent)
    assert [d.severity.value for d in found] == ["note", "warning", "note"]
    assert [d.primary.text for d in found] == ["`closed`", "by the tokens of `fake/words`", "`other`"]
