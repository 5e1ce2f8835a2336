"""`taskc plan` as a process: what it prints and exits with; it needs no key and writes nothing."""

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def build(run: Any, folder: Path) -> Path:
    """Give the folder with its build."""
    assert run("compile", "-q").code == 0
    return folder


def _there(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def test_plan(run: Any, build: Path) -> None:
    """Models that nobody has a key for are planned; the page fits into its columns; nothing is written."""
    before = _there(build)
    ran = run("plan", "-m", "openai/gpt-4o-mini", "-m", "echo/x", "--rpm", "10", COLUMNS="100")
    assert (ran.code, ran.err) == (0, "")
    assert all(len(line) <= 100 for line in ran.out.splitlines())
    assert "build: 1 task, 40 requests" in ran.out
    assert "choice   not to be had" in ran.out and "choice   score" in ran.out
    [openai] = [line.split() for line in ran.out.splitlines() if line.startswith("openai/gpt-4o-mini  ")]
    assert openai[1:4] == ["20", "0", "20"] and openai[-5:] == ["≥", "2", "min", "0", "s"]
    assert "(20" in ran.out and "https://" in ran.out, "prices say when and where"
    assert "the smallest difference" in ran.out
    assert _there(build) == before


def test_what_was_answered_is_not_counted_on(run: Any, build: Path) -> None:
    assert run("eval", "-m", "echo/x", "-q", "--no-picture", "--limit", "2").code == 0
    ran = run("plan", "-m", "echo/x", "--format", "json")
    assert ran.code == 0
    forecast = json.loads(ran.out)
    [model] = forecast["models"]
    assert (model["requests"], model["answered"], model["missing"]) == (40, 16, 24)
    assert forecast["store"] == "runs/responses.sqlite"


def test_without_a_model(run: Any, build: Path) -> None:
    """What the build can show needs no model."""
    ran = run("plan", "--format", "json")
    forecast = json.loads(ran.out)
    assert (ran.code, forecast["models"], forecast["requests"]) == (0, [], 40)
    assert forecast["characters"] > 1_000
    rows = {tuple(row["cells"]): (row["n"], row["conflict"]) for row in forecast["detectable"]}
    assert rows == {
        ("zero_shot, belief=none", "one_shot, belief=none"): (5, 0),
        ("zero_shot, belief=wrong", "one_shot, belief=wrong"): (5, 5),
    }
    text = run("plan", COLUMNS="80").out
    assert "–" in text, "five items can show nothing"
    assert all(len(line) <= 80 for line in text.splitlines())
    assert "zero_shot, one_shot × belief=none" in run("plan", COLUMNS="140").out


def test_a_refused_measure(run: Any, folder: Path) -> None:
    """A stated measure that cannot be had is an error that names what can; the plan is printed."""
    text = (folder / "capitals.task").read_text(encoding="utf-8")
    stated = text.replace("regimes zero_shot, one_shot", "regimes zero_shot\n  measure choice")
    (folder / "stated.task").write_text(stated, encoding="utf-8")
    assert run("compile", "-q", "stated.task", "-o", "stated").code == 0
    ran = run("plan", "stated", "-m", "openai/gpt-4o-mini")
    assert ran.code == 1 and ran.out.startswith("stated: 1 task")
    assert "measure `choice` of capitals cannot be had from openai/gpt-4o-mini" in ran.err
    assert "help: state `" in ran.err and ran.err.count("error") == 1


def test_prices(run: Any, build: Path) -> None:
    """No price is invented: where none is known the cure is named, and the cure works."""
    ran = run("plan", "-m", "openai-api/vllm/m")
    assert ran.code == 0 and "unknown" in ran.out and "$" not in ran.out
    assert "`--price openai-api/vllm/m=IN/OUT`" in " ".join(ran.out.split())
    assert "time: give `--rpm`" in ran.out
    ran = run("plan", "-m", "openai-api/vllm/m", "--price", "openai-api/vllm/m=1/2")
    assert ran.code == 0 and "≤ ~$" in ran.out
    ran = run("plan", "-m", "openai-api/vllm/m", "--price", "cheap")
    assert ran.code == 2 and "`cheap` is not a price" in ran.err
    (build / "mine.toml").write_text("[[price]]\nmodels = ['*']\n", encoding="utf-8")
    ran = run("plan", "-m", "openai-api/vllm/m", "--prices", "mine.toml")
    assert ran.code == 1 and "`mine.toml` is not a table of prices" in ran.err and "help: write" in ran.err
    assert run("plan", "--prices", "none.toml").code == 2


def test_what_is_no_build(run: Any, build: Path) -> None:
    ran = run("plan", "capitals.task")
    assert ran.code == 1 and "help: compile it first: `taskc compile capitals.task`" in ran.err
    ran = run("plan", "nowhere")
    assert ran.code == 1 and "there is no build in `nowhere`" in ran.err
    ran = run("plan", "-m", "nobody/x")
    assert ran.code == 1 and "unknown provider `nobody`" in ran.err
    ran = run("plan", "--rpm", "0")
    assert ran.code == 2


def test_a_dry_run_needs_no_key(run: Any, build: Path) -> None:
    """Nothing is opened or fetched for the plan of a run."""
    before = _there(build)
    cache = str(build / "cache")
    models = ("-m", "anthropic/claude-sonnet-4-5", "-m", "local/smollm2-135m", "-m", "openai-api/vllm/m")
    ran = run("eval", *models, "--dry-run", XDG_CACHE_HOME=cache)
    assert ran.code == 0 and ran.out.count("generate") >= 6
    ran = run("plan", *models, XDG_CACHE_HOME=cache)
    assert ran.code == 0 and "estimated" in ran.out
    assert _there(build) == before


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "-inf", "1e999"])
@pytest.mark.parametrize("flag", ["--rpm", "--tpm", "--latency"])
def test_rates_are_numbers_above_0(run: Any, flag: str, value: str) -> None:
    ran = run("plan", f"{flag}={value}")
    assert ran.code == 2
    assert flag in ran.err and "Traceback" not in ran.err
