"""`simulated/NAME?build=FOLDER&ability=A&pull=Q`: a model that is none, and knows the answers.

It reads the requests of a build, with what the true task and the distractors predict for each, and answers
them as `records/simulated.py` says: with probability `pull` as the distractor, else with probability
`ability` as the true task, else by guessing. Whatever else is asked of it is a failure.

* **score** and **labels**: log-probabilities whose highest is at its answer, also when continuations are
  compared per byte: longer ones are made less likely. Each is one token.
* **generate**: the answer in the form of the task's `reply`, after a line that stands for reasoning where
  there is to be some.

Parameters: `build`, of which the hash of its requests takes part in the name that answers are stored under;
`ability`; `pull`, 0 without; `spread` of the items, 1 without; `seed`, 0 without. `NAME` is what a ladder
has.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from taskc.backends import parameters
from taskc.backends.protocol import Described, ModelError, ModelName, Surroundings
from taskc.records.lines import LineError, load, load_all
from taskc.records.manifest import Manifest
from taskc.records.operation import (
    Failure,
    Generate,
    Generated,
    Labelled,
    Labels,
    Operation,
    Outcome,
    Prompt,
    Reply,
    Score,
    Scored,
)
from taskc.records.plan import Capabilities
from taskc.records.request import Message, Request
from taskc.records.simulated import SPREAD, Subject, answer_of, asked_of, beliefs_of, written_of

_KNOWN = ("build", "ability", "pull", "spread", "seed")
_DIGITS = 8  # of the hash of a build
_CAN = Capabilities(
    score=True,
    labels=True,
    top_logprobs=20,
    prefill=True,
    effort=True,
    exact=True,
    batch=64,
    source="the rules of `simulated`",
)
_STRANGE = Failure(reason="not-in-build", message="the build has no such request", again=False)
_THOUGHT = "Simulated thought {}."
_THOUGHTS = re.compile(r"Simulated thought (\d+)\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """A simulated model, and the requests that it knows the answers to, by what they show of the prompt."""

    model: str
    subject: Subject
    known: Mapping[bytes, Sequence[Request]] = field(repr=False)
    capabilities: Capabilities = _CAN

    async def ask(self, operations: Sequence[Operation]) -> Sequence[Reply]:
        """Answer by the rules."""
        return [Reply(outcome=self._outcome(operation)) for operation in operations]

    async def close(self) -> None:
        """Do nothing: nothing is open."""

    def _outcome(self, operation: Operation) -> Outcome:
        if isinstance(operation, Score) and not operation.prompt.messages:  # without the prompt all are alike
            return Scored(
                logprobs=(-1.0,) * len(operation.continuations), tokens=_ones(operation.continuations)
            )
        request = self._request(operation)
        if request is None:
            return _STRANGE
        thought = _THOUGHTS.search(operation.prompt.prefill) if request.after else None
        tries = int(thought[1]) - 1 if thought else 0
        match operation:
            case Score(continuations=written):
                logprobs = _spelled(*self._beliefs(request, tries), written)
                return Scored(logprobs=tuple(logprobs), tokens=_ones(logprobs))
            case Labels():
                return Labelled(logprobs=tuple(self._beliefs(request, tries)[0]), outside=0.0)
            case Generate():
                return Generated(text=self._text(request, operation, tries + operation.seed), finish="stop")

    def _request(self, operation: Operation) -> Request | None:
        """Find the request that an operation was made of, the first of several that ask the same."""
        known = self.known.get(_place(operation.prompt.messages), ())
        fitting = [one for one in known if _asks(one, operation)]
        plain = (one for one in fitting if one.stage == "answer" and one.after is None)
        return next(plain, next((one for one in fitting if one.stage == "think"), next(iter(fitting), None)))

    def _beliefs(self, request: Request, tries: int) -> tuple[list[float], int]:
        """Give log-probabilities of the options, and the place of the answer, where they are highest."""
        asked = asked_of(request)
        answer = answer_of(self.subject, asked, tries)
        return beliefs_of(self.subject, asked, answer), answer

    def _text(self, request: Request, operation: Generate, tries: int) -> str:
        """Write a reply; reasoning that ends in an answer serves both a stage and a whole reply."""
        thought = _THOUGHT.format(tries + 1)
        if request.stage == "think":
            return f" {thought}" if request.think else thought
        answer = answer_of(self.subject, asked_of(request), tries)
        written = written_of(request, answer)
        if operation.prompt.reasoned and request.after is None:
            text = f"{thought}{request.form.before}{written}{request.form.after}"
        elif request.lead_in:
            text = f"{_blank(request)}{written}{request.form.after}"
        else:
            text = f"{request.form.before}{written}{request.form.after}"
        for stop in operation.stop:
            text = text.partition(stop)[0]
        return text


def describe(name: ModelName, around: Surroundings) -> Described:
    """Say what it can do; reads the manifest of the build and raises `ModelError`."""
    _, model = _named(name)
    return Described(model=model, capabilities=_CAN, charged=False)


def open_model(name: ModelName, around: Surroundings) -> Simulated:
    """Read the build; raises `ModelError` when that cannot be done."""
    subject, model = _named(name)
    known: dict[bytes, list[Request]] = {}
    for request in _requests(Path(name.parameters["build"])):
        known.setdefault(_place(request.messages), []).append(request)
    return Simulated(model=model, subject=subject, known=known)


def _named(name: ModelName) -> tuple[Subject, str]:
    """Read the parameters, and write the model string with all of them."""
    parameters.check_known(name, _KNOWN)
    for needed, example in (("build", "build"), ("ability", "0.8")):
        if needed not in name.parameters:
            raise ModelError(
                f"`{name}` does not say `{needed}`",
                help=f"add `{needed}={example}`; `taskc simulate` writes such model strings",
            )
    subject = Subject(
        name=name.name,
        ability=parameters.number(name, "ability", 0.0, most=1),
        pull=parameters.number(name, "pull", 0.0, most=1),
        spread=parameters.number(name, "spread", SPREAD, most=100),
        seed=parameters.count(name, "seed", 0),
    )
    stated = {
        "ability": f"{subject.ability:g}",
        "build": _manifest(Path(name.parameters["build"])).requests_sha256[:_DIGITS],
        "pull": f"{subject.pull:g}",
        "seed": str(subject.seed),
        "spread": f"{subject.spread:g}",
    }
    return subject, str(ModelName(provider=name.provider, name=name.name, parameters=stated))


def _manifest(build: Path) -> Manifest:
    path = build / "manifest.json"
    try:
        return load(Manifest, path.read_bytes())
    except (OSError, LineError):
        raise ModelError(
            f"there is no build in `{build}` whose items a simulated model could answer",
            help="name a folder that `taskc compile` made: `build=FOLDER`",
        ) from None


def _requests(build: Path) -> Iterator[Request]:
    path = build / "requests.jsonl"
    try:
        with path.open("rb") as file:
            yield from load_all(Request, file)
    except (OSError, LineError):
        raise ModelError(f"`{path}` cannot be read", help="compile the task anew: `taskc compile`") from None


def _place(messages: Iterable[Message]) -> bytes:
    """Name what a request and its operation have in common: the conversation before the reply."""
    told = blake2b(digest_size=16)
    for message in messages:
        told.update(f"{message.role}\0{message.content}\0".encode("utf-8", "surrogatepass"))
    return told.digest()


def _asks(request: Request, operation: Operation) -> bool:
    """Say whether an operation with the messages of a request is what comes of it."""
    begins = _begins(request, operation.prompt)
    match operation:
        case Score(continuations=written):
            return begins and request.measure == "choice" and _scored(request, written)
        case Labels(labels=written):
            return begins and request.measure == "label" and _scored(request, written)
        case Generate():
            return begins and (request.stage == "think" or request.measure == "reply")


def _begins(request: Request, prompt: Prompt) -> bool:
    if request.after is None:
        return prompt.prefill == request.think + request.lead_in
    return (
        len(prompt.prefill) > len(request.think + request.lead_in)
        and prompt.prefill.startswith(request.think)
        and prompt.prefill.endswith(request.lead_in)
    )


def _scored(request: Request, written: tuple[str, ...]) -> bool:
    return request.stage == "answer" and written == tuple(one.continuation for one in request.options)


def _spelled(beliefs: Sequence[float], answer: int, written: Sequence[str]) -> list[float]:
    """Make continuations longer than the answer less likely, so that it is highest per byte as well."""
    sizes = [max(1, len(one.encode("utf-8", "surrogatepass"))) for one in written]
    return [belief * max(1.0, size / sizes[answer]) for belief, size in zip(beliefs, sizes, strict=True)]


def _blank(request: Request) -> str:
    """Give the blank that parts an answer from its lead-in."""
    return "" if request.lead_in[-1:].isspace() else " "


def _ones(values: Sequence[object]) -> tuple[int, ...]:
    return (1,) * len(values)
