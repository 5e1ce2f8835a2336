"""One response as it is read: the answer in it, how it was found, and the numbers about it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from taskc.metrics.attribute import TRUE_TASK, option_of
from taskc.metrics.belief import Belief, Target, believe_labelled, believe_scored
from taskc.metrics.chosen import STANDARD, Chosen
from taskc.metrics.extract import extract
from taskc.records.operation import Answer, Generated, Refusal, Scored
from taskc.records.request import Request
from taskc.records.score import Rung


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one response says. `given` is None where it says nothing that is understood, or was `refused`."""

    given: str | None
    rung: Rung = ""
    refused: bool = False
    numbers: Mapping[str, float] = field(default_factory=dict)


def read(
    request: Request,
    outcome: Answer | Refusal,
    way: str,
    unconditional: Scored | None = None,
    chosen: Chosen = STANDARD,
) -> Reading:
    """Read one outcome of `request`, had in the `way` of its lowering, with the numbers that are `chosen`.

    A generated reply is read by `extract`; scored options and labels by the highest, of which ties are
    marked by a number `tie` of 1 and go to the first option. A refusal is what the outcome calls one.
    """
    if isinstance(outcome, Refusal):
        lost = _written(request, None, "", chosen) if chosen.replies and request.measure == "reply" else {}
        return Reading(given=None, refused=True, numbers=lost)
    if isinstance(outcome, Generated):
        lead = request.lead_in if way.rpartition(" then ")[2].endswith("+prefill") else ""
        found = extract(
            outcome.text,
            form=request.form,
            options=request.options,
            kind=request.kind,
            lead=lead,
            cut=outcome.finish == "length",
        )
        given = found.answer if found else None
        numbers = _written(request, given, outcome.text, chosen) if chosen.replies else {}
        return Reading(given=given, rung=found.rung if found else "", numbers=numbers)
    return _believed(request, _belief(request, outcome, unconditional), chosen)


def target_of(request: Request) -> Target | None:
    """Give the options that the true task and its distractors predict; None if the answer is no option."""
    answer = option_of(request.answer, request.options)
    if answer is None:
        return None
    rivals = (
        option_of(told, request.options) for name, told in request.predictions.items() if name != TRUE_TASK
    )
    return Target(answer=answer, distractors=tuple(r for r in rivals if r is not None and r != answer))


def _belief(request: Request, outcome: Answer, unconditional: Scored | None) -> Belief:
    if isinstance(outcome, Generated):
        raise TypeError("a generated reply holds no belief")
    if not isinstance(outcome, Scored):
        return believe_labelled(outcome)
    if request.measure == "choice":
        return believe_scored(outcome, request.options, request.normalise, unconditional)
    mass = math.fsum(math.exp(value) for value in outcome.logprobs)
    return Belief(logprobs=outcome.logprobs, compared=outcome.logprobs, outside=max(0.0, 1.0 - mass))


def _written(request: Request, given: str | None, text: str, chosen: Chosen) -> dict[str, float]:
    """Hold a reply against the answer; one without an answer has what the metric says is then lost."""
    targets = (request.answer,)
    said = text.rpartition("</think>")[2]
    numbers = {}
    for name, metric in chosen.replies.items():
        whole = said if metric.whole and said else given
        value = metric.lost if whole is None else metric.function(whole, targets)
        if value is not None and math.isfinite(value):
            numbers[name] = value
    return numbers


def _believed(request: Request, belief: Belief, chosen: Chosen) -> Reading:
    target = target_of(request)
    # the mass outside is told even where the true answer is none of the options, and nothing else can be
    numbers: dict[str, float] = {} if target or belief.outside is None else {"outside": belief.outside}
    for name, metric in chosen.options.items():
        value = metric(belief, target) if target else None
        if value is not None and math.isfinite(value):
            numbers[name] = value
    if belief.tied:
        numbers["tie"] = 1.0
    if belief.best is None:
        return Reading(given=None, numbers=numbers)
    return Reading(given=request.options[belief.best].written, rung="argmax", numbers=numbers)
