"""`taskc power`: how often the verdict on a curve would be right, before anybody is asked."""

import sys
from pathlib import Path
from typing import Any

import click

from taskc.cli import group, options, results
from taskc.cli.terminal import echo
from taskc.cli.trials import print_tried

MOST_ITEMS = 100_000  # fewer show whatever there is to see, and more fill the memory


@click.command("power")
@click.argument("build", nargs=-1, metavar="[BUILD]")
@click.option(
    "--models",
    type=group.Numbers(1, whole=True),
    default="5",
    show_default=True,
    metavar="N,…",
    help="how many models make a curve",
)
@click.option(
    "--items",
    type=group.Numbers(1, MOST_ITEMS, whole=True),
    metavar="N,…",
    help="how many items they are asked, of the build's mix, 100,000 at most; as many as there are without",
)
@click.option(
    "--effect",
    "effects",
    type=group.Numbers(0, 1),
    default="0.1",
    show_default=True,
    metavar="SHARE,…",
    help="how far each stretch of a curve rises or falls",
)
@options.judged_part
@click.option(
    "--repeats",
    type=click.IntRange(1),
    default=200,
    show_default=True,
    metavar="N",
    help="curves of each shape",
)
@options.design
@click.option(
    "--scatter",
    type=group.Numbers(0, 0.5, single=True),
    default=0.0,
    show_default=True,
    metavar="SHARE",
    help="how far models lie off the curve of their family: a standard deviation",
)
@options.likely
@options.select
@options.limit
@click.option("--subtasks", is_flag=True, help="a line for each subtask, not for each task")
@click.option(
    "--picture",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="draw said against seen probabilities: .svg or .png",
)
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(1),
    metavar="N",
    help="processes that share the work; all cores without",
)
@options.form
@options.no_progress
def command(
    build: tuple[str, ...],
    models: tuple[int, ...],
    items: tuple[int, ...] | None,
    effects: tuple[float, ...],
    part: Any,
    repeats: int,
    ladder: str,
    seed: int,
    spread: float,
    scatter: float,
    likely: float,
    select: tuple[str, ...],
    limit: str | None,
    subtasks: bool,
    picture: Path | None,
    jobs: int | None,
    form: str,
    quiet: bool,
) -> None:
    """Say how often the shape of a curve would be told rightly, by simulated models on the items of a build.

    BUILD is a folder that `taskc compile` made. Curves of every shape are drawn, with models, hard and easy
    items and luck of their own, and judged as `taskc curves` judges. Nothing is asked.
    """
    with group.translated():
        from taskc.flow.selection import parse_selection
        from taskc.flow.trials import TrialJob, draw_calibration, try_designs

        if picture and picture.suffix not in (".svg", ".png"):
            raise click.UsageError(f"`{picture}` is no picture: its name ends in `.svg` or `.png`")
        folder, more = group.build_and_chosen(build)
        job = TrialJob(
            build=folder,
            models=models,
            items=items or (),
            effects=effects,
            part=part,
            repeats=repeats,
            ladder=ladder,
            seed=seed,
            spread=spread,
            scatter=scatter,
            likely=likely,
            wanted=parse_selection((*select, *more), limit),
            subtasks=subtasks,
            jobs=jobs or 0,
        )
        if not quiet:
            results.tell_changed(job.build)
        with results.progress(quiet) as (watch, _):
            told = (lambda done, total: watch("curves", done, total, 0)) if watch else None
            try:
                tried = try_designs(job, told)
            except KeyboardInterrupt:
                echo("\ninterrupted", err=True)
                sys.exit(group.INTERRUPTED)
        if picture:
            draw_calibration(tried, picture)
    print_tried(tried, form=form, quiet=quiet)
