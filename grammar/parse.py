"""Text to syntax: a source in, its tree and what is wrong with it out. The only importer of lark."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib import resources
from itertools import islice
from typing import NamedTuple

from lark import Lark
from lark import Token as LarkToken
from lark.grammar import Rule as LarkRule
from lark.lexer import PatternStr
from lark.parsers.lalr_analysis import Shift
from lark.parsers.lalr_parser_state import ParseConf

from taskc.dsl import syntax
from taskc.dsl.diagnostic import Diagnostic
from taskc.dsl.span import Source, Span
from taskc.grammar.blocks import find_unclosed
from taskc.grammar.brackets import balance
from taskc.grammar.clean import clean, too_many_words
from taskc.grammar.drive import LAST, Rule, Tables
from taskc.grammar.layout import CLOSES, END, Token, lay_out
from taskc.grammar.read import ERRORS, Reader

WORDS = 200_000  # in one file


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
    reader = Reader(source.name, _grammar().tables, balanced.known)
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


def cut(text: str, begin: int = 0) -> list[Token]:
    """Cut the text from `begin` into tokens, but not into many more than `WORDS`."""
    lark, words, _ = _grammar()
    state = lark.parse_interactive(text[begin:])
    lexed = state.lexer_thread.lex(state.parser_state)  # type: ignore[no-untyped-call]
    return [
        Token(words.get(t.type, t.type), t.value, begin + (t.start_pos or 0), begin + (t.end_pos or 0))
        for t in islice(lexed, WORDS + 1)
    ]


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


# --- lark: its lexer, and its tables in our terms ---------------------------------------------------


class _Grammar(NamedTuple):
    """What lark makes of `task.lark`; a fixed word is its own kind, and `words` gives it by lark's name."""

    lark: Lark
    words: dict[str, str]
    tables: Tables


class _KeepWrong:
    """Makes lark keep the terminals that no rule uses: those that name a mistake."""

    always_accept = ("OPEN_BLOCK", "OPEN_STRING", "QUOTED", "STRAY")

    def process(self, stream: Iterator[LarkToken]) -> Iterator[LarkToken]:
        """Change nothing."""
        return stream


@cache
def _grammar() -> _Grammar:
    """Build lexer and tables, once a process."""
    text = resources.files("taskc.grammar").joinpath("task.lark").read_text(encoding="utf-8")
    lark = Lark(text, parser="lalr", lexer="basic", start="declaration", postlex=_KeepWrong())
    words = {t.name: t.pattern.value for t in lark.terminals if isinstance(t.pattern, PatternStr)}
    return _Grammar(lark, words, _tables(lark, words))


def _tables(lark: Lark, words: dict[str, str]) -> Tables:
    """Take the LALR tables out of lark, so that nodes are built with their places as they are read."""
    conf: ParseConf[int] = lark.parse_interactive().parser_state.parse_conf
    rules = {rule: _rule(rule) for rule in lark.rules}
    kinds = {t.name: words.get(t.name, t.name) for t in lark.terminals} | {LAST: LAST}
    rows = {
        state: {
            kinds.get(name, f"<{name}>"): arg if action is Shift else rules[arg]
            for name, (action, arg) in row.items()
        }
        for state, row in conf.states.items()
    }
    return Tables(rows, frozenset(kinds.values()), conf.start_state, conf.end_state)


def _rule(rule: LarkRule) -> Rule:
    """Take over one rule of lark's, with what it does to its parts."""
    name = rule.alias or rule.origin.name
    takes = tuple(
        "drop"
        if symbol.is_term and getattr(symbol, "filter_out", False) and not rule.options.keep_all_tokens
        else "spread"
        if not symbol.is_term and symbol.name.startswith("_")
        else "add"
        for symbol in rule.expansion
    )
    gaps = _gaps(rule.options.empty_indices) or [0] * (len(takes) + 1)
    inline = name.startswith("_")
    passes = inline and takes == ("spread",) and not any(gaps)
    return Rule("" if inline else name, f"<{rule.origin.name}>", takes, tuple(gaps), passes)


def _gaps(missing: Iterable[bool]) -> list[int]:
    """Count the optional parts that are missing before each part that is there, and after the last."""
    flags = "".join(str(int(flag)) for flag in missing)
    return [len(ones) for ones in flags.split("0")] if flags else []
