"""Requests to operations: how each request is had from one model, settled before the first is sent.

The requests of a build are read several times and never held: `Surveying` looks at each and keeps a little
about the reasoning stages, `Planning` fills the table of lowerings, `call_of` makes one call.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from taskc.compiler.prompts import prompt_of, scores, takes_prefix
from taskc.records.operation import Generate, Labels, Operation, Score
from taskc.records.plan import Call, Capabilities, Lowering
from taskc.records.request import MeasureName, Request
from taskc.records.response import response_key

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a request is had, and what is given differently (`why`); without a name, why it cannot be had."""

    name: str | None
    why: str = ""
    nearest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinking:
    """What an answer must know of the reasoning stage it comes after."""

    way: Way
    sampling: str
    max_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What one model is, and what one reading of the requests found out about their reasoning stages.

    `needed` are the ids of reasoning requests that an answer comes after; `samples` holds the replicates
    of those that have more than one.
    """

    model: str
    capabilities: Capabilities
    thinking: Mapping[str, Thinking] = field(default_factory=dict)
    samples: Mapping[int, int] = field(default_factory=dict)
    needed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The lowerings of one model, and how many calls all its requests make."""

    lowerings: tuple[Lowering, ...]
    calls: int


class Surveying:
    """A survey in the making, for `model`, a canonical model string: requests are shown as they come."""

    def __init__(self, model: str, capabilities: Capabilities) -> None:
        """Begin with nothing known."""
        self._model = model
        self._can = capabilities
        self._thinking: dict[str, Thinking] = {}
        self._shared: dict[Thinking, Thinking] = {}
        self._samples: dict[int, int] = {}
        self._needed: set[str] = set()

    def add(self, request: Request) -> None:
        """Keep what the later steps must know of a request."""
        if request.stage == "think":
            way = _own_way(request, self._can)
            sampling = _sampling(way, request, self._can)
            most = request.decode.max_tokens + room_of(request, self._can)
            known = Thinking(way=way, sampling=sampling, max_tokens=most)
            self._thinking[request.id] = self._shared.setdefault(known, known)
            if request.decode.samples > 1:
                self._samples[_place(request, request.id)] = request.decode.samples
        elif request.after is not None and _own_way(request, self._can).name is not None:
            self._needed.add(request.after)

    def done(self) -> Survey:
        """Give the survey, when every request was shown."""
        return Survey(
            model=self._model,
            capabilities=self._can,
            thinking=self._thinking,
            samples=self._samples,
            needed=frozenset(self._needed),
        )


class Planning:
    """A table of lowerings in the making: a row for each task, regime, measure and way, as they appear."""

    def __init__(self, found: Survey) -> None:
        """Begin with no rows."""
        self._found = found
        self._rows: dict[tuple[str, str, MeasureName, bool, Way], int] = {}
        self._calls = 0

    def add(self, request: Request) -> int:
        """Lower a request, count it, and say how many times it is asked."""
        way = way_of(request, self._found)
        calls = _replicates(request, self._found, way)
        self._calls += calls
        if request.stage == "answer":
            row = (request.task, request.regime, request.measure, request.implied, way)
            self._rows[row] = self._rows.get(row, 0) + 1
        return calls

    def table(self) -> Table:
        """Give the table so far."""
        lowerings = tuple(
            Lowering(
                model=self._found.model,
                task=task,
                regime=regime,
                measure=measure,
                way=way.name,
                why=way.why,
                nearest=way.nearest,
                implied=implied,
                requests=count,
            )
            for (task, regime, measure, implied, way), count in self._rows.items()
        )
        return Table(lowerings=lowerings, calls=self._calls)


def survey(requests: Iterable[Request], model: str, capabilities: Capabilities) -> Survey:
    """Read the requests once for one model."""
    surveying = Surveying(model, capabilities)
    for request in requests:
        surveying.add(request)
    return surveying.done()


def plan(requests: Iterable[Request], found: Survey) -> Table:
    """Lower every request for one model."""
    planning = Planning(found)
    for request in requests:
        planning.add(request)
    return planning.table()


def way_of(request: Request, found: Survey) -> Way:
    """Give the way of a request, that of the reasoning before it included."""
    own = _own_way(request, found.capabilities)
    if request.after is None or own.name is None:
        return own
    before = found.thinking.get(request.after)
    if before is None:
        return Way(name=None, why="the reasoning that it comes after is not in the build")
    if before.way.name is None:
        return before.way
    return Way(name=f"{before.way.name} then {own.name}", why=_joined(before.way.why, own.why))


def replicates(request: Request, found: Survey) -> int:
    """Say how many times a request is asked: 0 where it cannot be, or where nobody needs it."""
    return _replicates(request, found, way_of(request, found))


