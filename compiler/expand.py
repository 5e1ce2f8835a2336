"""Model to requests: every variant of every task over every asked item, one after another, none held."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TypeVar

from msgspec import Struct, field

from taskc.compiler import exemplars
from taskc.compiler.design import asked_in
from taskc.compiler.encode import NO_WORDS, NOTHING, Mould, Opening, Words, opening, words
from taskc.compiler.exemplars import Pool
from taskc.compiler.gallery import Gallery
from taskc.compiler.limits import Meter
from taskc.compiler.render import Ask, Filled, Turn, ask, conversation, fill, prompt_texts, reply_begun
from taskc.compiler.scene import ItemProblem, Scene, Stage, stage
from taskc.compiler.templates import template_names
from taskc.dsl.diagnostic import Diagnostic, Label, error
from taskc.dsl.model import Item, Measure, Task, Variant
from taskc.records.request import Decode, Request
from taskc.records.request import Stage as StageName

T = TypeVar("T")
_MOST_FINDINGS = 20
_MOST_KEPT = 256  # openings and moulds at a time; nearly all items share one
REASONING_TOKENS = 256  # room for a chain of thought where the regime does not say
REPLY_TOKENS = 64  # room for a bare answer


class Rendered(Struct, frozen=True, kw_only=True):
    """A request, and its messages in parts that know where they come from.

    `begun` is what `think` and `lead_in` are made of, for `compiler.trace`.
    """

    request: Request
    turns: tuple[Turn, ...]
    begun: tuple[Filled, ...] = ()


class Selection(Struct, frozen=True, kw_only=True):
    """Which part of a task is wanted: regimes and levels by name (empty: all), and items by position."""

    regimes: frozenset[str] = frozenset()
    levels: Mapping[str, frozenset[str]] | None = None
    first: int = 0
    last: int | None = None

    def takes(self, variant: Variant) -> bool:
        """Say whether a variant is wanted."""
        if self.regimes and variant.regime.name not in self.regimes:
            return False
        return all(variant.levels.get(name) in wanted for name, wanted in (self.levels or {}).items())


ALL = Selection()


def expand(
    task: Task, meter: Meter, found: list[Diagnostic], selection: Selection = ALL
) -> Iterator[Rendered]:
    """Give the requests of a task in order: regime, cell, measure, stage, item.

    What is wrong with an item goes to `found`, once for each kind of mistake, and the item is passed
    over; the caller must not use a build that has errors.
    """
    return _requests(task, meter, found, selection, _rendered)


def write_requests(
    task: Task,
    meter: Meter,
    found: list[Diagnostic],
    selection: Selection = ALL,
    gallery: Gallery | None = None,
) -> Iterator[bytes]:
    """Give what `expand` gives, each request as its line of `requests.jsonl`, line break included.

    Items that hang in `gallery` are taken as they were shown there.
    """
    return _requests(task, meter, found, selection, _line, gallery)


def _requests(
    task: Task,
    meter: Meter,
    found: list[Diagnostic],
    selection: Selection,
    make: "Callable[[_Lane, Scene], T]",
    gallery: Gallery | None = None,
) -> Iterator[T]:
    for variant in task.variants:
        if selection.takes(variant):
            ready = stage(task, variant, meter)
            try:
                pool = exemplars.pool(ready) if variant.regime.shots else None
            except ItemProblem as problem:
                _tell(problem, None, variant, found)
                continue
            openings: dict[tuple[object, ...], Opening] = {}
            scenes = gallery.scenes(variant) if gallery else None
            for measure, name in _lanes(variant):
                lane = _Lane(ready, pool, measure, name, openings)
                yield from _along(lane, selection, found, make, scenes)


def _along(
    lane: "_Lane",
    selection: Selection,
    found: list[Diagnostic],
    make: "Callable[[_Lane, Scene], T]",
    scenes: Sequence[Scene] | None,
) -> Iterator[T]:
    """Make something of every item that is asked in a lane, in order."""
    ready, task, variant = lane.stage, lane.stage.task, lane.stage.variant
    latin = task.design == "latin"
    asked = (scene.item for scene in scenes) if scenes is not None else task.asked_items()
    for number, item in islice(enumerate(asked), selection.first, selection.last):
        if latin and not asked_in(number, dict(variant.levels), task.factors, task.design):
            continue
        if len(found) > _MOST_FINDINGS:
            return
        try:
            made = make(lane, ready.scene(item) if scenes is None else scenes[number])
        except ItemProblem as problem:
            _tell(problem, item, variant, found)
        else:
            yield made


def _tell(problem: ItemProblem, item: Item | None, variant: Variant, found: list[Diagnostic]) -> None:
    if any(d.primary.span == problem.span and d.rule == problem.rule for d in found):
        return
    levels = ", ".join(f"{factor} `{level}`" for factor, level in variant.levels.items())
    text = f"for item `{item.id}`" + (f" with {levels}" if levels else "") if item else ""
    others = [Label(span=item.origin, text=text)] if item else []
    found.append(error(problem.rule, problem.message, problem.span, help=problem.help, others=others))


# --- one item in one lane ------------------------------------------------------------------------


class _Lane(Struct):
    """One pass over the items: a variant, a measure and a stage, and what its requests have in common."""

    stage: Stage
    pool: Pool | None
    measure: Measure
    name: StageName
    openings: dict[tuple[object, ...], Opening]
    moulds: dict[Ask, Mould] = field(default_factory=dict)
    last: tuple[Ask, Mould] | None = None

    @property
    def bare(self) -> bool:
        """Say whether the requests have no messages."""
        return self.name == "unconditional"


def _line(lane: _Lane, scene: Scene) -> bytes:
    chosen, way = _before(lane, scene)
    begun, own = _encoded(lane, scene, chosen, way)
    return _mould(lane, way).line(scene, begun, own)


def _rendered(lane: _Lane, scene: Scene) -> Rendered:
    chosen, way = _before(lane, scene)
    begun, own = _encoded(lane, scene, chosen, way)
    turns = tuple(_conversation(lane.stage, scene, chosen, way))
    messages = () if lane.bare else tuple(turn.message for turn in turns)
    request = _mould(lane, way).request(scene, begun, own, messages)
    return Rendered(request=request, turns=turns, begun=reply_begun(lane.stage, scene))


def _before(lane: _Lane, scene: Scene) -> tuple[tuple[int, ...], Ask]:
    """Give what must be known before an item's messages: its exemplars, and how its reply is begun."""
    chosen = () if lane.pool is None else exemplars.choose(lane.stage, lane.pool, scene)
    return chosen, ask(lane.stage, scene)


