"""What all providers reached through an SDK share: keys, addresses, tries, and what their errors mean."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from taskc.backends import parameters
from taskc.backends.complaints import Said, said_of
from taskc.backends.headers import read_windows, retry_after
from taskc.backends.hiding import LEAST, hide
from taskc.backends.lane import Lane
from taskc.backends.pace import Feedback, Limits
from taskc.backends.protocol import ModelError, ModelName, Surroundings
from taskc.backends.reading import UnreadableError, read
from taskc.backends.retry import Got, Patience, Problem, persist
from taskc.backends.speech import Speech
from taskc.backends.tokens import measures_of, most_of
from taskc.backends.wire import APIConnectionError, APIStatusError, Cause, Wire, cause_of
from taskc.records.operation import (
    Failure,
    Generate,
    Generated,
    Operation,
    Refusal,
    Reply,
    Usage,
)
from taskc.records.plan import Capabilities

PASSING = ("timeout", "retries", "wait", "patience", "rpm", "tpm", "probe")
"""Parameters that say how a provider is reached; they take no part in the name answers are stored under."""

_RETRIED = (408, 409, 429)
_SLOW_DOWN = (429, 503, 529)
_WRONG_KEY = (401, 403)
_MOST_TOKENS = 1 << 40  # of one request: more is a mistake
# what servers of OpenAI's protocol call an end of a reply
_ENDS = ("", "stop", "length", "content_filter", "eos", "eos_token", "stop_sequence", "end_turn")
# that it ran full, that it was declined, and that whoever wrote it broke off
_FULL = ("length", "max_tokens", "model_context_window_exceeded")
_DECLINED = ("content_filter", "refusal", "sensitive", "safety", "recitation", "blocklist", "spii")
_BROKEN = ("error", "network_error", "abort", "aborted", "insufficient_system_resource")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteModel:
    """A model behind a network: `client` is the SDK's, `line` the way there, `wire` asks in its place."""

    model: str
    capabilities: Capabilities
    line: "Line"
    client: Any = field(repr=False)
    speech: Speech[Any]
    wire: Wire | None = field(default=None, repr=False)

    @property
    def lane(self) -> Lane:
        """Give the way that its requests come by."""
        return self.line.lane

    async def ask(self, operations: Sequence[Operation]) -> Sequence[Reply]:
        """Send one request for each operation, together."""
        if (
            len(operations) == 1
        ):  # as nearly always; a task of its own would cost as much as reading the answer
            return [await self._one(operations[0])]
        return await asyncio.gather(*(self._one(operation) for operation in operations))

    async def close(self) -> None:
        """Close the connections."""
        await self.client.close()
        if self.wire is not None:
            await self.wire.close()

    async def _one(self, operation: Operation) -> Reply:
        body = self.speech.body(operation)
        if body is None:
            return Reply(outcome=_unable(self.line.service, operation))
        return await self.line.ask(operation, body, self.speech)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The way to one provider. `sdk` is its module of exceptions; `secret` is never shown."""

    sdk: Any
    service: str
    url: str
    key_name: str
    secret: str = field(repr=False)
    timeout: float
    patience: Patience
    lane: Lane = field(repr=False)

    async def ask(self, asked: Operation, body: dict[str, Any], speech: Speech[Any]) -> Reply:
        """Send with patience, read what comes back, and say what it is."""

        async def once() -> Got[Reply]:
            async with asyncio.timeout(self.timeout):  # the SDK's own begins anew with every byte
                raw = await speech.send(body)
            windows = read_windows(raw.headers, time.time())
            return Got(value=self._read(asked, str(raw.text), speech), windows=windows)

        fetched = await persist(once, self.explain, self.patience, self.lane, *measures_of(asked))
        value = fetched.value
        reply = Reply(outcome=value) if isinstance(value, (Failure, Refusal)) else value
        return Reply(  # `replace` takes as long as reading the answer does
            outcome=reply.outcome,
            usage=reply.usage,
            attempts=fetched.attempts,
            source=reply.source,
            body=reply.body,
            seconds=fetched.seconds,
            wasted=fetched.wasted,
        )

    def _read(self, asked: Operation, text: str, speech: Speech[Any]) -> Reply:
        """Read what came, the key taken out of it first: a server may repeat what it was sent."""
        kept = _without(text, self.secret) if len(self.secret) >= LEAST else text
        answer = read(speech.kind, kept)
        outcome = speech.judge(asked, answer)
        if isinstance(outcome, Failure):
            outcome = replace(outcome, message=self._shown(outcome.message))
            if outcome.again:
                raise _UselessError(outcome, answer.tokens)
        source = replace(answer.source, url=self.url)
        return Reply(outcome=outcome, usage=answer.tokens, source=source, body=kept)

    def understand(self, asked: Operation, text: str, speech: Speech[Any]) -> Reply:
        """Say what a body is that came another way than by `ask`; one of no use is a failure."""
        try:
            return self._read(asked, text, speech)
        except (UnreadableError, _UselessError) as error:
            problem = self.explain(error)
            assert problem is not None
            used = problem.used or (most_of(asked) if problem.paid else Usage())
            return Reply(outcome=problem.outcome, wasted=used)

    def told(self, text: str) -> str:
        """Give a message of the provider's as it may be shown: short, and without the key."""
        return self._shown(text)

    def blame(self, status: int, body: object) -> Failure | Refusal:
        """Say what an error is that came another way than by `ask`."""
        return self._status(status, said_of(body), {}).outcome

    def explain(self, error: Exception) -> Problem | None:
        """Say what an exception means; None for one that is neither the SDK's nor ours."""
        if isinstance(error, UnreadableError):
            return self._unreadable(error)
        if isinstance(error, _UselessError):
            return _useless(error.outcome, error.used)
        if isinstance(error, (TimeoutError, APIConnectionError, self.sdk.APIConnectionError)):
            return self._unconnected(cause_of(error))
        if isinstance(error, (APIStatusError, self.sdk.APIStatusError)):
            return self._status(error.status_code, said_of(error.body), error.response.headers)
        return None

    def _unreadable(self, error: "UnreadableError") -> Problem:
        """A gateway may report an error with a fine status, and the status it means in the body."""
        said = said_of(error.body) if isinstance(error.body, Mapping) and error.body.get("error") else Said()
        if said.status:
            return self._status(said.status, said, {})
        told = self._shown(said.message) or error.why
        message = f"{self.service} sent a response that cannot be read: {told}"
        return _useless(Failure(reason="unreadable-response", message=message), None)

    def _unconnected(self, cause: Cause) -> Problem:
        """A connection that is never had is fatal once patience ends; one that broke is not."""
        if cause == "late":
            message = f"{self.service} did not answer within {self.timeout:g} s"
            return Problem(outcome=Failure(reason="timeout", message=message), passing=True, paid=True)
        never = cause == "never"
        what = "cannot be reached" if never else "broke the connection"
        outcome = Failure(reason="no-connection", message=f"{self.service} at {self.url} {what}", fatal=never)
        return Problem(outcome=outcome, passing=True, paid=not never)

    def _status(self, status: int, said: "Said", headers: Mapping[str, str]) -> Problem:
        told = f"{self.service} answered {status}" + (
            f": {self._shown(said.message)}" if said.message else ""
        )
        if said.poor or status == 402:
            return _final("no-quota", told, fatal=True)
        if said.declined and status < 500:
            return Problem(outcome=Refusal(text=self._shown(said.message)))
        if status == 403 and self.lane.served and not said.keyless:
            return _final("not-allowed", told)  # the key is fine: others were answered with it
        if status in _WRONG_KEY or (status == 400 and said.keyless):
            why = f"{self.service} answered {status}" if said.keyless or status == 401 else told
            message = f"{why}: the key in `{self.key_name}` may not do this"
            return _final("not-allowed", message, fatal=True)
        if status == 404 or status < 400:
            return _final("not-found", told, fatal=True)
        if said.long or status == 413:
            return _final("context-overflow", told)
        if status in _RETRIED or status >= 500:
            return self._passing(status, told, headers, said.wait)
        return _final("bad-request", told)

    def _passing(
        self, status: int, told: str, headers: Mapping[str, str], asked: float | None = None
    ) -> Problem:
        """A provider that asks all to wait longer than we do ends the run of its model."""
        now = time.time()
        wait = retry_after(headers, now) or asked
        long = wait is not None and wait > max(self.patience.longest, self.patience.most)
        told += f", and asks to wait {wait:,.0f} s" if long else ""
        reason = {408: "timeout", 409: "conflict", 429: "rate-limit"}.get(status, "server-error")
        slow = status in _SLOW_DOWN
        return Problem(
            outcome=Failure(reason=reason, message=told, fatal=long and slow),
            passing=not long,
            feedback=Feedback(slow=slow, wait=None if long else wait, windows=read_windows(headers, now)),
        )

    def _shown(self, text: str) -> str:
        """Cut a message of the provider short and take the key out of it."""
        clean = text.replace(self.secret, "***") if self.secret else text
        clean = "".join(one if one.isprintable() else " " for one in clean)  # a terminal would obey some
        return clean if len(clean) <= 300 else clean[:300] + "…"


