"""Lints that count how often something is so: just when they speak, and with which numbers."""

import importlib
from pathlib import Path
from typing import Any

import pytest

from taskc.compiler.limits import Meter
from taskc.compiler.lints import Tools
from taskc.compiler.lints.answer_imbalance import mark_place
from taskc.compiler.lints.distractor_agrees import mark_agreement
from taskc.compiler.lints.leaked_answer import count_words
from taskc.compiler.lints.length_gives_away import mark_lengths
from taskc.compiler.survey import Column, Mark, survey
from tests.compiler.small import items_of, only, pairs, read, task, told

FIELDS = "item { q: text, c: text[], a: text, b: text }"


def quiz(rows: list[dict[str, Any]], *more: str) -> str:
    """Write a task of rows with the options `c`, shown as letters."""
    stated = {statement.split()[0] for statement in more}
    usual = [FIELDS, "options c as letters", r'prompt "{{ q }}\n{{ options }}"']
    return task(rows, *(one for one in usual if one.split()[0] not in stated), *more)


def placed(*places: int, of: int = 2, agrees: bool = False) -> list[dict[str, Any]]:
    """Give rows with `of` options whose answers stand in these places, and the trap in the next one."""
    rows = []
    for number, place in enumerate(places):
        texts = [f"{'xyzuvw'[at]}{number:03d}" for at in range(of)]
        trap = texts[place] if agrees else texts[(place + 1) % of]
        rows.append({"q": f"{number}?", "c": texts, "a": texts[place], "b": trap})
    return rows


# --- answer-imbalance ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        # 2 × 2 tests of P(X ≥ n) for n of n: 2^-11 × 4 is more than 0.001, 2^-12 × 4 less
        (11, 0, None),
        (12, 0, "first in 12 of 12 items, and by chance in 6"),
        (0, 12, "second in 12 of 12 items, and by chance in 6"),
        (25, 5, "first in 25 of 30 items, and by chance in 15"),
        (24, 6, None),
    ],
)
def test_answer_imbalance_is_told_when_it_is_sure(
    first: int, second: int, said: str | None, tmp_path: Path
) -> None:
    rows = placed(*[0] * first, *[1] * second)
    found = told(tmp_path, quiz(rows), "answer-imbalance")
    assert [d.message for d in found] == ([f"the answer stands {said}"] if said else [])


def test_answer_imbalance_of_three_places_and_of_two(tmp_path: Path) -> None:
    """The surer one is told, with the items that have as many options; both corrected for there being two."""
    three, two = placed(*[2] * 12, of=3), placed(*[1] * 14)
    (found,) = told(tmp_path, quiz(three + two), "answer-imbalance")
    assert found.message == "the answer stands third in 12 of 12 items with 3 options, and by chance in 4"
    assert found.primary.text == "p = 2e-05, exact binomial test against 1/3"
    (found,) = told(tmp_path, quiz(placed(*[2] * 7, of=3) + two), "answer-imbalance")
    assert found.message == "the answer stands second in 14 of 14 items with 2 options, and by chance in 7"
    assert found.primary.text == "p = 5e-04, exact binomial test against 1/2"


def test_answer_imbalance_where_two_places_are_as_frequent(tmp_path: Path) -> None:
    """The earlier one is told."""
    rows = placed(*[3, 1] * 20, of=6)
    (found,) = told(tmp_path, quiz(rows), "answer-imbalance")
    assert found.message == "the answer stands second in 20 of 40 items, and by chance in 7"


def test_answer_imbalance_on_items_in_conflict(tmp_path: Path) -> None:
    """Where a distractor agrees places are even; where it disagrees they are not, and that is told."""
    rows = placed(*[1] * 16) + placed(*[0] * 16, agrees=True)
    (found,) = told(tmp_path, quiz(rows), "answer-imbalance")
    assert found.message == (
        "the answer stands second in 16 of 16 items on which a distractor disagrees, and by chance in 8"
    )
    both = placed(*[1] * 16) + placed(*[0] * 8, agrees=True) + placed(*[2] * 12, of=3)
    (found,) = told(tmp_path, quiz(both + placed(*[0] * 12, of=3, agrees=True)), "answer-imbalance")
    assert "third in 12 of 12 items on which a distractor disagrees with 3 options" in found.message


