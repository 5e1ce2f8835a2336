"""Where an `allow` counts: its task and what inherits it, its file, its suites, users of its regime."""

from pathlib import Path

from taskc.compiler.lints import Tools
from taskc.flow.build import understand

BODY = """
  item { q: text, a: text }
  true_task "Answer." -> a
  prompt "{{ q }}"
  reply "{{ answer }}"
  items [ { q: "One?", a: "1" }, { q: "Two?", a: "2" } ]
"""


def allowed(folder: Path, **files: str) -> dict[str, list[str]]:
    """Give `rule: reason` of all that each task of `main.task` allows."""
    for name, text in files.items():
        (folder / f"{name}.task").write_text(text)
    program = understand([str(folder / "main.task")]).program
    return {t.name: [f"{a.rule}: {a.reason}" for a in t.allows] for t in program.tasks}


def test_a_task_its_subtasks_and_its_children_inherit(tmp_path: Path) -> None:
    text = f"""
task t {{{BODY}
  allow too-few-items, leaked-answer "a demonstration"
  allow too-few-items "again"
  regimes zero_shot
  subtask part {{ allow stop-in-answer "meant" }}
}}
task child extends t {{ allow unused-let "later" }}
task other {{{BODY}  regimes zero_shot }}
"""
    both = ["too-few-items: a demonstration", "leaked-answer: a demonstration", "too-few-items: again"]
    assert allowed(tmp_path, main=text) == {
        "t": both,
        "t.part": [*both, "stop-in-answer: meant"],
        "child": [*both, "unused-let: later"],
        "other": [],
    }


def test_a_file_allows_for_all_its_tasks_and_their_children(tmp_path: Path) -> None:
    parent = f'allow missing-canary "old"\ntask t {{{BODY}  regimes zero_shot }}\n'
    main = 'import "parent"\nallow too-few-items "new"\ntask child extends t { title "x" }\n'
    main += f"task alone {{{BODY}  regimes zero_shot }}\n"
    assert allowed(tmp_path, main=main, parent=parent) == {
        "child": ["too-few-items: new", "missing-canary: old"],
        "alone": ["too-few-items: new"],
    }


def test_a_suite_allows_for_the_tasks_it_lists(tmp_path: Path) -> None:
    main = f"""
task t {{{BODY}  regimes zero_shot }}
task u {{{BODY}  regimes zero_shot }}
suite a {{
  tasks t
  allow too-few-items "a"
}}
suite b {{
  tasks t, u
  regimes one_shot
  allow too-few-items "b"
}}
"""
    assert allowed(tmp_path, main=main) == {
        "t": ["too-few-items: a", "too-few-items: b"],
        "u": ["too-few-items: b"],
    }


def test_a_regime_allows_where_it_is_used(tmp_path: Path) -> None:
    main = f"""
regime base {{ allow stop-in-answer "base" }}
regime terse extends base {{ allow trailing-space "terse" }}
task t {{{BODY}  regimes zero_shot, terse }}
task u {{{BODY}
  regimes {{
    zero_shot {{ allow too-few-items "here" }}
  }}
}}
"""
    assert allowed(tmp_path, main=main) == {
        "t": ["stop-in-answer: base", "trailing-space: terse"],
        "u": ["too-few-items: here"],
    }


def test_an_allow_says_where_its_rule_is_named(tmp_path: Path) -> None:
    text = f'task t {{{BODY}  regimes zero_shot\n  allow too-few-items, no-distractor "x" }}\n'
    (tmp_path / "main.task").write_text(text)
    (task,) = understand([str(tmp_path / "main.task")]).program.tasks
    assert [text[a.span.start : a.span.end] for a in task.allows] == ["too-few-items", "no-distractor"]


def idle(folder: Path, text: str, tools: Tools | None = None) -> list[str]:
    """Give what is told of each `allow` that silences nothing."""
    (folder / "main.task").write_text(text)
    found = understand([str(folder / "main.task")], tools).found
    return [d.message for d in found if d.rule == "unused-allow"]


def test_an_allow_that_silences_nothing_is_told(tmp_path: Path) -> None:
    text = f'task t {{{BODY}  regimes zero_shot\n  allow unused-let, unused-lets "x"\n}}'
    told = ["nothing here breaks the rule `unused-let`", "there is no rule `unused-lets` to allow"]
    assert idle(tmp_path, text) == told


def test_an_allow_is_not_judged_where_its_lint_could_not_look(tmp_path: Path) -> None:
    """Neither without a model for a lint about models, nor where an item cannot be shown."""
    text = f'task t {{{BODY}  regimes zero_shot\n  allow context-overflow "x"\n}}'
    assert idle(tmp_path, text) == []
    assert len(idle(tmp_path, text, Tools(models={"m": None}))) == 1
    text = f'task t {{{BODY}  regimes zero_shot\n  allow unused-let "x"\n}}'
    assert idle(tmp_path, text.replace("{{ q }}", "{{ 1 // (q | length - 4) }}")) == []


def test_an_allow_of_an_imported_file_is_not_judged(tmp_path: Path) -> None:
    """What the file allows, its own tasks may need."""
    parent = f'allow unused-let, missing-canary "x"\ntask t {{{BODY}  regimes zero_shot }}\n'
    (tmp_path / "parent.task").write_text(parent)
    assert idle(tmp_path, 'import "parent"\ntask child extends t { canary "c" }\n') == []
    assert idle(tmp_path, parent) == ["nothing here breaks the rule `unused-let`"]


def test_a_regime_that_is_left_out_can_be_allowed(tmp_path: Path) -> None:
    """By the task that it is left out of, and by no other."""
    allow = 'allow regime-left-out "no rationale yet"'
    for first, second, told in ((allow, "", ["t.b"]), ("", allow, ["t.a"]), (allow, allow, [])):
        text = f"""
task t {{
  item {{ q: text, a: text }}
  true_task "Answer." -> a
  prompt "{{{{ q }}}}"
  reply "{{{{ answer }}}}"
  regimes zero_shot, cot
  subtask a {{ items [ {{ q: "One?", a: "1" }} ]
    {first} }}
  subtask b {{ items [ {{ q: "Two?", a: "2" }} ]
    {second} }}
}}
"""
        (tmp_path / "main.task").write_text(text)
        found = understand([str(tmp_path / "main.task")]).found
        said = [d.message for d in found if d.rule == "regime-left-out"]
        assert [name for name in ("t.a", "t.b") if any(f"`{name}`" in one for one in said)] == told
        assert not any(d.rule == "unused-allow" for d in found)
