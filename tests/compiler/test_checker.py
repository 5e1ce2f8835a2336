"""The checker on whole files: what they declare and see, and how statements are laid upon each other."""

from pathlib import Path

import pytest

from taskc.compiler.expressions import names_in
from taskc.compiler.limits import DEPTH
from taskc.compiler.merge import check_body, choose, key, keyword, merge
from taskc.dsl import syntax
from taskc.dsl.diagnostic import Diagnostic
from taskc.dsl.span import Source
from taskc.flow.understand import understand
from taskc.grammar.parse import parse
from tests.compiler.small import errors, only, read, task

ROWS = [{"q": "One?", "a": "1", "b": "2"}, {"q": "Two?", "a": "2", "b": "3"}]


def body(text: str) -> tuple[syntax.Statement, ...]:
    """Give the statements of a task."""
    file, found = parse(Source(name="t", text="task t {\n" + text + "\n}\n"))
    assert not found
    (declared,) = file.declarations
    assert isinstance(declared, syntax.Task)
    return declared.body


# --- files and names ----------------------------------------------------------------------------------------


def test_a_file_may_be_imported_by_two_ways(tmp_path: Path) -> None:
    """That is no circle, in whichever order."""
    low = 'let who = "Al"\n'
    for imports in ('import "low"\nimport "mid"\n', 'import "mid"\nimport "low"\n'):
        done = read(tmp_path, imports + task(ROWS), mid='import "low"\nlet other = who\n', low=low)
        assert errors(done) == []


def test_a_circle_of_many_files_is_told_in_short(tmp_path: Path) -> None:
    for count, told in (
        (4, "`f3.task` imports `main.task` imports `f1.task` imports `f2.task` imports `f3.task`"),
        (5, "`f4.task` imports `main.task` imports … imports `f3.task` imports `f4.task`"),
    ):
        files = {f"f{n}": f'import "f{n + 1}"\nlet x{n} = 1\n' for n in range(1, count - 1)}
        files[f"f{count - 1}"] = 'import "main"\nlet last = 1\n'
        done = read(tmp_path, 'import "f1"\n' + task(ROWS), **files)
        (found,) = [d for d in errors(done) if d.rule == "import-cycle"]
        names = found.message.replace(f"{tmp_path}/", "")
        assert names == f"files import each other in a circle: {told}"


def test_a_let_that_has_no_value_is_told_once(tmp_path: Path) -> None:
    """Where it is used nothing is told, in its own file and in others; another name still is."""
    lets = "let half = 1 / 0\nlet more = half + 1\n"
    main = 'import "lets"\nlet mine = more\n' + task(
        ROWS, 'prompt "{{ q }} {{ half }} {{ mine }} {{ gone }}"'
    )
    done = read(tmp_path, main, lets=lets)
    assert sorted(d.message for d in errors(done)) == [
        "this divides by zero",
        "unknown name `gone` in a template",
    ]


def test_lets_see_those_before_them_and_those_imported(tmp_path: Path) -> None:
    main = 'import "lets"\nlet two = one + 1\nlet three = two + one\n' + task(
        ROWS, 'prompt "{{ q }} {{ three }}"'
    )
    assert only(read(tmp_path, main, lets="let one = 1\n")).constants == {"one": 1, "two": 2, "three": 3}


def test_a_constant_of_ones_own_is_not_doubled_by_an_imported_one(tmp_path: Path) -> None:
    done = read(tmp_path, 'import "lets"\nlet x = 1\n' + task(ROWS), lets="let x = 2\nlet x = 3\n")
    (found,) = errors(done)
    assert (found.rule, found.message) == ("duplicate-name", "two `let`s have the name `x`")


@pytest.mark.parametrize(
    ("kind", "one"),
    [("tasks", task(ROWS)), ("regimes", "regime t { shots 0 }\n"), ("suites", "suite t { tasks u }\n")],
)
def test_two_of_a_name(kind: str, one: str, tmp_path: Path) -> None:
    done = read(tmp_path, one + one + task(ROWS, name="u"))
    found = next(d for d in errors(done) if d.rule == "duplicate-name")
    assert found.message == f"two {kind} have the name `t`"
    assert [label.text for label in found.others] == ["the first one"]
    assert found.others[0].span.start < found.primary.span.start


