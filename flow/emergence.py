"""Runs and tables to how abilities come: by a break or not, in one metric and another, whole and in parts."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from taskc.analysis.breaks import break_of_means, break_of_shares
from taskc.analysis.composed import Part, compose
from taskc.analysis.emergence import emergence
from taskc.analysis.intervals import Mean
from taskc.flow.only import Only
from taskc.flow.placed import Against, Placed
from taskc.flow.points import Read, read_points
from taskc.flow.run_curves import curves_of, found_runs, narrow_curves, place_rows, read_rows
from taskc.flow.selection import BadSelection
from taskc.metrics import METRICS
from taskc.records.curve import Curve
from taskc.records.emergence import Break, Decomposed, Emerged, Mirage, Outcome, Values

_BESIDE = ("outside", "label_mass")  # move by degrees, and are not about the answer


class Sought(Struct, frozen=True, kw_only=True):
    """What is sought: on which axis, how likely a break must be, and in which metrics that move by degrees.

    Without `continuous` these are all that the rows of runs have; of a table they are columns, and none.
    """

    log: bool = True
    likely: float = 0.5
    continuous: tuple[str, ...] = ()


class Told(Struct, frozen=True, kw_only=True):
    """What was read, each curve, and each task beside its subtasks. `notes` say what is lacking."""

    read: Read
    curves: tuple[Emerged, ...] = ()
    decomposed: tuple[Decomposed, ...] = ()
    notes: tuple[str, ...] = ()


def emerge_table(path: Path, sought: Sought, only: Only | None = None) -> Told:
    """Tell of every curve of a file of points; without curves where something in the file is wrong.

    Raises `BadSelection` for a column that there is not, or that holds no numbers, and for a name that no
    curve has.
    """
    read = narrow_curves(read_points(path, log=sought.log), only or Only())
    curves = tuple(
        _emerged(curve, [_column(curve, name) for name in sought.continuous], sought) for curve in read.curves
    )
    return Told(read=read, curves=curves, decomposed=tuple(_decomposed(read.curves)))


def emerge_runs(
    folders: Sequence[Path], wanted: Against, sought: Sought, *, along: str = "", only: Only | None = None
) -> Told:
    """Tell of every curve of runs, or of folders of runs. Raises as `run_curves`."""
    only = only or Only()
    runs = found_runs(folders)
    placed = place_rows(read_rows(runs, only), wanted, along, only)
    known = {name: None for one in placed for name in one.row.numbers}
    for name in sought.continuous:
        if name not in known:
            told = ", ".join(f"`{one}`" for one in known) or "none"
            raise BadSelection(f"no row has a number `{name}`", f"there are {told}")
    names = sought.continuous or tuple(name for name in known if _by_degrees(name))
    notes = () if names else ("no metric moves by degrees here: ask for some with `taskc score --metric`",)
    rows: dict[tuple[str, str, str], list[Placed]] = {}
    for one in placed:
        if one.row.all.accuracy is not None and one.row.all.n:
            rows.setdefault(one.curve, []).append(one)
    curves = curves_of(placed, wanted, {})
    emerged = tuple(
        _emerged(curve, list(_numbers(rows[curve.task, curve.regime, curve.family], names)), sought)
        for curve in curves
    )
    apart = replace(only, subtasks=True)
    parts = curves_of(place_rows(read_rows(runs, apart), wanted, along, apart), wanted, {})
    return Told(read=Read(curves=curves), curves=emerged, decomposed=tuple(_decomposed(parts)), notes=notes)


def _emerged(curve: Curve, others: Sequence[Values], sought: Sought) -> Emerged:
    scales = [point.scale for point in curve.points]
    values, counts = [point.value for point in curve.points], [point.n for point in curve.points]
    broken = break_of_shares(scales, values, counts, log=sought.log, likely=sought.likely)
    mirages = tuple(_mirage(broken, one, sought) for one in others if len(one.scales) == len(scales))
    return Emerged(emergence=emergence(curve), broken=broken, mirages=mirages)


def _mirage(broken: Break, other: Values, sought: Sought) -> Mirage:
    """Hold a break of right answers against the same answers under a metric that moves by degrees."""
    found = break_of_means(other.scales, other.values, other.errors, log=sought.log, likely=sought.likely)
    outcome, says = _outcome(broken, found, other.metric)
    return Mirage(metric=other.metric, outcome=outcome, continuous=found, says=says, values=other)


def _outcome(broken: Break, found: Break, metric: str) -> tuple[Outcome, str]:
    """Say whether a break survives, in a sentence (after Schaeffer et al. 2023, arXiv:2304.15004)."""
    if broken.found not in ("jump", "bend") or broken.low is None or broken.high is None:
        told = "rises steadily" if broken.found == "steady" else "has no break that can be told"
        return "no jump", f"the share of right answers {told}: there is nothing to hold `{metric}` against"
    where = f"a {broken.found} between {broken.low:.3g} and {broken.high:.3g}"
    if found.found == "undetermined" or found.probabilities is None:
        return "cannot tell", f"{where}: whether it is there in `{metric}` cannot be told"
    if found.found == "steady":
        sure = f"{found.probabilities['steady']:.0%}"
        return (
            "does not survive",
            f"{where} does not survive: `{metric}` of the same answers moves steadily ({sure})",
        )
    assert found.low is not None and found.high is not None
    there = f"`{metric}` of the same answers has a {found.found} between {found.low:.3g} and {found.high:.3g}"
    if found.low <= broken.high and broken.low <= found.high:
        return "survives", f"{where} survives: {there}"
    return "does not survive", f"{where} does not survive: {there}, which is elsewhere"


def _by_degrees(name: str) -> bool:
    metric = METRICS.get(name)
    if metric is None or name in _BESIDE:
        return False
    return metric.continuous and metric.better != "neither" and metric.of in ("options", "reply")


def _numbers(placed: Sequence[Placed], names: Sequence[str]) -> Iterator[Values]:
    """Give the means of each metric that all rows have, in rising order of scale."""
    ordered = sorted(placed, key=lambda one: one.scale)
    for name in names:
        found = [one.row.numbers.get(name) for one in ordered]
        means = [mean for mean in found if isinstance(mean, Mean)]
        if len(means) == len(ordered):
            yield Values(
                metric=name,
                scales=tuple(one.scale for one in ordered),
                values=tuple(mean.value for mean in means),
                errors=tuple(mean.error for mean in means),
            )


def _column(curve: Curve, name: str) -> Values:
    """Give a further column of a table as numbers."""
    values = []
    for point in curve.points:
        if name not in point.more:
            told = ", ".join(f"`{one}`" for one in point.more) or "none"
            raise BadSelection(f"the table has no column `{name}`", f"columns beyond the seven: {told}")
        try:
            values.append(float(point.more[name]))
        except ValueError:
            told = f"`{name}` of `{point.model}` is “{point.more[name][:40]}”, which is no number"
            raise BadSelection(told, "give a number for every model") from None
    scales = tuple(point.scale for point in curve.points)
    return Values(metric=name, scales=scales, values=tuple(values), errors=(None,) * len(values))


def _decomposed(curves: Sequence[Curve]) -> Iterator[Decomposed]:
    """Give each task that was asked in two subtasks or more, in one regime and family."""
    groups: dict[tuple[str, str, str], dict[str, Curve]] = {}
    for curve in curves:
        whole, _, part = curve.task.partition(".")
        groups.setdefault((whole, curve.regime, curve.family), {})[part] = curve
    for (task, regime, family), named in groups.items():
        own = named.pop("", None)
        if len(named) < 2:
            continue
        points = {
            name: {one.model: one for one in curve.points} for name, curve in (*named.items(), *_own(own))
        }
        models = [
            model for model in next(iter(points.values())) if all(model in some for some in points.values())
        ]
        composed = []
        for model in models:
            parts = {name: Part(value=points[name][model].value, n=points[name][model].n) for name in named}
            n = sum(part.n for part in parts.values())
            mean = Part(value=sum(part.value * part.n for part in parts.values()) / n, n=n)
            whole_part = Part(value=points[""][model].value, n=points[""][model].n) if own else mean
            scale = points[next(iter(named))][model].scale
            composed.append(compose(model, scale, whole_part, parts, own=own is not None))
        agree = [
            one
            for one in composed
            if one.low is not None and one.high is not None and one.low <= 0 <= one.high
        ]
        told = "its score is the mean of its parts: it has no items of its own"
        if own:
            told = f"whole and product agree for {len(agree)} of {len(composed)} models"
        yield Decomposed(
            task=task,
            regime=regime,
            family=family,
            points=tuple(composed),
            agree=len(agree) if own else None,
            says=told,
        )


def _own(own: Curve | None) -> tuple[tuple[str, Curve], ...]:
    return (("", own),) if own else ()
