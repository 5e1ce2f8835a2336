"""Compiling again: the same bytes as from scratch, whatever changed, and whoever writes at the same time."""

import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from taskc.flow import reuse
from taskc.flow.build import BuildError, Built, compile_paths, open_build
from taskc.flow.selection import Wanted, parse_limit

TASK = """
task NAME {
  canary "c"
  item { q: text, a: text }
  items from "NAME.jsonl"
  true_task "Answer." -> a
  prompt "WORDS {{ q }}"
  reply "{{ answer }}"
  regimes zero_shot, one_shot
}
"""
FILES = ("build/manifest.json", "build/requests.jsonl", "build/snapshot.jsonl")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with three tasks; `b` imports `base`, `c` extends what `b` declares."""
    for name in ("a", "b", "c"):
        write(tmp_path, name)
        rows = [{"q": f"{name} {n}", "a": str(n)} for n in range(3)]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    (tmp_path / "base.task").write_text("let lead = 1\n")
    (tmp_path / "b.task").write_text('import "base"\n' + (tmp_path / "b.task").read_text())
    (tmp_path / "c.task").write_text('import "b"\ntask c extends b {\n items from "c.jsonl"\n}\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, name: str, words: str = "Say") -> None:
    (folder / f"{name}.task").write_text(TASK.replace("NAME", name).replace("WORDS", words))


def again(**given: object) -> Built:
    built = compile_paths(["a", "b", "c"], Path("build"), **given)
    assert built.manifest is not None, [d.message for d in built.understood.found]
    return built


def content() -> list[bytes]:
    return [Path(name).read_bytes() for name in FILES]


def same_from_scratch() -> None:
    """Hold the build against one that knows nothing of an earlier one."""
    made = content()
    shutil.rmtree("build")
    again(cache=False)
    assert content() == made


def test_nothing_changed(folder: Path) -> None:
    """The second time nothing is compiled and nothing is written."""
    first = again()
    assert not first.up_to_date and first.kept == 0
    times = [Path(name).stat().st_mtime_ns for name in FILES]
    second = again()
    assert second.up_to_date and second.kept == 3 and second.manifest == first.manifest
    assert [Path(name).stat().st_mtime_ns for name in FILES] == times
    assert not second.understood.program.tasks


@pytest.mark.parametrize(
    ("file", "old", "new", "kept"),
    [
        ("a.task", "Say", "Tell", 2),
        ("a.jsonl", "a 1", "a one", 2),
        ("b.task", "Say", "Tell", 1),
        ("base.task", "= 1", "= 2", 1),
        ("c.jsonl", "c 1", "c one", 1),
    ],
)
def test_one_file_changed(folder: Path, file: str, old: str, new: str, kept: int) -> None:
    """Files that reach each other are compiled together, the others are kept; the bytes are those of all."""
    again()
    (folder / file).write_text((folder / file).read_text().replace(old, new))
    built = again()
    assert (built.kept, built.up_to_date) == (kept, False)
    same_from_scratch()


def test_roots_come_and_go(folder: Path) -> None:
    """A file more or less, and files in another order, give what they give from scratch."""
    again()
    turns = ["bc", 2], ["bca", 2], ["a", 1], ["abc", 1], ["cba", 1]
    for names, kept in turns:
        paths = list(names)
        built = compile_paths(paths, Path("build"))
        assert built.kept == kept, paths
        made = content()
        shutil.rmtree("build")
        compile_paths(paths, Path("build"))
        assert content() == made, paths


def test_files_become_one_group(folder: Path) -> None:
    """A file that begins to import a kept one takes that one with it."""
    again()
    (folder / "a.task").write_text('import "c"\n' + (folder / "a.task").read_text())
    assert again().kept == 0
    same_from_scratch()


def test_another_task_of_that_name(folder: Path) -> None:
    """Two tasks of one name are an error, though only one of them is compiled again."""
    again()
    before = content()
    (folder / "a.task").write_text((folder / "a.task").read_text().replace("task a", "task b"))
    built = compile_paths(["a", "b", "c"], Path("build"))
    assert built.manifest is None
    assert [d.rule for d in built.understood.found if d.severity == "error"] == ["duplicate-name"]
    assert content() == before


def test_findings_are_kept(folder: Path) -> None:
    """Warnings of what is kept are told as if it had been compiled."""
    (folder / "a.task").write_text((folder / "a.task").read_text().replace('  canary "c"\n', ""))
    first = again().understood
    for built in (again(), again(cache=False)):
        assert built.understood.found == first.found
        assert {"missing-canary"} <= {d.rule for d in built.understood.found}
        assert "a.task" in built.understood.sources
    write(folder, "b", "Tell")
    rules = [d.rule for d in again().understood.found if d.primary.span.file == "a.task"]
    assert rules == [d.rule for d in first.found if d.primary.span.file == "a.task"]


def test_another_selection_or_compiler(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another selection, limit or compiler keeps nothing; the same one does."""
    again()
    few = Wanted(limit=parse_limit("2"))
    some = Wanted(names={"regime": ("one_shot",)})
    assert again(wanted=few).kept == 0 and again(wanted=few).up_to_date
    write(folder, "a", "Tell")
    assert again(wanted=few).kept == 2
    assert again(wanted=some).kept == 0 and again(wanted=some).up_to_date
    write(folder, "a", "Ask")
    assert again(wanted=some).kept == 0  # whether `one_shot` exists is a question to all tasks
    monkeypatch.setattr(reuse, "compiler_digest", lambda: "another")
    assert again(wanted=some).kept == 0


