"""What a task sees of its parent's file, and exemplars that would be the asked item."""

from pathlib import Path

import pytest

from taskc.dsl.diagnostic import Severity
from taskc.flow.build import Built, compile_paths, open_build


def compiled(folder: Path, name: str) -> Built:
    built = compile_paths([str(folder / name)], folder / "build")
    assert not [d.message for d in built.understood.found if d.severity is Severity.ERROR]
    return built


BODY = """
  item { q: text, a: text }
  items [ { q: "One?", a: "1" }, { q: "Two?", a: "2" }, { q: "Two?", a: "2" }, { q: "Three?", a: "3" } ]
  true_task "Answer." -> a
  reply "Answer: {{ answer }}"
"""


def test_a_child_sees_what_the_file_of_its_parent_sees(tmp_path: Path) -> None:
    (tmp_path / "words.task").write_text('let who = "Al"\nregime mine { shots 0 }\n')
    parent = 'import "words"\ntask parent {' + BODY + '  prompt "{{ who }}: {{ q }}"\n  regimes mine\n}\n'
    (tmp_path / "parent.task").write_text(parent)
    (tmp_path / "child.task").write_text('import "parent"\ntask child extends parent { title "child" }\n')
    compiled(tmp_path, "child.task")
    _, requests = open_build(tmp_path / "build")
    assert next(r.messages[0].content for r in requests()) == "Al: One?"


def test_a_constant_of_ones_own_goes_before_an_imported_one(tmp_path: Path) -> None:
    (tmp_path / "words.task").write_text('let who = "Al"\n')
    task = (
        'import "words"\nlet who = "Me"\ntask t {'
        + BODY
        + '  prompt "{{ who }}: {{ q }}"\n  regimes zero_shot\n}\n'
    )
    (tmp_path / "t.task").write_text(task)
    compiled(tmp_path, "t.task")
    _, requests = open_build(tmp_path / "build")
    assert {r.messages[0].content[:3] for r in requests()} == {"Me:"}


def test_a_twin_of_the_asked_item_is_no_exemplar(tmp_path: Path) -> None:
    (tmp_path / "t.task").write_text(
        "task t {" + BODY + '  prompt "{{ q }}"\n  regimes few_shot(shots = 2)\n}\n'
    )
    compiled(tmp_path, "t.task")
    _, requests = open_build(tmp_path / "build")
    for request in requests():
        *shown, asked = [m.content for m in request.messages if m.role == "user"]
        assert len(shown) == 2 and asked not in shown


def test_listed_exemplars_are_shown_but_for_the_asked_one(tmp_path: Path) -> None:
    rest = '  prompt "{{ q }}"\n  regimes { few_shot { exemplars ["1", "4"] } }\n}\n'
    (tmp_path / "t.task").write_text("task t {" + BODY + rest)
    compiled(tmp_path, "t.task")
    _, requests = open_build(tmp_path / "build")
    shown = {r.item: [m.content for m in r.messages if m.role == "user"][:-1] for r in requests()}
    assert shown["1"] == ["Three?"] and shown["2"] == ["One?", "Three?"]


def test_rows_keep_their_numbers_whatever_where_keeps(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("q,a\nOne?,1\nTwo?,2\nThree?,3\n")
    task = """task t {
  item { q: text, a: int }
  items from "rows.csv" where a > 1
  true_task "Answer." -> a
  prompt "{{ q }}"
  reply "Answer: {{ answer }}"
  regimes zero_shot
}
"""
    (tmp_path / "t.task").write_text(task)
    compiled(tmp_path, "t.task")
    _, requests = open_build(tmp_path / "build")
    assert [r.item for r in requests()] == ["2", "3"]


@pytest.mark.parametrize("seed", range(4))
def test_an_item_and_its_twin_are_both_replaced_among_balanced_exemplars(tmp_path: Path, seed: int) -> None:
    """However they are drawn, both make room for others, of which each is shown once."""
    rows = ", ".join(f'{{ q: "{q}?", a: "1" }}' for q in ("A", "B", "B", "C", "D"))
    body = BODY.replace(BODY[BODY.index("items [") : BODY.index("\n  true_task")], f"items [ {rows} ]")
    regimes = f"  regimes {{\n few_shot {{\n shots 3\n exemplars balanced\n seed {seed}\n }}\n }}\n"
    (tmp_path / "t.task").write_text("task t {" + body + '  prompt "{{ q }}"\n' + regimes + "}\n")
    compiled(tmp_path, "t.task")
    _, requests = open_build(tmp_path / "build")
    shown = {r.item: sorted(m.content for m in r.messages if m.role == "user") for r in requests()}
    assert shown["2"] == shown["3"] == ["A?", "B?", "C?", "D?"]
