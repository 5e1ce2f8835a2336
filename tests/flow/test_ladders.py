"""Ladders: the shipped families, files of one's own, and how a model string finds its rung."""

from pathlib import Path

import pytest

from taskc.flow.ladders import find_ladder, shipped_ladders
from taskc.flow.selection import BadSelection
from taskc.records.ladder import AXES

WANTED = {"gpt2", "gpt3", "opt", "pythia", "llama1", "llama2", "llama3", "qwen2.5", "qwen3", "gemma3",
          "smollm2", "gopher", "chinchilla", "palm", "anthropic", "simulated"}  # fmt: skip


def test_shipped_families() -> None:
    """Every figure has its source, models rise in size, and no two go by one name."""
    assert set(shipped_ladders()) == WANTED
    names = [name for ladder in shipped_ladders().values() for rung in ladder.model for name in rung.models]
    assert len(names) == len(set(names))
    for ladder in shipped_ladders().values():
        sizes = [rung.parameters for rung in ladder.model]
        assert sizes == sorted(set(sizes))
        assert all(rung.source and (rung.released or ladder.name == "simulated") for rung in ladder.model)


@pytest.mark.parametrize(
    ("ladder", "model", "axis", "value"),
    [
        ("pythia", "hf/EleutherAI/pythia-70m?dtype=float32", "parameters", 70_426_624),
        ("pythia", "openai-api/vllm/EleutherAI/pythia-12b", "tokens", 299_892_736_000),
        ("smollm2", "local/smollm2-135m", "parameters", 135_000_000),
        ("llama1", "hf/huggyllama/llama-65b", "flops", 6 * 65.2e9 * 1.4e12),  # worked out
        ("gpt3", "x/gpt3-175b", "flops", 3.14e23),  # stated
        ("gpt2", "hf/gpt2-xl", "flops", None),  # tokens were never published
    ],
)
def test_where_a_model_stands(ladder: str, model: str, axis: str, value: float | None) -> None:
    rung = find_ladder(ladder).find(model)
    assert rung is not None
    assert axis in AXES
    assert rung.along(axis) == (None if value is None else pytest.approx(value))  # type: ignore[arg-type]


def test_a_name_is_met_whole_or_not_at_all() -> None:
    """No likeness: `pythia-1b` is not `pythia-1b-v2`, nor the end of another word."""
    pythia = find_ladder("pythia")
    assert pythia.find("hf/EleutherAI/pythia-1b-v2") is None
    assert pythia.find("hf/MyEleutherAI/pythia-1b") is None


def test_files_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('name = "mine"\n[[model]]\nname = "a"\nmodels = ["x/a"]\nparameters = 5\nsource = "me"\n')
    rung = find_ladder(str(file)).find("echo/x/a")
    assert rung is not None and rung.parameters == 5
    for text, told in [
        ("name = ", "invalid value"),
        ('name = "m"\n[[model]]\nname = "a"\n', "missing required field `models`"),
        ('name = "m"\nsizes = 3\n', "unknown field `sizes`"),
    ]:
        file.write_text(text)
        with pytest.raises(BadSelection, match=told):
            find_ladder(str(file))
    with pytest.raises(BadSelection, match="no ladder `pythya`"):
        find_ladder("pythya")
