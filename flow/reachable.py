"""`taskc models`: the providers and models that can be asked from here, and what each can do."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from taskc.backends import BACKENDS, ModelError, Surroundings, describe_model, parse_model
from taskc.backends.addresses import PARAMETER, checked_url, is_loopback, key_beside
from taskc.backends.anthropic_api import URL as ANTHROPIC
from taskc.backends.compatible import prefix_of
from taskc.backends.known import table
from taskc.backends.openai_api import URL as OPENAI
from taskc.backends.parameters import without
from taskc.backends.reach import Listed, list_models
from taskc.backends.remote import key_of
from taskc.flow.models import listed as on_this_machine
from taskc.records.reach import ModelReach, ProviderReach, State

_ABOUT = {
    "echo": "a fake that answers by rule",
    "hf": "models of transformers, with the extra `hf`: `hf/OWNER/NAME`, `hf/FOLDER`",
    "replay": "recorded answers: `replay/PATH.jsonl`",
    "simulated": "models with a given ability, for trying designs: `taskc simulate`",
}
_ADDRESS = "_BASE_URL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A provider behind a network, as the environment has it.

    `key_set` is None where it needs no key and has none; `wrong` says why it cannot be asked at all, `cure`
    what to do.
    """

    provider: str
    address: str
    key: str
    key_set: bool | None
    secret: str
    wrong: str = ""
    cure: str = ""

    def __repr__(self) -> str:
        """Leave the key out."""
        return f"Remote({self.provider!r})"


def reachable(around: Surroundings) -> tuple[ProviderReach, ...]:
    """Say what can be asked from here.

    Providers with a key, and services whose address is in `SERVICE_BASE_URL`, are asked for their lists of
    models, which costs nothing, unless `around.offline`. What is known of others comes from the table.
    """
    remotes = list(remotes_of(around))
    asked = [one for one in remotes if not one.wrong and not around.offline]
    with ThreadPoolExecutor(max_workers=16) as pool:
        lists = dict(zip((one.provider for one in asked), pool.map(_list, asked), strict=True))
    rest = [_plain(name, around) for name in sorted(BACKENDS) if name not in _BEHIND]
    return (*rest, *(_reach(one, lists.get(one.provider), around) for one in remotes))


_BEHIND = ("anthropic", "openai", "openai-api")


def remotes_of(around: Surroundings) -> Iterator[Remote]:
    """Give the providers behind a network: the two that are known, and the services that have an address."""
    yield _remote("anthropic", "ANTHROPIC", ANTHROPIC, around)
    yield _remote("openai", "OPENAI", OPENAI, around)
    for name in sorted(around.environment):
        prefix = name.removesuffix(_ADDRESS)
        if name.endswith(_ADDRESS) and prefix and prefix not in ("OPENAI", "ANTHROPIC"):
            service = prefix.lower().replace("_", "-")
            if prefix_of(service) == prefix and _is_service(prefix, around.environment):
                yield _remote(f"openai-api/{service}", prefix, "", around)


def _is_service(prefix: str, environment: Mapping[str, str]) -> bool:
    """Say whether an address is meant for us: it is on this machine, or there is a key for it."""
    url = environment[f"{prefix}{_ADDRESS}"]
    return bool(environment.get(f"{prefix}_API_KEY")) or is_loopback(url)


def _remote(provider: str, prefix: str, usual: str, around: Surroundings) -> Remote:
    key, wrong, cure, secret, url = f"{prefix}_API_KEY", "", "", "", ""
    key_set: bool | None = bool(around.environment.get(key))
    try:
        variable = f"{prefix}{_ADDRESS}"
        url = checked_url(around.environment.get(variable) or usual, variable, key_beside(around, variable))
        local = provider.startswith("openai-api/") and is_loopback(url)
        key_set = None if local and not key_set else key_set
        secret = key_of(around, key, optional=local)
    except ModelError as problem:
        wrong, cure = str(problem), problem.help
    return Remote(
        provider=provider, address=url, key=key, key_set=key_set, secret=secret, wrong=wrong, cure=cure
    )


def _list(one: Remote) -> Listed:
    return list_models(one.address, one.secret, anthropic=one.provider == "anthropic")


def _reach(one: Remote, listed: Listed | None, around: Surroundings) -> ProviderReach:
    state: State = "not asked"
    if listed is not None:
        state = "unreachable" if listed.why else "reachable"
    elif one.wrong and one.address and one.key_set is False:
        state = "no key"
    why = one.wrong or (_refused(one) if listed and listed.refused else listed.why if listed else "")
    names = listed.names if listed and not listed.why else None
    return ProviderReach(
        provider=one.provider,
        address=one.address,
        state=state,
        key=one.key,
        key_set=one.key_set,
        why=why,
        help=one.cure,
        models=tuple(_models(one.provider, names, around)),
    )


def _refused(one: Remote) -> str:
    return f"the key in `{one.key}` is not taken"


def _models(provider: str, names: Iterable[str] | None, around: Surroundings) -> Iterator[ModelReach]:
    """Give the models that a provider names, else those of its that the table knows by name."""
    told = None if names is None else True
    for name in _in_table(provider) if names is None else names:
        try:
            known = describe_model(f"{provider}/{name}", around)
        except ModelError:
            continue
        model = str(without(parse_model(known.model), (PARAMETER,)))  # the address stands with the provider
        yield ModelReach(model=model, told=told, capabilities=known.capabilities)


def _in_table(provider: str) -> list[str]:
    every = [model for row in table() for model in row.models if "*" not in model]
    return sorted({model.partition("/")[2] for model in every if model.startswith(f"{provider}/")})


def _plain(provider: str, around: Surroundings) -> ProviderReach:
    """Give a provider that needs no network."""
    models = tuple(_local(around)) if provider == "local" else ()
    about = _ABOUT.get(provider, "this machine")
    return ProviderReach(provider=provider, address=about, state="here", models=models)


def _local(around: Surroundings) -> Iterator[ModelReach]:
    for model, about, place in on_this_machine(around):
        known = describe_model(model, around)
        where = f"{about}; {'here' if place else 'not fetched'}"
        yield ModelReach(model=model, told=place is not None, capabilities=known.capabilities, about=where)
