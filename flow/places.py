"""Spans to `file:line`, with the names that files have in a build; data are read piece by piece."""

from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct, field

from taskc.dsl.span import Source, Span

Pieces = Callable[[], Iterator[str]]


class Places(Struct):
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
        return self.of(span.file, span.start)

    def of(self, name: str, offset: int) -> str:
        """Give the place of an offset in a file."""
        count = self._counts.get(name)
        if count is not None and offset >= count.at:
            return f"{count.shown}:{count.line_of(offset)}"
        shown = self.portable.get(name, name)
        if name in self.texts:
            return f"{shown}:{self.texts[name].position(offset)[0]}"
        if name not in self.data or name.lower().endswith(".parquet"):
            return shown
        count = self._counts[name] = _Count(shown, self.data[name]())
        return f"{shown}:{count.line_of(offset)}"


class _Count(Struct):
    """Counts lines up to an offset that only rises."""

    shown: str
    pieces: Iterator[str]
    at: int = 0  # the offset counted up to
    line: int = 1
    piece: str = ""
    start: int = 0  # where the piece begins
    end: int = 0  # and where it ends

    def line_of(self, offset: int) -> int:
        while offset > self.end:
            self.line += self.piece.count("\n", self.at - self.start)
            self.start = self.at = self.end
            self.piece = next(self.pieces, "")
            self.end += len(self.piece)
            if not self.piece:
                return self.line
        self.line += self.piece.count("\n", self.at - self.start, offset - self.start)
        self.at = offset
        return self.line