def test_answer_imbalance_over_a_design(tmp_path: Path) -> None:
    """An item is counted once, however many regimes and levels show it."""
    regimes = "regimes zero_shot, few_shot(shots = 1), step_by_step"
    tone = 'vary tone plain, kind { prompt "Please: {{ q }}\\n{{ options }}" }'
    (found,) = told(tmp_path, quiz(placed(*[0] * 12), regimes, tone), "answer-imbalance")
    assert found.message == "the answer stands first in 12 of 12 items, and by chance in 6"
    assert told(tmp_path, quiz(placed(*[0] * 11), regimes, tone), "answer-imbalance") == []
    order = "vary order as_written, reversed"
    (found,) = told(tmp_path, quiz(placed(*[0] * 90, of=5), order), "answer-imbalance")
    assert found.message == "the answer stands first in 45 of 90 items, and by chance in 18"
    assert found.help.startswith("let `vary order` have levels")


def test_answer_imbalance_of_the_same_texts(tmp_path: Path) -> None:
    """Their places are those of their texts, and the text is what is told; a long one is cut."""
    long = "x" * 50
    same = [{"q": f"{n}?", "c": ["b", long, "a"], "a": long, "b": "a"} for n in range(12)]
    verbatim = ("options c", 'prompt "{{ q }}"')
    (found,) = told(tmp_path, quiz(same, *verbatim), "answer-imbalance")
    assert found.message == f"the answer is “{'x' * 40}” in 12 of 12 items, and by chance in 4"
    assert found.help == "take as many items with each answer"
    other = [*same[:-1], {**same[-1], "c": [long, "b", "c"], "b": "c"}]
    assert told(tmp_path, quiz(other, *verbatim), "answer-imbalance") == []


@pytest.mark.parametrize(
    ("statements", "listed"),
    [
        (("options c", 'prompt "{{ q }}"'), False),
        (("options c as letters", 'prompt "{{ q }}"'), True),
        (("options c", 'prompt "{{ q }} {{ c[0] }} {{ c[1] }}"'), True),
        (("options c", r'prompt "{{ q }}\n{{ options }}"'), True),
        (("options [a, b]", 'prompt "{{ q }} {{ a }}"'), False),
        (("options [a, b]", 'prompt "{{ q }} {{ a }} {{ b }}"'), True),
        (('options ["yes", "no"]', 'prompt "{{ q }}"'), False),
    ],
)
def test_answer_imbalance_only_where_places_are_seen(
    statements: tuple[str, ...], listed: bool, tmp_path: Path
) -> None:
    rows = placed(*[0] * 12)
    if "yes" in statements[0]:
        rows = [
            {"q": f"{n}?", "c": [], "a": "no" if n % 2 else "yes", "b": "yes" if n % 2 else "no"}
            for n in range(12)
        ]
    assert bool(told(tmp_path, quiz(rows, *statements), "answer-imbalance")) is listed


def marks(folder: Path, text: str, mark: Mark) -> list[int]:
    """Give the mark of each item under the first variant."""
    return list(survey(only(read(folder, text)), {"n": Column(mark=mark, code="I")}, Meter())[0].marks["n"])


def test_places_and_texts_fit_in_a_mark(tmp_path: Path) -> None:
    """Up to 1,023 options, with which of the same texts it is; beyond nothing is marked."""
    for count, wanted in ((1023, 1022 | 1023 << 10 | 1022 << 20 | 1 << 30), (1024, 0)):
        texts = [f"{n:04d}" for n in range(count)]
        row = {"q": "?", "c": texts, "a": texts[-1], "b": texts[0]}
        assert marks(tmp_path, quiz([row], "options c", "measure choice"), mark_place) == [wanted]
    two, agrees = placed(1, 0), placed(1, agrees=True)
    assert marks(tmp_path, quiz(two + agrees), mark_place) == [
        1 | 2 << 10 | 1 << 20 | 1 << 30,  # the first item alone has the same texts as all so far
        0 | 2 << 10 | 1 << 30,
        1 | 2 << 10,
    ]


# --- length-gives-away --------------------------------------------------------------------------------------


