"""Brackets put right before the parser sees them, so that one missing bracket is one finding."""

from collections.abc import Sequence

from msgspec import Struct, field

from taskc.dsl.diagnostic import Diagnostic, Label, error
from taskc.dsl.span import Span
from taskc.grammar.layout import CLOSES, CONTINUES, END, Token, shorten

DEPTH = 100


class Balanced(Struct, kw_only=True):
    """Tokens whose brackets match, what was wrong, and the offsets of tokens that this explains.

    `faults` counts also what is not reported because a text that is not closed explains it.
    """

    tokens: list[Token] = field(default_factory=list)
    found: list[Diagnostic] = field(default_factory=list)
    known: set[int] = field(default_factory=set)
    faults: int = 0


def balance(tokens: Sequence[Token], file: str) -> Balanced:
    """Match the brackets; add those that are missing and leave out those too many.

    Where a bracket is missing is guessed from the indentation, with or without trust in brackets
    that close another one than the innermost, unless plain matching explains more with less.
    Brackets nested deeper than `DEPTH` end the reading.
    """
    tokens, found = _cut_at_depth(tokens, file)
    best = _Matcher(tokens, file).match()
    if best.faults:
        trusting = _Matcher(tokens, file, by_indentation=True).match()
        doubting = _Matcher(tokens, file, by_indentation=True, doubting=True).match()
        best = min(trusting, doubting, best, key=lambda balanced: balanced.faults)
    best.found[:0] = found
    return best


def _cut_at_depth(tokens: Sequence[Token], file: str) -> tuple[Sequence[Token], list[Diagnostic]]:
    """Leave out the declaration that nests too deep and what follows it."""
    depth = begin = 0
    for i, token in enumerate(tokens):
        if token.text in CLOSES:
            depth += 1
            if depth > DEPTH:
                span = Span(file=file, start=token.start, end=token.end)
                return tokens[:begin], [too_deep(span)]
        elif token.text in CLOSES.values():
            depth = max(depth - 1, 0)
        elif token.kind == END and depth == 0:
            begin = i
    return tokens, []


def too_deep(span: Span) -> Diagnostic:
    """Say that something is nested too deep at `span`."""
    help = "take parts out, each with a `let` of its own"
    return error("nesting-too-deep", f"nested more than {DEPTH} deep", span, help=help)


