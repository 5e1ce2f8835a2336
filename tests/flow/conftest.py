"""Requests as a compiler would write them, and a backend that does as a test says."""

import asyncio
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "backends"))

from loopback import FakeProvider

from taskc.records.operation import Generate, Generated, Reply, Scored
from taskc.records.plan import Capabilities
from taskc.records.request import Decode, Message, Option, Request, request_id

AB = (
    Option(label="A", text="yes", written="A", continuation=" A"),
    Option(label="B", text="no", written="B", continuation=" B"),
)
VERBATIM = (
    Option(label=None, text="yes", written="yes", continuation=" yes"),
    Option(label=None, text="no", written="no", continuation=" no"),
)


def make_request(number=0, **given):
    """One request that asks question `number`; whatever is not given is filled in."""
    values = {
        "task": "t",
        "item": str(number),
        "regime": "zero_shot",
        "measure": "reply",
        "messages": (
            Message(role="system", content="be brief"),
            Message(role="user", content=f"question {number}"),
        ),
        "lead_in": "Answer:",
        "decode": Decode(max_tokens=20),
    } | given
    scored = values["measure"] == "choice" or values.get("stage") == "unconditional"
    kind = "score" if scored else "labels" if values["measure"] == "label" else "generate"
    values.setdefault(
        "id",
        request_id(
            operation="generate" if values.get("stage") == "think" else kind,
            messages=values["messages"],
            think=values.get("think", ""),
            lead_in=values["lead_in"],
            joint="\n",
            continuations=tuple(option.continuation for option in values.get("options", ())),
            after=values.get("after"),
            decode=values["decode"],
        ),
    )
    return Request(**values)


def make_stages(item=0, measure="reply", lead_in="\nTherefore, the answer is", **given):
    """A reasoning request and the answer that comes after it."""
    shared = {"regime": "step_by_step", "think": "Think.", "measure": measure} | given
    think = make_request(item, stage="think", lead_in="", **shared)
    return think, make_request(item, after=think.id, options=AB, lead_in=lead_in, **shared)


class Told:
    """A backend that answers by a function of the operation, and keeps what it was asked, by chunk."""

    def __init__(self, answer=None, model="told/m", delay=0.0, **can):
        self.model = model
        self.capabilities = Capabilities(**({"score": True, "prefill": True} | can))
        self.chunks = []
        self.busy = self.most = 0
        self._answer = answer or self.plainly
        self._delay = delay

    @staticmethod
    def plainly(operation):
        if isinstance(operation, Generate):
            return Generated(text=f"said {operation.prompt.messages[-1].content}", finish="stop")
        return Scored(
            logprobs=(-1.0,) * len(operation.continuations), tokens=(1,) * len(operation.continuations)
        )

    async def ask(self, operations):
        self.chunks.append(list(operations))
        self.busy += 1
        self.most = max(self.most, self.busy)
        await asyncio.sleep(self._delay)
        self.busy -= 1
        return [Reply(outcome=self._answer(operation)) for operation in operations]

    async def close(self):
        pass


@pytest.fixture
def request_of():
    return make_request


@pytest.fixture
def stages_of():
    return make_stages


@pytest.fixture
def told():
    return Told


@pytest.fixture
def labelled_options():
    return AB


@pytest.fixture
def verbatim_options():
    return VERBATIM


@pytest.fixture
def store(tmp_path):
    from taskc.store.responses import ResponseStore

    with ResponseStore.open(tmp_path / "responses.db") as opened:
        yield opened


@pytest.fixture(scope="session")
def running():
    server = FakeProvider()
    yield server
    server.close()


@pytest.fixture
def provider(running, monkeypatch):
    # every client reads all certificates of the machine, a tenth of a second, and none is needed here
    monkeypatch.setattr("ssl.SSLContext.load_verify_locations", lambda *_, **__: None)
    running.forget()
    return running
