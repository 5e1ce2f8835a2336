"""Runs that end before their time, in processes of their own: killed, interrupted once, interrupted twice."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from taskc.records.lines import load_all
from taskc.records.response import Response
from taskc.store.responses import ResponseStore

RUN = """
import asyncio, sys
from pathlib import Path
from taskc.backends import Surroundings, open_model
from taskc.flow.ask_build import ask_build
from taskc.records.request import Decode, Message, Request
from taskc.store.responses import ResponseStore

def requests():
    for at in range(int(sys.argv[3])):
        yield Request(id=f"r{at}", task="t", item=str(at), regime="z", measure="reply",
                      messages=(Message(role="user", content=f"question {at}"),), decode=Decode(max_tokens=9))

async def main():
    backend = open_model(sys.argv[1], Surroundings(cache=Path(".")))
    with ResponseStore.open(Path(sys.argv[2])) as store:
        print("ready", flush=True)
        run = await ask_build(requests, [backend], store, connections=4)
    (tally,) = run.tallies
    print(tally.asked, tally.reused, tally.failed, flush=True)
    return 130 if run.interrupted else 0

try:
    sys.exit(asyncio.run(main()))
except KeyboardInterrupt:
    print("stopped", flush=True)
    sys.exit(131)
"""
COUNT = 60


@pytest.fixture
def start(tmp_path):
    """Start a run on `echo` that logs what it is asked."""

    def begin(delay, extra="", count=COUNT):
        model = f"echo/a?delay={delay}&log={tmp_path / 'log'}{extra}"
        arguments = [sys.executable, "-c", RUN, model, str(tmp_path / "store.db"), str(count)]
        return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    return begin


@pytest.fixture
def asked(tmp_path):
    """Read the log: the address of each operation in the order asked."""
    log = tmp_path / "log"
    return lambda: [line.split()[0] for line in log.read_text().splitlines()] if log.exists() else []


def until(condition):
    end = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def took(process, number):
    """Say whether a process has got a signal: one that still waits for it would get two as one."""
    pending = re.findall(
        r"^(?:SigPnd|ShdPnd):\s*(\w+)$", Path(f"/proc/{process.pid}/status").read_text(), re.M
    )
    return not any(int(mask, 16) >> (number - 1) & 1 for mask in pending)


def saved(tmp_path):
    """Give the addresses of the operations whose answers were kept."""
    with ResponseStore.open(tmp_path / "store.db") as store:
        store.export(tmp_path / "out.jsonl")
    with (tmp_path / "out.jsonl").open() as lines:
        return {response.asked for response in load_all(Response, lines)}


@pytest.mark.parametrize(("extra", "size"), [("", 1), ("&batch=5", 5)])
def test_a_killed_run_goes_on_where_it_was(start, asked, tmp_path, extra, size):
    run = start(0.25, extra)
    until(lambda: len(asked()) >= 25)
    os.kill(run.pid, signal.SIGKILL)
    run.communicate()
    before, had = asked(), saved(tmp_path)
    in_flight = 4 if size == 1 else size
    assert len(before) - in_flight <= len(had) < COUNT
    assert len(had) % size == 0
    again = start(0, extra)
    out, err = again.communicate(timeout=300)
    assert again.returncode == 0, err
    later = asked()[len(before) :]
    assert not had & set(later)
    assert len(set(later)) == len(later) == COUNT - len(had)
    assert out.splitlines()[-1] == f"{COUNT - len(had)} {len(had)} 0"
    assert len(saved(tmp_path)) == COUNT


def test_chunks_are_the_same_after_a_kill(start, asked, tmp_path):
    whole = start(0, "&batch=7")
    whole.communicate(timeout=300)
    straight = asked()
    (tmp_path / "log").unlink()
    (tmp_path / "store.db").unlink()
    run = start(0.25, "&batch=7")
    until(lambda: len(asked()) >= 21)
    os.kill(run.pid, signal.SIGKILL)
    run.communicate()
    had = len(saved(tmp_path))
    before = len(asked())
    start(0, "&batch=7").communicate(timeout=300)
    assert asked()[before:] == straight[had:]


def test_an_interrupt_lets_arrive_what_is_in_flight(start, asked, tmp_path):
    run = start(0.2, count=1000)
    until(lambda: len(asked()) >= 8)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=300)
    assert run.returncode == 130, err
    assert err == ""
    assert len(asked()) == len(saved(tmp_path)) < 1000
    assert out.splitlines()[-1] == f"{len(asked())} 0 0"


def test_a_second_interrupt_stops_at_once(start, asked, tmp_path):
    run = start(3000)
    until(lambda: len(asked()) >= 4)
    run.send_signal(signal.SIGINT)
    until(lambda: took(run, signal.SIGINT))
    time.sleep(0.2)
    assert run.poll() is None
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=300)
    assert run.returncode == 131, err
    assert out.splitlines()[-1] == "stopped"
    assert saved(tmp_path) == set()
