"""Two sides' answers to what differs between them: paired by item wherever both answered the same ones."""

import math
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from taskc.analysis.aggregate import FIXED
from taskc.analysis.bootstrap import bootstrap_t
from taskc.analysis.by_item import Answers
from taskc.analysis.intervals import LEVEL, Rate, clustered, grouped, mean
from taskc.analysis.pairs import mcnemar, score_interval, sign_flip
from taskc.analysis.unpaired import count, fisher, newcombe, welch

PARTS = ("all", "conflict", "agree")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a comparison gave; the fields are those of `records.contrast.Contrast`."""

    paired: bool
    n: int
    others: int
    clusters: int
    only: tuple[int, int]
    values: tuple[float, float]
    difference: float
    interval: str
    low: float | None
    high: float | None
    up: int
    down: int
    p: float
    mid_p: float | None
    test: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """The items of one side that have a value, in order."""

    items: tuple[str, ...]
    values: list[float]
    clusters: list[str]
    times: list[int]
    conflict: list[bool]


def metrics_of(answers: Answers) -> tuple[str, ...]:
    """Name all that can be compared: rates, the share of each attribution, and the numbers of scores."""
    lured = ("lured",) if answers.distractors else ()
    shares = dict.fromkeys([*FIXED, *answers.distractors])
    return (
        "accuracy",
        *lured,
        *shares,
        *(name for name in answers.numbers if name not in {*shares, "chance"}),
    )


def is_share(metric: str, answers: Answers) -> bool:
    """Say whether a metric is a share of answers, so that it lies within 0 and 1."""
    return metric in ("accuracy", "lured", *FIXED, *answers.distractors)


def contrast(
    first: Answers, second: Answers, metric: str, part: str = "all", *, level: float = LEVEL
) -> Difference | None:
    """Hold `second` against `first` in one metric; None where either has no item with a value.

    Items that both sides answered are paired; only where there is none are the sides held against each other
    as two samples. `part` are the items on which a distractor predicts another answer than the true task, on
    either side where they are paired, or the others.
    """
    a, b = _side(first, metric), _side(second, metric)
    if a is None or b is None:
        return None
    share = is_share(metric, first)
    places = {item: at for at, item in enumerate(b.items)}
    pairs = [(at, places[item]) for at, item in enumerate(a.items) if item in places]
    if pairs:
        kept = [(i, j) for i, j in pairs if _in(part, a.conflict[i] or b.conflict[j])]
        if not kept:
            return None
        only = (
            _alone(part, a, {i for i, _ in pairs}),
            _alone(part, b, {j for _, j in pairs}),
        )
        return _paired(a, b, kept, only, share=share, level=level)
    return _unpaired(_of_part(a, part), _of_part(b, part), share=share, level=level)


def measures(answers: Answers, metric: str) -> bool:
    """Say whether any item has a value of a metric."""
    return _side(answers, metric) is not None


def shared(first: Answers, second: Answers, metric: str, part: str = "all") -> tuple[int, int]:
    """Count the items of `first` that have a value on both sides, and all that have one on the first."""
    a, b = _side(first, metric), _side(second, metric)
    if a is None:
        return 0, 0
    others = dict(zip(b.items, b.conflict, strict=True)) if b else {}
    wanted = [
        item
        for item, conflict in zip(a.items, a.conflict, strict=True)
        if _in(part, conflict or others.get(item, False))
    ]
    return sum(item in others for item in wanted), len(wanted)


def _side(answers: Answers, metric: str) -> _Side | None:
    """Take the items that have a value."""
    column = column_of(answers, metric)
    if column is None:
        return None
    there = [at for at, value in enumerate(column) if not math.isnan(value)]
    if not there:
        return None
    names = answers.clusters or ("",) * len(answers.items)
    return _Side(
        items=tuple(answers.items[at] for at in there),
        values=[column[at] for at in there],
        clusters=[names[at] for at in there],
        times=[answers.times[at] for at in there],
        conflict=[bool(answers.conflict[at]) for at in there],
    )


def column_of(answers: Answers, metric: str) -> "array[float] | None":
    """Give the values of a metric, an item each; None where it was not measured."""
    if metric == "accuracy":
        return answers.correct
    if metric == "lured":
        return answers.lured if answers.distractors else None
    if is_share(metric, answers):
        found = answers.shares.get(metric)
        return found if found is not None else array("d", bytes(8 * len(answers.items)))
    return answers.numbers.get(metric)


def _in(part: str, conflict: bool) -> bool:
    return part == "all" or conflict == (part == "conflict")


def _alone(part: str, side: _Side, paired: set[int]) -> int:
    return sum(at not in paired and _in(part, conflict) for at, conflict in enumerate(side.conflict))


def _of_part(side: _Side, part: str) -> _Side:
    there = [at for at, conflict in enumerate(side.conflict) if _in(part, conflict)]
    return _Side(
        items=tuple(side.items[at] for at in there),
        values=[side.values[at] for at in there],
        clusters=[side.clusters[at] for at in there],
        times=[side.times[at] for at in there],
        conflict=[side.conflict[at] for at in there],
    )


def _paired(
    a: _Side, b: _Side, pairs: Sequence[tuple[int, int]], only: tuple[int, int], *, share: bool, level: float
) -> Difference:
    before, after = [a.values[i] for i, _ in pairs], [b.values[j] for _, j in pairs]
    clusters = [a.clusters[i] or b.clusters[j] for i, j in pairs]
    differences = [y - x for x, y in zip(before, after, strict=True)]
    sums, sizes = grouped(differences, clusters), _sizes(clusters)
    up, down = sum(value > 1e-12 for value in differences), sum(value < -1e-12 for value in differences)
    answers = sum(min(a.times[i], b.times[j]) for i, j in pairs)
    mid_p: float | None = None
    if share and len(sums) == len(pairs) and all(value in (-1.0, 0.0, 1.0) for value in differences):
        (p, mid_p), test = mcnemar(up, down), "McNemar, exact"
    else:
        p, how = sign_flip(sums)
        test = f"sign flips, {how}"
    low: float | None = None
    high: float | None = None
    if share:
        low, high = score_interval(differences, sums, sizes, answers, level=level)
        interval = "score"
    else:
        found = bootstrap_t(differences, clusters, level=level)
        low, high, interval = (found.low, found.high, found.way) if found else (None, None, "none")
    n = len(pairs)
    return Difference(
        paired=True,
        n=n,
        others=n,
        clusters=len(sums),
        only=only,
        values=(math.fsum(before) / n, math.fsum(after) / n),
        difference=math.fsum(differences) / n,
        low=low,
        high=high,
        interval=interval,
        up=up,
        down=down,
        p=p,
        mid_p=mid_p,
        test=test,
    )


def _unpaired(a: _Side, b: _Side, *, share: bool, level: float) -> Difference | None:
    if not a.items or not b.items:
        return None
    first, second = mean(a.values, a.clusters), mean(b.values, b.clusters)
    groups, others = len(_sizes(a.clusters)), len(_sizes(b.clusters))
    p, interval = welch(first, groups, second, others, level=level)
    test, way = "Welch", "Welch"
    if share:
        interval, way = newcombe(_rate(a, level), _rate(b, level)), "Newcombe"
        hits, more = count(a.values), count(b.values)
        alone = groups == first.n and others == second.n
        if alone and hits is not None and more is not None:
            p, test = fisher(hits, first.n, more, second.n), "Fisher, exact"
    return Difference(
        paired=False,
        n=first.n,
        others=second.n,
        clusters=groups + others,
        only=(0, 0),
        values=(first.value, second.value),
        difference=second.value - first.value,
        low=interval[0] if interval else None,
        high=interval[1] if interval else None,
        interval=way if interval else "none",
        up=0,
        down=0,
        p=p,
        mid_p=None,
        test=test,
    )


def _rate(side: _Side, level: float) -> Rate:
    totals = grouped(side.values, side.clusters)
    return clustered(totals, _sizes(side.clusters), sum(side.times), level=level)


def _sizes(clusters: Iterable[str]) -> list[int]:
    names = list(clusters)
    return [round(size) for size in grouped([1.0] * len(names), names)]
