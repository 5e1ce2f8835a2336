"""The bounds that make compiling a stranger's file safe: it always ends, and never fills the memory.

Each bound is far above what a real task needs; going past one is an ordinary error with a cure.
"""

TEXT = 1_000_000  # characters in one text that an expression or template makes
LIST = 100_000  # elements in one list that an expression makes
DIGITS = 300  # decimal digits of a whole number
ITEMS = 1_000_000  # items of one task
REJECTS = 10_000  # draws rejected one after another by `keep if`
DRAWS_PER_ITEM = 100  # draws in all, for each item asked for (plus REJECTS)
REJECT = 1_000  # what a draw that is rejected costs, next to what it makes
DEPTH = 100  # levels of nesting in one template or expression
PARTS = 10_000  # values, texts and tags of one template
LOOPS = 10_000  # turns of all loops in one rendering
WORK = 500_000_000  # characters and elements made by all expressions and loops of one compilation
CELLS = 10_000  # cells of one design
REQUESTS = 20_000_000  # requests of one task


class LimitError(Exception):
    """A bound was reached; the text says which, in the words of a finding."""


class Meter:
    """Counts what a compilation makes, so that many small things cannot add up without end."""

    __slots__ = ("left",)

    def __init__(self, left: int = WORK) -> None:
        self.left = left

    def spend(self, amount: int) -> None:
        """Take `amount` from what is left; raises `LimitError` when nothing is."""
        self.left -= amount
        if self.left < 0:
            raise LimitError(f"this compilation makes more than {WORK:,} characters and elements in all")
