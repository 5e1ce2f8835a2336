"""What a run may still spend: money, requests and time, and who waits until there is room again."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from taskc.backends.tokens import most_of
from taskc.flow.interrupt import Halt
from taskc.flow.selection import BadSelection
from taskc.records.forecast import Price
from taskc.records.operation import Reply, Usage
from taskc.records.plan import Call

_SPAN = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?")
_UNITS = (86_400.0, 3_600.0, 60.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The most a run may spend: US dollars, requests newly asked, seconds; None is no limit."""

    cost: float | None = None
    requests: int | None = None
    seconds: float | None = None


class Purse:
    """What is spent and what is set aside for requests in flight; never more than the budget together.

    It knows no time and no network. An answer costs what its provider says it used, and what that may be at
    most where it does not say; so do tries that brought nothing.
    """

    def __init__(self, budget: Budget, prices: Mapping[str, Price] | None = None) -> None:
        """Begin with nothing spent; models without a price cost nothing."""
        self.budget = budget
        self.spent = 0.0
        self.aside = 0.0
        self.begun = 0
        self.busy = 0
        self._prices = dict(prices or {})

    def left(self) -> int | None:
        """Give how many requests may still be begun; None is no limit."""
        most = self.budget.requests
        return None if most is None else max(0, most - self.begun)

    def fits(self, cost: float) -> bool:
        """Say whether so much more may be set aside."""
        return self.budget.cost is None or self.spent + self.aside + cost <= self.budget.cost

    def begin(self, cost: float, count: int) -> None:
        """Set money aside for requests that are sent now."""
        self.aside += cost
        self.begun += count
        self.busy += count

    def end(self, aside: float, actual: float, count: int, *, unsent: int = 0) -> None:
        """Put back what was set aside for `count` requests, `unsent` of them not sent; add the cost."""
        self.busy -= count
        self.begun -= unsent
        self.aside = self.aside - aside if self.busy else 0.0  # no remainders of floats
        self.spent += actual

    def priced(self, model: str) -> bool:
        """Say whether the price of a model is known."""
        return model in self._prices

    def most(self, model: str, call: Call) -> float:
        """Give the most that one try may cost; nothing where that does not matter."""
        price = self._prices.get(model) if self.budget.cost is not None else None
        return _cost(most_of(call.operation), price) if price else 0.0

    def actual(self, model: str, call: Call, reply: Reply) -> float:
        """Give what a reply cost, all its tries taken together."""
        price = self._prices.get(model)
        if price is None:
            return 0.0
        told = reply.usage.read or reply.usage.written
        silent = not told and reply.outcome.kind != "failure"
        return _cost(most_of(call.operation) if silent else reply.usage, price) + _cost(reply.wasted, price)


def _cost(used: Usage, price: Price) -> float:
    return (used.read * price.input + used.written * price.output) / 1e6


@dataclass(slots=True)
class Spender:
    """Lets requests begin while there is room in the purse; halts the run when there is none for good."""

    purse: Purse
    halt: Halt
    _waiting: list["asyncio.Future[None]"] = field(default_factory=list)

    async def begin(self, model: str, calls: Sequence[Call]) -> tuple[Sequence[Call], float]:
        """Give as many of `calls` as may be sent now, and what was set aside for them.

        Waits while the answers in flight may make room; gives none once the run is halted.
        """
        left = self.purse.left()
        wanted = calls if left is None else calls[:left]
        if not wanted:
            self.halt.end("--max-requests")
        cost = sum(self.purse.most(model, call) for call in wanted)
        while not self.halt.asked and not self.purse.fits(cost):
            if not self.purse.busy:
                self.halt.end("--max-cost")
            else:
                await self._change()
        if self.halt.asked:
            return (), 0.0
        self.purse.begin(cost, len(wanted))
        return wanted, cost

    def end(self, model: str, aside: float, calls: Sequence[Call], replies: Sequence[Reply]) -> float:
        """Give what the replies came to, and let those look again who wait for room."""
        cost = sum(self.purse.actual(model, *one) for one in zip(calls, replies, strict=True))
        unsent = sum(reply.attempts == 0 for reply in replies)
        self.purse.end(aside, cost, len(calls), unsent=unsent)
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if not one.done():
                one.set_result(None)
        return cost

    async def _change(self) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        await waiter


def parse_duration(text: str) -> float:
    """Read seconds from `90`, `90s`, `10m`, `1h30m` or `2d`; raises `BadSelection`."""
    match = _SPAN.fullmatch(text.strip())
    parts = match.groups() if match else ()
    seconds = sum(float(part) * unit for part, unit in zip(parts, _UNITS, strict=False) if part)
    if seconds <= 0:
        raise BadSelection(f"`{text}` is not a time", "write for instance `90s`, `10m` or `1h30m`")
    return seconds