def _without(text: str, secret: str) -> str:
    """Take a key out of a response, however its JSON writes it."""
    written = json.dumps(secret, ensure_ascii=False)[1:-1]
    if "\\u" in text or "\\/" in text:  # other escapes cannot hide a character of a key
        with suppress(ValueError, RecursionError):
            plain = json.dumps(json.loads(text), ensure_ascii=False)
            text = plain if written in plain else text
    return text.replace(secret, "***").replace(written, "***")


def _final(reason: str, message: str, *, fatal: bool = False) -> Problem:
    return Problem(outcome=Failure(reason=reason, message=message, again=False, fatal=fatal))


def _useless(outcome: Failure, used: Usage | None) -> Problem:
    """A response that came, and has to be paid for, and is none."""
    known = used if used and (used.read or used.written) else None
    return Problem(outcome=outcome, passing=True, paid=True, answered=True, used=known)


def _unable(service: str, operation: Operation) -> Failure:
    """Say that an operation cannot be had here; the planner does not ask for it."""
    what = type(operation).__name__.lower()
    return Failure(reason="not-supported", message=f"{service} cannot do `{what}`", again=False)


class _UselessError(Exception):
    """A response of the agreed shape without an answer in it, and what it used."""

    def __init__(self, outcome: Failure, used: Usage) -> None:
        super().__init__(outcome.message)
        self.outcome = outcome
        self.used = used


