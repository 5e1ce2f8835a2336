"""Shares of the variance of one answer: what of it is due to items, what to how they were asked.

The answers to an item, one in each cell (model × regime × levels), are one draw of a vector: items are a
sample of the like, levels are those that were tried, for two or four of them are no sample of anything.
So the variance of an answer to a random item in a random cell falls apart exactly, without a
distribution being assumed, by the analysis of variance of functions (Hoeffding 1948; Sobol' 1993): with mean
vector m and covariance Σ over items, and P_A the projection on what factors A do together,

- V(A) = mᵀP_A m / C for the levels of the factors A,
- V(item × A) = tr(P_A Σ) / C for what they do to one item more than to others; V(item) is that of no factors.

They sum to the variance. Estimates take off what the luck of n items adds, tr(P_A Σ)/(nC), so that they are
those of crossed random effects by analysis of variance, for finite numbers of levels (Cornfield and Tukey
1956, Annals of Mathematical Statistics 27:907; Brennan 2001, Generalizability Theory, sec. 3.2 and 5.1),
and those of restricted maximum likelihood wherever none is below 0.

tr(P_A Σ) needs no more of Σ than its mean over the pairs of cells that agree in some factors and differ in
the others. So designs that are no full product are treated alike: what their pairs of cells cannot tell
apart is not told apart. Means of cells that were never asked are those of the effects that can be told.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import TypeAlias

import numpy as np

from taskc.analysis import share_intervals
from taskc.analysis.crossed import Array, Crossed, Whole, by_cluster
from taskc.analysis.intervals import Z95, paired, wilson
from taskc.records.effects import Factor, Level, Share

CELLS = 1_500  # the most combinations of levels that are taken apart
FEWEST = 10  # clusters, for an interval

Set: TypeAlias = tuple[int, ...]
"""Indices of factors that act together, in order; of none, the whole."""
Name: TypeAlias = tuple[str, ...]


def shares(
    crossed: Crossed, of_items: Mapping[Name, float] | None = None
) -> tuple[tuple[Share, ...], tuple[Name, ...]]:
    """Give the shares of variance, items first, then factors, pairs, and the rest; and what cannot be told.

    Intervals are those of `share_intervals.py`, within 0 and 1. Some cell must have two items.

    `of_items` takes the place of what is found of items, as `mixed.reml` gives it, without intervals.
    """
    model = _Model(crossed)
    whole = _parts(model, crossed, of_items)
    total = _total(whole)
    bounds: dict[Name, tuple[float, float]] = {}
    if len(np.unique(crossed.clusters)) >= FEWEST and total > 0 and of_items is None:
        bounds = _bounds(model, crossed, whole, total)
    out = []
    for name, variance in whole.items():
        share = max(0.0, variance / total) if total > 0 else 0.0
        low, high = bounds.get(name, (None, None))
        out.append(Share(of=name, variance=variance, share=share, low=low, high=high))
    return tuple(out), model.untold


def levels(crossed: Crossed, *, rate: bool = True) -> tuple[Factor, ...]:
    """Give the score at each level of each factor, the others averaged, and how far it is from the first.

    The interval of a `rate` is Wilson's over the items; of another number, and of each difference,
    normal, with the covariance that the same items have at both levels; that of a difference of a `rate` ends
    at −1 and 1, beyond which there is none.
    """
    model = _Model(crossed)
    means, error, _ = _moments(crossed)
    return tuple(
        Factor(name=name, levels=tuple(_levels(crossed, at, *_marginal(model, at, means, error), rate)))
        for at, name in enumerate(crossed.factors)
    )


def _marginal(model: "_Model", at: int, means: Array, error: Array) -> tuple[Array, Array]:
    """Give the means of a factor's levels over all combinations of the others, and their covariance."""
    weights = np.stack(
        [model.spread[model.full[:, at] == one].mean(axis=0) for one in range(model.sizes[at])]
    )
    return weights @ means, weights @ error @ weights.T


