"""What there is to be asked here, and what is missing: what `taskc models` and `taskc doctor` say."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from taskc.records.plan import Capabilities

State: TypeAlias = Literal["here", "reachable", "unreachable", "not asked", "no key"]
Level: TypeAlias = Literal["fine", "note", "problem"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReach:
    """One model: its model string, whether it is here or its provider has it, and what it can do.

    `told` says that the provider named it; None where nobody was asked.
    """

    model: str
    told: bool | None
    capabilities: Capabilities
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderReach:
    """One provider or service: where it is, whether its key is set, and whether it answered.

    `key` is the name of the variable that holds its key, and `key_set` whether it does, None where it needs
    none; a key itself is nowhere. `why` says what keeps it from being asked, and `help` what to do where that
    is known.
    """

    provider: str
    address: str
    state: State
    key: str = ""
    key_set: bool | None = None
    why: str = ""
    help: str = ""
    models: tuple[ModelReach, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that the doctor looked at: fine, worth a note, or a problem, and what to do about it."""

    about: str
    level: Level
    said: str
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """All that the doctor looked at."""

    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Say whether there is no problem."""
        return all(one.level != "problem" for one in self.findings)
