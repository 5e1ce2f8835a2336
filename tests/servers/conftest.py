"""Real servers on this machine, started and stopped by the tests, and `taskc` run against them."""

import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import pytest

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Ran:
    """What a run of `taskc eval` said and wrote."""

    code: int
    out: str
    err: str
    folder: Path

    def lines(self, name: str) -> list[dict[str, Any]]:
        (path,) = self.folder.glob(f"runs/*/{name}")
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    @property
    def answers(self) -> list[dict[str, Any]]:
        """Give the whole store."""
        out = self.folder / "all.jsonl"
        _taskc(self.folder, {}, "store", "export", str(out))
        return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]

    @property
    def scores(self) -> list[dict[str, Any]]:
        return self.lines("scores.jsonl")


Evaluate = Callable[..., Ran]


@contextmanager
def serving(command: list[str], log: Path, **env: str) -> Iterator[subprocess.Popen[str]]:
    """Run a server while the block runs; what it says besides goes to `log`."""
    with log.open("w", encoding="utf-8") as said:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            env={**os.environ, **env},
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()


@contextmanager
def llama_server(model: Path, folder: Path) -> Iterator[str]:
    """Run llama.cpp's server over a model file while the block runs; gives its address."""
    log = folder / "llama.log"
    with serving([sys.executable, str(HERE / "llama.py"), str(model)], log) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), log.read_text(encoding="utf-8")
        yield address


@pytest.fixture(scope="session")
def serve() -> Callable[[Path, Path], AbstractContextManager[str]]:
    """Give a way to run llama.cpp's server over a model file for a while; after the block it is dead."""
    return llama_server


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a file with a small random model that never says half a character.

    It is the one of the tests of `local/`. llama.cpp holds back a token that ends within a character, and
    its log-probabilities with it.
    """
    spec = importlib.util.spec_from_file_location("tiny_model", HERE.parent / "backends/local/conftest.py")
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    path: Path = made.write_tiny(tmp_path_factory.mktemp("tiny") / "tiny.gguf")
    file = gguf.GGUFReader(path, "r+")
    (embedding,) = [one for one in file.tensors if one.name == "token_embd.weight"]
    for row, word in enumerate(made.words()):
        if word in made.SPECIAL or not word.isascii() or not word.isprintable():
            embedding.data[row] = 0  # its logit is 0, below that of many others
    del file, embedding
    return path


@pytest.fixture(scope="session")
def llama(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of llama.cpp's server over the small random model."""
    with llama_server(tiny, tmp_path_factory.mktemp("llama")) as address:
        yield address


@pytest.fixture(scope="session")
def embedded() -> Path:
    """Give the file of the embedded model, fetched if it is not there."""
    from taskc.backends.local import pull
    from taskc.backends.protocol import ModelError, Surroundings

    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "taskc"
    try:
        return pull("smollm2-135m", Surroundings(cache=cache))
    except ModelError as error:
        pytest.skip(f"the model is not here: {error}")


@pytest.fixture(scope="session")
def packed_llama(embedded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of llama.cpp's server over the embedded model as it is, weights of 4 bits."""
    with llama_server(embedded, tmp_path_factory.mktemp("packed")) as address:
        yield address


@pytest.fixture(scope="session")
def unpacked_llama(embedded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of llama.cpp's server over the same weights, written out in 32 bits (540 MB)."""
    folder = tmp_path_factory.mktemp("unpacked")
    path = folder / "unpacked.gguf"
    unpack(embedded, path)
    with llama_server(path, folder) as address:
        yield address
    path.unlink()


def unpack(source: Path, target: Path) -> None:
    """Write a model file with the same weights in 32 bits."""
    reader = gguf.GGUFReader(source)
    writer = gguf.GGUFWriter(target, "llama")
    for name, field in reader.fields.items():
        if name != "general.architecture" and not name.startswith("GGUF."):
            inner = field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
            writer.add_key_value(name, field.contents(), field.types[0], sub_type=inner)
    for tensor in reader.tensors:
        plain = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        writer.add_tensor(tensor.name, plain.reshape([int(n) for n in reversed(tensor.shape)]))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.fixture(scope="session")
def katan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of llm-katan, which repeats what it is told."""
    folder = tmp_path_factory.mktemp("katan")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).parent / "llm-katan"), "--model", "echo", "--backend", "echo"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--providers", "openai,anthropic"]
    command += ["--disable-dashboard", "--log-level", "error", "--stats-file", str(folder / "stats.json")]
    with serving(command, folder / "log.txt", HOME=str(folder)) as process:
        address = f"http://127.0.0.1:{port}"
        for _ in range(600):
            assert process.poll() is None, (folder / "log.txt").read_text(encoding="utf-8")
            try:
                urllib.request.urlopen(f"{address}/health", timeout=1).close()
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                time.sleep(0.05)
        yield address


@pytest.fixture
def evaluate(tmp_path: Path) -> Evaluate:
    """Give a way to compile a task and to evaluate it, with more flags and an environment."""

    def run(task: str, *flags: str, **env: str) -> Ran:
        (tmp_path / "t.task").write_text(task, encoding="utf-8")
        _taskc(tmp_path, env, "compile", "-q", "t.task")
        done = _taskc(tmp_path, env, "eval", "--no-picture", *flags)
        return Ran(done.returncode, done.stdout, done.stderr, tmp_path)

    return run


def _taskc(folder: Path, env: dict[str, str], *args: str) -> "subprocess.CompletedProcess[str]":
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "XDG_CACHE_HOME", "TMPDIR")}
    done = subprocess.run(
        [sys.executable, "-m", "taskc", *args],
        cwd=folder,
        env={**kept, **env},
        capture_output=True,
        check=False,
        timeout=600,
        encoding="utf-8",
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert args[0] != "compile" or done.returncode == 0, done.stderr
    return done
