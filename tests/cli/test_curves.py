"""`taskc curves` and `taskc emergence`: tables of points in, verdicts out."""

import json
from pathlib import Path
from typing import Any

import pytest

HEAD = "task,regime,family,model,scale,value,n\n"
U = HEAD + (
    "negation,zero_shot,palm,8B,8e9,0.62,300\n"
    "negation,zero_shot,palm,540B,540e9,0.70,300\n"
    "negation,zero_shot,palm,62B,62e9,0.40,300\n"
    "negation,zero_shot,gpt,a,1e9,0.7,100\n"
    "negation,zero_shot,gpt,b,1e10,0.3,100\n"
    "negation,zero_shot,gpt,c,1e11,0.7,100\n"
)


def test_verdicts_as_json(run: Any, folder: Path) -> None:
    """A curve is one task, regime and family; rows may stand in any order, and further columns are kept."""
    (folder / "p.csv").write_text(HEAD.replace("n\n", "n,source\n") + "".join(
        f"{line},table 3\n" for line in U.splitlines()[1:]
    ))  # fmt: skip
    told = json.loads(run("curves", "--points", "p.csv", "--format", "json").out)
    palm, gpt = told["curves"]
    assert (palm["task"], palm["regime"], palm["family"]) == ("negation", "zero_shot", "palm")
    assert palm["verdict"] == gpt["verdict"] == "u_shaped"
    assert sum(palm["probabilities"].values()) == pytest.approx(1.0)
    assert [p["model"] for p in palm["points"]] == ["8B", "62B", "540B"]
    assert palm["points"][0] == {"model": "8B", "scale": 8e9, "value": 0.62, "n": 300, "source": "table 3"}
    assert palm["turning_point"]["low"] < 62e9 < palm["turning_point"]["high"]
    (pooled,) = told["pooled"]
    assert (pooled["verdict"], pooled["agree"], pooled["families"]) == ("u_shaped", 2, 2)


def test_verdicts_as_text(quick: Any, folder: Path) -> None:
    (folder / "p.csv").write_text(U)
    said = quick("curves", "--points", "p.csv").out
    assert "negation · zero_shot · palm: u_shaped\n  62% 40% 70% of 300 items\n" in said
    assert "all families: u_shaped, 2 of 2 agree" in said
    sure = quick("curves", "--points", "p.csv", "--likely", "0.9999").out
    assert "negation · zero_shot · palm: undetermined" in sure


def test_emergence_as_json(quick: Any, folder: Path) -> None:
    """The clearest breakthrough has no breakthroughness as BIG-bench defines it, and a stable one."""
    rows = "".join(f"t,r,f,m{at},{10**at},{value},100\n" for at, value in enumerate([0, 0, 0, 0, 1]))
    (folder / "p.csv").write_text(HEAD + rows)
    (one,) = json.loads(quick("emergence", "--points", "p.csv", "--format", "json").out)["curves"]
    assert one["linearity"] == pytest.approx(2.0)
    assert one["breakthroughness"] is None
    assert one["stable_breakthroughness"] > 10
    assert "breakthroughness not defined" in quick("emergence", "--points", "p.csv").out


