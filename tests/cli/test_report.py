"""`taskc report`, and what `taskc curves` draws and picks out, as commands."""

import json
from pathlib import Path
from typing import Any

import pytest

POINTS = (
    "task,regime,family,model,scale,value,n\n"
    "a,zero_shot,f,S,1e8,0.62,300\na,zero_shot,f,M,1e9,0.40,300\na,zero_shot,f,L,1e10,0.70,300\n"
    "a,few_shot,f,S,1e8,0.2,300\na,few_shot,f,L,1e10,0.9,300\n"
    "b.one,zero_shot,f,S,1e8,0.2,300\nb.one,zero_shot,f,L,1e10,0.9,300\n"
)


@pytest.fixture
def runs(quick: Any) -> Any:
    """Give a way to run `taskc` beside runs of three fakes."""
    quick("compile", "capitals.task")
    for name in ("a", "b", "c"):
        assert quick("eval", "-m", f"echo/{name}", "--no-picture", "-q").code == 0
    return quick


AT = ("--at", "echo/a=1e8", "--at", "echo/b=1e9", "--at", "echo/c=1e10")


def test_a_report_in_its_folder(run: Any, runs: Any, folder: Path) -> None:
    """In a process of its own, from any folder of runs, with everything in place and said."""
    done = run("report", "runs", *AT, "--format", "json")
    assert done.code == 0
    told = json.loads(done.out)
    assert {path for path in told["files"] if not path.endswith(".parquet")} == {
        str(path.relative_to(folder / "report"))
        for path in (folder / "report").rglob("*")
        if path.is_file() and path.suffix != ".parquet"
    }
    assert {"report.html", "report.json", "tables/rows.csv", "tables/points.csv"} <= set(told["files"])
    assert any(name.startswith("figures/capitals-choice") for name in told["files"])
    assert json.loads((folder / "report/report.json").read_text(encoding="utf-8")) == told
    assert {one["verdict"] for one in told["summary"]} <= {
        *told["trends"][0]["probabilities"],
        "undetermined",
    }
    assert "report: report/report.html" in done.err
    (effects, *_) = told["effects"]["effects"]
    assert {factor["name"] for factor in effects["factors"]} >= {"belief", "regime", "model"}
    assert 'id="effects"' in (folder / "report/report.html").read_text(encoding="utf-8")


def test_models_without_a_size_are_told_and_drawn(runs: Any, folder: Path) -> None:
    done = runs("report", "runs", "-o", "some", *AT[:4])
    assert done.code == 0
    assert "note: `echo/c` is on no ladder and stands on no curve" in done.out
    assert (folder / "some/figures/models-without-a-size.svg").stat().st_size > 1000
    page = (folder / "some/report.html").read_text(encoding="utf-8")
    assert "Models without a size" in page


def test_a_part_of_it(runs: Any, folder: Path) -> None:
    args = ("report", "runs", *AT, "--format", "json", "-q")
    told = json.loads(runs(*args, "-m", "echo/a", "--select", "regime=zero_shot", "belief=wrong").out)
    assert {one["model"] for one in told["rows"]} == {"echo/a"}
    assert {one["setting"]["regime"] for one in told["rows"]} == {"zero_shot"}
    assert {tuple(one["setting"]["levels"][0]) for one in told["rows"]} == {("belief", "wrong")}
    assert {one["model"] for one in told["plan"]} == {"echo/a"}
    assert {one["setting"]["regime"] for one in told["items"]} == {"zero_shot"}
    assert json.loads(runs(*args, "--items", "0").out)["exhibits"] == []


def test_figures_that_are_no_longer_in_it_are_taken_away_and_nothing_else(runs: Any, folder: Path) -> None:
    assert runs("report", "runs", *AT, "-q").code == 0
    (folder / "report/figures/mine.svg").write_text("mine")
    before = {path.name for path in (folder / "report/figures").iterdir()}
    assert runs("report", "runs", *AT, "-q", "--no-figures").code == 0
    after = {path.name for path in (folder / "report/figures").iterdir()}
    assert after == {"mine.svg"} < before


