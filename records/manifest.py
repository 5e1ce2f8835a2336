"""What a build says about itself: where it came from, what it holds, and what was found on the way."""

from collections.abc import Mapping

from msgspec import Struct, field


class SourceFile(Struct, frozen=True, kw_only=True):
    """A file that took part, by its name inside the compiled folder."""

    path: str
    sha256: str
    bytes: int


class Segment(Struct, frozen=True, kw_only=True):
    """The part of a file that belongs to one task: its length and hash. Parts lie one after another."""

    bytes: int
    sha256: str


class TaskEntry(Struct, frozen=True, kw_only=True):
    """One task of a build. `items` is how many it has, `asked` how many of them this build asks.

    `lines` is its part of `requests.jsonl`, `shot` its part of `snapshot.jsonl`.
    """

    name: str
    meta: Mapping[str, tuple[str, ...]]
    true_task: str
    distractors: tuple[str, ...]
    items: int
    asked: int
    regimes: tuple[str, ...]
    factors: Mapping[str, tuple[str, ...]]
    design: str
    measures: tuple[str, ...]
    requests: int
    lines: Segment | None = None
    shot: Segment | None = None


class SuiteEntry(Struct, frozen=True, kw_only=True):
    """A suite and its tasks."""

    name: str
    title: str
    tasks: tuple[str, ...]


class FindingEntry(Struct, frozen=True, kw_only=True):
    """A finding that did not stop the build."""

    rule: str
    severity: str
    message: str
    path: str
    line: int
    column: int


class Manifest(Struct, frozen=True, kw_only=True):
    """`manifest.json`. `requests_sha256` and `snapshot_sha256` are hashes of the two files beside it."""

    taskc: str
    format: int = 1
    sources: tuple[SourceFile, ...]
    tasks: tuple[TaskEntry, ...]
    suites: tuple[SuiteEntry, ...] = ()
    selection: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    limit: str = ""
    requests: int
    requests_sha256: str
    snapshot_sha256: str = ""
    findings: tuple[FindingEntry, ...] = ()