def calls_of(request: Request, found: Survey) -> Iterator[Call]:
    """Make all calls of a request that needs no answer to another."""
    way = way_of(request, found)
    calls = _replicates(request, found, way)
    sampling = _sampling(way, request, found.capabilities) if calls else ""
    for replicate in range(calls):
        yield _call(request, found, replicate, "", way, sampling)


def _replicates(request: Request, found: Survey, way: Way) -> int:
    if way.name is None:
        return 0
    if request.stage == "think":
        return request.decode.samples if request.id in found.needed else 0
    if request.after is not None:
        return found.samples.get(_place(request, request.after), 1)
    return request.decode.samples if request.measure == "reply" else 1


def key_of(request: Request, found: Survey, replicate: int) -> str:
    """Give the key that the answer of one replicate is stored under."""
    sampling = _sampling(way_of(request, found), request, found.capabilities)
    return response_key(request=request.id, model=found.model, sampling=sampling, replicate=replicate)


def keys_of(request: Request, found: Survey, way: Way | None = None) -> list[str]:
    """Give the keys of all replicates of a request, in order; `way` is that of `way_of`, if it is known."""
    way = way or way_of(request, found)
    calls = _replicates(request, found, way)
    sampling = _sampling(way, request, found.capabilities) if calls else ""
    return [
        response_key(request=request.id, model=found.model, sampling=sampling, replicate=one)
        for one in range(calls)
    ]


def thinking_key(request: Request, found: Survey, replicate: int) -> str:
    """Give the key of the reasoning that one replicate of an answer comes after; it must have one."""
    assert request.after is not None
    sampling = found.thinking[request.after].sampling
    return response_key(request=request.after, model=found.model, sampling=sampling, replicate=replicate)


def call_of(request: Request, found: Survey, replicate: int, reasoning: str = "") -> Call:
    """Make one call. `reasoning` is the reply of the same replicate of the stage before, if there is one."""
    way = way_of(request, found)
    return _call(request, found, replicate, reasoning, way, _sampling(way, request, found.capabilities))


def _call(request: Request, found: Survey, replicate: int, reasoning: str, way: Way, sampling: str) -> Call:
    return Call(
        key=response_key(request=request.id, model=found.model, sampling=sampling, replicate=replicate),
        request=request.id,
        replicate=replicate,
        lowering=way.name or "",
        operation=operation_of(request, found.capabilities, replicate, reasoning),
        sampling=sampling,
    )


def operation_of(request: Request, can: Capabilities, replicate: int = 0, reasoning: str = "") -> Operation:
    """Say what is asked of a model that can do what `can` says."""
    prompt = prompt_of(request, can, reasoning)
    if _generates(request):
        decode = request.decode
        return Generate(
            prompt=prompt,
            max_tokens=decode.max_tokens,
            temperature=decode.temperature,
            top_p=decode.top_p,
            stop=decode.stop,
            effort=decode.effort,
            seed=replicate,
            reasoning_tokens=room_of(request, can),
        )
    given = takes_prefix(request, can)
    written = tuple(o.continuation if given else o.continuation.strip() for o in request.options)
    if request.measure == "label" and not scores(request, can):
        return Labels(prompt=prompt, labels=written)
    return Score(prompt=prompt, continuations=written)


def room_of(request: Request, can: Capabilities) -> int:
    """Give the tokens that a reply's limit leaves for hidden reasoning: none where none is to be done."""
    return 0 if request.decode.effort == "none" else can.reasoning_tokens


def _generates(request: Request) -> bool:
    return request.stage == "think" or (request.stage == "answer" and request.measure == "reply")


def _own_way(request: Request, can: Capabilities) -> Way:
    """Give the way of a request for itself, whatever comes before it."""
    if _generates(request):
        way = _way_to_generate(request, can)
    elif request.measure == "label" and request.stage == "answer":
        way = _way_to_label(request, can)
    else:
        way = _way_to_score(request, can)
    note = _system_note(request, can) if way.name is not None else ""
    return replace(way, why=_joined(way.why, note)) if note else way


def _way_to_score(request: Request, can: Capabilities) -> Way:
    if can.score:
        return Way(name="score")
    nearest = _nearest(request, can, "label", "reply")
    return Way(name=None, why="the backend cannot score given text", nearest=nearest)


