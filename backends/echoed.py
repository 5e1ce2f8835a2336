"""The log-probability of given text, read off a completion that repeats it (`echo`), if it does.

A server may pass over `echo`, cut a prompt, or count otherwise than it says. So the echoed text must begin
with what was sent, its tokens, laid one after another, must be that text, and where it tells offsets, they
must say the same. A few tokens may stand before the text (what marks its beginning), and a token may be a
part of a character. As everywhere in taskc, a token that reaches over the place where the continuation
begins is scored whole.
"""

from dataclasses import dataclass
from math import fsum, isfinite

from taskc.backends.top_tokens import ROUNDING
from taskc.records.operation import Failure

_AHEAD = 2  # tokens that may stand before the text
_WIDE = 4  # characters that one part of a character may stand for, with what hangs on it


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """A text that came back, its tokens, what each was worth (None for the first), and where each begins."""

    text: str
    tokens: tuple[str, ...] = ()
    logprobs: tuple[float | None, ...] = ()
    offsets: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """The log-probability of a continuation, and the number of its tokens."""

    logprob: float
    tokens: int


def read_echo(echo: Echo, prompt: str, continuation: str, service: str) -> Worth | Failure:
    """Give what `continuation` is worth after `prompt`; a failure that says why that cannot be told."""
    whole = prompt + continuation
    if not echo.text.startswith(whole):
        return _none(
            "no-echo", f"{service} did not repeat the text it was sent, so it cannot be scored there"
        )
    if not echo.tokens or len(echo.logprobs) != len(echo.tokens):
        return _none("no-logprobs", f"{service} sent no log-probabilities of the text it repeated")
    places = _places(echo, len(whole))
    if places is None or not _agree(echo, places):
        return _none("no-echo", f"the tokens that {service} sent do not line up with the text it repeated")
    start = max((place for place in places if place <= len(prompt)), default=-1)
    inside = [at for at, place in enumerate(places) if start <= place < len(whole)]
    if start < 0 or not inside or _runs_across(echo, places, len(whole)):
        return _none("no-boundary", f"a token of {service} runs across the place where an option ends")
    worth = [echo.logprobs[at] for at in inside]
    known = [value for value in worth if value is not None and isfinite(value)]
    if len(known) < len(worth):
        first = "the first token of a text: give it something before" if inside[0] == 0 else "a token"
        return _none("no-logprobs", f"{service} tells no log-probability of {first}")
    if max(known) > ROUNDING:
        return _none("no-logprobs", f"{service} sent numbers that are no log-probabilities: above 0")
    return Worth(logprob=min(0.0, fsum(known)), tokens=len(known))


def _places(echo: Echo, end: int) -> list[int] | None:
    """Say where in the text each token begins, below 0 where it stands before it; None if one does not fit.

    What comes after `end` was generated, and is said to stand there.
    """
    for ahead in range(min(_AHEAD, len(echo.tokens)) + 1):
        for blank in ("", " "):  # some put a blank before a text, and do not show it
            laid = _laid(echo.tokens[ahead:], blank + echo.text, len(blank) + end)
            if laid is not None:
                return [-1] * ahead + [at - len(blank) for at in laid]
    return None


def _laid(tokens: tuple[str, ...], text: str, end: int) -> list[int] | None:
    """Lay tokens along a text up to `end`, parts of a character where it begins; None if one does not fit."""
    places, at, parts = [], 0, 0
    for token in tokens:
        if at >= end:
            places.append(end)
        elif _broken(token):
            places.append(at)
            parts += 1
        else:
            least = 1 if parts else 0
            start = text.find(token, at + least, at + _WIDE * parts + len(token))
            if start < 0:
                return None
            places.append(start)
            at, parts = start + len(token), 0
    return places if at >= end or parts else None


def _agree(echo: Echo, places: list[int]) -> bool:
    """Say whether the offsets, where there are some, tell the same places."""
    if len(echo.offsets) != len(places) or any(offset < 0 for offset in echo.offsets):
        return not echo.offsets or all(offset < 0 for offset in echo.offsets)
    pairs = zip(echo.tokens, echo.offsets, places, strict=True)
    end = max(places)
    return len({offset - at for token, offset, at in pairs if 0 <= at < end and not _broken(token)}) <= 1


def _runs_across(echo: Echo, places: list[int], end: int) -> bool:
    """Say whether the last token before `end` goes on after it."""
    last = max(at for at, place in enumerate(places) if place < end)
    return not _broken(echo.tokens[last]) and places[last] + len(echo.tokens[last]) > end


def _broken(token: str) -> bool:
    """Say whether a token is a part of a character, which no text can show."""
    return token.startswith("bytes:") or "\ufffd" in token


def _none(reason: str, message: str) -> Failure:
    return Failure(reason=reason, message=message, again=False)
