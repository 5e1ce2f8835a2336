"""Tables and runs that nobody made with care: each is read as documented, or refused with a cure."""

import json
from pathlib import Path
from typing import Any

import pytest

HEAD = "task,regime,family,model,scale,value,n\n"
TWO = "t,r,f,a,1e8,0.3,100\nt,r,f,b,1e9,0.6,100\n"


@pytest.mark.parametrize("command", ["curves", "emergence"])
@pytest.mark.parametrize(
    ("text", "line", "told", "cure"),
    [
        ("", 1, "there are no points in this file", "give a header and a row for each model"),
        (HEAD, 1, "there are no points in this file", "give a header and a row for each model"),
        (HEAD.replace(",", ";") + TWO.replace(",", ";"), 2, "no column `task`", "parted by `;`: put commas"),
        (HEAD.replace(",", "\t") + TWO.replace(",", "\t"), 2, "no column `task`", "name the file `.tsv`"),
        (HEAD.title() + TWO, 2, "no column `task`", "write the column `Task` as `task`"),
        (
            HEAD.replace(",n\n", "\n") + TWO.replace(",100", ""),
            2,
            "there is no column `n`",
            "add the number of items behind each value",
        ),
        (HEAD + "t, ,f,a,1e8,0.5,100\n", 2, "column `regime` is empty here", "give every point all columns"),
        (HEAD + "t,r,f,a,1e8,nan,100\n", 2, "`value` is “nan”, which is no number", "write a number"),
        (HEAD + "t,r,f,a,inf,0.5,100\n", 2, "`scale` is “inf”, which is no number", "`1.3e9` for 1.3B"),
        (HEAD + "t,r,f,a,1e8,72,100\n", 2, "value is 72", "write shares, 0.72 for 72 %"),
        (HEAD + "t,r,f,a,1e8,72 %,100\n", 2, "`value` is “72 %”", "write shares, 0.72 for 72 %"),
        (HEAD + 't,r,f,a,1e8,"0,72",100\n', 2, "`value` is “0,72”", "write a point for decimals: `0.72`"),
        (HEAD + "t,r,f,a,1e8,0.5,0\n", 2, "n is 0", "give the number of items behind the value"),
        (HEAD + "t,r,f,a,1e8,0.5,-5\n", 2, "n is -5", "give the number of items behind the value"),
        (HEAD + "t,r,f,a,1e8,0.5,1e300\n", 2, "n is 1e+300", "give the number of items behind the value"),
        (HEAD + "t,r,f,a,0,0.5,100\n", 2, "scale is 0, and its logarithm is wanted", "`--axis linear`"),
        (HEAD + "t,r,f,a,-3,0.5,100\n", 2, "scale is -3, and its logarithm is wanted", "`--axis linear`"),
        (HEAD + TWO + "t,r,f,a,1e10,0.5,100\n", 4, "model `a` has two points on one curve", "`regime`"),
        (HEAD + '"t,r,f,a,1e8,0.5,100\n', 2, "a quote is opened in this row and never closed", ""),
        (HEAD + "t,r,f,a,1e8,0.5\n", 2, "this row has 6 cells, and the header has 7", "put quotes round"),
        (HEAD.replace("value", "n") + TWO, 1, "two columns are called `n`", "give one another name"),
    ],
)
def test_a_table_that_cannot_be_read(
    quick: Any, folder: Path, command: str, text: str, line: int, told: str, cure: str
) -> None:
    (folder / "p.csv").write_text(text)
    ran = quick(command, "--points", "p.csv")
    assert (ran.code, ran.out) == (1, "")
    assert f"p.csv:{line}:" in ran.err and told in ran.err and cure in ran.err


@pytest.mark.parametrize(
    ("text", "curves", "values"),
    [
        ("\ufeff" + HEAD + TWO, [("t", "r", "f")], [[0.3, 0.6]]),  # a byte-order mark
        (HEAD + TWO.replace("f,b", " f ,b"), [("t", "r", "f")], [[0.3, 0.6]]),  # blanks round a name
        (HEAD + TWO.replace("1e9", "1e8"), [("t", "r", "f")], [[0.3, 0.6]]),  # two models of one size
        (HEAD + "t,r,f,a,1e8,0.3,100\n", [("t", "r", "f")], [[0.3]]),  # one point
        (HEAD + TWO.replace("0.6", "0.3"), [("t", "r", "f")], [[0.3, 0.3]]),  # all equal
        (HEAD + TWO.replace("t,", '"a\nb",'), [("a\nb", "r", "f")], [[0.3, 0.6]]),  # a line end in quotes
        (HEAD + TWO.replace("f,", "家族 ✓,"), [("t", "r", "家族 ✓")], [[0.3, 0.6]]),
        (HEAD + TWO.replace("\n", "\r\n"), [("t", "r", "f")], [[0.3, 0.6]]),
        (HEAD + TWO.replace("100", "99.5"), [("t", "r", "f")], [[0.3, 0.6]]),  # as many as clusters are worth
    ],
)
def test_a_table_that_looks_odd_and_can(
    quick: Any, folder: Path, text: str, curves: list[tuple[str, ...]], values: list[list[float]]
) -> None:
    (folder / "p.csv").write_text(text, encoding="utf-8")
    told = json.loads(quick("curves", "--points", "p.csv", "--format", "json").out)["curves"]
    assert [(one["task"], one["regime"], one["family"]) for one in told] == curves
    assert [[point["value"] for point in one["points"]] for one in told] == values
    assert all(sum(one["probabilities"].values()) == pytest.approx(1.0) for one in told)
    found = json.loads(quick("emergence", "--points", "p.csv", "--format", "json").out)["curves"]
    assert [one["task"] for one in found] == [one["task"] for one in told]
    assert {"linearity", "breakthroughness", "stable_breakthroughness"} <= found[0].keys()
    assert quick("curves", "--points", "p.csv").code == quick("emergence", "--points", "p.csv").code == 0


