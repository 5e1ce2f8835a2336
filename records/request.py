"""What `taskc compile` writes: one concrete thing to ask, and what each task predicts for it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["system", "user", "assistant"]
MeasureName: TypeAlias = Literal["choice", "label", "reply"]
Normalise: TypeAlias = Literal["none", "tokens", "bytes", "unconditional"]
Stage: TypeAlias = Literal["answer", "think", "unconditional"]
Kind: TypeAlias = Literal["text", "int", "number", "bool"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One finished message of the conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One answer option.

    `label` is None when options are given verbatim; `written` is how a reply says it (the label
    where there is one, else the text); `continuation` is `written` with the blank, if any, that
    parts it from the lead-in, so that `lead_in + continuation` is the reply up to there.
    """

    label: str | None
    text: str
    written: str
    continuation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decode:
    """How a reply is generated.

    `temperature` 0 is greedy decoding; `samples` replies are asked for; `vote` joins them. None
    means "not stated": the backend's own default is then left alone (`max_tokens` always is stated).
    """

    max_tokens: int
    temperature: float = 0.0
    top_p: float | None = None
    stop: tuple[str, ...] = ()
    samples: int = 1
    vote: Literal["majority"] | None = None
    effort: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The `reply` template with everything known filled in, cut at the answer.

    A reply in exact form is `…before ANSWER after…`. Both may be empty.
    """

    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One line of `requests.jsonl`.

    The reply that is asked for continues `messages`, whose last one is the user's. The reply begins
    with `think`, then (in a stage that comes `after` another request) that request's reply up to where
    it says the words of `lead_in` itself, without trailing blanks, then `lead_in`; any may be empty.
    `joint` parts the prompt from the reply where a model takes plain text and not messages.

    Stages: `answer` yields the answer; `think` yields the reasoning that an `answer` names by
    `after`; `unconditional` scores the options after the lead-in alone, without the prompt.

    `predictions` maps `true_task` and the name of each distractor that speaks for this item to the
    answer it predicts, as a reply writes it; `answer` is that of `true_task`. `kind` is the type of the
    answer. `cluster` names what an item belongs to with others, '' where it stands for itself.
    `implied` marks a measure nobody stated: it is left out where a backend cannot give it.
    """

    id: str
    task: str
    item: str
    regime: str
    levels: Mapping[str, str] = field(default_factory=dict)
    measure: MeasureName
    normalise: Normalise = "none"
    implied: bool = False
    stage: Stage = "answer"
    after: str | None = None
    messages: tuple[Message, ...]
    think: str = ""
    lead_in: str = ""
    joint: str = "\n"
    form: Form = Form()
    options: tuple[Option, ...] = ()
    predictions: Mapping[str, str] = field(default_factory=dict)
    answer: str = ""
    kind: Kind = "text"
    cluster: str = ""
    decode: Decode


def request_id(
    *,
    operation: str,
    messages: tuple[Message, ...],
    think: str,
    lead_in: str,
    joint: str,
    continuations: tuple[str, ...],
    after: str | None,
    decode: Decode,
) -> str:
    """Give the content address of what is asked: 32 hex digits of SHA-256 over its canonical JSON.

    Two requests that ask the same thing have the same address, whatever task or item they belong
    to; what the answer is held against takes no part. `samples` and `vote` take no part either:
    asking for more samples keeps those already answered. `operation` is `score`, `labels` or `generate`.
    """
    asked = [
        operation,
        [[m.role, m.content] for m in messages],
        think,
        lead_in,
        joint,
        list(continuations),
        after,
        [decode.max_tokens, decode.temperature, decode.top_p, list(decode.stop), decode.effort]
        if operation == "generate"
        else None,
    ]
    text = json.dumps(asked, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
