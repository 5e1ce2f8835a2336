"""What a build can show: the items in each cell, and the smallest differences they can tell apart."""

from collections.abc import Mapping
from functools import cache

from msgspec import Struct

from taskc.analysis import power
from taskc.metrics.attribute import attribute
from taskc.metrics.score import chance_of
from taskc.records.forecast import Detectable
from taskc.records.request import Request

DISCORDANT = (0.10, 0.20, 0.40)
"""Shares of items on which two models or regimes differ, that are reckoned with."""

ACCURACIES = (0.95, 0.80, 0.50)
"""Accuracies on agreeing items, that are reckoned with."""

# most cells of a build are alike
_cached_shift = cache(power.smallest_shift)
_cached_gap = cache(power.smallest_gap)
_cached_difference = cache(power.smallest_difference)


class _Cell(Struct):
    """The items of one task, regime, levels and measure; `chances` is a sum over `known` of them."""

    n: int = 0
    conflict: int = 0
    chances: float = 0.0
    known: int = 0


class Cells:
    """The cells of a design, counted as requests come by. `subtasks` keeps the subtasks of a task apart."""

    def __init__(self, *, subtasks: bool = False) -> None:
        """Begin with no cells."""
        self._subtasks = subtasks
        self._cells: dict[tuple[str, str], dict[str, _Cell]] = {}

    def add(self, request: Request) -> None:
        """Count the item of an answer in its cell."""
        if request.stage != "answer":
            return
        task = request.task if self._subtasks else request.task.partition(".")[0]
        measures = self._cells.setdefault((task, _name(request)), {})
        cell = measures.setdefault(request.measure, _Cell())
        cell.n += 1
        cell.conflict += attribute(
            None, request.predictions, kind=request.kind, options=request.options
        ).conflict
        chance = chance_of(request)
        if chance is not None:
            cell.chances += chance
            cell.known += 1

    def detectable(self) -> tuple[Detectable, ...]:
        """Give what the cells can show; those of a task that are alike together."""
        alike: dict[tuple[str, int, int, float | None], list[str]] = {}
        for (task, name), measures in self._cells.items():
            cell = max(measures.values(), key=lambda one: one.n)
            alike.setdefault((task, cell.n, cell.conflict, _chance(measures)), []).append(name)
        return tuple(
            detectable(task, cells, n=n, conflict=conflict, chance=chance)
            for (task, n, conflict, chance), cells in alike.items()
        )


def detectable(task: str, cells: list[str], *, n: int, conflict: int, chance: float | None) -> Detectable:
    """Give what `n` items, `conflict` of them with a distractor against the true task, can show."""
    agree = n - conflict
    return Detectable(
        task=task,
        cells=tuple(cells),
        n=n,
        conflict=conflict,
        agree=agree,
        chance=chance,
        from_chance=None if chance is None or chance >= 1 else _cached_difference(n, chance),
        pairs={f"{share:g}": _cached_shift(n, share) for share in DISCORDANT},
        lured=_cached_difference(conflict) if conflict else None,
        groups=_groups(agree, conflict),
    )


def _groups(agree: int, conflict: int) -> Mapping[str, float | None]:
    if not (agree and conflict):
        return {}
    return {f"{rate:g}": _cached_gap(agree, conflict, rate) for rate in ACCURACIES}


def _chance(measures: Mapping[str, _Cell]) -> float | None:
    """Give the mean chance of the first measure that has one for every item."""
    for cell in measures.values():
        if cell.known == cell.n:
            return round(cell.chances / cell.n, 6)
    return None


def _name(request: Request) -> str:
    levels = ", ".join(f"{name}={level}" for name, level in request.levels.items())
    return f"{request.regime}, {levels}" if levels else request.regime
