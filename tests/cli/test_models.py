"""`taskc models` and `taskc doctor`: what can be asked from here, what is missing, and no key in it."""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from loopback import FakeProvider

from taskc.backends import BACKENDS
from taskc.backends.probed import Probed, keep_probe, probes_kept
from taskc.backends.reach import list_models

KEY = "sk-marked-0123456789abcdef"


def listing(provider: FakeProvider, *names: str) -> Any:
    return provider.say(body={"object": "list", "data": [{"id": name, "object": "model"} for name in names]})


@pytest.fixture
def around(provider: FakeProvider) -> dict[str, str]:
    return {
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": f"{provider.address}/v1",
        "VLLM_BASE_URL": f"{provider.address}/v1",
        "ELSEWHERE_BASE_URL": "https://example.invalid/v1",  # no key for it: not ours to ask
    }


def by_name(ran: Any) -> dict[str, Any]:
    return {one["provider"]: one for one in map(json.loads, ran.out.splitlines())}


def test_models_that_providers_name(run: Any, provider: FakeProvider, around: dict[str, str]) -> None:
    provider.listing = listing(provider, "o3", "gpt-4o", "text-embedding-9")
    ran = run("models", "--format", "json", **around)
    assert ran.code == 0
    found = by_name(ran)
    assert set(found) == {*BACKENDS, "openai-api/vllm"} - {"openai-api"}
    openai = found["openai"]
    assert (openai["state"], openai["key"], openai["key_set"], openai["why"]) == (
        "reachable", "OPENAI_API_KEY", True, "",
    )  # fmt: skip
    can = {one["model"]: one["capabilities"] for one in openai["models"]}
    assert set(can) == {"openai/o3?api=responses", "openai/gpt-4o", "openai/text-embedding-9"}
    assert can["openai/gpt-4o"]["top_logprobs"] == 20
    assert can["openai/text-embedding-9"]["unknown"] == ["temperature", "stop", "effort", "top_logprobs"]
    vllm = found["openai-api/vllm"]
    assert (vllm["state"], vllm["key_set"], len(vllm["models"])) == ("reachable", None, 3)
    assert vllm["models"][0]["capabilities"]["prefill"]
    assert (found["anthropic"]["state"], found["anthropic"]["key_set"]) == ("no key", False)
    assert all(one["told"] is None for one in found["anthropic"]["models"]) and found["anthropic"]["models"]
    text = run("models", **around).out
    assert "openai/gpt-4o" in text and "openai/text-embedding-9" not in text and "`--all` lists them" in text
    assert "openai/text-embedding-9" in run("models", "--all", **around).out
    sent = {headers.get("authorization") for _, headers in provider.got}
    assert sent == {f"Bearer {KEY}", None}
    assert KEY not in ran.out + ran.err + text