def sized(*lengths: tuple[int, ...], agrees: bool = False) -> list[dict[str, Any]]:
    """Give rows with options of these lengths, of which the first is the answer and the last the trap."""
    rows = []
    for number, sizes in enumerate(lengths):
        texts = [f"{'xyzuvw'[at]}{number:03d}".ljust(size, "x") for at, size in enumerate(sizes)]
        order = texts[number % len(texts) :] + texts[: number % len(texts)]
        rows.append({"q": f"{number}?", "c": order, "a": texts[0], "b": texts[0] if agrees else texts[-1]})
    return rows


OF_THREE = "option in 12 of 12 items where one of 3 options is, and by chance in 4"
LONGEST_OF_TWO = "longest option in 12 of 12 items where one of 2 options is, and by chance in 6"


@pytest.mark.parametrize(
    ("lengths", "said"),
    [
        # four tests of n of n: as for places
        ([(9, 8)] * 11, None),
        ([(9, 8)] * 12, "longest option in 12 of 12 items, and by chance in 6"),
        ([(8, 9)] * 12, "shortest option in 12 of 12 items, and by chance in 6"),
        ([(9, 8)] * 25 + [(8, 9)] * 5, "longest option in 25 of 30 items, and by chance in 15"),
        ([(9, 8)] * 24 + [(8, 9)] * 6, None),
        ([(9, 8)] * 12 + [(8, 8)] * 10, LONGEST_OF_TWO),
        ([(9, 8, 8)] * 12, "longest option in 12 of 12 items, and by chance in 4"),
        ([(9, 9, 8)] * 12, None),
        ([(8, 9, 9)] * 12, "shortest option in 12 of 12 items, and by chance in 4"),
        ([(8, 9, 9)] * 12 + [(8, 9, 8)] * 4, f"shortest {OF_THREE}"),
        ([(8, 9, 9)] * 12 + [(9, 8, 8)] * 4, f"shortest {OF_THREE}"),
        ([(9, 8, 8)] * 12 + [(9, 9, 8)] * 4, f"longest {OF_THREE}"),
        ([(9, 8, 8)] * 12 + [(8, 9, 9)] * 4, f"longest {OF_THREE}"),
        ([(9, 8, 7)] * 12, "longest option in 12 of 12 items, and by chance in 4"),
    ],
)  # fmt: skip
def test_length_gives_away_when_it_is_sure(
    lengths: list[tuple[int, ...]], said: str | None, tmp_path: Path
) -> None:
    found = told(tmp_path, quiz(sized(*lengths)), "length-gives-away")
    assert [d.message for d in found] == ([f"the answer is the {said}"] if said else [])


def test_length_gives_away_on_items_in_conflict(tmp_path: Path) -> None:
    rows = sized(*[(9, 8)] * 16) + sized(*[(8, 9)] * 16, agrees=True)
    (found,) = told(tmp_path, quiz(rows), "length-gives-away")
    assert found.message == (
        "the answer is the longest option in 16 of 16 items on which a distractor disagrees"
        " where one of 2 options is, and by chance in 8"
    )


def test_length_gives_away_under_another_level_too(tmp_path: Path) -> None:
    """A level with the same options for all is passed over, and the next is looked at."""
    rows = sized(*[(9, 8)] * 12)
    vary = 'vary kind fixed { options ["yes", "no"] true_task "say" -> "yes" distractor "err" -> "no" }, own'
    vary = (
        vary.replace("{ ", "{\n").replace(" true_task", "\ntrue_task").replace(" distractor", "\ndistractor")
    )
    (found,) = told(tmp_path, quiz(rows, vary.replace(" }", "\n}")), "length-gives-away")
    assert "longest option in 12 of 12 items" in found.message


