"""What a report says in sentences, which are the same on the page, in the terminal and in JSON."""

from collections.abc import Mapping

from msgspec import Struct

from taskc.records.curve import SHAPES, Shape, Turn, Verdict
from taskc.records.report import Dot, PartName, Report, Setting, Shared, Trend
from taskc.records.shown import human, percent

ITEMS: dict[PartName, str] = {"all": "all items", "conflict": "conflict items", "agree": "agree items"}
SIGNS: dict[Verdict, str] = {
    "positive": "↗",
    "inverse": "↘",
    "u_shaped": "∪",
    "inverted_u": "∩",
    "flat": "→",
    "undetermined": "?",
}


class Said(Struct, frozen=True, kw_only=True):
    """One verdict of the summary: of a family, or of all families together (`family` is then empty).

    `sure` is the probability of the verdict, None where it is undetermined. `agree` counts the families that
    share it, of all `families`; None for one family. `sizes` counts those of
    models on the curve: one makes none.
    """

    task: str
    setting: Setting
    family: str
    verdict: Verdict
    sure: float | None
    probabilities: Mapping[Shape, float]
    turning_point: Turn | None
    text: str
    agree: int | None = None
    families: int = 1
    sizes: int


def summary(report: Report) -> list[Said]:
    """Say what each curve of the summary does, family by family, then all families together."""
    out: list[Said] = []
    for key in dict.fromkeys((one.task, one.setting) for one in report.trends if one.main):
        own = [one for one in report.trends if (one.task, one.setting) == key]
        out += [_of_family(one, own) for one in own if one.main]
        out += [_of_all(one, own) for one in report.shared if one.main and (one.task, one.setting) == key]
    return out


def _of_family(one: Trend, beside: list[Trend]) -> Said:
    others = {(t.part, t.rate): t for t in beside if t.family == one.family}
    text = f"accuracy on {ITEMS[one.part]} {_way(one)}"
    if one.part == "conflict":
        between = _stops(one)[1:-1]
        text += _besides(others.get(("conflict", "lured")), "lured", between)
        text += _besides(others.get(("agree", "accuracy")), "right on agree items", between)
    return Said(
        task=one.task,
        setting=one.setting,
        family=one.family,
        verdict=one.verdict,
        sure=sure(one),
        probabilities=one.probabilities,
        turning_point=one.turning_point,
        sizes=len({dot.scale for dot in one.dots}),
        text=f"{text}. {judged(one)}.",
    )


def sure(one: Trend | Shared) -> float | None:
    """Give the probability of a verdict; None where there is none."""
    return None if one.verdict == "undetermined" else one.probabilities[one.verdict]


def judged(one: Trend) -> str:
    """Say the verdict on a curve, how likely it is, and where it turns."""
    if len({dot.scale for dot in one.dots}) < 2:
        return "Models of one size make no curve"
    if one.verdict == "undetermined":
        return f"Verdict: undetermined ({likeliest(one.probabilities)})"
    told = f"Verdict: {one.verdict}, {percent(one.probabilities[one.verdict])} % likely"
    turn = one.turning_point
    if turn is not None:
        told += f"; turns at {human(turn.scale)} (90 % [{human(turn.low)}, {human(turn.high)}])"
    if one.cause is not None and one.verdict == "u_shaped":
        told += f"; {one.cause.told}"
    return told


def likeliest(probabilities: Mapping[Shape, float], least: float = 0.005) -> str:
    """List shapes and their probabilities, the likeliest first; those below `least` are left out."""
    ordered = sorted(SHAPES, key=lambda shape: -probabilities[shape])
    told = (
        f"{shape} {percent(probabilities[shape])} %" for shape in ordered if probabilities[shape] >= least
    )
    return ", ".join(told)


def _way(one: Trend) -> str:
    """Say from where to where a curve goes, by way of its extreme where it turns."""
    told = [f"{percent(dot.value)} % ({dot.name})" for dot in _stops(one)]
    if len(told) == 1:
        return f"is {told[0]}"
    return "goes from " + " through ".join(told[:-1]) + f" to {told[-1]}"


def _stops(one: Trend) -> list[Dot]:
    """Give the first and the last point of a curve, and between them the extreme of one that turns."""
    dots = one.dots
    if len(dots) == 1:
        return [dots[0]]
    stops = [dots[0], dots[-1]]
    if one.verdict in ("u_shaped", "inverted_u") and len(dots) > 2:
        pick = min if one.verdict == "u_shaped" else max
        stops.insert(1, pick(dots[1:-1], key=lambda dot: dot.value))
    return stops


def _besides(one: Trend | None, word: str, between: list[Dot]) -> str:
    """Say another rate of the same models: of the first, of those `between`, of the last."""
    if one is None or not one.dots:
        return ""
    models = {dot.model for dot in between}
    inner = [dot for dot in one.dots[1:-1] if dot.model in models]
    told = [percent(dot.value) for dot in (one.dots[0], *inner, *one.dots[1:][-1:])]
    way = " through ".join(told[:-1]) + f" to {told[-1]}" if len(told) > 1 else told[0]
    return f"; {word} {way} %"


def _of_all(one: Shared, beside: list[Trend]) -> Said:
    if one.verdict == "undetermined":
        text = f"undetermined over {one.families} families ({likeliest(one.probabilities)})."
    else:
        likely = percent(one.probabilities[one.verdict])
        text = f"{one.verdict}, {one.agree} of {one.families} families agree"
        text += f"; {likely} % likely to be what most share"
        if one.one_sided:
            text += f"; {one.one_sided} without models beyond the turn go its way"
        text += "."
    return Said(
        task=one.task,
        setting=one.setting,
        family="",
        verdict=one.verdict,
        sure=sure(one),
        probabilities=one.probabilities,
        turning_point=None,
        text=text,
        sizes=max(len({dot.scale for dot in trend.dots}) for trend in beside),
        agree=one.agree,
        families=one.families,
    )
