"""What is known of a model without a key, a network or its weights: what it can do, its tokens, its price."""

import re
import socket
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from taskc.backends import BACKENDS, Surroundings, describe_model, describe_models, open_counter, open_model
from taskc.backends import tokens as tokens_of
from taskc.backends.local import is_here
from taskc.backends.prices import find_price, read_prices, shipped_prices
from taskc.backends.protocol import ModelError
from taskc.flow.build import compile_paths
from taskc.flow.build_folder import open_build
from taskc.records.forecast import Price
from taskc.records.lines import dump
from taskc.records.operation import Generate, Generated, Labels, Prompt, Score
from taskc.records.request import Message
from taskc.records.response import Response

MODELS = (
    "anthropic/claude-sonnet-4-5?prefill=yes&timeout=3",
    "echo/x?score=no&delay=1",
    "openai/gpt-4o-mini?retries=0",
    "openai/o3-mini",
    "openai-api/vllm/my-model?top_logprobs=5",
    "openai-api/vllm/my-model?mode=completions&effort=yes",
)
KEYS = {
    "ANTHROPIC_API_KEY": "x",
    "OPENAI_API_KEY": "x",
    "VLLM_API_KEY": "x",
    "VLLM_BASE_URL": "http://127.0.0.1:1/v1",
}
PROMPT = Prompt(messages=(Message(role="user", content="hello world, the end"),), prefill="hello")
ASKED = (
    Generate(prompt=PROMPT, max_tokens=3),
    Score(prompt=PROMPT, continuations=(" world", " the end")),
    Labels(prompt=PROMPT, labels=(" a", " the world")),
    Score(prompt=Prompt(messages=()), continuations=("world", "the")),
)


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """Give surroundings without keys, on a machine that cannot open a connection."""

    def refuse(*given, **more):
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    return Surroundings(cache=tmp_path, offline=True)


@pytest.fixture
def recorded(tmp_path):
    path = tmp_path / "answers.jsonl"
    answer = Response(
        key="k",
        request="r",
        model="echo/x",
        replicate=0,
        lowering="generate+prefill",
        outcome=Generated(text="hi", finish="stop"),
        asked="a",
    )
    path.write_text(dump(answer) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("model", MODELS)
def test_described_as_opened(model, nowhere, tmp_path, monkeypatch):
    described = describe_model(model, nowhere)
    monkeypatch.undo()
    opened = open_model(model, Surroundings(environment=KEYS, cache=tmp_path))
    assert (described.model, described.capabilities) == (opened.model, opened.capabilities)
    assert described.charged is not model.startswith("echo")


def test_recorded_answers_are_described_as_opened(recorded, nowhere):
    model = f"replay/{recorded}"
    described, opened = describe_model(model, nowhere), open_model(model, nowhere)
    assert (described.model, described.capabilities) == (opened.model, opened.capabilities)
    assert not described.charged


def test_every_backend_is_tried():
    tried = {model.partition("/")[0] for model in MODELS} | {"hf", "local", "replay", "simulated"}
    assert tried == set(BACKENDS)


def test_a_local_model_is_described_before_it_is_fetched(nowhere):
    described = describe_model("local/smollm2-135m?mode=text", nowhere)
    assert described.model == "local/smollm2-135m?mode=text"
    assert (described.capabilities.score, described.capabilities.context) == (True, 8192)
    assert not described.charged
    assert not list(nowhere.cache.iterdir())
    assert not open_counter("local/smollm2-135m", nowhere).exact


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("nobody/x", "unknown provider"),
        ("openai/gpt-4o?colour=red", "no parameter `colour`"),
        ("local/smollm3", "no local model"),
        ("local/none.gguf", "cannot be read"),
        ("openai-api/vllm", "names no model"),
        ("openai-api/vllm/x?mode=poem", "`mode` is `poem`"),
    ],
)
def test_what_cannot_be_described_is_an_error(model, said, nowhere):
    with pytest.raises(ModelError, match=re.escape(said)):
        describe_model(model, nowhere)


def test_a_model_is_described_once(nowhere):
    with pytest.raises(ModelError, match="named twice"):
        describe_models(["echo/x", "echo/x?delay=1"], nowhere)


def test_a_backend_that_cannot_describe_is_told_so(nowhere, monkeypatch):
    """Somebody else's backend may still be opened; a plan of it is refused in words."""
    module = ModuleType("somebodys_backend")
    monkeypatch.setitem(sys.modules, "somebodys_backend", module)
    monkeypatch.setitem(BACKENDS, "somebody", "somebodys_backend")
    with pytest.raises(ModelError, match="`somebody` cannot say what it can do") as raised:
        describe_model("somebody/x", nowhere)
    assert "`describe`" in raised.value.help
    assert not open_counter("somebody/x", nowhere).exact