@pytest.mark.parametrize(
    ("row", "told", "cure"),
    [
        ("t,r,f,m,1e9,62,100", "value is 62, which is not between 0 and 1", "write shares, 0.62 for 62 %"),
        ("t,r,f,m,1e9,-1,100", "value is -1, which is not between 0 and 1", "shares of right answers"),
        ("t,r,f,m,1.3B,0.5,100", "`scale` is “1.3B”, which is no number", "`1.3e9` for 1.3B"),
        ("t,r,f,m,0,0.5,100", "scale is 0, and its logarithm is wanted", "--axis linear"),
        ("t,r,f,m,1e9,nan,100", "`value` is “nan”, which is no number", "write a number"),
        ("t,r,f,m,1e9,0.5,0", "n is 0, and a value is had from one item or more", "number of items"),
        ("t,r,f,,1e9,0.5,100", "column `model` is empty here", "give every point all columns"),
        ("t,r,f,m,1e9,0.5,100\nt,r,f,m,1e9,0.6,100", "model `m` has two points on one curve", "`family`"),
    ],
)
def test_what_is_wrong_with_a_point(quick: Any, folder: Path, row: str, told: str, cure: str) -> None:
    """A row that makes no point is shown with its line and the way out, and nothing is judged."""
    (folder / "p.csv").write_text(f"{HEAD}{row}\n")
    done = quick("curves", "--points", "p.csv")
    assert done.code == 1
    assert done.out == ""
    assert f"p.csv:{2 + row.count(chr(10))}:1: error[bad-data]: {told}" in done.err
    assert cure in done.err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "there are no points in this file"),
        (HEAD, "there are no points in this file"),
        ("task,regime,family,model,scale,accuracy,n\nt,r,f,m,1,1,1\n", "there is no column `value`"),
    ],
)
def test_what_is_wrong_with_a_table(quick: Any, folder: Path, text: str, told: str) -> None:
    (folder / "p.csv").write_text(text)
    for command in ("curves", "emergence"):
        done = quick(command, "--points", "p.csv")
        assert (done.code, told in done.err) == (1, True)


def test_other_axes(quick: Any, folder: Path) -> None:
    """Shots begin at 0, which has no logarithm."""
    rows = "".join(f"t,r,f,m{shots},{shots},{value},300\n" for shots, value in [(0, 0.2), (1, 0.5), (5, 0.8)])
    (folder / "p.csv").write_text(HEAD + rows)
    assert ": positive" in quick("curves", "--points", "p.csv", "--axis", "linear").out


def test_runs_on_a_ladder(quick: Any, folder: Path) -> None:
    """What `eval` found is put against the sizes of models; one that nobody knows is told, with the cure."""
    quick("compile", "capitals.task")
    for name in ("a", "b", "c"):
        assert quick("eval", "-m", f"echo/{name}", "--no-picture", "-q").code == 0
    lost = quick("curves", "runs")
    assert lost.code == 2
    assert "`echo/a`, `echo/b`, `echo/c` are on no ladder" in lost.err
    assert "--at echo/a=NUMBER" in lost.err
    rungs = "".join(
        f'[[model]]\nname = "{name}"\nmodels = ["{name}"]\nparameters = {size}\nsource = "here"\n'
        for name, size in [("a", 10), ("b", 100)]
    )
    (folder / "mine.toml").write_text(f'name = "mine"\n{rungs}')
    args = ("curves", "runs", "--ladder", "mine.toml", "--at", "echo/c=5", "--format", "json")
    curves = json.loads(quick(*args).out)["curves"]
    mine = [one for one in curves if one["family"] == "mine"]
    assert [[p["model"], p["scale"]] for p in mine[0]["points"]] == [["echo/a", 10], ["echo/b", 100]]
    assert {one["family"] for one in curves} == {"mine", "given"}
    no_tokens = quick(*args, "--scale", "tokens")
    assert "the tokens of `echo/a` are not known" in no_tokens.err
    assert "is not a run" in quick("curves", "nowhere").err
    assert quick("curves").code == 2


def test_different_ways_share_no_curve_unless_asked(quick: Any, folder: Path) -> None:
    """A model whose reply can be begun, and one whose cannot: two curves of one point, or one of two."""
    quick("compile", "capitals.task")
    select = ("--select", "regime=zero_shot", "--no-picture", "-q")
    for model in ("echo/a?score=no", "echo/b?score=no&prefill=no"):
        assert quick("eval", "-m", model, *select).code == 0
    at = ("--at", "echo/a?score=no=1", "--at", "echo/b?prefill=no&score=no=10")
    args = ("curves", "runs", *at, "--format", "json")

    def sizes(*more: str) -> dict[str, int]:
        curves = json.loads(quick(*args, *more).out)["curves"]
        return {one["regime"]: len(one["points"]) for one in curves if "belief=none, reply" in one["regime"]}

    assert sizes() == {
        "zero_shot, belief=none, reply, generate+prefill": 1,
        "zero_shot, belief=none, reply, generate": 1,
    }
    assert sizes("--mix-measures") == {"zero_shot, belief=none, reply": 2}


