"""What nobody says of a model, found out by asking it: one small request for each thing.

A setting that a model does not take is an error of the request (400); log-probabilities that a server does
not have are not in its answer; a text that it does not repeat is found out as any echo is. What none of these
shows stays unknown.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from taskc.backends.known import ROOM
from taskc.backends.probed import Probed
from taskc.backends.protocol import ModelName
from taskc.backends.remote import RemoteModel
from taskc.records.operation import (
    Failure,
    Generate,
    Labels,
    Operation,
    Prompt,
    Refusal,
    Reply,
    Score,
    Usage,
)
from taskc.records.plan import Capabilities
from taskc.records.request import Message

_ASKED = Message(role="user", content="Say A or B.")
_PROMPT = Prompt(messages=(_ASKED,))
_TOKENS = 16  # of a reply
_TOPS = (20, 5)  # how many alternatives are asked for, the most that are usual first
_NO = ("bad-request", "no-logprobs", "no-echo", "no-boundary", "not-supported")
_SPENT = ("no-text", "cut-by-reasoning")
_PLAIN = Capabilities(temperature=False, stop=False)
_ASKING: dict[str, tuple[Operation, Capabilities]] = {
    "temperature": (
        Generate(prompt=_PROMPT, max_tokens=_TOKENS, temperature=0.5),
        replace(_PLAIN, temperature=True),
    ),
    "stop": (Generate(prompt=_PROMPT, max_tokens=_TOKENS, stop=("\n\n",)), replace(_PLAIN, stop=True)),
    "effort": (Generate(prompt=_PROMPT, max_tokens=_TOKENS, effort="low"), replace(_PLAIN, effort=True)),
    "prefill": (
        Generate(prompt=replace(_PROMPT, prefill="The letter is"), max_tokens=_TOKENS),
        replace(_PLAIN, prefill=True),
    ),
    "score": (
        Score(prompt=Prompt(messages=(), prefill="The sky is"), continuations=(" blue", " red")),
        replace(_PLAIN, score=True),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What was found out; `open` could not be, for the reason in `why`. And what that took."""

    found: Mapping[str, bool | int] = field(default_factory=dict)
    open: tuple[str, ...] = ()
    why: str = ""
    requests: int = 0
    used: Usage = field(default_factory=Usage)


def most_requests(unknown: tuple[str, ...]) -> int:
    """Say how many requests it takes at most to find these out, tries again left out."""
    asked = sum(len(_TOPS) if key == "top_logprobs" else 1 for key in unknown)
    return asked + 1 if asked else 0  # and whether it answers anything, where it refused all these


async def probe(model: RemoteModel, most: int | None = None) -> Tried:
    """Find out what is unknown of a model with at most `most` requests; what cannot be is left open.

    A model that refuses all of it is asked for something plain: one that refuses that too has shown nothing.
    """
    tried, heard = Tried(), False
    for key in model.capabilities.unknown:
        value: bool | int | None = None
        for asked, can, means in _questions(key):
            if most is not None and tried.requests >= most:
                tried = replace(tried, why=tried.why or "no more requests may be sent")
            if tried.why:
                break
            reply = await _ask(model, asked, can)
            tried = _counted(tried, reply)
            heard = heard or not isinstance(reply.outcome, Failure) or reply.outcome.reason in _SPENT
            value = _answer(reply, means)
            if value is None:
                tried = replace(tried, why=_why(reply))
            elif value:
                break
        if value is None:
            tried = replace(tried, open=(*tried.open, key))
        else:
            tried = replace(tried, found={**tried.found, key: value})
    if tried.found and not heard:
        reply = await _ask(model, Generate(prompt=_PROMPT, max_tokens=_TOKENS), _PLAIN)
        tried = _counted(tried, reply)
        if isinstance(reply.outcome, Failure) and reply.outcome.reason not in _SPENT:
            return replace(tried, found={}, open=model.capabilities.unknown, why=_why(reply))
    return tried


def record(tried: Tried, name: ModelName, api: str, url: str) -> Probed:
    """Give what was found out as it is kept."""
    return Probed(
        provider=name.provider,
        model=name.name,
        api=api,
        url=url,
        found=dict(sorted(tried.found.items())),
        requests=tried.requests,
        date=time.strftime("%Y-%m-%d", time.gmtime()),
    )


def _questions(key: str) -> Iterator[tuple[Operation, Capabilities, bool | int]]:
    """Give what is asked to find a thing out, and what a fine answer means."""
    if key == "top_logprobs":
        for most in _TOPS:
            yield Labels(prompt=_PROMPT, labels=("A", "B")), replace(_PLAIN, top_logprobs=most), most
    else:
        yield *_ASKING[key], True


async def _ask(model: RemoteModel, asked: Operation, can: Capabilities) -> Reply:
    speech: Any = model.speech
    (reply,) = await replace(model, speech=replace(speech, capabilities=can)).ask([asked])
    return reply


def _counted(tried: Tried, reply: Reply) -> Tried:
    used = Usage(
        read=tried.used.read + reply.usage.read + reply.wasted.read,
        written=tried.used.written + reply.usage.written + reply.wasted.written,
    )
    found = {**tried.found, "reasoning_tokens": ROOM} if _reasoned(reply) else tried.found
    return replace(tried, requests=tried.requests + reply.attempts, used=used, found=found)


def _reasoned(reply: Reply) -> bool:
    """Say whether a few tokens were not enough for a reply, as they went into reasoning."""
    return isinstance(reply.outcome, Failure) and reply.outcome.reason in _SPENT


def _answer(reply: Reply, fine: bool | int) -> bool | int | None:
    """Say what a reply shows; None where it shows nothing."""
    outcome = reply.outcome
    if isinstance(outcome, Refusal):
        return None
    if not isinstance(outcome, Failure) or outcome.reason in _SPENT:
        return fine
    return type(fine)(0) if outcome.reason in _NO else None


def _why(reply: Reply) -> str:
    return reply.outcome.message if isinstance(reply.outcome, Failure) else "it refused to answer"