class _Matcher:
    """One walk over the tokens with the brackets that are open."""

    def __init__(
        self, tokens: Sequence[Token], file: str, *, by_indentation: bool = False, doubting: bool = False
    ) -> None:
        self.tokens = tokens
        self.file = file
        self.by_indentation = by_indentation
        self.doubting = doubting  # of brackets that close another one than the innermost
        self.open: list[tuple[Token, int]] = []  # with the indentation of their lines
        self.result = Balanced()
        self.open_text: Token | None = None  # the last text that is not closed

    def match(self) -> Balanced:
        """Walk."""
        line, indent = 0, 0  # where the line begins, and how far it is indented
        for i, token in enumerate(self.tokens):
            if token.kind != END and (i == 0 or self.tokens[i - 1].kind == END):
                before, line = (line, indent), token.start
                indent = _column(self.tokens, i)
                if self.by_indentation:
                    self._close_outdented(token, indent)
                    self._open_indented(token, indent, *before)
            if token.kind in ("OPEN_STRING", "OPEN_BLOCK"):
                self.open_text = token
            if token.text in CLOSES:
                self.open.append((token, indent))
            elif token.text in CLOSES.values() and not self._close(i, token):
                continue
            self.result.tokens.append(token)
        while self.open:
            self._add_missing(None)
        return self.result

    def _close_outdented(self, token: Token, indent: int) -> None:
        """Close what a line with so little indentation cannot be inside of."""
        closing = token.text in CLOSES.values()
        while self.open and (self.open[-1][1] > indent or (self.open[-1][1] == indent and not closing)):
            self._add_missing(token)

    def _open_indented(self, token: Token, indent: int, line: int, before: int) -> None:
        """Open what a line with more indentation than the line before must be inside of."""
        place = self._end_of_line()
        if indent <= before or place == 0 or token.text in CONTINUES or token.text in CLOSES.values():
            return
        last = self.result.tokens[place - 1]
        if last.text in CLOSES or last.text == ",":
            return
        if self.open and (self.open[-1][0].text != "{" or self.open[-1][0].start >= line):
            return
        brace = Token("{", "{", last.end, last.end)
        self.result.tokens.insert(place, brace)
        self.open.append((brace, before))
        self._report("missing-bracket", f"`{{` is missing after `{shorten(last.text)}`", last, "add `{`")

    def _close(self, i: int, token: Token) -> bool:
        """Close up to the partner of `token`; say whether it has one."""
        partner = [j for j, (opened, _) in enumerate(self.open) if CLOSES[opened.text] == token.text]
        if not partner or self._is_doubtful(i, partner[-1]):
            message = f"one `{token.text}` too many" if partner else f"`{token.text}` closes nothing"
            opening = next(o for o, c in CLOSES.items() if c == token.text)
            self._report("unopened-bracket", message, token, f"take it out, or add the `{opening}` it closes")
            if token.text != "}":
                self.result.known.add(self.tokens[i - 1].start)
            elif self.open:
                self.result.known.add(self.open[-1][0].start)
            return False
        while len(self.open) > partner[-1] + 1:
            self._add_missing(token)
        self.open.pop()
        return True

    def _is_doubtful(self, i: int, partner: int) -> bool:
        """Tell whether a bracket may have been meant for another partner than the open one."""
        if self.doubting and partner + 1 < len(self.open):
            return True
        return self.by_indentation and self._is_early(i, self.open[partner][1])

    def _is_early(self, i: int, indent: int) -> bool:
        """Tell whether the next line is indented as if the block went on."""
        for j in range(i + 1, len(self.tokens)):
            if self.tokens[j].kind != END:
                before_is_end = self.tokens[j - 1].kind == END
                closing = self.tokens[j].text in CLOSES.values()
                return before_is_end and not closing and _column(self.tokens, j) > indent
        return False

    def _add_missing(self, noticed: Token | None) -> None:
        """Close the innermost open bracket before the line end that comes before `noticed`."""
        opened, _ = self.open.pop()
        closing = CLOSES[opened.text]
        place = self._end_of_line()
        at = self.result.tokens[place - 1].end
        self.result.tokens.insert(place, Token(closing, closing, at, at))
        if self._is_swallowed(opened, closing):
            self.result.faults += 1
            return
        self.result.known.add(opened.start)
        others = []
        if noticed is not None:
            others.append(Label(span=self._span(noticed), text=f"`{closing}` is missing before this"))
        self._report(
            "unclosed-bracket", f"`{opened.text}` is never closed", opened, f"add `{closing}`", others
        )

    def _end_of_line(self) -> int:
        """Give the place in the result before the line ends that come last."""
        place = len(self.result.tokens)
        while place and self.result.tokens[place - 1].kind == END:
            place -= 1
        return place

    def _report(self, rule: str, message: str, at: Token, help: str, others: Sequence[Label] = ()) -> None:
        self.result.faults += 1
        self.result.found.append(error(rule, message, self._span(at), help=help, others=others))

    def _is_swallowed(self, opened: Token, closing: str) -> bool:
        """Tell whether the missing bracket is in a text that is not closed."""
        text = self.open_text
        if text is None or text.start < opened.start:
            return False
        return text.kind == "OPEN_BLOCK" or closing in text.text

    def _span(self, token: Token) -> Span:
        return Span(file=self.file, start=token.start, end=token.end)


def _column(tokens: Sequence[Token], i: int) -> int:
    """Give the column of the first token of a line."""
    return tokens[i].start - (tokens[i - 1].end if i else 0)
