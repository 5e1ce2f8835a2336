"""One response as it is read: the answer in it, how it was found, and the numbers about it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from taskc.metrics import METRICS
from taskc.metrics.attribute import TRUE_TASK, option_of
from taskc.metrics.belief import Belief, Target, believe_labelled, believe_scored
from taskc.metrics.extract import extract
from taskc.records.operation import Answer, Generated, Refusal, Scored
from taskc.records.request import Request
from taskc.records.score import Rung

_NUMBERS = {name: metric for name, metric in METRICS.items() if name != "accuracy"}
"""All of the shelf but accuracy, which a score states as `correct`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one response says. `given` is None where it says nothing that is understood, or was `refused`."""

    given: str | None
    rung: Rung = ""
    refused: bool = False
    numbers: Mapping[str, float] = field(default_factory=dict)


def read(
    request: Request, outcome: Answer | Refusal, way: str, unconditional: Scored | None = None
) -> Reading:
    """Read one outcome of `request`, had in the `way` of its lowering.

    A generated reply is read by `extract`; scored options and labels by the highest, of which ties are
    marked by a number `tie` of 1 and go to the first option. A refusal is what the outcome calls one.
    """
    if isinstance(outcome, Refusal):
        return Reading(given=None, refused=True)
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
        return Reading(given=found.answer, rung=found.rung) if found else Reading(given=None)
    return _believed(request, _belief(request, outcome, unconditional))


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


def _believed(request: Request, belief: Belief) -> Reading:
    target = target_of(request)
    # the mass outside is told even where the true answer is none of the options, and nothing else can be
    numbers: dict[str, float] = {} if target or belief.outside is None else {"outside": belief.outside}
    for name, metric in _NUMBERS.items():
        value = metric(belief, target) if target else None
        if value is not None and math.isfinite(value):
            numbers[name] = value
    if belief.tied:
        numbers["tie"] = 1.0
    if belief.best is None:
        return Reading(given=None, numbers=numbers)
    return Reading(given=request.options[belief.best].written, rung="argmax", numbers=numbers)
