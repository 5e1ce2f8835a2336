"""Items that several models answered to how the errors of the models' shares hang together."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from taskc.records.curve import Paired


class Column(Struct, frozen=True, kw_only=True):
    """What one model did: a value from 0 to 1 for each item, and the clusters that items belong to.

    Without `clusters`, or where one is '', an item stands for itself.
    """

    items: Sequence[str]
    values: Sequence[float]
    clusters: Sequence[str] = ()


def paired_errors(columns: Sequence[Column]) -> Paired | None:
    """Give the covariance of the columns' means; None where no two columns have an item in common.

    It is that of sums over clusters of deviations from each mean, which holds whatever goes on inside a
    cluster (Miller 2024, arXiv:2411.00640, section 2.2), with the factor G / (G − 1) for G clusters.
    """
    known = [set(column.items) for column in columns]
    pairs = ((one, other) for at, one in enumerate(known) for other in known[:at])
    if not any(not one.isdisjoint(other) for one, other in pairs):
        return None
    places: dict[tuple[bool, str], int] = {}
    sums: list[dict[int, float]] = []
    for column in columns:
        own: dict[int, float] = {}
        mean = float(np.mean(column.values))
        clusters = column.clusters or [""] * len(column.items)
        for item, value, cluster in zip(column.items, column.values, clusters, strict=True):
            at = places.setdefault((bool(cluster), cluster or item), len(places))
            own[at] = own.get(at, 0.0) + value - mean
        sums.append(own)
    table = np.zeros((len(columns), len(places)))
    for row, own in zip(table, sums, strict=True):
        row[list(own)] = list(own.values())
    sizes = np.array([len(column.items) for column in columns])
    return _of(table, sizes, np.array([len(own) for own in sums]))


def paired_errors_of(values: npt.NDArray[Any]) -> Paired | None:
    """Do the same for models (rows) that all answered the same items (columns), without clusters."""
    table = np.asarray(values, dtype=float)
    sizes = np.full(len(table), table.shape[1])
    return _of(table - table.mean(axis=1, keepdims=True), sizes, sizes) if len(table) > 1 else None


def _of(table: npt.NDArray[np.float64], sizes: npt.NDArray[Any], units: npt.NDArray[Any]) -> Paired:
    """Give the covariance for sums of deviations, models × clusters, of so many items in so many clusters."""
    few = np.minimum.outer(units, units)
    made = (table @ table.T) / np.outer(sizes, sizes) * few / np.maximum(few - 1, 1)
    return Paired(covariance=tuple(tuple(map(float, row)) for row in made), units=int(units.min()))
