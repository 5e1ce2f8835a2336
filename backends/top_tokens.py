"""The likeliest first tokens of a reply, read as a distribution over option labels."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from taskc.records.operation import Failure, Labelled


@dataclass(frozen=True, slots=True, kw_only=True)
class Top:
    """One of the likeliest tokens."""

    token: str
    logprob: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One generated token, and what else was likely in its place."""

    top_logprobs: tuple[Top, ...] = ()

    @property
    def likeliest(self) -> list[tuple[str, float]]:
        """Give them as pairs."""
        return [(top.token, top.logprob) for top in self.top_logprobs]


@dataclass(frozen=True, slots=True, kw_only=True)
class Logprobs:
    """The log-probabilities of a reply: in the form of Chat Completions, or of the legacy endpoint.

    Both forms come from both endpoints: vLLM's first chats had the legacy one, llama.cpp's texts the other.
    """

    content: tuple[Token, ...] | None = None
    top_logprobs: tuple[dict[str, float] | None, ...] | None = None

    @property
    def first(self) -> list[tuple[str, float]]:
        """Give what was likely in the place of the first token."""
        if self.top_logprobs and self.top_logprobs[0]:
            return list(self.top_logprobs[0].items())
        return self.content[0].likeliest if self.content else []


ROUNDING = 1e-3  # that a log-probability may be above 0
HALF = ("", None, "\ufffd")
"""Texts of a reply of one token whose character is not whole."""

_MASS = 0.02  # that probabilities rounded by a server may sum to above 1


def labelled(tokens: Iterable[tuple[str, float]], labels: Sequence[str]) -> Labelled:
    """Give each label the mass of the tokens that are this label, blanks around either left out.

    A label that no reported token spells out whole is None: its mass is among what is outside.
    """
    masses: dict[str, list[float]] = {}
    for token, logprob in tokens:
        if math.isfinite(logprob):
            masses.setdefault(token.strip(), []).append(logprob)
    found = [masses.get(label.strip()) for label in labels]
    logprobs = tuple(_log_sum(some) if some else None for some in found)
    inside = math.fsum(math.exp(one) for one in logprobs if one is not None)
    return Labelled(logprobs=logprobs, outside=min(1.0, max(0.0, 1.0 - inside)))


def read_first(
    tokens: Iterable[tuple[str, float]], labels: Sequence[str], service: str
) -> Labelled | Failure:
    """Give the labels read off the likeliest first tokens; a failure where a service sent none."""
    found = list(tokens)
    if not found:
        message = f"{service} sent no log-probabilities"
        return Failure(reason="no-logprobs", message=message, again=False)
    sizes = [logprob for _, logprob in found if logprob > -math.inf]  # nan is none
    if any(not one <= ROUNDING for one in sizes) or math.fsum(map(math.exp, sizes)) > 1.0 + _MASS:
        message = f"{service} sent numbers that are no log-probabilities: above 0, or of a mass above 1"
        return Failure(reason="no-logprobs", message=message, again=False)
    return labelled(found, labels)


def half_a_character(service: str) -> Failure:
    """Say that no log-probabilities came for a token that ends inside a character: another draw has some.

    llama.cpp's server keeps a token back until its character is whole, and its log-probabilities with it.
    """
    message = f"{service} sent no log-probabilities: the token that it drew may end inside a character"
    return Failure(reason="no-logprobs", message=message)


def _log_sum(values: Sequence[float]) -> float:
    top = max(values)
    return min(0.0, top + math.log(math.fsum(math.exp(value - top) for value in values)))
