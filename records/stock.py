"""What a response store holds, and what was done to it: what the subcommands of `taskc store` say."""

from dataclasses import dataclass

from taskc.records.batch import Batch


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStock:
    """The answers of one model.

    `refusals` are among `answers`; `tries` is how often it was asked for them. `read` and `written` are
    tokens; `bytes` is what the answers take in the file, without what they share; `first` and `last` say
    when they came, as `2026-01-31T23:59:59Z`, empty where that is not known.
    """

    model: str
    answers: int
    refusals: int
    tries: int
    read: int
    written: int
    bytes: int
    first: str
    last: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """A whole store: `bytes` is the size of its file, with what is not yet written back into it."""

    path: str
    answers: int
    bytes: int
    models: tuple[ModelStock, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """The batches of a store that are sent and not picked up."""

    path: str
    batches: tuple[Batch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A file that answers were written to."""

    path: str
    answers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedFrom:
    """What became of the answers of one store: `same` were there, `conflicts` with another outcome."""

    path: str
    answers: int
    added: int
    same: int
    conflicts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """A store that others were merged into; `conflicts` are some of the keys whose first answer was kept."""

    path: str
    answers: int
    sources: tuple[MergedFrom, ...]
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """An answer that is not what it says."""

    key: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What looking at every answer found.

    `damage` is what SQLite says of the file; `flaws` are the first of the `flawed` answers. `bare` could be
    read, but not held against their keys: they were kept before that was written down.
    """

    path: str
    answers: int
    bare: int
    flawed: int
    damage: tuple[str, ...] = ()
    flaws: tuple[Flaw, ...] = ()

    @property
    def good(self) -> bool:
        """Say whether nothing was found."""
        return not self.damage and not self.flawed


@dataclass(frozen=True, slots=True, kw_only=True)
class Vacuumed:
    """What making a file as small as it can be has changed, in bytes."""

    path: str
    before: int
    after: int
