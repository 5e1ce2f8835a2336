"""Where models come from: folders, GGUF files, the hub; what is said of each, and what is refused."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

import taskc.backends.hf as hf
from taskc.backends import ModelError, describe_model, open_counter, open_model
from taskc.records.operation import Failure, Generate, Labels, Score


def test_a_gguf_file_gives_what_local_gives(tiny_gguf, around, ask, talk):
    """Two forward passes that share no code but the reading of prompts."""
    shots = ("hello hello world " * 4, "the answer", "in other words", "A")
    asked = [
        *(Score(prompt=talk(*shots, f"is it {n}?"), continuations=("A", "the world")) for n in range(5)),
        Labels(prompt=talk("x", system="y"), labels=("A", "B")),
        *(Generate(prompt=talk("hello", "the", f"{n} world"), max_tokens=8) for n in range(4)),
        Generate(prompt=talk("hello"), max_tokens=9, temperature=1.0, top_p=0.9, seed=3),
    ]
    models = [open_model(f"{provider}/{tiny_gguf}", around) for provider in ("local", "hf")]
    one, two = (ask(model, *asked) for model in models)
    assert models[0].capabilities.context == models[1].capabilities.context
    for left, right in zip(one, two, strict=True):
        assert left.usage == right.usage
        if hasattr(left.outcome, "text"):
            assert left.outcome == right.outcome
        else:
            assert np.allclose(left.outcome.logprobs, right.outcome.logprobs, rtol=0, atol=2e-5)
    in_folder = open_model(f"hf/{tiny_gguf.parent}", around)
    assert ask(in_folder, asked[0]) == ask(models[1], asked[0])


def test_a_tokenizer_that_only_transformers_knows(tiny_gguf, around, monkeypatch, ask, talk):
    from taskc.backends.hf import tokens

    ours = open_model(f"hf/{tiny_gguf}", around).given.tokens

    def unknown(file):
        raise ModelError("unknown")

    monkeypatch.setattr(tokens, "read_vocabulary", unknown)
    theirs = open_model(f"hf/{tiny_gguf}", around).given.tokens
    prompt = talk("hello world", "the user", "in the end")
    assert theirs.layout(prompt) == ours.layout(prompt)
    assert theirs.vocabulary.pieces[3:250] == ours.vocabulary.pieces[3:250]


@pytest.mark.parametrize("mode", ["", "&mode=text", "&dtype=bfloat16"])
def test_a_model_is_described_as_opened(folders, around, mode):
    for name in (f"hf/{folders['llama']}?device=cpu{mode}", f"hf/{folders['gpt2']}?dtype=float32"):
        model, described = open_model(name, around), describe_model(name, around)
        assert (described.model, described.capabilities) == (model.model, model.capabilities)
        assert described.charged is False
        assert described.capabilities.context == 256
        assert open_model(described.model, around).model == described.model


def test_describing_loads_neither_weights_nor_torch(folders, tiny_gguf):
    code = f"""
import sys
from pathlib import Path
from taskc.backends import Surroundings, describe_model
for name in ({str(folders["llama"])!r}, {str(tiny_gguf)!r}):
    described = describe_model("hf/" + name, Surroundings(cache=Path("none"), offline=True))
    print(described.capabilities.context)
print(sorted({{"torch", "transformers", "numpy", "safetensors"}} & set(sys.modules)))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["256", "384", "[]"]


def test_other_weights_are_another_model(folders, save_model, tmp_path, around):
    copy = tmp_path / "copy"
    shutil.copytree(folders["gpt2"], copy)
    name = describe_model(f"hf/{copy}", around).model
    weights = copy / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-9] ^= 1
    weights.write_bytes(data)
    with pytest.raises(ModelError, match="is not the model that was meant") as error:
        describe_model(name, around)
    assert error.value.help


