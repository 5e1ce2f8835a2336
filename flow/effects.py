"""`taskc effects`: runs to what was varied in them and what it did to a score."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import msgspec

from taskc.analysis.aggregate import FIXED
from taskc.analysis.crossed import Crossed, Crossing
from taskc.analysis.effects import CELLS, FEWEST, levels, shares
from taskc.analysis.position import Shown, place_bias
from taskc.analysis.wordings import averaged
from taskc.flow.build_folder import BuildError, open_build
from taskc.flow.evaluate import read_run
from taskc.flow.kinds import Kinds, key_of
from taskc.flow.run_items import SCORES, lines_of, runs_in
from taskc.flow.selection import BadSelection
from taskc.records.effects import Averaged, Effects, Kind, PlaceBias, Share

ORDER = "order"  # the factor that moves options
WORDING = "wording"  # the factor that is taken for a sample of wordings unless others are named
RATES = ("accuracy", "lured")
_OWN = ("item", "model", "regime", "rest", "luck")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is wanted: of which score, and which factors stand for many more wordings.

    `metric` is `accuracy`, `lured` (over conflict items), or the name of a number of the scores. `part` says
    of which items; without, it is of those in conflict where a task has such and others, as in the summary of
    a report. Subtasks are taken together unless they are wanted apart. With `mix`, answers that were had in
    different ways may stand in one cell. With `reml`, what belongs to items is fitted by restricted maximum
    likelihood.
    """

    metric: str = "accuracy"
    part: Kind | None = None
    wordings: tuple[str, ...] = ()
    subtasks: bool = False
    mix: bool = False
    reml: bool = False


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """The answers of one task and measure, crossed, and what of them is known besides."""

    task: str
    measure: str
    part: Kind
    crossed: Crossed
    bound: bool
    ways: Mapping[str, tuple[str, ...]]
    shown: Mapping[tuple[str, str], Sequence[Shown]]
    unplaced: str


class _Line(msgspec.Struct, gc=False):
    """What is read of a line of `scores.jsonl`."""

    task: str
    item: str
    regime: str
    measure: str
    model: str
    request: str
    lowering: str
    target: str
    given: str | None
    attribution: str
    correct: bool
    conflict: bool
    levels: dict[str, str] = {}
    numbers: dict[str, float] = {}
    cluster: str = ""


class _Options(NamedTuple):
    """The options of a request in the order shown: their texts, and how a reply says them."""

    texts: tuple[str, ...]
    written: tuple[str, ...]


class _Heap:
    """What is gathered of one task and measure."""

    def __init__(self, part: Kind) -> None:
        self.part = part
        self.crossing = Crossing()
        self.bound = False
        self.valued = False
        self.cells: dict[tuple[tuple[str, str], ...], tuple[str, Path]] = {}
        self.ways: dict[str, dict[str, None]] = {}
        self.shown: dict[tuple[str, str], list[Shown]] = {}


def gather(folders: Sequence[Path], asked: Asked) -> list[Gathered]:
    """Read the scores of runs, or of all runs in folders of runs, and cross them by task and measure.

    Raises `BuildError` for what is no run, and `BadSelection` for a number that no score has, for one model
    that was asked the same in two of the runs, and for cells that were had in two ways.
    """
    heaps: dict[tuple[str, str], _Heap] = {}
    known: dict[str, None] = {}
    unplaced = ""
    runs = {run.resolve(): run for folder in folders for run in runs_in(folder)}.values()
    kinds = Kinds(runs, asked.part, subtasks=asked.subtasks)
    for run in runs:
        options, why = _options(run)
        unplaced = unplaced or why
        for line in lines_of(_Line, run / SCORES):
            known.update(dict.fromkeys(line.numbers))
            key = key_of(line.task, line.measure, subtasks=asked.subtasks)
            heap = heaps.setdefault(key, _Heap(kinds.part(key)))
            if kinds.takes(heap.part, key, (line.task, line.item)):
                _add(heap, line, run, options, asked)
    if asked.metric not in (*RATES, *known):
        told = ", ".join(f"`{name}`" for name in (*RATES, *known))
        raise BadSelection(f"no score has a number `{asked.metric}`", f"there are {told}")
    return [
        Gathered(
            task=task,
            measure=measure,
            part=heap.part,
            crossed=heap.crossing.cross(),
            bound=heap.bound,
            ways={way: tuple(models) for way, models in heap.ways.items()},
            shown=heap.shown,
            unplaced=unplaced,
        )
        for (task, measure), heap in heaps.items()
        if heap.valued
    ]


