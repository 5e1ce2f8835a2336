"""Simulated curves of known shape to what verdicts make of them: confusion matrix and calibration."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from msgspec import Struct

from taskc.analysis.intervals import wilson
from taskc.analysis.paired import paired_errors_of
from taskc.analysis.paths import OutOfReach, Paths, Reach, draw_heights
from taskc.analysis.simulate import Bools, design_of, right_answers
from taskc.analysis.verdict import LIKELY, judge_curve
from taskc.records.curve import SHAPES, Curve, Judged, Point, Shape, Verdict
from taskc.records.simulated import SPREAD, Asked, Subject
from taskc.records.trial import Bin, Calibration, Share, Told

MARGIN = 0.05  # a drawn curve keeps so far from the least and the most that models can give
BINS = 10
_CURVE = 1 << 20  # seeds of one curve's draws, apart from those of others


class Drawn(Struct, frozen=True, kw_only=True):
    """A simulated curve: its true shape, and what it was judged to be."""

    shape: Shape
    judged: Judged


def draw_curves(
    shape: Shape,
    asked: Sequence[Asked],
    scales: Sequence[float],
    effect: float,
    *,
    repeats: int,
    seed: int,
    spread: float = SPREAD,
    scatter: float = 0.0,
    likely: float = LIKELY,
) -> Iterator[Drawn]:
    """Draw curves of a shape, each with models, items' difficulties and luck of its own, and judge them.

    `asked` are the items that are judged. Models lie off their curve by normal deviations of `scatter`, a
    share. The places of steps and turns, and of the curve as a whole, are
    random. Raises `OutOfReach`, and `ValueError` where so few models cannot show the shape.
    """
    reach = Reach(shape, len(scales), asked)
    design = design_of(asked)
    for number in range(repeats):
        own = (seed * _CURVE + number) * len(SHAPES) + SHAPES.index(shape)
        chance = np.random.default_rng(own)
        above = draw_heights(shape, len(scales), effect, chance)
        place = float(chance.uniform())
        paths = reach.paths(above, place, MARGIN, scatter * chance.standard_normal(len(scales)))
        right = right_answers(design, _subjects(paths, spread, own))
        yield Drawn(shape=shape, judged=judge_curve(_curve(right, scales), likely=likely))


def possible(shape: Shape, asked: Sequence[Asked], models: int, effect: float) -> bool:
    """Say whether so many models can show a shape with such an effect on these items."""
    try:
        draw = np.random.default_rng(0)
        Reach(shape, models, asked).paths(draw_heights(shape, models, effect, draw))
    except (OutOfReach, ValueError):
        return False
    return True


def tell(drawn: Iterable[Drawn]) -> tuple[Told, ...]:
    """Count what curves were told to be, by their true shape."""
    counts: dict[Shape, Counter[Verdict]] = {}
    for one in drawn:
        counts.setdefault(one.shape, Counter())[one.judged.verdict] += 1
    verdicts: tuple[Verdict, ...] = (*SHAPES, "undetermined")
    return tuple(
        Told(
            shape=shape,
            verdicts={verdict: counts[shape][verdict] for verdict in verdicts},
            right=_share(counts[shape][shape], counts[shape].total()),
        )
        for shape in SHAPES
        if shape in counts
    )


def false_u(told: Iterable[Told]) -> Share | None:
    """Give the share of flat and monotone curves that were told to be U-shaped; None where there are none."""
    rows = [one for one in told if one.shape in ("flat", "positive", "inverse")]
    n = sum(one.right.n for one in rows)
    return _share(sum(one.verdicts["u_shaped"] for one in rows), n) if n else None


def calibrate(drawn: Sequence[Drawn], *, likeliest: bool = False) -> Calibration:
    """Hold probabilities of curves against whether the curve had that shape, in `BINS` alike bins.

    All five of each curve count (classwise, as in Kull et al. 2019, arXiv:1910.12656), or the `likeliest`
    alone (Guo et al. 2017, arXiv:1706.04599, sec. 2). The shapes are drawn alike often. Empty bins are left
    out.
    """
    pairs = [
        (one.judged.probabilities[shape], one.shape == shape)
        for one in drawn
        for shape in ([_likeliest(one.judged)] if likeliest else SHAPES)
    ]
    said, so = np.array([p for p, _ in pairs]), np.array([true for _, true in pairs])
    place = np.minimum((said * BINS).astype(int), BINS - 1)
    bins = []
    for at in range(BINS):
        inside = place == at
        n = int(inside.sum())
        if n:
            share = _share(int(so[inside].sum()), n)
            mean = float(said[inside].mean())
            bins.append(Bin(low=at / BINS, high=(at + 1) / BINS, n=n, said=mean, so=share))
    apart = sum(one.n * abs(one.said - one.so.value) for one in bins)
    return Calibration(bins=tuple(bins), error=apart / max(1, len(said)))


def _likeliest(judged: Judged) -> Shape:
    return max(SHAPES, key=lambda shape: judged.probabilities[shape])


def _subjects(paths: Paths, spread: float, seed: int) -> list[Subject]:
    return [
        Subject(name=str(at), ability=ability, pull=pull, spread=spread, seed=seed)
        for at, (ability, pull) in enumerate(zip(paths.abilities, paths.pulls, strict=True))
    ]


def _curve(right: Bools, scales: Sequence[float]) -> Curve:
    """Give the curve of models (rows) that answered the same items (columns)."""
    n = right.shape[1]
    points = tuple(
        Point(model=str(at), scale=scale, value=float(value), n=n)
        for at, (value, scale) in enumerate(zip(right.mean(axis=1), scales, strict=True))
    )
    return Curve(task="", regime="", family="", points=points, paired=paired_errors_of(right))


def _share(count: int, n: int) -> Share:
    rate = wilson(count / n, n)
    return Share(n=n, value=rate.value, low=rate.low, high=rate.high)
