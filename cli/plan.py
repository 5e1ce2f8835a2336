"""`taskc plan`: what an evaluation will take and what it can show, before anything is asked."""

import sys
from pathlib import Path

import click

from taskc.cli import forecast, group, options, results


@click.command("plan")
@click.argument("build", nargs=-1, metavar="[BUILD]")
@click.option(
    "-m",
    "--model",
    "models",
    multiple=True,
    metavar="MODEL",
    help="provider/model; may be given several times; without one, only what the build can show",
)
@click.option(
    "-o",
    "--output",
    "runs",
    default="runs",
    show_default=True,
    metavar="FOLDER",
    help="where taskc eval keeps its answers",
)
@options.select
@options.limit
@options.price
@options.prices
@options.rpm
@options.tpm
@click.option("--batch", is_flag=True, help="what it costs by the provider's batch endpoint")
@click.option("--latency", type=group.Positive(), metavar="SECONDS", help="what one answer takes")
@options.connections
@options.rows_by_subtask
@options.form
def command(
    build: tuple[str, ...],
    models: tuple[str, ...],
    runs: str,
    select: tuple[str, ...],
    limit: str | None,
    stated: tuple[str, ...],
    prices: tuple[Path, ...],
    rpm: float | None,
    tpm: float | None,
    batch: bool,
    latency: float | None,
    max_connections: int,
    subtasks: bool,
    form: str,
) -> None:
    """Say what asking a build takes and what it can show: requests, tokens, cost, time, power.

    BUILD is a folder that `taskc compile` made. Nothing is asked, opened or fetched, and no key is needed.
    """
    with group.translated():
        from taskc.flow.plan import PlanJob, make_plan
        from taskc.flow.selection import parse_selection
        from taskc.flow.spending import Rates

        folder, more = group.build_and_chosen(build)
        job = PlanJob(
            build=folder,
            models=models,
            runs=Path(runs),
            wanted=parse_selection((*select, *more), limit),
            prices=prices,
            stated=stated,
            rates=Rates(rpm=rpm, tpm=tpm, latency=latency, connections=max_connections),
            by_batch=batch,
            subtasks=subtasks,
        )
        results.tell_changed(job.build)
        planned = make_plan(job, results.surroundings(True, None))
    forecast.print_planned(planned, form=form)
    sys.exit(group.FOUND_ERRORS if planned.plan.refused else group.OK)
