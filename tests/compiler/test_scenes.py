"""An item as a variant sees it: options and labels, what is predicted, what is fixed, and what is wrong."""

from array import array
from pathlib import Path

import pytest

from taskc.compiler.gallery import Gallery
from taskc.compiler.limits import Meter
from taskc.compiler.scene import ItemProblem, Scene, Stage, stage
from taskc.compiler.survey import Column, Look, drawn, see, survey
from tests.compiler.small import only, pairs, read, task

FIELDS = "item { q: text, c: text[], a: text, b: text }"


def staged(folder: Path, row: dict[str, object], *more: str, variant: int = 0) -> Stage:
    fields = FIELDS if "c" in row else "item { q: text, a: text, b: text }"
    stated = {statement.split()[0] for statement in more}
    one = only(read(folder, task([row], *([] if "item" in stated else [fields]), *more)))
    return stage(one, one.variants[variant], Meter())


def scene(folder: Path, row: dict[str, object], *more: str, variant: int = 0) -> Scene:
    made = staged(folder, row, *more, variant=variant)
    return made.scene(made.task.items[0])


def problem(folder: Path, row: dict[str, object], *more: str) -> tuple[str, str]:
    with pytest.raises(ItemProblem) as caught:
        scene(folder, row, *more)
    return caught.value.message, caught.value.help


def options(count: int) -> dict[str, object]:
    texts = [f"t{n}" for n in range(count)]
    return {"q": "?", "c": texts, "a": "t0", "b": "t1"}


# --- options ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("style", "most", "last"), [("letters", 26, "Z"), ("roman", 20, "xx"), ("numbers", 1000, "1000")]
)
def test_there_are_so_many_labels(style: str, most: int, last: str, tmp_path: Path) -> None:
    seen = scene(tmp_path, options(most), f"options c as {style}")
    assert seen.choices[-1].label == last and len({one.label for one in seen.choices}) == most
    told = (f"there are {most} {style} for labels, and {most + 1} options", "write `as numbers`")
    assert problem(tmp_path, options(most + 1), f"options c as {style}") == told


def test_options_that_are_none(tmp_path: Path) -> None:
    row = options(2)
    assert problem(tmp_path, row, "options a")[0] == "options are a list, and this is text"
    assert (
        problem(tmp_path, options(1) | {"b": "t0"}, "options c")[0]
        == "there must be two options or more, not 1"
    )
    long = "x" * 61
    told, _ = problem(tmp_path, {**row, "c": ["t0", long, long]}, "options c")
    assert told == f"the option “{'x' * 60}” stands twice"


def test_an_answer_that_is_no_option(tmp_path: Path) -> None:
    texts = ["y" * 41, *(f"t{n}" for n in range(6))]
    row: dict[str, object] = {"q": "?", "c": texts, "a": "x" * 61, "b": "t0"}
    listed = ", ".join(f"“{text}”" for text in ["y" * 40, "t0", "t1", "t2", "t3", "t4"])
    assert problem(tmp_path, row, "options c") == (
        f"the true task predicts “{'x' * 60}”, which is not among the options {listed}",
        "every answer must be one of the options, to the letter",
    )
    row |= {"a": "t0", "b": "gone"}
    assert problem(tmp_path, row, "options c")[0].startswith("the distractor predicts “gone”, which")
    named = ("options c", 'distractor lure "x" -> b')
    assert problem(tmp_path, row, *named)[0].startswith("distractor `lure` predicts “gone”, which")


def test_an_answer_that_is_none(tmp_path: Path) -> None:
    row: dict[str, object] = {"q": "?", "a": " \n", "b": "x"}
    assert problem(tmp_path, row)[0] == "the true task predicts an empty answer"
    assert scene(tmp_path, {**row, "a": " x "}).answer == " x "
    row = options(2)
    told = (
        "the true task predicts a list, and an answer is one value",
        'take one of its elements, `…[0]`, or join them: `join(…, ", ")`',
    )
    for more in (("options c",), ()):
        assert problem(tmp_path, row, *more, 'true_task "x" -> c') == told
    blank = {"q": "?", "c": [" ", "x"], "a": " ", "b": "x"}
    assert scene(tmp_path, blank, "options c").answer == " "


def test_answers_are_said_by_label_or_text(tmp_path: Path) -> None:
    """What is predicted where a `when` does not hold is nothing."""
    row = options(3)
    for style, answer, trap in (("", "t0", "t1"), (" as letters", "A", "B"), (" as roman", "i", "ii")):
        seen = scene(
            tmp_path,
            row,
            f"options c{style}",
            'distractor one "x" -> b',
            'distractor two "x" -> b when a == b',
        )
        assert seen.answer == answer
        assert seen.predictions == {"true_task": answer, "one": trap}
        assert str(seen.values["options"]).split("\n")[0] == (f"{answer}. t0" if style else "t0")
    assert "options" not in scene(tmp_path, row).values


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        ('"x"', "text", "x"),
        ("true", "bool", "true"),
        ("2", "int", "2"),
        ("2.5", "number", "2.5"),
        ("2.0", "number", "2"),
    ],
)
def test_the_kind_of_an_answer(answer: str, kind: str, said: str, tmp_path: Path) -> None:
    seen = scene(tmp_path, {"q": "?", "a": "x", "b": "y"}, f'true_task "x" -> {answer}')
    assert (seen.kind, seen.answer) == (kind, said)


