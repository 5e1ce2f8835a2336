"""The few things a backend is ever asked, and the few shapes in which it can answer."""

import hashlib
from dataclasses import dataclass, field
from math import isfinite
from typing import Literal, TypeAlias

from taskc.records.lines import dump
from taskc.records.request import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What the model reads: finished messages, then the start of its own reply (`prefill`).

    `joint` parts the last message from the reply where a model takes plain text.
    `reasoned` says that the reply may run over several lines (reasoning), which matters for the
    default stop of a plain-text model: one line break for a bare answer, two for reasoning.
    """

    messages: tuple[Message, ...]
    prefill: str = ""
    joint: str = "\n"
    reasoned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Ask for the log-probability of each continuation given the prompt."""

    prompt: Prompt
    continuations: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Ask for the distribution over option labels at the answer position."""

    prompt: Prompt
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Generate:
    """Ask for one reply. `seed` is set by the asker and depends on the replicate only.

    `reasoning_tokens` are left for reasoning that is not shown, on top of the `max_tokens` of the reply.
    """

    prompt: Prompt
    max_tokens: int
    temperature: float = 0.0
    top_p: float | None = None
    stop: tuple[str, ...] = ()
    effort: str | None = None
    seed: int = 0
    reasoning_tokens: int = 0


Operation: TypeAlias = Score | Labels | Generate
_NO_ROOM = ',"reasoning_tokens":0}'


def operation_id(operation: Operation) -> str:
    """Give the content address of an operation: 32 hex digits of SHA-256 over its kind and its JSON.

    Room for reasoning is written where there is some, so that addresses from before there was any hold.
    """
    if isinstance(operation, Generate):
        written = dump(operation, finite=isfinite(operation.temperature) and isfinite(operation.top_p or 0.0))
        if not operation.reasoning_tokens:
            written = written.removesuffix(_NO_ROOM) + "}"
    else:
        written = dump(operation)
    text = f"{type(operation).__name__} {written}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """Log-probability (natural log, summed over tokens) and token count of each continuation, in order."""

    logprobs: tuple[float, ...]
    tokens: tuple[int, ...]
    kind: Literal["scored"] = "scored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """Log-probability of each label, in order, and the probability mass outside all of them.

    A label that the backend did not report is None: its mass is unknown and part of `outside`.
    """

    logprobs: tuple[float | None, ...]
    outside: float
    kind: Literal["labelled"] = "labelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """One reply, without the prefill and without the stop string, and why it ended."""

    text: str
    finish: Literal["stop", "length"]
    kind: Literal["generated"] = "generated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The model or its provider declined to answer."""

    text: str
    kind: Literal["refusal"] = "refusal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """No answer was had. `reason` is a kebab-case class of error, `message` is for a person, no keys in it.

    A failure is never stored as an answer: the next run asks again. `again` says that it might
    succeed then; `fatal` that every further request to this model would fail alike (a wrong key, say).
    """

    reason: str
    message: str
    again: bool = True
    fatal: bool = False
    kind: Literal["failure"] = "failure"


Answer: TypeAlias = Scored | Labelled | Generated
Outcome: TypeAlias = Answer | Refusal | Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens read and written, as the backend counts them; 0 where it does not say."""

    read: int = 0
    written: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a provider says of a reply: its own name for the model, its fingerprint, the id of the reply.

    `batch` is its name for the batch that the reply came by, empty for one that was asked for by itself;
    `url` is the address that was asked, where one was.
    """

    model: str = ""
    fingerprint: str = ""
    id: str = ""
    batch: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a backend hands back for one operation.

    `body` is the reply as it came over the wire, if it came over one: the text of the body, no headers.
    `seconds` is what the try that was answered took, None where nobody measured; `wasted` is the most that
    tries have used that may have to be paid for and brought nothing, as far as nobody was told before.
    """

    outcome: Outcome
    usage: Usage = field(default_factory=Usage)
    attempts: int = 1
    source: Source = Source()
    body: str = ""
    seconds: float | None = None
    wasted: Usage = Usage()
