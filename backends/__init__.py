"""The shelf of backends: requests in, responses out. The only folder with a network.

A backend is one module with `open_model(name: ModelName, around: Surroundings) -> Backend` and
`describe(name, around) -> Described`, which says the same of the model without a key, a network or weights.
It may have `counter(name, around) -> Counter | None`, where tokens can be counted without opening the model;
and `address(name, around) -> (form, url) | None`, where what is unknown of a model can be asked of it.
Other people's packages add providers through the entry-point group `taskc.backends`.
"""

from collections.abc import Iterable
from importlib import import_module
from types import ModuleType

from taskc.backends.protocol import Backend, Described, ModelError, ModelName, Surroundings, parse_model
from taskc.backends.tokens import Counter, estimated
from taskc.dsl.diagnostic import similar

__all__ = [
    "BACKENDS",
    "Backend",
    "Counter",
    "Described",
    "ModelError",
    "ModelName",
    "Surroundings",
    "address_of",
    "describe_model",
    "describe_models",
    "open_counter",
    "open_model",
    "parse_model",
    "twice",
]

BACKENDS: dict[str, str] = {
    "anthropic": "taskc.backends.anthropic_api",
    "echo": "taskc.backends.echo",
    "hf": "taskc.backends.hf",
    "local": "taskc.backends.local",
    "openai": "taskc.backends.openai_api",
    "openai-api": "taskc.backends.compatible",
    "replay": "taskc.backends.replay",
    "simulated": "taskc.backends.simulated",
}


def open_model(model: str, around: Surroundings) -> Backend:
    """Open the model that a model string names; raises `ModelError` with the cure."""
    name = parse_model(model)
    backend: Backend = _module(name).open_model(name, around)
    return backend


def describe_model(model: str, around: Surroundings) -> Described:
    """Say what a model can do without opening it; raises `ModelError` with the cure."""
    name = parse_model(model)
    describe = getattr(_module(name), "describe", None)
    if describe is None:
        raise ModelError(
            f"the provider `{name.provider}` cannot say what it can do before a model is opened",
            help="its backend needs a function `describe`, see docs/backends.md",
        )
    described: Described = describe(name, around)
    return described


def describe_models(models: Iterable[str], around: Surroundings) -> list[Described]:
    """Say what each model can do; raises `ModelError`, also for a model that is named twice."""
    described: dict[str, Described] = {}
    for model in models:
        one = describe_model(model, around)
        if one.model in described:
            raise twice(one.model)
        described[one.model] = one
    return list(described.values())


def twice(model: str) -> ModelError:
    """Say that a model is named twice."""
    return ModelError(f"model `{model}` is named twice", help="name each model once")


def address_of(name: ModelName, around: Surroundings) -> tuple[str, str] | None:
    """Give the form of asking and the address of a model that can be probed; None for any other."""
    address = getattr(_module(name), "address", None)
    found: tuple[str, str] | None = address(name, around) if address else None
    return found


def open_counter(model: str, around: Surroundings) -> Counter:
    """Give what counts a model's tokens: its own tokenizer where that is at hand, else an estimate."""
    name = parse_model(model)
    counter = getattr(_module(name), "counter", None)
    own: Counter | None = counter(name, around) if counter else None
    return own or estimated()


def _module(name: ModelName) -> ModuleType:
    module = BACKENDS.get(name.provider)
    if module is not None:
        return import_module(module)
    from importlib.metadata import entry_points  # reads the names of all packages there are

    others = {point.name: point.value for point in entry_points(group="taskc.backends")}
    module = others.get(name.provider)
    if module is None:
        raise ModelError(
            f"unknown provider `{name.provider}`", help=similar(name.provider, [*BACKENDS, *others])
        )
    return import_module(module)