def tell_effects(found: Sequence[Gathered], asked: Asked) -> tuple[Effects, ...]:
    """Tell what was varied, and what it did; raises `BadSelection` for wordings that were not varied."""
    named = {name for one in found for name in one.crossed.factors}
    strange = [name for name in asked.wordings if name not in named]
    if strange:
        told = ", ".join(f"`{name}`" for name in sorted(named)) or "nothing"
        raise BadSelection(f"`{strange[0]}` was not varied in these runs", f"varied were {told}")
    return tuple(_effects(one, asked) for one in found)


def _effects(one: Gathered, asked: Asked) -> Effects:
    crossed, rate = one.crossed, asked.metric in RATES
    notes: list[str] = []
    base = Effects(
        task=one.task,
        measure=one.measure,
        metric=asked.metric,
        part=one.part,
        items=len(crossed.items),
        answers=int(crossed.times.sum()),
        cells=len(crossed.cells),
        possible=crossed.possible,
    )
    if len(one.ways) > 1:
        parts = "; ".join(f"{way} ({', '.join(of)})" for way, of in one.ways.items())
        notes.append(f"answers were had in different ways, and differences may be due to that: {parts}")
    if not crossed.factors:
        notes.append("nothing was varied: one model, one regime, one combination of levels")
        return msgspec.structs.replace(base, notes=tuple(notes))
    if len(crossed.cells) > CELLS or crossed.possible > CELLS:
        notes.append(f"{crossed.possible:,} combinations are too many to part, {CELLS:,} can be")
        return msgspec.structs.replace(base, notes=tuple(notes))
    parted, untold = _shares(crossed, asked, notes)
    notes += _about_design(crossed, untold)
    places = tuple(_places(one, notes))
    wordings = asked.wordings or tuple(name for name in crossed.factors if name == WORDING)
    return msgspec.structs.replace(
        base,
        shares=parted,
        factors=levels(crossed, rate=rate),
        averaged=tuple(_averaged(crossed, wordings, rate, notes)),
        places=places,
        notes=tuple(notes),
    )


def _shares(
    crossed: Crossed, asked: Asked, notes: list[str]
) -> tuple[tuple[Share, ...], tuple[tuple[str, ...], ...]]:
    """Share out the variance, and give what cannot be told; says where there is none to share out."""
    if int((crossed.times > 0).sum(axis=0).max()) < 2:  # no variance over items in any cell
        why = "of one item" if len(crossed.items) == 1 else "where no combination has two items"
        notes.append(f"shares of variance cannot be told {why}")
        return (), ()
    parted, untold = shares(crossed, _by_likelihood(crossed, notes) if asked.reml else None)
    if not any(share.share for share in parted):
        notes.append("all answers are alike: there is no variance to share out")
        return (), untold
    if not asked.reml and all(share.low is None for share in parted):
        notes.append(f"shares have no intervals: these take {FEWEST} items, or clusters of items, or more")
    return parted, untold


def _by_likelihood(crossed: Crossed, notes: list[str]) -> dict[tuple[str, ...], float] | None:
    """Fit what belongs to items; None, with the reason, where that cannot be done."""
    from taskc.analysis.mixed import NotFitted, reml

    try:
        return reml(crossed)
    except ImportError:
        told = "restricted maximum likelihood needs statsmodels"
        raise BadSelection(told, "pip install statsmodels, or leave `--reml` out") from None
    except NotFitted as problem:
        notes.append(f"no shares by restricted maximum likelihood: {problem}; those are by mean squares")
        return None


