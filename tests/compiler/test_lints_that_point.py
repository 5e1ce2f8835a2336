"""Lints of what is written: at which words they point, and what cures them."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from taskc.compiler.limits import Meter
from taskc.compiler.lints import Tools, lint
from taskc.compiler.lints.names import names_used, nodes, variant_names
from taskc.dsl import syntax
from taskc.dsl.diagnostic import Diagnostic
from taskc.flow.lend import tools
from tests.compiler.small import items_of, only, pairs, read, task

ROWS = pairs(3)


def pointed(
    folder: Path, rule: str, *statements: str, rows: Sequence[dict[str, str]] = ROWS
) -> list[tuple[str, str]]:
    """Give the place and message of what one lint finds."""
    found, text = findings(folder, rule, task(rows, *statements))
    return [(text[d.primary.span.start : d.primary.span.end], d.message) for d in found]


def findings(folder: Path, rule: str, text: str) -> tuple[list[Diagnostic], str]:
    done = read(folder, text)
    assert done.program.tasks, [d.message for d in done.found]
    return [d for d in lint(done.program, [], tools(), Meter()) if d.rule == rule], text


# --- cot-before-format --------------------------------------------------------------------------------------

BARE = "this asks for the bare answer, and regime `cot` for reasoning first"
REASONING = "this asks for reasoning, and regime `zero_shot` has the answer at once"
EARLY = "this reply says the answer before the rationale that should lead to it"
SINCE = 'rationale "Since."'
COT = ("regimes cot(shots = 0)", SINCE)
STAGES = ('think "Hm."', 'then "So: {{ answer }}"')


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        (('prompt "{{ q }} Think step by step."',), [("step by step", REASONING)]),
        (('prompt "{{ q }} Show your work."',), [("Show your work", REASONING)]),
        (('prompt "{{ q }} Answer only."',), []),
        (('prompt "{{ q }} Answer with one word."', *COT), [("Answer with one word", BARE)]),
        (('prompt "{{ q }} Do not explain."', *COT), [("Do not explain", BARE)]),
        (('prompt "{{ q }} Think step by step."', *COT), []),
        (('instruct "Just answer."', *COT), [("Just answer", BARE)]),
        (('instruct "Think aloud."',), [("Think aloud", REASONING)]),
        (
            ('prompt {\n system "Without explanation."\n user "{{ q }}: only reply."\n}', *COT),
            [("Without explanation", BARE), ("only reply", BARE)],
        ),
        (('reply "{{ answer }}, since {{ rationale }}"', SINCE), [("answer", EARLY)]),
        (('reply "{{ rationale }} So: {{ answer }}"', SINCE), []),
        (('reply "{{ answer }}, since {{ rationale }}"', SINCE, *STAGES), []),
    ],
)  # fmt: skip
def test_cot_before_format(statements: tuple[str, ...], found: list[tuple[str, str]], tmp_path: Path) -> None:
    assert pointed(tmp_path, "cot-before-format", *statements) == found


def test_cot_before_format_in_each_regime(tmp_path: Path) -> None:
    """Only those that reason, with `think` and `then` or a rationale in the reply, are asked for it first."""
    regimes = ("regimes zero_shot, cot(shots = 0), step_by_step", SINCE)
    found, _ = findings(tmp_path, "cot-before-format", task(ROWS, 'prompt "{{ q }} Answer only."', *regimes))
    assert [d.message.split("`")[1] for d in found] == ["cot"]  # each place is told once
    assert items_of(found) == ["this regime"]


# --- blanks and braces --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        (('prompt "{{ q }} "',), [" "]),
        (('prompt "{{ q }}  \\n"',), ["  \\n"]),
        (('prompt {\n system "x "\n user "{{ q }}"\n}',), []),
        (('prompt {\n system "x"\n user "{{ q }} "\n}',), [" "]),
        (('think "Hm. "', 'then "{{ answer }}"'), [" "]),
        (('think "Hm."', 'then "{{ answer }} "'), []),
    ],
)
def test_trailing_space(statements: tuple[str, ...], found: list[str], tmp_path: Path) -> None:
    told = [(place, "this ends in a blank, and the reply begins after it") for place in found]
    assert pointed(tmp_path, "trailing-space", *statements) == told


def test_trailing_space_of_rows(tmp_path: Path) -> None:
    rows = [*pairs(2), {"q": "Odd? ", "a": "x", "b": "y"}, {"q": "Odd\\n", "a": "x", "b": "y"}]
    (found,) = findings(tmp_path, "trailing-space", task(rows))[0]
    assert found.message == "the prompts of 1 of 4 items end in a blank"
    assert items_of([found]) == ["item `3`"]
    assert pointed(tmp_path, "trailing-space", 'prompt "{{ q }} "', rows=rows)[0][0] == " "
    assert len(pointed(tmp_path, "trailing-space", 'prompt "{{ q }} "', rows=rows)) == 1


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        ("So:{{ answer }}", [(":", "no blank parts")]),
        ("So{{- answer }}", [("o", "no blank parts")]),
        ("So{{ answer }}", [("o", "no blank parts")]),
        ("({{ answer }})", []),
        ("{{ answer }}", []),
        ("So: {{ answer }}", []),
        ("So:  {{ answer }}", [("  ", "more than one blank parts")]),
        ("So: \t{{ answer }}", [(" \t", "more than one blank parts")]),
        ("{{ q }}{{ answer }}", []),
        ("答{{ answer }}", []),
        ("So:{{ answers }}{{ answer }}", []),
    ],
)
def test_blank_at_join(reply: str, found: list[tuple[str, str]], tmp_path: Path) -> None:
    more = ("let answers = q",) if "answers" in reply else ()
    told = [(place, f"{words} the answer from what stands before it") for place, words in found]
    assert pointed(tmp_path, "blank-at-join", f'reply "{reply}"', *more) == told


def test_blank_at_join_of_options(tmp_path: Path) -> None:
    rows = [*pairs(2), {"q": "?", "a": " x", "b": "y"}, {"q": "?", "a": "x", "b": "y\\n"}]
    (found,) = findings(tmp_path, "blank-at-join", task(rows, "options [a, b]"))[0]
    assert found.message == "options of 1 of 4 items begin or end with a blank"
    assert items_of([found]) == ["item `3`"]
    rows[3]["b"] = "y "
    (found,) = findings(tmp_path, "blank-at-join", task(rows, "options [a, b]"))[0]
    assert found.message == "options of 2 of 4 items begin or end with a blank"
    assert findings(tmp_path, "blank-at-join", task(rows, "options [a, b] as letters"))[0] == []


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        (('prompt "{q} {{ q }} { a }"',), ["{q}", "{ a }"]),
        (('prompt "{% set x = q %}{x}{#q#} {gone} {q} {{ x }}"',), ["{q}"]),
        (('reply "{answer} {{ answer }} {rationale}"',), ["{answer}", "{rationale}"]),
        (('instruct "{n} {top} {tone}"', "let n = 1", "vary tone plain, kind"), ["{n}", "{tone}"]),
        (('instruct "{options}"',), ["{options}"]),
        (('think "{q}"', 'then "{b}: {{ answer }}"'), ["{q}", "{b}"]),
        (('rationale "{a}"',), ["{a}"]),
    ],
)  # fmt: skip
def test_single_braces(statements: tuple[str, ...], found: list[str], tmp_path: Path) -> None:
    told = [(place, f"`{place}` is printed as it is") for place in found]
    assert sorted(pointed(tmp_path, "single-braces", *statements)) == sorted(told)


# --- what nothing uses --------------------------------------------------------------------------------------


def test_names_are_used_wherever_they_stand(tmp_path: Path) -> None:
    """In templates, expressions and strings that may be templates; rows and descriptions hold none."""
    rows = [{"q": "{{ r1 }}", "a": "x", "b": "y"}]
    text = 'let c1 = 1\nlet c2 = 2\n' + task(
        rows,
        'about "{{ r2 }}"',
        "let l1 = c1",
        "vary tone plain, kind",
        'prompt "{{ q }} {{ l1 }}"',
        'distractor "x" -> b when c2 == 2',
        "options [a, b]",
        'reply "{{ answer }} {{ id }}"',
        'instruct "{{ tone }}"',
        'regimes {\n few_shot(shots = 1) {\n exemplars where w1 == 1\n }\n}',
        "let w1 = 1",
    )  # fmt: skip
    one = only(read(tmp_path, text))
    used = names_used(one)
    assert used == {"c1", "c2", "l1", "q", "a", "b", "answer", "id", "tone", "w1"}
    assert set(variant_names(one.variants[0])) == used
    found = list(nodes(one.statements))
    assert not any(isinstance(node, syntax.ItemsRows | syntax.Meta) for node in found)
    names = [node.id for node in found if isinstance(node, syntax.Name)]
    assert sorted(names) == ["a", "a", "b", "b", "c1", "c2", "w1"]


def test_unused_names(tmp_path: Path) -> None:
    fields = "item { q: text, a: text, b: text, more: text }"
    rows = [{**row, "more": "x"} for row in ROWS]
    assert pointed(tmp_path, "unused-field", fields, rows=rows) == [("more", "nothing uses the field `more`")]
    assert pointed(tmp_path, "unused-field", fields, 'test where more == "x"', rows=rows) == []
    lets = ("let one = 1", "let two = one", 'instruct "{{ three }}"', "let three = 3")
    assert pointed(tmp_path, "unused-let", *lets) == [("two", "nothing uses `two`")]


def test_what_a_child_uses_is_used(tmp_path: Path) -> None:
    fields = "item { q: text, a: text, b: text, more: text }"
    text = task([{**row, "more": "x"} for row in ROWS], fields, "let one = 1")
    child = 'task child extends t {\n prompt "{{ q }} {{ more }} {{ one }}"\n}\n'
    for rule in ("unused-field", "unused-let"):
        assert [len(findings(tmp_path, rule, text + more)[0]) for more in ("", child)] == [1, 0]


def test_unused_level_says_which_it_is_like(tmp_path: Path) -> None:
    vary = 'vary tone plain, kind {\n prompt "Please: {{ q }}"\n}, formal'
    found, text = findings(tmp_path, "unused-level", task(ROWS, vary))
    assert [d.message for d in found] == ["level `formal` of factor `tone` asks what level `plain` asks"]
    assert items_of(found) == ["the other one"]
    assert [text[label.span.start : label.span.end] for d in found for label in d.others] == ["plain"]
    found, _ = findings(tmp_path, "unused-level", task(ROWS, "vary mood good, bad", 'instruct "{{ mood }}"'))
    assert found == []


# --- the whole task -----------------------------------------------------------------------------------------


def test_missing_canary_is_told_once_a_file(tmp_path: Path) -> None:
    bare = task(ROWS).replace('canary "none"\n', "")
    two = bare + task(ROWS, name="u").replace('canary "none"\n', "")
    found, text = findings(tmp_path, "missing-canary", two)
    assert [text[d.primary.span.start : d.primary.span.end] for d in found] == ["t"]
    again, _ = findings(tmp_path, "missing-canary", bare)
    other, _ = findings(tmp_path, "missing-canary", bare.replace("Number 0?", "Number 9?"))
    assert found[0].help == again[0].help != other[0].help
    assert again[0].help.count("-") == 4 and len(again[0].help.split('"')[1].split()[-1]) == 36
    assert findings(tmp_path, "missing-canary", task(ROWS, 'canary ""'))[0] != []
    assert findings(tmp_path, "missing-canary", task(ROWS, 'canary "", "x"'))[0] == []
    late = task(ROWS) + bare.replace("task t", "task u")
    assert findings(tmp_path, "missing-canary", late)[0] == []


def test_no_distractor(tmp_path: Path) -> None:
    bare = task(ROWS).replace('distractor "err" -> b\n', "")
    assert [d.message for d in findings(tmp_path, "no-distractor", bare)[0]] == [
        "task `t` states no distractor, so nobody can tell who was lured"
    ]
    vary = 'vary lure off, on {\n distractor "err" -> b\n}'
    assert findings(tmp_path, "no-distractor", bare.replace("regimes", vary + "\nregimes"))[0] == []


def test_allows_that_silence_nothing(tmp_path: Path) -> None:
    """Of no rule, of a rule that is no lint, and of one that nothing here breaks."""
    done = read(
        tmp_path, task(ROWS, 'allow no-such, too-few-item, bad-value, unused-allow, blank-at-join "x"')
    )
    found = [d for d in lint(done.program, [], tools(), Meter()) if d.rule == "unused-allow"]
    assert [(d.message, d.help) for d in found] == [
        ("there is no rule `no-such` to allow", "`taskc explain` lists all rules, the lints first"),
        ("there is no rule `too-few-item` to allow", "a similar name exists: `too-few-items`"),
        (
            "`bad-value` is an error, and errors cannot be allowed",
            "take it out, and mend what the error tells",
        ),
        ("`unused-allow` is no lint, and cannot be allowed", "take it out"),
        ("nothing here breaks the rule `blank-at-join`", "take it out"),
    ]
    done = read(
        tmp_path,
        task(
            ROWS,
            'allow too-few-items, missing-canary "x"',
            'reply "So:{{ answer }}"',
            'allow blank-at-join "x"',
        ),
    )
    rules = [d.rule for d in lint(done.program, [], Tools(detects=tools().detects), Meter())]
    assert rules == ["unused-allow"]


def test_an_allow_in_a_task_does_not_count_for_another(tmp_path: Path) -> None:
    quiet = task(ROWS, 'reply "So:{{ answer }}"', 'allow blank-at-join "x"')
    loud = task(ROWS, 'reply "So:{{ answer }}"', name="u")
    found, _ = findings(tmp_path, "blank-at-join", quiet + loud)
    assert [d.primary.span.start > len(quiet) for d in found] == [True]


@pytest.mark.parametrize(
    ("rule", "lent", "idle"),
    [
        ("too-few-items", Tools(detects=lambda n: 0.1), False),
        ("too-few-items", Tools(detects=lambda n: 0.1, effect=0.2), True),
        ("ambiguous-extractor", Tools(), False),
        ("ambiguous-extractor", tools(), True),
        ("context-overflow", tools(), False),
        ("context-overflow", Tools(models={"m": None}, contexts={"m": 10**6}), True),
        ("shared-first-token", tools(), False),
        ("shared-first-token", Tools(models={"m": None}), True),
        ("trailing-space", Tools(), True),
    ],
)
def test_an_allow_of_a_lint_that_could_not_look_is_not_idle(
    rule: str, lent: Tools, idle: bool, tmp_path: Path
) -> None:
    done = read(tmp_path, task(ROWS, f'allow {rule} "x"'))
    assert ("unused-allow" in {d.rule for d in lint(done.program, [], lent, Meter())}) is idle
