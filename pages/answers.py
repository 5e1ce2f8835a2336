"""What a reader asks of a task, answered in order: which shape, where, whether by the distractor, how sure.

All of it is read off the verdicts and points of the report; no number is worked out that is not in it, but
for the items that narrower intervals would take, which is said to be about so many.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from msgspec import Struct

from taskc.pages.words import ITEMS, sure
from taskc.records.curve import SHAPES, TURNING, Verdict
from taskc.records.report import PartName, RateName, Report, Setting, Shared, Trend
from taskc.records.shown import percent

SAFE = 0.95
"""A verdict that is so likely asks for no more models or items."""
_NAMED = 4  # families that are named
_ORDER: tuple[Verdict, ...] = (*SHAPES, "undetermined")
_IS: dict[Verdict, str] = {one: f"is {one}" for one in _ORDER}
_GOES: dict[Verdict, str] = {
    "positive": "rises",
    "inverse": "falls",
    "u_shaped": "falls and rises again",
    "inverted_u": "rises and falls again",
    "flat": "stays level",
    "undetermined": "cannot be told",
}


class _View(Struct, frozen=True):
    """What is said of one setting: the verdict and how likely it is, or who says what if families differ."""

    verdict: Verdict
    likely: float | None
    split: tuple[tuple[Verdict, tuple[str, ...]], ...] = ()


_Views: TypeAlias = Mapping[Setting, _View]


class Answer(Struct, frozen=True, kw_only=True):
    """The answers for one task as it was measured: `asked` is the measure and the levels of factors.

    `shape`: what the curves do, and in which regimes; `distractor`: whether answers go to it; `sure`: what
    the verdicts rest on; `surer`: what would make them likelier.
    """

    task: str
    asked: str
    shape: str
    distractor: str
    sure: str
    surer: str


def asked_of(setting: Setting) -> str:
    """Name a measure with the levels that it was had at."""
    return ", ".join([setting.measure, *(f"{factor}={level}" for factor, level in setting.levels)])


def answers(report: Report) -> list[Answer]:
    """Answer for each task, measure and levels of which the summary has a curve."""
    groups: dict[tuple[str, str], list[Trend]] = {}
    for one in report.trends:
        if one.main:
            groups.setdefault((one.task, asked_of(one.setting)), []).append(one)
    return [_answer(report, task, asked, own) for (task, asked), own in groups.items()]


def _answer(report: Report, task: str, asked: str, own: Sequence[Trend]) -> Answer:
    part = own[0].part
    settings = list(dict.fromkeys(one.setting for one in own))
    names = _names(settings)
    curved = [one for one in own if _sizes(one) > 1]
    views = _views(report, task, part, "accuracy", settings)
    shape = f"Accuracy on {ITEMS[part]} {_goes(views, names, _IS)}."
    alone = "Cannot be told: there are models of one size only, and a curve takes two."
    return Answer(
        task=task,
        asked=asked,
        shape=shape if curved else alone,
        distractor=_distractor(report, task, part, own, names),
        sure=_sure(report, part, own, names),
        surer=_surer(report, own, curved, names),
    )


def _sizes(one: Trend) -> int:
    return len({dot.scale for dot in one.dots})


def _names(settings: Sequence[Setting]) -> dict[Setting, str]:
    """Call settings by their regimes, and by the way where a regime was had in several."""
    regimes = [one.regime for one in settings]
    return {
        one: one.regime if regimes.count(one.regime) == 1 else f"{one.regime} by {one.how}"
        for one in settings
    }


def _views(report: Report, task: str, part: PartName, rate: RateName, settings: Sequence[Setting]) -> _Views:
    """Say for each setting what all families do, or the only one; settings without a curve are left out."""
    trends: dict[Setting, list[Trend]] = {}
    for one in report.trends:
        if (one.task, one.part, one.rate) == (task, part, rate) and _sizes(one) > 1:
            trends.setdefault(one.setting, []).append(one)
    pooled = {
        one.setting: one for one in report.shared if (one.task, one.part, one.rate) == (task, part, rate)
    }
    return {setting: _view(trends[setting], pooled.get(setting)) for setting in settings if setting in trends}


def _view(trends: Sequence[Trend], shared: Shared | None) -> _View:
    if shared is None:
        return _View(trends[0].verdict, sure(trends[0]))
    split: dict[Verdict, list[str]] = {}
    for one in trends:
        split.setdefault(one.verdict, []).append(one.family)
    if shared.agree == shared.families or len(split) == 1:
        return _View(shared.verdict, sure(shared))
    return _View(
        shared.verdict,
        sure(shared),
        tuple((verdict, tuple(split[verdict])) for verdict in _ORDER if verdict in split),
    )


def _goes(views: _Views, names: Mapping[Setting, str], words: Mapping[Verdict, str]) -> str:
    """Put what is said into one sentence: `is inverse in few_shot (97 %) and cot (88 %); is flat in …`."""
    alike: dict[Verdict, list[str]] = {}
    apart: dict[tuple[tuple[Verdict, tuple[str, ...]], ...], list[str]] = {}
    for setting, view in views.items():
        if view.split:
            apart.setdefault(view.split, []).append(names[setting])
        else:
            likely = "" if view.likely is None else f" ({percent(view.likely)} %)"
            alike.setdefault(view.verdict, []).append(names[setting] + likely)
    told = [f"{words[verdict]} in {listed(alike[verdict])}" for verdict in _ORDER if verdict in alike]
    told += [
        f"differs by family in {listed(some)}: it {_by_family(split, words)}" for split, some in apart.items()
    ]
    return "; ".join(told)


def _by_family(split: Iterable[tuple[Verdict, tuple[str, ...]]], words: Mapping[Verdict, str]) -> str:
    return ", ".join(
        f"{words[verdict]} for {listed(some) if len(some) <= _NAMED else f'{len(some)} families'}"
        for verdict, some in split
    )


def listed(names: Sequence[str]) -> str:
    """Put names in a row: `a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _distractor(
    report: Report, task: str, part: PartName, own: Sequence[Trend], names: Mapping[Setting, str]
) -> str:
    if part != "conflict":
        return "No distractor predicts another answer than the true task on any item."
    lured = _goes(_views(report, task, "conflict", "lured", list(names)), names, _GOES)
    agree = _goes(_views(report, task, "agree", "accuracy", list(names)), names, _GOES)
    told = [f"The share of its answers {lured}."] if lured else _of_one_size(report, task, own, names)
    told += [f"Accuracy on agree items {agree}."] if agree else []
    return " ".join([*told, *_causes(own)])


def _of_one_size(report: Report, task: str, own: Sequence[Trend], names: Mapping[Setting, str]) -> list[str]:
    """Say how often the distractor was followed where there is no curve."""
    mains = {(one.setting, one.family) for one in own}
    told = [
        f"{percent(dot.value)} % in {names[one.setting]} ({dot.name})"
        for one in report.trends
        if one.task == task and one.rate == "lured" and (one.setting, one.family) in mains
        for dot in one.dots
    ]
    return [f"The share of its answers is {listed(told)}."] if told else []


def _causes(own: Sequence[Trend]) -> list[str]:
    """Say of how many U-shaped curves the distractor is the explanation."""
    causes = [one.cause for one in own if one.verdict == "u_shaped" and one.cause is not None]
    if not causes:
        return []
    yes = sum(one.verdict == "explained" for one in causes)
    no = sum(one.verdict == "otherwise" for one in causes)
    parts = [f"explains {yes}"] if yes else []
    parts += [f"does not explain {no}"] if no else []
    open_ = len(causes) - yes - no
    parts += [f"may or may not explain {open_}"] if open_ else []
    if len(parts) == 1:
        what = parts[0].rpartition(" ")[0]
        which = "the one U-shaped curve" if len(causes) == 1 else f"any of the {len(causes)} U-shaped curves"
        if yes and len(causes) > 1:
            which = f"all {len(causes)} U-shaped curves"
        return [f"The distractor {what} {which}."]
    return [f"Of {len(causes)} U-shaped curves the distractor {listed(parts)}."]


def _sure(report: Report, part: PartName, own: Sequence[Trend], names: Mapping[Setting, str]) -> str:
    rest = [one for one in own if _sizes(one) > 1] or own
    models = [len(one.dots) for one in rest]
    items = [dot.n for one in rest for dot in one.dots]
    families = list(dict.fromkeys(one.family for one in rest))
    what = "model" if max(models) == 1 else "models"
    many = len(families) > _NAMED
    who = f"in each of {len(families)} families" if many else f"of {listed(families)}"
    told = f"{_range(models)} {what} {who}, {_range(items)} {ITEMS[part]} each"
    told += f"; single intervals reach ±{_reach(rest):.0f} points."
    lone = [one for one in dict.fromkeys(one.family for one in own) if one not in families]
    if lone:
        have = "has" if len(lone) == 1 else "have"
        who = listed(lone) if len(lone) <= _NAMED else f"{len(lone)} families"
        told += f" Of one size only, {who} {have} no curve."
    pooled = [
        f"{one.agree} of {one.families} in {names[one.setting]}"
        for one in report.shared
        if one.main and one.task == own[0].task and one.setting in names and one.verdict != "undetermined"
    ]
    return f"{told} Families that share the likeliest shape: {listed(pooled)}." if pooled else told


def _range(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _reach(own: Iterable[Trend]) -> float:
    """Give half the widest interval of a point, in points."""
    return 50 * max(dot.high - dot.low for one in own for dot in one.dots)


def _surer(
    report: Report, own: Sequence[Trend], curved: Sequence[Trend], names: Mapping[Setting, str]
) -> str:
    open_ = [one for one in curved if (sure(one) or 0.0) < SAFE]
    if curved and not open_:
        return f"Every curve's verdict is {percent(SAFE)} % likely or more."
    needs = []
    sizes = max(_sizes(one) for one in own)
    if sizes == 1:
        needs.append("models of other sizes: two make a slope, and a turn takes three")
    elif sizes == 2:
        needs.append("models of a third size, without which no turn can be seen")
    elif any(one.verdict in (*TURNING, "undetermined") for one in open_):
        needs.append("more sizes, above all about where a curve may turn")
    some = open_ or own
    reach, items = _reach(some), min(dot.n for one in some for dot in one.dots)
    wanted = 100 * report.least
    if wanted and reach > wanted:
        many = items * (reach / wanted) ** 2
        step = 10 ** max(1, math.floor(math.log10(many)) - 1)
        needs.append(
            f"about {math.ceil(many / step) * step:,} items instead of {items:,}, which would bring "
            f"intervals to ±{wanted:.0f} points, the least rise or fall that counts"
        )
    told = "; ".join(needs) if needs else "more items and sizes"
    told = f"{told[0].upper()}{told[1:]}. `taskc power` says how often a design would tell a shape."
    if not open_:
        return told
    where = listed(list(dict.fromkeys(names[one.setting] for one in open_)))
    count = f"{len(open_)} of {len(curved)} curves"
    return f"Below {percent(SAFE)} %: {count}, in {where}. {told}"