def test_the_order_of_options(tmp_path: Path) -> None:
    """Reversed or shuffled for each item by itself, with labels in the order shown."""
    row = options(6)
    orders = "vary order as_written, reversed, shuffled(seed = 1)"
    shown = [
        [
            (one.label, one.text)
            for one in scene(tmp_path, row, "options c as letters", orders, variant=n).choices
        ]
        for n in range(3)
    ]
    assert shown[0] == list(zip("ABCDEF", ["t0", "t1", "t2", "t3", "t4", "t5"], strict=True))
    assert [text for _, text in shown[1]] == [text for _, text in shown[0]][::-1]
    assert sorted(text for _, text in shown[2]) == [text for _, text in shown[0]]
    assert [label for label, _ in shown[2]] == list("ABCDEF")
    rows = [{"q": f"{n}?", "a": "x", "b": "y"} for n in range(30)]
    one = only(read(tmp_path, task(rows, 'options ["x", "y"]', "vary order shuffled(seed = 1)")))
    ready = stage(one, one.variants[0], Meter())
    assert {ready.scene(item).choices[0].text for item in one.items} == {"x", "y"}


def test_lists_of_options_come_after_another(tmp_path: Path) -> None:
    """An item has its own options, though the one before it had others, or the same list."""
    rows = [{"q": "?", "c": ["x", "y"], "a": "x", "b": "y"}, {"q": "!", "c": ["y", "x"], "a": "x", "b": "y"}]
    for order, wanted in (("", ["A", "B"]), ("vary order reversed", ["B", "A"])):
        more = [order] if order else []
        one = only(read(tmp_path, task(rows, FIELDS, "options c as letters", *more)))
        ready = stage(one, one.variants[0], Meter())
        assert [ready.scene(one.items[n]).answer for n in (0, 1, 0)] == [*wanted, wanted[0]]


def test_what_is_the_same_for_every_item_is_made_once(tmp_path: Path) -> None:
    """And what hangs on the item or on a level is not."""
    rows = pairs(3)
    text = 'let top = 1\n' + task(
        rows, "let fixed = str(top) + tone", "let own = q + fixed", "vary tone plain, kind",
        'prompt "{{ fixed }} {{ own }}"', 'instruct "{{ tone }}"', 'true_task "x" -> fixed + "!"',
    )  # fmt: skip
    one = only(read(tmp_path, text))
    for variant, tone in zip(one.variants, ("plain", "kind"), strict=True):
        ready = stage(one, variant, Meter())
        assert ready.fixed == {"top", "fixed", "tone"}
        seen = [see(ready, item) for item in one.items]
        assert [s.text for s in seen] == [f"1{tone} {row['q']}1{tone}" for row in rows]
        assert {s.scene.answer for s in seen} == {f"1{tone}!"}
        assert ready.templates["instruct"] not in ready.moving


def test_a_problem_with_an_item_is_told_with_its_place(tmp_path: Path) -> None:
    made = staged(
        tmp_path,
        {"q": "?", "a": "x", "b": "y"},
        "let n = 1 / len(a)",
        'true_task "x" -> str(1 / (len(a) - 1))',
    )
    with pytest.raises(ItemProblem) as caught:
        made.scene(made.task.items[0])
    assert (caught.value.rule, caught.value.message) == ("bad-expression", "this divides by zero")
    made = staged(tmp_path, {"q": "?", "a": "x", "b": "y"}, "let n = a + a")
    made.meter.left = 0
    with pytest.raises(ItemProblem, match="in all"):
        made.scene(made.task.items[0])


def test_rationales_see_the_answer(tmp_path: Path) -> None:
    """Unless a field has that name, which is then what they see."""
    row: dict[str, object] = {"q": "?", "a": "x", "b": "y"}
    assert scene(tmp_path, row, 'rationale "It is {{ answer }}."').values["rationale"] == "It is x."
    fields = "item { q: text, a: text, b: text, answer: text }"
    seen = scene(tmp_path, {**row, "answer": "z"}, fields, 'rationale "It is {{ answer }}."')
    assert seen.values["rationale"] == "It is z."


# --- what lints look at -------------------------------------------------------------------------------------


def looks(folder: Path, *more: str, most: int | None = None) -> list[Look]:
    one = only(read(folder, task(pairs(40), *more)))
    return survey(one, {"n": Column(mark=lambda seen, look: seen.item.id == "3")}, Meter(), most)


