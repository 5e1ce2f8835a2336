"""`--select` and `--limit`: which part of the tasks is wanted."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field

from taskc.dsl.diagnostic import similar
from taskc.records.manifest import Manifest
from taskc.records.request import Request

if TYPE_CHECKING:  # what works on a build needs no compiler
    from taskc.compiler.expand import Selection
    from taskc.dsl.model import Task

Requests: TypeAlias = Callable[[], Iterator[Request]]
"""Starts reading the requests of a build anew."""
MEASURE = "measure"


class BadSelection(Exception):
    """A selection or limit that means nothing: problem and cure."""

    def __init__(self, message: str, help: str = "") -> None:
        """Keep problem and cure."""
        super().__init__(message)
        self.help = help


class Limit(Struct, frozen=True, kw_only=True):
    """The first `count` asked items of each task, a `share` of them, or `first` to `last` (from 1)."""

    text: str = ""
    count: int | None = None
    share: float | None = None
    first: int = 1
    last: int | None = None

    def bounds(self, asked: int) -> tuple[int, int]:
        """Give the half-open range of positions out of `asked` items."""
        if self.count is not None:
            return 0, min(self.count, asked)
        if self.share is not None:
            return 0, min(asked, max(1, round(self.share * asked)))
        return min(self.first - 1, asked), asked if self.last is None else min(self.last, asked)


class Wanted(Struct, frozen=True, kw_only=True):
    """A whole selection: names by what they name (`task`, `regime`, `measure`, a factor), and the limit."""

    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    limit: Limit = Limit()

    def takes(self, task: str, regime: str, levels: Mapping[str, str], measure: str = "") -> bool:
        """Say whether something is wanted, the limit aside; a name that it does not have leaves it wanted."""
        own = {
            "task": _prefixes(task),
            "regime": [regime],
            **({MEASURE: _forms(measure)} if measure else {}),
            **{name: [level] for name, level in levels.items()},
        }
        return all(set(own[name]) & set(values) for name, values in self.names.items() if name in own)


def parse_limit(text: str | None) -> Limit:
    """Read `100`, `0.1` or `11-20`; raises `BadSelection`."""
    if not text:
        return Limit()
    if match := re.fullmatch(r"(\d+)-(\d+)", text):
        first, last = int(match[1]), int(match[2])
        if 1 <= first <= last:
            return Limit(text=text, first=first, last=last)
    elif re.fullmatch(r"\d+", text) and int(text) > 0:
        return Limit(text=text, count=int(text))
    elif re.fullmatch(r"0?\.\d+|1\.0*", text) and float(text) > 0:
        return Limit(text=text, share=float(text))
    raise BadSelection(
        f"`{text}` is not a limit",
        "write a number of items (`100`), a share of them (`0.1`), or a range (`11-20`)",
    )


def parse_selection(texts: Sequence[str], limit: str | None) -> Wanted:
    """Read `regime=a,b task=x NAME=LEVEL` from any number of texts; raises `BadSelection`."""
    names: dict[str, tuple[str, ...]] = {}
    for word in " ".join(texts).split():
        name, equals, values = word.partition("=")
        if not equals or not name or not values:
            raise BadSelection(
                f"`{word}` is not a selection", "write `regime=few_shot`, `task=NAME` or `FACTOR=LEVEL`"
            )
        names[name] = (*names.get(name, ()), *(value for value in values.split(",") if value))
    return Wanted(names=names, limit=parse_limit(limit))


def tasks_of(wanted: Wanted, tasks: Sequence["Task"]) -> list["Task"]:
    """Give the wanted tasks after checking that every name in the selection exists; raises `BadSelection`."""
    check_names(
        wanted,
        tasks=(task.name for task in tasks),
        regimes=(variant.regime.name for task in tasks for variant in task.variants),
        factors=((f.name, level) for task in tasks for f in task.factors for level in f.levels),
    )
    chosen = wanted.names.get("task")
    return [task for task in tasks if chosen is None or set(_prefixes(task.name)) & set(chosen)]


def check_against(wanted: Wanted, manifest: Manifest) -> None:
    """Check that every name in a selection exists in a build; raises `BadSelection`."""
    check_names(
        wanted,
        tasks=(task.name for task in manifest.tasks),
        regimes=(regime for task in manifest.tasks for regime in task.regimes),
        factors=(
            (n, level) for task in manifest.tasks for n, levels in task.factors.items() for level in levels
        ),
    )


def check_names(
    wanted: Wanted,
    *,
    tasks: Iterable[str],
    regimes: Iterable[str],
    measures: Iterable[str] = (),
    factors: Iterable[tuple[str, str]] = (),
) -> None:
    """See that all that is selected by stands for something; raises `BadSelection` with the nearest name.

    `factors` are names with a level each. `measures` are had of results only: a build is selected from before
    it is known how a model can be asked.
    """
    known: dict[str, dict[str, None]] = {"task": {}, "regime": dict.fromkeys(regimes)}
    for task in dict.fromkeys(tasks):
        known["task"].update(dict.fromkeys(_prefixes(task)))
    if told := dict.fromkeys(measures):
        known[MEASURE] = {form: None for one in told for form in _forms(one)}
    for name, level in factors:
        known.setdefault(name, {})[level] = None
    for name, values in wanted.names.items():
        if name not in known:
            raise BadSelection(f"nothing can be selected by `{name}`", similar(name, known))
        for value in values:
            if "=" in value and value not in known[name]:
                cure = "part names by a blank, or give `--select` once for each"
                raise BadSelection(f"`{value}` is not a value of `{name}`", cure)
            if value not in known[name]:
                raise BadSelection(f"no {name} is called `{value}`", similar(value, known[name]))


def _prefixes(name: str) -> list[str]:
    """Give a task's name and those of its parents: `a.b.c` is also meant by `a.b` and by `a`."""
    parts = name.split(".")
    return [".".join(parts[: n + 1]) for n in range(len(parts))]


