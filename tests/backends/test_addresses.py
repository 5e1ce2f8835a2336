"""Where a model is asked: part of its name unless it is the provider's own, and kept with each answer."""

import asyncio

import pytest

from taskc.backends import ModelError, Surroundings, describe_model, open_model
from taskc.flow.ask_build import ask_build
from taskc.records.operation import Generate, Prompt
from taskc.records.request import Decode, Message, Request, request_id
from taskc.store.responses import ResponseStore

HELLO = Generate(prompt=Prompt(messages=(Message(role="user", content="hi"),)), max_tokens=5)


def described(tmp_path, model, **environment):
    return describe_model(model, Surroundings(cache=tmp_path, environment=environment)).model


@pytest.mark.parametrize("url", ["", "https://api.openai.com/v1", "https://API.openai.com:443/v1/"])
def test_the_own_address_of_a_provider_is_not_in_the_name(tmp_path, url):
    assert described(tmp_path, "openai/gpt-4o", OPENAI_BASE_URL=url) == "openai/gpt-4o"
    stated = f"openai/gpt-4o?base_url={url}" if url else "openai/gpt-4o"
    assert described(tmp_path, stated, OPENAI_BASE_URL="http://elsewhere/v1") == (
        "openai/gpt-4o" if url else "openai/gpt-4o?base_url=http://elsewhere/v1"
    )


@pytest.mark.parametrize(
    ("model", "variable", "expected"),
    [
        ("openai/gpt-4o", "OPENAI_BASE_URL", "openai/gpt-4o?base_url=http://h:8/v1"),
        ("openai/o3?timeout=9", "OPENAI_BASE_URL", "openai/o3?api=responses&base_url=http://h:8/v1"),
        ("anthropic/claude-x", "ANTHROPIC_BASE_URL", "anthropic/claude-x?base_url=http://h:8/v1"),
        ("openai-api/box/m", "BOX_BASE_URL", "openai-api/box/m"),
    ],
)
def test_another_address_is_in_the_name(tmp_path, model, variable, expected):
    """A service of `openai-api` is its own name: who calls it so says that it is one, wherever it runs."""
    assert described(tmp_path, model, **{variable: "http://h:8/v1/"}) == expected
    assert described(tmp_path, expected) == expected, "the name says all that is needed"


def request(number):
    messages = (Message(role="user", content=f"question {number}"),)
    decode = Decode(max_tokens=5)
    id = request_id(
        operation="generate",
        messages=messages,
        think="",
        lead_in="",
        joint="\n",
        continuations=(),
        after=None,
        decode=decode,
    )
    given = {"task": "t", "item": str(number), "regime": "z", "measure": "reply"}
    return Request(id=id, messages=messages, decode=decode, **given)


@pytest.mark.parametrize("model", ["openai/gpt-4o", "anthropic/claude-x", "openai-api/box/m"])
def test_answers_of_one_server_are_not_those_of_another(provider, tmp_path, model):
    """Two addresses of one server: it is asked by each, and both are kept; a service is one."""
    provider.rule = lambda asked, before: provider.reply(asked, "hello")
    elsewhere = provider.address.replace("127.0.0.1", "localhost")
    others = {
        "OPENAI_BASE_URL": f"{elsewhere}/v1",
        "ANTHROPIC_BASE_URL": elsewhere,
        "BOX_BASE_URL": f"{elsewhere}/v1",
    }

    async def go(store, around):
        backend = open_model(model, around)
        try:
            return await ask_build(lambda: iter([request(1)]), [backend], store)
        finally:
            await backend.close()

    with ResponseStore.open(tmp_path / "store.db") as store:
        for environment in ({}, others, {}):
            asyncio.run(go(store, provider.around(tmp_path, **environment)))
        kept = list(store.each())
    service = model.startswith("openai-api")
    assert len(kept) == len(provider.asked) == (1 if service else 2)
    places = {one.source.url.removesuffix("/v1") for one in kept}
    assert places == ({provider.address} if service else {provider.address, elsewhere})


def test_an_answer_from_before_addresses_were_kept_is_read(provider, tmp_path):
    """What is packed is JSON: a field that is not there is empty."""
    from taskc.records.lines import load
    from taskc.records.operation import Source

    assert load(Source, '{"model":"m","fingerprint":"","id":"x","batch":""}').url == ""


@pytest.mark.parametrize(
    "url",
    [
        "http://a..b/v1",
        f"http://{'a' * 64}.org/v1",
        "http://.h/v1",
        "ftp://h/v1",
        "http:///v1",
        "h/v1",
        "http://h:0x1/v1",
    ],
)
@pytest.mark.parametrize("model", ["openai/gpt-4o", "anthropic/claude-x", "openai-api/box/m"])
def test_what_is_no_address_is_told_before_anything_is_asked(tmp_path, model, url):
    with pytest.raises(ModelError, match="`base_url` is not the address of a server"):
        described(tmp_path, f"{model}?base_url={url}")


def test_a_password_is_not_for_an_address(tmp_path):
    with pytest.raises(ModelError, match="`OPENAI_BASE_URL` holds a user name or password") as caught:
        described(tmp_path, "openai/gpt-4o", OPENAI_BASE_URL="http://me:secret-word@h/v1")
    assert caught.value.help == "take it out of the address, and give a key in `OPENAI_API_KEY`"
    assert "secret-word" not in str(caught.value)


@pytest.mark.parametrize("model", ["openai/gpt-4o", "anthropic/claude-x", "openai-api/box/m", "openai/o3"])
@pytest.mark.parametrize(
    ("parameter", "cure"),
    [
        ("timeout=0", "write a number above 0"),
        ("timeout=nan", "write a number above 0"),
        ("timeout=inf", "write a number above 0"),
        ("rpm=0", "write a number above 0"),
        ("patience=inf", "write a number from 0"),
        ("wait=-1", "write a number from 0"),
        ("probe=maybe", "write `probe=yes` or `probe=no`"),
        (f"retries={'9' * 5000}", "write a whole number from 0 up, of 12 digits at most"),
        ("retries=²", "write a whole number from 0 up"),
        ("timeout=5&timeout=9", "give each of them once"),
        ("timeout=%ff", "write them as `?key=value&key=value`"),
    ],
)
def test_parameters_that_cannot_be_are_told_before_anything_is_opened(tmp_path, model, parameter, cure):
    """`describe`, which plans and dry runs use, says so as well as `open_model`."""
    around = Surroundings(cache=tmp_path, environment={"BOX_BASE_URL": "http://127.0.0.1:1/v1"})
    with pytest.raises(ModelError) as caught:
        describe_model(f"{model}?{parameter}", around)
    assert caught.value.help == cure
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("model", ["echo/\udcff", "openai/gpt-4o?stop=\udcff", "local/\ud800"])
def test_what_is_no_text_is_told(tmp_path, model):
    """Bytes on a command line that are no UTF-8 come as half characters."""
    with pytest.raises(ModelError, match="is not text") as caught:
        described(tmp_path, model)
    str(caught.value).encode()