def test_what_lengths_say_fits_in_a_mark(tmp_path: Path) -> None:
    """Up to 255 options; beyond nothing is marked."""
    lengths = [(3, 2, 1), (2, 3, 1), (1, 3, 2), (2, 2, 1, 1)]
    rows = [
        {"q": "?", "c": ["x" * 10 + str(n).zfill(size + 4) for n, size in enumerate(sizes)]}
        for sizes in lengths
    ]
    rows = [{**row, "a": row["c"][0], "b": row["c"][1]} for row in rows]
    assert marks(tmp_path, quiz(rows), mark_lengths) == [
        3 << 8 | 3 | 4 | 16,
        3 << 8 | 1 | 4 | 16,
        3 << 8 | 1 | 12 | 16,
        4 << 8 | 16,
    ]
    for row in rows:
        row["b"] = row["a"]
    assert marks(tmp_path, quiz(rows), mark_lengths)[0] == 3 << 8 | 3 | 4
    for count, wanted in ((255, 255 << 8), (256, 0)):
        texts = [f"{n:04d}" for n in range(count)]
        row = {"q": "?", "c": texts, "a": texts[1], "b": texts[1]}
        assert marks(tmp_path, quiz([row], "options c", "measure choice"), mark_lengths) == [wanted]


# --- leaked-answer ------------------------------------------------------------------------------------------


def said(*who: str, agrees: bool = False) -> list[dict[str, Any]]:
    """Give rows whose prompts say the answer (`a`), the trap (`b`), both, or none, as often as written."""
    rows = []
    for number, names in enumerate(who):
        texts = {"a": f"ship {number}", "b": f"boat {number}"}
        question = ", ".join(texts[name] for name in names)
        rows.append({"q": f"{question}: which?", "c": sorted(texts.values()), **texts})
    return rows


OPEN = ("item { q: text, c: text[], a: text, b: text }",)
VERBATIM = (FIELDS, "options c")


@pytest.mark.parametrize("options", [OPEN, VERBATIM])
@pytest.mark.parametrize(
    ("who", "often"),
    [
        # one test of n of n: 2^-9 is more than 0.001, 2^-10 less
        (["a"] * 9, None),
        (["a"] * 10, "10 of 10 items, and by chance in 5"),
        (["b"] * 10, None),
        (["aab"] * 10, "10 of 10 items, and by chance in 5"),
        (["ab"] * 10, None),
        ([""] * 10, None),
        (["a"] * 10 + ["ab"] * 5, "10 of 10 items, and by chance in 5"),
        (["a"] * 10 + [""] * 90, "10 of 10 items, and by chance in 5"),
        (["a"] * 10 + [""] * 91, None),
        (["b", "ab"] + ["a"] * 18 + ["b"] * 2, "18 of 21 items, and by chance in 10"),
    ],
)
def test_leaked_answer_when_it_is_sure(
    options: tuple[str, ...], who: list[str], often: str | None, tmp_path: Path
) -> None:
    found = told(tmp_path, task(said(*who), *options), "leaked-answer")
    wanted = [f"where the prompt says one option most, it is the answer in {often}"] if often else []
    assert [d.message for d in found] == wanted
    if found:
        first = next(number for number, names in enumerate(who) if names.count("a") > names.count("b"))
        assert items_of(found) == [f"item `{first + 1}` says “ship {first}”"]


def test_leaked_answer_quotes_forty_characters(tmp_path: Path) -> None:
    rows = [{"q": f"{'x' * 50}{n}?", "c": [], "a": f"{'x' * 50}{n}", "b": f"y{n}"} for n in range(10)]
    found = told(tmp_path, task(rows, *OPEN), "leaked-answer")
    assert items_of(found) == [f"item `1` says “{'x' * 40}”"]


def test_leaked_answer_tells_the_weaker_level(tmp_path: Path) -> None:
    """What shows at every level is told by the one at which it gains least; an even one takes it away."""
    rows = [
        {**row, "more": f"boat {n}, boat {n}" if n < 2 else ""} for n, row in enumerate(said(*["a"] * 20))
    ]
    fields = "item { q: text, c: text[], a: text, b: text, more: text }"
    for levels in (
        'long {\n prompt "{{ q }} {{ more }}"\n}, plain',
        'plain, long {\n prompt "{{ q }} {{ more }}"\n}',
    ):
        found = told(tmp_path, task(rows, fields, f"vary tone {levels}"), "leaked-answer")
        assert [d.message.rpartition("answer ")[2] for d in found] == [
            "in 18 of 20 items, and by chance in 10"
        ]
        assert items_of(found) == ["item `3` says “ship 2”"]
        even = task(rows, fields, f"vary tone {levels}".replace("{{ more }}", "{{ b }}"))
        assert told(tmp_path, even, "leaked-answer") == []


