"""The joint between taskc and models: one method, and a value that says what it can do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Protocol
from unicodedata import category
from urllib.parse import parse_qsl, quote, urlencode

from taskc.records.operation import Operation, Reply
from taskc.records.plan import Capabilities

_CONTROL = ("Cc", "Zl", "Zp")  # categories: control characters, and what parts lines and paragraphs


class Backend(Protocol):
    """One model, ready to be asked.

    `model` is the canonical model string that answers are stored under. `ask` takes at most
    `capabilities.batch` operations and gives their replies in the same order; it never raises for
    what the model, the provider or the network does: those are `Failure` and `Refusal` outcomes.
    One that is reached over a network has a `lane`, the way that its requests come by (`backends/lane.py`).
    """

    @property
    def model(self) -> str: ...  # noqa: D102
    @property
    def capabilities(self) -> Capabilities: ...  # noqa: D102
    async def ask(self, operations: Sequence[Operation]) -> Sequence[Reply]: ...  # noqa: D102
    async def close(self) -> None: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What is known of a model without opening it: no key, no network, no weights.

    `model` and `capabilities` are those of the backend that `open_model` gives. `charged` says that
    somebody is paid for each answer.
    """

    model: str
    capabilities: Capabilities
    charged: bool = True


class ModelError(Exception):
    """A model that cannot be opened: unknown provider, missing key or extra, bad parameter, bad file.

    `str(error)` is the problem (lower case, no full stop), `help` the cure.
    """

    def __init__(self, message: str, *, help: str = "") -> None:
        """Keep the problem and its cure."""
        super().__init__(message)
        self.help = help


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelName:
    """A model string taken apart: `provider/name?key=value&…`."""

    provider: str
    name: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Write it in canonical form: parameters sorted by key."""
        tail = urlencode(sorted(self.parameters.items()), safe="/:,", quote_via=quote)
        return f"{self.provider}/{self.name}" + (f"?{tail}" if tail else "")


def parse_model(text: str) -> ModelName:
    """Take a model string apart; raises `ModelError` when it has no provider or a bad parameter.

    What is wrong with parameters is said without their values: somebody may have put a key there.
    """
    if not _is_text(text):
        raise ModelError(
            f"`{text.encode('ascii', 'backslashreplace').decode()}` is not text", help="write it in UTF-8"
        )
    _refuse_control(text, text)
    head, _, query = text.partition("?")
    provider, slash, name = head.partition("/")
    if not slash or not provider or not name:
        raise ModelError(
            f"`{text}` is not a model string",
            help="write `provider/model`, for instance `local/smollm2-135m`",
        )
    pairs: list[tuple[str, str]] = []
    try:
        if query:
            pairs = parse_qsl(query, strict_parsing=True, keep_blank_values=True, errors="strict")
    except ValueError:
        raise ModelError(
            f"the parameters of `{head}` cannot be read", help="write them as `?key=value&key=value`"
        ) from None
    parameters = dict(pairs)
    for part in chain.from_iterable(pairs):
        _refuse_control(part, text)
    if len(parameters) < len(pairs):
        keys = [key for key, _ in pairs]
        double = next(key for key in keys if keys.count(key) > 1)
        raise ModelError(f"parameter `{double}` is given twice for `{head}`", help="give each of them once")
    return ModelName(provider=provider, name=name, parameters=parameters)


def _refuse_control(part: str, text: str) -> None:
    """Raise `ModelError` for what a terminal would obey, and the XML of a figure cannot hold."""
    if any(category(letter) in _CONTROL for letter in part):
        shown = "".join(ascii(c)[1:-1] if category(c) in _CONTROL else c for c in text)
        raise ModelError(f"`{shown}` holds a control character", help="write the model string without it")


def _is_text(text: str) -> bool:
    """Say whether a file can hold it: what is no UTF-8 on a command line comes as half characters."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a backend may know of the world: environment, cache folder, a place to report downloads.

    `report(what, done, total)` is called while something is fetched; bytes.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    cache: Path
    offline: bool = False
    report: "Report | None" = None


class Report(Protocol):
    """Is told how far a download has come."""

    def __call__(self, what: str, done: int, total: int) -> None: ...  # noqa: D102
