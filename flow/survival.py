"""Whether a verdict survives the wording: a curve for each level of a factor, the other factors averaged."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from statistics import fmean

from taskc.analysis.crossed import Crossed
from taskc.analysis.paired import Column, paired_errors
from taskc.analysis.verdict import LIKELY, judge_curve
from taskc.flow.effects import RATES, Asked, Gathered, gather, tell_effects
from taskc.flow.placed import Against, against, place_of
from taskc.flow.selection import BadSelection
from taskc.records.curve import SHAPES, Curve, Judged, Paired, Point
from taskc.records.effects import Survival, Told

SIZES = 3  # the fewest of a family that make a curve with a shape
MODEL, REGIME = "model", "regime"


def tell_all(
    folders: Sequence[Path], asked: Asked, *, ladders: Sequence[str] = (), at: Sequence[str] = ()
) -> Told:
    """Tell all that `taskc effects` tells of some runs. Raises `BuildError` and `BadSelection`."""
    wanted = against(ladders, at)
    gathered = gather(folders, asked)
    if not gathered:
        cure = "name runs in which models answered; `taskc score` makes their scores anew"
        told = "these runs hold no scores"
        if asked.metric != "accuracy":
            told = f"no score has a `{asked.metric}`"
        if asked.part:
            told += f" of {asked.part} items" if asked.part != "all" else ""
            cure = "take another `--part`" if asked.part != "all" else cure
        raise BadSelection(told, cure)
    effects = tell_effects(gathered, asked)
    if asked.metric not in RATES:
        return Told(effects=effects, notes=("verdicts are on shares: `accuracy` or `lured`",))
    survival, notes = tell_survival(gathered, wanted, metric=asked.metric)
    return Told(effects=effects, survival=survival, notes=notes)


def tell_survival(
    gathered: Sequence[Gathered], wanted: Against, *, metric: str, likely: float = LIKELY
) -> tuple[tuple[Survival, ...], tuple[str, ...]]:
    """Judge the curve of each family at each level of each factor; gives also what stands in the way.

    A factor but `model` and `regime` is told for each regime, `regime` over all else. Families of fewer than
    `SIZES` sizes have no curve. A model whose scale nobody knows is left out, which the notes say.
    """
    found: list[Survival] = []
    notes: dict[str, None] = {}
    for one in gathered:
        families = _families(one.crossed, wanted, notes)
        for factor in one.crossed.factors:
            if factor == MODEL:
                continue
            for regime, part in _by_regime(one.crossed, factor):
                for family, scales in families.items():
                    survival = _survival(one, part, factor, (metric, regime, family), scales, likely)
                    if survival is not None:
                        found.append(survival)
    return tuple(found), tuple(notes)


def _families(crossed: Crossed, wanted: Against, notes: dict[str, None]) -> dict[str, dict[str, float]]:
    """Give the families that have sizes enough: the scale of each model."""
    out: dict[str, dict[str, float]] = {}
    models = crossed.levels[crossed.factors.index(MODEL)] if MODEL in crossed.factors else ()
    lost: list[str] = []
    for model in models:
        try:
            place = place_of(model, wanted)
        except BadSelection:
            place = None  # its ladder does not know it along this axis
        if place is None:
            lost.append(f"`{model}`")
            continue
        family, _, scale = place
        if scale <= 0:
            told = f"no verdict on `{model}`: its scale is {scale:g}, and the logarithm is wanted"
            notes[told] = None
            continue
        out.setdefault(family, {})[model] = scale
    if lost:
        told = f"no verdict on {', '.join(lost)}: the scale is not known"
        notes[f"{told}; state it with `--at MODEL=NUMBER`, or name a `--ladder`"] = None
    few = {family: scales for family, scales in out.items() if len(set(scales.values())) < SIZES}
    for family, scales in few.items():
        notes[f"no verdict on `{family}`: {len(set(scales.values()))} of {SIZES} sizes that it takes"] = None
    return {family: scales for family, scales in out.items() if family not in few}


def _by_regime(crossed: Crossed, factor: str) -> Iterator[tuple[str, Crossed]]:
    """Give the answers of each regime, or of all where it is the factor."""
    if factor == REGIME:
        yield "all", crossed
    elif REGIME not in crossed.factors:
        yield crossed.single.get(REGIME, "all"), crossed
    else:
        at = crossed.factors.index(REGIME)
        for number, regime in enumerate(crossed.levels[at]):
            yield regime, crossed.where({at: number})


def _survival(
    one: Gathered,
    part: Crossed,
    factor: str,
    named: tuple[str, str, str],
    scales: Mapping[str, float],
    likely: float,
) -> Survival | None:
    metric, regime, family = named
    at = part.factors.index(factor)
    part = part.alike(at)
    judged: dict[str, Judged] = {}
    for number, level in enumerate(part.levels[at]):
        points, paired = _points(part.where({at: number}), scales)
        if len({point.scale for point in points}) >= SIZES:
            name = f"{regime}, {factor}={level}"
            curve = Curve(task=one.task, regime=name, family=family, points=points, paired=paired)
            judged[level] = judge_curve(curve, likely=likely)
    if len(judged) < 2:
        return None
    verdicts = {level: done.verdict for level, done in judged.items()}
    (usual, agree), *_ = Counter(verdicts.values()).most_common(1)
    odds = {level: dict(done.probabilities) for level, done in judged.items()}
    alike = fmean(sum(p[shape] * q[shape] for shape in SHAPES) for p, q in combinations(odds.values(), 2))
    return Survival(
        task=one.task,
        measure=one.measure,
        metric=metric,
        part=one.part,
        regime=regime,
        family=family,
        factor=factor,
        verdicts=verdicts,
        probabilities={level: {str(shape): p for shape, p in own.items()} for level, own in odds.items()},
        usual=usual,
        agree=agree,
        levels=len(judged),
        alike=alike,
    )


def _points(part: Crossed, scales: Mapping[str, float]) -> tuple[tuple[Point, ...], Paired | None]:
    """Give the point of each model, by scale, and how their errors hang together as items are the same."""
    at = part.factors.index(MODEL)
    found = []
    for number, model in enumerate(part.levels[at]):
        if model in scales:
            items, means, clusters = part.where({at: number}).means()
            if items:
                point = Point(model=model, scale=scales[model], value=fmean(means), n=len(items))
                found.append((point, Column(items=items, values=means, clusters=clusters)))
    found.sort(key=lambda pair: pair[0].scale)
    paired = paired_errors([column for _, column in found]) if len(found) > 1 else None
    return tuple(point for point, _ in found), paired
