"""`taskc new` as a process: a task that checks, compiles and runs; nothing is ever written over."""

import json
from pathlib import Path
from typing import Any

import pytest

from taskc.flow.new import canary, is_name, suggested


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """Give an empty folder."""
    made = tmp_path / "empty"
    made.mkdir()
    return made


def test_from_nothing_to_a_table(run: Any, empty: Path) -> None:
    """What it says to do next works, one after the other, and no finding comes up."""
    ran = run("new", "first", cwd=empty)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == (
        "made first/first.task, first/items.jsonl, first/README.md\n"
        "next:\n  taskc check first\n  taskc compile first\n  taskc eval -m echo/x\n"
    )
    assert sorted(path.name for path in (empty / "first").iterdir()) == [
        "README.md",
        "first.task",
        "items.jsonl",
    ]
    assert run("check", "--strict", "first", cwd=empty).err == "1 file, all good\n"
    ran = run("compile", "first", cwd=empty)
    assert ran.code == 0 and ran.err == "1 task, 12 items, 2 regimes, 96 requests → build\n"
    ran = run("eval", "-m", "echo/x", "--no-picture", "-q", cwd=empty)
    assert ran.code == 0 and "few_shot" in ran.out and "lured" in ran.out


def test_its_items_are_balanced(run: Any, empty: Path) -> None:
    """Half are controls; in each half the answer comes first as often as second."""
    run("new", "-q", "first", cwd=empty)
    items = [json.loads(line) for line in (empty / "first/items.jsonl").read_text("utf-8").splitlines()]
    assert len({item["id"] for item in items}) == 12
    for agree in (True, False):
        half = [item for item in items if (item["answer"] == item["belief"]) is agree]
        assert len(half) == 6
        assert sum(item["choices"].index(item["answer"]) for item in half) == 3
        assert all({item["answer"], item["belief"]} <= set(item["choices"]) for item in half)


def test_the_same_bytes_wherever_it_is(run: Any, empty: Path) -> None:
    """The canary comes from the name; nothing from the clock or from chance."""
    run("new", "-q", "first", cwd=empty)
    run("new", "-q", "deep/down/first", cwd=empty)
    run("new", "-q", "second", cwd=empty)
    for name in ("first.task", "items.jsonl", "README.md"):
        assert (empty / "first" / name).read_bytes() == (empty / "deep/down/first" / name).read_bytes()
    text = (empty / "first/first.task").read_text("utf-8")
    assert canary("first") in text and canary("first") in (empty / "first/README.md").read_text("utf-8")
    assert canary("second") != canary("first")


def test_nothing_is_written_over(run: Any, empty: Path) -> None:
    """A folder that holds anything is left alone, and so is a file; an empty folder will do."""
    (empty / "mine").mkdir()
    (empty / "mine" / ".hidden").write_text("mine\n")
    (empty / "note").write_text("mine\n")
    ran = run("new", "mine", cwd=empty)
    assert (
        ran.code == 1
        and ran.err == "error: the folder `mine` is not empty\nhelp: name a new or an empty one\n"
    )
    ran = run("new", "note", cwd=empty)
    assert ran.code == 1 and "`note` is a file" in ran.err
    ran = run("new", "note/below", cwd=empty)
    assert ran.code == 1 and ran.err.startswith("error: ")
    assert [path.name for path in (empty / "mine").iterdir()] == [".hidden"]
    (empty / "room").mkdir()
    assert run("new", "-q", "room", cwd=empty).code == 0


@pytest.mark.parametrize(
    ("wrong", "better"),
    [
        ("my task", "my_task"),
        ("2nd", "task_2nd"),
        ("Größe-2", "groe_2"),
        ("a/b.c", "a/b_c"),
        ("日本 語", "my_task"),
    ],
)
def test_a_name_that_is_none(run: Any, empty: Path, wrong: str, better: str) -> None:
    """A name the language does not know is told before anything is written, with one that will do."""
    ran = run("new", wrong, cwd=empty)
    assert (ran.code, ran.out) == (2, "")
    name = wrong.rpartition("/")[2]
    assert ran.err.startswith(f"error: `{name}` cannot be the name of a task")
    assert ran.err.endswith(f"help: write `taskc new {better}`\n")
    assert list(empty.iterdir()) == []
    assert run("new", "-q", better, cwd=empty).code == 0


@pytest.mark.parametrize("name", ["x", "_a", "Größe", "日本", "task", "items", "a" * 80])
def test_names(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize("name", ["", " ", "a b", "a-b", "2a", "a" * 81, "a\n", 'x"', "a.task", ".", ".."])
def test_no_names(name: str) -> None:
    assert not is_name(name)
    assert is_name(suggested(name))
