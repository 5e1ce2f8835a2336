"""How many tokens a model reads for one operation: counted where its tokenizer is at hand, else estimated."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from taskc.records.operation import Generate, Labels, Operation, Score, Usage

METHOD = (
    "estimated: one for up to 7 letters of a word, for 2 of other alphabets, for each sign and digit, and 4 "
    "a message; on the texts of the shipped tasks that is -9 to +13 % off what SmolLM2's tokenizer counts"
)
_LETTERS = 7  # of one token, in words of the Latin alphabet
_FOREIGN = 2  # of one token, in words of other alphabets; ideographs and syllables are one each
_MESSAGE = 4  # tokens that mark a message and who says it
_FRAME = 16  # and the most that a template is taken to put round one,
_TEMPLATE = 64  # before all of them, a system text of its own included
_LEAST = 16  # tokens of a reply that some providers raise a lower limit to
_PIECE = re.compile(
    r"(?P<latin>[A-Za-z\u00c0-\u024f]+)"
    r"|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]"
    r"|(?P<other>[^\W\d_A-Za-z\u00c0-\u024f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+)"
    r"|\n+|\S"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """Counts the tokens that are read for an operation, each continuation of a `Score` included.

    `exact` says that the model would count the same; `method` says how it is done, for a person.
    """

    count: Callable[[Operation], int]
    exact: bool
    method: str


def estimated() -> Counter:
    """Give a counter for models whose tokenizer is not at hand; off by about a tenth for English text."""
    return Counter(count=_operation, exact=False, method=METHOD)


def repeated() -> Counter:
    """Give such a counter for servers that are sent, and charge for, a whole text for each continuation."""
    return Counter(count=_repeated, exact=False, method=METHOD)


@lru_cache(maxsize=65_536)
def estimate(text: str) -> int:
    """Estimate the tokens of a text, by words."""
    return sum(_tokens(match) for match in _PIECE.finditer(text))


def likely_of(asked: Operation) -> Usage:
    """Give the tokens by which an operation is paced: what is read, estimated with room, and its limit."""
    return Usage(read=-(-_repeated(asked) * 5 // 4) + _MESSAGE, written=written_at_most(asked))


def most_of(asked: Operation) -> Usage:
    """Give the most tokens that an operation may use, by which money is set aside.

    A token of byte-level BPE, as of SentencePiece with bytes to fall back to, stands for a byte of UTF-8 at
    least. What a chat template puts round each message and before them all comes on top, with room.
    """
    prompt = asked.prompt
    given = sum(_bytes(one.content) + _FRAME for one in prompt.messages) + _bytes(prompt.prefill) + _TEMPLATE
    if isinstance(asked, Score):
        texts = sum(map(_bytes, asked.continuations))
        given = given * max(1, len(asked.continuations)) + texts
        return Usage(read=given, written=written_at_most(asked))
    return Usage(read=given, written=max(_LEAST, written_at_most(asked)))


def measures_of(asked: Operation) -> tuple[Callable[[], Usage], Callable[[], Usage]]:
    """Give how to find out, if asked, by how many tokens it is paced and how many it takes at most."""
    return lambda: likely_of(asked), lambda: most_of(asked)


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def written_at_most(asked: Operation) -> int:
    """Give the most tokens that may be written: one for labels, and one after each text that is scored."""
    if isinstance(asked, Generate):
        return asked.max_tokens + asked.reasoning_tokens
    return 1 if isinstance(asked, Labels) else len(asked.continuations)


def _tokens(match: re.Match[str]) -> int:
    size = {"latin": _LETTERS, "other": _FOREIGN}.get(match.lastgroup or "")
    return -(-len(match[0]) // size) if size else 1


def _repeated(asked: Operation) -> int:
    """Count the prompt of given text once for each continuation."""
    if isinstance(asked, (Generate, Labels)):
        return _operation(asked)
    alone = _operation(replace(asked, continuations=()))
    return alone * max(0, len(asked.continuations) - 1) + _operation(asked)


def _operation(asked: Operation) -> int:
    prompt = asked.prompt
    told = sum(estimate(message.content) + _MESSAGE for message in prompt.messages)
    begun = estimate(prompt.prefill) + _MESSAGE
    if isinstance(asked, (Generate, Labels)):
        return told + begun
    return told + begun + sum(estimate(one) for one in asked.continuations)
