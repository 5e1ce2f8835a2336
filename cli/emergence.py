"""`taskc emergence`: whether scores rise steadily with scale, or at once."""

import json
from pathlib import Path

import click

from taskc.cli import group
from taskc.cli.curves import plain_curve, stop_if_wrong


@click.command("emergence")
@click.option(
    "--points",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="a table with the columns task, regime, family, model, scale, value, n",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(points: Path, form: str) -> None:
    """Measure linearity and breakthroughness of curves, as BIG-bench defines them.

    Breakthroughness is not defined where half the steps or more are 0; the stable variant, which reckons with
    the luck of the items, always is.
    """
    with group.translated():
        from taskc.flow.curves import emerge_points

        read, found = emerge_points(points)
    stop_if_wrong(read)
    if form == "json":
        told = [
            {
                **plain_curve(one.curve),
                "linearity": one.linearity,
                "breakthroughness": one.breakthroughness,
                "stable_breakthroughness": one.stable_breakthroughness,
            }
            for one in found
        ]
        click.echo(json.dumps({"curves": told}, ensure_ascii=False, indent=1))
        return
    for one in found:
        name = " · ".join((one.curve.task, one.curve.regime, one.curve.family))
        numbers = (one.linearity, one.breakthroughness, one.stable_breakthroughness)
        said = ("not defined" if number is None else f"{number:.2f}" for number in numbers)
        linearity, breakthrough, stable = said
        click.echo(f"{name}: linearity {linearity}, breakthroughness {breakthrough}, stable {stable}")
