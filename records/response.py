"""An answer as it is kept: what was asked of which model, and what came back."""

import hashlib
import json
from dataclasses import dataclass, field

from taskc.records.operation import Answer, Refusal, Usage

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode  # made once: it is called often


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One row of the response store.

    `seconds` is the latency as measured; `attempts` counts tries; `asked` is the content address of the
    operation (`operation_id`), by which `replay/` finds the answer again.
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


def response_key(*, request: str, model: str, sampling: str, replicate: int) -> str:
    """Give the key an answer is stored under: 32 hex digits of SHA-256.

    `sampling` is how the backend was asked (the lowering and its decoding settings), as text.
    """
    text = _encode([request, model, sampling, replicate])
    return hashlib.sha256(text.encode()).hexdigest()[:32]