def _forms(measure: str) -> list[str]:
    """Give a measure and what it is of: `choice(tokens)` is also meant by `choice`."""
    return list(dict.fromkeys((measure, measure.partition("(")[0])))


def selection(wanted: Wanted, task: "Task") -> "Selection":
    """Give what of one task is wanted. A factor that the task does not have leaves it whole."""
    from taskc.compiler.expand import Selection

    own = {factor.name for factor in task.factors}
    levels = {name: frozenset(values) for name, values in wanted.names.items() if name in own}
    first, last = wanted.limit.bounds(len(task.asked))
    return Selection(regimes=frozenset(wanted.names.get("regime", ())), levels=levels, first=first, last=last)


def narrowed(every: Requests, wanted: Wanted, manifest: Manifest) -> Requests:
    """Give the wanted part of a build's requests; a limit counts the items of each task in their order."""
    check_against(wanted, manifest)
    bounds = {task.name: wanted.limit.bounds(task.asked) for task in manifest.tasks}
    limited = any(bounds[task.name] != (0, task.asked) for task in manifest.tasks)
    if not wanted.names and not limited:
        return every

    def chosen() -> Iterator[Request]:
        for request in every():
            if wanted.takes(request.task, request.regime, request.levels):
                yield request

    return (lambda: _limited(chosen() if wanted.names else every(), bounds)) if limited else chosen


def _limited(requests: Iterator[Request], bounds: Mapping[str, tuple[int, int]]) -> Iterator[Request]:
    """Give the requests of those items that stand, in the order of their task, between its bounds."""
    seen: dict[str, dict[str, int]] = {}
    for request in requests:
        first, last = bounds.get(request.task, (0, 0))
        places = seen.setdefault(request.task, {})
        place = places.get(request.item)
        if place is None:
            place = len(places)
            if place < last:  # what comes after the last one need not be remembered
                places[request.item] = place
        if first <= place < last:
            yield request


def check_factors(names: Sequence[str], manifest: Manifest) -> None:
    """See that every one of `names` is a factor of some task of a build; raises `BadSelection`."""
    known = {name: None for task in manifest.tasks for name in task.factors}
    for name in names:
        if name not in known:
            told = similar(name, known) or f"varied were: {', '.join(known) or 'none'}"
            raise BadSelection(f"there is no factor `{name}` to average over", told)
