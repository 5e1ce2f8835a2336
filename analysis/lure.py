"""Ability and pull: a small model of how a distractor lures, and its two numbers from counts.

The model of one answer to an item with k options (k = 0: a free answer, which no guess gets right):

1. with probability `pull` the answer is the distractor's;
2. else with probability `ability` the model knows the truth and says so;
3. else it guesses, each of the k options alike.

With c = 1/k the chance that a guess hits the truth, b the chance that it hits what a distractor wants (c
for one distractor), q the pull and a the ability, on items in conflict

    true = (1 − q)(a + (1 − a)c)    lured = q + (1 − q)(1 − a)b    other = (1 − q)(1 − a)(1 − c − b)

On items on which distractor and truth agree, true = q + (1 − q)(a + (1 − a)c); on controls, on which no
distractor speaks, true = a + (1 − a)c. So on conflict items alone q = lured − other · b/(1 − c − b): what
lured the model beyond the errors that hit the distractor by chance; and where there are agree items, q =
accuracy on them − accuracy on conflict items, whatever c is.

It is a multinomial processing tree (Riefer and Batchelder 1988, Psychological Review 95:318), of the same
form as the two-high-threshold model of recognition.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from taskc.analysis.intervals import DOUBT
from taskc.analysis.quantiles import t_quantile

_CRITICAL = 3.841458820694124  # the 95 % quantile of chi-squared with one degree of freedom
FEW = 5
"""Items with one of the answers, below which a little more of each is thought of."""
_MORE = 0.25  # of an item, or of a cluster, for each answer
_NO_MORE = 1e-9  # information below it, against the most there is, is none
_TINY = 1e-12  # the least probability that is taken a logarithm of
_SAME = 1e-9  # likelihoods that differ by less, in logarithms, are the same
_GRID = tuple(place / 40 for place in range(41))
_STEPS = 24  # halvings: an end of an interval is right to 6e-8


class Predicted(NamedTuple):
    """Probabilities of an answer, which sum to 1: the truth, a distractor's against it, neither."""

    true: float
    distractor: float
    other: float


