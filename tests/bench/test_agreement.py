"""Ways to run one model, held against each other; the real ones are slow."""

import importlib.util
import os
import sys
from pathlib import Path

import pytest

from taskc.backends import ModelError, Surroundings
from taskc.backends.local import pull

ROOT = Path(__file__).parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "taskc"


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("agreement_run", ROOT / "bench/agreement/run.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_a_model_agrees_with_itself_and_not_with_another(bench, tmp_path):
    around = Surroundings(cache=tmp_path, offline=True)
    same, other = bench.agreements(["echo/a", "echo/a", "echo/a?rule=length"], 20, around)
    assert same.fine and same.largest == 0
    assert (same.choices, same.numbers) == (30, 60)
    assert not other.fine
    assert other.differ and other.largest > 1


def test_a_choice_may_differ_where_options_lie_close(bench):
    from taskc.records.operation import Labelled

    def one(a, b):
        return [Labelled(logprobs=(a, b), outside=0.0)]

    near = bench.compare("m", one(-0.70, -0.69), one(-0.69, -0.70), 0.02)
    assert (near.fine, near.differ, near.unclear) == (True, 0, 1)
    far = bench.compare("m", one(-0.9, -0.5), one(-0.5, -0.9), 0.02)
    assert (far.fine, far.differ) == (False, 1)
    # what was not said is counted, and is no agreement
    silent = bench.compare("m", one(-0.9, -0.5), one(None, -0.5), 0.02)
    assert (silent.missing, silent.numbers, silent.choices) == (1, 1, 0)
    assert not bench.compare("m", one(-0.9, -0.5), [None], 0.02).fine


def others(path: Path) -> list[str]:
    """Give the models that the embedded one is held against, each with its tolerance in nats.

    A server over the same file is one more line here: `openai-api/…?base_url=…&top_logprobs=20@0.05`.
    """
    pytest.importorskip("torch", reason="the `hf` extra is not installed")
    pytest.importorskip("transformers", reason="the `hf` extra is not installed")
    return [f"hf/{path}@1e-4"]


@pytest.mark.slow
def test_the_embedded_model_gives_the_same_200_answers_however_it_is_run(bench):
    around = Surroundings(cache=CACHE, environment=dict(os.environ))
    try:
        path = pull("smollm2-135m", around)
    except ModelError as error:
        pytest.skip(f"the model is not here: {error}")
    for found in bench.agreements(["local/smollm2-135m", *others(path)], 200, around):
        print(found)
        assert found.fine
        assert found.missing == found.unclear == 0
