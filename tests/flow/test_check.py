"""Checking finds what compiling finds, no more and no less, and leaves no trace."""

from pathlib import Path

import pytest

from taskc.flow.build import compile_paths
from taskc.flow.check import check_paths, fix_paths

CASES = Path(__file__).parents[1] / "cases"


def cases() -> list[Path]:
    errors = CASES / "errors"
    return sorted([*errors.glob("*.task"), *errors.glob("*/main.task"), *(CASES / "fine").glob("*.task")])


def name(case: Path) -> str:
    return case.parent.name if case.name == "main.task" else case.stem


@pytest.mark.parametrize("case", cases(), ids=name)
def test_checking_finds_what_compiling_finds(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(case.parent)
    before = sorted(path.name for path in case.parent.iterdir())
    checked = check_paths([case.name]).found
    assert sorted(path.name for path in case.parent.iterdir()) == before
    assert checked == compile_paths([case.name], tmp_path / "build").understood.found


def test_all_files_of_a_folder_at_once(tmp_path: Path) -> None:
    """Each finding comes once, in the order of files and places."""
    for part in ("b", "a"):
        text = 'task NAME {\n  item { q: text, a: text }\n  prompt "{{ x }}"\n  mesure reply\n}\n'
        (tmp_path / f"{part}.task").write_text(text.replace("NAME", part), encoding="utf-8")
    found = check_paths([str(tmp_path), str(tmp_path / "a.task")]).found
    places = [(Path(d.primary.span.file).name, d.primary.span.start) for d in found]
    assert places == sorted(set(places)) and {file for file, _ in places} == {"a.task", "b.task"}


def test_a_file_is_checked_that_an_earlier_one_imports(tmp_path: Path) -> None:
    """Its tasks are compiled too: it was named."""
    (tmp_path / "b.task").write_text(SPACED, encoding="utf-8")
    (tmp_path / "a.task").write_text('import "b"\n\ntask child extends t { title "x" }\n', encoding="utf-8")
    understood = check_paths([str(tmp_path)])
    assert [task.name for task in understood.program.tasks] == ["child", "t"]
    assert [Path(name).name for name in understood.loaded.roots] == ["a.task", "b.task"]
    assert [d.rule for d in fix_paths([str(tmp_path)]).cured] == ["trailing-space"]


SPACED = """\
task t {
  item { q: text, a: text, b: text }
  items [ { q: "ä", a: "2", b: "3" }, { q: "ö", a: "3", b: "4" } ]
  true_task "Add one." -> a
  distractor "Add two." -> b
  prompt "ä {{ q }} "
  reply "{{ answer }}"
  regimes zero_shot
  allow missing-canary, too-few-items "a test"
}
"""


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_fix_changes_nothing_else(tmp_path: Path, mark: str, end: str) -> None:
    """Line ends and a byte order mark stay what they are."""
    path = tmp_path / "t.task"
    path.write_bytes((mark + SPACED.replace("\n", end)).encode())
    fixed = fix_paths([str(path)])
    assert [d.rule for d in fixed.cured] == ["trailing-space"] and not fixed.understood.found
    assert path.read_bytes() == (mark + SPACED.replace('}} "', '}}"').replace("\n", end)).encode()


def test_shipped_tasks_are_never_changed(tmp_path: Path) -> None:
    assert fix_paths(["std/negation_qa"]).texts == {}


def test_the_shipped_tasks_and_examples_are_clean() -> None:
    """Each says what it allows, and why."""
    root = CASES.parents[1]
    assert not check_paths([str(root / "tasks")]).found
    assert not check_paths([str(root / "tests/examples")]).found
