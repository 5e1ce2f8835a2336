"""`taskc curves`: the shape of curves against scale."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from taskc.cli import group, options
from taskc.cli.terminal import coloured

if TYPE_CHECKING:
    from taskc.flow.curves import Verdicts
    from taskc.flow.points import Read
    from taskc.records.curve import Curve, Judged


_USUAL = ("parameters", "all", "accuracy")  # of what is put against what


@click.command("curves")
@click.argument("runs", nargs=-1, type=click.Path(path_type=Path), metavar="[RUN]...")
@click.option(
    "--points",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="a table with the columns task, regime, family, model, scale, value, n, instead of runs",
)
@click.option(
    "--ladder",
    "ladders",
    multiple=True,
    metavar="NAME",
    help="a family of models, or a .toml file; repeatable",
)
@click.option(
    "--scale",
    type=click.Choice(["parameters", "tokens", "flops"]),
    default="parameters",
    show_default=True,
    help="which size of a model a curve is drawn against",
)
@click.option(
    "--along",
    default="",
    metavar="FACTOR",
    help="a factor, or `regime`, whose levels are the scale: shots_0, shots_5; each model is a family",
)
@click.option(
    "--at", multiple=True, metavar="NAME=SCALE", help="the scale of one model, or level; repeatable"
)
@click.option(
    "--part",
    type=click.Choice(["all", "conflict", "agree"]),
    default="all",
    show_default=True,
    help="which items: those on which a distractor predicts another answer, or the others",
)
@click.option(
    "--rate",
    type=click.Choice(["accuracy", "lured"]),
    default="accuracy",
    show_default=True,
    help="the share of right answers, or of those that follow a distractor",
)
@options.mix_measures
@click.option(
    "--axis",
    type=click.Choice(["log", "linear"]),
    default="log",
    show_default=True,
    help="what the curve is drawn against: the logarithm of scale, or scale itself",
)
@click.option(
    "--likely",
    type=group.Positive(1),
    default=0.5,
    show_default=True,
    metavar="P",
    help="the probability from which a shape is the verdict",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
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
    axis: str,
    likely: float,
    form: str,
) -> None:
    """Judge the shape of curves: positive, inverse, U-shaped, inverted U, flat, or undetermined.

    RUN is a folder that `taskc eval` made, or one that holds some; ladders give the sizes of models. Or, with
    --points, FILE is .csv, .tsv, .jsonl, .json or .parquet, a row for each model. `value` is a share of right
    answers, 0 to 1, over `n` items. A curve is one task, regime and family.
    """
    with group.translated():
        from taskc.flow.curves import judge_curves, judge_points
        from taskc.flow.points import Read
        from taskc.flow.run_curves import against, check_logarithms, run_curves

        if bool(points) == bool(runs):
            raise click.UsageError("name runs that `taskc eval` made, or a table with --points FILE")
        if points and (ladders or at or along or mix_measures or (scale, part, rate) != _USUAL):
            raise click.UsageError(
                "a table has its scales and values: --points goes with --axis and --likely only"
            )
        if points:
            verdicts = judge_points(points, log=axis == "log", likely=likely)
        else:
            wanted = against(ladders, at, scale, part, rate, along=along, mix=mix_measures)
            made = run_curves(runs, wanted)
            if axis == "log":
                check_logarithms(made)
            verdicts = judge_curves(Read(curves=made), log=axis == "log", likely=likely)
    stop_if_wrong(verdicts.read)
    if form == "json":
        click.echo(json.dumps(_plain(verdicts), ensure_ascii=False, indent=1))
    else:
        print_verdicts(verdicts)


def stop_if_wrong(read: "Read") -> None:
    """Draw what is wrong with a file of points and exit, if something is."""
    from taskc.grammar.show import show

    for finding in read.found:
        click.echo(show(finding, read.sources, colour=coloured(sys.stderr)) + "\n", err=True, color=True)
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
        "curves": [_plain_judged(one) for one in verdicts.judged],
        "pooled": [asdict(one) for one in verdicts.pooled],
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
        "points": curve["points"],
    }


def print_verdicts(verdicts: "Verdicts") -> None:
    """Print a line for each curve, then one for each task that several families were asked."""
    for one in verdicts.judged:
        name = " · ".join((one.curve.task, one.curve.regime, one.curve.family))
        values = " ".join(f"{point.value:.0%}" for point in one.curve.points)
        counts = list(dict.fromkeys(f"{point.n:,.0f}" for point in one.curve.points))
        same = len(counts) == 1
        values += f" of {counts[0]} items" if same else f" of {', '.join(counts)} items, not the same ones"
        likely = sorted(one.probabilities.items(), key=lambda pair: -pair[1])
        told = ", ".join(f"{shape} {p:.0%}" for shape, p in likely if p >= 0.005)
        turn = one.turning_point
        where = f"; turns at {turn.scale:.3g} (90 %: {turn.low:.3g} to {turn.high:.3g})" if turn else ""
        click.echo(f"{name}: {one.verdict}\n  {values}\n  {told}{where}")
    for pooled in verdicts.pooled:
        if pooled.verdict == "undetermined":
            told = f"undetermined over {pooled.families} families"
        else:
            sure = pooled.probabilities[pooled.verdict]
            told = f"{pooled.verdict}, {pooled.agree} of {pooled.families} agree"
            told += f"; {sure:.0%} likely to be what most share"
        click.echo(f"{pooled.task} · {pooled.regime}, all families: {told}")
