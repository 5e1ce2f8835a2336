"""`taskc fmt` as a process: what it changes, what it leaves alone, and what it says."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROUGH = 'regime  a{ shots 3 }   # three\r\n\tregime b{ stop "\\t"\r\n\r\n\r\n seed 1}'
TIDY = 'regime a { shots 3 }  # three\n\nregime b {\n  stop "\\t"\n\n  seed 1\n}\n'
BROKEN = "task a {\n  promt\n}\n"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Give an empty folder."""
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


def put(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.task").write_bytes(text.encode())


def test_files_are_laid_out_in_place(run: Any, here: Path) -> None:
    """Only what changes is written; modes and links stay; twice is once."""
    folder = here / "tasks"
    folder.mkdir()
    put(folder, rough=ROUGH, tidy=TIDY)
    (folder / "rough.task").chmod(0o640)
    (folder / "link.task").symlink_to("rough.task")
    os.utime(folder / "tidy.task", (1, 1))
    ran = run("fmt", "tasks/link.task", "tasks", cwd=here)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "2 files laid out, 1 in form already\n"
    assert (folder / "rough.task").read_bytes() == TIDY.encode()
    assert (folder / "link.task").is_symlink()
    assert stat.S_IMODE((folder / "rough.task").stat().st_mode) == 0o640
    assert (folder / "tidy.task").stat().st_mtime == 1
    again = run("fmt", "tasks", cwd=here)
    assert (again.code, again.err) == (0, "3 files in form\n")
    assert sorted(p.name for p in folder.iterdir()) == ["link.task", "rough.task", "tidy.task"]


def test_check_lists_and_writes_nothing(run: Any, here: Path) -> None:
    put(here, rough=ROUGH, tidy=TIDY)
    ran = run("fmt", "--check", cwd=here)
    assert (ran.code, ran.out) == (1, "rough.task\n")
    assert ran.err == "1 file would be laid out, 1 in form already\n"
    assert (here / "rough.task").read_bytes() == ROUGH.encode()
    assert run("fmt", "--check", "tidy.task", "-q", cwd=here).code == 0


def test_diff_is_a_patch_and_writes_nothing(run: Any, here: Path) -> None:
    text = "regime a {\n shots 3\n}\nregime b { seed 1 }"
    put(here, rough=text)
    ran = run("fmt", "--diff", cwd=here)
    assert ran.code == 1
    assert (here / "rough.task").read_text() == text
    subprocess.run(["patch", "-p0"], input=ran.out.encode(), cwd=here, check=True, capture_output=True)
    assert (here / "rough.task").read_text() == "regime a {\n  shots 3\n}\n\nregime b { seed 1 }\n"


def test_a_file_with_mistakes_is_left_alone(run: Any, here: Path) -> None:
    put(here, broken=BROKEN, rough=ROUGH)
    (here / "latin.task").write_bytes(b"# \xe9\n")
    ran = run("fmt", cwd=here)
    assert ran.code == 1
    assert "broken.task:2:3: error[unknown-statement]" in ran.err
    assert "latin.task:1:3: error[unreadable-file]: this is not UTF-8 text" in ran.err
    assert ran.err.endswith("1 file laid out, 2 with mistakes left as they are\n")
    assert (here / "broken.task").read_text() == BROKEN
    assert (here / "latin.task").read_bytes() == b"# \xe9\n"
    assert (here / "rough.task").read_text() == TIDY


def piped(text: bytes, *args: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "taskc", "fmt", "-", *args]
    return subprocess.run(command, input=text, capture_output=True, check=False, timeout=60)


def test_standard_input_to_standard_output() -> None:
    ran = piped(b"\xef\xbb\xbf" + ROUGH.encode())
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, TIDY.encode(), b"")
    ran = piped(BROKEN.encode())
    assert (ran.returncode, ran.stdout) == (1, b"")
    assert b"<stdin>:2:3: error[unknown-statement]" in ran.stderr
    ran = piped(ROUGH.encode(), "--check")
    assert (ran.returncode, ran.stdout) == (1, b"<stdin>\n")
    assert piped(TIDY.encode(), "--check").returncode == 0
    assert piped(b"", "other.task").returncode == 2


def test_json(run: Any, here: Path) -> None:
    put(here, broken=BROKEN, rough=ROUGH, tidy=TIDY)
    ran = run("fmt", "--format", "json", cwd=here)
    assert (ran.code, ran.err) == (1, "")
    broken, rough, tidy = json.loads(ran.out)["files"]
    assert rough == {"file": "rough.task", "changed": True, "findings": []}
    assert tidy == {"file": "tidy.task", "changed": False, "findings": []}
    assert broken["changed"] is False
    assert [(f["rule"], f["line"]) for f in broken["findings"]] == [("unknown-statement", 2)]
    said = json.loads(piped(ROUGH.encode(), "--format", "json").stdout)
    assert said["files"][0]["text"] == TIDY


def test_what_means_nothing_is_wrong_usage(run: Any, here: Path) -> None:
    put(here, tidy=TIDY)
    for path in ("nothing.task", "std/negation_qa"):
        ran = run("fmt", path, cwd=here)
        assert ran.code == 2
        assert path.rpartition("/")[2] in ran.err
