"""The way to a model: requests go one after another through the gate of its host, when the pace allows."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import inf
from typing import TypeAlias

from taskc.backends.pace import Feedback, Limits, Mark, Pace
from taskc.records.operation import Usage

_NOTHING = Usage()


Afford: TypeAlias = Callable[[Usage, Usage], Awaitable[bool]]


class Stopped(Exception):
    """Nothing more is to be sent to this model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One try that was let through: what `Lane.leave` wants to be told about it."""

    mark: Mark
    most: Usage


class Gate:
    """The door to one host, shared by all models there: one answer that says `slow down` slows all."""

    def __init__(self, pace: Pace, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nobody waiting."""
        self.pace = pace
        self.clock = clock
        self._waiting: dict[asyncio.Future[None], None] = {}

    @property
    def crowded(self) -> bool:
        """Say whether anybody waits, or was woken and has not looked yet."""
        return bool(self._waiting)

    async def nap(self, seconds: float) -> None:
        """Wait until something comes back, but no longer than this."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        self._waiting[waiter] = None
        timer = None if seconds == inf else loop.call_later(seconds, _ring, waiter)
        try:
            await waiter
        finally:
            self._waiting.pop(waiter, None)
            if timer is not None:
                timer.cancel()

    def wake(self) -> None:
        """Let all who wait look again, in the order in which they came."""
        for waiter in self._waiting:
            _ring(waiter)


class Lane:
    """How requests come to one model at `host`: in line, within its own limits and the pace of its host.

    Only the first in the line of each model stands at the gate, so models that share a host take turns.
    `afford` is asked before another try: it is told what the last one may have used for nothing, and what the
    next may use, and says whether there may be one, by and by.
    """

    def __init__(self, host: str, limits: Limits, *, first: float = 0.5) -> None:
        """Begin with a gate of its own; `pass_through` puts it behind one that is shared."""
        self.host = host
        self.limits = limits
        self.first = first
        self.gate = Gate(Pace(most=64, first=first))
        self.afford: Afford | None = None
        self.served = False  # whether anything was answered
        self._turn = asyncio.Lock()
        self._held = False  # whether the first in line waits at the gate
        self._ended = asyncio.Event()

    def pass_through(self, gate: Gate) -> None:
        """Go through a gate that others use as well."""
        self.gate = gate

    async def enter(self, measure: Callable[[], Usage]) -> Ticket:
        """Wait until one more may be sent; `measure` says what it may use. Raises `Stopped`."""
        if not self._held and self.gate.crowded:
            await asyncio.sleep(0)  # those of other models who were just woken go first
        # one that comes while the line moves on goes ahead: if it stood behind, there would always be a line
        if not self._held and not self._ended.is_set() and isinstance(let := self._ask(measure), Ticket):
            return let
        async with self._turn:
            while not self._ended.is_set():
                let = self._ask(measure)
                if isinstance(let, Ticket):
                    return let
                self._held = True
                try:
                    await self.gate.nap(let)
                finally:
                    self._held = False
        raise Stopped

    def _ask(self, measure: Callable[[], Usage]) -> Ticket | float:
        """Let one more through, or give the seconds to wait before asking again."""
        most = measure() if self.limits.counts_tokens else _NOTHING
        now = self.gate.clock()
        pause = max(self.gate.pace.wait(now), self.limits.wait(most, now))
        if pause > 0:
            return pause
        self.limits.sent(most, now)
        return Ticket(mark=self.gate.pace.sent(), most=most)

    def leave(self, ticket: Ticket, feedback: Feedback) -> None:
        """Say what came of a try that was let through."""
        now = self.gate.clock()
        self.served = self.served or feedback.fine
        self.gate.pace.back(ticket.mark, feedback, now)
        self.limits.back(ticket.most, feedback.windows, now)
        self.gate.wake()

    async def pause(self, seconds: float) -> None:
        """Wait before another try; raises `Stopped` when there is to be none."""
        try:
            await asyncio.wait_for(self._ended.wait(), seconds)
        except TimeoutError:
            return
        raise Stopped

    def stop(self) -> None:
        """Send nothing more to this model; what is in flight arrives."""
        self._ended.set()
        self.gate.wake()


def lane_of(backend: object) -> Lane | None:
    """Give the way that the requests to a model come by; None for one that computes here."""
    lane = getattr(backend, "lane", None)
    return lane if isinstance(lane, Lane) else None


def _ring(waiter: "asyncio.Future[None]") -> None:
    if not waiter.done():
        waiter.set_result(None)
