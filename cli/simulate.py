"""`taskc simulate`: models with a known ability and pull answer a build."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from taskc.cli import group, options, results
from taskc.cli.terminal import echo
from taskc.cli.trials import print_simulated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taskc.flow.simulate import Simulated

SHAPES = ("positive", "inverse", "u_shaped", "inverted_u", "flat")


@click.command("simulate")
@click.argument("build", nargs=-1, metavar="[BUILD]")
@click.option("--shape", type=click.Choice(SHAPES), help="the shape of the curves against scale")
@click.option(
    "--effect",
    type=group.Positive(1),
    default=0.1,
    show_default=True,
    metavar="SHARE",
    help="how far each stretch of a curve rises or falls",
)
@options.judged_part
@click.option(
    "--models",
    type=click.IntRange(1),
    default=5,
    show_default=True,
    metavar="N",
    help="how many models answer",
)
@click.option(
    "--ability",
    "abilities",
    type=group.Numbers(0, 1),
    metavar="A,…",
    help="instead of a shape: the ability of each model, smallest first",
)
@click.option(
    "--pull",
    "pulls",
    type=group.Numbers(0, 1),
    metavar="Q,…",
    help="with --ability: the pull of each, or one for all",
)
@options.design
@click.option(
    "-o",
    "--output",
    "runs",
    default="simulated",
    show_default=True,
    metavar="FOLDER",
    help="where answers and results go",
)
@options.select
@options.limit
@options.no_picture
@options.form
@options.no_progress
def command(
    build: tuple[str, ...],
    shape: Any,
    effect: float,
    part: Any,
    models: int,
    abilities: tuple[float, ...] | None,
    pulls: tuple[float, ...] | None,
    ladder: str,
    seed: int,
    spread: float,
    runs: str,
    select: tuple[str, ...],
    limit: str | None,
    no_picture: bool,
    form: str,
    quiet: bool,
) -> None:
    """Let simulated models answer a build, so that the shape of their curves is known beforehand.

    BUILD is a folder that `taskc compile` made. Each model has an ability, the probability of knowing an
    answer, and a pull, that of following the distractor. All that comes after the answers is as for `taskc
    eval`.
    """
    with group.translated():
        from taskc.flow.selection import parse_selection
        from taskc.flow.simulate import SimulateJob, simulate

        if bool(shape) == bool(abilities):
            raise click.UsageError(
                "name the shape of the curves, `--shape u_shaped`, or give `--ability A,…`"
            )
        if pulls and not abilities:
            raise click.UsageError("`--pull` goes with `--ability`: for a shape it is found")
        folder, more = group.build_and_chosen(build)
        job = SimulateJob(
            build=folder,
            runs=Path(runs),
            shape=shape,
            effect=effect,
            part=part,
            models=models,
            abilities=abilities or (),
            pulls=pulls or (),
            ladder=ladder,
            seed=seed,
            spread=spread,
            wanted=parse_selection((*select, *more), limit),
            pictures=not no_picture,
        )
        if not quiet:
            results.tell_changed(job.build)
        with results.progress(quiet) as (watch, _):
            done = simulate(job, results.surroundings(True, None), watch)
    print_simulated(done, form=form, quiet=quiet)
    sys.exit(_code(done))


def _code(done: "Sequence[Simulated]") -> int:
    if any(one.evaluated.interrupted for one in done):
        echo("\ninterrupted; the same command goes on from there", err=True)
        return group.INTERRUPTED
    if any(one.evaluated.plan.refused for one in done):
        return group.FOUND_ERRORS
    failed = any(tally.failed or tally.fatal for one in done for tally in one.evaluated.tallies)
    return group.SOME_FAILED if failed else group.OK
