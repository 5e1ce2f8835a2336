"""Text to syntax: a source in, its tree and what is wrong with it out."""

from collections.abc import Iterator, Sequence

from taskc.dsl import syntax
from taskc.dsl.diagnostic import Diagnostic
from taskc.dsl.span import Source, Span
from taskc.grammar.blocks import find_unclosed
from taskc.grammar.brackets import balance
from taskc.grammar.clean import clean, too_many_words
from taskc.grammar.cut import WORDS, cut
from taskc.grammar.layout import CLOSES, END, Token, lay_out
from taskc.grammar.read import ERRORS, Reader


def parse(source: Source) -> tuple[syntax.File | None, tuple[Diagnostic, ...]]:
    """Read a file: the declarations that could be read, and every mistake found, in order of place.

    After a mistake the smallest line, row or declaration around it is left out and reading goes on;
    a misspelt keyword is read as the one that was meant. The tree is None only when the file is too
    large to be read.
    """
    text, found = clean(source)
    if text is None:
        return None, tuple(found)
    tokens = cut(text)
    if len(tokens) > WORDS:
        return None, (too_many_words(source.name, WORDS),)
    file, wrong = _read(tokens, source)
    if wrong and find_unclosed(text, tokens):
        again, fewer = _read(_close_blocks(text, tokens), source)
        file, wrong = (again, fewer) if len(fewer) <= len(wrong) else (file, wrong)
    return file, tuple(sorted(found + wrong, key=lambda d: d.primary.span.start))


def _read(tokens: Sequence[Token], source: Source) -> tuple[syntax.File, list[Diagnostic]]:
    """Put the brackets right and read declaration by declaration."""
    balanced = balance(tokens, source.name)
    reader = Reader(source.name, balanced.known)
    read = [reader.read(declaration) for declaration in _split(lay_out(balanced.tokens))]
    span = Span(file=source.name, start=0, end=len(source.text))
    file = syntax.File(span=span, declarations=tuple(node for node in read if node is not None))
    return file, balanced.found + reader.found


def _close_blocks(text: str, tokens: list[Token]) -> list[Token]:
    """Cut the text again so that no text block runs over a statement."""
    for _ in range(ERRORS):
        place = find_unclosed(text, tokens)
        if place is None:
            break
        i, end = place
        block = tokens[i]._replace(kind="OPEN_BLOCK", text=text[tokens[i].start : end], end=end)
        tokens = [*tokens[:i], block, *cut(text, end)]
    return tokens


def _split(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Split tokens whose brackets match into declarations."""
    begin = depth = 0
    for i, token in enumerate(tokens):
        depth += (token.text in CLOSES) - (token.text in CLOSES.values())
        if token.kind == END and depth == 0:
            yield list(tokens[begin:i])
            begin = i + 1
    if begin < len(tokens):
        yield list(tokens[begin:])