def predict(
    ability: float, pull: float, chance: float, conflict: bool, bait: float | None = None
) -> Predicted:
    """Give the probabilities of an answer under the model; all that comes in is from 0 to 1.

    `chance` is 1/k, 0 for free answers; `bait` the chance that a guess hits what any distractor wants, that
    of one option where it is None. Where there is no `conflict`, it wants the truth. Controls,
    on which no distractor speaks, are without conflict and have a `pull` of 0.
    """
    bait = chance if bait is None else bait
    guess = (1 - pull) * (1 - ability)
    if not conflict:
        wrong = guess * (1 - chance)
        return Predicted(1 - wrong, 0.0, wrong)
    return Predicted(
        (1 - pull) * ability + guess * chance, pull + guess * bait, guess * max(0.0, 1 - chance - bait)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number and its interval of 95 %."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How often which answer was given, in items; an item asked several times counts by its shares.

    `true`, `lured` and `other` are of items in conflict, `agreed` and `erred` of items on which a distractor
    agrees with the truth, `known` and `missed` of controls. The chances are means over items of each kind,
    0 where answers are free. What was unparsed or refused is left out: it tells neither ability nor pull.
    """

    true: float = 0.0
    lured: float = 0.0
    other: float = 0.0
    agreed: float = 0.0
    erred: float = 0.0
    known: float = 0.0
    missed: float = 0.0
    chance: float = 0.0
    bait: float | None = None
    agree_chance: float = 0.0
    control_chance: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lure:
    """Ability and pull, 0 to 1; None where the answers cannot tell, and then `why`.

    `misfit` is the p-value of the model against one that gives each kind of item its own rates (likelihood
    ratio); None where no answer could speak against it.
    """

    ability: Estimate | None
    pull: Estimate | None
    why: str = ""
    misfit: float | None = None


def estimate(seen: Seen, groups: Sequence[Sequence[float]] = (), *, least: float = 0.0) -> Lure:
    """Estimate ability and pull by maximum likelihood, with profile-likelihood intervals of 95 %.

    An interval holds all values under which the best of the other parameter is at most 1.92 less likely, in
    logarithms, than the best of both (Venzon and Moolgavkar 1988, Applied Statistics 37:87). Both ends lie
    within 0 and 1. A likelihood is too sure of what it has hardly seen: where fewer than `FEW` items have one
    of the answers, the interval holds also that of a quarter of an item more for each answer; of what
    simulation was asked for, a quarter was enough.

    `groups` are what `seen` is the sum of, where items belong to clusters or were asked several times: for
    each cluster `true`, `lured`, `other`, `agreed`, `erred`, `known` and `missed`. In place of 1.92 stands
    then t²/2 times a design effect: the variance of the estimate that is robust to clusters (the sandwich)
    over that of independent items, which makes the likelihood one of clusters (Rotnitzky and Jewell 1990,
    Biometrika 77:485; Pace, Salvan and Sartori 2011, Statistica Sinica 21:129). `least` is its least.
    """
    terms = [term for term in _terms(seen) if term.n > 0]
    why = _why_not(seen)
    conflict, agree, control = _sizes(seen)
    if why:
        alone = control and not conflict and not agree
        limit = _limits(seen, groups, least, alone=True)[0]
        ability = _doubted(seen, terms, groups, limit, pull=False, fixed=0.0) if alone else None
        return Lure(ability=ability, pull=None, why=why)
    limits = _limits(seen, groups, least)
    pull = _doubted(seen, terms, groups, limits[1], pull=True)
    ability = _doubted(seen, terms, groups, limits[0], pull=False)
    if pull.value > 1 - 1e-6 and not control:
        return Lure(ability=None, pull=pull, why="the distractor was always followed")
    return Lure(ability=ability, pull=pull, misfit=_misfit(seen, terms, pull.value))


class _Term(NamedTuple):
    """How often an answer was given, and its probability: `one + outer·x + inner·y + both·x·y`."""

    n: float
    one: float
    inner: float
    outer: float
    both: float

    def swapped(self) -> "_Term":
        """Give the same with the inner parameter as the outer one."""
        return _Term(self.n, self.one, self.outer, self.inner, self.both)

    def at(self, outer: float, inner: float) -> float:
        """Give the probability of this answer, never quite 0."""
        return max(self.one + self.outer * outer + self.inner * inner + self.both * outer * inner, _TINY)


def _terms(seen: Seen) -> list[_Term]:
    """Write the model for each kind of answer, with ability as the inner parameter and pull as the outer."""
    c, (d, e) = seen.chance, (seen.agree_chance, seen.control_chance)
    b = c if seen.bait is None else seen.bait
    o = max(0.0, 1 - c - b)
    return [
        _Term(seen.true, c, 1 - c, -c, c - 1),
        _Term(seen.lured, b, -b, 1 - b, b),
        _Term(seen.other, o, -o, -o, o),
        _Term(seen.agreed, d, 1 - d, 1 - d, d - 1),
        _Term(seen.erred, 1 - d, d - 1, d - 1, 1 - d),
        _Term(seen.known, e, 1 - e, 0.0, 0.0),
        _Term(seen.missed, 1 - e, e - 1, 0.0, 0.0),
    ]


def _sizes(seen: Seen) -> tuple[float, float, float]:
    return seen.true + seen.lured + seen.other, seen.agreed + seen.erred, seen.known + seen.missed


def _why_not(seen: Seen) -> str:
    """Say why ability and pull cannot be told apart, or nothing."""
    conflict, agree, control = _sizes(seen)
    bait = seen.chance if seen.bait is None else seen.bait
    if not conflict and not (agree and control):
        return "no answer to an item in conflict" if agree or control else "no answer"
    if conflict and not agree and not control and 1 - seen.chance - bait < 1e-9:
        return "every error is the distractor's answer, and there are no agree items and no controls"
    return ""


def _doubted(
    seen: Seen,
    terms: Sequence[_Term],
    groups: Sequence[Sequence[float]],
    limit: float,
    *,
    pull: bool,
    fixed: float | None = None,
) -> Estimate:
    """Estimate one parameter, with an interval that holds what a little more of each answer would give."""
    found = _estimate(terms, limit, pull=pull, fixed=fixed)
    sizes = _sizes(seen)
    asked = [size > 0 for size, times in zip(sizes, (3, 2, 2), strict=True) for _ in range(times)]
    every = [
        term
        for term, known in zip(_terms(seen), asked, strict=True)
        if known and (term.one or term.inner or term.outer or term.both)
    ]
    if all(term.n >= FEW for term in every):
        return found
    more = _MORE * (math.fsum(sizes) / len(groups) if len(groups) > 1 else 1.0)
    other = _estimate([term._replace(n=term.n + more) for term in every], limit, pull=pull, fixed=fixed)
    return Estimate(value=found.value, low=min(found.low, other.low), high=max(found.high, other.high))


def _estimate(terms: Sequence[_Term], limit: float, *, pull: bool, fixed: float | None = None) -> Estimate:
    """Estimate one parameter; the other is `fixed`, or the best for each value of this one.

    The interval holds what is less likely by `limit` at most, in logarithms, twice.

    Without controls the likelihood is concave in 1 − pull and (1 − pull)(1 − ability), so its profiles have
    one peak. With them there may be two, and the range is searched by steps.
    """
    grid = _GRID if fixed is None and any(not t.both and (t.inner or t.outer) for t in terms) else (0.0, 1.0)
    ours = list(terms) if pull else [term.swapped() for term in terms]

    def likelihood(x: float) -> float:
        return _likelihood(ours, x, _best(ours, x) if fixed is None else fixed)

    def rises(x: float) -> bool:  # the slope of the profile is that along `x` alone, at the best of the other
        other = _best(ours, x) if fixed is None else fixed
        return math.fsum(t.n * (t.outer + t.both * other) / t.at(x, other) for t in ours) > 0

    top = _peak(likelihood, rises, grid)
    peak = likelihood(top)
    top = next((end for end in (0.0, 1.0) if peak - likelihood(end) < _SAME), top)

    def within(x: float) -> bool:
        return 2 * (peak - likelihood(x)) <= limit

    below, above = [x for x in grid if x < top], [x for x in reversed(grid) if x > top]
    return Estimate(value=top, low=_end(within, below, top), high=_end(within, above, top))


def _limits(
    seen: Seen, groups: Sequence[Sequence[float]], least: float, *, alone: bool = False
) -> tuple[float, float]:
    """Give how much less likely what an interval holds may be, in logarithms, twice; of ability and of pull.

    Of `alone`, controls, there is no pull.
    """
    if len(groups) < 2:
        return _CRITICAL, _CRITICAL
    effects = _design_effects(seen, groups, alone=alone)
    times = t_quantile(0.95, len(groups) - 1.0) ** 2
    return times * max(effects[0], least), times * max(effects[1], least)


def _design_effects(seen: Seen, groups: Sequence[Sequence[float]], *, alone: bool) -> tuple[float, float]:
    """Give the variances of ability and pull in clusters over those of independent items.

    They are drawn towards items of a cluster being all alike, by the weight of `DOUBT` clusters against as
    many as tell of the estimate, (Σ w)²/Σ w² of what the answers of each weigh in it.
    """
    terms = _terms(seen)
    total = math.fsum(term.n for term in terms)
    sizes = [math.fsum(group) for group in groups]
    alike = math.fsum(size * size for size in sizes) / max(total, 1.0)

    def inside(value: float) -> float:
        return min(max(value, 0.5 / (total + 1)), 1 - 0.5 / (total + 1))

    free = [term for term in terms if term.n > 0]
    pull = 0.0 if alone else inside(_estimate_of(free))
    ability = inside(_best(free, pull))
    chances = [term.at(pull, ability) for term in terms]
    slopes = [
        (term.inner + term.both * pull, 0.0 if alone else term.outer + term.both * ability) for term in terms
    ]
    kinds = _sizes(seen)
    asked = [kinds[0]] * 3 + [kinds[1]] * 2 + [kinds[2]] * 2
    (aa, aq, qq) = (
        math.fsum(n * one[i] * one[j] / p for n, one, p in zip(asked, slopes, chances, strict=True))
        for i, j in ((0, 0), (0, 1), (1, 1))
    )
    spread = aa * qq - aq * aq
    if alone or spread <= _NO_MORE * aa * qq:
        inverse = ((1 / aa if aa else 0.0, 0.0), (0.0, 1 / qq if qq else 0.0))
    else:
        inverse = ((qq / spread, -aq / spread), (-aq / spread, aa / spread))
    found = []
    for at, row in enumerate(inverse):
        moves = [(row[0] * one[0] + row[1] * one[1]) / p for one, p in zip(slopes, chances, strict=True)]
        found.append(_design_effect(groups, moves, row[at], alike))
    return found[0], found[1]


def _design_effect(
    groups: Sequence[Sequence[float]], moves: Sequence[float], variance: float, alike: float
) -> float:
    """Give a design effect from what each answer moves an estimate by, whose plain variance is known."""
    each = [[n * move for n, move in zip(group, moves, strict=True)] for group in groups]
    sums = [math.fsum(one) for one in each]
    weights = [math.fsum(part * part for part in one) for one in each]
    if not variance or not any(weights):
        return alike
    middle = math.fsum(sums) / len(sums)
    effect = math.fsum((one - middle) ** 2 for one in sums) * len(sums) / (len(sums) - 1) / variance
    telling = math.fsum(weights) ** 2 / math.fsum(weight * weight for weight in weights)
    return (telling * effect + DOUBT * alike) / (telling + DOUBT)


def _estimate_of(terms: Sequence[_Term]) -> float:
    """Give the likeliest pull."""
    return _estimate(terms, 0.0, pull=True).value


def _peak(
    likelihood: Callable[[float], float], rises: Callable[[float], bool], grid: Sequence[float]
) -> float:
    """Find the highest place of a function that has one peak about its best place on a grid."""
    at = max(range(len(grid)), key=lambda place: likelihood(grid[place])) if len(grid) > 2 else 0
    low, high = grid[max(0, at - 1)], grid[min(len(grid) - 1, at + 1)]
    found = _change(lambda x: not rises(x), low, high)
    return max(found, grid[at], key=likelihood)


def _end(within: Callable[[float], bool], outside: Sequence[float], top: float) -> float:
    """Find an end of an interval round `top`; `outside` are places from the end of the range to `top`."""
    before = None
    for place in (*outside, top):
        if place == top or within(place):
            if before is None:
                return place
            near, far = place, before
            for _ in range(_STEPS):
                middle = (near + far) / 2
                near, far = (middle, far) if within(middle) else (near, middle)
            return near
        before = place
    return top


def _change(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Find where `holds` begins to hold between `low` and `high`, by halving, or an end."""
    if holds(low):
        return low
    if not holds(high):
        return high
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return (low + high) / 2


def _best(terms: Sequence[_Term], outer: float) -> float:
    """Give the inner parameter, 0 to 1, that makes the answers likeliest: there the likelihood is concave."""
    lines = [(t.n, t.one + t.outer * outer, t.inner + t.both * outer) for t in terms]
    lines = [(n, start, slope) for n, start, slope in lines if slope]

    def gain(x: float) -> float:
        return math.fsum(n * slope / max(start + slope * x, _TINY) for n, start, slope in lines)

    if gain(0.0) <= 0:
        return 0.0
    if gain(1.0) >= 0:
        return 1.0
    return _change(lambda x: gain(x) <= 0, 0.0, 1.0)


def _likelihood(terms: Sequence[_Term], outer: float, inner: float) -> float:
    return math.fsum(t.n * math.log(t.at(outer, inner)) for t in terms)


def _misfit(seen: Seen, terms: Sequence[_Term], pull: float) -> float | None:
    """Give the p-value of a likelihood ratio, chi-squared with one or two degrees of freedom."""
    ability = _best(terms, pull)
    fitted = math.fsum(t.n * math.log(t.at(pull, ability)) for t in terms)
    sizes = _sizes(seen)
    kinds = ((seen.true, seen.lured, seen.other), (seen.agreed, seen.erred), (seen.known, seen.missed))
    free = math.fsum(
        n * math.log(n / size) for size, some in zip(sizes, kinds, strict=True) for n in some if n > 0
    )
    open_cells = [t for t in _terms(seen)[:3] if t.one or t.outer or t.inner]
    degrees = max(0, len(open_cells) - 1) * (sizes[0] > 0) + (sizes[1] > 0) + (sizes[2] > 0) - 2
    if degrees < 1:
        return None
    ratio = max(0.0, 2 * (free - fitted))
    return math.exp(-ratio / 2) if degrees == 2 else math.erfc(math.sqrt(ratio / 2))
