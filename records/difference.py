"""What differs between two builds, at the level of what an author means, and what that costs."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct, field

Kind: TypeAlias = Literal["added", "removed", "changed", "renamed"]


class Change(Struct, frozen=True, kw_only=True):
    """One thing that is not as it was.

    `what` is `task`, `item`, `exemplars`, `regime`, `factor`, `level`, `measure`, or the word that a
    statement begins with; `name` says which one. `within` are the ways of asking that it concerns, none for
    all. `old` and `new` are texts; for an item `fields` gives the values that changed, as JSON. `at` is the
    place now, `was` the place before.
    """

    kind: Kind
    what: str
    name: str = ""
    old: str = ""
    new: str = ""
    fields: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    at: str = ""
    was: str = ""
    within: tuple[str, ...] = ()


class Reason(Struct, frozen=True, kw_only=True):
    """Requests that must be asked anew, and the changes that are why, by position; none: another compiler."""

    requests: int
    changes: tuple[int, ...]


class Bill(Struct, frozen=True, kw_only=True):
    """Requests by what becomes of them.

    `stay` were asked before in the same words, `anew` were not, `gone` are asked no longer. `regraded` are
    those that stay and are held against another answer or other predictions.
    """

    stay: int = 0
    anew: int = 0
    gone: int = 0
    regraded: int = 0

    def __add__(self, other: "Bill") -> "Bill":
        """Add up."""
        return Bill(
            stay=self.stay + other.stay,
            anew=self.anew + other.anew,
            gone=self.gone + other.gone,
            regraded=self.regraded + other.regraded,
        )


class TaskDifference(Struct, frozen=True, kw_only=True):
    """A task that is not as it was: its name, empty where it is gone, and what it `was` called, if it was."""

    task: str
    was: str
    at: str = ""
    items: int = 0
    changes: tuple[Change, ...] = ()
    bill: Bill = Bill()
    why: tuple[Reason, ...] = ()


class Difference(Struct, frozen=True, kw_only=True):
    """Two builds compared. `compilers` are the versions of taskc that made them."""

    old: str
    new: str
    compilers: tuple[str, str]
    tasks: tuple[TaskDifference, ...] = ()
    bill: Bill = Bill()

    @property
    def is_empty(self) -> bool:
        """Say whether nothing differs that anybody could notice."""
        return not self.tasks
