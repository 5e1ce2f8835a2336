"""What is forecast holds: what is counted is what is asked, and what is bounded is not exceeded."""

import asyncio
import json

import pytest

from taskc.backends import ModelError, Surroundings, open_model
from taskc.flow.ask_build import ask_build
from taskc.flow.build import compile_paths
from taskc.flow.build_folder import open_build
from taskc.flow.plan import PlanJob, make_plan
from taskc.flow.selection import BadSelection, Wanted, parse_selection
from taskc.flow.spending import Rates, cost_of, time_of
from taskc.records.forecast import Duration, Price, Tokens
from taskc.records.lines import dump, load
from taskc.store.responses import ResponseStore

TASK = """
task shades {
  item { word: text, answer: text, trap: text, rationale: text }
  items generate 24 seed 1 {
    let n = randint(0, 1000)
    word = "w{{ n }}"
    answer = "yes"
    trap = "yes" if n % 3 == 0 else "no"
    rationale = "It is."
  }
  true_task  "Say yes." -> answer
  distractor "Say no."  -> trap
  options ["yes", "no"] as letters
  prompt "Is {{ word }} a word?\\n{{ options }}"
  reply "Answer: {{ answer }}"
  measure choice, label, reply
  regimes zero_shot, one_shot, step_by_step, self_consistency(samples = 3)
}
"""


@pytest.fixture
def build(tmp_path):
    (tmp_path / "shades.task").write_text(TASK, encoding="utf-8")
    built = compile_paths([str(tmp_path / "shades.task")], tmp_path / "build")
    assert built.manifest is not None, [d.message for d in built.understood.found]
    return tmp_path / "build"


@pytest.fixture
def around(tmp_path):
    return Surroundings(cache=tmp_path / "cache", offline=True)


@pytest.fixture
def plan(build, tmp_path, around):
    def make(*models, **given):
        return make_plan(PlanJob(build=build, models=models, runs=tmp_path / "runs", **given), around)

    return make


def ask(build, model, around, runs, wanted=None):
    _, requests = open_build(build)
    with ResponseStore.open(runs / "responses.sqlite") as store:
        run = asyncio.run(ask_build(requests, [open_model(model, around)], store))
    (tally,) = run.tallies
    return tally


@pytest.mark.parametrize(
    "model", ["echo/x", "echo/x?prefill=no&labels=no", "echo/x?score=no&reply=Answer: A", "echo/x?batch=7"]
)
def test_what_is_forecast_is_what_is_asked(model, plan, build, around, tmp_path):
    (before,) = plan(model).forecast.models
    if plan(model).plan.refused:
        assert "score=no" in model
        return
    tally = ask(build, model, around, tmp_path / "runs")
    assert (before.requests, before.answered, before.missing) == (tally.asked, 0, tally.asked)
    assert before.exact
    assert before.tokens.read <= tally.usage.read <= before.tokens.read + before.tokens.reasoning
    assert tally.usage.written <= before.tokens.written
    (after,) = plan(model).forecast.models
    assert (after.requests, after.answered, after.missing) == (before.requests, before.requests, 0)
    assert after.tokens == Tokens()


def test_what_is_partly_answered(plan, build, around, tmp_path):
    ask(build, "echo/x?fail=0.3", around, tmp_path / "runs")
    (one,) = plan("echo/x").forecast.models
    assert 0 < one.answered < one.requests and one.answered + one.missing == one.requests
    (other,) = plan("echo/other").forecast.models
    assert other.answered == 0
    (lost,) = plan("echo/x", wanted=parse_selection(["regime=zero_shot"], None)).forecast.models
    assert lost.requests < one.requests


def test_nothing_is_written(plan, tmp_path, build):
    before = sorted(tmp_path.rglob("*"))
    plan("echo/x", "openai/gpt-4o-mini", "local/smollm2-135m")
    assert sorted(tmp_path.rglob("*")) == before


def test_the_lowerings_are_those_of_a_run(plan, build, around):
    from taskc.flow.ask_build import prepare

    _, requests = open_build(build)
    model = open_model("echo/x?score=no", around)
    prepared = prepare(requests, {model.model: model.capabilities})
    planned = plan("echo/x?score=no")
    assert planned.plan.lowerings == prepared.plan.lowerings
    assert planned.plan.refused == prepared.plan.refused != ()
    assert {row.nearest for row in planned.plan.refused} <= {"label", "reply"}


def test_labels_of_a_provider_cost_one_token_each(plan):
    wanted = parse_selection(["regime=zero_shot"], None)
    can, top = (
        plan(model, wanted=wanted).forecast.models[0]
        for model in ("echo/x", "echo/x?labels=no&score=no&top_logprobs=5")
    )
    assert top.tokens.written == can.tokens.written + 24


# --- what it can show -------------------------------------------------------------------------------


