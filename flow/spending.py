"""What asking one model takes: the calls that are left to make, their tokens, and what these cost."""

from collections.abc import Sequence
from dataclasses import dataclass

from taskc.backends import Counter, Described
from taskc.backends.prices import find_price
from taskc.backends.tokens import written_at_most
from taskc.compiler import lower
from taskc.flow.prices import at_batch
from taskc.records.forecast import Cost, Duration, ModelForecast, Price, Tokens
from taskc.records.operation import Labels, Score
from taskc.records.request import Request
from taskc.store.responses import ResponseStore

_WINDOW = 400  # requests looked up in the store at once
_SOME = "."  # stands for reasoning that is not there yet; its length is bounded by `max_tokens`


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """How fast a provider may be asked: requests and tokens a minute, and seconds an answer takes.

    None is not known. `connections` are the requests in flight at once.
    """

    rpm: float | None = None
    tpm: float | None = None
    latency: float | None = None
    connections: int = 8

    @property
    def given(self) -> bool:
        """Say whether anything is known that a time could be told from."""
        return any(rate is not None for rate in (self.rpm, self.tpm, self.latency))


class Spending:
    """The calls to one model, counted as its requests come by; each key once, as in a run."""

    def __init__(
        self, described: Described, found: lower.Survey, counter: Counter, store: ResponseStore | None
    ) -> None:
        """Begin with nothing counted."""
        self._described = described
        self._found = found
        self._counter = counter
        self._store = store
        self._planning = lower.Planning(found)
        self._keys: set[bytes] = set()
        self._waiting: list[tuple[Request, list[str]]] = []
        self._answered = 0
        self._read = self._reasoning = self._written = 0

    def add(self, request: Request) -> None:
        """Count a request and all its replicates."""
        if not self._planning.add(request):
            return
        fresh = [key for key in lower.keys_of(request, self._found) if bytes.fromhex(key) not in self._keys]
        if fresh:
            self._keys.update(map(bytes.fromhex, fresh))
            self._waiting.append((request, fresh))
            if len(self._waiting) >= _WINDOW:
                self._settle()

    def forecast(
        self, prices: Sequence[Sequence[Price]], rates: Rates, *, by_batch: bool = False
    ) -> ModelForecast:
        """Give what was counted, its price and its time, which nobody knows of a batch."""
        self._settle()
        missing = len(self._keys) - self._answered
        tokens = Tokens(read=self._read, reasoning=self._reasoning, written=self._written)
        charged = self._described.charged
        price = find_price(self._described.model, prices) if charged else None
        if price is not None and by_batch:
            price = at_batch(price)
        return ModelForecast(
            model=self._described.model,
            lowerings=self._planning.table().lowerings,
            requests=len(self._keys),
            answered=self._answered,
            missing=missing,
            tokens=tokens,
            exact=self._counter.exact,
            counting=self._counter.method,
            charged=charged,
            unknown=self._described.capabilities.unknown,
            price=price,
            cost=cost_of(tokens, price) if price else None,
            time=time_of(missing, tokens, rates) if charged and not by_batch else None,
            by_batch=by_batch,
        )

    def _settle(self) -> None:
        """Look up what waits, and count the tokens of what is not there."""
        keys = [key for _, some in self._waiting for key in some]
        had = self._store.have(keys) if self._store else set()
        self._answered += len(had)
        for request, some in self._waiting:
            missing = sum(key not in had for key in some)
            if missing:
                self._spend(request, missing)
        self._waiting.clear()

    def _spend(self, request: Request, times: int) -> None:
        can = self._found.capabilities
        asked = lower.operation_of(request, can, reasoning=_SOME if request.after else "")
        self._read += times * self._counter.count(asked)
        if request.after is not None:
            self._reasoning += times * self._found.thinking[request.after].max_tokens
        # labels are read off a token that is generated; given text may be scored without one
        if not (can.labels and isinstance(asked, Labels)) and not (
            isinstance(asked, Score) and not self._described.charged
        ):
            self._written += times * written_at_most(asked)


def cost_of(tokens: Tokens, price: Price) -> Cost:
    """Give what tokens cost; nothing is counted on being cached."""
    read, written = price.input / 1e6, price.output / 1e6
    least = tokens.read * read
    return Cost(least=least, most=least + tokens.reasoning * read + tokens.written * written)


def time_of(requests: int, tokens: Tokens, rates: Rates) -> Duration | None:
    """Give the time that requests take at the slowest of the given rates; None where none is given.

    A limit on tokens counts what may be written as well as what is read.
    """
    total = tokens.read + tokens.reasoning + tokens.written
    bounds = {
        "rpm": 60.0 * requests / rates.rpm if rates.rpm else None,
        "tpm": 60.0 * total / rates.tpm if rates.tpm else None,
        "latency": requests * rates.latency / rates.connections if rates.latency else None,
    }
    known = {name: seconds for name, seconds in bounds.items() if seconds is not None}
    if not known:
        return None
    slowest = max(known, key=lambda name: known[name])
    return Duration(seconds=known[slowest], decides=slowest)