def test_a_file_that_declares_something_is_not_idle(tmp_path: Path) -> None:
    for text, idle in (("let x = 1\n", 0), ("regime r { shots 0 }\n", 0), ("suite s { title \"x\" }\n", 0),
                       ('allow no-distractor "x"\n', 1), ("# nothing\n", 1)):  # fmt: skip
        assert [d.rule for d in read(tmp_path, text).found].count("no-tasks") == idle


def test_a_suite_says_its_title_and_tasks(tmp_path: Path) -> None:
    suites = 'suite s {\n version "1"\n title "All of it"\n tasks t, u, v\n}\nsuite bare { tasks t }\n'
    done = read(tmp_path, "".join(task(ROWS, name=name) for name in "tuv") + suites)
    assert errors(done) == []
    assert [(s.name, s.title, s.tasks) for s in done.program.suites] == [
        ("s", "All of it", ("t", "u", "v")),
        ("bare", "", ("t",)),
    ]


def test_tasks_and_regimes_extend_each_other_so_deep(tmp_path: Path) -> None:
    for many, deep in ((DEPTH, 0), (DEPTH + 1, 1)):
        chain = [f'task t{n} extends t{n - 1} {{ title "x" }}\n' for n in range(1, many)]
        done = read(tmp_path, task(ROWS, name="t0") + "".join(chain))
        assert [d.message for d in errors(done)] == ["tasks may extend each other 100 deep at most"] * deep
        chain = [f"regime r{n} extends r{n - 1} {{ shots 0 }}\n" for n in range(1, many)]
        done = read(tmp_path, "regime r0 { shots 0 }\n" + "".join(chain) + task(ROWS, f"regimes r{many - 1}"))
        assert [d.message for d in errors(done)] == ["regimes may extend each other 100 deep at most"] * deep


def test_a_subtask_inherits_and_a_parent_without_items_is_no_task(tmp_path: Path) -> None:
    text = task(ROWS, 'subtask one { title "x" }', 'subtask two { prompt "Two: {{ q }}" }')
    done = read(tmp_path, text)
    assert [t.name for t in done.program.tasks] == ["t", "t.one", "t.two"]
    assert done.program.tasks[2].variants[0].prompt[0][1].value == "Two: {{ q }}"
    items = text[text.index("items [") : text.index("subtask one")]
    done = read(tmp_path, text.replace(items, "").replace('title "x"', items))
    assert [t.name for t in done.program.tasks] == ["t.one"]
    assert [(d.rule, d.message) for d in errors(done)] == [
        ("missing-statement", "task `t.two` has no `items`")
    ]


# --- statements ---------------------------------------------------------------------------------------------


def test_words_and_keys_of_statements() -> None:
    text = """item { a: text }
items [ { a: "x" } ]
items from "x.jsonl"
true_task "x" -> a
distractor "x" -> a
distractor trap "x" -> a
vary tone plain, kind
let n = 1
reply "x"
think "y"
title "x"
allow some-rule "x"
prompt "x"
design full"""
    stated = body(text)
    assert [keyword(one) for one in stated] == [
        "item", "items", "items", "true_task", "distractor", "distractor", "vary", "let", "reply", "think",
        "title", "allow", "prompt", "design",
    ]  # fmt: skip
    keys = [key(one) for one in stated]
    assert keys[1] == keys[2] == "items"
    assert keys[4:8] == [("distractor", ""), ("distractor", "trap"), ("vary", "tone"), ("let", "n")]
    assert keys[11] == ("allow", stated[11].span.to(stated[11].span))


def test_statements_laid_upon_others_stand_where_those_stood() -> None:
    below = body('title "x"\nitems [ { a: "1" } ]\nlet n = 1\nitems [ { a: "2" } ]\nlet m = 2')
    above = body('let n = 3\nreply "x"\nitems [ { a: "3" } ]\nitems [ { a: "4" } ]')
    assert merge(below, above) == (below[0], above[2], above[3], above[0], below[4], above[1])
    assert merge(below, ()) == below and merge((), above) == above


def test_what_is_stated_twice_or_out_of_place_is_left_out() -> None:
    stated = body(
        'title "x"\ntitle "y"\nlet n = 1\nlet m = 1\nlet n = 2\nallow a "x"\nallow a "x"\ndesign full'
    )
    found: list[Diagnostic] = []
    assert check_body(stated, "a regime", found) == (stated[0], stated[2], stated[3], *stated[5:7])
    assert [(d.message, d.help) for d in found] == [
        ("`title` is stated twice", "keep one of them"),
        ("`let n` is stated twice", "keep one of them"),
        ("`design` does not belong in a regime", "it belongs in a task"),
    ]
    assert [label.span for d in found for label in d.others] == [stated[0].span, stated[2].span]
    found.clear()
    assert check_body(body("measure reply"), "a level", found) == ()
    assert found[0].help == "it belongs in a task or a regime"
    found.clear()
    check_body(body('options ["a"]'), "a suite", found)
    assert found[0].help == "it belongs in a task, a level or a regime"


