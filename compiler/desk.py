"""What a compilation works with: files in, findings out, the meter; and rows before they are items."""

from collections.abc import Callable, Iterator
from typing import Protocol

from msgspec import Struct, field

from taskc.compiler.limits import Meter
from taskc.compiler.operators import Problem
from taskc.dsl.diagnostic import Diagnostic, Label, error
from taskc.dsl.span import Span

# columns that every item may carry without declaring them
WELL_KNOWN = ("id", "rationale")


class Unreadable(Exception):
    """A file that cannot or may not be read: problem and cure, for a finding."""

    def __init__(self, message: str, help: str = "") -> None:
        """Keep problem and cure."""
        super().__init__(message)
        self.help = help


class DataFile(Protocol):
    """A data file that may be read, as often as asked."""

    @property
    def name(self) -> str:
        """Give the name that findings show."""

    def blocks(self) -> Iterator[bytes]:
        """Give its bytes from the beginning, in blocks that end where a line does; raises `Unreadable`."""


class Spool(Protocol):
    """Takes bytes that are too many for memory, and gives them again."""

    def write(self, piece: bytes) -> int:
        """Put `piece` aside and give the offset by which it is had again."""

    def read(self, offset: int, length: int) -> bytes:
        """Give the `length` bytes that `write` put at `offset`."""


class Files(Protocol):
    """Reads what a `.task` file names, and nothing outside the folder it may look into."""

    def open(self, base: str, path: str) -> DataFile:
        """Give the file `path`, which the file `base` names; raises `Unreadable`."""

    def spool(self) -> Spool:
        """Give a new place for what is too much for memory."""


class Desk(Struct):
    """What one compilation works with: files in, findings out, and the meter."""

    files: Files
    found: list[Diagnostic] = field(default_factory=list)
    meter: Meter = field(default_factory=Meter)


def attempt(act: Callable[[], object], row: Span, desk: Desk) -> bool:
    """Do something with a row; a problem becomes a finding that names the row."""
    try:
        act()
    except Problem as problem:
        tell(problem, row, desk)
        return False
    return True


def tell(problem: Problem, row: Span, desk: Desk, what: str = "for this item") -> None:
    """Report a problem once an expression, however many rows have it."""
    if any(d.primary.span == problem.span and d.message == problem.message for d in desk.found[-50:]):
        return
    others = () if row == problem.span else (Label(span=row, text=what),)
    desk.found.append(
        error("bad-expression", problem.message, problem.span, help=problem.help, others=others)
    )
