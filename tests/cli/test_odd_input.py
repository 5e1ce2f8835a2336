"""Names, files and runs that nobody expects: each is drawn as it stands, or refused with a cure."""

import json
from pathlib import Path
from typing import Any

import pytest

from taskc.backends import ModelError, parse_model

HEAD = "task,regime,family,model,scale,value,n\n"
MODEL = "echo/a$x_{$b"


@pytest.fixture
def asked(quick: Any, folder: Path) -> Path:
    """Give the folder of a run of one model."""
    assert quick("compile", "-q", "-o", "b").code == 0
    assert quick("eval", "b", "-m", "echo/a", "-o", "runs", "--no-picture", "-q").code == 0
    (made,) = (path.parent for path in folder.glob("runs/*/rows.jsonl"))
    return made


def test_shares_cannot_be_told_of_one_item(quick: Any, folder: Path) -> None:
    quick("compile", "-q", "-o", "b")
    quick("eval", "b", "-m", "echo/a", "-o", "q", "--limit", "1", "--no-picture", "-q")
    told = quick("effects", "q")
    assert told.code == 0, told.err
    assert "shares of variance cannot be told of one item" in told.out + told.err
    assert quick("report", "q", "-o", "r").code == 0


def test_a_name_is_no_formula(quick: Any, folder: Path) -> None:
    """What stands between two `$` is a formula to the library that draws."""
    quick("compile", "-q", "-o", "b")
    ran = quick("eval", "b", "-m", MODEL, "-o", "q", "--limit", "2")
    assert ran.code == 0, ran.err
    assert quick("report", "q", "-o", "r").code == 0
    rows = "".join(f"$a_{{$,r,$\\frac{{1}}$,m{at},{10.0**at:g},0.{at}3,50\n" for at in range(1, 4))
    (folder / "p.csv").write_text(HEAD + rows)
    ran = quick("curves", "--points", "p.csv", "-o", "p.svg")
    assert ran.code == 0, ran.err
    assert (folder / "p.svg").stat().st_size > 1000


@pytest.mark.parametrize("letter", ["\x01", "\x1b[31m", "\n", "\x7f", "\x9b", "\u2028"])
def test_a_model_has_no_control_characters(quick: Any, folder: Path, letter: str) -> None:
    quick("compile", "-q", "-o", "b")
    ran = quick("eval", "b", "-m", f"echo/a{letter}b", "-o", "q", "--limit", "1")
    assert ran.code == 1
    assert "holds a control character" in ran.err
    assert "help: " in ran.err
    assert letter not in ran.err.replace("\n", "" if letter != "\n" else "\r")
    assert not (folder / "q").exists()


def test_a_parameter_has_none_either() -> None:
    with pytest.raises(ModelError, match=r"^`echo/a\?rule=%1b` holds a control character$"):
        parse_model("echo/a?rule=%1b")


def test_control_characters_of_files_are_drawn_as_unknown(quick: Any, folder: Path, asked: Path) -> None:
    from xml.etree import ElementTree

    for name in ("rows.jsonl", "scores.jsonl"):
        path = asked / name
        path.write_text(path.read_text().replace("echo/a", r"echo/a\u0001"))
    ran = quick("report", "-o", "r")
    assert ran.code == 0, ran.err
    (folder / "p.csv").write_text(HEAD + "t\x01,r\x02,f\x03,m,1e9,0.5,50\nt\x01,r\x02,f\x03,n,1e10,0.7,50\n")
    assert quick("curves", "--points", "p.csv", "-o", "p.svg").code == 0
    text = (folder / "p.svg").read_text()
    ElementTree.fromstring(text)
    assert "f\N{REPLACEMENT CHARACTER}" in text


def _change(path: Path, **numbers: float) -> None:
    """Put numbers in the place of those of all items, in each row."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row in rows:
        for name, number in numbers.items():
            (row["all"] if name == "n" else row["all"]["accuracy"])[name] = number
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.mark.parametrize(
    ("numbers", "why"),
    [
        ({"value": 7.5}, "a share of 7.5"),
        ({"low": -0.5}, "a share of -0.5"),
        ({"n": -3}, "a count of -3"),
    ],
)
def test_damaged_rows_are_refused(quick: Any, asked: Path, numbers: dict[str, float], why: str) -> None:
    _change(asked / "rows.jsonl", **numbers)
    for args in (("curves", "runs", "--at", "echo/a=1e9"), ("report", "-o", "r")):
        ran = quick(*args)
        assert ran.code == 1
        assert f"is damaged: row 1 has {why}" in ran.err
        assert "`taskc score` makes it anew" in ran.err


def test_no_items_are_no_point(quick: Any, asked: Path) -> None:
    _change(asked / "rows.jsonl", n=0)
    ran = quick("curves", "runs", "--at", "echo/a=1e9")
    assert "Warning" not in ran.err
    assert "there are no points in these runs" in ran.err
    assert ran.code == 2


@pytest.mark.parametrize(
    ("name", "args"),
    [("rows.jsonl", ("curves", "runs", "--at", "echo/a=1e9")), ("scores.jsonl", ("effects", "runs"))],
)
def test_an_empty_file_is_told(quick: Any, asked: Path, name: str, args: tuple[str, ...]) -> None:
    (asked / name).write_text("")
    ran = quick(*args)
    assert ran.code == (1 if name == "rows.jsonl" else 2)
    assert ("holds no rows" if name == "rows.jsonl" else "hold no scores") in ran.err
    assert "`taskc score` makes" in ran.err


def test_no_runs(quick: Any, folder: Path) -> None:
    """The cure is that of any command, and names the folder of simulated runs where there is one."""
    ran = quick("report", "-o", "r")
    assert ran.code == 1
    assert "one that holds some" in ran.err
    assert "taskc curves" not in ran.err
    assert "simulated" not in ran.err
    (folder / "simulated/one").mkdir(parents=True)
    (folder / "simulated/one/scores.jsonl").write_text("")
    assert "`simulated` holds runs of `taskc simulate`" in quick("report", "-o", "r").err