def test_a_word_among_few() -> None:
    span = body("design full")[0].span
    found: list[Diagnostic] = []
    assert choose(syntax.Word(span=span, text="full"), ("full", "latin"), "design", found) == "full"
    assert choose(None, ("full",), "design", found) is None
    assert found == []
    assert choose(syntax.Word(span=span, text="ful"), ("full", "latin"), "design", found) is None
    assert [(d.message, d.help) for d in found] == [("unknown design `ful`", "a similar name exists: `full`")]


def test_names_of_an_expression_are_given_from_left_to_right() -> None:
    text = "[a, b][c] + f(d, e) if not g and h < i or j in k else -l ** m"
    (let,) = body(f"let x = {text}")
    assert isinstance(let, syntax.Let)
    assert [name.id for name in names_in(let.value)] == list("abcdeghijklm")
    (let,) = body('let x = "a" + str(1)')
    assert isinstance(let, syntax.Let)
    assert list(names_in(let.value)) == []


# --- suites -------------------------------------------------------------------------------------------------


def test_a_suite_gives_its_regimes_to_the_tasks_it_lists(tmp_path: Path) -> None:
    """They see what the suite's file sees, and the task's own names go before those."""
    tasks = 'let who = "t"\n' + task(ROWS, 'instruct "{{ who }} {{ n }}"', "let n = 1") + task(ROWS, name="u")
    suite = """import "tasks"
let who = "s"
let more = "m"
regime mine { think "{{ more }} {{ who }}" then "So: {{ answer }}" }
suite s {
  tasks t
  regimes mine
}
"""
    done = read(tmp_path, suite.replace('" then', '"\n then'), tasks=tasks)
    one = only(done)
    assert [v.regime.name for v in one.variants] == ["mine"]
    assert one.constants == {"who": "t", "more": "m"}
    assert [s.name for s in done.program.suites] == ["s"]


def test_two_suites_of_one_task(tmp_path: Path) -> None:
    """They may say the same or nothing of its regimes; else they disagree."""
    suites = "suite a {{\n tasks t\n{0}\n}}\nsuite b {{\n tasks t\n{1}\n}}\n"
    for one, other, names in (
        ("", "regimes few_shot(shots = 1)", ["few_shot"]),
        ("regimes few_shot(shots = 1)", "", ["few_shot"]),
        ("", "", ["zero_shot"]),
    ):
        found = only(read(tmp_path, task(ROWS) + suites.format(one, other)))
        assert [v.regime.name for v in found.variants] == names
    done = read(tmp_path, task(ROWS) + suites.format("regimes zero_shot", "regimes cot"))
    (disagree,) = [d for d in errors(done) if d.rule == "suites-disagree"]
    assert disagree.message == "two suites give task `t` different regimes"
    assert disagree.others[0].span.start < disagree.primary.span.start


def test_a_suite_lists_tasks_that_are_not_there(tmp_path: Path) -> None:
    """Each is told, and those that are there are compiled no less."""
    done = read(tmp_path, task(ROWS) + task(ROWS, name="u") + "suite s {\n tasks gone, t, away\n}\n")
    assert [d.message for d in errors(done)] == ["unknown task `gone`", "unknown task `away`"]
    assert [d.help for d in errors(done)] == ["known here: `t`, `u`"] * 2
    assert [t.name for t in done.program.tasks] == ["t", "u"]


def test_two_tasks_of_a_name_in_two_files(tmp_path: Path) -> None:
    """A task that is listed by an importing file and compiled by its own is one."""
    (tmp_path / "low.task").write_text(task(ROWS), encoding="utf-8")
    main = 'import "low"\nsuite s {\n tasks t\n}\n'
    (tmp_path / "main.task").write_text(main, encoding="utf-8")
    paths = [str(tmp_path / f"{name}.task") for name in ("low", "main")]
    assert errors(understand(paths)) == []
    again = task(ROWS, 'subtask part { prompt "{{ gone }}" }')
    (tmp_path / "main.task").write_text(again, encoding="utf-8")
    found, gone = errors(understand(paths))
    assert found.message == "two tasks have the name `t`"
    assert gone.message == "unknown name `gone` in a template"  # its subtasks are looked at no less
    assert found.others[0].span.file.endswith("low.task") and found.primary.span.file.endswith("main.task")


