"""The checker on one task: what is told beside what, and what the task is made of once it is right."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compiler.small import errors, only, places, read, task

ROWS = [{"q": "One?", "a": "1", "b": "2"}, {"q": "Two?", "a": "2", "b": "3"}]


# --- one task -----------------------------------------------------------------------------------------------


def test_without_regimes_the_rest_is_told_all_the_same(tmp_path: Path) -> None:
    text = task(ROWS, 'prompt "{{ gone }}"', 'reply "{{ answer }} {{ options }}"', "let a = 1")
    done = read(tmp_path, text.replace("regimes zero_shot\n", ""))
    assert sorted(places(done)) == [
        ("duplicate-name", "a"),
        ("missing-statement", "t"),
        ("unknown-name", "gone"),
        ("unknown-name", "options"),
    ]
    done = read(
        tmp_path, task(ROWS, 'prompt "{{ options }}"', "options [a, b]").replace("regimes zero_shot\n", "")
    )
    assert places(done) == [("missing-statement", "t")]


def test_after_a_mistake_in_the_items_the_rest_is_told_all_the_same(tmp_path: Path) -> None:
    """But nothing that would follow from it."""
    rows = [{"q": 1, "a": "1", "b": "2"}]
    done = read(tmp_path, task(rows, 'prompt "{{ gone }}"', "regimes cot", 'test where a == "2"'))
    assert [rule for rule, _ in places(done)] == ["row-does-not-fit", "unknown-name"]


def test_after_a_mistake_in_the_record_rows_are_not_held_against_it(tmp_path: Path) -> None:
    done = read(tmp_path, task(ROWS, "item { q: txt, a: int, b: text }", 'prompt "{{ gone }}"'))
    assert [rule for rule, _ in places(done)] == ["unknown-type", "unknown-name"]


def test_without_a_true_task_the_rest_is_told_all_the_same(tmp_path: Path) -> None:
    done = read(tmp_path, task(ROWS, 'prompt "{{ gone }}"').replace('true_task "answer" -> a\n', ""))
    assert [rule for rule, _ in places(done)] == ["missing-statement", "unknown-name"]


@pytest.mark.parametrize(
    ("written", "better"),
    [("str", "text"), ("string", "text"), ("integer", "int"), ("float", "number"), ("boolean", "bool")],
)
def test_types_of_other_languages(written: str, better: str, tmp_path: Path) -> None:
    (found,) = errors(read(tmp_path, task(ROWS, f"item {{ q: {written}[2], a: text, b: text }}")))
    assert (found.message, found.help) == (f"unknown type `{written}`", f"write `{better}`")


def test_which_items_are_asked(tmp_path: Path) -> None:
    rows = [{"q": f"{n}?", "a": str(n), "b": "x"} for n in range(4)]
    condition = 'test where id != "2" and a != none and q < top'
    one = only(read(tmp_path, 'let none = "3"\nlet top = "9"\n' + task(rows, condition)))
    assert list(one.asked) == [0, 2]
    assert list(only(read(tmp_path, task(rows))).asked) == [0, 1, 2, 3]
    (found,) = errors(read(tmp_path, task(rows, 'test where q == "x"')))
    assert found.message == "no item satisfies this condition, so none is asked"
    (found,) = errors(read(tmp_path, task(rows, "test where q == gone")))
    assert found.rule == "unknown-name"


def test_shuffles_are_told_apart_by_their_seeds(tmp_path: Path) -> None:
    options = ("options [a, b]",)
    for levels, names in (
        ("as_written, shuffled(seed = 3)", ("as_written", "shuffled")),
        ("shuffled, shuffled(seed = 2)", ("shuffled_0", "shuffled_2")),
    ):
        (factor,) = only(read(tmp_path, task(ROWS, *options, f"vary order {levels}"))).factors
        assert factor.levels == names
    one = only(read(tmp_path, task(ROWS, *options, "vary order shuffled(seed = 3), reversed, as_written")))
    assert [(v.options.order, v.options.seed) for v in one.variants if v.options] == [
        ("shuffled", 3),
        ("reversed", 0),
        ("as_written", 0),
    ]


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("vary order as_written { }", [("misplaced-statement", "as_written { }")]),
        ("vary order shuffled(seed = 1, seeds = 2)", [("bad-call", "seeds = 2")]),
        ("vary order reversed(seed = 1)", [("bad-call", "seed = 1")]),
        ("vary labels letters(seed = 1), numbers", [("bad-call", "seed = 1")]),
        ("vary tone plain(seed = 1), kind", [("bad-call", "seed = 1")]),
        ("vary order reversed, reverse", [("unknown-level", "reverse")]),
        ("vary order reversed, reversed, as_written", [("duplicate-name", "reversed")]),
        ("vary order shuffled(seed = 0.5)", [("bad-value", "0.5")]),
        ("vary order shuffled(seed = true)", [("bad-value", "true")]),
    ],
)
def test_levels_that_are_wrong(statement: str, told: list[tuple[str, str]], tmp_path: Path) -> None:
    assert places(read(tmp_path, task(ROWS, "options [a, b] as letters", statement))) == told


def test_what_describes_a_task_is_kept_as_written(tmp_path: Path) -> None:
    one = only(read(tmp_path, task(ROWS, 'authors "A", "B"', 'version "2"')))
    assert (one.meta["authors"], one.meta["version"], one.meta["canary"]) == (("A", "B"), ("2",), ("none",))
    assert one.design == "full"
    vary = "vary tone plain, kind"
    assert only(read(tmp_path, task(ROWS, vary, "design one_at_a_time"))).design == "one_at_a_time"


# --- regimes in cells ---------------------------------------------------------------------------------------


def test_a_regime_that_needs_rationales(tmp_path: Path) -> None:
    """All items must have one; a template gives it to all, and so does a level's or a regime's own."""
    some = [{**ROWS[0], "rationale": "Since."}, ROWS[1]]
    (found,) = errors(read(tmp_path, task(some, "regimes cot(shots = 0)")))
    assert found.message == "regime `cot` needs a rationale, and 1 of 2 items of task `t` have none"
    assert [label.text for label in found.others] == ["this task"]
    (found,) = errors(read(tmp_path, task(ROWS, "regimes cot(shots = 0)")))
    assert found.message == "regime `cot` needs a rationale, and task `t` has none"
    for more in ('rationale "Since {{ a }}."', 'regimes { cot(shots = 0) { rationale "Since." } }'):
        stated = (more,) if more.startswith("regimes") else (more, "regimes cot(shots = 0)")
        assert errors(read(tmp_path, task(ROWS, *stated))) == []


def test_a_regime_of_a_suite_in_another_file_points_at_no_task(tmp_path: Path) -> None:
    suite = 'import "tasks"\nsuite s {\n tasks t\n regimes zero_shot, cot(shots = 0)\n}\n'
    done = read(tmp_path, suite, tasks=task(ROWS))
    (found,) = [d for d in done.found if d.rule == "regime-left-out"]
    assert found.others == ()
    assert [v.regime.name for v in only(done).variants] == ["zero_shot"]


def test_no_regime_is_left(tmp_path: Path) -> None:
    suite = "suite s {\n tasks t\n regimes cot(shots = 0)\n}\n"
    done = read(tmp_path, task(ROWS) + suite)
    assert [d.message for d in errors(done)] == ["no regime of task `t` can be compiled"]


@pytest.mark.parametrize(
    ("statements", "told"),
    [
        (("measure label", "options [a, b]"), [("no-labels", "label")]),
        (("measure label", "options [a, b] as letters"), []),
        (("measure choice", "options [a, b]"), []),
        (("measure choice",), [("no-options", "choice")]),
        (('think "Hm."',), [("missing-statement", '"Hm."')]),
        (('then "So: {{ answer }}"',), [("missing-statement", '"So: {{ answer }}"')]),
        (('think "Hm."', 'then "So."'), [("no-answer", '"So."')]),
        (('prompt {\n system "x"\n user "{{ q }}"\n}',), []),
        (
            ('prompt {\n user "{{ q }}"\n system "x"\n}',),
            [("bad-prompt", "system"), ("bad-prompt", "system")],
        ),
        (('prompt {\n user "{{ q }}"\n system "x"\n user "y"\n}',), [("bad-prompt", "system")]),
        (('prompt {\n user "{{ q }}"\n assistant "x"\n}',), [("bad-prompt", "assistant")]),
        (('prompt "{{ q }} {{ options }}"',), [("unknown-name", "options")]),
        (('prompt "{{ q }} {{ answer }}"',), [("unknown-name", "answer")]),
        (('instruct "{{ answer }}"',), [("unknown-name", "answer")]),
        (('rationale "{{ answer }}"',), []),
        (("vary q plain, kind",), [("duplicate-name", "q")]),
        (("let q = 1",), [("duplicate-name", "q")]),
        (('distractor true_task "x" -> b',), [("reserved-name", "true_task")]),
        (('distractor other "x" -> b when gone',), [("reserved-name", "other"), ("unknown-name", "gone")]),
        (('distractor "x" -> gone',), [("unknown-name", "gone")]),
        (("measure choice, choice", "options [a, b]"), [("stated-twice", "choice")]),
        (("measure choice(normalise = many)", "options [a, b]"), [("unknown-word", "many")]),
        (("measure choice(normalise = 1)", "options [a, b]"), [("unknown-word", "1")]),
        (("measure choice(normalise = bytes)", "options [a, b]"), []),
        (("measure reply(normalise = bytes)",), [("bad-call", "normalise = bytes")]),
        (("measure choice(by = bytes)", "options [a, b]"), [("bad-call", "by = bytes")]),
    ],
)
def test_statements_that_do_not_go_together(
    statements: tuple[str, ...], told: list[tuple[str, str]], tmp_path: Path
) -> None:
    done = read(tmp_path, task(ROWS, *statements))
    assert places(done) == told
    assert len(done.program.tasks) == (not told)  # a task with an error is left out


def test_two_distractors_of_which_one_has_no_name(tmp_path: Path) -> None:
    text = task(ROWS, 'distractor "x" -> b', 'distractor named "y" -> b')
    assert [rule for rule, _ in places(read(tmp_path, text))] == ["unnamed-distractor"]


def test_measures_that_are_implied(tmp_path: Path) -> None:
    for more, measures in (
        ((), [("reply", False, "none")]),
        (("options [a, b]",), [("choice", True, "none"), ("reply", False, "none")]),
        (("options [a, b]", "measure choice(normalise = bytes)"), [("choice", False, "bytes")]),
    ):
        (variant,) = only(read(tmp_path, task(ROWS, *more))).variants
        assert [(m.name, m.implied, m.normalise) for m in variant.measures] == measures


def test_exemplars_listed_by_id(tmp_path: Path) -> None:
    regimes = "regimes {{\n few_shot(shots = 2) {{\n exemplars {0}\n }}\n}}"
    done = read(tmp_path, task(ROWS, regimes.format('["1", "3", "1", 2]')))
    assert places(done) == [("unknown-item", '"3"'), ("stated-twice", '"1"')]
    assert errors(read(tmp_path, task(ROWS, regimes.format("[1, 2]")))) == []


def test_a_mistake_is_told_once_however_many_cells_meet_it(tmp_path: Path) -> None:
    more = ("vary tone plain, kind", "vary mood good, bad", "regimes zero_shot, few_shot(shots = 1)")
    assert places(read(tmp_path, task(ROWS, 'prompt "{{ gone }}"', *more))) == [("unknown-name", "gone")]


def cells(levels: int, wrong: int) -> Iterator[str]:
    """Give levels of which one has a mistake, and those before it another."""
    yield 'x0 { prompt "{{ first }}" }'
    for n in range(1, levels):
        yield f'x{n} {{ prompt "{{{{ second }}}}" }}' if n == wrong else f"x{n}"


@pytest.mark.parametrize(("wrong", "told"), [(199, ["first", "second"]), (200, ["first"])])
def test_mistakes_are_looked_for_in_two_hundred_cells(wrong: int, told: list[str], tmp_path: Path) -> None:
    """At least; where there are none yet, in all."""
    vary = "vary many " + ", ".join(cells(210, wrong))
    assert [place for _, place in places(read(tmp_path, task(ROWS, vary)))] == told
    vary = vary.replace("first", "q")
    assert [place for _, place in places(read(tmp_path, task(ROWS, vary)))] == ["second"]


def test_fields_after_a_wrong_one_are_known(tmp_path: Path) -> None:
    fields = "item {{ q: text, {0}, a: text, b: text }}"
    for wrong, rule in (
        ("q: int", "duplicate-field"),
        ("loop: text", "reserved-name"),
        ("x: txt", "unknown-type"),
    ):
        done = read(tmp_path, task(ROWS, fields.format(wrong), 'prompt "{{ q }} {{ a }} {{ b }}"'))
        assert [d.rule for d in errors(done)] == [rule]


def test_levels_after_a_wrong_one_are_looked_at(tmp_path: Path) -> None:
    vary = 'vary tone plain, plain, kind {\n prompt "{{ gone }}"\n}'
    done = read(tmp_path, task(ROWS, vary, "vary order reversed, as_written", "options [a, b]"))
    assert places(done) == [("duplicate-name", "plain"), ("unknown-name", "gone")]


def test_messages_after_a_wrong_one_are_looked_at(tmp_path: Path) -> None:
    prompt = 'prompt {\n system "{% if tone == kind %}{% endif %}"\n user "{{ gone }}"\n}'
    done = read(tmp_path, task(ROWS, prompt, "vary tone plain, kind"))
    assert places(done) == [("unknown-level", "kind"), ("unknown-name", "gone")]