def counted(read: int | None, written: int | None, total: int | None = 0) -> Usage:
    """Give what a provider says was used; a count below 0, beyond reason or left out is not known.

    What is in `total` alone was written too: some count reasoning there and not among what was written.
    """
    counts = (read, written, total)
    sane = [count if count is not None and 0 <= count <= _MOST_TOKENS else 0 for count in counts]
    return Usage(read=sane[0], written=max(sane[1], sane[2] - sane[0]) if sane[0] else sane[1])


def broken_off(reason: str | None, service: str, why: str = "") -> Failure | None:
    """Say that a reply ended for something else than its end, a stop string or its cap; else None.

    One that broke off for what passes may be had by another try; `why` is what the service says of it.
    """
    if _word(reason) in (*_ENDS, *_FULL):
        return None
    told = f": {why}" if why else ""
    if _word(reason) in _BROKEN:
        return Failure(reason="server-error", message=f"{service} broke the reply off, `{reason}`{told}")
    message = f"{service} ended the reply for `{str(reason)[:40]}`, which was not asked for"
    return Failure(reason="unexpected-end", message=message, again=False)


def ran_full(reason: str | None) -> bool:
    """Say whether a reply ended at its cap."""
    return _word(reason) in _FULL


def was_declined(reason: str | None) -> bool:
    """Say whether a reply was ended as nobody should read it; Gemini says so in words of its own."""
    word = _word(reason)
    return word in _DECLINED or word.startswith(("content_filter:", "prohibited_content"))


def _word(reason: str | None) -> str:
    return (reason or "").lower()


def starved(asked: Operation, written: int, hidden: int) -> bool:
    """Say whether reasoning that is not shown took tokens of a reply's own: of `written` ones, `hidden`."""
    return isinstance(asked, Generate) and hidden > 0 and written - hidden < asked.max_tokens


def finished(text: str, stop: tuple[str, ...], *, full: bool, starved: bool = False) -> Generated | Failure:
    """Make a reply of its text: cut at the first stop string.

    One that ran full without text is none, and no more is one that ran full for its reasoning (`starved`).
    """
    cuts = [at for one in stop if one and (at := text.find(one)) >= 0]
    if cuts:
        return Generated(text=text[: min(cuts)], finish="stop")
    if full and (starved or not text):
        what = "was cut" if text else "has no text"
        message = (
            f"the reply {what}: its tokens went into reasoning that is not shown; leave it more with "
            "`?reasoning_tokens=N`, or raise `max_tokens`"
        )
        return Failure(reason="cut-by-reasoning" if text else "no-text", message=message, again=False)
    return Generated(text=text, finish="length" if full else "stop")


def check_passing(name: ModelName) -> None:
    """Raise `ModelError` for a parameter of `PASSING` that cannot be read, before anything is opened."""
    patience_of(name), timeout_of(name), _limits_of(name)
    parameters.flag(name, "probe", True)


def patience_of(name: ModelName) -> Patience:
    """Read how long to go on: `retries`, `wait` (seconds before the first), `patience` (seconds in all)."""
    known = Patience()
    return Patience(
        tries=1 + parameters.count(name, "retries", known.tries - 1),
        first=parameters.number(name, "wait", known.first),
        most=parameters.number(name, "patience", known.most),
    )


def open_lane(name: ModelName, url: str) -> Lane:
    """Make the way to a model at an address, with the limits `rpm` and `tpm` of its model string."""
    return Lane(urlsplit(url).netloc, _limits_of(name), first=patience_of(name).first)


def timeout_of(name: ModelName) -> float:
    """Read after how many seconds without an answer to give up a try."""
    return parameters.number(name, "timeout", 600.0, positive=True)


def _limits_of(name: ModelName) -> Limits:
    rpm, tpm = (parameters.number(name, one, 0.0, positive=True) for one in ("rpm", "tpm"))
    return Limits(rpm=rpm, tpm=tpm)


def key_of(around: Surroundings, variable: str, *, optional: bool = False) -> str:
    """Give the key in an environment variable; raises `ModelError` that names the variable."""
    key = around.environment.get(variable, "").strip()
    if not (key.isascii() and key.isprintable()):
        raise ModelError(f"`{variable}` holds characters no key has", help="copy the key again")
    if not key and not optional:
        raise ModelError(f"`{variable}` is not set", help=f"`export {variable}=…`, or a line of `.env`")
    hide(key)
    return key