@pytest.mark.parametrize("name", [*FILES, "build/.cache.json"])
@pytest.mark.parametrize("how", ["gone", "torn", "edited", "empty"])
def test_what_is_kept_is_not_believed(folder: Path, name: str, how: str) -> None:
    """Whatever happened to a file of the build, what comes out is what comes from scratch."""
    again()
    good = content()
    write(folder, "a", "Tell")
    path = Path(name)
    data = path.read_bytes()
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes({"torn": data[:-40], "edited": data.replace(b"b 1", b"b 7"), "empty": b""}[how])
    if name == FILES[0] and (how != "edited"):
        with pytest.raises(BuildError):  # no longer known as a build, so it is not written over
            again()
        return
    again()
    write(folder, "a", "Say")
    again()
    assert content() == good
    same_from_scratch()


def test_torn_when_nothing_changed(folder: Path) -> None:
    """An up-to-date build is looked at before it is left alone."""
    again()
    good = content()
    for name in FILES[1:]:
        Path(name).write_bytes(Path(name).read_bytes()[:-1])
        assert not again().up_to_date
        assert content() == good


def test_a_reader_keeps_what_it_opened(folder: Path) -> None:
    """Who reads a build goes on reading it, though another is put in its place."""
    again()
    manifest, requests = open_build(Path("build"))
    before = [r.id for r in requests()]
    write(folder, "a", "Tell")
    again()
    assert [r.id for r in requests()] == before
    assert len(before) == manifest.requests
    assert [r.id for r in open_build(Path("build"))[1]()] != before


def test_two_compilations_at_once(folder: Path) -> None:
    """Processes that compile into one folder leave one of the builds, whole; readers see no mix."""
    (folder / "other").mkdir()
    for name in ("a", "b", "c", "base"):
        shutil.copy(f"{name}.task", "other")
    for name in ("a", "b", "c"):
        shutil.copy(f"{name}.jsonl", "other")
    write(folder / "other", "a", "Tell")
    again()
    done = threading.Event()
    mixed: list[str] = []

    def read() -> None:
        while not done.is_set():
            try:
                manifest, requests = open_build(Path("build"))
                assert sum(1 for _ in requests()) == manifest.requests
            except (BuildError, AssertionError) as problem:
                mixed.append(str(problem))

    reader = threading.Thread(target=read)
    reader.start()
    code = (
        "from pathlib import Path\nfrom taskc.flow.build import compile_paths\nimport sys\n"
        "for n in range(25):\n    assert compile_paths(sys.argv[1:], Path('build'), cache=n % 2 > 0).manifest"
    )
    runs = [["a", "b", "c"], ["other/a", "other/b", "other/c"], ["c", "a"]]
    processes = [subprocess.Popen([sys.executable, "-c", code, *paths], cwd=folder) for paths in runs]
    assert [p.wait(timeout=120) for p in processes] == [0, 0, 0]
    done.set()
    reader.join()
    assert not mixed
    left = content()
    assert not list(Path("build").glob("*.part"))
    ends = []
    for paths in runs:
        compile_paths(paths, Path("scratch"), cache=False)
        ends.append([Path(name.replace("build", "scratch")).read_bytes() for name in FILES])
    assert left in ends
