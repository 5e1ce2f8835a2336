"""A request and what came back to scores: what was given, whose answer that is, the numbers about it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from taskc.metrics.attribute import Attribution, attribute
from taskc.metrics.chosen import STANDARD, Chosen
from taskc.metrics.reading import Reading, read
from taskc.metrics.vote import ballots, majority, passes
from taskc.records.operation import Scored
from taskc.records.request import Request
from taskc.records.response import Response
from taskc.records.score import Missing, Score


def score(
    request: Request,
    way: str,
    responses: Sequence[Response | None],
    *,
    model: str,
    unconditional: Scored | None = None,
    why: str = "no answer was had",
    chosen: Chosen = STANDARD,
) -> list[Score] | Missing:
    """Score what came back for one request; `responses` has a place a replicate, None for no answer.

    With a vote there is one score, and it needs every sample: a vote of fewer estimates something else.
    Without one there is a score for every replicate that was answered. Nothing to score gives `Missing`
    with the reason: `why`, or what is lacking. `way` is that of the lowering; `unconditional` is the answer
    to the request's unconditional stage, which `choice(normalise = unconditional)` needs. `chosen` are the
    metrics whose numbers a score carries.
    """
    had = [(place, one) for place, one in enumerate(responses) if one is not None]
    lacking = _lacking(request, len(had), len(responses), unconditional, why)
    if lacking:
        return Missing(
            task=request.task,
            item=request.item,
            regime=request.regime,
            levels=request.levels,
            measure=measure_of(request),
            model=model,
            why=lacking,
            lowering=way,
        )
    readings = [read(request, one.outcome, way, unconditional, chosen) for _, one in had]
    owners = [_owner(request, reading) for reading in readings]
    more = _of_samples(request, readings, [owner.correct for owner in owners], chosen)
    if request.decode.vote and len(responses) > 1:
        vote = majority(readings, kind=request.kind, options=request.options)
        return [_score(request, way, model, 0, vote, _owner(request, vote), more, chosen)]
    return [
        _score(request, way, model, place, reading, owner, more, chosen)
        for (place, _), reading, owner in zip(had, readings, owners, strict=True)
    ]


def score_all(
    answers: Iterable[tuple[Request, str, Sequence[Response | None]]],
    *,
    model: str,
    chosen: Chosen = STANDARD,
) -> Iterator[Score | Missing]:
    """Score a stream of requests with their ways and responses, in order, and pair unconditional stages.

    Requests of other stages than `answer`, and those with no places because nobody asked them, yield
    nothing. An answer waits for its unconditional stage if that comes later.
    """
    bases: dict[str, Scored | None] = {}
    waiting: dict[str, list[tuple[Request, str, Sequence[Response | None]]]] = {}
    for request, way, responses in answers:
        paired = bool(bases) or request.stage == "unconditional" or request.normalise == "unconditional"
        key = _place(request) if paired else ""
        if request.stage == "unconditional":
            bases[key] = _scored(responses)
            for asked in waiting.pop(key, ()):
                yield from _each(score(*asked, model=model, unconditional=bases[key], chosen=chosen))
        elif request.stage == "answer" and responses:
            if request.normalise == "unconditional" and key not in bases:
                waiting.setdefault(key, []).append((request, way, responses))
            else:
                base = bases.get(key)
                yield from _each(
                    score(request, way, responses, model=model, unconditional=base, chosen=chosen)
                )
    for left in waiting.values():
        for asked in left:
            yield from _each(score(*asked, model=model, chosen=chosen))


def measure_of(request: Request) -> str:
    """Name the measure as tables do: `choice`, `choice(tokens)`, `label`, `reply`."""
    if request.measure == "choice" and request.normalise != "none":
        return f"choice({request.normalise})"
    return request.measure


def _lacking(request: Request, had: int, places: int, unconditional: Scored | None, why: str) -> str:
    """Say why a request cannot be scored, or nothing."""
    if not had:
        return why
    if request.decode.vote and had < places:
        return f"the vote needs {places} samples and {had} were answered"
    if request.measure == "choice" and request.normalise == "unconditional" and unconditional is None:
        return "the options were not scored without the prompt"
    return ""


def _owner(request: Request, reading: Reading) -> Attribution:
    predictions = request.predictions or {"true_task": request.answer}
    return attribute(
        reading.given, predictions, kind=request.kind, options=request.options, refused=reading.refused
    )


def _of_samples(
    request: Request, readings: Sequence[Reading], correct: Sequence[bool], chosen: Chosen
) -> dict[str, float]:
    """Give the numbers about all samples of a reply; there are none of a single one."""
    if request.measure != "reply" or len(readings) < 2:
        return {}
    numbers = passes(correct)
    if chosen.samples:
        votes = ballots(readings, kind=request.kind, options=request.options)
        for name, metric in chosen.samples.items():
            value = metric(votes, correct)
            if value is not None:
                numbers[name] = value
    return numbers


def _score(
    request: Request,
    way: str,
    model: str,
    replicate: int,
    reading: Reading,
    owner: Attribution,
    more: Mapping[str, float],
    chosen: Chosen,
) -> Score:
    numbers = {**reading.numbers, **more, **_chance(request)}
    if chosen.accuracy:
        numbers["accuracy"] = float(owner.correct)
    return Score(
        task=request.task,
        item=request.item,
        cluster=request.cluster,
        regime=request.regime,
        levels=request.levels,
        measure=measure_of(request),
        model=model,
        request=request.id,
        lowering=way,
        replicate=replicate,
        target=request.answer,
        predictions=request.predictions,
        given=reading.given,
        attribution=owner.name,
        correct=owner.correct,
        conflict=owner.conflict,
        rung=reading.rung,
        numbers=numbers,
    )


def chance_of(request: Request) -> float | None:
    """Give the accuracy of guessing among the options, where the model is held to them, else None.

    That is so where they are what is scored, where they have labels, and where the last message shows each.
    A number that may be any number is not guessed among two.
    """
    free = request.measure == "reply" and any(option.label is None for option in request.options)
    if not request.options or (free and not _all_shown(request)):
        return None
    return 1 / len(request.options)


def _chance(request: Request) -> dict[str, float]:
    chance = chance_of(request)
    return {} if chance is None else {"chance": chance}


def _all_shown(request: Request) -> bool:
    return request.kind == "text" and all(_shows(request, option.text) for option in request.options)


def _shows(request: Request, text: str) -> bool:
    message = request.messages[-1].content if request.messages else ""
    return re.search(rf"(?<!\w){re.escape(text)}(?!\w)", message) is not None


def _place(request: Request) -> str:
    """Name what an answer and its unconditional stage have in common."""
    return repr((request.task, request.item, request.regime, sorted(request.levels.items())))


def _scored(responses: Sequence[Response | None]) -> Scored | None:
    """Give the scores of the first response that has some."""
    return next((one.outcome for one in responses if one and isinstance(one.outcome, Scored)), None)


def _each(scored: list[Score] | Missing) -> Iterable[Score | Missing]:
    return [scored] if isinstance(scored, Missing) else scored
