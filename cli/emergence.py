"""`taskc emergence`: whether scores rise steadily with scale, or at once."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from taskc.cli import group, options
from taskc.cli.curves import check_source, plain_curve, stop_if_wrong
from taskc.cli.terminal import echo, echo_json, one_line

if TYPE_CHECKING:
    from taskc.flow.emergence import Told
    from taskc.records.emergence import Break, Composed, Decomposed, Emerged


@click.command("emergence")
@options.runs
@options.points
@click.option(
    "--continuous",
    multiple=True,
    metavar="NAME",
    help="a metric that moves by degrees, such as loss, or a column of the table; repeatable",
)
@options.sizes_or_levels
@options.chosen_results
@options.axis
@options.likely
@options.form
def command(
    runs: tuple[Path, ...],
    points: Path | None,
    continuous: tuple[str, ...],
    ladders: tuple[str, ...],
    scale: Any,
    along: str,
    at: tuple[str, ...],
    mix_measures: bool,
    models: tuple[str, ...],
    select: tuple[str, ...],
    subtasks: bool,
    axis: str,
    likely: float,
    form: str,
) -> None:
    """Measure linearity and breakthroughness of curves, find breaks, and hold them against smooth metrics.

    RUN is a folder that `taskc eval` made, or one that holds some, `runs` without one; or curves come from a
    table with --points. Breakthroughness is not defined where half the steps or more are 0; the stable
    variant, which reckons with the luck of the items, is wherever there are two scales.
    """
    with group.translated():
        from taskc.flow.emergence import Sought, emerge_runs, emerge_table
        from taskc.flow.only import Only
        from taskc.flow.placed import against
        from taskc.flow.selection import parse_selection

        named, more = group.parted([str(run) for run in runs])
        of_runs = ladders or at or along or mix_measures or subtasks or scale != "parameters"
        named = check_source(named, points, of_runs=bool(of_runs))
        only = Only(wanted=parse_selection((*select, *more), None), models=models, subtasks=subtasks)
        sought = Sought(log=axis == "log", likely=likely, continuous=continuous)
        if points:
            told = emerge_table(points, sought, only)
        else:
            wanted = against(ladders, at, scale, mix=mix_measures)
            told = emerge_runs([Path(run) for run in named], wanted, sought, along=along, only=only)
    stop_if_wrong(told.read)
    if form == "json":
        echo_json(_plain(told))
        return
    for one in told.curves:
        _print(one)
    for task in told.decomposed:
        _print_parts(task)
    for note in told.notes:
        group.tell("note", "cyan", note)


def _plain(told: "Told") -> dict[str, Any]:
    from msgspec import to_builtins

    curves = [
        {
            **plain_curve(one.emergence.curve),
            "linearity": one.emergence.linearity,
            "breakthroughness": one.emergence.breakthroughness,
            "stable_breakthroughness": one.emergence.stable_breakthroughness,
            "break": to_builtins(one.broken),
            "mirages": to_builtins(one.mirages),
        }
        for one in told.curves
    ]
    return {"curves": curves, "decomposed": to_builtins(told.decomposed)}


def _print(one: "Emerged") -> None:
    curve = one.emergence.curve
    name = one_line(" · ".join((curve.task, curve.regime, curve.family)))
    found = one.emergence
    numbers = (found.linearity, found.breakthroughness, found.stable_breakthroughness)
    linearity, breakthrough, stable = (
        "not defined" if number is None else f"{number:.2f}" for number in numbers
    )
    echo(f"{name}: linearity {linearity}, breakthroughness {breakthrough}, stable {stable}")
    echo(f"  {_break(one.broken)}")
    for mirage in one.mirages:
        if mirage.outcome != "no jump":
            echo(f"  {mirage.says}")


def _break(broken: "Break") -> str:
    """Say whether a curve breaks, where, and how sure that is."""
    if broken.probabilities is None:
        return f"cannot tell whether it breaks: {broken.why}"
    likely = sorted(broken.probabilities.items(), key=lambda pair: -pair[1])
    odds = ", ".join(f"{kind} {p:.0%}" for kind, p in likely if p >= 0.005)
    if broken.scale is None or broken.low is None or broken.high is None:
        return f"{broken.found} ({odds})"
    if broken.found == "jump":
        return f"jump between {broken.low:.3g} and {broken.high:.3g} ({odds})"
    return f"bend at {broken.scale:.3g}, 90 % [{broken.low:.3g}, {broken.high:.3g}] ({odds})"


def _print_parts(task: "Decomposed") -> None:
    from taskc.records.shown import short_names

    echo(f"{one_line(' · '.join((task.task, task.regime, task.family)))}, whole and parts: {task.says}")
    names = short_names(point.model for point in task.points)
    for point in task.points:
        echo(f"  {one_line(_point(point, names[point.model]))}")


def _point(point: "Composed", name: str) -> str:
    parts = ", ".join(f"{name} {value:.0%}" for name, value in point.parts.items())
    product = f"product {point.product:.0%} [{point.product_low:.0%}, {point.product_high:.0%}]"
    apart = ""
    if point.difference is not None and point.low is not None and point.high is not None:
        apart = (
            f", difference {100 * point.difference:+.0f} [{100 * point.low:+.0f}, {100 * point.high:+.0f}]"
        )
    return f"{name}: whole {point.whole:.0%}, {product}{apart} of {parts}"
