"""`taskc lock` as a process: what it pins, and what happens when that drifts."""

import json
from pathlib import Path
from typing import Any

import pytest

from taskc.records import lock as locks


def _at(folder: Path, text: str) -> str:
    """Give the place of the line that holds a text."""
    lines = (folder / "capitals.task").read_text(encoding="utf-8").split("\n")
    (number,) = [n for n, line in enumerate(lines, 1) if text in line]
    return f"capitals.task:{number}"


def _edit(folder: Path, old: str, new: str) -> None:
    path = folder / "capitals.task"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def locked(quick: Any, folder: Path) -> Path:
    """Give the folder with its lock."""
    ran = quick("lock")
    assert (ran.code, ran.out, ran.err) == (0, "", "capitals.lock: 40 requests locked\n")
    return folder


def test_a_lock(quick: Any, locked: Path) -> None:
    """A lock holds texts line by line and an item a line; written again it is the same to the byte."""
    text = (locked / "capitals.lock").read_text(encoding="utf-8")
    assert '\n    {"reply": ["reply \\"Answer: {{ answer }}\\""]},\n' in text
    assert text.count('\n    "2": "') == 1
    lock = locks.load(text.encode())
    assert list(lock.tasks) == ["capitals"] and len(lock.tasks["capitals"].items) == 5
    assert locks.dump(lock) == text
    assert quick("lock").err == "capitals.lock: as locked\n"
    (locked / "capitals.lock").unlink()
    quick("lock")
    assert (locked / "capitals.lock").read_text(encoding="utf-8") == text


def test_as_locked(quick: Any, locked: Path) -> None:
    """What is as locked compiles, from scratch and from the last build; remarks change nothing."""
    assert quick("compile", "-q").code == 0
    assert quick("compile", "-q").code == 0
    _edit(locked, "task capitals {", "# a remark\ntask capitals {")
    assert quick("compile").code == quick("check").code == 0
    assert quick("lock", "--check").code == 0


def test_drift(quick: Any, locked: Path) -> None:
    """What drifts is an error at the line that changed, with the difference; nothing is written."""
    quick("compile", "-q")
    before = (locked / "build" / "requests.jsonl").read_bytes()
    _edit(locked, "What is the capital of", "Which city is the capital of")
    ran = quick("compile")
    assert ran.code == 1 and ran.out == ""
    said = (
        f"{_at(locked, 'Which city')}:7: error[locked]: task `capitals` is locked, and 40 of its 40 requests"
    )
    assert f"{said} are not those of the lock\n" in ran.err
    assert "    +     Which city is the capital of {{ country }}?\n" in ran.err
    assert f"  40 anew, prompt changed ({_at(locked, 'prompt {')})\n" in ran.err
    assert (locked / "build" / "requests.jsonl").read_bytes() == before
    ran = quick("check")
    assert ran.code == 1 and f"{_at(locked, 'Which city')}:7: error[locked]" in ran.err + ran.out
    told = json.loads(quick("compile", "--format", "json").out)
    assert told["manifest"] is None and told["drift"][0]["bill"]["anew"] == 40
    ran = quick("lock", "--check")
    assert ran.code == 3 and ran.err == "capitals.lock: not as locked; `taskc lock --update` accepts it\n"
    assert quick("lock").code == 1
    assert quick("lock", "--update").code == 0
    assert quick("compile", "-q").code == 0


def test_an_answer_drifts(quick: Any, locked: Path) -> None:
    """What answers are held against is locked, too."""
    _edit(locked, 'answer: "Paris",  trap: "Lyon"', 'answer: "Lyon",  trap: "Lyon"')
    ran = quick("compile")
    assert ran.code == 1
    assert (
        f"{_at(locked, 'France')}:5: error[locked]: task `capitals` is locked, "
        "and 8 of its 40 requests are held against other answers\n" in ran.err
    )


def test_a_lock_that_comes_later(quick: Any, folder: Path) -> None:
    """A build that is up to date is held against a lock that was written or changed since."""
    quick("compile", "-q")
    quick("lock", "-q")
    assert quick("compile").err.endswith(", up to date\n")
    lock = folder / "capitals.lock"
    task = json.loads(lock.read_text(encoding="utf-8"))
    task["tasks"]["capitals"]["sha256"] = "0" * 64
    task["tasks"]["capitals"]["items"]["1"] = task["tasks"]["capitals"]["items"]["1"].replace(".", "0.", 1)
    lock.write_text(json.dumps(task), encoding="utf-8")
    assert quick("compile").code == 1