def _about_design(crossed: Crossed, untold: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Say what the design leaves open."""
    lacking = int((crossed.times == 0).sum())
    if len(crossed.cells) < crossed.possible:
        yield (
            f"{len(crossed.cells)} of {crossed.possible} combinations were asked; the others are reckoned "
            "from the effects that can be told"
        )
    elif lacking:
        yield f"{lacking:,} of {crossed.times.size:,} combinations of item and levels have no answer"
    levels = [" × ".join(one) for one in untold if one[0] != "item"]
    items = [" × ".join(one) for one in untold if one[0] == "item"]
    if levels:
        yield f"cannot tell, and taken for none: {', '.join(levels)}"
    if items:
        yield f"cannot tell from the rest: {', '.join(items)}"


def _averaged(crossed: Crossed, over: Sequence[str], rate: bool, notes: list[str]) -> Iterator[Averaged]:
    """Average each model in each regime over wordings."""
    if not over:
        notes.append(
            "no interval includes the wording: no factor `wording` was varied, and none was named "
            "with `--wording`"
        )
    for name in over:
        if name not in crossed.factors:
            continue
        for model, regime, part in _alone(crossed, name):
            found = averaged(part, name, model=model, regime=regime, rate=rate)
            if found is None:
                notes.append(f"no item of {model}, {regime} has an answer at every level of `{name}`")
            else:
                yield found


def _alone(crossed: Crossed, over: str) -> Iterator[tuple[str, str, Crossed]]:
    """Give the answers of each model in each regime; all regimes together where the average is over these."""
    own = [name for name in ("model", "regime") if name in crossed.factors and name != over]
    columns = [crossed.factors.index(name) for name in own]
    seen = list(dict.fromkeys(map(tuple, crossed.cells[:, columns].tolist())))
    for chosen in seen:
        named = {
            name: crossed.levels[column][level]
            for name, column, level in zip(own, columns, chosen, strict=True)
        }
        given = dict(crossed.single)
        model = named.get("model", given.get("model", "all models"))
        regime = named.get("regime", given.get("regime", "all regimes"))
        yield model, regime, crossed.where(dict(zip(columns, chosen, strict=True)))


def _places(one: Gathered, notes: list[str]) -> Iterator[PlaceBias]:
    """Estimate the pull of places where options were moved, and say why where not."""
    if ORDER not in one.crossed.factors:
        if one.bound:
            notes.append(
                "the pull of places cannot be told: the order of options was not varied (`vary order`)"
            )
        return
    if one.unplaced:
        notes.append(f"the pull of places cannot be told: {one.unplaced}")
        return
    apart = False
    for (model, regime), shown in one.shown.items():
        found = place_bias(shown, model=model, regime=regime)
        if not found.places:
            apart = True
            found = place_bias((replace(each, group="") for each in shown), model=model, regime=regime)
        if found.places:
            yield found
    if apart:
        notes.append("orders of one item differ in other factors too, which the design evens out over items")


def _add(heap: _Heap, line: _Line, run: Path, options: Mapping[str, _Options], asked: Asked) -> None:
    levels = tuple((f"factor {name}" if name in _OWN else name, level) for name, level in line.levels.items())
    cell = (("model", line.model), ("regime", line.regime), *levels)
    way = "" if asked.mix else line.lowering
    before, where = heap.cells.setdefault((*cell, ("", line.task)), (way, run))
    if where != run:
        told = f"`{line.model}` was asked `{line.task}`, {line.regime}, in `{where}` and in `{run}`"
        raise BadSelection(told, "name runs in which each model was asked once")
    if before != way:
        told = f"answers of `{line.model}` to `{line.task}`, {line.regime}, were had in two ways"
        raise BadSelection(f"{told}: {before}, {way}", "put them together with `--mix-measures`")
    heap.ways.setdefault(line.lowering, {})[line.model] = None
    heap.bound = heap.bound or "chance" in line.numbers
    cluster = f"{line.task} {line.cluster}" if line.cluster else ""
    value = _value(line, asked.metric)
    if value is not None:
        heap.valued = True
        heap.crossing.add(f"{line.task} {line.item}", cell, value, cluster)
    if (known := options.get(line.request)) is not None:
        group = " ".join(f"{name}={level}" for name, level in levels if name != ORDER)
        heap.shown.setdefault((line.model, line.regime), []).append(
            Shown(
                item=f"{line.task} {line.item}",
                group=group,
                options=known.texts,
                given=_index(line.given, known.written),
                truth=_index(line.target, known.written),
                cluster=cluster,
            )
        )


def _value(line: _Line, metric: str) -> float | None:
    """Give the score that is wanted; None where this answer has none."""
    if metric == "accuracy":
        return float(line.correct)
    if metric == "lured":
        return float(line.attribution not in FIXED) if line.conflict else None
    return line.numbers.get(metric)


def _index(text: str | None, written: Sequence[str]) -> int | None:
    return written.index(text) if text in written else None


def _options(run: Path) -> tuple[dict[str, _Options], str]:
    """Give the options of requests where their order is varied, by request, or why they cannot be had."""
    record = read_run(run)
    try:
        manifest, requests = open_build(run / record.build)
    except BuildError as problem:
        return {}, f"the build is needed for it, and {problem}"
    if manifest.requests_sha256 != record.requests_sha256:
        return {}, f"`{record.build}` is not the build that was asked"
    if not any(ORDER in task.factors for task in manifest.tasks):
        return {}, ""
    same: dict[_Options, _Options] = {}
    out = {}
    for one in requests():
        if ORDER in one.levels and one.stage == "answer":
            made = _Options(tuple(o.text for o in one.options), tuple(o.written for o in one.options))
            out[one.id] = same.setdefault(made, made)
    return out, ""