def test_cells_count_items_and_not_samples_or_measures(plan):
    (row,) = plan().forecast.detectable
    assert (row.task, row.n, row.n) == ("shades", 24, row.conflict + row.agree)
    assert row.cells == ("zero_shot", "one_shot", "step_by_step", "self_consistency")
    assert 0 < row.conflict < 24
    assert row.chance == 0.5
    assert row.from_chance == pytest.approx(0.297, abs=0.001)
    assert list(row.pairs) == ["0.1", "0.2", "0.4"] and row.pairs["0.1"] is None
    assert list(row.groups) == ["0.95", "0.8", "0.5"]


def test_a_limit_leaves_fewer_items(plan):
    (row,) = plan(wanted=parse_selection([], "6")).forecast.detectable
    assert row.n == 6
    assert plan().forecast.requests > plan(wanted=parse_selection([], "6")).forecast.requests


def test_subtasks_stand_together_unless_they_are_parted(tmp_path, around):
    text = TASK.replace("  regimes", '  subtask one { title "1" }\n  subtask two { title "2" }\n  regimes')
    (tmp_path / "parted.task").write_text(text, encoding="utf-8")
    assert compile_paths([str(tmp_path / "parted.task")], tmp_path / "parted").manifest is not None
    job = PlanJob(build=tmp_path / "parted")
    assert [row.n for row in make_plan(job, around).forecast.detectable] == [72]
    parted = PlanJob(build=tmp_path / "parted", subtasks=True)
    rows = make_plan(parted, around).forecast.detectable
    assert [(row.task, row.n) for row in rows] == [
        ("shades", 24),
        ("shades.one", 24),
        ("shades.two", 24),
    ]


# --- cost and time ----------------------------------------------------------------------------------


def test_cost():
    tokens = Tokens(read=2_000_000, reasoning=500_000, written=100_000)
    cost = cost_of(tokens, Price(models=("m",), input=3.0, output=10.0))
    assert (cost.least, cost.most) == (pytest.approx(6.0), pytest.approx(6.0 + 1.5 + 1.0))


@pytest.mark.parametrize(
    ("rates", "time"),
    [
        (Rates(), None),
        (Rates(rpm=60), Duration(seconds=600.0, decides="rpm")),
        (Rates(rpm=60, tpm=1_000), Duration(seconds=660.0, decides="tpm")),
        (Rates(latency=4, connections=4), Duration(seconds=600.0, decides="latency")),
        (Rates(rpm=6_000, latency=0.1, connections=1), Duration(seconds=60.0, decides="latency")),
    ],
)
def test_time(rates, time):
    assert time_of(600, Tokens(read=8_000, reasoning=1_000, written=2_000), rates) == time


def test_prices_on_the_command_line_go_before_files_and_these_before_the_shipped_ones(plan, tmp_path):
    model = "openai/gpt-4o-mini"
    table = tmp_path / "mine.toml"
    table.write_text(f"[[price]]\nmodels = ['{model}', 'openai-api/*']\ninput = 7\noutput = 8\n")
    (shipped, other), (mine, served), (said, _) = (
        plan(model, "openai-api/v/m", **given).forecast.models
        for given in ({}, {"prices": (table,)}, {"prices": (table,), "stated": (f"{model}=1/2",)})
    )
    assert (shipped.price.input, other.price, other.cost) == (0.15, None, None)
    assert (mine.price.input, served.price.input) == (7.0, 7.0)
    assert (said.price.input, said.price.output) == (1.0, 2.0)
    assert said.cost.most > said.cost.least > 0


@pytest.mark.parametrize("text", ["m", "m=1", "m=a/b", "=1/2", "m=-1/2", "m=nan/1", "m=1/inf"])
def test_what_is_no_price(plan, text):
    with pytest.raises(BadSelection, match="is not a price"):
        plan("openai/gpt-4o-mini", stated=(text,))


def test_a_forecast_can_be_written_and_read(plan):
    from taskc.records.forecast import Forecast

    forecast = plan("echo/x", "openai/gpt-4o-mini", rates=Rates(rpm=1), wanted=Wanted()).forecast
    assert load(Forecast, dump(forecast)) == forecast
    assert json.loads(dump(forecast))["models"][1]["time"]["decides"] == "rpm"


def test_by_batch_it_costs_what_the_table_says(plan):
    """Half the price for both that take batches; a price that says nothing of batches stays whole."""
    (singly,) = plan("openai/gpt-4o-mini").forecast.models
    (by_batch,) = plan("openai/gpt-4o-mini", by_batch=True, rates=Rates(rpm=5.0)).forecast.models
    assert by_batch.tokens == singly.tokens
    assert by_batch.cost.most == pytest.approx(singly.cost.most / 2)
    assert (by_batch.by_batch, by_batch.time) == (True, None)
    stated = ("openai/gpt-4o-mini=1/2",)
    (whole,) = plan("openai/gpt-4o-mini", stated=stated).forecast.models
    (as_whole,) = plan("openai/gpt-4o-mini", stated=stated, by_batch=True).forecast.models
    assert as_whole.cost == whole.cost
    with pytest.raises(ModelError, match="cannot be asked by batch"):
        plan("echo/x", by_batch=True)
