"""A folder with a small task, and the command run in it as a person would."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "backends"))

from loopback import FakeProvider

TASK = '''\
task capitals {
  title "Capitals"
  allow missing-canary, too-few-items "a test"
  item { country: text, options_: text[2], answer: one of options_, trap: one of options_ }
  items [
    { country: "France",  options_: ["Paris", "Lyon"],       answer: "Paris",  trap: "Lyon" }
    { country: "Turkey",  options_: ["Istanbul", "Ankara"],  answer: "Ankara", trap: "Istanbul" }
    { country: "Brazil",  options_: ["Rio", "Brasília"],     answer: "Brasília", trap: "Rio" }
    { country: "Kenya",   options_: ["Nairobi", "Mombasa"],  answer: "Nairobi", trap: "Mombasa" }
    { country: "Canada",  options_: ["Toronto", "Ottawa"],   answer: "Ottawa", trap: "Toronto" }
  ]
  vary belief {
    none { }
    wrong { let opinion = trap }
  }
  true_task "Name the capital." -> answer
  distractor "Agree." -> opinion when belief == wrong
  options options_ as letters
  prompt {
    system "You know the world."
    user """
      {% if opinion is defined %}I think it is {{ opinion }}. {% endif -%}
      What is the capital of {{ country }}?
      {{ options }}
      """
  }
  reply "Answer: {{ answer }}"
  regimes zero_shot, one_shot
}
'''


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Give a plain environment: no colours asked for, nothing of the tests' own, and a cache that only has
    the weights of the real one: what is found out about models on this machine is nobody else's business."""
    real = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "taskc" / "models"
    cache = tmp_path_factory.mktemp("cache")
    (cache / "taskc").mkdir()
    if real.is_dir():
        (cache / "taskc" / "models").symlink_to(real)
    kept = {
        k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "SYSTEMROOT", "PYTHONPATH", "TMPDIR")
    }
    return {**kept, "PYTHONHASHSEED": "random", "XDG_CACHE_HOME": str(cache)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder that holds the task."""
    (tmp_path / "capitals.task").write_text(TASK, encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(folder: Path, environment: dict[str, str]) -> Run:
    """Give a way to run `taskc` in the folder; no run may end in a traceback."""

    def run_in(*args: str, cwd: Path | None = None, **env: str) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "taskc", *args],
            cwd=cwd or folder,
            env={**environment, **env},
            capture_output=True,
            check=False,
            timeout=120,
            encoding="utf-8",
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    return run_in


@pytest.fixture
def quick(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give a way to run `taskc` in the folder without a process of its own, where many runs are needed."""
    from click.testing import CliRunner

    from taskc.cli.group import taskc

    def run_in(*args: str, cwd: Path | None = None, **env: str) -> Ran:
        monkeypatch.chdir(cwd or folder)
        done = CliRunner().invoke(taskc, list(args), env=env)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
        return Ran(done.exit_code, done.stdout, done.stderr)

    return run_in


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    """Give a provider on this machine."""
    server = FakeProvider()
    yield server
    server.close()