@pytest.mark.parametrize(
    ("told", "bill"),
    [
        ("the lock of this file does not have the task `towns`", "40 stay valid, 40 must be asked anew"),
        ("task `capitals` is locked, and is called `towns` now", "40 stay valid, 0 must be asked anew"),
    ],
)
def test_tasks_that_the_lock_lacks(quick: Any, locked: Path, told: str, bill: str) -> None:
    """A task that came or was renamed since is found although nothing is to be compiled."""
    lock = locked / "capitals.lock"
    aside = lock.rename(locked / "aside")
    if "called" in told:
        _edit(locked, "task capitals {", "task towns {")
    else:
        path = locked / "capitals.task"
        more = 'task towns extends capitals {\n  reply "It is {{ answer }}"\n}\n'
        path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    assert quick("compile", "-q").code == 0
    aside.rename(lock)
    ran = quick("compile")
    assert ran.code == 1 and told in ran.err and bill in ran.err
    assert quick("compile", "--no-cache").err == ran.err


def test_a_part(quick: Any, locked: Path) -> None:
    """A part is compiled whatever the lock says, with a note."""
    _edit(locked, "What is the capital of", "Which city is the capital of")
    ran = quick("compile", "--limit", "2")
    assert ran.code == 0
    assert "note: only a part of `capitals.task` is compiled, so its lock is not asked\n" in ran.err


def test_tasks_come_and_go(quick: Any, locked: Path) -> None:
    """A task that the lock lacks, and one that is gone, are drift."""
    _edit(locked, "task capitals {", "task towns {")
    ran = quick("compile")
    assert ran.code == 1
    assert "error[locked]: task `capitals` is locked, and is called `towns` now\n" in ran.err
    text = (locked / "capitals.task").read_text(encoding="utf-8").replace("Answer:", "So:")
    (locked / "capitals.task").write_text(text, encoding="utf-8")
    more = text.replace("task towns {", "task capitals {").replace("So:", "Answer:") + text.replace(
        "What", "Why"
    )
    (locked / "capitals.task").write_text(more, encoding="utf-8")
    ran = quick("check")
    assert ran.code == 1
    assert "error[locked]: the lock of this file does not have the task `towns`\n" in ran.out + ran.err


def test_wrong(quick: Any, folder: Path) -> None:
    """What cannot be locked, and what is no lock, is told with a cure."""
    ran = quick("lock", "std/quote_repetition")
    assert ran.code == 1 and "is shipped, and pinned by the version of taskc" in ran.err
    ran = quick("lock", "--check")
    assert ran.code == 3 and ran.err == "capitals.lock: there is no lock\n"
    assert quick("lock", "--check", "--update").code == 2
    for text in ("", "{}", "[1]", '{"lock": 2, "taskc": "9", "tasks": {}}'):
        (folder / "capitals.lock").write_text(text, encoding="utf-8")
        for command in ("lock", "compile", "check"):
            ran = quick(command)
            assert ran.code == 1 and "`capitals.lock` is not a lock" in ran.err, command
    _edit(folder, "-> answer", "-> anser")
    ran = quick("lock")
    assert ran.code == 1 and "error[unknown-name]" in ran.err


def test_a_row_of_a_file_drifts(quick: Any, folder: Path) -> None:
    """What changed in a data file is shown there."""
    (folder / "more.task").write_text(
        'task more {\n  item { q: text }\n  items from "more.csv"\n  true_task "t" -> q\n  prompt "{{ q }}"\n'
        '  reply "{{ answer }}"\n  regimes zero_shot\n}\n',
        encoding="utf-8",
    )
    (folder / "more.csv").write_text("q\none\ntwo\nthree\n", encoding="utf-8")
    assert quick("lock", "more").code == 0
    (folder / "more.csv").write_text("q\none\ntoo\nthree\n", encoding="utf-8")
    ran = quick("compile", "more")
    assert ran.code == 1
    assert "more.csv:3:1: error[locked]: task `more` is locked, and 1 of its 3 requests are not" in ran.err
