"""HTTP without an SDK: what is sent, whom it is sent to, and how a lost connection is told."""

import asyncio
import gzip
import json
import ssl
import subprocess
import threading
from http.server import HTTPServer
from pathlib import Path

import pytest

from taskc.backends import ModelError, Surroundings, open_model, wire
from taskc.records.operation import Failure, Generate, Generated, Prompt
from taskc.records.request import Message

FAST = "wait=0.001&retries=2"
HELLO = Generate(prompt=Prompt(messages=(Message(role="user", content="hi"),)), max_tokens=5)
MODELS = [f"openai-api/box/m?{FAST}", f"openai/gpt-4o?{FAST}", f"anthropic/claude-x?{FAST}"]
FINE = Generated(text="hello", finish="stop")


def fine(provider, model):
    return provider.message("hello") if model.startswith("anthropic") else provider.chat("hello")


def test_what_is_sent(provider, ask):
    provider.script = [provider.chat("hello")]
    assert ask(MODELS[0], HELLO).outcome == FINE
    (asked,) = provider.asked
    assert asked.path == "/v1/chat/completions"
    assert asked.headers["authorization"] == f"Bearer {provider.key}"
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["user-agent"].startswith("taskc/")
    assert asked.body["messages"] == [{"role": "user", "content": "hi"}]


def test_half_a_character_is_sent_as_it_is(provider, ask):
    provider.script = [provider.chat("hello")]
    ask(
        MODELS[0], Generate(prompt=Prompt(messages=(Message(role="user", content="a\ud800b"),)), max_tokens=5)
    )
    assert provider.asked[0].body["messages"][0]["content"] == "a\ud800b"


@pytest.mark.parametrize("model", MODELS)
def test_a_connection_that_was_closed_while_idle_costs_no_try(provider, tmp_path, model):
    """Each answer is the last on its connection, which nobody says: the next goes by a new one."""
    answer = fine(provider, model)
    provider.script = [provider.say(body=answer.body, close=True)]

    async def go():
        backend = open_model(model, provider.around(tmp_path))
        replies = []
        for _ in range(5):
            closed = provider.closed
            replies += await backend.ask([HELLO])
            while provider.closed == closed:
                await asyncio.sleep(0.002)
            await asyncio.sleep(0.05)
        await backend.close()
        return replies

    replies = asyncio.run(go())
    assert [(reply.outcome, reply.attempts) for reply in replies] == [(FINE, 1)] * 5
    assert len(provider.asked) == 5


@pytest.mark.parametrize("model", MODELS)
def test_connections_are_kept(provider, tmp_path, model):
    provider.script = [fine(provider, model)]

    async def go():
        backend = open_model(model, provider.around(tmp_path))
        for _ in range(4):
            await backend.ask([HELLO])
        await backend.close()

    asyncio.run(go())
    assert len({asked.client for asked in provider.asked}) == 1


@pytest.mark.parametrize("model", MODELS)
def test_a_reset_of_a_kept_connection_is_tried_again(provider, tmp_path, model):
    answer = fine(provider, model)
    provider.script = [answer, provider.say(reset=True), answer, provider.say(reset=True)]

    async def go():
        backend = open_model(model, provider.around(tmp_path))
        replies = [*await backend.ask([HELLO]), *await backend.ask([HELLO]), *await backend.ask([HELLO])]
        await backend.close()
        return replies

    first, second, third = asyncio.run(go())
    assert provider.asked[0].client == provider.asked[1].client, "the connection was kept"
    assert [(one.outcome, one.attempts) for one in (first, second)] == [(FINE, 1), (FINE, 2)]
    assert (third.outcome.reason, third.outcome.fatal, third.attempts) == ("no-connection", False, 3)
    assert third.outcome.message.endswith("broke the connection")


@pytest.mark.parametrize("model", MODELS)
def test_packed_bodies_are_unpacked_and_torn_ones_asked_for_again(provider, ask, model):
    answer = fine(provider, model)
    packed = gzip.compress(json.dumps(answer.body).encode())
    headers = {"content-encoding": "gzip"}
    provider.script = [provider.say(body=packed, headers=headers)]
    assert ask(model, HELLO).outcome == FINE
    provider.script = [provider.say(body=packed[:-20], headers=headers), answer]
    reply = ask(model, HELLO)
    assert (reply.outcome, reply.attempts) == (FINE, 2)


@pytest.mark.parametrize("model", MODELS)
def test_large_headers_are_no_reason_to_fail(provider, ask, model):
    answer = fine(provider, model)
    provider.script = [provider.say(body=answer.body, headers={"x-policy": "a" * 7_000})]
    assert ask(model, HELLO).outcome == FINE


def test_a_password_of_netrc_does_not_take_the_place_of_the_key(provider, ask, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password other\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for model in MODELS:
        provider.script = [fine(provider, model)]
        ask(model, HELLO)
    assert all(provider.key in str(asked.headers) for asked in provider.asked)


@pytest.mark.parametrize(
    ("environment", "url", "proxy"),
    [
        ({}, "https://example.org/v1", None),
        ({"HTTPS_PROXY": "http://proxy:3128"}, "https://example.org/v1", "http://proxy:3128"),
        ({"HTTPS_PROXY": "proxy:3128"}, "https://example.org/v1", "http://proxy:3128"),
        ({"HTTPS_PROXY": "http://proxy:3128"}, "http://example.org/v1", None),
        ({"ALL_PROXY": "http://proxy:3128"}, "http://example.org:8000/v1", "http://proxy:3128"),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "example.org"}, "https://example.org/v1", None),
    ],
)
def test_proxies_are_those_of_the_environment(monkeypatch, environment, url, proxy):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert wire.proxy_for(url) == proxy


def test_a_proxy_of_another_kind_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("HTTPS_PROXY", "socks5://proxy:1080")
    given = {"BOX_BASE_URL": "https://example.org/v1", "BOX_API_KEY": "k"}
    with pytest.raises(ModelError, match=r"the proxy for `example.org` is not an HTTP proxy") as caught:
        open_model("openai-api/box/m", Surroundings(environment=given, cache=tmp_path))
    assert "NO_PROXY" in caught.value.help


@pytest.fixture
def untrusted(tmp_path):
    """Give the address of a server with a certificate that nobody vouches for, and what it was sent."""
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    make = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=127.0.0.1",
    ]
    try:
        subprocess.run([*make, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("there is no `openssl` to make a certificate with")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    got = []

    class Server(HTTPServer):
        def finish_request(self, request, address):
            got.append(request.recv(1000))

        def handle_error(self, request, address):
            pass

    server = Server(("127.0.0.1", 0), None)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}", got
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("model", MODELS)
def test_nothing_is_sent_to_a_server_without_a_certificate(untrusted, tmp_path, model):
    address, got = untrusted
    given = {
        "BOX_BASE_URL": f"{address}/v1",
        "BOX_API_KEY": "k" * 20,
        "OPENAI_BASE_URL": f"{address}/v1",
        "OPENAI_API_KEY": "k" * 20,
        "ANTHROPIC_BASE_URL": address,
        "ANTHROPIC_API_KEY": "k" * 20,
    }

    async def go():
        backend = open_model(model, Surroundings(environment=given, cache=Path(tmp_path)))
        try:
            return await backend.ask([HELLO])
        finally:
            await backend.close()

    (reply,) = asyncio.run(go())
    assert isinstance(reply.outcome, Failure)
    assert (reply.outcome.reason, reply.outcome.fatal) == ("no-connection", True)
    assert reply.outcome.message.endswith("cannot be reached")
    assert not any(got)