def test_a_large_file_is_looked_at_in_places(tmp_path, monkeypatch):
    from taskc.backends.hf import source

    monkeypatch.setattr(source, "SAMPLE", 4)
    monkeypatch.setattr(source, "SAMPLES", 3)
    path = tmp_path / "weights"
    path.write_bytes(bytes(100))
    first = source.fingerprint([path])
    for place, seen in ((0, True), (49, True), (99, True), (20, False)):
        data = bytearray(100)
        data[place] = 1
        path.write_bytes(data)
        assert (source.fingerprint([path]) != first) is seen


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("/no/such/folder", "there is no model at `/no/such/folder`"),
        ("gpt2", "there is no model at `gpt2`"),
        ("model.gguf", "there is no model at `model.gguf`"),
        ("someone/something", "the configuration of `someone/something` is not in the cache of the hub"),
        ("x/y?dtype=int8", "parameter `dtype` is `int8`"),
        ("x/y?device=tpu", "parameter `device` is `tpu`"),
        ("x/y?mode=prose", "parameter `mode` is `prose`"),
        ("x/y?temperature=1", "`hf` has no parameter `temperature`"),
    ],
)
def test_what_cannot_be_opened_says_so(name, message, around):
    for opened in (open_model, describe_model):
        with pytest.raises(ModelError) as error:
            opened(f"hf/{name}", around)
        assert message in str(error.value)
        assert error.value.help


def test_folders_that_hold_no_model(tmp_path, folders, around):
    with pytest.raises(ModelError, match=r"has no `config\.json`, and 0 `\.gguf` files"):
        open_model(f"hf/{tmp_path}", around)
    for name in ("a.gguf", "b.gguf"):
        (tmp_path / name).write_bytes(b"GGUF")
    with pytest.raises(ModelError, match=r"2 `\.gguf` files: `a\.gguf`, `b\.gguf`"):
        open_model(f"hf/{tmp_path}", around)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match=r"has no `\.safetensors` files"):
        open_model(f"hf/{tmp_path}", around)
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in ("config.json", "model.safetensors"):
        shutil.copy(folders["gpt2"] / name, bare / name)
    with pytest.raises(ModelError, match="has no tokenizer") as error:
        open_model(f"hf/{bare}", around)
    assert "save_pretrained" in error.value.help
    with pytest.raises(ModelError, match="has no chat template"):
        open_model(f"hf/{folders['gpt2']}?mode=chat", around)
    with pytest.raises(ModelError, match="has no revisions"):
        open_model(f"hf/{folders['gpt2']}?revision=main", around)


def test_weights_that_do_not_load_are_a_failure_that_ends_the_run(folders, tmp_path, around, ask, talk):
    copy = tmp_path / "copy"
    shutil.copytree(folders["gpt2"], copy)
    (copy / "model.safetensors").write_bytes(b"nothing")
    (reply,) = ask(open_model(f"hf/{copy}", around), Score(prompt=talk("x"), continuations=("A",)))
    assert isinstance(reply.outcome, Failure)
    assert (reply.outcome.reason, reply.outcome.fatal) == ("model-file", True)


def test_a_missing_package_says_how_to_install_it(folders, around, monkeypatch):
    monkeypatch.setattr(hf, "find_spec", lambda name: None if name == "torch" else object())
    with pytest.raises(ModelError, match="need the package `torch`") as error:
        open_model(f"hf/{folders['gpt2']}", around)
    assert "pip install torch transformers accelerate" in error.value.help
    assert open_counter(f"hf/{folders['gpt2']}", around).exact is False


def test_a_model_of_the_hub_is_named_by_its_commit(folders, around, monkeypatch, tmp_path):
    """The cache of the hub keeps each commit in a folder of its name."""
    commit = "0123456789abcdef0123456789abcdef01234567"
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    base = tmp_path / "models--someone--something"
    (base / "refs").mkdir(parents=True)
    (base / "refs/main").write_text(commit)
    shutil.copytree(folders["llama"], base / "snapshots" / commit)
    described = describe_model("hf/someone/something", around)
    assert described.model == f"hf/someone/something?revision={commit}"
    assert described.capabilities.context == 256
    assert describe_model(described.model, around) == described


def test_the_context_length_has_several_names():
    from taskc.backends.hf.source import context_of

    assert context_of(json.loads('{"n_positions": 1024}')) == 1024
    assert context_of({"text_config": {"max_position_embeddings": 8192}}) == 8192
    assert context_of({"n_layer": 2}) is None
