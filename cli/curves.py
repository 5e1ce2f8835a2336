"""`taskc curves`: the shape of curves against scale."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from taskc.cli import group, options
from taskc.cli.terminal import coloured, echo, echo_json, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskc.flow.curves import Verdicts
    from taskc.flow.points import Read
    from taskc.records.curve import Cause, Curve, Judged, Shape


_USUAL = ("parameters", "all", "accuracy")  # of what is put against what


@click.command("curves")
@options.runs
@options.points
@options.sizes_or_levels
@options.part
@click.option(
    "--rate",
    type=click.Choice(["accuracy", "lured"]),
    default="accuracy",
    show_default=True,
    help="the share of right answers, or of those that follow a distractor",
)
@options.chosen_results
@options.axis
@options.likely
@click.option("--draw", is_flag=True, help="draw each curve in the terminal, too")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="write a picture of the curves, .svg or .png",
)
@options.least
@options.form
def command(
    runs: tuple[Path, ...],
    points: Path | None,
    ladders: tuple[str, ...],
    scale: Any,
    along: str,
    at: tuple[str, ...],
    part: Any,
    rate: Any,
    mix_measures: bool,
    models: tuple[str, ...],
    select: tuple[str, ...],
    subtasks: bool,
    axis: str,
    likely: float,
    least: float,
    draw: bool,
    output: Path | None,
    form: str,
) -> None:
    """Judge the shape of curves: positive, inverse, U-shaped, inverted U, flat, or undetermined.

    RUN is a folder that `taskc eval` made, or one that holds some; `runs` without one. Ladders give the sizes
    of models. Or, with --points, FILE is .csv, .tsv, .jsonl, .json or .parquet, a row for each model. `value`
    is a share of right answers, 0 to 1, over `n` items. A curve is one task, regime and family.
    """
    with group.translated():
        from taskc.flow.curve_picture import check_picture, write_picture
        from taskc.flow.curves import judge_curves
        from taskc.flow.only import Only
        from taskc.flow.placed import against, check_logarithms
        from taskc.flow.points import read_points
        from taskc.flow.run_curves import narrow_curves, run_curves
        from taskc.flow.selection import BadSelection, parse_selection

        named, more = group.parted([str(run) for run in runs])
        of_runs = ladders or at or along or mix_measures or subtasks or (scale, part, rate) != _USUAL
        named = check_source(named, points, of_runs=bool(of_runs))
        if output is not None:
            check_picture(output)
        only = Only(wanted=parse_selection((*select, *more), None), models=models, subtasks=subtasks)
        log = axis == "log"
        if points:
            read = narrow_curves(read_points(points, log=log), only)
        else:
            wanted = against(ladders, at, scale, part, rate, mix=mix_measures)
            read = run_curves([Path(run) for run in named], wanted, only, along=along)
            if not read.curves:
                told = "there are no points in these runs"
                raise BadSelection(told, "select rows with items, or another `--part` or `--rate`")
            if log:
                check_logarithms(read.curves)
        verdicts = judge_curves(read, log=log, likely=likely, least=least, workers=os.cpu_count() or 1)
    stop_if_wrong(verdicts.read)
    if form == "json":
        echo_json(_plain(verdicts))
    else:
        print_verdicts(verdicts, draw=draw, log=log)
    for note in verdicts.read.notes:
        group.tell("note", "yellow", note)
    if output is not None:
        with group.translated():
            write_picture(verdicts, output, axis=scale, log=log)
        echo(f"picture: {output}", err=True)


def check_source(named: tuple[str, ...], points: Path | None, *, of_runs: bool) -> tuple[str, ...]:
    """Give the runs that curves come from, `runs` where no table and none is named; raises `UsageError`."""
    if bool(points) == bool(named) and (named or not Path("runs").is_dir()):
        raise click.UsageError("name runs that `taskc eval` made, or a table with --points FILE")
    if points and of_runs:
        raise click.UsageError(
            "a table has its scales and values: what says how to make them of runs goes with runs only"
        )
    return named or ("runs",)


def stop_if_wrong(read: "Read") -> None:
    """Draw what is wrong with a file of points and exit, if something is."""
    from taskc.grammar.show import show

    for finding in read.found:
        echo(show(finding, read.sources, colour=coloured(sys.stderr)) + "\n", err=True, styled=True)
    if read.found:
        sys.exit(group.FOUND_ERRORS)


def plain_curve(curve: "Curve") -> dict[str, Any]:
    """Give a curve as plain values: what it is of, and its points with what else their rows said."""
    points = [
        {
            "model": p.model,
            "scale": p.scale,
            "value": p.value,
            "n": int(p.n) if p.n == int(p.n) else p.n,
            **p.more,
        }
        for p in curve.points
    ]
    return {"task": curve.task, "regime": curve.regime, "family": curve.family, "points": points}


def _plain(verdicts: "Verdicts") -> dict[str, Any]:
    from msgspec.structs import asdict

    return {
        "likely": verdicts.likely,
        "least": verdicts.least,
        "curves": [_plain_judged(one) for one in verdicts.judged],
        "pooled": [asdict(one) for one in verdicts.pooled],
        "notes": list(verdicts.read.notes),
    }


def _plain_judged(one: "Judged") -> dict[str, Any]:
    from msgspec.structs import asdict

    curve = plain_curve(one.curve)
    turn = one.turning_point
    return {
        **{name: curve[name] for name in ("task", "regime", "family")},
        "verdict": one.verdict,
        "probabilities": dict(one.probabilities),
        "turning_point": asdict(turn) if turn else None,
        "paired": one.curve.paired.units if one.curve.paired else None,
        "cause": asdict(one.cause) if one.cause else None,
        "points": curve["points"],
    }


def print_verdicts(verdicts: "Verdicts", *, draw: bool = False, log: bool = True) -> None:
    """Print each curve, drawn too with `draw`, then a line for each task that several families were asked."""
    from taskc.flow.curve_picture import sketch

    for one in verdicts.judged:
        name = one_line(" · ".join((one.curve.task, one.curve.regime, one.curve.family)))
        values = " ".join(f"{point.value:.0%}" for point in one.curve.points)
        counts = list(dict.fromkeys(f"{point.n:,.0f}" for point in one.curve.points))
        same = len(counts) == 1
        alike = "the same for all models" if one.curve.paired else ""
        note = alike if same else "not the same ones"
        values += f" of {', '.join(counts)} items" + f", {note}" * bool(note)
        likely = sorted(one.probabilities.items(), key=lambda pair: -pair[1])
        told = ", ".join(f"{shape} {p:.0%}" for shape, p in likely if p >= 0.005)
        if len({point.scale for point in one.curve.points}) == 1:
            told = "models of one size make no curve"
        turn = one.turning_point
        where = f"; turns at {turn.scale:.3g} (90 % [{turn.low:.3g}, {turn.high:.3g}])" if turn else ""
        echo(f"{name}: {one.verdict}\n  {values}\n  {told}{where}")
        if one.cause and one.verdict == "u_shaped":
            echo(f"  {_why(one.cause)}")
        if draw:
            echo("".join(f"  {line}\n" for line in sketch(one.curve, log=log)), nl=False)
    for pooled in verdicts.pooled:
        if pooled.verdict == "undetermined":
            told = f"undetermined over {pooled.families} families"
        else:
            sure = pooled.probabilities[pooled.verdict]
            told = f"{pooled.verdict}, {pooled.agree} of {pooled.families} agree"
            told += f"; {sure:.0%} likely to be what most share"
            if pooled.one_sided:
                told += f"; {pooled.one_sided} without models beyond the turn go its way"
        echo(one_line(f"{pooled.task} · {pooled.regime}, all families: {told}"))


def _why(cause: "Cause") -> str:
    """Say whether a distractor explains a U, and by what."""
    best = {name: max(odds, key=lambda shape: odds[shape]) for name, odds in _both(cause).items()}
    parts = [f"{name} {best[name]} {odds[best[name]]:.0%}" for name, odds in _both(cause).items()]
    return f"{cause.told}; likeliest: {', '.join(parts)}"


def _both(cause: "Cause") -> "dict[str, Mapping[Shape, float]]":
    return {"ability": cause.ability, "pull": cause.pull}
