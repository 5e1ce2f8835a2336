"""Lints that hold items, exemplars and options against each other."""

import importlib
from pathlib import Path
from typing import Any

import pytest

from taskc.compiler.limits import Meter
from taskc.compiler.lints import LINTS, Tools, lint, twins
from taskc.compiler.survey import Column, Look, survey
from taskc.flow.build import understand
from taskc.flow.lend import tools
from tests.compiler.small import items_of, pairs, task, told, understood


def look_at(folder: Path, text: str) -> Look:
    (seen_task,) = understood(folder, text).program.tasks
    column = Column(mark=twins.mark_question, code="q")
    return survey(seen_task, {"duplicate-items": column}, Meter())[0]


# --- twins --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Who is it?", "who  is it", True),
        ("Who, is it?", "Who is: it", True),
        ("“Who”?", "'Who'!", True),
        ("Is it 1.5?", "Is it 15?", False),
        ("At 10:30", "At 1030", False),
        ("What is 3!", "What is 3", False),
        ("What is (a)!", "What is (a)", False),
        ("So it is!", "So it is", True),
        ("1 + 2", "1 - 2", False),
        ("(a b) c", "a (b c)", False),
        ("ab c", "a bc", False),
        ("Größer?", "GRÖSSER", True),
        ("„Größer“", "größer", True),
    ],
)
def test_twins_are_alike_but_for_marks(one: str, other: str, alike: bool, tmp_path: Path) -> None:
    """And a mark made of a prompt never tells two apart that are alike."""
    rows = [
        {"q": one, "a": "x", "b": "y"},
        {"q": "Else?", "a": "x", "b": "y"},
        {"q": other, "a": "x", "b": "y"},
    ]
    look = look_at(tmp_path, task(rows))
    assert twins.twins(look) == ([[0, 2]] if alike else [])
    assert (twins.fold(one) == twins.fold(other)) is alike


def test_twins_have_the_same_options_in_any_order(tmp_path: Path) -> None:
    rows = [
        {"q": "Which?", "c": ["x", "y", "z"], "a": "x", "b": "y"},
        {"q": "which", "c": ["z", "x", "y"], "a": "x", "b": "y"},
        {"q": "Which?", "c": ["x", "y", "w"], "a": "x", "b": "y"},
    ]
    fields = "item { q: text, c: text[], a: text, b: text }"
    for shown in ("options c as letters", "options c"):
        look = look_at(tmp_path, task(rows, fields, shown, r'prompt "{{ q }}\n{{ options }}\nSay it."'))
        assert twins.twins(look) == [[0, 1]]
        assert twins.answers(look, [0, 1, 2]) == {"x": [0, 1, 2]}
        assert twins.question(look.seen(0)) == "which say it"


def test_twins_of_which_the_prompt_is_nothing_but_options(tmp_path: Path) -> None:
    rows = [{"q": "x", "c": c, "a": "x", "b": "y"} for c in (["x", "y"], ["y", "x"], ["x", "z", "y"])]
    fields = "item { q: text, c: text[], a: text, b: text }"
    for prompt in (r"\n{{ options }}", r"{{ options }}", r"{{ options }}\n"):
        for labels in ("", " as letters"):
            text = task(rows, fields, f"options c{labels}", f'prompt "{prompt}"')
            assert twins.twins(look_at(tmp_path, text)) == [[0, 1]], (prompt, labels)


def test_twins_say_the_same_round_the_answer(tmp_path: Path) -> None:
    rows = [
        {"q": "Which?", "a": "x", "b": "y", "f": "{} of"},
        {"q": "Which?", "a": "x", "b": "y", "f": "{} by"},
    ]
    fields = "item { q: text, a: text, b: text, f: text }"
    for reply, found in (
        ("{{ f }} {{ answer }}", []),
        ("{{ answer }} {{ f }}", []),
        ("{{ answer }}", [[0, 1]]),
    ):
        look = look_at(tmp_path, task(rows, fields, f'reply "{reply}"'))
        assert twins.twins(look) == found


WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        # ten shingles of twelve words; the last word of n words changed leaves n - 3
        (12, {11: "last"}, True),
        (8, {7: "last"}, False),  # 5 of 7 in common, and six are wanted
        (9, {8: "last"}, True),  # 6 of 8
        (12, {0: "x", 11: "y"}, True),  # 8 of 12
        (12, {5: "x"}, False),  # 7 of 13, less than 60 %
        (12, {2: "x"}, False),  # 7 of 13
        (12, {1: "x"}, True),  # 8 of 12
        (12, {11: "2"}, False),  # another number
        (12, {11: "never"}, False),  # another number of negations
        (11, {0: "x", 10: "y"}, True),  # 7 of 11
        (10, {0: "x", 9: "y"}, True),  # 6 of 10, just 60 %
    ],
)
def test_near_twins_share_runs_of_three_words(
    one: int, other: dict[int, str], near: bool, tmp_path: Path
) -> None:
    first = WORDS[:one]
    second = [other.get(at, word) for at, word in enumerate(first)]
    rows = [{"q": " ".join(words), "a": "x", "b": "y"} for words in (first, ["else"], second)]
    text = task(rows)
    assert list(twins.near_twins(look_at(tmp_path, text))) == ([(0, 2)] if near else [])
    found = told(tmp_path, text, "duplicate-items")
    wanted = ["1 of 3 items asks nearly what another one asks"] if near else []
    assert [d.message for d in found] == wanted


def test_near_twins_do_not_count_the_form_that_items_are_written_in(tmp_path: Path) -> None:
    """A run of words that stands in four of few items is form, in three it is not; of 400 in one of 100."""
    several = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]
    for count, others, found in ((3, 0, several[:3]), (4, 395, []), (4, 396, several), (5, 395, [])):
        rows = [{"q": " ".join([*WORDS[:10], "abcde"[n]]), "a": "x", "b": "y"} for n in range(count)]
        rows += [{"q": f"another of number {n}", "a": "x", "b": "y"} for n in range(others)]
        assert list(twins.near_twins(look_at(tmp_path, task(rows)))) == found


def test_near_twins_answer_the_same(tmp_path: Path) -> None:
    for answers, found in ((("x", "X."), [(0, 1)]), (("x", "z"), [])):
        rows = [
            {"q": " ".join([*WORDS, "abcd"[n]]), "a": answer, "b": "y"} for n, answer in enumerate(answers)
        ]
        assert list(twins.near_twins(look_at(tmp_path, task(rows)))) == found


# --- duplicate-items, contradictory-items, leaked-exemplar --------------------------------------------------


def test_duplicate_items_are_counted_and_four_pairs_are_not_named(tmp_path: Path) -> None:
    rows = [row for n in range(5) for row in [{"q": f"{n}?", "a": f"yes {n}", "b": "no"}] * (n or 1)]
    (found,) = told(tmp_path, task(rows), "duplicate-items")
    assert found.message == "6 of 11 items ask what another one asks"
    assert found.help == "keep one of them; alike are `3` and `4`; `5` and `6`; `8` and `9`"
    assert items_of([found]) == ["asked here already"]
    rows += [{"q": f"{n}?", "a": f"yes {n}", "b": "no"} for n in (1, 0)]
    (found,) = told(tmp_path, task(rows), "duplicate-items")
    assert found.message == "8 of 13 items ask what another one asks"
    assert found.help == ("keep one of them; alike are `1` and `13`; `2` and `12`; `3` and `4`, and 2 more")
    (found,) = told(tmp_path, task([rows[0], rows[0], rows[1]]), "duplicate-items")
    assert found.message == "1 of 3 items asks what another one asks"


def test_duplicate_items_that_a_generator_makes(tmp_path: Path) -> None:
    made = 'items generate 3 seed 1 {\n q = "One?"\n a = "yes"\n b = "no"\n}'
    text = task([], made).replace("items [\n\n]\n", "")
    (found,) = told(tmp_path, text, "duplicate-items")
    assert found.message == "2 of 3 items ask what another one asks"
    assert found.help == "let the generator draw from more values; alike are `1` and `2`"
    assert items_of([found]) == []


def test_duplicate_items_nearly_alike_are_told_beside_those_alike(tmp_path: Path) -> None:
    """Those that are alike to the letter are not told a second time."""
    one, near = " ".join(WORDS), " ".join([*WORDS[:-1], "last"])
    rows = [{"q": q, "a": "x", "b": "y"} for q in (one, one, near, "Else?")]
    found = told(tmp_path, task(rows), "duplicate-items")
    assert [d.message for d in found] == [
        "1 of 4 items asks what another one asks",
        "1 of 4 items asks nearly what another one asks",
    ]
    assert found[1].help == "keep one of them; alike are `1` and `3`; `2` and `3`"