# --- tokens -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("the cat", 2),
        ("internationally", 3),
        ("12.5!", 5),
        ("a\n\n\nb", 3),
        ("東京", 2),
        ("Москва", 3),
        ("naïve", 1),
    ],
)
def test_estimates(text, count):
    assert tokens_of.estimate(text) == count


def test_messages_and_continuations_are_counted():
    count = tokens_of.estimated().count
    bare = count(Generate(prompt=PROMPT, max_tokens=3))
    assert bare == tokens_of.estimate("hello world, the end") + tokens_of.estimate("hello") + 8
    assert count(Score(prompt=PROMPT, continuations=("one", "two words"))) == bare + 3


def _cache() -> Path:
    import os

    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "taskc"


@pytest.mark.skipif(not is_here("smollm2-135m", _cache()), reason="the model has not been fetched")
def test_the_stated_error_is_that_on_the_shipped_tasks(tmp_path):
    """The messages of each shipped task, estimated and counted: off by no more than the method says."""
    built = compile_paths([str(Path(__file__).parents[2] / "tasks")], tmp_path / "build")
    assert built.manifest is not None
    counter = open_counter("local/smollm2-135m?mode=text", Surroundings(cache=_cache(), offline=True))
    texts: dict[str, Counter[str]] = {}
    for request in open_build(tmp_path / "build")[1]():
        said = [message.content for message in request.messages]
        texts.setdefault(request.task.partition(".")[0], Counter()).update(said)
    off = []
    for said in texts.values():
        asked = {text: Generate(prompt=Prompt(messages=(), prefill=text), max_tokens=1) for text in said}
        counted = sum(times * counter.count(asked[text]) for text, times in said.items())
        guessed = sum(times * tokens_of.estimate(text) for text, times in said.items())
        off.append(100 * (guessed / counted - 1))
    low, high = re.search(r"(-\d+) to \+(\d+) %", tokens_of.METHOD).groups()
    assert (f"{min(off):.0f}", f"{max(off):.0f}") == (low, high)


# --- prices -----------------------------------------------------------------------------------------


def test_shipped_prices_say_when_and_where():
    prices = shipped_prices()
    named = [model for price in prices for model in price.models]
    assert len(named) == len(set(named)) > 10
    for price in prices:
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", price.date)
        assert price.source.startswith("https://")
        assert 0 < price.input < price.output < 200
        assert price.cached is None or price.cached < price.input
        assert all(model.partition("/")[0] in ("openai", "anthropic") for model in price.models)


def test_prices_are_found_by_name_then_by_the_longest_pattern():
    def price(*models, cost):
        return Price(models=models, input=cost, output=cost)

    table = [price("a/*", cost=1.0), price("a/b*", cost=2.0), price("a/bc", cost=3.0)]
    assert find_price("a/bc?x=1", [table]).input == 3.0
    assert find_price("a/bcd", [table]).input == 2.0
    assert find_price("a/z", [table]).input == 1.0
    assert find_price("b/a", [table]) is None
    assert find_price("a/bc", [[price("*", cost=9.0)], table]).input == 9.0
    assert find_price("a/bc?x=1", [[price("a/bc?x=1", cost=5.0)], table]).input == 5.0


def test_known_prices():
    mini = find_price("openai/gpt-4o-mini", [shipped_prices()])
    assert (mini.input, mini.output, mini.cached, mini.batch) == (0.15, 0.6, 0.075, 0.5)
    assert find_price("openai/gpt-4o-mini-realtime", [shipped_prices()]) is None
    assert find_price("openai-api/vllm/gpt-4o-mini", [shipped_prices()]) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[price]]\nmodels = ['a/b']\ninput = 1\n", "price.0.output"),
        ("[[price]]\nmodels = ['a/b']\ninput = 'x'\noutput = 1\n", "price.0.input"),
        ("[[price]]\nmodels = ['a/b']\ninput = -1\noutput = 1\n", "below 0"),
        ("price = [", "is not a table of prices"),
        ("", "price"),
    ],
)
def test_tables_that_are_none(text, said):
    with pytest.raises(ModelError, match=re.escape(said)) as raised:
        read_prices(text, "mine.toml")
    assert "mine.toml" in str(raised.value) and raised.value.help


def test_a_table_of_ones_own():
    (price,) = read_prices(
        "[[price]]\nmodels = ['a/*']\ninput = 1\noutput = 2\ndate = 2026-01-02\n", "mine.toml"
    )
    assert (price.input, price.output, price.cached, price.date) == (1.0, 2.0, None, "2026-01-02")
