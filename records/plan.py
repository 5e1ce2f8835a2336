"""What a model can do, and how each measure is had from it, settled before the first request."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from taskc.records.operation import Operation
from taskc.records.request import MeasureName


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a backend can do for one model; `source` says where that is known from.

    `score`: log-probabilities of given text. `top_logprobs`: how many alternatives of one generated
    token it reports (0: none). `prefill`: it continues a reply that we begin. `batch`: how many
    operations it likes to be handed at once (1: one by one). `context`: tokens, None if unknown.
    `effort`: it takes a reasoning effort. `exact`: the same question gives the same numbers, bit for bit.
    A backend without `stop` cuts its replies at the first stop string itself. `reasoning_tokens`: how many
    tokens the limit of a reply leaves for reasoning that is not shown. `unknown` names what nobody has said
    yet: these stand here as they are taken until a probe tells.
    """

    score: bool = False
    labels: bool = False
    top_logprobs: int = 0
    generate: bool = True
    prefill: bool = False
    system: bool = True
    temperature: bool = True
    stop: bool = True
    effort: bool = False
    batch: int = 1
    context: int | None = None
    exact: bool = False
    reasoning_tokens: int = 0
    unknown: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One operation to be asked of one model, and the key its answer is stored under.

    `sampling` is how the backend is asked, as the text that the key was made with.
    """

    key: str
    request: str
    replicate: int
    lowering: str
    operation: Operation
    sampling: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lowering:
    """How one measure of one task and regime is had from one model.

    `way` is for instance `score`, `labels`, `generate+prefill`, `generate then score`, and `why` then says
    what had to be given differently, if anything. None where it cannot be had, and then `why` gives the
    reason and `nearest` the nearest measure that can. `implied` as in `Request`; `requests` counts answers,
    not stages.
    """

    model: str
    task: str
    regime: str
    measure: MeasureName
    way: str | None
    why: str = ""
    nearest: str = ""
    implied: bool = False
    requests: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All lowerings of a run; `refused` are those that stop it."""

    lowerings: tuple[Lowering, ...]
    totals: Mapping[str, int] = field(default_factory=dict)

    @property
    def refused(self) -> tuple[Lowering, ...]:
        """Give the stated measures that cannot be had."""
        return tuple(line for line in self.lowerings if line.way is None and not line.implied)
