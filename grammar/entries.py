"""Lines of a block: what stands on each and above it, and which of them share columns."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

WIDTH = 110  # columns; what is longer is broken where it can be
KEEP = "\x00"  # a line break inside a text that is kept as it is, whatever the indentation
HANG = "\x01"  # a line break after which the line begins below its cell
META = "meta"  # entries of this kind share columns even where one takes several lines


class Entry(NamedTuple):
    """One thing a line: its cells, the kind of those it shares columns with, and its comments."""

    cells: tuple[str, ...]
    kind: str = ""
    lead: tuple[str, ...] = ()  # comments and empty lines above it
    note: str = ""  # the comment at its end

    @property
    def is_long(self) -> bool:
        """Tell whether it takes several lines."""
        return any(mark in cell for cell in self.cells for mark in ("\n", KEEP, HANG))

    def end_with(self, mark: str) -> "Entry":
        """Put a mark behind the last cell."""
        return self._replace(cells=(*self.cells[:-1], self.cells[-1] + mark))


def join(entry: Entry) -> str:
    """Write an entry by itself."""
    return _write(entry, ())


def stack(entries: Sequence[Entry]) -> list[str]:
    """Write entries one below the other; those of one kind with nothing between them share columns."""
    return list(chain.from_iterable([*run[0].lead, *_columns(run)] for run in _runs(entries)))


def indent(text: str) -> str:
    """Move all lines that are not empty two columns to the right."""
    return "\n".join(f"  {line}" if line else line for line in text.split("\n"))


def beside(note: str) -> str:
    """Write a comment behind something, or nothing."""
    return f"  {note}" if note else ""


def _runs(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Part entries into runs that share columns."""
    run: list[Entry] = []
    for entry in entries:
        if run and not _goes_on(run[-1], entry):
            yield run
            run = []
        run.append(entry)
    if run:
        yield run


def _goes_on(before: Entry, entry: Entry) -> bool:
    same = entry.kind != "" and entry.kind == before.kind and not entry.lead
    return same and (entry.kind == META or not (before.is_long or entry.is_long))


def _columns(run: Sequence[Entry]) -> list[str]:
    """Write the entries of a run with their cells, and then their comments, below each other."""
    most = max(len(entry.cells) for entry in run)
    widths = [max(len(e.cells[i]) for e in run if len(e.cells) > i + 1) for i in range(most - 1)]
    lines = [_write(entry, widths) for entry in run]
    lengths = [len(line.rpartition("\n")[2].rpartition(KEEP)[2]) for line in lines]
    widest = max((length for length, entry in zip(lengths, run, strict=True) if entry.note), default=0)
    return [
        line + " " * (widest - length) + beside(entry.note) if entry.note else line
        for line, length, entry in zip(lines, lengths, run, strict=True)
    ]


def _write(entry: Entry, widths: Sequence[int]) -> str:
    """Write one entry, each cell but the last filled up to its width."""
    widths = widths or [len(cell) for cell in entry.cells]
    *heads, last = entry.cells
    line = "".join(cell.ljust(width) + " " for cell, width in zip(heads, widths, strict=False))
    return line + last.replace(HANG, "\n" + " " * len(line))
