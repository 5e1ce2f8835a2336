"""Curves to verdicts, one by one and for the families of a task together."""

import math
from collections.abc import Iterable, Mapping, Sequence

from taskc.analysis.cause import find_cause
from taskc.analysis.shape import LEAST, PRIOR, evidence, judge, probabilities, sharpen, turning
from taskc.records.curve import SHAPES, TURNING, Curve, Judged, Pooled, Shape, Turn, Verdict

LIKELY = 0.5  # the probability from which a shape is a verdict: likelier than all others together
_CONCENTRATION = 2.0  # of the Dirichlet prior over the shares of shapes among families


def judge_curve(curve: Curve, *, log: bool = True, likely: float = LIKELY, least: float = LEAST) -> Judged:
    """Judge the shape of one curve, on the logarithm of scale or on scale itself.

    A rise or fall of less than `least`, a difference of shares, counts as none.

    Models of one size make no curve: the verdict is `undetermined`, whatever the prior says.
    """
    places = [math.log(point.scale) if log else point.scale for point in curve.points]
    told = evidence(curve.points, places, paired=curve.paired, least=least)
    odds = probabilities(told)
    if several := len(set(places)) > 1:
        odds = sharpen(odds)
    verdict = judge(odds, likely) if several else None
    turn = None
    if verdict in TURNING:
        numbers = turning(places, told[verdict])
        middle, low, high = map(math.exp, numbers) if log else numbers
        turn = Turn(scale=middle, low=low, high=high)
    return Judged(
        curve=curve,
        verdict=verdict or "undetermined",
        probabilities=odds,
        turning_point=turn,
        evidence={shape: odds[shape] / PRIOR[shape] for shape in SHAPES},
        cause=find_cause(curve.answered, places, likely=likely, least=least) if curve.answered else None,
    )


def pool(judged: Sequence[Judged], likely: float = LIKELY) -> list[Pooled]:
    """Judge each task and regime over its families, where there are several; one size is no curve."""
    groups: dict[tuple[str, str], list[Judged]] = {}
    for one in judged:
        if len({point.scale for point in one.curve.points}) < 2:
            continue
        groups.setdefault((one.curve.task, one.curve.regime), []).append(one)
    return [_pooled(*key, group, likely) for key, group in groups.items() if len(group) > 1]


_Counts = tuple[int, ...]  # of families, by shape


def _pooled(task: str, regime: str, group: Sequence[Judged], likely: float) -> Pooled:
    """Weigh all ways to give shapes to the families, whose shares come from one Dirichlet distribution.

    Families with one shape are likelier than families with as many: that is what ties them (Gelman et al.
    2013, Bayesian Data Analysis, 3rd ed., sec. 5.1). The shapes are summed over exactly, by their counts.
    """
    ways = _tied(_ways([one.evidence for one in group]))
    total = math.fsum(ways.values())
    paired = dict.fromkeys(SHAPES, 0.0)
    following = dict.fromkeys(SHAPES, 0.0)
    for counts, weight in ways.items():
        most = [shape for shape, n in zip(SHAPES, counts, strict=True) if n == max(counts)]
        for shape, n in zip(SHAPES, counts, strict=True):
            paired[shape] += weight / total / len(most) if shape in most else 0.0
            alike = (_CONCENTRATION * PRIOR[shape] + n) / (_CONCENTRATION + len(group))
            following[shape] += weight / total * alike
    verdict: Verdict = judge(paired, likely) or "undetermined"
    own = [judge(_in_the_light(number, group), 0.0) for number in range(len(group))]
    return Pooled(
        task=task,
        regime=regime,
        verdict=verdict,
        probabilities=paired,
        next=following,
        agree=own.count(verdict if verdict != "undetermined" else None),
        families=len(group),
        one_sided=_one_sided(verdict, group),
    )


_ARMS: dict[Verdict, tuple[Verdict, Verdict]] = {
    "u_shaped": ("inverse", "positive"),
    "inverted_u": ("positive", "inverse"),
}


def _one_sided(verdict: Verdict, group: Sequence[Judged]) -> int:
    """Count families that go the way of one arm of the verdict's shape, and have no models on the other."""
    turns = [one.turning_point for one in group if one.verdict == verdict and one.turning_point]
    if verdict not in _ARMS or not turns:
        return 0
    before, after = _ARMS[verdict]
    low, high = min(turn.low for turn in turns), max(turn.high for turn in turns)
    count = 0
    for one in group:
        scales = [point.scale for point in one.curve.points]
        count += (one.verdict == before and max(scales) <= high) or (
            one.verdict == after and min(scales) >= low
        )
    return count


def _in_the_light(number: int, group: Sequence[Judged]) -> dict[Shape, float]:
    """Give the probabilities of one family's shapes in the light of what is known of the others."""
    others = _ways([one.evidence for at, one in enumerate(group) if at != number])
    own = {}
    for at, shape in enumerate(SHAPES):
        with_it = {(*c[:at], c[at] + 1, *c[at + 1 :]): weight for c, weight in others.items()}
        own[shape] = group[number].evidence[shape] * math.fsum(_tied(with_it).values())
    total = math.fsum(own.values())
    return {shape: weight / total for shape, weight in own.items()}


def _ways(told: Iterable[Mapping[Shape, float]]) -> dict[_Counts, float]:
    """Give how likely the points are under each way to part families among shapes, by number."""
    ways: dict[_Counts, float] = {(0,) * len(SHAPES): 1.0}
    for one in told:
        largest = max(one.values())
        grown: dict[_Counts, float] = {}
        for counts, weight in ways.items():
            for at, shape in enumerate(SHAPES):
                if one[shape] > 0:
                    more = (*counts[:at], counts[at] + 1, *counts[at + 1 :])
                    grown[more] = grown.get(more, 0.0) + weight * one[shape] / largest
        top = max(grown.values())
        ways = {counts: weight / top for counts, weight in grown.items() if weight > top * 1e-12}
    return ways


def _tied(ways: Mapping[_Counts, float]) -> dict[_Counts, float]:
    """Multiply each way by its prior: that of a Dirichlet-multinomial, but for what all ways share."""
    alphas = [_CONCENTRATION * PRIOR[shape] for shape in SHAPES]
    return {
        counts: weight
        * math.exp(
            math.fsum(math.lgamma(a + n) - math.lgamma(a) for a, n in zip(alphas, counts, strict=True))
        )
        for counts, weight in ways.items()
    }
