"""What nobody says of a model is asked of it once, where the plan hangs on it, and never by a plan."""

import json
import math

import pytest

from taskc.backends import ModelError, describe_model, describe_models, open_model
from taskc.flow.budget import Budget, Purse
from taskc.flow.build import compile_paths
from taskc.flow.build_folder import open_build
from taskc.flow.evaluate import Job, evaluate, rescore
from taskc.flow.models import forget
from taskc.flow.plan import PlanJob, make_plan
from taskc.flow.prices import at_batch
from taskc.flow.probing import probe_unknown
from taskc.flow.selection import narrowed
from taskc.records.forecast import Price

TASK = """
task shades {
  item { word: text, answer: text, trap: text }
  items generate 2 seed 1 {
    let n = randint(0, 1000)
    word = "w{{ n }}"
    answer = "yes"
    trap = "no"
  }
  true_task  "Say yes." -> answer
  distractor "Say no."  -> trap
  options ["yes", "no"] as letters
  prompt "Is {{ word }} a word?\\n{{ options }}"
  reply "Answer: {{ answer }}"
  measure MEASURE
  regimes zero_shot
}
"""
FAST = "wait=0.001&retries=1"


@pytest.fixture
def job(tmp_path):
    def make(model, measure="label, reply", **more):
        (tmp_path / "shades.task").write_text(TASK.replace("MEASURE", measure), encoding="utf-8")
        built = compile_paths([str(tmp_path / "shades.task")], tmp_path / "build")
        assert built.manifest is not None, [d.message for d in built.understood.found]
        if not model.startswith("echo"):
            model = f"{model}{'&' if '?' in model else '?'}{FAST}"
        return Job(build=tmp_path / "build", models=(model,), runs=tmp_path / "runs", pictures=False, **more)

    return make


class Server:
    """Takes what it `takes` of the fields of a request, and answers 400 to any other."""

    def __init__(self, provider, *takes, echoes=False):
        self.provider, self.takes, self.echoes = provider, takes, echoes
        provider.rule = self

    def __call__(self, asked, before):
        body, server = asked.body, self.provider
        extra = set(body) & {"temperature", "stop", "reasoning_effort", "logprobs", "echo", "output_config"}
        if asked.path.endswith("/completions") and body.get("echo"):
            return server.echo(asked, lambda at: -1.0) if self.echoes else server.text("!")
        if extra - set(self.takes):
            return server.error(400, f"no {sorted(extra - set(self.takes))}")
        if body.get("messages", [{}])[-1].get("role") == "assistant" and "prefill" not in self.takes:
            return server.error(400, "the conversation must end with a user message")
        if body.get("logprobs"):
            return server.top(A=math.log(0.75), B=math.log(0.25))
        return server.reply(asked, "Answer: A")


def probes_of(provider):
    return [
        asked
        for asked in provider.asked
        if "Say A or B." in str(asked.body) or "The sky is" in str(asked.body)
    ]


def test_a_model_without_a_row_is_probed_once(provider, job, tmp_path):
    Server(provider, "temperature", "stop", "logprobs")
    around = provider.around(tmp_path)
    done = evaluate(job("openai/omni"), around)
    (probe,) = done.probes
    assert dict(probe.found) == {"temperature": True, "stop": True, "effort": False, "top_logprobs": 20}
    assert (probe.open, probe.requests) == ((), 4)
    assert len(probes_of(provider)) == 4
    assert {row.measure: row.way for row in done.plan.lowerings} == {
        "label": "labels without lead-in",
        "reply": "generate",
    }
    assert done.scored is not None and not done.scored.missing
    provider.asked.clear()
    again = evaluate(job("openai/omni"), around)
    assert again.probes == () and provider.asked == []
    kept = json.loads(probe.kept.read_text(encoding="utf-8"))
    assert (kept["model"], kept["url"], kept["requests"]) == ("omni", f"{provider.address}/v1", 4)
    assert provider.key not in probe.kept.read_text(encoding="utf-8")
    can = describe_model("openai/omni", around).capabilities
    assert (can.unknown, can.top_logprobs, can.effort, can.source) == ((), 20, False, "a probe")
    record, _ = rescore(done.scored.folder, pictures=False)
    assert record.models[0].capabilities == open_model("openai/omni", around).capabilities


def test_it_is_kept_by_model_form_and_address(provider, job, tmp_path):
    Server(provider, "temperature", "stop", "logprobs")
    around = provider.around(tmp_path)
    evaluate(job("openai/omni"), around)
    elsewhere = provider.around(tmp_path, OPENAI_BASE_URL="http://127.0.0.1:1/v1")
    for model, there in (
        ("openai/omni2", around),
        ("openai/omni?api=responses", around),
        ("openai/omni", elsewhere),
    ):
        assert describe_model(model, there).capabilities.unknown


def test_a_reasoning_model_is_found_out(provider, job, tmp_path):
    def rule(asked, before):
        if set(asked.body) & {"temperature", "stop", "logprobs"}:
            return provider.error(400, "not this one")
        most = asked.body["max_completion_tokens"]
        return (
            provider.chat("A", hidden=9)
            if most > 100
            else provider.chat("", "length", written=most, hidden=most)
        )

    provider.rule = rule
    done = evaluate(job("openai/omni", "reply"), provider.around(tmp_path))
    (probe,) = done.probes
    assert dict(probe.found) == {
        "temperature": False,
        "stop": False,
        "effort": True,
        "reasoning_tokens": 25_000,
        "top_logprobs": 0,
    }
    assert probe.requests == 5
    (row,) = done.plan.lowerings
    assert "`max_tokens` is raised by 25,000 for reasoning that is not shown" in row.why
    assert not done.scored.missing


