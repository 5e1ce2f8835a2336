"""A report to its figures: which panels there are, and what is in each."""

import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from taskc.analysis.fold import fold
from taskc.analysis.intervals import Z95, wilson
from taskc.records.curve import Judged
from taskc.records.report import Dot, Measured, PartName, Report, Setting, Trend
from taskc.records.sheet import Area, Column, Kind, Panel, Series, Sheet

TITLE = 29
"""Characters of a line of a panel's title."""
MOST_COLUMNS = 4
"""Regimes beside each other; more go on in a further figure."""
_ENDS = ("other", "unparsed", "refused")


def sheets(report: Report) -> list[Sheet]:
    """Give the figures of a report: one for each task, levels and measure, more where regimes are many.

    Models without a size are on none.
    """
    families = tuple(dict.fromkeys(one.family for one in report.trends))
    groups: dict[tuple[object, ...], list[Measured]] = {}
    for row in report.rows:
        if row.place is not None and row.n:
            key = (row.task, row.setting.levels, row.setting.measure)
            groups.setdefault(key, []).append(row)
    made: list[Sheet] = []
    for rows in groups.values():
        settings = list(dict.fromkeys(row.setting for row in rows))
        for some in _parts(settings):
            made.append(_sheet(report, families, [row for row in rows if row.setting in some], some))
    return _numbered(made)


def curve_sheet(judged: Sequence[Judged], *, axis: str, log: bool) -> Sheet:
    """Give one figure of curves alone: a panel for each task and regime, `MOST_COLUMNS` to a line."""
    families = tuple(dict.fromkeys(one.curve.family for one in judged))
    groups: dict[tuple[str, str], list[Judged]] = {}
    for one in judged:
        groups.setdefault((one.curve.task, one.curve.regime), []).append(one)
    tasks = {task for task, _ in groups}
    apart, shared = _apart([regime for _, regime in groups])
    panels = [
        Panel(
            kind="accuracy",
            title=fold(regime if len(tasks) == 1 else f"{task}: {regime}".removesuffix(": "), TITLE),
            series=tuple(_series(one) for one in some),
        )
        for ((task, _), some), regime in zip(groups.items(), apart, strict=True)
    ]
    heading = next(iter(tasks)) if len(tasks) == 1 else f"{len(tasks)} tasks"
    wide = min(MOST_COLUMNS, len(panels))
    scales = [point.scale for one in judged for point in one.curve.points]
    none = Setting(regime="", measure="")
    return Sheet(
        name="curves",
        task=", ".join(tasks) if len(tasks) == 1 else "",
        title=" · ".join(filter(None, (heading, shared))),
        part="all",
        axis=axis,
        log=log,
        columns=tuple(Column(name="", setting=none, panels=tuple(panels[x::wide])) for x in range(wide)),
        families=families,
        distractors=(),
        scales=(min(scales), max(scales)),
        losses=(0.0, 1.0),
        rows=(),
        lines=max(panel.title.count("\n") + 1 for panel in panels),
    )


def _apart(regimes: Sequence[str]) -> tuple[list[str], str]:
    """Give what tells settings apart, and what they have in common: their parts are parted by commas.

    One setting is told by all of its parts.
    """
    parts = [one.split(", ") for one in regimes]
    shared = (
        [part for part in parts[0] if all(part in some for some in parts)] if len(set(regimes)) > 1 else []
    )
    return [", ".join(part for part in some if part not in shared) for some in parts], ", ".join(shared)


def _series(one: Judged) -> Series:
    dots = []
    for point in one.curve.points:
        rate = wilson(point.value, max(1, round(point.n)))
        dots.append(
            Dot(
                model=point.model,
                name=point.model,
                scale=point.scale,
                value=point.value,
                low=rate.low,
                high=rate.high,
                n=round(point.n),
            )
        )
    return Series(
        family=one.curve.family,
        dots=tuple(dots),
        part="all",
        verdict=one.verdict,
        turning_point=one.turning_point,
    )


