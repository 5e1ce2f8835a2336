"""Fault by fault: what is needed, sent, answered, lost and asked twice; the table in docs/backends.md.

`UPDATE_CASES=1 pytest tests/flow/test_faults.py` writes the table anew.
"""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "backends"))

from loopback import hurried, run_hurried

from taskc.backends import open_model
from taskc.flow.ask_build import ask_build
from taskc.store.responses import ResponseStore

PAGE = Path(__file__).parents[2] / "docs" / "backends.md"
MARKED = re.compile(r"(<!-- made by tests/flow/test_faults.py -->\n).*?(<!-- end -->)", re.S)
NEEDED = 12
FAST = "wait=0.001&retries=2"
APIS = {
    "chat": f"openai/gpt-4o?{FAST}",
    "chat of others": f"openai-api/box/m?{FAST}",
    "completions": f"openai-api/box/m?mode=completions&{FAST}",
    "messages": f"anthropic/claude-x?{FAST}",
    "responses": f"openai/o3?{FAST}",
}
EMPTY = {
    "chat": {"choices": []},
    "chat of others": {"choices": []},
    "completions": {"choices": []},
    "messages": {"content": None},
    "responses": {"output": [], "status": "completed"},
}


@dataclass(frozen=True)
class Fault:
    """What becomes of the first try of each request: `say` gives it."""

    say: object


def error(status, code="", **headers):
    return Fault(lambda server, fine, api: server.error(status, code=code, **headers))


def body(text):
    return Fault(lambda server, fine, api: server.say(body=text))


def refusal(server, api):
    """Decline in the way of each protocol."""
    if api == "messages":
        return server.message("no", stop_reason="refusal")
    if api == "responses":
        return server.responses(None, refusal="no")
    choice = {"text": "no", "message": {}, "finish_reason": "content_filter"}
    return server.say(body={"choices": [choice]})


# a server that does so once with each request can be recovered from
PASSING = {
    "429": error(429),
    "429 with `Retry-After`": error(429, retry_after="0.05"),
    "429 with `retry-after-ms`": error(429, retry_after_ms="50"),
    "408": error(408),
    "409": error(409),
    "500": error(500),
    "502": error(502),
    "503": error(503),
    "503 with `Retry-After`": error(503, retry_after="0.05"),
    "529": error(529),
    "reset of the connection": Fault(lambda server, fine, api: server.say(reset=True)),
    "half a body": Fault(lambda server, fine, api: server.say(body=fine.body, half=True)),
    "half a body in chunks": Fault(
        lambda server, fine, api: server.say(body=fine.body, chunked=True, half=True)
    ),
    "a body that is not packed as it says": Fault(
        lambda server, fine, api: server.say(body=fine.body, headers={"content-encoding": "gzip"})
    ),
    "no body": body(b""),
    "invalid JSON": body(b'{"choices": [{"mess'),
    "HTML with status 200": body(b"<html>bad gateway</html>"),
    "JSON of another shape": body({"choices": [{}], "content": [{}], "output": [{}]}),
    "an error with status 200": body({"error": {"message": "upstream died", "code": 502}}),
    "no choices": Fault(lambda server, fine, api: server.say(body=EMPTY[api])),
    "silence, until the timeout": Fault(lambda server, fine, api: server.say(hold=True)),
    "slow bytes, past the timeout": Fault(lambda server, fine, api: server.say(hold=True, drip=0.01)),
}
# what is an answer, and asked once
ANSWERS = {
    "a connection that is closed after each answer": Fault(
        lambda server, fine, api: server.say(body=fine.body, close=True)
    ),
    "a body in chunks": Fault(lambda server, fine, api: server.say(body=fine.body, chunked=True)),
    "slow bytes, within the timeout": Fault(lambda server, fine, api: server.say(body=fine.body, drip=0.005)),
    "a refusal": Fault(lambda server, fine, api: refusal(server, api)),
}
# what stays as it is: two requests of twelve, or all of them
LASTING = {
    "400, always, for 2 of 12": (error(400), 2),
    "500, always, for 2 of 12": (error(500), 2),
    "silence, always, for 2 of 12": (PASSING["silence, until the timeout"], 2),
    "401, always": (error(401), NEEDED),
    "429 `insufficient_quota`, always": (error(429, "insufficient_quota"), NEEDED),
    "429 that asks to wait an hour": (error(429, retry_after="3600"), NEEDED),
}


@dataclass(frozen=True)
class Counts:
    """What became of one run, and of the run after it."""

    sent: int
    answered: int
    failed: int
    lost: int
    twice: int
    fatal: bool = False