def test_leaked_answer_among_a_share_of_the_items(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many items that say one option more often some are read; the gain is still one over all items."""
    module = importlib.import_module("taskc.compiler.lints.leaked_answer")
    monkeypatch.setattr(module, "_MOST", 20)
    for others, wanted in ((360, 1), (370, 0)):
        rows = said(*["a"] * 40, *[""] * others)
        assert len(told(tmp_path, task(rows, *OPEN), "leaked-answer")) == wanted


@pytest.mark.parametrize(
    ("words", "text", "count"),
    [
        ("a", "a", 1),
        ("a", "a a", 2),
        ("a", "ab ba a_ _a a1 1a", 0),
        ("a", "(a) a, a-a", 4),
        ("a a", "a a a", 1),
        ("aa", "aaa", 0),
        ("a b", "xa b a b", 1),
        ("", "a", 0),
        ("é", "é été", 1),
        ("b", "a", 0),
    ],
)
def test_whole_words_are_counted(words: str, text: str, count: int) -> None:
    assert count_words(words, text) == count


# --- distractor-agrees, too-few-items -----------------------------------------------------------------------


def test_distractor_agrees_is_asked_of_each(tmp_path: Path) -> None:
    """Of four by name; where one never speaks that is told in other words."""
    rows = [{"q": f"{n}?", "a": f"a{n}", "b": f"a{n}" if n else "b"} for n in range(5)]
    who = (
        'distractor same "…" -> a',
        'distractor once "…" -> b',
        'distractor rest "…" -> b when q != "0?"',
        'distractor none "…" -> b when q == "9?"',
    )
    found = told(tmp_path, task(rows, *who), "distractor-agrees")
    assert [d.message for d in found] == [
        "distractor `same` predicts the true answer on all 5 items where it speaks",
        "distractor `rest` predicts the true answer on all 4 items where it speaks",
        "distractor `none` speaks on none of the 5 asked items",
    ]


def test_four_distractors_fit_in_a_mark(tmp_path: Path) -> None:
    """Two bits each: whether it speaks, and whether it disagrees; of a fifth nothing is marked."""
    rows = [{"q": q, "a": "1", "b": "2"} for q in ("", "wxyzv", "x", "z", "v", "W", "Z")]
    who = [
        f'distractor {name} "…" -> {answer} when "{letter}" in q or "{letter.upper()}" in q'
        for name, letter in zip(("one", "two", "three", "four", "five"), "wxyzv", strict=True)
        for answer in [f'"1" if "{letter.upper()}" in q else b']
    ]
    assert marks(tmp_path, task(rows, *who), mark_agreement) == [0, 255, 3 << 2, 3 << 6, 0, 1, 1 << 6]


@pytest.mark.parametrize(
    ("count", "effect", "shown"),
    [
        (1, None, "1 item, which can show no difference smaller than 50 points"),
        (2, 0.5, None),
        (4, None, None),
        (2, 0.25, "2 items, which can show no difference smaller than 33 points"),
    ],
)
def test_too_few_items(count: int, effect: float | None, shown: str | None, tmp_path: Path) -> None:
    lent = Tools(effect=effect, detects=lambda n: 1 / (n + 1))
    found = told(tmp_path, task(pairs(count)), "too-few-items", lent)
    assert [d.message for d in found] == ([f"task `t` asks {shown}"] if shown else [])


@pytest.mark.parametrize(
    ("enough", "said"),
    [
        (2, 9),
        (9, 9),
        (10, 10),
        (16, 16),
        (17, 17),
        (99, 100),
        (1_000, 1_008),
        (300_000, 303_104),
        (10**9, 1_048_576),
    ],
)
def test_too_few_items_says_about_how_many_are_enough(enough: int, said: int, tmp_path: Path) -> None:
    """To two digits, and no more than about a million."""
    lent = Tools(effect=0.1, detects=lambda n: 0.1 if n >= enough else 1)
    (found,) = told(tmp_path, task(pairs(1)), "too-few-items", lent)
    assert found.message == "task `t` asks 1 item, which can show no difference at all"
    assert found.help == f"for a difference of 10 points ask about {said:,} items"
