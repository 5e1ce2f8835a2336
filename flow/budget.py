"""What a run may still spend: money, requests and time, and who waits until there is room again."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from taskc.backends.lane import Lane
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
    """The most a run may spend: US dollars, requests newly asked, seconds; None is no limit.

    When the seconds are over, what is in flight has `grace` seconds more to arrive.
    """

    cost: float | None = None
    requests: int | None = None
    seconds: float | None = None
    grace: float = 60.0


class Purse:
    """What is spent and what is set aside for requests in flight; never more than the budget together.

    It knows no time and no network. An answer costs what its provider says it used, and what that may be at
    most where it does not say.
    """

    def __init__(self, budget: Budget, prices: Mapping[str, Price] | None = None) -> None:
        """Begin with nothing spent; models without a price cost nothing."""
        self.budget = budget
        self.aside = 0.0
        self.begun = 0
        self.busy = 0
        self._prices = dict(prices or {})
        self._spent: dict[str, float] = {}

    @property
    def spent(self) -> float:
        """Give what all models have cost."""
        return sum(self._spent.values())

    def spent_on(self, model: str) -> float | None:
        """Give what a model has cost; None where it has no price."""
        return self._spent.get(model, 0.0) if model in self._prices else None

    def pay(self, model: str, cost: float) -> None:
        """Spend."""
        self._spent[model] = self._spent.get(model, 0.0) + cost

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

    def end(self, aside: float, count: int, *, unsent: int = 0) -> None:
        """Put back what was set aside for `count` requests, `unsent` of them not sent."""
        self.busy -= count
        self.begun -= unsent
        self.aside = self.aside - aside if self.busy else 0.0  # no remainders of floats

    def most(self, model: str, used: Usage) -> float:
        """Give what is to be set aside for tokens; nothing where money does not matter."""
        return self.cost(model, used) if self.budget.cost is not None else 0.0

    def cost(self, model: str, used: Usage) -> float:
        """Give the price of tokens; nothing for a model without one."""
        price = self._prices.get(model)
        return (used.read * price.input + used.written * price.output) / 1e6 if price else 0.0

    def actual(self, model: str, call: Call, reply: Reply) -> float:
        """Give what a reply cost."""
        if model not in self._prices:
            return 0.0
        used, answered = reply.usage, reply.outcome.kind != "failure" or reply.body
        if not (used.read or used.written) and answered:
            used = most_of(call.operation)
        return self.cost(model, used) + self.cost(model, reply.wasted)


@dataclass(slots=True)
class Spender:
    """Lets requests begin while there is room in the purse; halts the run when there is none for good."""

    purse: Purse
    halt: Halt
    _idle: int = 0  # requests in flight that wait for room to be tried again
    _waiting: list["asyncio.Future[None]"] = field(default_factory=list)

    async def begin(self, model: str, calls: Sequence[Call]) -> tuple[Sequence[Call], float]:
        """Give as many of `calls` as may be sent now, and what was set aside for them.

        Waits while the answers in flight may make room; gives none once the run is halted.
        """
        while not self.halt.asked:
            left = self.purse.left()
            wanted = calls if left is None else calls[:left]
            cost = self._most(model, wanted)
            if not wanted:
                self.halt.end("--max-requests")
            elif self.purse.fits(cost):
                self.purse.begin(cost, len(wanted))
                return wanted, cost
            elif self.purse.busy:
                await self._change()
            else:
                self.halt.end("--max-cost")
        return (), 0.0

    def end(self, model: str, aside: float, calls: Sequence[Call], replies: Sequence[Reply]) -> None:
        """Pay for the replies, and let those look again who wait for room."""
        self.purse.pay(model, sum(self.purse.actual(model, *one) for one in zip(calls, replies, strict=True)))
        self.purse.end(aside, len(calls), unsent=sum(reply.attempts == 0 for reply in replies))
        self._wake()

    def abandon(self, model: str, aside: float, calls: Sequence[Call]) -> None:
        """Pay the most for calls that are not waited for any longer: they may be answered all the same."""
        self.purse.pay(model, sum(self.purse.cost(model, most_of(call.operation)) for call in calls))
        self.put_back(aside, len(calls))

    def lacks(self, model: str, call: Call) -> str:
        """Name the budget that has no room for one more call, for now or for good; empty where all have."""
        if self.purse.left() == 0:
            return "--max-requests"
        return "" if self.purse.fits(self._most(model, [call])) else "--max-cost"

    def take(self, model: str, call: Call) -> float:
        """Set aside what a call may cost at most, whether there is room or not, and say how much that is."""
        cost = self._most(model, [call])
        self.purse.begin(cost, 1)
        return cost

    def put_back(self, aside: float, count: int, *, unsent: int = 0) -> None:
        """Put back what was set aside for calls that are paid for or were not sent."""
        self.purse.end(aside, count, unsent=unsent)
        self._wake()

    def follow(self, model: str, lane: Lane) -> None:
        """Pay for what tries to a model may have used for nothing, before there is another."""

        async def afford(wasted: Usage, most: Usage) -> bool:
            self.purse.pay(model, self.purse.cost(model, wasted))
            return await self._again(self.purse.most(model, most))

        lane.afford = afford

    async def _again(self, cost: float) -> bool:
        """Set money aside anew for a request in flight, when there is room; what it had is given back."""
        self.purse.aside -= cost
        self._idle += 1
        self._wake()
        while not self.halt.asked and not self.purse.fits(cost):
            if self.purse.busy > self._idle:
                await self._change()
            else:
                self.halt.end("--max-cost")
                self._wake()
        self._idle -= 1
        self.purse.aside += cost
        return not self.halt.asked

    def _most(self, model: str, calls: Sequence[Call]) -> float:
        if self.purse.budget.cost is None:
            return 0.0
        return sum(self.purse.most(model, most_of(call.operation)) for call in calls)

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if not one.done():
                one.set_result(None)

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