def test_duplicate_items_are_looked_for_nearly_alike_in_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, near = " ".join(WORDS), " ".join([*WORDS[:-1], "last"])
    text = task([{"q": q, "a": "x", "b": "y"} for q in (one, near, "Else?")])
    module = importlib.import_module("taskc.compiler.lints.duplicate_items")
    for most, count in ((3, 1), (2, 0)):
        monkeypatch.setattr(module, "_NEAR", most)
        assert len(told(tmp_path, text, "duplicate-items")) == count


def test_contradictory_items_are_counted(tmp_path: Path) -> None:
    rows = [{"q": "One?", "a": a, "b": "no"} for a in ("x" * 41, "y" * 41, "x" * 41, "z")]
    rows += [{"q": "Two?", "a": a, "b": "no"} for a in ("x", "x")] + pairs(1)
    (found,) = told(tmp_path, task(rows), "contradictory-items")
    assert found.message == "4 of 7 items ask what another one asks, and answer it differently"
    assert found.primary.text == f"item `2` answers “{'y' * 40}”"
    assert items_of([found]) == [f"item `1` answers “{'x' * 40}”"]


def test_leaked_exemplar_counts_what_each_regime_shows(tmp_path: Path) -> None:
    """An asked item that is the exemplar to the letter is none: it is not shown that one."""
    rows = [{"q": q, "a": "x", "b": "no"} for q in ("One?", "Two?", "one", "ONE?", "Two?", "two")]
    regimes = """regimes {
  zero_shot
  few_shot {
    exemplars ["1"]
  }
  cot {
    exemplars ["2"]
  }
}"""
    text = task(rows, 'test where id not in ["1", "2"]', regimes, 'rationale "Because."')
    found = told(tmp_path, text, "leaked-exemplar")
    assert [d.message for d in found] == [
        "regime `few_shot` shows 2 asked items of task `t` with the answer",
        "regime `cot` shows 1 asked item of task `t` with the answer",
    ]
    assert items_of(found) == [
        "exemplar `1`",
        "asked item `3`, the same but for spelling",
        "exemplar `2`",
        "asked item `6`, the same but for spelling",
    ]


# --- exemplars and options ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "shots", "found"),
    [("yxx", 2, True), ("yxx", 1, False), ("xxx", 2, False), ("yxy", 2, False)],
)
def test_one_label_exemplars(answers: str, shots: int, found: bool, tmp_path: Path) -> None:
    rows = [{"q": f"{n}?", "a": a * 50, "b": "no"} for n, a in enumerate(answers)]
    listed = ", ".join(f'"{n}"' for n in range(2, shots + 2))
    text = task(rows, f"regimes {{\n few_shot(shots = {shots}) {{\n exemplars [{listed}]\n }}\n}}")
    text = text.replace("regimes {\n", "regimes {\n zero_shot\n")
    said = told(tmp_path, text, "one-label-exemplars")
    assert [d.message for d in said] == (
        [f"all 2 exemplars of regime `few_shot` in task `t` answer “{'x' * 40}”"] if found else []
    )


def test_one_label_exemplars_looks_for_a_second_answer_among_so_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"q": f"{n}?", "a": a, "b": "no"} for n, a in enumerate("xxxy")]
    text = task(rows, 'regimes {\n few_shot(shots = 2) {\n exemplars ["2", "3"]\n }\n}')
    module = importlib.import_module("taskc.compiler.lints.one_label_exemplars")
    for enough, count in ((3, 0), (4, 1), (9, 1)):
        monkeypatch.setattr(module, "_ENOUGH", enough)
        assert len(told(tmp_path, text, "one-label-exemplars")) == count


FIELDS = "item { q: text, c: text[], a: text, b: text }"