@pytest.fixture
def count(provider, request_of, tmp_path):
    """Ask twelve questions of a server with a fault, twice; `rule` says what the server does when."""

    def counted(api, rule, connections=6):
        provider.forget()
        delivered, twice = set(), []

        def watched(asked, before):
            number = number_of(asked)
            twice.extend([number] if number in delivered else [])
            fine = provider.reply(asked, f"answer {number}")
            said = rule(asked, before, fine)
            if said is fine:
                delivered.add(number)
            return said

        provider.rule = watched
        requests = [request_of(at) for at in range(NEEDED)]
        with ResponseStore.open(tmp_path / f"{len(list(tmp_path.iterdir()))}.db") as store:
            first = ask(store, requests, APIS[api], connections)
            sent, kept = len(provider.asked), store.count()
            rule = lambda asked, before, fine: fine  # noqa: E731 - the fault is gone
            again = ask(store, requests, APIS[api], connections)
            assert (again.reused, store.count()) == (kept, NEEDED)
            assert len(provider.asked) == sent + NEEDED - kept
        return Counts(
            sent=sent,
            answered=kept,
            failed=first.failed,
            lost=NEEDED - kept,
            twice=len(twice),
            fatal=first.fatal is not None,
        )

    def ask(store, requests, model, connections):
        async def go():
            backend = open_model(model, provider.around(tmp_path))
            try:
                asking = ask_build(lambda: iter(requests), [backend], store, connections=connections)
                return await hurried(provider, backend, asking)
            finally:
                await backend.close()

        (tally,) = run_hurried(go).tallies
        return tally

    return counted


def number_of(asked):
    """Give the number of the question that is in a request, whatever its form."""
    return int(re.findall(r"question (\d+)", asked.question)[-1])


def first_tries(provider, api, fault):
    return lambda asked, before, fine: fault.say(provider, fine, api) if before == 0 else fine


ROWS = {}


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("name", PASSING)
def test_what_passes_loses_nothing(count, provider, name, api):
    found = count(api, first_tries(provider, api, PASSING[name]))
    ROWS[name, api] = found
    assert found == Counts(sent=2 * NEEDED, answered=NEEDED, failed=0, lost=0, twice=0)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_an_answer_is_asked_once(count, provider, name, api):
    fault = ANSWERS[name]
    found = count(api, lambda asked, before, fine: fault.say(provider, fine, api))
    ROWS[name, api] = found
    assert found.sent == found.answered == NEEDED
    assert (found.failed, found.lost, found.twice) == (0, 0, 0)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("name", LASTING)
def test_what_lasts_stops_nobody_else(count, provider, name, api):
    fault, some = LASTING[name]
    bad = set(range(3, 3 + some)) if some < NEEDED else None

    def rule(asked, before, fine):
        return fault.say(provider, fine, api) if bad is None or number_of(asked) in bad else fine

    found = count(api, rule, connections=6 if bad else 1)
    ROWS[name, api] = found
    assert found.twice == 0
    if bad is None:
        assert (found.sent, found.answered, found.failed, found.fatal) == (1, 0, 1, True)
    else:
        tries = 1 if "400" in name else 3
        assert found.sent == NEEDED - some + tries * some
        assert (found.answered, found.failed, found.lost, found.fatal) == (NEEDED - some, some, some, False)


def table():
    head = "| fault, at the first try of each request | needed | sent | answered | lost | asked twice |"
    lines = [head, "|---|---:|---:|---:|---:|---:|"]
    for name in [*PASSING, *ANSWERS, *LASTING]:
        if name in list(LASTING)[:1]:
            lines += ["", head.replace("at the first try of each request", "for good"), lines[1]]
        groups = {}
        for api in APIS:
            groups.setdefault(ROWS[name, api], []).append(api)
        for found, apis in groups.items():
            shown = name if len(apis) == len(APIS) else f"{name} ({', '.join(apis)})"
            lines.append(
                f"| {shown} | {NEEDED} | {found.sent} | {found.answered} | {found.lost} | {found.twice} |"
            )
    return "\n".join(lines) + "\n"


def test_the_page_says_so():
    if len(ROWS) < len(APIS) * (len(PASSING) + len(ANSWERS) + len(LASTING)):
        pytest.skip("needs all the others, in the same process")
    text = PAGE.read_text(encoding="utf-8")
    new = MARKED.sub(lambda found: found[1] + table() + found[2], text)
    if os.environ.get("UPDATE_CASES"):
        PAGE.write_text(new, encoding="utf-8")
        text = new
    assert MARKED.search(text), "the page has no place for the table"
    assert new == text, "the table is stale: run with `UPDATE_CASES=1`"