def _parts(settings: Sequence[Setting]) -> Iterator[Sequence[Setting]]:
    """Part settings evenly into figures."""
    count = -(-len(settings) // MOST_COLUMNS)
    size = -(-len(settings) // count)
    for start in range(0, len(settings), size):
        yield settings[start : start + size]


def _numbered(made: Iterable[Sheet]) -> list[Sheet]:
    """Give every figure a name of its own."""
    seen: dict[str, int] = {}
    out = []
    for one in made:
        seen[one.name] = seen.get(one.name, 0) + 1
        out.append(replace(one, name=f"{one.name}-{seen[one.name]}") if seen[one.name] > 1 else one)
    return out


def _sheet(
    report: Report, families: tuple[str, ...], rows: Sequence[Measured], settings: Sequence[Setting]
) -> Sheet:
    first = rows[0]
    torn = any(row.conflict.n for row in report.rows if row.task == first.task)
    part: PartName = "conflict" if torn else "all"
    distractors = tuple(dict.fromkeys(name for row in rows for name in row.distractors))
    own = [one for one in families if any(row.place and row.place.family == one for row in rows)]
    trends = [one for one in report.trends if one.task == first.task and one.rate == "accuracy"]
    kinds = _kinds(rows)
    regimes = [one.regime for one in settings]
    columns = []
    for setting in settings:
        name = setting.regime if regimes.count(setting.regime) == 1 else f"{setting.regime}, {setting.how}"
        mine = [row for row in rows if row.setting == setting]
        judged = [one for one in trends if one.setting == setting]
        panels = (
            panel for kind in kinds for panel in _panels(kind, name, mine, judged, part, own, distractors)
        )
        columns.append(Column(name=name, setting=setting, panels=tuple(panels)))
    levels = [f"{factor}={level}" for factor, level in first.setting.levels]
    title = ", ".join([first.task, first.setting.measure, *levels])
    sizes = [row.place.scale for row in rows if row.place]
    losses = [
        dot.high
        for column in columns
        for p in column.panels
        if p.kind == "loss"
        for s in p.series
        for dot in s.dots
    ]
    return Sheet(
        name=re.sub(r"[^A-Za-z0-9._-]+", "-", title).strip("-.")[:120] or "figure",
        task=first.task,
        title=title,
        part=part,
        axis=report.axis,
        log=report.log,
        columns=tuple(columns),
        families=families,
        distractors=distractors,
        scales=(min(sizes), max(sizes)),
        losses=(0.0, max(losses, default=1.0) or 1.0),
        rows=tuple(rows),
    )


def _kinds(rows: Iterable[Measured]) -> list[Kind]:
    kinds: list[Kind] = ["accuracy"]
    if any("loss" in row.numbers for row in rows):
        kinds.append("loss")
    return [*kinds, "attribution"]


def _panels(
    kind: Kind,
    name: str,
    rows: Sequence[Measured],
    trends: Sequence[Trend],
    part: PartName,
    families: Sequence[str],
    distractors: Sequence[str],
) -> Iterator[Panel]:
    if kind == "accuracy":
        chances = {row.chance for row in rows}
        chance = next(iter(chances)) if len(chances) == 1 else None
        series = [*_accuracies(trends, part), *(_accuracies(trends, "agree") if part == "conflict" else ())]
        yield Panel(kind=kind, title=name, series=tuple(series), chance=chance)
    elif kind == "loss":
        lines = (_loss([row for row in rows if _of(row, family)], family) for family in families)
        yield Panel(kind=kind, title=name, series=tuple(line for line in lines if line.dots))
    else:
        for family in families:
            area = _area([row for row in rows if _of(row, family)], part, distractors)
            yield Panel(kind=kind, title=name, area=area, family=family)


def _of(row: Measured, family: str) -> bool:
    return row.place is not None and row.place.family == family


def _accuracies(trends: Iterable[Trend], part: PartName) -> Iterator[Series]:
    for one in trends:
        if one.part == part:
            yield Series(
                family=one.family,
                dots=one.dots,
                part=part,
                beside=not one.main,
                verdict=one.verdict,
                likely=0.0 if one.verdict == "undetermined" else one.probabilities[one.verdict],
                turning_point=one.turning_point if one.main else None,
                fitted=one.fitted,
            )


def _loss(rows: Iterable[Measured], family: str) -> Series:
    """Give the mean loss over all items, with its 95 % interval under the normal law."""
    dots = []
    for row in rows:
        mean = row.numbers.get("loss")
        if mean is not None and row.place is not None:
            far = Z95 * (mean.error or 0.0)
            dots.append(
                Dot(
                    model=row.model,
                    name=row.place.name,
                    scale=row.place.scale,
                    value=mean.value,
                    low=max(0.0, mean.value - far),
                    high=mean.value + far,
                    n=mean.n,
                )
            )
    return Series(family=family, dots=tuple(sorted(dots, key=lambda dot: dot.scale)), part="all")


def _area(rows: Iterable[Measured], part: PartName, distractors: Sequence[str]) -> Area | None:
    """Stack the shares of those whose answers were given; an answer of `both` is the true task's."""
    own = sorted(
        ((row.place.scale, getattr(row, part).shares) for row in rows if row.place and getattr(row, part).n),
        key=lambda pair: pair[0],
    )
    if not own:
        return None
    shares = {"true_task": [one.get("true_task", 0.0) + one.get("both", 0.0) for _, one in own]}
    shares |= {name: [one.get(name, 0.0) for _, one in own] for name in (*distractors, *_ENDS)}
    names = [name for name in shares if name == "true_task" or any(shares[name])]
    return Area(
        scales=tuple(scale for scale, _ in own),
        names=tuple(names),
        shares=tuple(tuple(shares[name]) for name in names),
    )