def test_variants_that_show_items_alike_share_a_look(tmp_path: Path) -> None:
    (look,) = looks(tmp_path, "regimes zero_shot, few_shot(shots = 1)")
    assert [v.regime.name for v in look.variants] == ["zero_shot", "few_shot"]
    assert (len(look), list(look.marked("n")), look.item(2).id) == (40, [2], "3")
    two = looks(tmp_path, "regimes zero_shot, few_shot(shots = 1)", "vary tone plain, kind")
    assert [[v.levels["tone"] for v in look.variants] for look in two] == [["plain"] * 2, ["kind"] * 2]


def test_ways_of_replying(tmp_path: Path) -> None:
    (look,) = looks(
        tmp_path,
        'regimes {\n zero_shot\n few_shot(shots = 1) {\n reply "So {{ answer }}."\n }\n step_by_step\n}',
    )
    ways = [[v.regime.name for v in variants] for _, variants in look.ways()]
    assert ways == [["zero_shot"], ["few_shot"], ["step_by_step"]]
    (look,) = looks(tmp_path, "regimes zero_shot, few_shot(shots = 1)")
    assert [len(variants) for _, variants in look.ways()] == [2]
    assert [made is look.stage for made, _ in look.ways()] == [True]


def test_a_share_of_the_items(tmp_path: Path) -> None:
    (look,) = looks(tmp_path, most=10)
    assert 8 <= len(look) <= 12
    assert [look.item(n).id for n in range(len(look))] == [str(n + 1) for n in look.numbers]
    for most in (40, 41, None):
        assert looks(tmp_path, most=most)[0].numbers == range(40)
    (look,) = looks(tmp_path, most=39)
    assert 38 <= len(look) <= 39


@pytest.mark.parametrize(("asked", "most"), [(1_000, 100), (12_345, 1_000), (100, 99), (7, 3)])
def test_a_share_is_drawn_evenly(asked: int, most: int) -> None:
    numbers = drawn(asked, most)
    assert abs(len(numbers) - most) <= 2
    assert list(numbers) == sorted(set(numbers)) and numbers[0] >= 0 and numbers[-1] < asked
    for every in (2, 3, 5):  # nothing that repeats every few items is met too often
        met = sum(number % every == 0 for number in numbers)
        assert abs(met - len(numbers) / every) <= 4 + len(numbers) / 50


def test_samples_of_what_is_marked(tmp_path: Path) -> None:
    (look,) = looks(tmp_path)
    look.marks = {"n": array("B", [1, 0] * 20)}
    assert look.sample("n", 20) == list(range(0, 40, 2))
    assert look.sample("n", 5) == [0, 8, 16, 24, 32]
    assert look.sample("n", 3) == [0, 12, 26]


def test_options_that_are_the_same_for_all(tmp_path: Path) -> None:
    rows = [
        {"q": f"{n}?", "c": c, "a": "x", "b": "y"} for n, c in enumerate((["x", "y"], ["y", "x"], ["x", "y"]))
    ]
    for last, fixed in ((["y", "x"], {"x": 0, "y": 1}), (["x", "z"], {}), (["x", "y", "z"], {})):
        made = [*rows, {"q": "?", "c": last, "a": "x", "b": last[-1]}, rows[0]]
        one = only(read(tmp_path, task(made, FIELDS, "options c")))
        assert survey(one, {}, Meter())[0].fixed == fixed


def test_an_item_as_it_is_seen(tmp_path: Path) -> None:
    row = options(3) | {"a": "t2"}
    turns = 'prompt {\n system "a"\n user "{{ q }}"\n}'
    for more, place, answer, conflict in (
        ((), -1, "t2", True),
        (("options c as letters",), 2, "t2", True),
        (("options c", 'distractor one "x" -> a', 'distractor two "x" -> a'), 2, "t2", False),
        (("options c", 'distractor one "x" -> a', 'distractor two "x" -> b'), 2, "t2", True),
        (("options c", 'distractor "x" -> b when q == "!"'), 2, "t2", False),
    ):
        made = staged(tmp_path, row, *more, turns)
        found = see(made, made.task.items[0])
        assert (found.place, found.answer_text, found.conflict, found.text) == (
            place,
            answer,
            conflict,
            "a\n?",
        )


def test_a_gallery_holds_as_many_scenes_as_there_is_room_for(tmp_path: Path) -> None:
    """Just so many, for all variants that show them alike; what no longer fits is not kept."""
    one = only(
        read(tmp_path, task(pairs(2), "vary tone plain, kind", "regimes zero_shot, few_shot(shots = 1)"))
    )
    shown = [stage(one, one.variants[0], Meter()).scene(item) for item in one.items]
    gallery = Gallery(room=3)
    first, second, third, fourth = one.variants
    gallery.keep([first, second], shown)
    gallery.keep([third], shown)
    assert gallery.scenes(first) is gallery.scenes(second) is shown and gallery.scenes(third) is None
    gallery.keep([third], shown[:1])
    gallery.keep([fourth], shown[:1])
    assert gallery.scenes(third) == shown[:1] and gallery.scenes(fourth) is None