def test_option_is_prefix_counts_items_and_cuts_texts(tmp_path: Path) -> None:
    long = "x" * 50
    rows: list[dict[str, Any]] = [
        {"q": "One?", "c": ["yes", "no"], "a": "yes", "b": "no"},
        {"q": "Two?", "c": [long + "y", long], "a": long, "b": long + "y"},
        {"q": "Three?", "c": ["a b", "a"], "a": "a", "b": "a b"},
    ]
    (found,) = told(tmp_path, task(rows, FIELDS, "options c", "measure choice"), "option-is-prefix")
    cut = "x" * 40
    assert found.message == f"one option begins another in 2 of 3 items: “{cut}” and “{cut}”"
    assert items_of([found]) == ["item `2`"]
    (found,) = told(tmp_path, task(rows[2:], FIELDS, "options c", "measure choice"), "option-is-prefix")
    assert found.message == "one option begins another: “a” and “a b”"


def test_option_is_prefix_of_labels(tmp_path: Path) -> None:
    """`1` begins `10`; letters begin nothing; what is not scored whole does not matter."""
    texts = list("abcdefghij")
    rows = [{"q": f"{n}?", "c": texts[: 10 - n], "a": "a", "b": "b"} for n in range(2)]
    for more, count in (
        (("options c as numbers", "measure choice"), 1),
        (("options c as numbers", "measure label"), 0),
        (("options c as letters", "measure choice"), 0),
        (("options c as letters", "measure choice", "vary labels letters, numbers"), 1),
    ):
        found = told(tmp_path, task(rows, FIELDS, *more), "option-is-prefix")
        assert [d.message for d in found] == [
            "one label begins another in 1 of 2 items: “1” and “10”"
        ] * count


# --- what all lints share -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("ambiguous-extractor", "Up to {_MOST:,} items are read"),
        ("leaked-answer", "up to {_MOST:,} such items are read"),
        ("shared-first-token", "Up to {_MOST:,} items are read"),
        ("duplicate-items", "of up to {_NEAR:,} asked items"),
    ],
)
def test_bounds_are_those_of_the_page(rule: str, words: str) -> None:
    module = importlib.import_module(f"taskc.compiler.lints.{rule.replace('-', '_')}")
    assert words.format(**vars(module)) in (module.__doc__ or "").replace("\n", " ")


def test_of_many_items_a_share_is_looked_at(tmp_path: Path) -> None:
    """Which is told, with how many; of as many as may be looked at all are."""
    program = understood(tmp_path, task(pairs(40))).program
    lent = tools()
    for most, told_of in ((39, 1), (40, 0), (None, 0)):
        few = Tools(read=lent.read, same=lent.same, most=most)
        found = [d for d in lint(program, [], few, Meter()) if d.rule == "items-sampled"]
        assert len(found) == told_of
        if found:
            assert found[0].message == "lints looked at 39 of 40 items of task `t`, spread evenly"


def test_each_place_and_rule_is_told_once(tmp_path: Path) -> None:
    """However many regimes and levels meet it."""
    more = (
        "regimes zero_shot, few_shot(shots = 1)",
        'vary tone plain, kind {\n reply "Well: {{ answer }}"\n}',
    )
    text = task([{"q": "One? ", "a": "x", "b": "y"}, {"q": "Two? ", "a": "z", "b": "y"}], *more)
    assert len(told(tmp_path, text, "trailing-space")) == 1


def test_findings_of_the_checker_are_kept_but_for_what_is_allowed(tmp_path: Path) -> None:
    """An allow of `regime-left-out` counts for the task that it stands in alone."""
    child = 'task {0} extends t {{\n {1}\n items [ {{ q: "?", a: "1", b: "2" }} ]\n}}\n'
    rows = [{"q": "One?", "a": "1", "b": "2", "rationale": "Since."}]
    text = (
        task(rows, "regimes zero_shot, cot(shots = 0)")
        + child.format("quiet", 'allow regime-left-out "why not"')
        + child.format("loud", 'title "x"')
    )
    (tmp_path / "t.task").write_text(text, encoding="utf-8")
    done = understand([str(tmp_path / "t.task")])
    left_out = [d.message for d in done.found if d.rule == "regime-left-out"]
    assert [word for message in left_out for word in ("quiet", "loud") if word in message] == ["loud"]
    assert "unused-allow" not in {d.rule for d in done.found}


def test_every_lint_is_on_the_shelf_under_its_own_name() -> None:
    for rule, one in LINTS.items():
        assert one.tell.__module__ == f"taskc.compiler.lints.{rule.replace('-', '_')}"
