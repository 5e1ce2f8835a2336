"""Expected calibration error."""

import math
from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise

from taskc.metrics.metric import Figure

BINS = 15


def ece(confidence: Sequence[float], correct: Sequence[float]) -> Figure | None:
    """Give Σ |B|/n · |accuracy(B) − confidence(B)| over 15 bins B of equal width; None without items.

    0 to 1, lower is better. Bin m holds what is above (m − 1)/15 up to m/15 (Guo et al. 2017, section 2,
    equations 2 to 3; Naeini et al. 2015). Luck makes it larger than it is: a model that is well calibrated
    has 0.09 of it with 100 items, 0.05 with 300 and 0.03 with 1000 (confidences even from 0.5 to 1, by
    simulation), so compare only among equal numbers of items.
    """
    placed = [
        (min(BINS - 1, max(0, math.ceil(c * BINS) - 1)), c, right) for c, right in _pairs(confidence, correct)
    ]
    bins = groupby(sorted(placed), key=lambda one: one[0])
    return _error(([(c, right) for _, c, right in members] for _, members in bins), len(placed))


def ece_adaptive(confidence: Sequence[float], correct: Sequence[float]) -> Figure | None:
    """Give Σ |B|/n · |accuracy(B) − confidence(B)| over 15 bins B of equal counts; None without items.

    0 to 1, lower is better; bins by rank of confidence differ by one item at most, and there are no more
    than items. Items of one confidence share their mean accuracy, so that their order does not matter. Luck
    adds more to it than to `ece`, 0.12 with 100 such items. Nguyen and O'Connor 2015, section 3; Nixon et
    al. 2019, section 3, for the given option.
    """
    ranked = []
    for value, members in groupby(sorted(_pairs(confidence, correct)), key=lambda one: one[0]):
        rights = [right for _, right in members]
        ranked += [(value, math.fsum(rights) / len(rights))] * len(rights)
    n, bins = len(ranked), min(BINS, len(ranked))
    ends = [n // bins * m + min(m, n % bins) for m in range(bins + 1)] if bins else []
    return _error((ranked[a:b] for a, b in pairwise(ends)), n)


def _pairs(confidence: Sequence[float], correct: Sequence[float]) -> list[tuple[float, float]]:
    return list(zip(confidence, correct, strict=True))


def _error(bins: Iterable[list[tuple[float, float]]], n: int) -> Figure | None:
    if not n:
        return None
    gaps = (abs(math.fsum(right - sure for sure, right in members)) for members in bins)
    return Figure(math.fsum(gaps) / n)