@pytest.mark.parametrize(
    ("args", "code", "told", "cure"),
    [
        (("nowhere",), 1, "`nowhere` is not a run", "name a folder that `taskc eval` made"),
        (("runs", "-o", "capitals.task"), 1, "is a file, and a report is a folder", "`-o`"),
        (("runs", "-o", "runs"), 1, "`runs` holds something that is no report", "`-o`"),
        (("runs", "-m", "echo/d"), 2, "no model is called `echo/d`", "a similar name exists"),
        (("runs", "regime=zero"), 2, "no regime is called `zero`", "zero_shot"),
        (("runs", "--select", "size=1"), 2, "nothing can be selected by `size`", "`belief`"),
        (("runs", "--at", "echo/d=1"), 2, "`echo/d` is in none of these runs", "`echo/a`"),
        (("runs", "--ladder", "none"), 2, "there is no ladder `none`", "shipped are"),
    ],
)
def test_what_is_wrong_is_said(runs: Any, args: tuple[str, ...], code: int, told: str, cure: str) -> None:
    done = runs("report", *args)
    assert (done.code, done.out) == (code, "")
    assert told in done.err and cure in done.err


def test_one_model_asked_twice(runs: Any, folder: Path) -> None:
    """The same run under two names is no two measurements."""
    import shutil

    shutil.copytree(next((folder / "runs").glob("*echo-a*")), folder / "runs/again")
    done = runs("report", "runs", *AT)
    assert done.code == 2
    assert "in two of these runs" in done.err and "each model was asked once" in done.err


def test_parquet_is_written_or_said_to_be_not(runs: Any, folder: Path) -> None:
    done = runs("report", "runs", *AT)
    try:
        import pyarrow.parquet as parquet
    except ImportError:
        assert "no Parquet without the extra `parquet`" in done.err
        assert not list((folder / "report").rglob("*.parquet"))
        return
    table = parquet.read_table(folder / "report/tables/points.parquet")
    assert table.num_rows == len((folder / "report/tables/points.csv").read_text().splitlines()) - 1


# --- taskc curves ---------------------------------------------------------------------------------


def test_curves_of_a_part(quick: Any, folder: Path) -> None:
    (folder / "p.csv").write_text(POINTS)

    def curves(*more: str) -> list[tuple[str, str, int]]:
        told = json.loads(quick("curves", "--points", "p.csv", "--format", "json", *more).out)["curves"]
        return [(one["task"], one["regime"], len(one["points"])) for one in told]

    assert len(curves()) == 3
    assert curves("--select", "regime=few_shot") == [("a", "few_shot", 2)]
    assert curves("--select", "task=b") == [("b.one", "zero_shot", 2)]
    assert curves("-m", "S", "-m", "M") == [
        ("a", "zero_shot", 2),
        ("a", "few_shot", 1),
        ("b.one", "zero_shot", 1),
    ]
    wrong = quick("curves", "--points", "p.csv", "-m", "XL")
    assert (wrong.code, "no model is called `XL`" in wrong.err) == (2, True)


def test_curves_drawn_as_text_and_as_a_picture(quick: Any, folder: Path) -> None:
    (folder / "p.csv").write_text(POINTS)
    done = quick("curves", "--points", "p.csv", "--draw", "-o", "c.svg", "--select", "regime=zero_shot")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0] == "a · zero_shot · f: u_shaped"
    assert lines[3].startswith("   100 ┤") and lines[7].split() == ["100M", "10B"]
    assert b"<svg" in (folder / "c.svg").read_bytes()
    assert quick("curves", "--points", "p.csv", "-o", "c.png").code == 0
    assert (folder / "c.png").read_bytes().startswith(b"\x89PNG")
    other = quick("curves", "--points", "p.csv", "-o", "c.pdf")
    assert (other.code, other.out) == (2, "")
    assert "`c.pdf` is no picture that can be written" in other.err


def test_subtasks_are_taken_together_unless_they_are_wanted_apart(quick: Any, folder: Path) -> None:
    text = (folder / "capitals.task").read_text(encoding="utf-8").rstrip().removesuffix("}")
    (folder / "capitals.task").write_text(
        f"{text}\n  subtask near {{ }}\n  subtask far {{ }}\n}}\n", encoding="utf-8"
    )
    assert quick("compile", "capitals.task").code == 0
    for name in ("a", "b"):
        assert quick("eval", "-m", f"echo/{name}", "--no-picture", "-q").code == 0
    args = ("curves", "runs", *AT[:4], "--format", "json", "--select", "regime=zero_shot", "belief=none")

    def told(*more: str) -> set[tuple[str, float]]:
        curves = json.loads(quick(*args, *more).out)["curves"]
        return {(one["task"], one["points"][0]["n"]) for one in curves}

    assert told() == {("capitals", 15)}
    assert told("--subtasks") == {(f"capitals{end}", 5) for end in ("", ".near", ".far")}