def test_a_child_goes_before_its_parents(tmp_path: Path) -> None:
    """In what it states and in what its file declares; a parent's parent comes last."""
    top = 'let a = "top"\nlet b = "top"\nlet c = "top"\n' + task(
        ROWS, 'title "top"', 'version "1"', name="top"
    )
    mid = 'import "top"\nlet a = "mid"\nlet b = "mid"\ntask mid extends top { title "mid" }\n'
    main = 'import "mid"\nlet a = "main"\ntask child extends mid {\n prompt "{{ q }} {{ a }}"\n}\n'
    one = only(read(tmp_path, main, mid=mid, top=top))
    assert one.constants == {"a": "main", "b": "mid", "c": "top"}
    assert (one.meta["title"], one.meta["version"]) == (("mid",), ("1",))


def test_what_cannot_be_extended(tmp_path: Path) -> None:
    for text, told in (
        ('task a extends gone { title "x" }\n', ["unknown task `gone`"]),
        ("task a extends a { }\n", ["task `a` extends itself"]),
        (
            "task a extends b { }\ntask b extends a { }\n",
            ["task `a` extends itself", "task `b` extends itself"],
        ),
    ):
        done = read(tmp_path, text.replace("{ }", '{ title "x" }'))
        assert sorted(d.message for d in errors(done)) == told
        assert done.program.tasks == ()


def test_regimes_are_laid_upon_what_they_extend(tmp_path: Path) -> None:
    regimes = """regime low {
  shots 1
  seed 3
  max_tokens 5
}
regime mid extends low {
  shots 0
  max_tokens 6
}
"""
    uses = "regimes {\n low\n mid(max_tokens = 7)\n zero_shot(seed = 4) { max_tokens 8 }\n}"
    one = only(read(tmp_path, regimes + task(ROWS, uses)))
    settings = [(v.regime.name, v.regime.shots, v.regime.seed, v.regime.max_tokens) for v in one.variants]
    assert settings == [("low", 1, 3, 5), ("mid", 0, 3, 7), ("zero_shot", 0, 4, 8)]
    for text, told in (
        ("regime a extends gone { shots 0 }\n", "unknown regime `gone`"),
        ("regime a extends b { shots 0 }\nregime b extends a { shots 0 }\n", "regime `a` extends itself"),
    ):
        assert told in [d.message for d in errors(read(tmp_path, text + task(ROWS, "regimes a")))]


def test_settings_that_are_wrong(tmp_path: Path) -> None:
    """Each is told with what it may be; one whose value is wrong in itself is told once."""
    for setting, told in (
        ("shots 1.5", "`shots` is a whole number from 0 to 1,000"),
        ("shots true", "`shots` is a whole number from 0 to 1,000"),
        ("max_tokens 1 / 0", "this divides by zero"),
        ("temperature true", "`temperature` is a number from 0 to 5"),
        ('temperature "x"', "`temperature` is a number from 0 to 5"),
        ("temperature 1 / 0", "this divides by zero"),
        ("layout many", "`layout` is one of `turns`, `single`"),
        ("stop []", "`stop` is a text or a list of texts, none of them empty"),
        ('stop ["a", ""]', "`stop` is a text or a list of texts, none of them empty"),
        ('stop ["a", 1]', "`stop` is a text or a list of texts, none of them empty"),
        ("stop gone", "unknown name `gone`"),
    ):
        found = errors(read(tmp_path, task(ROWS, f"regimes {{\n zero_shot {{\n {setting}\n }}\n}}")))
        assert [d.message for d in found] == [told]
    for setting, value in (('stop "a"', ("a",)), ('stop ["a", "b"]', ("a", "b"))):
        one = only(read(tmp_path, task(ROWS, f"regimes {{\n zero_shot {{\n {setting}\n }}\n}}")))
        assert one.variants[0].regime.stop == value
    (found,) = errors(read(tmp_path, task(ROWS, "regimes few_shot(exemplars = 4)")))
    assert found.help == "write it in a block: `few_shot(shots = 4) { exemplars balanced }`"