def test_scales_below_zero_are_fine_on_a_linear_axis(quick: Any, folder: Path) -> None:
    (folder / "p.csv").write_text(HEAD + TWO.replace("1e8", "-1"))
    for command in ("curves", "emergence"):
        assert quick(command, "--points", "p.csv", "--axis", "linear").code == 0


@pytest.mark.parametrize("command", ["curves", "emergence"])
def test_names_do_not_steer_the_terminal(quick: Any, folder: Path, command: str) -> None:
    """What a file says is shown, and does nothing: no colours, no clearing, no line of its own."""
    steering = "\x1b[2J\x9b1m\u202e\x07"
    rows = TWO.replace("t,", f"t{steering},").replace("r,", '"r\nerror: forged",')
    (folder / "p.csv").write_text(HEAD + rows, encoding="utf-8")
    ran = quick(command, "--points", "p.csv", FORCE_COLOR="1")
    assert ran.code == 0
    assert not set(steering) - set("[2J1m") & set(ran.out)
    assert "␛[2J" in ran.out and "r␊error: forged" in ran.out
    told = quick(command, "--points", "p.csv", "--format", "json").out
    assert "\x9b" not in told and json.loads(told)["curves"][0]["task"] == f"t{steering}"


@pytest.fixture
def asked(quick: Any, folder: Path) -> Path:
    """Give the folder of a run of two models."""
    assert quick("compile", "-q", "-o", "b").code == 0
    models = ("-m", "echo/a", "-m", "echo/b?rule=length")
    assert quick("eval", "b", *models, "-o", "runs", "--no-picture", "-q").code == 0
    (made,) = (path.parent for path in folder.glob("runs/*/rows.jsonl"))
    return made


def _half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-30])


def _bytes(path: Path) -> None:
    path.write_bytes(bytes(range(256)))


def _other(path: Path) -> None:
    path.write_text('{"task": 5}\n')


AT = ("--at", "echo/a=1e8", "--at", "echo/b?rule=length=1e9")


@pytest.mark.parametrize("harm", [_half, _bytes, _other])
@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("rows.jsonl", ("curves", "runs", *AT)),
        ("rows.jsonl", ("emergence", "runs", *AT)),
        ("rows.jsonl", ("report", "-o", "r")),
        ("scores.jsonl", ("curves", "runs", *AT)),
        ("scores.jsonl", ("effects", "runs")),
        ("scores.jsonl", ("compare", "runs", "--by", "model")),
        ("scores.jsonl", ("report", "-o", "r")),
    ],
)
def test_a_damaged_file_of_a_run(
    quick: Any, asked: Path, harm: Any, name: str, args: tuple[str, ...]
) -> None:
    harm(asked / name)
    ran = quick(*args)
    assert ran.code == 1 and ran.out == ""
    assert f"{name}` cannot be read: line " in ran.err and "`taskc score` makes it anew" in ran.err


@pytest.mark.parametrize(
    "args", [("curves",), ("emergence",), ("effects",), ("compare", "--by", "model"), ("report",)]
)
def test_a_folder_without_runs(quick: Any, folder: Path, args: tuple[str, ...]) -> None:
    (folder / "empty").mkdir()
    ran = quick(args[0], "empty", *args[1:])
    assert ran.code == 1 and "`empty` is not a run" in ran.err and "name a folder" in ran.err


def test_scores_that_are_gone(quick: Any, asked: Path) -> None:
    """Shares alone are judged with a note; what needs items says that there are none."""
    (asked / "scores.jsonl").write_text("")
    ran = quick("curves", "runs", *AT)
    assert ran.code == 0 and "note: `scores.jsonl` has not the items of these rows" in ran.err
    assert json.loads(quick("curves", "runs", *AT, "--format", "json").out)["notes"]
    ran = quick("compare", "runs", "--by", "model")
    assert (
        ran.code == 1 and "`runs` holds no scores" in ran.err and "`taskc score` makes them anew" in ran.err
    )