def _way_to_label(request: Request, can: Capabilities) -> Way:
    if not (can.labels or can.score or can.top_logprobs):
        why = "the backend reports no log-probabilities"
        return Way(name=None, why=why, nearest=_nearest(request, can, "reply"))
    blocked = _no_last_turn(request, can)
    if blocked:
        return blocked
    name = "score" if scores(request, can) else "labels"
    if takes_prefix(request, can):
        return Way(name=name)
    if request.after is not None:
        return Way(name=name, why="`then` is given as a further user turn")
    if not request.lead_in:
        return Way(name=name)
    why = "the lead-in cannot be given: the label is read at the first token of the reply"
    return Way(name="labels without lead-in", why=why)


def _way_to_generate(request: Request, can: Capabilities) -> Way:
    if not can.generate:
        nearest = _nearest(request, can, "choice", "label")
        return Way(name=None, why="the backend cannot generate", nearest=nearest)
    blocked = _no_decoding(request, can) or _no_last_turn(request, can)
    if blocked:
        return blocked
    begun = request.think + request.lead_in if request.stage == "answer" else request.think
    prefilled = can.prefill and (begun or request.after is not None)
    note = "" if can.prefill or not (begun or request.after) else _lost_prefill(request)
    why = _joined(note, _decoding_note(request, can))
    return Way(name="generate+prefill" if prefilled else "generate", why=why)


def _lost_prefill(request: Request) -> str:
    if request.stage == "think":
        return "`think` is given at the end of the prompt"
    if request.after is not None:
        return "`then` is given as a further user turn"
    return "the lead-in cannot be given: the answer is looked for in the reply"


def _no_decoding(request: Request, can: Capabilities) -> Way | None:
    """Refuse stated settings that the model does not take: to drop them would be another experiment."""
    decode = request.decode
    if not can.temperature and decode.temperature > 0:
        return Way(name=None, why=f"temperature {decode.temperature:g} is stated and the model takes none")
    if not can.temperature and decode.top_p is not None:
        return Way(name=None, why=f"top_p {decode.top_p:g} is stated and the model takes none")
    if not can.effort and decode.effort is not None:
        return Way(name=None, why=f"effort `{decode.effort}` is stated and the model takes none")
    return None


def _no_last_turn(request: Request, can: Capabilities) -> Way | None:
    """Refuse a second stage that has no words for the turn that must ask for its answer."""
    if request.after is None or takes_prefix(request, can) or request.lead_in.strip():
        return None
    why = "`then` begins with the answer, and the model cannot continue a reply that is begun for it"
    return Way(name=None, why=why)


def _nearest(request: Request, can: Capabilities, *wanted: MeasureName) -> str:
    """Give the first of the wanted measures that this backend can give for this request, else ''."""
    labelled = bool(request.options) and all(option.label is not None for option in request.options)
    able = {
        "choice": can.score and bool(request.options),
        "label": labelled and (can.labels or can.score or can.top_logprobs > 0),
        "reply": can.generate,
    }
    return next((name for name in wanted if able[name]), "")


def _decoding_note(request: Request, can: Capabilities) -> str:
    temperature = "" if can.temperature else "the model takes no temperature: 0 is not sent"
    stop = "" if can.stop or not request.decode.stop else "replies are cut at the stop strings afterwards"
    room = room_of(request, can)
    reasoning = f"`max_tokens` is raised by {room:,} for reasoning that is not shown" if room else ""
    return _joined(temperature, stop, reasoning)


def _system_note(request: Request, can: Capabilities) -> str:
    if can.system or not any(message.role == "system" for message in request.messages):
        return ""
    return "system text is given at the start of the first user message"


def _joined(*notes: str) -> str:
    """Put notes in a row, each once."""
    said = [note for note in notes if note]
    if len(said) < 2:
        return said[0] if said else ""
    return "; ".join(dict.fromkeys(one for note in said for one in note.split("; ")))


def _sampling(way: Way, request: Request, can: Capabilities) -> str:
    """Write down how the backend is asked, as canonical text: it takes part in the key of the answer."""
    noted = bool(_system_note(request, can))
    if not _generates(request):
        return _spelled(way.name, noted)
    decode = request.decode
    temperature = float(decode.temperature) if can.temperature else None
    decoding = (decode.max_tokens, temperature, decode.top_p, decode.stop, decode.effort)
    return _spelled(way.name, noted, *decoding, *filter(None, [room_of(request, can)]))


@lru_cache(maxsize=1024, typed=True)
def _spelled(name: str | None, noted: bool, *decoding: object) -> str:
    """Write it down once for all requests that are asked alike."""
    return _encode([name, *(["system in user"] if noted else []), *decoding])


def _place(request: Request, thinking: str) -> int:
    """Name a reasoning stage within its task, regime and levels: sharers of one may differ in samples."""
    return hash((thinking, request.task, request.regime, *sorted(request.levels.items())))
