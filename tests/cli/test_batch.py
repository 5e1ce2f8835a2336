"""`taskc eval --batch` as a process: told, interrupted, killed at any moment, and nothing is paid twice."""

import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "backends"))

from batch_server import KEY, BatchProvider, Wrong

MODELS = ("openai/gpt-4o-mini", "anthropic/claude-sonnet-4-5")
ASKED = 20  # requests of the task by one model: 10 of each regime


@pytest.fixture
def server() -> Iterator[BatchProvider]:
    served = BatchProvider()
    served.answer = lambda question: "Answer: A"
    yield served
    served.close()


@pytest.fixture
def build(run: Any, folder: Path) -> Path:
    assert run("compile", "-q").code == 0
    return folder


@pytest.fixture
def start(
    build: Path, server: BatchProvider, environment: dict[str, str]
) -> Callable[..., "subprocess.Popen[str]"]:
    """Begin `taskc eval --batch` as a process of its own."""

    def begin(model: str, *more: str, timeout: int = 60) -> "subprocess.Popen[str]":
        named = f"{model}?timeout={timeout}&retries=2&wait=0.01"
        words = ["eval", "-m", named, "--batch", "--poll", "0.02", "--no-picture", *more]
        return subprocess.Popen(
            [sys.executable, "-m", "taskc", *words],
            cwd=build,
            env={**environment, **server.environment()},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return begin


def _done(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    out, err = process.communicate(timeout=300)
    assert "Traceback" not in err, err
    return process.returncode, out, err


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("model", MODELS)
def test_a_run_by_batch(start: Any, run: Any, build: Path, server: BatchProvider, model: str) -> None:
    """The table is that of a run without batches; progress is told, and no key is written anywhere."""
    code, out, err = _done(start(model))
    assert code == 0, err
    [made] = server.made.values()
    address = server.environment()[f"{model.partition('/')[0].upper()}_BASE_URL"]
    assert f"{model}?base_url={address}: batch {made.id} is sent, {ASKED} requests" in err
    assert f"{model}?base_url={address}: batch {made.id} is picked up" in err
    assert sum(server.paid.values()) == ASKED
    singly = run("eval", "-m", model, "--no-picture", **server.environment())
    assert (singly.code, singly.out) == (0, out)
    assert not server.singly
    assert not [path for path in _files(build) if KEY.encode() in path.read_bytes()]
    assert KEY not in err


def test_the_cost_is_that_of_batches(start: Any, server: BatchProvider) -> None:
    """7 tokens in at 3 dollars and 3 out at 15 a million, 20 times, for half the price."""
    code, _, err = _done(start("anthropic/claude-sonnet-4-5"))
    assert code == 0
    assert f"{ASKED * (7 * 3 + 3 * 15) / 2e6:.4f} USD" in err


def test_other_models_are_refused(run: Any, build: Path) -> None:
    ran = run("eval", "-m", "echo/x", "--batch")
    assert ran.code == 1
    assert "error: `echo/x` cannot be asked by batch" in ran.err
    assert not (build / "runs").exists()


def _out_of_time(start: Any, server: BatchProvider, model: str) -> tuple[int, str]:
    """Let a run be over when it has sent its batch: after a second, or more on a slow machine."""
    for seconds in (1, 4, 16, 64):
        code, _, err = _done(start(model, "--max-time", f"{seconds}s"))
        if server.made and "stay with the provider" in err:
            break
    return code, err


@pytest.mark.parametrize("model", MODELS)
def test_max_time_prints_how_to_go_on(start: Any, server: BatchProvider, model: str) -> None:
    server.looks = 10_000
    code, err = _out_of_time(start, server, model)
    assert code == 5, err
    assert "20 requests in 1 batch stay with the provider" in err
    assert "`--max-time` is reached, 20 not answered; what was answered is kept" in err
    assert "--batch" in err.splitlines()[-1]
    server.looks = 0
    code, _, err = _done(start(model))
    assert code == 0, err
    assert set(server.accepted.values()) == {max(server.accepted.values())}
    assert sum(server.accepted.values()) == ASKED


@pytest.mark.parametrize("model", MODELS)
def test_an_interrupt_leaves_the_batch(start: Any, server: BatchProvider, model: str) -> None:
    server.looks = 10_000
    process = start(model)
    end = time.monotonic() + 300
    while not server.made:
        assert time.monotonic() < end
        time.sleep(0.01)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    code, _, err = _done(process)
    assert code == 130, err
    assert "the next run with `--batch` picks them up" in err
    server.looks = 0
    code, _, err = _done(start(model))
    assert code == 0, err
    assert len(server.made) == 1


def _kill(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()


def _calls(server: BatchProvider) -> int:
    return sum(server.calls.values())


def _whole(start: Any, server: BatchProvider, build: Path, model: str) -> None:
    """Let a run come to its end: all is answered, and nothing was accepted twice."""
    server.looks = 0
    code, _, err = _done(start(model, timeout=3))
    assert code == 0, err
    assert sum(server.accepted.values()) == sum(server.paid.values()) == ASKED
    assert not [path for path in _files(build) if KEY.encode() in path.read_bytes()]


@pytest.mark.parametrize("kills", [4, pytest.param(40, marks=pytest.mark.slow)])
@pytest.mark.parametrize("model", MODELS)
def test_killed_at_any_moment(start: Any, server: BatchProvider, build: Path, model: str, kills: int) -> None:
    """A process is killed around one of its calls: while a batch is accepted, or its results are kept."""
    dice = random.Random(kills)
    server.slow = 0.05
    killed = 0
    while killed < kills:
        server.looks = dice.choice((0, 2, 10_000))
        seen, wanted = _calls(server), dice.randrange(1, 7)
        process = start(model, "--max-requests", "3", timeout=3)
        while _calls(server) - seen < wanted and process.poll() is None:
            time.sleep(0.002)
        time.sleep(dice.uniform(0, 0.06))
        killed += process.poll() is None
        _kill(process)
        if process.returncode == 0:  # all was answered: begin anew
            _whole(start, server, build, model)
            server.began()
            shutil.rmtree(build / "runs")
    _whole(start, server, build, model)


@pytest.mark.parametrize("model", MODELS)
def test_killed_between_accepting_and_knowing(start: Any, server: BatchProvider, model: str) -> None:
    """The provider has accepted a batch, and the process that sent it never hears of it."""
    server.slow = 60.0
    process = start(model)
    end = time.monotonic() + 300
    while not server.made:
        assert time.monotonic() < end
        time.sleep(0.005)
    _kill(process)
    server.slow = 0.0
    code, _, err = _done(start(model))
    assert code == 0, err
    assert "of which nobody knows whether it was accepted" in err
    assert len(server.made) == 1
    assert sum(server.accepted.values()) == ASKED


@pytest.mark.parametrize("model", MODELS)
def test_killed_before_it_was_accepted(start: Any, server: BatchProvider, model: str) -> None:
    """What the provider never got is sent again, after it was waited for."""
    call = "POST /v1/batches" if model == "openai/gpt-4o-mini" else "POST /v1/messages/batches"
    server.wrong = lambda name, before: Wrong(status=500) if name == call else None
    process = start(model)
    end = time.monotonic() + 300
    while not server.calls[call]:
        assert time.monotonic() < end
        time.sleep(0.005)
    _kill(process)
    server.wrong = lambda name, before: None
    code, _, err = _done(start(model, timeout=3))  # which is how long it waits
    assert code == 0, err
    assert "was not accepted and is sent again" in err
    assert (len(server.made), sum(server.accepted.values())) == (1, ASKED)


def test_open_batches_are_listed_and_given_up(start: Any, run: Any, server: BatchProvider) -> None:
    server.looks = 10_000
    assert _out_of_time(start, server, "openai/gpt-4o-mini")[0] == 5
    told = run("store", "batches")
    assert told.code == 0
    line, last = told.out.splitlines()
    id, made = line.split()[0], next(iter(server.made))
    named = f"openai/gpt-4o-mini?base_url={server.address}/v1"
    assert line.endswith(f"  {named}  {ASKED:,} requests  {made}")
    assert last == "runs/responses.sqlite: 1 open batch"
    wrong = run("store", "batches", "--forget", "nothing")
    assert (wrong.code, wrong.err.splitlines()[0]) == (
        2,
        "error: `runs/responses.sqlite` has no batch `nothing`",
    )
    assert run("store", "batches", "--forget", id).out == "runs/responses.sqlite: 0 open batches\n"
    server.looks = 0
    assert _done(start("openai/gpt-4o-mini"))[0] == 0
    assert sum(server.accepted.values()) == 2 * ASKED, "whoever gives a batch up pays again"


def test_two_at_once(start: Any, server: BatchProvider) -> None:
    server.looks = 10_000
    first = start("openai/gpt-4o-mini")
    end = time.monotonic() + 300
    while not server.made:
        assert time.monotonic() < end
        time.sleep(0.01)
    code, _, err = _done(start("openai/gpt-4o-mini"))
    assert code == 1
    assert "another run is at the batches of the response store" in err
    _kill(first)