def _encoded(lane: _Lane, scene: Scene, chosen: tuple[int, ...], way: Ask) -> tuple[Opening, Words]:
    """Encode the messages of an item; how they open is encoded once for all items that share it."""
    ready = lane.stage
    texts = prompt_texts(ready, scene)
    roles = ready.roles
    system = None
    if roles[0] == "system":
        system, *texts = texts
    instruct = fill(ready, "instruct", scene.values) if "instruct" in ready.templates else None
    key = (chosen, way.joint, system, instruct)
    begun = lane.openings.get(key)
    if begun is None:
        if len(lane.openings) >= _MOST_KEPT:
            lane.openings.clear()
        begun = lane.openings[key] = opening(_conversation(ready, scene, chosen, way))
    if lane.bare:
        return NOTHING, NO_WORDS
    if ready.variant.regime.layout == "single":
        return begun, words(["\n".join(texts)], ("user",))
    return begun, words(texts, roles[-len(texts) :])


def _conversation(ready: Stage, scene: Scene, chosen: Sequence[int], way: Ask) -> list[Turn]:
    return conversation(ready, scene, [_exemplar(ready, position) for position in chosen], way.joint)


def _exemplar(ready: Stage, position: int) -> Scene:
    if position not in ready.scenes:
        ready.scenes[position] = ready.scene(ready.task.items[position])
    return ready.scenes[position]


