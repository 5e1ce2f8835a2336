"""`taskc compile` as a process: what it writes, prints and exits with."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from taskc.cli.group import taskc


def _requests(folder: Path, build: str = "build") -> list[dict]:  # type: ignore[type-arg]
    lines = (folder / build / "requests.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _files(build: Path) -> list[str]:
    """Name the files of a build, and see that none was left half written."""
    assert not list(build.glob("*.part"))
    return sorted(p.name for p in build.iterdir() if p.name != ".cache.json")


def test_without_a_path(run: Any, folder: Path) -> None:
    """The .task files of the folder are compiled into build/; nothing goes to standard output."""
    ran = run("compile")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "1 task, 5 items, 2 regimes, 40 requests → build\n"
    assert _files(folder / "build") == ["manifest.json", "requests.jsonl", "snapshot.jsonl"]
    assert len(_requests(folder)) == 2 * 2 * 5 * 2
    assert sorted(p.name for p in folder.iterdir()) == ["build", "capitals.task"]
    again = run("compile", "-q", "capitals")  # the ending may be left out; a build may be written over
    assert (again.code, again.out, again.err) == (0, "", "")


def test_nothing_to_compile(run: Any, folder: Path) -> None:
    """An empty folder and a path that is none are wrong usage, with a cure."""
    (folder / "empty").mkdir()
    ran = run("compile", cwd=folder / "empty")
    assert ran.code == 2
    assert "there is no `.task` file in this folder" in ran.err
    assert "`taskc compile tasks/`; `taskc new NAME` begins a new one" in ran.err
    ran = run("check", ".", cwd=folder / "empty")
    assert (
        ran.code == 2 and "there is no `.task` file in `.`" in ran.err and "`taskc check tasks/`" in ran.err
    )
    ran = run("compile", "capitls.task")
    assert ran.code == 2
    assert "there is no file or folder `capitls.task`" in ran.err
    assert "a similar name exists: `capitals.task`" in ran.err
    assert not (folder / "build").exists()


def test_shipped(run: Any, folder: Path) -> None:
    """`std/NAME` compiles a shipped task; a name that is none is told with a similar one."""
    ran = run("compile", "std/quote_repetition", "-o", "out")
    assert ran.code == 0 and ran.err.endswith("→ out\n")
    assert {r["task"] for r in _requests(folder, "out")} == {"quote_repetition"}
    ran = run("compile", "std/quote_repetitions")
    assert ran.code == 2 and "a similar name exists: `quote_repetition`" in ran.err


def test_select_and_limit(run: Any, folder: Path) -> None:
    """Part of a build can be asked for by task, regime, level and number of items."""
    assert run("compile", "--select", "task=capitals regime=one_shot", "--select", "belief=wrong").code == 0
    requests = _requests(folder)
    assert {(r["regime"], r["levels"]["belief"]) for r in requests} == {("one_shot", "wrong")}
    assert run("compile", "--limit", "2-4").code == 0
    assert {r["item"] for r in _requests(folder)} == {"2", "3", "4"}
    assert run("compile", "--limit", "0.4").code == 0
    assert {r["item"] for r in _requests(folder)} == {"1", "2"}
    manifest = json.loads((folder / "build" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["limit"] == "0.4"
    assert manifest["requests"] == len(_requests(folder)) == 16
    assert run("compile", "--limit", "3").code == 0
    assert {r["item"] for r in _requests(folder)} == {"1", "2", "3"}


@pytest.mark.parametrize(
    ("flags", "cure"),
    [
        (("--select", "regime=one_shots"), "a similar name exists: `one_shot`"),
        (("--select", "task=capital"), "a similar name exists: `capitals`"),
        (("--select", "belief=wring"), "a similar name exists: `wrong`"),
        (("--select", "belif=wrong"), "a similar name exists: `belief`"),
        (("--select", "one_shot"), "write `regime=few_shot`"),
        (("--limit", "0"), "write a number of items"),
        (("--limit", "4-2"), "write a number of items"),
        (("--limit", "1.5"), "write a number of items"),
        (("--limit", "all"), "write a number of items"),
        (("--show", "99"), "there is no request 99, the build has 40"),
        (("--show", "0"), "--show"),
        (("--format", "yaml"), "--format"),
        (("--outputs", "x"), "--output"),
    ],
)
def test_wrong_flags(
    folder: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, str], cure: str
) -> None:
    """A flag that means nothing is wrong usage, and the cure names what was meant."""
    monkeypatch.chdir(folder)
    result = CliRunner().invoke(taskc, ["compile", *flags])
    assert result.exit_code == 2
    assert cure in result.stderr
    assert result.stdout == ""


def test_wrong_usage(run: Any, folder: Path) -> None:
    """So it is in a process: exit code 2, and nothing on standard output."""
    ran = run("compile", "--select", "regime=one_shots")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "error: no regime is called `one_shots`\nhelp: a similar name exists: `one_shot`\n"
    assert not (folder / "build").exists()


def test_show(run: Any) -> None:
    """A request is printed exactly as it will be sent, each line behind the part it comes from."""
    ran = run("compile", "-q", "--select", "regime=one_shot belief=wrong", "--show", "1")
    assert ran.code == 0 and ran.err == ""
    head, address, *rest = ran.out.splitlines()
    assert head == "task capitals · item 1 · regime one_shot · belief wrong · measure choice"
    assert address.startswith("id ") and len(address) == 3 + 32
    assert "\n".join(rest) == "\n".join(
        [
            "",
            "system",
            "    system │ You know the world.",
            "",
            "user",
            "exemplar 1 │ I think it is Mombasa. What is the capital of Kenya?",
            "exemplar 1 │ A. Nairobi",
            "exemplar 1 │ B. Mombasa",
            "",
            "assistant",
            "exemplar 1 │ Answer: A",
            "",
            "user",
            "      item │ I think it is Lyon. What is the capital of France?",
            "      item │ A. Paris",
            "      item │ B. Lyon",
            "",
            "assistant, begun",
            "   lead-in │ Answer:",
            "",
            'scored: " A", " B"',
            'true_task says "A", distractor says "B"',
        ]
    )


def test_show_names_what_the_regime_says(run: Any, folder: Path) -> None:
    """An instruction comes from the regime, in the message that the item is in."""
    text = (folder / "capitals.task").read_text(encoding="utf-8")
    text = text.replace("regimes zero_shot, one_shot", 'regimes { zero_shot { instruct "Think hard." } }')
    (folder / "capitals.task").write_text(text, encoding="utf-8")
    out = run("compile", "-q", "--show", "1").out
    assert " regime │ Think hard.\n        │\n   item │ What is the capital of France?\n" in out


def test_json(run: Any, folder: Path) -> None:
    """With `--format json` standard output is one JSON value, findings included, errors too."""
    ran = run("compile", "--format", "json", "--show", "2")
    assert ran.code == 0 and ran.err == ""
    told = json.loads(ran.out)
    assert told["manifest"]["requests"] == 40 and told["findings"] == []
    assert told["requests"][0]["request"] == _requests(folder)[1]
    (folder / "bad.task").write_text('task bad { prompt "{{ q }}" }', encoding="utf-8")
    ran = run("compile", "bad.task", "--format", "json", "-o", "bad")
    assert ran.code == 1 and ran.err == ""
    told = json.loads(ran.out)
    assert told["manifest"] is None
    assert {"rule", "severity", "message", "help", "path", "line", "column"} <= set(told["findings"][0])
    assert not (folder / "bad").exists()


def test_errors_leave_the_last_build(run: Any, folder: Path) -> None:
    """Errors exit 1, are counted, and leave an earlier build as it was."""
    run("compile")
    before = (folder / "build" / "requests.jsonl").read_bytes()
    text = (folder / "capitals.task").read_text(encoding="utf-8")
    for wrong in (text.replace("-> answer", "-> anser"), text.replace("-> answer", '-> "Rome"')):
        (folder / "capitals.task").write_text(wrong, encoding="utf-8")
        ran = run("compile")
        assert ran.code == 1 and ran.out == ""
        assert ran.err.startswith("capitals.task:") and ran.err.endswith("1 error; nothing was written\n")
        assert ran.err.count("more about a finding: `taskc explain ") == 1
        assert (folder / "build" / "requests.jsonl").read_bytes() == before
        assert _files(folder / "build") == ["manifest.json", "requests.jsonl", "snapshot.jsonl"]


def test_a_foreign_folder_is_left_alone(run: Any, folder: Path) -> None:
    """Nothing that is not a build of ours is written over."""
    for name, file, content in (
        ("a", "requests.jsonl", "mine\n"),
        ("b", "manifest.json", '{"name": "my app"}'),
    ):
        (folder / name).mkdir()
        (folder / name / file).write_text(content, encoding="utf-8")
        ran = run("compile", "-o", name)
        assert ran.code == 1 and "error: " in ran.err and "help: " in ran.err
        assert [p.name for p in (folder / name).iterdir()] == [file]
        assert (folder / name / file).read_text(encoding="utf-8") == content
    ran = run("compile", "-o", "capitals.task")
    assert ran.code == 1 and "is a file, and a build is a folder" in ran.err


def test_warnings_do_not_stop(run: Any, folder: Path) -> None:
    """A warning is told and the build is written."""
    (folder / "none.task").write_text("# nothing\n", encoding="utf-8")
    ran = run("compile", "none.task", "-o", "none")
    assert ran.code == 0 and "warning[no-tasks]" in ran.err and (folder / "none" / "manifest.json").exists()


def test_show_steers_no_terminal(run: Any, folder: Path) -> None:
    """What data hold is shown, and does nothing to the terminal."""
    text = (folder / "capitals.task").read_text(encoding="utf-8")
    (folder / "capitals.task").write_text(text.replace('"France"', r'"Fr\x1b[31mance"'), encoding="utf-8")
    out = run("compile", "-q", "--show", "1", FORCE_COLOR="1").out
    assert "Fr␛[31mance" in out and "\x1b[31m" not in out


def test_colours(run: Any, folder: Path) -> None:
    """Colours are written on request only, never with NO_COLOR."""
    (folder / "bad.task").write_text("task bad { }", encoding="utf-8")
    assert "\x1b[" not in run("compile", "bad.task").err
    assert "\x1b[" in run("compile", "bad.task", FORCE_COLOR="1").err
    assert "\x1b[" not in run("compile", "bad.task", FORCE_COLOR="1", NO_COLOR="1").err
    assert "\x1b[" not in run("compile", "nowhere.task", FORCE_COLOR="1", NO_COLOR="1").err
