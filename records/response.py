"""An answer as it is kept: what was asked of which model, and what came back."""

import hashlib
from dataclasses import dataclass, field

import msgspec

from taskc.records.operation import Answer, Operation, Refusal, Source, Usage

_encode = msgspec.json.Encoder().encode  # the same bytes as the standard library's, for texts and numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One row of the response store.

    `seconds` is the latency as measured, of the try that was answered; `attempts` counts tries; `asked` is
    the content address of the operation (`operation_id`), by which `replay/` finds the answer again.
    `sampling` is what the key was made with; `at` is when the answer came, as `2026-01-31T23:59:59Z`;
    `source` is what the provider says of it. `operation` is all that was asked and `body` all that came
    back, as it came; both are left out where only answers are looked up. What is not known is empty.
    """

    key: str
    request: str
    model: str
    replicate: int
    lowering: str
    outcome: Answer | Refusal
    usage: Usage = field(default_factory=Usage)
    attempts: int = 1
    seconds: float = 0.0
    asked: str = ""
    sampling: str = ""
    at: str = ""
    source: Source = field(default_factory=Source)
    operation: Operation | None = None
    body: str = ""


def response_key(*, request: str, model: str, sampling: str, replicate: int) -> str:
    """Give the key an answer is stored under: 32 hex digits of SHA-256.

    `sampling` is how the backend was asked (the lowering and its decoding settings), as text.
    """
    return hashlib.sha256(_encode((request, model, sampling, replicate))).hexdigest()[:32]