def test_anthropic_is_asked_in_its_own_way(run: Any, provider: FakeProvider) -> None:
    provider.listing = listing(provider, "claude-opus-4-5")
    env = {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": provider.address}
    (one,) = by_name(run("models", "--format", "json", **env))["anthropic"]["models"]
    assert (one["model"], one["told"], one["capabilities"]["prefill"]) == (
        "anthropic/claude-opus-4-5",
        True,
        True,
    )
    ((path, headers),) = provider.got
    assert path == "/v1/models?limit=1000"
    assert headers["x-api-key"] == KEY


def test_offline_asks_nobody(run: Any, provider: FakeProvider, around: dict[str, str]) -> None:
    found = by_name(run("models", "--offline", "--format", "json", **around))
    assert (found["openai"]["state"], found["openai-api/vllm"]["state"]) == ("not asked", "not asked")
    assert "openai/gpt-4o" in {one["model"] for one in found["openai"]["models"]}
    assert run("doctor", "--offline", **around).code == 0
    assert provider.got == []


def test_a_key_goes_nowhere_else(run: Any, provider: FakeProvider, around: dict[str, str]) -> None:
    provider.listing = provider.say(status=302, headers={"location": f"{provider.address}/elsewhere/models"})
    found = by_name(run("models", "--format", "json", **around))
    assert (found["openai"]["state"], found["openai"]["why"]) == ("unreachable", "answered 302")
    assert all(path == "/v1/models" for path, _ in provider.got)


def findings(ran: Any) -> dict[str, tuple[str, str, str]]:
    return {one["about"]: (one["level"], one["said"], one["help"]) for one in json.loads(ran.out)["findings"]}


def test_doctor_says_what_is_there(run: Any, provider: FakeProvider, around: dict[str, str]) -> None:
    provider.listing = listing(provider, "gpt-4o")
    ran = run("doctor", "--format", "json", **around)
    assert ran.code == 0
    found = findings(ran)
    assert found["openai"] == ("fine", f"{provider.address}/v1, `OPENAI_API_KEY` is set, 1 models", "")
    assert found["openai-api/vllm"][:2] == ("fine", f"{provider.address}/v1, no key needed, 1 models")
    assert found["anthropic"] == (
        "note",
        "`ANTHROPIC_API_KEY` is not set",
        "`export ANTHROPIC_API_KEY=…`, or a line of `.env`",
    )
    assert found["extra local"][0] == "fine"
    assert found["store"] == ("fine", "none in `runs` yet", "")
    text = run("doctor", **around)
    assert "fine    openai: " in text.out
    assert KEY not in ran.out + text.out + text.err


@pytest.mark.parametrize(
    ("status", "said", "help"),
    [
        (401, "the key in `OPENAI_API_KEY` is not taken", "copy the key again into `OPENAI_API_KEY`"),
        (500, "answered 500", "see whether `OPENAI_BASE_URL` is right: most addresses end in `/v1`"),
        (302, "answered 302", "see whether `OPENAI_BASE_URL` is right: most addresses end in `/v1`"),
    ],
)
def test_doctor_finds_a_provider_that_says_no(
    run: Any, provider: FakeProvider, around: dict[str, str], status: int, said: str, help: str
) -> None:
    provider.listing = provider.error(status, f"wrong key {KEY}")
    ran = run("doctor", "--format", "json", **around)
    assert ran.code == 1
    assert findings(ran)["openai"] == ("problem", f"{provider.address}/v1: {said}", help)
    assert KEY not in ran.out + ran.err


@pytest.mark.parametrize(
    ("environment", "about", "said"),
    [
        ({"VLLM_BASE_URL": "http://127.0.0.1:9/v1"}, "openai-api/vllm", "nobody answers there"),
        ({"OPENAI_API_KEY": "sk-ключ"}, "openai", "`OPENAI_API_KEY` holds characters no key has"),
        (
            {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "nowhere"},
            "openai",
            "`OPENAI_BASE_URL` is not the address of a server",
        ),
    ],
)
def test_doctor_finds_what_is_wrong(run: Any, environment: dict[str, str], about: str, said: str) -> None:
    ran = run("doctor", "--format", "json", **environment)
    assert ran.code == 1
    level, found, help = findings(ran)[about]
    assert level == "problem" and said in found and help


def test_doctor_looks_at_env_file_store_and_cache(run: Any, folder: Path) -> None:
    (folder / ".env").write_text(f"BOX_API_KEY={KEY}\n'broken {KEY}\nOTHER=1\n", encoding="utf-8")
    (folder / "runs").mkdir()
    (folder / "runs" / "responses.sqlite").write_bytes(b"SQLite format 3\0" + b"torn" * 100)
    (folder / "file").write_text("")
    ran = run("doctor", "--offline", "--format", "json", XDG_CACHE_HOME=str(folder / "file"))
    assert ran.code == 1
    found = findings(ran)
    assert found[".env"] == ("problem", "lines that cannot be read: 2", "write `NAME=value`, one a line")
    assert found["store"][0] == "problem" and "responses.sqlite" in found["store"][1]
    assert found["cache"][0] == "problem"
    assert KEY not in ran.out + ran.err
    (folder / ".env").write_bytes(b"\xff\xfe")
    ran = run("doctor", "--offline", "--format", "json")
    assert findings(ran)[".env"][0] == "problem" and ran.code == 1
    assert run("models", "--offline").code == 1  # any other command says so and ends


def test_doctor_is_asked_about_models(run: Any, folder: Path) -> None:
    (folder / ".env").write_text(f"OPENAI_API_KEY={KEY}\n", encoding="utf-8")
    asked = (
        "openai/gpt-4o",
        "openai/omni",
        "anthropic/claude-opus-5",
        "openai-api/box/m",
        "echo/x",
        "ecko/x",
    )
    flags = [flag for model in asked for flag in ("-m", model)]
    ran = run("doctor", "--offline", "--format", "json", *flags)
    assert ran.code == 1
    found = findings(ran)
    assert {model: found[model][0] for model in asked} == {
        "openai/gpt-4o": "fine",
        "openai/omni": "note",
        "anthropic/claude-opus-5": "problem",
        "openai-api/box/m": "problem",
        "echo/x": "fine",
        "ecko/x": "problem",
    }
    assert "`BOX_BASE_URL` is not set" in found["openai-api/box/m"][1]
    assert run("doctor", "--offline", "-m", "openai/gpt-4o").code == 0
    assert KEY not in ran.out + ran.err


def test_doctor_asks_the_server_of_a_model(run: Any, folder: Path, provider: FakeProvider) -> None:
    """A server that is down is a problem of its model, whatever is known of that."""
    provider.listing = listing(provider, "m", "gpt-4o")
    (folder / ".env").write_text(f"OPENAI_API_KEY={KEY}\nANTHROPIC_API_KEY={KEY}\n", encoding="utf-8")
    for url, code, level in ((f"{provider.address}/v1", 0, "fine"), ("http://127.0.0.1:9/v1", 1, "problem")):
        models = [f"openai-api/vllm/m?base_url={url}&probe=no", f"openai/gpt-4o?base_url={url}"]
        flags = [flag for model in models for flag in ("-m", model)]
        provider_urls = {"OPENAI_BASE_URL": url, "ANTHROPIC_BASE_URL": url}
        ran = run("doctor", "--format", "json", *flags, **provider_urls)
        found = findings(ran)
        assert (ran.code, {found[model][0] for model in models}) == (code, {level})
    assert found[models[0]][1] == "http://127.0.0.1:9/v1: nobody answers there"
    ran = run("doctor", "--offline", "--format", "json", *flags, **provider_urls)
    assert {findings(ran)[model][0] for model in models} == {"fine"}, "nobody was asked"


@pytest.mark.parametrize(
    ("status", "names", "said"),
    [
        (200, ["gpt-3.5-turbo"], "is not among the 1 models that it lists"),
        (302, [], "answered 302, so it is not known whether it can be asked"),
        (404, [], "answered 404, so it is not known whether it can be asked"),
    ],
)
def test_doctor_does_not_call_fine_what_it_could_not_see(
    run: Any, provider: FakeProvider, around: dict[str, str], status: int, names: list[str], said: str
) -> None:
    """A server without a list may have the model all the same, and one with a list need not name all."""
    provider.listing = replace(listing(provider, *names), status=status)
    found = findings(run("doctor", "--format", "json", "-m", "openai/gpt-4o", **around))
    level, told, help = found["openai/gpt-4o"]
    assert (level, told) == ("note", f"{provider.address}/v1: {said}") and help


def test_doctor_says_what_to_do_with_a_password(run: Any) -> None:
    ran = run("doctor", "--offline", "--format", "json", OPENAI_BASE_URL="http://me:secret-word@h/v1")
    level, said, help = findings(ran)["openai"]
    assert (level, "secret-word" in ran.out + ran.err) == ("problem", False)
    assert said == "`OPENAI_BASE_URL` holds a user name or password"
    assert help == "take it out of the address, and give a key in `OPENAI_API_KEY`"


ODD_PLACES = {
    "a password": {"OPENAI_BASE_URL": f"http://me:{KEY}@127.0.0.1:9/v1"},
    "a query": {"OPENAI_BASE_URL": f"http://127.0.0.1:9/v1?api_key={KEY}"},
    "a fragment": {"OPENAI_BASE_URL": f"http://127.0.0.1:9/v1#{KEY}"},
    "a path": {"OPENAI_BASE_URL": f"http://127.0.0.1:9/{KEY}/v1"},
    "a host": {"OPENAI_BASE_URL": f"http://{KEY}.localhost:9/v1"},
    "a path of a service": {"BOX_BASE_URL": f"http://127.0.0.1:9/{KEY}/v1", "BOX_API_KEY": KEY},
    "a proxy": {"OPENAI_BASE_URL": "http://h.invalid/v1", "HTTP_PROXY": f"http://me:{KEY}@127.0.0.1:9"},
    "a proxy of another kind": {
        "OPENAI_BASE_URL": "http://h.invalid/v1",
        "ALL_PROXY": f"socks5://me:{KEY}@h:1",
    },
    "a proxy that is none, for others": {
        "OPENAI_BASE_URL": "https://h.invalid/v1",
        "HTTP_PROXY": f"http://me:{KEY}@h:port",
    },
    "a proxy that is none": {"OPENAI_BASE_URL": "http://h.invalid/v1", "HTTP_PROXY": f"://{KEY}"},
}
ODD_MODELS = (
    f"openai/gpt-4o?api_key={KEY}",
    f"openai/gpt-4o?api_key={KEY}&api_key={KEY}",
    f"openai/gpt-4o?{KEY}",
    f"openai/gpt-4o?base_url=http://me:{KEY}@127.0.0.1:9/v1",
    f"openai-api/box/m?base_url=http://127.0.0.1:9/v1?key={KEY}",
    f"openai-api/box/m?base_url=http://127.0.0.1:9/{KEY}/v1",
    f"openai-api/box/m?base_url=http://127.0.0.1:9/{KEY}/v1&base_url=x",
    f"anthropic/claude-opus-5?api_key={KEY}",
)


@pytest.mark.parametrize("place", ODD_PLACES)
@pytest.mark.parametrize("command", ["doctor", "models"])
def test_a_key_in_an_odd_place_is_not_shown(run: Any, place: str, command: str) -> None:
    env = {"OPENAI_API_KEY": KEY, "ANTHROPIC_API_KEY": KEY, **ODD_PLACES[place]}
    more = ["--offline"] if "h.invalid" not in str(env) else []
    flags = ["-m", "openai/gpt-4o", "-m", "openai-api/box/m"] if command == "doctor" else ["--all"]
    for form in ("text", "json"):
        ran = run(command, *flags, *more, "--format", form, **env)
        assert "Traceback" not in ran.err
        assert "sk-marked" not in ran.out + ran.err


@pytest.mark.parametrize("model", ODD_MODELS)
def test_nor_is_one_in_a_model_string(run: Any, folder: Path, model: str) -> None:
    """What is wrong with a model string is said without its values."""
    run("compile", "-q")
    env = {"OPENAI_API_KEY": KEY, "ANTHROPIC_API_KEY": KEY, "BOX_API_KEY": KEY}
    for command in (["doctor", "--offline"], ["plan"], ["eval"]):
        ran = run(*command, "-m", model, **env)
        assert ran.code == 1, ran.out
        assert "sk-marked" not in ran.out + ran.err


def test_a_list_that_drips_is_not_waited_for(provider: FakeProvider) -> None:
    """Each byte comes in time, and the whole never."""
    provider.listing = provider.say(hold=True, drip=0.01)
    listed = list_models(f"{provider.address}/v1", KEY, wait=0.3)
    assert (listed.why, listed.down) == ("did not answer within 0.3 s", True)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes")
def test_a_pipe_is_no_env_file(run: Any, folder: Path) -> None:
    os.mkfifo(folder / ".env")
    ran = run("doctor", "--offline", "--format", "json")
    assert findings(ran)[".env"][:2] == (
        "problem",
        f"`{folder / '.env'}` is a pipe or a device, and not a file",
    )
    assert run("eval", "-m", "openai-api/box/m").code == 1


def test_a_key_in_an_env_file_is_used_and_in_nothing_else(
    run: Any, folder: Path, provider: FakeProvider
) -> None:
    (folder / ".env").write_text(
        f'BOX_API_KEY="{KEY}"\nexport BOX_BASE_URL={provider.address}/v1\n', encoding="utf-8"
    )
    provider.rule = lambda asked, before: provider.chat(f"Answer: A, and your key is {KEY}")
    assert run("compile", "-q").code == 0
    ran = run("eval", "-m", "openai-api/box/m?probe=no")
    assert ran.code == 0, ran.err
    assert {asked.headers["authorization"] for asked in provider.asked} == {f"Bearer {KEY}"}
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != ".env"]
    assert len(files) > 8
    assert not [path for path in files if KEY.encode() in path.read_bytes()]
    assert KEY not in ran.out + ran.err


def test_probes_are_forgotten(run: Any, environment: dict[str, str]) -> None:
    cache = Path(environment["XDG_CACHE_HOME"]) / "taskc"
    probed = Probed(
        provider="openai-api", model="box/m", api="chat", url="http://x/v1", found={}, requests=2, date=""
    )
    for url in ("http://x/v1", "http://y/v1"):
        keep_probe(cache, replace(probed, url=url))
    keep_probe(cache, replace(probed, model="box/n"))
    told = run("models", "--forget", "openai-api/box/m")
    assert (told.code, told.out) == (0, "2 probes of `openai-api/box/m` forgotten\n")
    assert probes_kept(cache) == 1
    again = run("models", "--forget", "openai-api/box/m")
    assert again.code == 1 and "no probe of `openai-api/box/m` is kept" in again.err
