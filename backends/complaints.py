"""What a service says went wrong, in the shapes that services have for it, and what kind of thing that is.

OpenAI's and Anthropic's have an object `error`; vLLM's older ones are that object; Gemini's stand in a list
and say how long to wait; xAI's `error` is a text, FastAPI's stands in `detail`; OpenRouter has what another
said in `metadata`. Codes are asked first; of what has none, a few words are known. `tests/backends/recorded/`
has one of each.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_EMPTY_PURSE = (
    "insufficient_quota",
    "billing_hard_limit_reached",
    "billing_not_active",
    "billing_error",
    "Arrearage",
)
_UNWANTED = ("content_filter", "content_policy_violation", "invalid_prompt", "data_inspection_failed")
_TOO_LONG = ("context_length_exceeded", "exceed_context_size_error", "request_too_large")
_KNOWN = (*_EMPTY_PURSE, *_UNWANTED, *_TOO_LONG)
# words of services that have no code for it, or a number that means another thing elsewhere
_PURSE = re.compile(
    r"credit balance is too low|reached your specified API usage limits"
    r"|used all available credits or reached its monthly spending limit"
    r"|your (?:account|paid) balance is insufficient"
    r"|\A\s*(?:insufficient balance\b|余额不足|您的账户已欠费)",
    re.IGNORECASE,
)
_DECLINED = re.compile(
    r"\s*(?:Content Exists Risk\W*|Content violates usage guidelines\b.*"
    r"|系统检测到输入或生成内容可能包含不安全或敏感内容.*)",
    re.IGNORECASE | re.DOTALL,
)
_KEY = re.compile(r"API key not valid|incorrect API key|invalid API key", re.IGNORECASE)
_OVERFLOW = re.compile(
    r"prompt is too long|maximum (?:context|model) length|longer than the model's context length"
    r"|exceeds the available context size|exceed context limit"
    r"|request too large for ",  # larger than the limit of a minute, which no waiting changes
    re.IGNORECASE,
)
_DELAY = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s")
_DEEP = 3  # errors within errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the body of an error says: a code or type of the service's, a message, and how long to wait.

    `number` is the status that it names itself, 0 where it names none; `flagged`: it was the prompt that a
    filter did not let through.
    """

    code: str = ""
    message: str = ""
    number: int = 0
    wait: float | None = None
    flagged: bool = False

    @property
    def poor(self) -> bool:
        """Say whether there is no credit left, or a limit of spending is reached."""
        return self.code in _EMPTY_PURSE or _PURSE.search(self.message) is not None

    @property
    def declined(self) -> bool:
        """Say whether the prompt was not wanted."""
        return self.flagged or self.code in _UNWANTED or _DECLINED.fullmatch(self.message) is not None

    @property
    def long(self) -> bool:
        """Say whether the request was too long, for the model or for a limit."""
        return self.code in _TOO_LONG or _OVERFLOW.search(self.message) is not None

    @property
    def keyless(self) -> bool:
        """Say whether it speaks of a wrong key; its message may show a part of that."""
        return _KEY.search(self.message) is not None

    @property
    def status(self) -> int:
        """Give the status that it means, where it comes with another; 0 where that is not told."""
        return self.number or (400 if self.poor or self.declined or self.long or self.keyless else 0)


def poor_code(code: str | None) -> bool:
    """Say whether a code means that there is no credit left."""
    return code in _EMPTY_PURSE


def said_of(body: object) -> Said:
    """Give what the JSON, or the text, of an error says; nothing where it is of no shape that is known."""
    if isinstance(body, list) and body:
        body = body[0]
    inner = body.get("error") or body if isinstance(body, Mapping) else body
    if isinstance(inner, str):
        return Said(message=inner)
    if not isinstance(inner, Mapping):
        return Said()
    codes = [str(inner[name]) for name in ("code", "type") if inner.get(name)]
    known = next((code for code in codes if code in _KNOWN), None)
    numbers = (int(code) for code in codes if code.isdecimal() and len(code) == 3)
    about = inner.get("metadata")
    return Said(
        code=known or next(iter(codes), ""),
        message=_message(inner),
        number=next((number for number in numbers if 400 <= number <= 599), 0),
        wait=_wait(inner.get("details")),
        flagged=isinstance(about, Mapping) and "flagged_input" in about,
    )


def _message(inner: Mapping[str, Any], deep: int = _DEEP) -> str:
    """Give the message, and after it what another service said to the one that was asked."""
    message = str(inner.get("message") or _details(inner.get("detail")))
    about = inner.get("metadata")
    raw = about.get("raw") if isinstance(about, Mapping) else None
    if not raw or not isinstance(raw, str) or not deep:
        return message
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return f"{message}: {raw}"
    error = body.get("error") if isinstance(body, Mapping) else None
    more = _message(error, deep - 1) if isinstance(error, Mapping) else raw
    return f"{message}: {more}"


def _details(detail: object) -> str:
    """Give what FastAPI says: a text, or what is wrong with each field."""
    if not isinstance(detail, list):
        return detail if isinstance(detail, str) else ""
    said = []
    for one in detail:
        if isinstance(one, Mapping):
            where = one.get("loc")
            place = ".".join(map(str, where)) if isinstance(where, list) else ""
            said.append(": ".join(part for part in (place, str(one.get("msg") or "")) if part))
    return "; ".join(said)


def _wait(details: object) -> float | None:
    """Give the seconds to wait, which Google's services say in the body and not in a header."""
    for one in details if isinstance(details, list) else ():
        delay = one.get("retryDelay") if isinstance(one, Mapping) else None
        found = _DELAY.fullmatch(delay) if isinstance(delay, str) else None
        if found:
            return float(found[1]) or None
    return None
