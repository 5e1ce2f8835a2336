"""What an evaluation will take and what it can show, told before the first request."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from taskc.records.plan import Lowering


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What some models cost, in US dollars a million tokens; `models` are model strings, `*` for any text.

    `cached` is the price of input that the provider remembers, `batch` the share paid where an answer may
    take a day, None where unknown. `date` is when the price was last seen, `source` where.
    """

    models: tuple[str, ...]
    input: float
    output: float
    cached: float | None = None
    batch: float | None = None
    date: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Tokens of the requests that are still to be asked.

    `read` are those of what the build says. `reasoning` is the most that a model's own reasoning adds to
    what is read, where answers come after it. `written` is the most that can be written: `max_tokens` of
    each reply, one token where labels are read off a reply's first.
    """

    read: int = 0
    reasoning: int = 0
    written: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """US dollars: at `least`, for what is read, and at `most`, if every reply runs to its limit."""

    least: float
    most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """Seconds that it takes at least, and the rate that decides: `rpm`, `tpm` or `latency`."""

    seconds: float
    decides: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelForecast:
    """What one model is to be asked.

    `requests` counts calls, each sample by itself, and what several tasks share once; `answered` of them
    are in the store, `missing` are not, and tokens, cost and time are those of the missing ones. `exact` says
    that tokens are counted as the model counts them, `counting` how. `charged` is False where the model
    runs on this machine; `price` and `cost` are None then, and where no price is known. `by_batch` says that
    both are those of a batch endpoint. `unknown` names the capabilities that nobody has said yet, which
    `taskc eval` asks the model for where the plan hangs on them.
    """

    model: str
    lowerings: tuple[Lowering, ...]
    requests: int
    answered: int
    missing: int
    tokens: Tokens
    exact: bool
    counting: str
    charged: bool = True
    unknown: tuple[str, ...] = ()
    price: Price | None = None
    cost: Cost | None = None
    time: Duration | None = None
    by_batch: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Detectable:
    """What can be told apart in cells of a task that hold the same number of items.

    `n` items are asked in each of `cells` (`regime`, or `regime` and levels), `conflict` of them with a
    distractor that predicts another answer, and `agree` without. All differences are shares of 1, the
    smallest that are detected at 80 % power, or None: `chance` is the accuracy of guessing and
    `from_chance` the distance above it; `pairs` maps the share of items on which two models or
    regimes differ to the difference between them; `lured` is the distance from one half of the share of
    conflict items that follow the distractor; `groups` maps the accuracy on agreeing items to how far below
    it that on conflict items must lie.
    """

    task: str
    cells: tuple[str, ...]
    n: int
    conflict: int
    agree: int
    chance: float | None
    from_chance: float | None
    pairs: Mapping[str, float | None] = field(default_factory=dict)
    lured: float | None = None
    groups: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """A build and what asking it will take.

    `requests` and `characters` are those of the build, as it is written; `store` is the response store that
    was looked into, empty where there is none.
    """

    build: str
    requests: int
    characters: int
    store: str = ""
    models: tuple[ModelForecast, ...] = ()
    detectable: tuple[Detectable, ...] = ()