def test_one_model_twice(quick: Any, folder: Path) -> None:
    """Two ways to ask one model are no two sizes; a scale of a model that is not there is told, too."""
    quick("compile", "capitals.task")
    for model in ("echo/x/a", "echo/x/a?reply=no"):
        assert quick("eval", "-m", model, "--no-picture", "-q").code == 0
    rung = '[[model]]\nname = "a"\nmodels = ["x/a"]\nparameters = 10\nsource = "here"\n'
    (folder / "mine.toml").write_text(f'name = "mine"\n{rung}')
    done = quick("curves", "runs", "--ladder", "mine.toml")
    assert done.code == 2
    assert "`echo/x/a` and `echo/x/a?reply=no` would be two points of one model" in done.err
    strange = quick("curves", "runs", "--ladder", "mine.toml", "--at", "echo/other=5")
    assert "`echo/other` is in none of these runs" in strange.err
    (folder / "p.csv").write_text(U)
    assert quick("curves", "--points", "p.csv", "--scale", "tokens").code == 2
    assert "no ladder `foo`" in quick("curves", "runs", "--ladder", "foo").err


def test_one_size_is_no_curve(quick: Any, folder: Path) -> None:
    """A family of one model says nothing of scale, and nothing of what families agree on."""
    (folder / "p.csv").write_text(U + "negation,zero_shot,alone,x,1e9,0.5,100\n")
    told = json.loads(quick("curves", "--points", "p.csv", "--format", "json").out)
    assert [one["verdict"] for one in told["curves"]] == ["u_shaped", "u_shaped", "undetermined"]
    assert (told["pooled"][0]["families"], told["pooled"][0]["agree"]) == (2, 2)
    said = quick("curves", "--points", "p.csv").out
    assert "alone: undetermined\n  50% of 100 items\n  models of one size make no curve\n" in said


def test_what_counts_as_a_rise(quick: Any, folder: Path) -> None:
    """A U of four points is none, unless so little is said to count; a share is asked for, not a number."""
    rows = "".join(
        f"t,r,f,m{at},{10**at},{value},100000\n" for at, value in enumerate([0.54, 0.52, 0.5, 0.52, 0.54])
    )
    (folder / "p.csv").write_text(HEAD + rows)
    usual = json.loads(quick("curves", "--points", "p.csv", "--format", "json").out)
    small = json.loads(quick("curves", "--points", "p.csv", "--least", "0.03", "--format", "json").out)
    assert (usual["least"], usual["curves"][0]["verdict"]) == (0.05, "flat")
    assert (small["least"], small["curves"][0]["verdict"]) == (0.03, "u_shaped")
    assert usual["curves"][0]["paired"] is None and usual["curves"][0]["cause"] is None
    assert quick("curves", "--points", "p.csv", "--least", "3").code == 2


def test_families_without_models_beyond_the_turn(quick: Any, folder: Path) -> None:
    rows = [
        f"t,r,whole{family},m{at},{10 ** (8 + at)},{value},300\n"
        for family in range(3)
        for at, value in enumerate([0.7, 0.5, 0.3, 0.5, 0.7])
    ]
    rows += [f"t,r,large,m{at},{2 * 10 ** (10 + at)},{v},300\n" for at, v in enumerate([0.35, 0.5, 0.65])]
    (folder / "p.csv").write_text(HEAD + "".join(rows))
    said = quick("curves", "--points", "p.csv").out
    assert "all families: u_shaped, 3 of 4 agree" in said
    assert "; 1 without models beyond the turn go its way" in said
