"""Declarations read one by one: what cannot be read is reported and left out, the rest is kept."""

from collections.abc import Sequence
from typing import cast

from taskc.dsl import syntax
from taskc.dsl.diagnostic import Diagnostic
from taskc.dsl.span import Span
from taskc.grammar.brackets import too_deep
from taskc.grammar.build import Builder
from taskc.grammar.drive import Stopped, drive
from taskc.grammar.explain import Wrong, explain, mend, needless_sign
from taskc.grammar.layout import Token, lay_out
from taskc.grammar.recover import drop, drop_after, find_entry, replace_header

ERRORS = 20  # syntax errors after which reading stops
_WORK = 1_000_000  # tokens; a declaration is read again after a mistake while this lasts


class Reader:
    """Reads the declarations of one file and keeps what is found wrong."""

    def __init__(self, file: str, known: set[int]) -> None:
        self.file = file
        self.known = known  # offsets of tokens that are complained about elsewhere
        self.found: list[Diagnostic] = []
        self.errors = 0
        self.mended: set[int] = set()  # offsets of words read as another
        self.lost = False  # the header of the declaration being read

    def read(self, tokens: list[Token]) -> syntax.Declaration | None:
        """Read one declaration, leaving out what cannot be read; None when nothing is left."""
        work = _WORK
        self.lost = False
        while tokens and self.errors < ERRORS and work > 0:
            work -= len(tokens)
            builder = Builder(self.file)
            try:
                node = cast(syntax.Declaration, drive(tokens, builder))
            except Stopped as stop:
                tokens = self._recover(tokens, stop)
            else:
                self.found += builder.found
                return None if self.lost else node
        return None

    def _recover(self, tokens: list[Token], stop: Stopped) -> list[Token]:
        """Report an error and give the tokens without what it spoils."""
        entry = find_entry(tokens, min(stop.at, len(tokens) - 1) if stop.deep else stop.at)
        if stop.deep is not None:
            self._add(too_deep(Span(file=self.file, start=stop.deep[0], end=stop.deep[1])))
        elif not self._is_known(tokens[entry.start : entry.stop]):
            wrong = Wrong(
                file=self.file,
                tokens=tokens,
                at=stop.at,
                accepts=stop.accepts,
                start=entry.start,
                around=entry.around,
            )
            self._add(explain(wrong))
            if needless_sign(wrong) is not None:
                keyword = tokens[stop.at]._replace(kind=tokens[stop.at].text)
                return lay_out([*tokens[: stop.at], keyword, *tokens[stop.at + 2 :]])
            word = mend(wrong)
            if word is not None:
                self.mended.add(word.start)
                return lay_out([*tokens[: stop.at], word, *tokens[stop.at + 1 :]])
            if entry.around == "file" and stop.at > 0 and not self.lost:
                after = drop_after(tokens, stop.at)
                self.lost = not after
                return after or replace_header(tokens)
        left = lay_out(drop(tokens, entry))
        return left if len(left) < len(tokens) else []

    def _add(self, found: Diagnostic) -> None:
        self.errors += 1
        self.found.append(found)

    def _is_known(self, entry: Sequence[Token]) -> bool:
        """Tell whether a mistake in this entry has been reported."""
        return any(token.start in self.known or token.start in self.mended for token in entry)
