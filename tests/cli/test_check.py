"""`taskc check` as a process: what it finds, in which forms it says so, and what it fixes."""

import json
from pathlib import Path
from typing import Any

import pytest

CLEAN = """\
task capitals {
  title  "Capitals"
  canary "taskc:test"
  item { country: text, famous: text, answer: text }
  items [
    { country: "Australia", famous: "Sydney", answer: "Canberra" }
    { country: "Turkey", famous: "Istanbul", answer: "Ankara" }
    { country: "Brazil", famous: "Rio", answer: "Brasília" }
    { country: "France", famous: "Paris", answer: "Paris" }
  ]
  true_task  "Name the capital." -> answer
  distractor "Name the best-known city." -> famous
  prompt "What is the capital of {{ country }}?"
  reply "It is {{ answer }}."
  regimes zero_shot, one_shot
  allow too-few-items "a test"
}
"""
WRONG = CLEAN.replace("-> answer", "-> anser")
WARNED = CLEAN.replace('  canary "taskc:test"\n', "")
# what shows only when the request of an item is made
LATE = CLEAN.replace(
    "What is the capital of {{ country }}?", "{{ 1 // (country | length - 6) }} {{ country }}?"
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Give a folder with a clean task."""
    (tmp_path / "capitals.task").write_text(CLEAN, encoding="utf-8")
    return tmp_path


def write(place: Path, text: str, name: str = "capitals.task") -> None:
    (place / name).write_text(text, encoding="utf-8")


def test_a_clean_task(run: Any, place: Path) -> None:
    """Nothing is said but that all is good, and nothing is written."""
    for args in ((), ("capitals",), (".",), ("capitals.task", "capitals.task")):
        ran = run("check", *args, cwd=place)
        assert (ran.code, ran.out, ran.err) == (0, "", "1 file, all good\n")
    assert run("check", "-q", cwd=place).err == ""
    assert [path.name for path in place.iterdir()] == ["capitals.task"]


def test_an_error(run: Any, place: Path) -> None:
    """An error is drawn, counted, and exits 1; one line says where to read more."""
    write(place, WRONG)
    ran = run("check", cwd=place)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("capitals.task:11:37: error[unknown-name]: unknown name `anser`\n")
    assert ran.err.endswith(
        "help: a similar name exists: `answer`\n\n"
        "more about a finding: `taskc explain unknown-name`\n1 error in 1 file\n"
    )
    assert run("check", "nowhere.task", cwd=place).code == 2


def test_what_only_an_item_shows(run: Any, place: Path) -> None:
    """What would stop a compilation while requests are made is found too."""
    write(place, LATE)
    ran = run("check", cwd=place)
    assert ran.code == 1 and "error[bad-template]: this divides by zero" in ran.err
    assert "for item `2`" in ran.err


def test_strict(run: Any, place: Path) -> None:
    """Warnings exit with 1 only when that is asked for."""
    write(place, WARNED)
    ran = run("check", cwd=place)
    assert ran.code == 0 and ran.err.endswith("1 warning in 1 file\n")
    assert run("check", "--strict", cwd=place).code == 1
    write(place, CLEAN)
    assert run("check", "--strict", cwd=place).code == 0


def test_json(run: Any, place: Path) -> None:
    """One object holds every finding with its place, in lines and columns."""
    write(place, WRONG)
    ran = run("check", "--format", "json", cwd=place)
    assert ran.code == 1 and ran.err == ""
    told = json.loads(ran.out)
    assert {k: told[k] for k in ("files", "errors", "warnings", "notes", "fixed")} == {
        "files": 1,
        "errors": 1,
        "warnings": 0,
        "notes": 0,
        "fixed": [],
    }
    (finding,) = told["findings"]
    assert finding == {
        "rule": "unknown-name",
        "severity": "error",
        "message": "unknown name `anser`",
        "help": "a similar name exists: `answer`",
        "file": "capitals.task",
        "line": 11,
        "column": 37,
        "end_line": 11,
        "end_column": 42,
        "note": "",
        "labels": [],
        "fixes": [],
    }


def test_json_has_the_other_places(run: Any, place: Path) -> None:
    write(place, LATE)
    (finding,) = json.loads(run("check", "--format", "json", cwd=place).out)["findings"]
    (label,) = finding["labels"]
    assert label == {
        "file": "capitals.task",
        "line": 7,
        "column": 5,
        "end_line": 7,
        "end_column": 64,
        "text": "for item `2`",
    }


def test_github(run: Any, place: Path) -> None:
    """Each finding is a workflow command; what has a meaning there is escaped."""
    folder = place / "50% off, a:b"
    folder.mkdir()
    write(folder, WRONG, "wrong.task")
    ran = run("check", "50% off, a:b", "--format", "github", cwd=place)
    assert ran.code == 1 and ran.err == ""
    (line,) = ran.out.splitlines()
    assert line == (
        "::error file=50%25 off%2C a%3Ab/wrong.task,line=11,col=37,endLine=11,endColumn=42,"
        "title=taskc%3A unknown-name::unknown name `anser`%0Ahelp: a similar name exists: `answer`"
    )


SHAPES: dict[str, dict[str, Any]] = {
    "log": {"$schema": str, "version": str, "runs": list},
    "driver": {"name": str, "version": str, "semanticVersion": str, "rules": list},
    "rule": {
        "id": str,
        "shortDescription": dict,
        "fullDescription": dict,
        "help": dict,
        "defaultConfiguration": dict,
    },
    "result": {"ruleId": str, "ruleIndex": int, "level": str, "message": dict, "locations": list},
    "region": {"startLine": int, "startColumn": int, "endLine": int, "endColumn": int},
}


def holds(value: dict[str, Any], shape: str) -> None:
    for name, kind in SHAPES[shape].items():
        assert isinstance(value[name], kind), name


def test_sarif(run: Any, place: Path) -> None:
    """The log has what the standard asks for, and what code scanners read."""
    (place / "a b").mkdir()
    write(place / "a b", LATE, "late.task")
    ran = run("check", "a b/late.task", "--format", "sarif", cwd=place)
    assert ran.code == 1 and ran.err == ""
    log = json.loads(ran.out)
    holds(log, "log")
    assert log["version"] == "2.1.0" and log["$schema"].endswith("sarif-schema-2.1.0.json")
    (one,) = log["runs"]
    assert one["columnKind"] == "unicodeCodePoints"
    holds(one["tool"]["driver"], "driver")
    for rule in one["tool"]["driver"]["rules"]:
        holds(rule, "rule")
        assert rule["defaultConfiguration"]["level"] in ("error", "warning")
        assert {"text", "markdown"} == set(rule["help"])
    (result,) = one["results"]
    holds(result, "result")
    assert one["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "bad-template"
    (location,) = result["locations"]
    artifact = location["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "a%20b/late.task", "uriBaseId": "%SRCROOT%"}
    holds(location["physicalLocation"]["region"], "region")
    (related,) = result["relatedLocations"]
    assert related["message"]["text"] == "for item `2`" and related["id"] == 1


def test_sarif_of_files_outside_and_unread(run: Any, place: Path, tmp_path_factory: Any) -> None:
    """A file elsewhere has an absolute address; a file that cannot be read has no region."""
    far = tmp_path_factory.mktemp("far")
    write(far, WRONG)
    log = json.loads(run("check", str(far / "capitals.task"), "--format", "sarif", cwd=place).out)
    where = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert where == {"uri": (far / "capitals.task").resolve().as_uri()}
    (place / "latin.task").write_bytes(b"# caf\xe9\n")
    log = json.loads(run("check", "latin.task", "--format", "sarif", cwd=place).out)
    assert [r["ruleId"] for r in log["runs"][0]["results"]] == ["unreadable-file"]
    assert log == json.loads(run("check", "latin.task", "--format", "sarif", cwd=place).out)


def test_sarif_of_nothing(run: Any, place: Path) -> None:
    log = json.loads(run("check", "--format", "sarif", cwd=place).out)
    assert log["runs"][0]["results"] == [] and log["runs"][0]["tool"]["driver"]["rules"] == []


@pytest.mark.parametrize("value", ["0", "2", "-0.1", "x"])
def test_wrong_flags(run: Any, place: Path, value: str) -> None:
    ran = run("check", "--effect", value, cwd=place)
    assert ran.code == 2 and "--effect" in ran.err
    assert run("check", "--format", "xml", cwd=place).code == 2


@pytest.mark.parametrize("value", ["10%", "10.0%", "0.1"])
def test_a_share_may_stand_in_per_cent(run: Any, place: Path, value: str) -> None:
    ran = run("check", "--effect", value, "--format", "json", cwd=place)
    assert "--effect" not in ran.err
    assert ran.out == run("check", "--effect", "0.1", "--format", "json", cwd=place).out


def test_models_and_effects_reach_the_lints(run: Any, place: Path) -> None:
    """A model string that means nothing is told; the effect that is looked for goes into the lint."""
    ran = run("check", "-m", "nowhere/x", cwd=place)
    assert ran.code == 1 and "unknown provider `nowhere`" in ran.err
    assert run("check", "-m", "echo/x", cwd=place).code == 0
    write(place, CLEAN.replace('  allow too-few-items "a test"\n', ""))
    ran = run("check", "--effect", "0.1", cwd=place)
    assert "warning[too-few-items]" in ran.err and "for a difference of 10 points" in ran.err


# --- fixing -----------------------------------------------------------------------------------------

SPACED = CLEAN.replace("country }}?", "country }}? ")


def test_fix(run: Any, place: Path) -> None:
    """What can be cured safely is cured in the file, and only there."""
    write(place, SPACED)
    (place / "capitals.task").chmod(0o640)
    ran = run("check", "--diff", cwd=place)
    assert ran.code == 1
    assert ran.out.splitlines()[:2] == ["--- a/capitals.task", "+++ b/capitals.task"]
    assert '-  prompt "What is the capital of {{ country }}? "\n' in ran.out
    assert '+  prompt "What is the capital of {{ country }}?"\n' in ran.out
    assert ran.err == "1 finding to fix in 1 file\n"
    assert (place / "capitals.task").read_text(encoding="utf-8") == SPACED
    ran = run("check", "--fix", cwd=place)
    assert ran.code == 0 and ran.err.startswith("fixed trailing-space: ")
    assert ran.err.endswith("1 finding fixed, 1 file, all good\n")
    assert (place / "capitals.task").read_text(encoding="utf-8") == CLEAN
    assert (place / "capitals.task").stat().st_mode & 0o777 == 0o640
    assert run("check", "--diff", cwd=place).err == "nothing to fix\n"
    assert run("check", "--diff", cwd=place).code == 0
    assert sorted(path.name for path in place.iterdir()) == ["capitals.task"]


def test_fix_takes_whole_escapes(run: Any, place: Path) -> None:
    """A line end that is written as an escape goes as a whole."""
    write(place, CLEAN.replace("country }}?", r"country }}?\t \n"))
    assert run("check", "--fix", cwd=place).code == 0
    assert (place / "capitals.task").read_text(encoding="utf-8") == CLEAN


def test_fix_stays_inside_what_was_named(run: Any, place: Path) -> None:
    """A file that is only imported is not touched."""
    write(place, SPACED)
    child = 'import "capitals"\n\ntask more extends capitals {\n  title "More"\n}\n'
    write(place, child, "more.task")
    ran = run("check", "--fix", "more.task", cwd=place)
    assert ran.code == 0 and "warning[trailing-space]" in ran.err
    assert (place / "capitals.task").read_text(encoding="utf-8") == SPACED
    assert (place / "more.task").read_text(encoding="utf-8") == child
    ran = run("check", "--fix", ".", cwd=place)
    assert ran.code == 0
    assert (place / "capitals.task").read_text(encoding="utf-8") == CLEAN


def test_fix_follows_links(run: Any, place: Path) -> None:
    """A link stays one; the file that it leads to is cured."""
    (place / "sub").mkdir()
    write(place / "sub", SPACED)
    (place / "link.task").symlink_to("sub/capitals.task")
    run("check", "--fix", "link.task", cwd=place)
    assert (place / "link.task").is_symlink()
    assert (place / "sub" / "capitals.task").read_text(encoding="utf-8") == CLEAN
