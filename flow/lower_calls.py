"""The requests of a build as streams of calls, and as streams of what was answered.

`Requests` is a function that starts reading them anew: they may be many, and are read several times.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

from taskc.compiler import lower
from taskc.records.operation import Generated, Refusal
from taskc.records.plan import Call
from taskc.records.request import Request
from taskc.records.response import Response
from taskc.store.responses import ResponseStore

Requests: TypeAlias = Callable[[], Iterable[Request]]

_WINDOW = 200  # requests looked up in the store at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One request and what came back for it, one place for each replicate, None where no answer was had.

    Where the reasoning that an answer comes after was refused, its refusal stands for the answer. A request
    that was not asked, because of `way` or because nobody needs it, has no places.
    """

    request: Request
    way: lower.Way
    responses: tuple[Response | None, ...]


def first_wave(requests: Iterable[Request], found: lower.Survey) -> Iterator[Call]:
    """Make the calls that need no answer to another."""
    for request in requests:
        if request.after is None:
            yield from lower.calls_of(request, found)


def second_wave(
    requests: Iterable[Request], found: lower.Survey, store: ResponseStore
) -> Iterator[Call | None]:
    """Make the calls that come after reasoning; None stands for one whose reasoning is not to be had."""
    for request in requests:
        if request.after is not None:
            thoughts = _thoughts(request, found, store)
            for replicate, thought in enumerate(thoughts):
                if thought is None or not isinstance(thought.outcome, Generated):
                    yield None
                else:
                    yield lower.call_of(request, found, replicate, thought.outcome.text)


def answered(requests: Iterable[Request], found: lower.Survey, store: ResponseStore) -> Iterator[Answered]:
    """Give every request, in order and with stages of all kinds, and its responses."""
    rest = iter(requests)
    while window := list(islice(rest, _WINDOW)):
        ways = [lower.way_of(request, found) for request in window]
        wanted = [lower.keys_of(request, found, way) for request, way in zip(window, ways, strict=True)]
        had = store.get(key for keys in wanted for key in keys)
        for request, way, keys in zip(window, ways, wanted, strict=True):
            responses = tuple(had.get(key) for key in keys)
            if request.after is not None and None in responses:
                responses = _with_refusals(request, found, store, responses)
            yield Answered(request=request, way=way, responses=responses)


def _thoughts(request: Request, found: lower.Survey, store: ResponseStore) -> list[Response | None]:
    keys = [lower.thinking_key(request, found, one) for one in range(lower.replicates(request, found))]
    had = store.get(keys)
    return [had.get(key) for key in keys]


def _with_refusals(
    request: Request,
    found: lower.Survey,
    store: ResponseStore,
    responses: tuple[Response | None, ...],
) -> tuple[Response | None, ...]:
    """Put the refusals of the reasoning where its answers would stand."""
    thoughts = _thoughts(request, found, store)
    refused = [one if one and isinstance(one.outcome, Refusal) else None for one in thoughts]
    return tuple(had or no for had, no in zip(responses, refused, strict=True))
