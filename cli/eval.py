"""`taskc eval`: ask models, score every answer, print the table."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from taskc.cli import group, options, results
from taskc.cli.terminal import echo

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskc.flow.evaluate import Evaluated


@click.command("eval")
@click.argument("build", nargs=-1, metavar="[BUILD]")
@click.option(
    "-m",
    "--model",
    "models",
    multiple=True,
    metavar="MODEL",
    required=True,
    help="provider/model, for instance local/smollm2-135m; may be given several times",
)
@click.option(
    "-o",
    "--output",
    "runs",
    default="runs",
    show_default=True,
    metavar="FOLDER",
    help="where answers and results go",
)
@options.select
@options.limit
@options.connections
@options.rpm
@options.tpm
@click.option(
    "--max-cost",
    type=group.Positive(),
    metavar="USD",
    help="spend no more than this; what is in flight counts with the most it may cost",
)
@click.option("--max-requests", type=click.IntRange(1), metavar="N", help="ask no more than this")
@click.option(
    "--max-time",
    metavar="DURATION",
    help="begin nothing after this: 90s, 10m, 1h30m; what is in flight has a minute more",
)
@options.price
@options.prices
@click.option("--batch", is_flag=True, help="ask by the provider's batch endpoint: cheaper, within a day")
@click.option(
    "--poll",
    default="30s",
    show_default=True,
    metavar="DURATION",
    help="with --batch, the pause between the first two looks; later ones are longer",
)
@click.option("--dry-run", is_flag=True, help="print the plan and ask nothing")
@click.option("--offline", is_flag=True, help="fetch no model")
@options.rows_by_subtask
@options.pool
@options.metrics
@options.mix_measures
@options.no_picture
@options.form
@options.no_progress
def command(
    build: tuple[str, ...],
    models: tuple[str, ...],
    runs: str,
    select: tuple[str, ...],
    limit: str | None,
    max_connections: int,
    rpm: float | None,
    tpm: float | None,
    max_cost: float | None,
    max_requests: int | None,
    max_time: str | None,
    stated: tuple[str, ...],
    prices: tuple[Path, ...],
    batch: bool,
    poll: str,
    dry_run: bool,
    offline: bool,
    subtasks: bool,
    pool: tuple[str, ...],
    metrics: tuple[str, ...],
    mix_measures: bool,
    no_picture: bool,
    form: str,
    quiet: bool,
) -> None:
    """Ask models what the response store lacks, score every answer the same way, print the table.

    BUILD is a folder that `taskc compile` made. Interrupt it as you like: what was answered is kept,
    and the same command goes on from there.
    """
    with group.translated():
        from taskc.flow.batching import Batching
        from taskc.flow.budget import Budget, parse_duration
        from taskc.flow.evaluate import Job, evaluate
        from taskc.flow.selection import parse_selection

        folder, more = group.build_and_chosen(build)
        job = Job(
            build=folder,
            models=models,
            runs=Path(runs),
            wanted=parse_selection((*select, *more), limit),
            connections=max_connections,
            budget=Budget(
                cost=max_cost,
                requests=max_requests,
                seconds=parse_duration(max_time) if max_time else None,
            ),
            rpm=rpm,
            tpm=tpm,
            prices=prices,
            stated=stated,
            batching=Batching(poll=parse_duration(poll), tell=_told(quiet)) if batch else None,
            dry=dry_run,
            pictures=not no_picture,
            mix=mix_measures,
            pool=pool,
            metrics=metrics,
        )
        if not quiet:
            results.tell_changed(job.build)
        with results.progress(quiet) as (watch, report):
            try:
                done = evaluate(job, results.surroundings(offline, report), watch)
            except KeyboardInterrupt:
                _interrupted()
    results.print_evaluated(done, form=form, quiet=quiet, dry=dry_run, subtasks=subtasks)
    sys.exit(_code(done))


def _told(quiet: bool) -> "Callable[[str], None]":
    """Give who is told what becomes of batches."""
    return lambda text: None if quiet else echo(text, err=True)


def _code(done: "Evaluated") -> int:
    if done.interrupted:
        _interrupted()
    if done.plan.refused:
        return group.FOUND_ERRORS
    if done.budget:
        left = done.plan.totals.get("calls", 0) - sum(tally.done for tally in done.tallies)
        _goes_on(f"`{done.budget}` is reached, {left:,} not answered")
        return group.BUDGET
    return group.SOME_FAILED if any(tally.failed or tally.fatal for tally in done.tallies) else group.OK


def _interrupted() -> None:
    _goes_on("interrupted")
    sys.exit(group.INTERRUPTED)


def _goes_on(why: str) -> None:
    import shlex

    again = shlex.join(["taskc", *sys.argv[1:]])
    echo(f"\n{why}; what was answered is kept, and this goes on from there:\n  {again}", err=True)
