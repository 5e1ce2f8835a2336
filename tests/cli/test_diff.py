"""`taskc diff` as a process: what it says of builds, paths and revisions."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest


def _at(folder: Path, text: str) -> str:
    """Give the place of the line that holds a text."""
    lines = (folder / "capitals.task").read_text(encoding="utf-8").split("\n")
    (number,) = [n for n, line in enumerate(lines, 1) if text in line]
    return f"capitals.task:{number}"


def _edit(folder: Path, old: str, new: str, name: str = "capitals.task") -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def _git(folder: Path, *words: str) -> None:
    named = ("-c", "user.name=n", "-c", "user.email=e@example.org")
    subprocess.run(["git", *named, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def built(quick: Any, folder: Path) -> Path:
    """Give the folder with its build."""
    assert quick("compile", "-q").code == 0
    return folder


def test_the_same(run: Any, built: Path) -> None:
    """A build is what its sources say; comments and line breaks change nothing."""
    _edit(built, "task capitals {", "# a remark\n\ntask capitals {")
    ran = run("diff", "--exit-code")
    assert (ran.code, ran.err, ran.out) == (0, "", "no difference: 40 requests, all the same\n")


def test_wording(quick: Any, built: Path) -> None:
    """A changed prompt is told once, with the lines that differ, their place, and what it costs."""
    _edit(built, "What is the capital of", "Which city is the capital of")
    ran = quick("diff", "--exit-code")
    assert ran.code == 3
    assert ran.out.splitlines() == [
        "task capitals",
        f"  prompt changed  {_at(built, 'prompt {')}",
        "          {% if opinion is defined %}I think it is {{ opinion }}. {% endif -%}",
        "    -     What is the capital of {{ country }}?",
        "    +     Which city is the capital of {{ country }}?",
        "          {{ options }}",
        "",
        "40 requests: 0 stay valid, 40 must be asked anew; 40 fall away",
        f"  40 anew, prompt changed ({_at(built, 'prompt {')})",
    ]


def test_one_item(quick: Any, built: Path) -> None:
    """A changed item costs its own requests, and those of the items that it is shown to as an exemplar."""
    _edit(built, 'country: "Turkey"', 'country: "Türkiye"')
    out = quick("diff").out
    place = _at(built, "Türkiye")
    assert f'  item 2 changed  {place}\n    country: "Turkey" → "Türkiye"\n' in out
    assert "40 requests: 32 stay valid, 8 must be asked anew; 8 fall away" in out
    quick("compile", "-q")
    _edit(built, 'country: "Kenya"', 'country: "Kenia"')  # the exemplar that all others are shown
    out = quick("diff").out
    assert "40 requests: 16 stay valid, 24 must be asked anew; 24 fall away" in out


def test_a_row_put_in_between(quick: Any, built: Path) -> None:
    """Items that only got another number are told as such, and their requests stay."""
    _edit(
        built,
        "  items [",
        '  items [\n    { country: "Chad", options_: ["Fada", "Ati"], answer: "Ati", trap: "Fada" }',
    )
    out = quick("diff").out
    assert f"  1 item added: 1  {_at(built, 'Chad')}\n" in out
    moved = "1 → 2, 2 → 3, 3 → 4, 4 → 5, 5 → 6"
    assert f"  5 items have other numbers: {moved}  {_at(built, 'France')}\n" in out
    assert "changed  " not in out.replace("exemplars changed", "")


def test_answers(quick: Any, built: Path) -> None:
    """What only says who is right asks nothing anew."""
    _edit(built, 'answer: "Paris",  trap: "Lyon"', 'answer: "Lyon",  trap: "Lyon"')
    out = quick("diff").out
    assert "40 requests: 40 stay valid, 0 must be asked anew; 0 fall away\n" in out
    assert "of those that stay, 8 are held against another answer or other predictions\n" in out


def test_regimes_levels_measures(quick: Any, built: Path) -> None:
    """Regimes, levels and measures that come or go are named, and are the reason for their requests."""
    _edit(
        built, "regimes zero_shot, one_shot", "regimes zero_shot, few_shot(shots = 2)\n  measure label, reply"
    )
    _edit(built, "    none { }", "    none { }\n    right { let opinion = answer }")
    lines = quick("diff").out.splitlines()
    at = _at(built, "regimes zero_shot")
    assert any(line.startswith("  regime one_shot removed") for line in lines)
    assert f"  regime few_shot added  {at}" in lines
    assert f"  level belief=right added  {_at(built, 'right {')}" in lines
    assert f"  measure label added  {at}" in lines
    assert f"  measure choice removed  {at}" in lines
    assert any(line.endswith(f"measure label added ({at})") for line in lines)


def test_tasks(quick: Any, built: Path) -> None:
    """A task that has another name is known again; one that is new or gone is told."""
    _edit(built, "task capitals {", "task towns {")
    out = quick("diff").out
    assert "task towns\n  renamed, it was `capitals`  capitals.task:1\n" in out
    assert "40 requests: 40 stay valid" in out
    (built / "more.task").write_text(
        'task more {\n  item { q: text }\n  items [ { q: "1" } ]\n  true_task "t" -> q\n  prompt "{{ q }}"\n'
        '  reply "{{ answer }}"\n  regimes zero_shot\n}\n',
        encoding="utf-8",
    )
    assert "task more\n  added: 1 item, 1 request  more.task:1\n" in quick("diff").out


def test_two_builds_as_json(quick: Any, built: Path) -> None:
    """Two builds are compared as they are; JSON says everything."""
    _edit(built, "Answer:", "So:")
    assert quick("compile", "-q", "-o", "other").code == 0
    told = json.loads(quick("diff", "build", "other", "--format", "json").out)
    assert (told["old"], told["new"]) == ("build", "other")
    assert told["bill"] == {"stay": 0, "anew": 40, "gone": 40, "regraded": 0}
    (task,) = told["tasks"]
    at = _at(built, "reply ")
    (change,) = task["changes"]
    assert (change["what"], change["at"], change["was"]) == ("reply", at, at)
    assert (change["old"], change["new"]) == ('reply "Answer: {{ answer }}"', 'reply "So: {{ answer }}"')
    assert task["why"] == [{"requests": 40, "changes": [0]}]


def test_a_part(quick: Any, folder: Path) -> None:
    """Of the sources as much is compared as the build holds."""
    quick("compile", "-q", "--select", "regime=zero_shot", "--limit", "2")
    assert quick("diff").out == "no difference: 8 requests, all the same\n"


def test_revisions(quick: Any, folder: Path) -> None:
    """Revisions of git are read from its objects: no hook and no filter of the repository runs."""
    _git(folder, "init", "-q")
    (folder / ".gitattributes").write_text("*.task filter=evil\n", encoding="utf-8")
    _git(folder, "add", ".")
    _git(folder, "commit", "-qm", "one")
    _git(folder, "tag", "v1")
    _edit(folder, "Answer:", "So:")
    _git(folder, "commit", "-qam", "two")
    (folder / "hook").write_text(f"#!/bin/sh\ntouch {folder}/ran\n", encoding="utf-8")
    (folder / "hook").chmod(0o755)
    for key in ("filter.evil.smudge", "filter.evil.clean", "core.fsmonitor", "core.pager", "diff.external"):
        _git(folder, "config", key, str(folder / "hook"))
    out = quick("diff", "v1", "HEAD").out
    assert f"  reply changed  {_at(folder, 'reply ')}\n" in out and "40 fall away" in out
    assert quick("diff", "v1", "capitals.task").out == out
    assert quick("diff", "v1:capitals.task", "HEAD:./capitals.task").out == out
    assert quick("diff", "HEAD").out == "no difference: 40 requests, all the same\n"
    (folder / "below").mkdir()
    assert quick("diff", "v1:capitals.task", "HEAD:../capitals.task", cwd=folder / "below").out == out
    assert not (folder / "ran").exists()
    assert not (folder / "build").exists()


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        ((), "`build` is neither a build, nor a path, nor a revision of git", 1),
        (("nothing",), "`nothing` is neither a build, nor a path, nor a revision of git", 1),
        (("--", "-x", "capitals.task"), "`-x` is neither a build, nor a path, nor a revision of git", 1),
        (("v1:tasks/no.task", "capitals.task"), "`v1` is neither a build, nor a path", 1),
    ],
)
def test_what_is_nothing(quick: Any, folder: Path, words: tuple[str, ...], said: str, code: int) -> None:
    """What is no build, path or revision is told as such."""
    ran = quick("diff", *words)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err


def test_git_says_no(quick: Any, built: Path) -> None:
    """A file that a revision lacks, and a machine without git, are told in words."""
    _git(built, "init", "-q")
    _git(built, "add", "capitals.task")
    _git(built, "commit", "-qm", "one")
    ran = quick("diff", "HEAD:no.task")
    assert ran.code == 1 and ran.err == "error: there is no `no.task` in `HEAD`\n"
    ran = quick("diff", "HEAD", PATH="")
    assert ran.code == 1 and "git is not installed" in ran.err


def test_errors(quick: Any, built: Path) -> None:
    """Sources that do not compile are not compared; what is wrong with them is shown."""
    _edit(built, "-> answer", "-> anser")
    ran = quick("diff")
    assert ran.code == 1 and ran.out == ""
    assert "error[unknown-name]" in ran.err
    assert ran.err.endswith("error: `the sources` does not compile\n")


def test_what_is_locked_can_be_compared(quick: Any, built: Path) -> None:
    """A lock refuses what has changed, and just then the difference is wanted."""
    assert quick("lock").code == 0
    _edit(built, "What is the capital of", "Which city is the capital of")
    assert quick("compile", "-o", "other").code == 1
    ran = quick("diff")
    assert ran.code == 0 and "prompt changed" in ran.out
