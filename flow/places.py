"""Spans to `file:line`, with the names that files have in a build; data are read piece by piece."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from taskc.dsl.span import Source, Span

Pieces = Callable[[], Iterator[str]]


@dataclass(slots=True)
class Places:
    """Gives the place of a span.

    `texts` are the task files, `data` ways to read the data files from the beginning, `portable` their
    names in a build. Lines of data are counted from the place last asked for: rising order is one reading.
    """

    texts: Mapping[str, Source]
    data: Mapping[str, Pieces]
    portable: Mapping[str, str]
    _counts: "dict[str, _Count]" = field(default_factory=dict)

    def __call__(self, span: Span) -> str:
        """Give `file:line`; the file alone where its lines cannot be counted."""
        name = span.file
        shown = self.portable.get(name, name)
        if name in self.texts:
            return f"{shown}:{self.texts[name].position(span.start)[0]}"
        if name not in self.data or name.lower().endswith(".parquet"):
            return shown
        count = self._counts.get(name)
        if count is None or span.start < count.at:
            count = self._counts[name] = _Count(self.data[name]())
        return f"{shown}:{count.line_of(span.start)}"


@dataclass(slots=True)
class _Count:
    """Counts lines up to an offset that only rises."""

    pieces: Iterator[str]
    at: int = 0  # the offset counted up to
    line: int = 1
    piece: str = ""
    start: int = 0  # where the piece begins

    def line_of(self, offset: int) -> int:
        while offset > self.start + len(self.piece):
            self.line += self.piece.count("\n", self.at - self.start)
            self.start += len(self.piece)
            self.at = self.start
            self.piece = next(self.pieces, "")
            if not self.piece:
                return self.line
        self.line += self.piece.count("\n", self.at - self.start, offset - self.start)
        self.at = offset
        return self.line
