"""`kill -9` at random moments of 2,000 requests to a server: nothing is lost, next to nothing asked again."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from taskc.records.lines import load_all
from taskc.records.response import Response
from taskc.store.responses import ResponseStore

COUNT, CONNECTIONS = 2000, 16
RUN = f"""
import asyncio, os, ssl, sys
from pathlib import Path
ssl.SSLContext.load_verify_locations = lambda *_, **__: None  # no certificates are needed here
from taskc.backends import Surroundings, open_model
from taskc.flow.ask_build import ask_build
from taskc.records.request import Decode, Message, Request
from taskc.store.responses import ResponseStore

def requests():
    for at in range({COUNT}):
        asked = (Message(role="user", content=f"question {{at}}"),)
        yield Request(id=f"r{{at}}", task="t", item=str(at), regime="z", measure="reply",
                      messages=asked, decode=Decode(max_tokens=9))

async def main():
    backend = open_model("openai-api/box/m", Surroundings(environment=os.environ, cache=Path(".")))
    with ResponseStore.open(Path(sys.argv[1])) as store:
        run = await ask_build(requests, [backend], store, connections={CONNECTIONS})
    (tally,) = run.tallies
    print(tally.asked, tally.reused, tally.failed)

asyncio.run(main())
"""


@pytest.fixture
def start(provider, tmp_path):
    """Begin a run, or go on with it."""

    def begin():
        given = {**os.environ, "BOX_BASE_URL": f"{provider.address}/v1"}
        arguments = [sys.executable, "-c", RUN, str(tmp_path / "store.db")]
        return subprocess.Popen(
            arguments, env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    return begin


def saved(tmp_path):
    """Give the replies that were kept."""
    with ResponseStore.open(tmp_path / "store.db") as store:
        store.export(tmp_path / "out.jsonl")
    with (tmp_path / "out.jsonl").open() as lines:
        return [response.outcome.text for response in load_all(Response, lines)]


@pytest.mark.parametrize("kills", [10, pytest.param(50, marks=pytest.mark.slow)])
def test_nothing_is_lost(provider, start, tmp_path, kills):
    dice = random.Random(kills)
    provider.rule = lambda asked, before: provider.reply(asked, asked.question)
    again = 0
    for at in sorted(dice.sample(range(COUNT - 50), kills)):
        run = start()
        while len(provider.asked) - again < at:
            assert run.poll() is None, run.communicate()
            time.sleep(0.001)
        time.sleep(dice.uniform(0, 0.02))
        os.kill(run.pid, signal.SIGKILL)
        run.communicate()
        time.sleep(0.05)  # what the kernel still holds arrives at the server
        kept = saved(tmp_path) if (tmp_path / "store.db").exists() else []
        assert len(set(kept)) == len(kept)
        sent = set(provider.times)
        assert set(kept) <= sent
        assert len(sent - set(kept)) <= CONNECTIONS, "only what was in flight is lost"
        again = len(provider.asked) - len(kept)
    run = start()
    out, err = run.communicate(timeout=300)
    assert run.returncode == 0, err
    assert out.split()[2] == "0"
    assert sorted(saved(tmp_path)) == sorted(f"question {at}" for at in range(COUNT))
    assert len(provider.asked) - COUNT <= kills * CONNECTIONS
    print(f"{kills} kills, {len(provider.asked) - COUNT} sent again")
    assert max(provider.times.values()) <= 1 + kills