def _levels(crossed: Crossed, at: int, values: Array, covariance: Array, rate: bool) -> Iterator[Level]:
    n, groups = len(crossed.items), len(set(crossed.clusters.tolist()))
    for one, level in enumerate(crossed.levels[at]):
        value = float(values[one])
        reach = Z95 * math.sqrt(max(0.0, float(covariance[one, one])))
        low, high = value - reach, value + reach
        if rate:
            value = min(1.0, max(0.0, value))
            interval = wilson(value, _effective(value, float(covariance[one, one]), n, groups))
            low, high = interval.low, interval.high
        difference = float(values[one] - values[0])
        apart = max(0.0, float(covariance[one, one] + covariance[0, 0] - 2 * covariance[one, 0]))
        around, reach = paired(difference, apart, groups, rate=rate and one > 0)
        most = max(1.0, abs(difference)) if rate else math.inf
        yield Level(
            level=level,
            value=value,
            low=low,
            high=high,
            difference=difference,
            difference_low=max(-most, around - reach),
            difference_high=min(most, around + reach),
        )


def _effective(value: float, variance: float, n: int, groups: int) -> int:
    """Give the number of items that would tell as much by themselves, where they belong together."""
    if groups == n:
        return n
    return max(1, min(n, round(value * (1.0 - value) / variance))) if variance > 0 else groups


class _Model:
    """What a design can tell.

    `patterns` are the ways in which two cells that one item was asked in agree, as bits; `components` what
    can be told of items by them. `fixed` is what can be told of levels, and `spread` leads from the means
    of the cells that were asked to those of all combinations, `full`.
    """

    def __init__(self, crossed: Crossed) -> None:
        self.factors = crossed.factors
        self.sizes = crossed.sizes
        places = range(len(self.sizes))
        self.sets: list[Set] = [
            one for size in range(len(self.sizes) + 1) for one in combinations(places, size)
        ]
        self.full = np.array(list(product(*map(range, self.sizes))), dtype=np.int64)
        self.agree, self.agree_full = _agreement(crossed.cells), _agreement(self.full)
        have = (~np.isnan(crossed.values)).astype(float)
        self.patterns = sorted(set(self.agree[have.T @ have > 1].tolist()))
        self.every = list(range(2 ** len(self.sizes)))
        self.components = _told_apart(self.patterns, self.sets)
        self.fixed, self.spread = _spread(crossed.cells, self.full, self.sizes, self.sets)

    @property
    def untold(self) -> tuple[Name, ...]:
        """Name the effects of one or two factors, and of one on single items, that this design hides."""
        levels = [self.named(one) for one in self.sets if len(one) in (1, 2) and one not in self.fixed]
        items = [
            ("item", *self.named(one)) for one in self.sets if len(one) == 1 and one not in self.components
        ]
        return (*levels, *items)

    def of_item(self, one: Set, *, luck: bool) -> Name:
        """Name the part to which what some factors do to single items belongs; `luck` if that is known."""
        if len(one) > 1 or (one and len(self.sizes) == 1 and not luck):
            return ("rest",)
        return ("item", *self.named(one))

    def named(self, one: Set) -> Name:
        """Name the factors of a set."""
        return tuple(self.factors[at] for at in one)


def _parts(model: _Model, crossed: Crossed, instead: Mapping[Name, float] | None = None) -> dict[Name, float]:
    """Give the variance of each part, without bias; that of luck only where cells have several samples."""
    means, error, covariance = _moments(crossed)
    luck, noise = crossed.noise()
    of_items = _split(covariance - np.diag(noise), model.agree, model.patterns, model.components, model.sizes)
    levels = model.spread @ (np.outer(means, means) - error) @ model.spread.T
    of_levels = _split(levels, model.agree_full, model.every, model.sets, model.sizes)
    out: dict[Name, float] = {("item",): of_items[()]}
    rest = 0.0
    for one in model.fixed:
        if len(one) in (1, 2):
            out[model.named(one)] = of_levels[one]
        elif one:
            rest += of_levels[one]
    if instead is not None:
        return {**out, **instead, ("rest",): rest + instead["rest",]}
    for one in model.components[1:]:
        name = model.of_item(one, luck=luck is not None)
        if name == ("rest",):
            rest += of_items[one]
        else:
            out[name] = of_items[one]
    out["rest",] = rest
    if luck is not None:
        out["luck",] = luck
    return out


def _bounds(
    model: _Model, crossed: Crossed, whole: Mapping[Name, float], total: float
) -> dict[Name, tuple[float, float]]:
    """Give the interval of each share, from what each cluster of items adds to each part."""
    own, contrasts = _own(model, crossed)
    summed = np.zeros(len(crossed.items))
    for name, variance in whole.items():
        if variance > 0:
            summed = summed + own[name]
    apart = float(np.nanmax(np.abs(crossed.values - np.nanmean(crossed.values))))
    sums, groups = by_cluster(summed, crossed.clusters)
    every = share_intervals.Whole(n=len(crossed.items), total=total, own=sums, far=apart**2)
    resamples = share_intervals.draws(groups)
    out = {}
    for name, variance in whole.items():
        if name in contrasts:
            values, each, count = contrasts[name]
            each = by_cluster(each, crossed.clusters)[0]
            out[name] = share_intervals.of_levels(variance, values, each, count, every)
        else:
            part = by_cluster(own[name], crossed.clusters)[0]
            out[name] = share_intervals.of_items(variance, part, every, resamples, alike=name == ("item",))
    return out


