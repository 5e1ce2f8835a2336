"""What flow lends the lints: reading, tokenizers at hand, declared contexts, what n items show."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from taskc.backends.protocol import ModelError, Surroundings
from taskc.compiler.survey import drawn
from taskc.dsl.diagnostic import Severity
from taskc.flow.lend import tools
from taskc.flow.understand import understand
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
from taskc.compiler.survey import drawn
from taskc.dsl.diagnostic import Severity
from taskc.flow.lend import tools
from taskc.flow.understand import understand
tools()
heavy = ("numpy", "pydantic", "tokenizers", "statistics")
ours = ("taskc.metrics", "taskc.backends", "taskc.analysis")
print(sorted(m for m in sys.modules if m.split(".")[0] in heavy or m.startswith(ours)))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


MANY = """
task many {
  item { q: int }
  items generate 30000 seed 1 { q = randint(1, 10**9) }
  true_task "Give the last digit." -> str(q % 10)
  distractor "Give the first one." -> str(q)[0]
  prompt "What is the last digit of {{ q }}?"
  reply "It is {{ answer }}."
  regimes zero_shot
  canary "taskc:test"
}
"""


def test_of_many_items_a_share_is_looked_at(tmp_path: Path) -> None:
    """About 10,000, and the author is told; `--all-items` looks at all, and has nothing to tell."""
    (tmp_path / "many.task").write_text(MANY, encoding="utf-8")
    [told] = understand([str(tmp_path / "many.task")]).found
    assert told.rule == "items-sampled" and told.severity is Severity.NOTE
    assert re.match(r"lints looked at (9,99|10,00)\d of 30,000 items", told.message)
    assert understand([str(tmp_path / "many.task")], tools(all_items=True)).found == []


@pytest.mark.parametrize("most", [None, 10, 11])
def test_few_items_are_all_looked_at(most: int | None) -> None:
    assert list(drawn(10, most)) == list(range(10))
    assert len(drawn(10, 9)) < 10


@pytest.mark.parametrize("every", [2, 3, 5, 7, 10, 64, 100])
@pytest.mark.parametrize("asked", [20_001, 33_333, 100_000])
def test_what_repeats_is_met_as_often_as_it_is(asked: int, every: int) -> None:
    """Items that come in turns are drawn in equal parts, to a hundredth."""
    numbers = drawn(asked, 10_000)
    assert len(numbers) == pytest.approx(10_000, abs=3)
    for turn in range(every):
        here = sum(number % every == turn for number in numbers)
        assert here / len(numbers) == pytest.approx(1 / every, abs=0.01)
