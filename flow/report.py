"""`taskc report`: runs to one `Report`, which is then written in several forms."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from taskc import __version__
from taskc.analysis import lure
from taskc.analysis import row as aggregate
from taskc.analysis.band import fitted
from taskc.analysis.intervals import Rate, wilson
from taskc.analysis.shape import LEAST
from taskc.analysis.telling import item_lines, telling
from taskc.analysis.verdict import LIKELY, judge_curve, pool
from taskc.flow.effects import Asked, tell_effects
from taskc.flow.effects import gather as gather_effects
from taskc.flow.evaluate import read_run
from taskc.flow.only import Only
from taskc.flow.paired import Items, sorted_out, unlike
from taskc.flow.placed import GIVEN, Against, by_size, check_stated, place_of, regime_of
from taskc.flow.report_contrasts import comparisons_of
from taskc.flow.report_items import exhibits_of
from taskc.flow.report_runs import Builds, run_of
from taskc.flow.run_curves import curves_of, found_runs, read_rows
from taskc.flow.run_items import read_items
from taskc.flow.selection import BadSelection
from taskc.flow.side_by_side import side_by_side
from taskc.flow.survival import tell_survival
from taskc.records.curve import Curve, Fitted, Judged
from taskc.records.effects import Told
from taskc.records.plan import Lowering
from taskc.records.report import (
    PARTS,
    Average,
    Dot,
    Estimate,
    ItemLine,
    Measured,
    Part,
    PartName,
    Place,
    RateName,
    Report,
    RungOf,
    Setting,
    Share,
    Shared,
    Trend,
)

EACH = 3  # telling items of a kind that a task has
MOST = 60  # telling items in all
_PACKAGES = ("numpy", "matplotlib", "jinja2")


class Wish(Struct, frozen=True, kw_only=True):
    """What is to be told, of which part of the runs, and how curves are judged.

    `each` is how many telling items of a kind are shown for a task. Of `against`, part and rate are not used.
    `workers` is how many processes may judge curves, see `side_by_side`.
    """

    against: Against
    only: Only = Only()
    log: bool = True
    likely: float = LIKELY
    least: float = LEAST
    each: int = EACH
    workers: int = 1


def gather(folders: Sequence[Path], wish: Wish) -> Report:
    """Read runs, or folders of runs, and tell all that can be told of them.

    Models on no ladder are told of, and stand on no curve. Raises `BuildError`, `BadSelection` and
    `StoreError`.
    """
    runs = found_runs(folders)
    records = {run: read_run(run) for run in runs}
    builds = Builds(records)
    order = cache(builds.place)
    rows = [row for row in read_rows(runs, wish.only) if row.n or row.missing]
    rows.sort(key=lambda row: order(row.task, row.regime))
    _check_once(rows, wish.against.mix)
    models = list(dict.fromkeys(row.model for row in rows))
    if not wish.only.narrow:
        check_stated(models, wish.against)
    places = {model: place for model in models if (place := place_of(model, wish.against))}
    settings = {regime_of(row, mix=wish.against.mix): _setting(row, wish.against.mix) for row in rows}
    torn = {row.task for row in rows if row.conflict.n}
    main: dict[str, PartName] = {row.task: "conflict" if row.task in torn else "all" for row in rows}
    scales = {model: scale for model, (_, _, scale) in places.items()}
    answers = [
        one
        for one in read_items(runs, mix=wish.against.mix)
        if wish.only.takes(one.task, one.regime, dict(one.levels), one.model, one.measure)
    ]
    answers.sort(key=lambda one: order(one.task, one.regime))
    by_row = sorted_out(answers)
    trends, shared = _judged(rows, wish, settings, main, by_row)
    cut = unlike(rows, by_row, mix=wish.against.mix)
    comparisons, apart = comparisons_of(answers, places, main, subtasks=wish.only.subtasks)
    items = tuple(item_lines(answers, scales, mix=wish.against.mix))
    del answers, by_row
    shown = telling(items, _each(items, wish.each))
    exhibits, silent = exhibits_of(shown, records, builds, scales, wish.only)
    effects, untold = _effects(runs, rows, wish)
    lost = [f"`{model}` is on no ladder and stands on no curve" for model in models if model not in places]
    return Report(
        taskc=__version__,
        axis=wish.against.axis,
        log=wish.log,
        likely=wish.likely,
        least=wish.least,
        rows=tuple(_measured(row, places, wish.against.mix) for row in rows),
        trends=trends,
        shared=shared,
        items=items,
        exhibits=exhibits,
        plan=tuple(_lowerings((one.lowerings for one in records.values()), wish.only)),
        runs=tuple(run_of(run.name, record) for run, record in records.items()),
        builds=builds.told(),
        rungs=tuple(_rung(model, wish.against) for model in places),
        comparisons=comparisons,
        effects=effects,
        versions={name: version(name) for name in _PACKAGES},
        notes=(*lost, *cut, *silent, *apart, *untold),
    )


def _effects(
    runs: Sequence[Path], rows: Sequence[aggregate.Row], wish: Wish
) -> tuple[Told | None, tuple[str, ...]]:
    """Tell what was varied and what it did, where a factor was; gives also why it is not told."""
    if not any(row.levels for row in rows):
        return None, ()
    if wish.only.narrow:
        return None, ("effects are told of whole runs only: `taskc effects`",)
    asked = Asked(subtasks=wish.only.subtasks, mix=wish.against.mix)
    found = gather_effects(runs, asked)
    survival, notes = tell_survival(found, wish.against, metric=asked.metric, likely=wish.likely)
    return Told(effects=tell_effects(found, asked), survival=survival, notes=notes), ()


def _check_once(rows: Iterable[aggregate.Row], mix: bool) -> None:
    """See that no model was asked the same in two runs; raises `BadSelection`."""
    seen: set[tuple[str, str, str]] = set()
    for row in rows:
        key = (row.task, regime_of(row, mix=mix), row.model)
        if key in seen:
            told = f"`{row.model}` was asked `{row.task}`, {key[1]}, in two of these runs"
            raise BadSelection(told, "name runs in which each model was asked once")
        seen.add(key)


def _each(items: Iterable[ItemLine], wanted: int) -> int:
    """Give how many items of a kind a task may show, so that all tasks together stay within `MOST`."""
    tasks = len({one.task.partition(".")[0] for one in items})
    return min(wanted, max(1, MOST // (3 * max(1, tasks)))) if wanted else 0


def _setting(row: aggregate.Row, mix: bool) -> Setting:
    how = "" if mix else row.lowering
    return Setting(regime=row.regime, levels=tuple(row.levels.items()), measure=row.measure, how=how)


def _measured(row: aggregate.Row, places: Mapping[str, tuple[str, str, float]], mix: bool) -> Measured:
    place = places.get(row.model)
    numbers = {name: Average(value=one.value, error=one.error, n=one.n) for name, one in row.numbers.items()}
    return Measured(
        task=row.task,
        setting=_setting(row, mix),
        model=row.model,
        place=Place(family=place[0], name=place[1], scale=place[2]) if place else None,
        n=row.n,
        missing=row.missing,
        chance=row.chance,
        distractors=row.distractors,
        all=_part(row.all),
        conflict=_part(row.conflict),
        agree=_part(row.agree),
        numbers=numbers,
        ability=_estimate(row.attribution.ability) if row.attribution else None,
        pull=_estimate(row.attribution.pull) if row.attribution else None,
    )


def _estimate(one: lure.Estimate | None) -> Estimate | None:
    return Estimate(value=one.value, low=one.low, high=one.high) if one else None


def _part(part: aggregate.Part) -> Part:
    return Part(
        n=part.n,
        accuracy=_share(part.accuracy),
        lured=_share(part.lured),
        shares=part.rates,
        counts=part.counts,
    )


def _share(rate: Rate | None) -> Share | None:
    return Share(value=rate.value, low=rate.low, high=rate.high, n=rate.n) if rate else None


def _judged(
    rows: Sequence[aggregate.Row],
    wish: Wish,
    settings: Mapping[str, Setting],
    main: Mapping[str, PartName],
    answers: Items,
) -> tuple[tuple[Trend, ...], tuple[Shared, ...]]:
    """Judge the curves of every part and rate that there is, those that matter most first."""
    trends: list[Trend] = []
    shared: list[Shared] = []
    names = {row.model: place[1] for row in rows if (place := place_of(row.model, wish.against))}
    placed = by_size(rows, wish.against)
    kinds = list(_kinds(rows))
    curves: list[tuple[int, Curve]] = []
    for at, (part, rate) in enumerate(kinds):
        # where some items are in conflict, a curve of all of them mixes two and is not judged
        some = placed if part != "all" else [one for one in placed if main[one.task] == "all"]
        made = curves_of(some, replace(wish.against, part=part, rate=rate), answers)
        # only what the summary is about is asked for its cause, which takes long
        curves += [
            (at, one if rate == "accuracy" and main[one.task] == part else replace(one, answered=None))
            for one in made
        ]
    judge = partial(_look, log=wish.log, likely=wish.likely, least=wish.least)
    firsts = [(one, kinds[at][1] == "accuracy" and main[one.task] == kinds[at][0]) for at, one in curves]
    verdicts = side_by_side(judge, firsts, workers=wish.workers, least=40)
    for at, (part, rate) in enumerate(kinds):
        judged = [one for (place, _), one in zip(curves, verdicts, strict=True) if place == at]
        for one, band in judged:
            first = rate == "accuracy" and main[one.curve.task] == part
            trends.append(_trend(one, settings[one.curve.regime], part, rate, first, names, band))
        for pooled in pool([one for one, _ in judged], wish.likely):
            shared.append(
                Shared(
                    task=pooled.task,
                    setting=settings[pooled.regime],
                    part=part,
                    rate=rate,
                    main=rate == "accuracy" and main[pooled.task] == part,
                    verdict=pooled.verdict,
                    probabilities=pooled.probabilities,
                    next=pooled.next,
                    agree=pooled.agree,
                    one_sided=pooled.one_sided,
                    families=pooled.families,
                )
            )
    order = list(dict.fromkeys((row.task, _setting(row, wish.against.mix)) for row in rows))
    places = {key: at for at, key in enumerate(order)}
    trends.sort(key=lambda one: (places[one.task, one.setting], not one.main))
    shared.sort(key=lambda one: (places[one.task, one.setting], not one.main))
    return tuple(trends), tuple(shared)


def _look(
    one: tuple[Curve, bool], *, log: bool, likely: float, least: float
) -> tuple[Judged, tuple[Fitted, ...]]:
    """Judge a curve, and say where it may run if it is one that the summary is about."""
    curve, first = one
    band = fitted(curve, log=log, least=least) if first else ()
    return judge_curve(curve, log=log, likely=likely, least=least), band


def _kinds(rows: Sequence[aggregate.Row]) -> Iterator[tuple[PartName, RateName]]:
    """Give the parts and rates that tell something: where nothing parts the items, `all` is all."""
    for part in PARTS:
        if any(getattr(row, part).n for row in rows):
            yield part, "accuracy"
    if any(row.conflict.n for row in rows):
        yield "conflict", "lured"


def _trend(
    one: Judged,
    setting: Setting,
    part: PartName,
    rate: RateName,
    main: bool,
    names: Mapping[str, str],
    band: tuple[Fitted, ...],
) -> Trend:
    return Trend(
        task=one.curve.task,
        setting=setting,
        family=one.curve.family,
        part=part,
        rate=rate,
        main=main,
        dots=tuple(_dots(one.curve, names)),
        verdict=one.verdict,
        probabilities=one.probabilities,
        turning_point=one.turning_point,
        cause=one.cause if main else None,
        fitted=band,
    )


def _dots(curve: Curve, names: Mapping[str, str]) -> Iterator[Dot]:
    """Give the points with their intervals, which are those of the rows: Wilson's."""
    for point in curve.points:
        rate = wilson(point.value, int(point.n))
        yield Dot(
            model=point.model,
            name=names[point.model],
            scale=point.scale,
            value=point.value,
            low=rate.low,
            high=rate.high,
            n=rate.n,
        )


def _lowerings(runs: Iterable[Sequence[Lowering]], only: Only) -> Iterator[Lowering]:
    for lowerings in runs:
        yield from (one for one in lowerings if only.takes(one.task, one.regime, {}, one.model))


def _rung(model: str, against: Against) -> RungOf:
    place = place_of(model, against)
    assert place is not None
    family, name, scale = place
    if family == GIVEN:
        return RungOf(model=model, ladder=GIVEN, name=name, scale=scale, source="stated")
    rung = next(found for one in against.ladders if (found := one.find(model)))
    return RungOf(
        model=model,
        ladder=family,
        name=name,
        scale=scale,
        parameters=rung.parameters,
        tokens=rung.tokens,
        released=rung.released,
        source=rung.source,
    )