def _own(model: _Model, crossed: Crossed) -> tuple[dict[Name, Array], dict[Name, tuple[Array, Array, int]]]:
    """Give what each item adds to each part, beyond its mean, times the number of items.

    With it come, for parts of levels, the contrasts of means whose squares they are, what each item adds to
    those, and how many combinations of levels there are.
    """
    have = ~np.isnan(crossed.values)
    n, counts = len(have), np.maximum(have.sum(axis=0), 1)
    means: Array = np.where(have, crossed.values, 0.0).sum(axis=0) / counts
    apart = np.where(have, crossed.values - means, 0.0)
    both = have.T.astype(float) @ have
    scale = np.where(both > 1, n / np.maximum(both - 1.0, 1.0), 0.0)
    known = ~np.isnan(crossed.luck)
    noise = np.where(known, crossed.luck, 0.0) / np.maximum(crossed.times, 1.0)
    noise = noise * n / np.maximum(known.sum(axis=0), 1)
    out: dict[Name, Array] = {("rest",): np.zeros(n)}
    place, times = _places(model.agree, model.patterns)
    for one, row in _weights(model.patterns, model.components, model.sizes).items():
        each = np.append(row / np.maximum(times[:-1], 1), 0.0)
        weights = each[place].reshape(model.agree.shape)
        adds = ((apart @ (weights * scale)) * apart).sum(axis=1) - noise @ np.diagonal(weights)
        name = model.of_item(one, luck=bool(known.any()))
        out[name] = out.get(name, np.zeros(n)) + adds - adds.mean()
    if known.any():
        luck = np.where(known, crossed.luck, 0.0).sum(axis=1) * n / known.sum()
        out["luck",] = luck - luck.mean()
    contrasts = {}
    for one in model.fixed[1:]:
        leading = _leading(model.full, one, model.sizes) @ model.spread
        values, adds = leading @ means, apart * (n / counts) @ leading.T
        if len(one) <= 2:
            name = model.named(one)
            contrasts[name] = values, adds, math.prod(model.sizes[at] for at in one)
            out[name] = 2.0 * adds @ values
        else:
            out["rest",] += 2.0 * adds @ values
    return out, contrasts


def _leading(full: Whole, one: Set, sizes: Sequence[int]) -> Array:
    """Give contrasts of all combinations whose squares sum to what factors make together."""
    place, count, turned = np.zeros(len(full), dtype=np.int64), 1, np.ones((1, 1))
    for at in one:
        size = sizes[at]
        place, count = place * size + full[:, at], count * size
        basis = np.linalg.qr(np.hstack([np.ones((size, 1)), np.eye(size)[:, 1:]]))[0]
        turned = np.kron(turned, basis[:, 1:].T)
    averages = np.zeros((count, len(full)))
    averages[place, np.arange(len(full))] = count / len(full)
    return turned @ averages / math.sqrt(count)


def _total(parts: dict[Name, float]) -> float:
    return math.fsum(max(0.0, one) for one in parts.values())


def _moments(crossed: Crossed) -> tuple[Array, Array, Array]:
    """Give the means of cells, the covariance of these means, and that of answers over items.

    Pairs of cells that have no two items in common have a covariance of 0 in both. That of the means counts
    clusters where items belong together (Liang and Zeger 1986, Biometrika 73:13).
    """
    have = ~np.isnan(crossed.values)
    counts = have.sum(axis=0)
    means: Array = np.where(have, crossed.values, 0.0).sum(axis=0) / np.maximum(counts, 1)
    apart = np.where(have, crossed.values - means, 0.0)
    both = have.T.astype(float) @ have
    covariance = np.where(both > 1, apart.T @ apart / np.maximum(both - 1.0, 1.0), 0.0)
    products = np.maximum(np.outer(counts, counts), 1)
    sums, groups = by_cluster(apart, crossed.clusters)
    if groups < len(apart):
        return means, sums.T @ sums * (groups / max(groups - 1, 1)) / products, covariance
    return means, covariance * both / products, covariance


