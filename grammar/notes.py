"""What a syntax tree leaves out of its text: comments, empty lines, brackets, and how words were spelt."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol, TypeVar

from taskc.dsl import syntax as s
from taskc.dsl.span import Span
from taskc.grammar.entries import Entry, stack
from taskc.grammar.layout import CLOSES, END, Token


class Placed(Protocol):
    """Anything with a place."""

    @property
    def span(self) -> Span:
        """Give the place."""


N = TypeVar("N", bound=Placed)


class Comment(NamedTuple):
    """A comment and its place."""

    start: int
    end: int
    text: str


class Notes:
    """Gives out the comments of a text in their order, as its writer comes to the things they stand by.

    Of a tree that stands nowhere (`Notes()`) nothing is known, and the writer decides by itself.
    """

    def __init__(self, text: str = "", tokens: Sequence[Token] = ()) -> None:
        self.text = text
        self.comments = _comments(text, tokens)
        self.at = 0  # the comment to give out next
        self._last = 0  # where the last thing ended that was written
        self._closing, self._opened = _brackets(tokens)
        self._openings = sorted(self._closing)
        self._groups = _groups(tokens)

    # --- how it was written ----------------------------------------------------------------------

    def spelt(self, node: s.Node) -> str:
        """Give the words of a node as they stand in the text; '' when it stands nowhere."""
        return self.text[node.span.start : node.span.end]

    def is_group(self, node: s.Node) -> bool:
        """Tell whether a node stood in round brackets of its own."""
        return (node.span.start, node.span.end) in self._groups

    def extent(self, node: Placed) -> tuple[int, int]:
        """Give the place of a node with the round brackets around it."""
        place = (node.span.start, node.span.end)
        while place in self._groups:
            place = self._groups[place]
        return place

    def opening(self, after: int) -> int:
        """Give the place of the first opening bracket from `after` on."""
        at = bisect_left(self._openings, after)
        return self._openings[at] if at < len(self._openings) else 0

    def opening_before(self, place: int) -> int:
        """Give the place of the last opening bracket before a place."""
        at = bisect_left(self._openings, place)
        return self._openings[at - 1] if at else 0

    def closing(self, opening: int) -> int:
        """Give the place of the bracket that closes the one at `opening`."""
        return self._closing.get(opening, 0)

    def is_opened(self, opening: int) -> bool | None:
        """Tell whether a line ended after an opening bracket; None when that is not known."""
        return self._opened.get(opening)

    # --- comments --------------------------------------------------------------------------------

    def holds(self, start: int, end: int) -> bool:
        """Tell whether the next comment to give out stands between two places."""
        return self.at < len(self.comments) and start <= self.comments[self.at].start < end

    def write_all(
        self,
        nodes: Sequence[N],
        opening: int | None,
        closing: int,
        write: Callable[[N], Entry],
        mark: str = "",
        empty_lines: bool = True,
        apart: Callable[[Entry, Entry], bool] = lambda before, entry: False,
    ) -> tuple[str, list[str]]:
        """Write nodes one below the other with their comments, and with `mark` behind each.

        Two that are to be `apart` have an empty line between them, others if the text has one there.
        Gives the comment beside the opening bracket, and the lines. A comment inside a node for which
        `write` has no place goes above the node, with all others inside it.
        """
        places = [self.extent(node) for node in nodes]
        starts = [*(start for start, _ in places), closing]
        self._last = opening or 0
        head = self._beside(opening, starts[0]) if opening is not None else ""
        entries: list[Entry] = []
        for node, (start, end), following in zip(nodes, places, starts[1:], strict=True):
            lead = self._above(start, empty_lines)
            before = self.at
            entry = write(node)
            if self.holds(0, end):
                self.at = before
                lead += [line for line in self._above(end, False) if line]
                entry = write(node)
            self._last = end
            note = self._beside(end, following)
            if entries and "" not in lead and apart(entries[-1], entry):
                lead = ["", *lead]
            entries.append(entry.end_with(mark)._replace(lead=(*lead,), note=note))
        tail = self._above(closing, empty_lines)
        lines = [*stack(entries), *tail[: len(tail) - (tail[-1:] == [""])]]
        return head, lines[1:] if lines[:1] == [""] else lines

    def _beside(self, end: int, until: int) -> str:
        """Take the comment on the line on which something ended, if nothing stands between."""
        if not self.holds(end, until):
            return ""
        comment = self.comments[self.at]
        if "\n" in self.text[end : comment.start]:
            return ""
        self.at += 1
        self._last = comment.end
        return comment.text

    def _above(self, start: int, empty_lines: bool) -> list[str]:
        """Take all comments before a place, and the empty lines between them and before it."""
        lines: list[str] = []
        while self.holds(0, start):
            comment = self.comments[self.at]
            lines += self._gap(comment.start, empty_lines)
            lines.append(comment.text)
            self._last = comment.end
            self.at += 1
        return lines + self._gap(start, empty_lines)

    def _gap(self, start: int, empty_lines: bool) -> list[str]:
        return [""] if empty_lines and self.text.count("\n", self._last, start) > 1 else []


def _comments(text: str, tokens: Sequence[Token]) -> list[Comment]:
    """Find the comments: what stands between words and is not blank."""
    out = []
    end = 0
    for token in [*tokens, Token(END, "", len(text), len(text))]:
        if token.start > end:
            begin = text.find("#", end, token.start)
            if begin >= 0:
                out.append(Comment(begin, token.start, text[begin : token.start].rstrip()))
        end = token.end
    return out


def _brackets(tokens: Sequence[Token]) -> tuple[dict[int, int], dict[int, bool]]:
    """Find where each bracket closes, and whether a line ends after it; `(` is left out."""
    closing: dict[int, int] = {}
    opened: dict[int, bool] = {}
    inside: list[int] = []
    for token, after in pairwise([*tokens, Token(END, "", 0, 0)]):
        if token.text in ("{", "["):
            inside.append(token.start)
            opened[token.start] = after.kind == END
        elif token.text in ("}", "]") and inside:
            closing[inside.pop()] = token.start
    return closing, opened


def _groups(tokens: Sequence[Token]) -> dict[tuple[int, int], tuple[int, int]]:
    """Find what stands in round brackets that are not those of a call, and the place with the brackets."""
    words = [token for token in tokens if token.kind != END]
    groups = {}
    inside: list[int] = []
    for i, token in enumerate(words):
        if token.text in CLOSES:
            inside.append(i)
        elif token.text in CLOSES.values() and inside:
            opening = inside.pop()
            is_call = opening > 0 and words[opening - 1].kind == "NAME"
            if token.text == ")" and opening + 1 < i and not is_call:
                place = (words[opening + 1].start, words[i - 1].end)
                groups[place] = (words[opening].start, token.end)
    return groups
