"""A text cut into words, each with its kind and its place."""

from taskc.grammar.layout import Token
from taskc.grammar.tables import tables

WORDS = 200_000  # in one file


def cut(text: str, begin: int = 0) -> list[Token]:
    """Cut the text from `begin` into tokens, but not into many more than `WORDS`."""
    words, pattern, kinds, *_ = tables()
    out: list[Token] = []
    for match in pattern.finditer(text, begin):
        kind = kinds[match.lastindex or 0]
        if not kind:
            continue
        word = match.group()
        if kind == "NAME" and word in words:
            kind = word
        out.append(Token(kind, word, match.start(), match.end()))
        if len(out) > WORDS:
            break
    return out
