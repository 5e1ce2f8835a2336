"""What each lint finds, and what it must not find.

`lints/RULE.task` holds several tasks: those whose names begin with `fires` break just that rule, the others
do not. What is found stands in `RULE.txt`, as a command draws it. After a change for the better run
`UPDATE_CASES=1 pytest tests/cases/test_lints.py` and read the difference aloud.
"""

import os
import re
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from taskc.compiler.limits import Meter
from taskc.compiler.lints import LINTS, Tools, lint
from taskc.dsl.diagnostic import Diagnostic
from taskc.dsl.model import Program, Task
from taskc.dsl.span import Source
from taskc.flow.build import understand
from taskc.flow.check import fix_paths
from taskc.flow.explain import pages
from taskc.flow.lend import tools
from taskc.grammar.show import show

HERE = Path(__file__).parent / "lints"
UPDATE = bool(os.environ.get("UPDATE_CASES"))
# what every small case breaks
SMALL = {"missing-canary", "no-controls", "no-distractor", "too-few-items"}


def words(text: str) -> Sequence[int]:
    """Cut a text into words and signs, each with the blank before it; letters make their numbers."""
    pieces = re.findall(r"\s?[A-Za-z]+|\s?\d|\s?\S|\s", text)
    return [int.from_bytes(piece.encode(), "big") for piece in pieces]


# rules that need a model, and what models there are
MODELS: dict[str, Tools] = {
    "shared-first-token": Tools(models={"fake/words": words, "fake/closed": None}),
    "context-overflow": Tools(
        models={"fake/words": words, "fake/closed": None}, contexts={"fake/words": 120, "fake/closed": 110}
    ),
}


@cache
def understood(rule: str) -> tuple[Program, dict[str, Source]]:
    """Understand a case, from its folder, so that findings name the file alone."""
    before = Path.cwd()
    os.chdir(HERE)
    try:
        done = understand([f"{rule}.task"])
        assert not done.failed, [d.message for d in done.found]
        return done.program, dict(done.sources)
    finally:
        os.chdir(before)


def families(program: Program) -> dict[str, list[Task]]:
    """Give the tasks by the name of the outermost, for they share what they inherit."""
    found: dict[str, list[Task]] = defaultdict(list)
    for task in program.tasks:
        found[task.name.partition(".")[0]].append(task)
    return found


def findings(rule: str, tasks: Sequence[Task]) -> list[Diagnostic]:
    program = Program(tasks=tuple(tasks))
    return lint(program, [], MODELS.get(rule, tools()), Meter())


@pytest.mark.parametrize("rule", LINTS)
def test_it_fires_where_it_must_and_nowhere_else(rule: str) -> None:
    program, sources = understood(rule)
    told = []
    for name, tasks in families(program).items():
        found = findings(rule, tasks)
        rules = {d.rule for d in found} - (SMALL - {rule})
        if name.startswith("fires"):
            assert rules == {rule}, f"{name} breaks {rules or 'nothing'}"
            told += [show(d, sources) for d in found if d.rule == rule]
        else:
            assert rule not in rules, f"{name}: {[d.message for d in found if d.rule == rule]}"
    golden = HERE / f"{rule}.txt"
    text = "\n\n".join(one.rstrip("\n") for one in told) + "\n"
    if UPDATE:
        golden.write_text(text, encoding="utf-8")
    assert golden.exists(), "no golden yet: run with `UPDATE_CASES=1`, and read it"
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("rule", LINTS)
def test_it_has_cases_enough(rule: str) -> None:
    """At least two tasks break a rule, and three come near it."""
    names = list(families(understood(rule)[0]))
    assert sum(name.startswith("fires") for name in names) >= 2
    assert sum(not name.startswith("fires") for name in names) >= 3


def test_every_file_is_a_rule() -> None:
    assert {path.stem for path in HERE.glob("*.task")} == set(LINTS)
    assert {path.stem for path in HERE.glob("*.txt")} == set(LINTS)


@pytest.mark.parametrize("rule", LINTS)
def test_the_examples_of_its_page(rule: str, tmp_path: Path) -> None:
    """The example breaks just that rule; what is written instead breaks none."""
    page = pages()[rule]
    lent = (
        tools() if rule == "too-few-items" else MODELS.get(rule, Tools(read=tools().read, same=tools().same))
    )
    for blocks, wanted in ((page.example, {rule}), (page.instead, set())):
        (block,) = blocks
        path = tmp_path / "page.task"
        path.write_text(block.text, encoding="utf-8")
        done = understand([str(path)], lent)
        notes = {d.rule for d in done.found if d.severity.value == "note"}
        aside = notes | {"no-controls"}  # what a page is not about is kept short
        assert {d.rule for d in done.found} - (aside - wanted) == wanted, [d.message for d in done.found]


@pytest.mark.parametrize("rule", ["shared-first-token", "context-overflow"])
def test_without_models_an_allow_is_not_idle(rule: str, tmp_path: Path) -> None:
    """Whether it silences something is known only where models are named."""
    (block,) = pages()[rule].instead
    text = block.text.rstrip().removesuffix("}") + f'    allow {rule} "for some models"\n}}\n'
    (tmp_path / "page.task").write_text(text, encoding="utf-8")
    assert "unused-allow" not in {d.rule for d in understand([str(tmp_path / "page.task")]).found}
    known = Tools(models={"fake/words": words}, contexts={"fake/words": 120})
    done = understand([str(tmp_path / "page.task")], known)
    assert "unused-allow" in {d.rule for d in done.found}


@pytest.mark.parametrize("rule", LINTS)
def test_it_can_be_allowed(rule: str, tmp_path: Path) -> None:
    """An `allow` in the task silences the example of the page, and is not idle."""
    (block,) = pages()[rule].example
    text = block.text.rstrip().removesuffix("}") + f'    allow {rule} "shown"\n}}\n'
    (tmp_path / "page.task").write_text(text, encoding="utf-8")
    done = understand([str(tmp_path / "page.task")], MODELS.get(rule, tools()))
    assert {d.rule for d in done.found} - SMALL <= {rule} & SMALL


@pytest.mark.parametrize("rule", sorted(LINTS))
def test_a_cure_cures(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can be fixed is gone after `taskc check --fix`."""
    monkeypatch.chdir(HERE)
    fixed = fix_paths([f"{rule}.task"], write=False)
    assert not fixed.understood.failed
    assert [finding.message for finding in fixed.understood.found if finding.edits] == []
