"""What flow lends the lints: reading, tokenizers at hand, declared contexts, what n items show."""

import subprocess
import sys
from pathlib import Path

import pytest

from taskc.backends.protocol import ModelError, Surroundings
from taskc.flow.lend import tools
from taskc.records.request import Form, Option


def test_without_models_there_is_all_that_needs_none() -> None:
    lent = tools()
    assert lent.models == {} and lent.contexts == {} and lent.effect is None
    assert lent.read is not None and lent.same is not None and lent.detects is not None


def test_replies_are_read_as_scoring_reads_them() -> None:
    lent = tools()
    assert lent.read is not None and lent.same is not None
    options = tuple(Option(label=a, text=t, written=a, continuation=" " + a) for a, t in ("AX", "BY"))
    assert lent.read("Answer: B", Form(before="Answer: "), options, "text") == "B"
    assert lent.read("nobody knows", Form(before="Answer: "), options, "text") is None
    assert lent.same("Paris", "paris.", "text", ()) and not lent.same("A", "B", "text", options)


def test_more_items_show_smaller_differences() -> None:
    """As the exact McNemar test with half of the pairs discordant; 1 where nothing can be shown."""
    detects = tools().detects
    assert detects is not None
    shown = [detects(n) for n in (1, 10, 40, 100, 400, 10_000)]
    assert shown[:2] == [1.0, 1.0] and shown == sorted(shown, reverse=True)
    assert shown[3] == pytest.approx(0.20, abs=0.01) and shown[4] == pytest.approx(0.10, abs=0.01)


def test_what_is_not_at_hand_is_none(tmp_path: Path) -> None:
    """Nothing is fetched: neither a model that is not here nor a tokenizer that a provider keeps."""
    around = Surroundings(cache=tmp_path, offline=True)
    lent = tools(["local/smollm2-135m", "openai/gpt-x?context=500", "local/smollm2-135m"], 0.1, around)
    assert dict(lent.models) == {"local/smollm2-135m": None, "openai/gpt-x?context=500": None}
    assert lent.contexts["openai/gpt-x?context=500"] == 500
    assert lent.effect == 0.1 and list(tmp_path.iterdir()) == []
    assert lent.estimate("four words stand here") in range(3, 9)


def test_a_model_that_means_nothing_is_refused(tmp_path: Path) -> None:
    for model in ("gpt", "nobody/x", "local/nothing"):
        with pytest.raises(ModelError):
            tools([model], None, Surroundings(cache=tmp_path, offline=True))


def test_lending_loads_nothing_heavy() -> None:
    """Tools cost nothing until a lint reaches for them."""
    script = """
import sys
from taskc.flow.lend import tools
tools()
heavy = ("numpy", "pydantic", "tokenizers", "statistics")
ours = ("taskc.metrics", "taskc.backends", "taskc.analysis")
print(sorted(m for m in sys.modules if m.split(".")[0] in heavy or m.startswith(ours)))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
