"""A place in a text: half-open offsets, turned into line and column in one place only."""

import re
from bisect import bisect_right

from msgspec import Struct
from msgspec.structs import force_setattr


class Span(Struct, frozen=True, kw_only=True):
    """The characters `start` (included) to `end` (excluded) of the file named `file`.

    `file` is the name a person sees: the path as given, relative to the compiled folder.
    """

    file: str
    start: int
    end: int

    def to(self, other: "Span") -> "Span":
        """Give the span from the start of this one to the end of `other` in the same file."""
        return Span(file=self.file, start=self.start, end=max(self.end, other.end))


class Source(Struct, frozen=True, kw_only=True):
    """A named text with its line starts; the only place where offsets become lines and columns."""

    name: str
    text: str
    _starts: tuple[int, ...] = ()  # made of the text

    def __post_init__(self) -> None:
        """Find where each line starts."""
        starts = [0, *(match.end() for match in re.finditer("\n", self.text))]
        force_setattr(self, "_starts", tuple(starts))

    def position(self, offset: int) -> tuple[int, int]:
        """Give line and column of `offset`, both counted from 1, columns in characters."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line(self, number: int) -> str:
        """Give line `number` (from 1) without its line break."""
        start = self._starts[number - 1]
        end = self._starts[number] - 1 if number < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r")

    @property
    def lines(self) -> int:
        """Count the lines."""
        return len(self._starts)