# --- what the requests of a lane have in common --------------------------------------------------


def _lanes(variant: Variant) -> Iterator[tuple[Measure, StageName]]:
    """List what is asked of each item, in order: reasoning first, once for all measures that build on it."""
    thinker = _thinker(variant)
    if thinker is not None:
        yield thinker, "think"
    for measure in variant.measures:
        if measure.normalise == "unconditional":
            yield measure, "unconditional"
        yield measure, "answer"


def _thinker(variant: Variant) -> Measure | None:
    """Give the measure in whose name reasoning is asked first; None where nothing builds on it.

    A stated measure goes before an implied one. Where a reply holds its rationale in one piece, only
    the measures that score options need the reasoning beforehand.
    """
    needing = [m for m in variant.measures if variant.think is not None or m.name != "reply"]
    if variant.think is None and "rationale" not in template_names(variant.reply):
        return None
    return min(needing, key=lambda m: m.implied) if needing else None


def _mould(lane: _Lane, way: Ask) -> Mould:
    """Give the mould of a lane's requests that begin their reply in one way."""
    if lane.last is None or lane.last[0] is not way:
        if way not in lane.moulds:
            if len(lane.moulds) >= _MOST_KEPT:
                lane.moulds.clear()
            lane.moulds[way] = _new_mould(lane, way)
        lane.last = way, lane.moulds[way]
    return lane.last[1]


def _new_mould(lane: _Lane, way: Ask) -> Mould:
    ready, measure = lane.stage, lane.measure
    blank = way.form.before[len(way.form.before.rstrip()) :]
    base = Request(
        id="",
        task=ready.task.name,
        item="",
        regime=ready.variant.regime.name,
        levels=dict(ready.variant.levels),
        measure=measure.name,
        normalise=measure.normalise,
        implied=measure.implied,
        messages=(),
        joint=way.joint,
        form=way.form,
        decode=_decode(ready, way),
    )
    if lane.name == "think":
        return Mould(_thinking(base, ready, way), blank)
    if lane.name == "unconditional":
        return Mould(replace(base, stage="unconditional", lead_in=way.form.before.strip()), blank)
    if not way.reasoned:
        return Mould(replace(base, lead_in=way.form.before.rstrip()), blank)
    return _concluding(base, ready, way, blank)


def _decode(ready: Stage, way: Ask) -> Decode:
    regime = ready.variant.regime
    return Decode(
        max_tokens=regime.max_tokens or (REASONING_TOKENS if way.reasoned else REPLY_TOKENS),
        temperature=regime.temperature,
        top_p=regime.top_p,
        stop=regime.stop,
        samples=regime.samples,
        vote=regime.vote,
        effort=regime.effort,
    )


def _thinking(base: Request, ready: Stage, way: Ask) -> Request:
    """Ask for the reasoning. Where a reply holds it in one piece, this asks for that whole reply.

    So the measure `reply` and those that score options after the reasoning share one generated text.
    """
    think = way.think if ready.variant.think is not None else way.head.rstrip()
    return replace(base, stage="think", think=think)


def _concluding(base: Request, ready: Stage, way: Ask, blank: str) -> Mould:
    """Ask for the answer where reasoning comes before it."""
    before = way.form.before.rstrip()
    thinking = _thinking(base, ready, way)
    if ready.variant.think is not None:
        # the conclusion is short, however much room the reasoning had
        decode = replace(base.decode, max_tokens=ready.variant.regime.max_tokens or REPLY_TOKENS)
        lead_in = "\n" + before if before else ""
        concluding = replace(base, think=way.think, lead_in=lead_in, decode=decode)
        return Mould(concluding, blank, Mould(thinking, blank))
    if base.measure == "reply":
        return Mould(replace(base, think=thinking.think), blank)
    return Mould(replace(base, think=thinking.think, lead_in=before), blank, Mould(thinking, blank))