def _agreement(cells: Whole) -> Whole:
    """Give for each pair of cells, as bits, the factors whose level they share."""
    out = np.zeros((len(cells), len(cells)), dtype=np.int64)
    for at in range(cells.shape[1]):
        out |= (cells[:, None, at] == cells[None, :, at]).astype(np.int64) << at
    return out


def _bits(one: Set) -> int:
    return sum(1 << at for at in one)


def _incidence(patterns: Sequence[int], sets: Sequence[Set]) -> Array:
    """Say which effects two cells have in common: those of factors on which they agree."""
    return np.array([[float(_bits(one) & pattern == _bits(one)) for one in sets] for pattern in patterns])


def _told_apart(patterns: Sequence[int], sets: Sequence[Set]) -> list[Set]:
    """Choose the effects that the patterns can tell apart: small ones first, after the whole and the rest."""
    chosen = list(dict.fromkeys([sets[0], sets[-1]]))
    for one in sets[1:-1]:
        wider = _incidence(patterns, [*chosen, one])
        if np.linalg.matrix_rank(wider) == len(chosen) + 1:
            chosen.append(one)
    return sorted(chosen, key=lambda one: (len(one), one))


def _split(
    matrix: Array, agree: Whole, patterns: Sequence[int], sets: Sequence[Set], sizes: Sequence[int]
) -> dict[Set, float]:
    """Part a covariance, or the square of means, into what each set of factors makes of it: tr(P_A M)/C.

    The mean over pairs of cells of one pattern is the sum of the components that they have in common. These
    count a level as one of endlessly many; what is shared out over levels that are finite is added to the
    sets that lack them (Brennan 2001, sec. 5.1).
    """
    place, times = _places(agree, patterns)
    means = np.bincount(place, matrix.ravel(), len(times))[: len(patterns)] / np.maximum(times[:-1], 1)
    return {one: float(row @ means) for one, row in _weights(patterns, sets, sizes).items()}


def _places(agree: Whole, patterns: Sequence[int]) -> tuple[Whole, Whole]:
    """Give the index of each pair's pattern, the last for those of none, and how many pairs have it."""
    place = np.searchsorted(patterns, agree.ravel())
    place = np.where(np.isin(agree.ravel(), patterns), place, len(patterns))
    return place, np.bincount(place, minlength=len(patterns) + 1)


def _weights(patterns: Sequence[int], sets: Sequence[Set], sizes: Sequence[int]) -> dict[Set, Array]:
    """Give what the mean of each pattern counts for in what each set of factors makes."""
    solved = np.linalg.pinv(_incidence(patterns, sets))
    out = {}
    for one in sets:
        shared = [
            1.0 / math.prod(sizes[at] for at in wider if at not in one) if set(one) <= set(wider) else 0.0
            for wider in sets
        ]
        out[one] = math.prod(1.0 - 1.0 / sizes[at] for at in one) * (np.array(shared) @ solved)
    return out


def _spread(cells: Whole, full: Whole, sizes: Sequence[int], sets: Sequence[Set]) -> tuple[list[Set], Array]:
    """Say which effects of levels the asked cells can tell, and lead from their means to all combinations.

    If every combination was asked, to itself. Else effects are taken in, small ones first, as long as the
    cells can tell all of it from the others, and fitted by least squares; of the others there are none.
    """
    if len(cells) == len(full):
        return list(sets), (full[:, None, :] == cells[None, :, :]).all(axis=2).astype(float)
    told: list[Set] = [()]
    asked, everywhere = np.ones((len(cells), 1)), np.ones((len(full), 1))
    for one in sets[1:]:
        if len(one) > 2:
            break
        wider = np.hstack([asked, _contrasts(cells, one, sizes)])
        if np.linalg.matrix_rank(wider) == wider.shape[1]:
            asked = wider
            everywhere = np.hstack([everywhere, _contrasts(full, one, sizes)])
            told.append(one)
    return told, everywhere @ np.linalg.pinv(asked)


def _contrasts(cells: Whole, one: Set, sizes: Sequence[int]) -> Array:
    """Give columns for what factors do together, each summing to 0 over the levels of each factor."""
    out = np.ones((len(cells), 1))
    for at in one:
        coding = np.vstack([np.eye(sizes[at] - 1), -np.ones(sizes[at] - 1)])[cells[:, at]]
        out = (out[:, :, None] * coding[:, None, :]).reshape(len(cells), -1)
    return out
