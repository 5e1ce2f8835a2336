"""Answers crossed: items against the combinations of model, regime and levels in which they were asked."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]
Whole: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossed:
    """Scores of n items in C cells. A cell is a combination of one level of every factor.

    `clusters`, n, numbers what items belong to; one that stands for itself is a cluster of its own.

    `factors` are those with two levels or more, `levels` theirs in order of appearance; `cells`, C ×
    factors, are indices of levels. `single` gives the level of each factor that has one only. `values`, n ×
    C, are means over samples, NaN where nothing was answered, and `times` the number of samples. `luck`, n
    × C, is the variance of samples in a cell, NaN where one or none was had.
    """

    factors: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    single: Mapping[str, str]
    cells: Whole
    items: tuple[str, ...]
    clusters: Whole
    values: Array
    times: Array
    luck: Array

    @property
    def sizes(self) -> tuple[int, ...]:
        """Give the number of levels of each factor."""
        return tuple(len(levels) for levels in self.levels)

    @property
    def possible(self) -> int:
        """Count the combinations that there would be."""
        return math.prod(self.sizes)

    def of(self, some: npt.NDArray[np.bool_]) -> "Crossed":
        """Give the same of some of the items."""
        return replace(
            self,
            items=tuple(item for item, wanted in zip(self.items, some, strict=True) if wanted),
            clusters=self.clusters[some],
            values=self.values[some],
            times=self.times[some],
            luck=self.luck[some],
        )

    def alike(self, at: int) -> "Crossed":
        """Give the same of the cells that differ in one factor only from some at each of its other levels.

        So its levels are compared among the same levels of the others, whatever the design; all cells where
        there are none such.
        """
        others = np.delete(self.cells, at, axis=1).tolist()
        met: dict[tuple[int, ...], set[int]] = {}
        for other, level in zip(map(tuple, others), self.cells[:, at].tolist(), strict=True):
            met.setdefault(other, set()).add(level)
        some = np.array([len(met[tuple(other)]) == self.sizes[at] for other in others], dtype=bool)
        return self._of_cells(some) if some.any() else self

    def where(self, fixed: Mapping[int, int]) -> "Crossed":
        """Give the same of the cells in which some factors, by index, are at one level, also by index."""
        columns = [self.cells[:, at] == level for at, level in fixed.items()]
        some: npt.NDArray[np.bool_] = np.ones(len(self.cells), dtype=bool)
        for column in columns:
            some &= column
        kept = [at for at in range(len(self.factors)) if at not in fixed]
        left = self._of_cells(some)
        return replace(
            left,
            factors=tuple(self.factors[at] for at in kept),
            levels=tuple(self.levels[at] for at in kept),
            single={**self.single, **{self.factors[at]: self.levels[at][one] for at, one in fixed.items()}},
            cells=left.cells[:, kept],
        )

    def _of_cells(self, some: npt.NDArray[np.bool_]) -> "Crossed":
        return replace(
            self,
            cells=self.cells[some],
            values=self.values[:, some],
            times=self.times[:, some],
            luck=self.luck[:, some],
        )

    def means(self) -> tuple[list[str], list[float], list[str]]:
        """Give the items that were answered, the mean of each over its cells, and the cluster of each."""
        have = ~np.isnan(self.values)
        some: npt.NDArray[np.bool_] = np.any(have, axis=1)
        means = np.where(have, self.values, 0.0).sum(axis=1)[some] / have.sum(axis=1)[some]
        items = [item for item, there in zip(self.items, some, strict=True) if there]
        return items, means.tolist(), [str(cluster) for cluster in self.clusters[some]]

    def noise(self) -> tuple[float | None, Array]:
        """Give the variance between samples of one item in one cell, and what of it is in cells' values.

        None, and 0, where nobody was asked twice.
        """
        known = ~np.isnan(self.luck)
        if not known.any():
            return None, np.zeros(self.values.shape[1])
        in_means = np.where(known, self.luck, 0.0) / np.maximum(self.times, 1.0)
        return float(self.luck[known].mean()), in_means.sum(axis=0) / np.maximum(known.sum(axis=0), 1)


class Crossing:
    """Crosses answers as they come; an item and a cell are met as often as there are samples."""

    def __init__(self) -> None:
        """Begin with none."""
        self._items: dict[str, int] = {}
        self._clusters: dict[str, int] = {}
        self._of: list[int] = []
        self._cells: dict[tuple[tuple[str, str], ...], int] = {}
        self._columns: list[_Column] = []

    def add(self, item: str, cell: tuple[tuple[str, str], ...], value: float, cluster: str = "") -> None:
        """Add one answer; `cell` pairs every factor with its level, always in the same order.

        `cluster` names what the item belongs to, '' for one that stands for itself.
        """
        at = self._items.setdefault(item, len(self._items))
        if at == len(self._of):
            name = f"cluster {cluster}" if cluster else f"item {item}"
            self._of.append(self._clusters.setdefault(name, len(self._clusters)))
        column = self._cells.setdefault(cell, len(self._cells))
        if column == len(self._columns):
            self._columns.append(_Column())
        self._columns[column].add(at, value)

    def cross(self) -> Crossed:
        """Give all that was added. Factors with one level only are left out: nothing is told of them."""
        names = list(dict.fromkeys(name for cell in self._cells for name, _ in cell))
        told = [dict(cell) for cell in self._cells]
        found = {name: list(dict.fromkeys(cell.get(name, "") for cell in told)) for name in names}
        factors = [name for name in names if len(found[name]) > 1]
        cells = np.array(
            [[found[name].index(cell.get(name, "")) for name in factors] for cell in told],
            dtype=np.int64,
        ).reshape(len(self._cells), len(factors))
        n = len(self._items)
        times = _stack([column.times for column in self._columns], n)
        totals = _stack([column.totals for column in self._columns], n)
        squares = _stack([column.squares for column in self._columns], n)
        with np.errstate(invalid="ignore", divide="ignore"):
            values = totals / times
            luck = np.where(times > 1, np.maximum(squares - times * values**2, 0.0) / (times - 1), np.nan)
        return Crossed(
            factors=tuple(factors),
            levels=tuple(tuple(found[name]) for name in factors),
            single={name: levels[0] for name, levels in found.items() if len(levels) == 1},
            cells=cells,
            items=tuple(self._items),
            clusters=np.array(self._of, dtype=np.int64),
            values=values,
            times=times,
            luck=luck,
        )


class _Column:
    """Sums over the samples of each item in one cell."""

    __slots__ = ("squares", "times", "totals")

    def __init__(self) -> None:
        self.times: dict[int, float] = {}
        self.totals: dict[int, float] = {}
        self.squares: dict[int, float] = {}

    def add(self, at: int, value: float) -> None:
        self.times[at] = self.times.get(at, 0.0) + 1.0
        self.totals[at] = self.totals.get(at, 0.0) + value
        self.squares[at] = self.squares.get(at, 0.0) + value * value


def _stack(columns: Sequence[Mapping[int, float]], n: int) -> Array:
    """Make a matrix of columns by item; what is not there is 0."""
    out = np.zeros((n, len(columns)))
    for at, column in enumerate(columns):
        out[np.fromiter(column, int, len(column)), at] = np.fromiter(column.values(), float, len(column))
    return out


def by_cluster(values: Array, clusters: Whole) -> tuple[Array, int]:
    """Sum rows by the cluster of each; gives the sums and the number of clusters, in no set order."""
    names, place = np.unique(clusters, return_inverse=True)
    out = np.zeros((len(names), *values.shape[1:]))
    np.add.at(out, place, values)
    return out, len(names)
