"""`replay/PATH.jsonl`: answers from an export of the response store, asked of nobody.

An operation is answered when the file holds an answer to the very same one: same messages, same start of the
reply, same settings, same replicate. Any other is a failure that trying again does not help. What the model
can do is read off the ways in which its answers were had; the model string may state it otherwise. A file
with the answers of several models needs `?model=NAME` to say which.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from taskc.backends import parameters
from taskc.backends.protocol import Described, ModelError, ModelName, Surroundings
from taskc.dsl.diagnostic import similar
from taskc.records.lines import LineError, load_all
from taskc.records.operation import Failure, Generate, Operation, Reply, operation_id
from taskc.records.plan import Capabilities
from taskc.records.response import Response

_MISSING = Failure(reason="not-recorded", message="the file has no answer to this", again=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """The answers of one model, by the content address of what was asked."""

    model: str
    capabilities: Capabilities
    answers: Mapping[str, Response] = field(repr=False)

    async def ask(self, operations: Sequence[Operation]) -> Sequence[Reply]:
        """Look each operation up."""
        return [self._one(operation) for operation in operations]

    async def close(self) -> None:
        """Do nothing: nothing is open."""

    def _one(self, operation: Operation) -> Reply:
        had = self.answers.get(operation_id(operation))
        return Reply(outcome=had.outcome, usage=had.usage) if had else Reply(outcome=_MISSING)


def describe(name: ModelName, around: Surroundings) -> Described:
    """Say what was done when the answers were had; reads the file and raises `ModelError`."""
    known = open_model(name, around)
    return Described(model=known.model, capabilities=known.capabilities, charged=False)


def open_model(name: ModelName, around: Surroundings) -> Replay:
    """Read the file; raises `ModelError` when that cannot be done."""
    parameters.check_known(name, ("model", *parameters.CAPABILITIES))
    responses = _read(Path(name.name))
    chosen = _choose(name, sorted({response.model for response in responses}))
    answers = {one.asked: one for one in responses if one.model == chosen and one.asked}
    return Replay(
        model=str(name),
        capabilities=parameters.stated(name, _capabilities(answers.values())),
        answers=answers,
    )


def _read(path: Path) -> list[Response]:
    try:
        with path.open(encoding="utf-8") as lines:
            return list(load_all(Response, lines))
    except LineError as problem:
        raise ModelError(
            f"`{path}` is not an export of responses: {problem}", help="name a file that was exported"
        ) from None
    except (OSError, UnicodeDecodeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "it is not text"
        raise ModelError(
            f"`{path}` cannot be read: {(why or '').lower()}", help="name a file that was exported"
        ) from None


def _choose(name: ModelName, models: Sequence[str]) -> str:
    stated = name.parameters.get("model")
    listed = "known here: " + ", ".join(f"`{model}`" for model in models)
    if stated is not None and stated not in models:
        raise ModelError(
            f"`{name.name}` has no answers of `{stated}`", help=similar(stated, models) or listed
        )
    if stated is None and len(models) > 1:
        raise ModelError(f"`{name.name}` has answers of several models", help=f"add `?model=NAME`; {listed}")
    if not models:
        raise ModelError(f"`{name.name}` has no answers", help="name a file that was exported")
    return stated or models[0]


def _capabilities(answers: Iterable[Response]) -> Capabilities:
    """Read off what a model can do from the ways in which its answers were had."""
    answers = list(answers)
    rooms = [one.operation.reasoning_tokens for one in answers if isinstance(one.operation, Generate)]
    ways = {one.lowering for one in answers}
    steps = {step for way in ways for step in way.split(" then ")}
    return Capabilities(
        score="score" in steps,
        labels="labels" in steps,
        top_logprobs=20 if "labels without lead-in" in steps else 0,
        generate=bool(steps & {"generate", "generate+prefill"}),
        prefill="generate+prefill" in steps or "labels" in ways,
        effort=True,
        exact=True,
        reasoning_tokens=max(rooms, default=0),
        source="the answers in the file",
    )