@pytest.mark.parametrize(("echoes", "way"), [(True, "score"), (False, None)])
def test_a_server_is_asked_whether_it_scores(provider, job, tmp_path, echoes, way):
    Server(provider, "temperature", "stop", echoes=echoes)
    done = evaluate(
        job("openai-api/box/m?mode=completions&top_logprobs=0", "choice, reply"), provider.around(tmp_path)
    )
    assert dict(done.probes[0].found) == {"score": echoes}
    assert {row.measure: row.way for row in done.plan.lowerings}["choice"] == way


def test_a_prefill_is_tried_where_a_refusal_shows(provider, job, tmp_path):
    Server(provider, "temperature")
    done = evaluate(job("anthropic/claude-x", "reply"), provider.around(tmp_path))
    assert dict(done.probes[0].found) == {"prefill": False, "effort": False}


@pytest.mark.parametrize("model", ["openai-api/box/m", "openai/gpt-4o", "openai/omni?probe=no", "echo/x"])
def test_nothing_is_asked_where_nothing_hangs_on_it(provider, job, tmp_path, model):
    provider.rule = lambda asked, before: provider.chat("Answer: A")
    done = evaluate(job(model, "reply"), provider.around(tmp_path))
    assert done.probes == () and not probes_of(provider)


def test_plans_ask_nothing_and_say_what_is_unknown(provider, job, tmp_path):
    provider.rule = lambda asked, before: pytest.fail("something was asked")
    around = provider.around(tmp_path)
    made = job("openai/omni")
    done = evaluate(job("openai/omni", dry=True), around)
    unknown = ("temperature", "stop", "effort", "top_logprobs")
    assert done.unknown == {f"openai/omni?base_url={provider.address}/v1": unknown}
    planned = make_plan(PlanJob(build=made.build, models=made.models, runs=made.runs), around)
    assert planned.forecast.models[0].unknown == unknown
    assert provider.asked == []


def test_what_cannot_be_found_out_stays_open_and_is_not_kept(provider, job, tmp_path):
    provider.rule = lambda asked, before: provider.error(503)
    done = evaluate(job("openai/omni"), provider.around(tmp_path))
    (probe,) = done.probes
    assert (dict(probe.found), probe.kept) == ({}, None)
    assert probe.open == ("temperature", "stop", "effort", "top_logprobs")
    assert "503" in probe.why
    assert probe.requests == 2  # tries, and nothing more after what failed


def test_a_probe_is_paid_from_the_budget(provider, job, tmp_path):
    Server(provider, "temperature", "stop", "logprobs")
    around = provider.around(tmp_path)
    done = evaluate(job("openai/omni", "reply", budget=Budget(requests=2)), around)
    (probe,) = done.probes
    assert (probe.requests, dict(probe.found)) == (2, {"temperature": True, "stop": True})
    assert probe.open == ("effort", "top_logprobs")
    assert probe.why == "no more requests may be sent"
    assert done.budget == "--max-requests"
    assert len(provider.asked) == 2
    poor = job("openai/omni", budget=Budget(cost=1e-9), stated=("openai/omni=1/1",))
    assert evaluate(poor, around).probes[0].why == "`--max-cost` leaves no room for it"
    assert len(provider.asked) == 2
    (rest,) = evaluate(job("openai/omni"), around).probes  # what was found out is not asked again
    assert dict(rest.found) == {"effort": False, "top_logprobs": 20}
    assert json.loads(rest.kept.read_text(encoding="utf-8"))["found"] == {
        "effort": False,
        "stop": True,
        "temperature": True,
        "top_logprobs": 20,
    }


def test_a_probe_can_be_forgotten(provider, job, tmp_path):
    """What was found out is asked again then; what was found out of others stays."""
    Server(provider, "logprobs", "temperature", "stop")
    around = provider.around(tmp_path)
    for model in ("openai-api/box/m", "openai-api/box/other"):
        evaluate(job(model, "label"), around)
    asked = len(provider.asked)
    with pytest.raises(ModelError, match="no probe of `openai-api/box/x` is kept") as caught:
        forget("openai-api/box/x", around)
    assert "taskc eval" in caught.value.help
    assert forget("openai-api/box/m?temperature=no", around) == 1
    (probe,) = evaluate(job("openai-api/box/m", "label"), around).probes
    assert probe.requests > 0 and len(provider.asked) > asked
    assert evaluate(job("openai-api/box/other", "label"), around).probes == ()


def test_before_a_batch_a_probe_costs_what_single_requests_do(provider, job, tmp_path):
    """It is asked one by one, at the whole price, while the batch is reckoned at half of it."""
    Server(provider, "temperature", "stop", "logprobs")
    around = provider.around(tmp_path)
    named = job("openai/omni")
    manifest, every = open_build(named.build)
    requests = narrowed(every, named.wanted, manifest)
    described = describe_models(named.models, around)
    (model,) = (one.model for one in described)
    whole = Price(models=(model,), input=1e6, output=2e6, batch=0.5)
    purse = Purse(Budget(cost=1e6), {model: at_batch(whole)})
    (probe,) = probe_unknown(named.models, described, requests, around, purse, {model: whole}).probes
    answered = 3  # of four, one of which is refused; each has 7 tokens read and 3 written
    assert probe.requests == 4
    assert purse.spent_on(model) == answered * (7 * 1 + 3 * 2)
    assert purse.left() is None and purse.budget.cost == 1e6
