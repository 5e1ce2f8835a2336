"""Try again where that can help: after growing, random pauses or what the provider asks, not for ever."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from taskc.backends.lane import Lane, Stopped
from taskc.backends.pace import LONGEST, Feedback, Window
from taskc.records.operation import Failure, Refusal, Usage

T = TypeVar("T")

STOPPED = "stopped"
"""The reason of a failure that says nothing of the model: the run ended before there was an answer."""

_PAID = 3  # tries in all of what has to be paid for and cannot be used


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to go on: tries in all, the first pause, the longest one and all of them in seconds.

    Pauses double from `first` and are drawn from zero up, so that many requests that failed together do
    not come back together. A provider that asks for more than `longest` is not waited for. No try begins
    later than `most` seconds after the first.
    """

    tries: int = 7
    first: float = 0.5
    longest: float = LONGEST
    most: float = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What went wrong with one try, whether another can help, and what it says about the pace.

    `paid`: it may have to be paid for all the same. `answered`: a response came that is of no use, so
    that another is worth fewer tries. `used` is what it used, None where nobody said.
    """

    outcome: Failure | Refusal
    passing: bool = False
    paid: bool = False
    answered: bool = False
    used: Usage | None = None
    feedback: Feedback = field(default_factory=Feedback)


@dataclass(frozen=True, slots=True, kw_only=True)
class Got(Generic[T]):
    """What one try brought, and what is left of the provider's limits."""

    value: T
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched(Generic[T]):
    """What came of it in the end, after how many tries; how long the last took, what may be wasted.

    What was wasted is told to `Lane.afford` before another try, where somebody asks; here is the rest.
    """

    value: T | Failure | Refusal
    attempts: int
    seconds: float = 0.0
    wasted: Usage = field(default_factory=Usage)


class _Trouble(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.outcome.text if isinstance(problem.outcome, Refusal) else "")
        self.problem = problem


async def persist(
    send: Callable[[], Awaitable[Got[T]]],
    explain: Callable[[Exception], Problem | None],
    patience: Patience,
    lane: Lane,
    measure: Callable[[], Usage],
    most: Callable[[], Usage],
) -> Fetched[T]:
    """Send until it succeeds, patience ends or the lane is stopped; every try goes through the lane.

    An exception that `explain` does not know is raised. `measure` says what one try counts with in the limits
    of the lane, `most` what it may use at most, which may have to be paid.
    """
    tries = _Tries(send, explain, lane, measure, most)
    value: T | Failure | Refusal
    try:
        value = await tries.all(patience)
    except _Trouble as trouble:
        value = trouble.problem.outcome
    except Stopped:
        value = Failure(reason=STOPPED, message="the run ended before there was an answer")
    return Fetched(value=value, attempts=tries.count, seconds=tries.seconds, wasted=tries.wasted)


class _Tries(Generic[T]):
    """The tries of one request, counted."""

    def __init__(
        self,
        send: Callable[[], Awaitable[Got[T]]],
        explain: Callable[[Exception], Problem | None],
        lane: Lane,
        measure: Callable[[], Usage],
        most: Callable[[], Usage],
    ) -> None:
        self._send, self._explain, self._lane = send, explain, lane
        self._measure, self._most = measure, most
        self.count = 0
        self.began = 0.0
        self.seconds = 0.0
        self.wasted = Usage()

    async def all(self, patience: Patience) -> T:
        """Try once, and go on by the rules of `patience` where that brought nothing; raises `_Trouble`."""
        try:
            return await self.once()
        except _Trouble as trouble:
            failed: list[_Trouble] = [trouble]

        async def next_try() -> T:
            if failed:  # the try above is the first that the rules are told of
                raise failed.pop()
            return await self.once()

        return await _retrying(patience, self)(next_try)

    async def once(self) -> T:
        ticket = await self._lane.enter(self._measure)
        self.count += 1
        start = time.monotonic()
        self.began = self.began or start
        feedback = Feedback()
        try:
            got = await self._send()
            feedback = Feedback(fine=True, windows=got.windows)
        except Exception as error:
            problem = self._explain(error)
            if problem is None:
                raise
            feedback = problem.feedback
            if problem.outcome.kind == "failure" and problem.outcome.fatal and not problem.passing:
                self._lane.stop()  # before the next in line takes the place
            self._pay(problem)
            raise _Trouble(problem) from error
        finally:
            self.seconds = time.monotonic() - start
            self._lane.leave(ticket, feedback)
        return got.value

    async def rest(self, seconds: float) -> None:
        """Wait before another try, until it can be afforded; raises `Stopped` where there is to be none."""
        await self._lane.pause(seconds)
        if self._lane.afford is not None and (self.wasted.read or self.wasted.written):
            wasted, self.wasted = self.wasted, Usage()
            if not await self._lane.afford(wasted, self._most()):
                raise Stopped

    def _pay(self, problem: Problem) -> None:
        if problem.paid:
            used = problem.used or self._most()
            self.wasted = Usage(read=self.wasted.read + used.read, written=self.wasted.written + used.written)


def _retrying(patience: Patience, tries: _Tries[T]) -> Callable[..., Awaitable[T]]:
    from tenacity import AsyncRetrying, RetryCallState
    from tenacity.wait import wait_random_exponential

    backoff = wait_random_exponential(multiplier=patience.first, max=patience.longest)

    def pause(state: RetryCallState) -> float:
        problem = _problem(state)
        asked = problem.feedback.wait if problem else None
        return backoff(state) if asked is None else asked

    def again(state: RetryCallState) -> bool:
        problem = _problem(state)
        if problem is None or not problem.passing:
            return False
        return state.attempt_number < _PAID or not problem.answered

    def over(state: RetryCallState) -> bool:
        """Time spent in line before the first try is not counted: it says nothing of the request."""
        late = time.monotonic() + state.upcoming_sleep > tries.began + patience.most
        return late or state.attempt_number >= patience.tries

    retrying: Callable[..., Awaitable[T]] = AsyncRetrying(
        retry=again,
        wait=pause,
        stop=over,
        sleep=tries.rest,
        reraise=True,
    )
    return retrying


def _problem(state: "object") -> Problem | None:
    outcome = getattr(state, "outcome", None)
    error = outcome.exception() if outcome else None
    return error.problem if isinstance(error, _Trouble) else None
