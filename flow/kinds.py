"""Of which kind the items of runs are: in conflict, not in conflict, controls."""

from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

import msgspec

from taskc.flow.run_items import SCORES, lines_of
from taskc.records.effects import Kind

Key: TypeAlias = tuple[str, str]
"""A task, or one with its subtasks, and a measure."""
Item: TypeAlias = tuple[str, str]
"""A task with its subtask, and an item of it."""


class _Line(msgspec.Struct, gc=False):
    """What is read of a score."""

    task: str
    item: str
    measure: str
    conflict: bool
    predictions: dict[str, str] = {}


def key_of(task: str, measure: str, *, subtasks: bool) -> Key:
    """Name what a score is told with; `subtasks` are apart, or all of a task together."""
    return task if subtasks else task.partition(".")[0], measure


class Kinds:
    """The kinds of items. An item in conflict at one level of a factor is so at all of them.

    For the factor may be what makes it so, and its effect is that of the same items at all of its levels.
    """

    def __init__(self, runs: Iterable[Path], stated: Kind | None, *, subtasks: bool = False) -> None:
        """Read the scores of runs, where that is needed for the `stated` part; raises `BuildError`."""
        self._stated = stated
        self._torn: dict[Key, set[Item]] = {}
        self._told: dict[Key, set[Item]] = {}
        every: dict[Key, set[Item]] = {}
        for run in runs if stated != "all" else ():
            for line in lines_of(_Line, run / SCORES):
                key, item = key_of(line.task, line.measure, subtasks=subtasks), (line.task, line.item)
                every.setdefault(key, set()).add(item)
                if line.conflict:
                    self._torn.setdefault(key, set()).add(item)
                if line.predictions.keys() - {"true_task"}:
                    self._told.setdefault(key, set()).add(item)
        self._both = {key for key, items in every.items() if 0 < len(self._torn.get(key, ())) < len(items)}

    def part(self, key: Key) -> Kind:
        """Give the part that is told of: the one stated, or conflict items where there are others, too."""
        return self._stated or ("conflict" if key in self._both else "all")

    def takes(self, part: Kind, key: Key, item: Item) -> bool:
        """Say whether an item is of a part."""
        if part == "control":
            return item not in self._told.get(key, ())
        return part == "all" or (item in self._torn.get(key, ())) == (part == "conflict")
