"""How fast a provider may be asked: controllers that are told the time and look at no clock of their own."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from typing import Literal, TypeAlias

from taskc.records.operation import Usage

Kind: TypeAlias = Literal["requests", "tokens", "input", "output"]

Mark: TypeAlias = tuple[int, int]
"""How often the limit had been cut when a request was sent, and how many were in flight with it."""

SLACK = 0.1  # seconds by which a request may come before its turn; timers are no finer
LONGEST = 60.0  # seconds that nobody is asked to wait longer than
_START = 32  # requests in flight before anything is known of a host: those who ask for more come to it soon
_CAREFUL = 8  # rounds of answers for one more in flight, near where the host asked to slow down
_SHRINK = 0.8  # of a pause, with each answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What a provider says is left of one of its limits, and in how many seconds it is whole again."""

    kind: Kind
    left: float
    reset: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What one try says about the pace.

    `fine`: it was answered. `slow`: the provider asks everybody to slow down, for `wait` seconds if it says
    so. `windows` are the limits it tells.
    """

    fine: bool = False
    slow: bool = False
    wait: float | None = None
    windows: tuple[Window, ...] = ()


class Pace:
    """How many requests may be in flight to one host, and from when on: slower at once, faster by and by.

    The limit begins at 32, or `most` if that is less, and grows by one an answer until the host first asks to
    slow down. Then it is halved, and grows by one a round of answers, and only by an eighth near where it
    was cut. Each time nothing is sent for as long as the host says, and no less than a pause that begins at
    `first` seconds, doubles each time, up to a minute, and shrinks by a fifth with each answer. What was sent
    before the limit was cut does not cut it again.
    """

    def __init__(self, *, most: int, first: float = 0.5) -> None:
        """Begin with nothing in flight."""
        self.most = max(1, most)
        self.limit = float(min(self.most, _START))
        self.busy = 0
        self._first = first
        self._held = -inf
        self._pause = first
        self._cuts = 0
        self._edge = inf  # how many were in flight when it was cut last

    def wait(self, now: float) -> float:
        """Give the seconds until one more may be sent; infinity: not before something comes back."""
        if self.busy >= int(self.limit):
            return inf
        return max(0.0, self._held - now)

    def sent(self) -> Mark:
        """Count one more in flight; gives what `back` wants to be told about it."""
        self.busy += 1
        return self._cuts, self.busy

    def back(self, mark: Mark, feedback: Feedback, now: float) -> None:
        """Learn from what came back of a request."""
        cuts, then = mark
        used = self.busy
        self.busy -= 1
        if feedback.slow:
            self._slow(cuts, feedback.wait, used, now)
        elif feedback.fine and cuts == self._cuts:
            self._pause = max(self._first, self._pause * _SHRINK)
            if 2 * max(then, used) >= self.limit:  # a limit that nobody comes near says nothing
                self._grow()

    def _slow(self, cuts: int, wait: float | None, used: int, now: float) -> None:
        if cuts == self._cuts:
            self._edge = min(self.limit, float(used))
            self.limit = max(1.0, self._edge / 2)
            self._cuts += 1
            wait = max(wait or 0.0, self._pause)
            self._pause = min(LONGEST, self._pause * 2)
        if wait is not None:
            self._held = max(self._held, now + wait)

    def _grow(self) -> None:
        if not self._cuts:
            step = 1.0
        elif self._edge - 1 <= self.limit <= self._edge + 1:
            step = 1 / (_CAREFUL * self.limit)
        else:
            step = 1 / self.limit
        self.limit = min(float(self.most), self.limit + step)


class Meter:
    """At most so much a minute, spread evenly: any minute holds no more than that, and one request.

    Amounts of 1 are counted exactly: any minute holds no more than the limit, rounded up.
    """

    def __init__(self, per_minute: float) -> None:
        """Begin with nothing used."""
        self._each = (60.0 + SLACK) / per_minute
        self._due = -inf

    def wait(self, now: float) -> float:
        """Give the seconds until more may be used."""
        return max(0.0, self._due - SLACK - now)

    def take(self, amount: float, now: float) -> None:
        """Use some."""
        self._due = max(self._due, now) + amount * self._each


class Limits:
    """What one model may be asked: requests and tokens a minute, as stated and as its provider says is left.

    A request counts with the tokens it may use at most. What is in flight is taken off what the provider
    says is left, as it may not have counted it yet; a limit that is used up is waited for until it is whole.
    """

    def __init__(self, *, rpm: float | None = None, tpm: float | None = None) -> None:
        """Begin with nothing used and nothing told."""
        self._rpm = Meter(rpm) if rpm else None
        self._tpm = Meter(tpm) if tpm else None
        self._told: dict[Kind, tuple[float, float]] = {}  # what is left, and when it is whole
        self._busy: dict[Kind, float] = {"requests": 0, "tokens": 0, "input": 0, "output": 0}

    def unless_stated(self, *, rpm: float | None, tpm: float | None) -> None:
        """Set limits where none was stated."""
        self._rpm = self._rpm or (Meter(rpm) if rpm else None)
        self._tpm = self._tpm or (Meter(tpm) if tpm else None)

    @property
    def counts_tokens(self) -> bool:
        """Say whether the tokens of a request matter; counting them takes time."""
        return self._tpm is not None or any(kind != "requests" for kind in self._told)

    def wait(self, most: Usage, now: float) -> float:
        """Give the seconds until a request that uses at most so much may be sent."""
        meters = [meter.wait(now) for meter in (self._rpm, self._tpm) if meter]
        told = [self._told_wait(kind, amount, now) for kind, amount in _amounts(most)] if self._told else []
        return max([0.0, *meters, *told])

    def sent(self, most: Usage, now: float) -> None:
        """Count a request that was sent."""
        if self._rpm:
            self._rpm.take(1.0, now)
        if self._tpm:
            self._tpm.take(float(most.read + most.written), now)
        for kind, amount in _amounts(most):
            self._busy[kind] += amount
            if kind in self._told:
                left, whole = self._told[kind]
                self._told[kind] = left - amount, whole

    def back(self, most: Usage, windows: Iterable[Window], now: float) -> None:
        """Take a request off what is in flight, and learn what is left."""
        for kind, amount in _amounts(most):
            self._busy[kind] -= amount
        for one in windows:
            self._told[one.kind] = one.left - self._busy[one.kind], now + min(LONGEST, one.reset)

    def _told_wait(self, kind: Kind, amount: float, now: float) -> float:
        left, whole = self._told.get(kind, (inf, now))
        return max(0.0, whole - now) if amount > left else 0.0


def _amounts(most: Usage) -> tuple[tuple[Kind, float], ...]:
    both = float(most.read + most.written)
    return ("requests", 1.0), ("tokens", both), ("input", float(most.read)), ("output", float(most.written))
