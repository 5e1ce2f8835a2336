"""`taskc score`: score a run again without asking anything."""

from pathlib import Path

import click

from taskc.cli import group, options, results
from taskc.cli.terminal import echo

_KINDS = ("unparsed", "refused", "lured", "other", "wrong", "all")


@click.command("score")
@click.argument("run", required=False, metavar="[RUN]")
@click.option(
    "-o",
    "--output",
    "runs",
    default="runs",
    show_default=True,
    metavar="FOLDER",
    help="where `taskc eval` put its runs",
)
@options.rows_by_subtask
@options.pool
@options.metrics
@options.mix_measures
@click.option("--show", type=click.Choice(_KINDS), help="print answers of a kind as written, not the table")
@click.option(
    "-n",
    "most",
    type=click.IntRange(1),
    default=5,
    show_default=True,
    metavar="N",
    help="so many of each row",
)
@options.no_picture
@options.form
@click.option("-q", "--quiet", is_flag=True, help="no notes")
def command(
    run: str | None,
    runs: str,
    subtasks: bool,
    pool: tuple[str, ...],
    metrics: tuple[str, ...],
    mix_measures: bool,
    show: str | None,
    most: int,
    no_picture: bool,
    form: str,
    quiet: bool,
) -> None:
    """Score a run again from the answers that are kept, asking nothing.

    RUN is a folder that `taskc eval` made; without one, the last run is taken.
    """
    with group.translated():
        from taskc.flow.evaluate import last_run, rescore

        folder = Path(run) if run else last_run(Path(runs))
        pictures = not no_picture and not show
        record, scored = rescore(folder, pictures=pictures, mix=mix_measures, metrics=metrics, pool=pool)
        if not quiet:
            models = ", ".join(one.model for one in record.models)
            echo(f"{folder}: {record.build} on {models}", err=True)
        if show:
            from taskc.flow.shown import show_answers

            heaps = show_answers(folder, show, most)
    if show:
        from taskc.cli.answers import print_answers

        print_answers(heaps, show, form=form, quiet=quiet, width=results.width())
        return
    results.print_scored(scored, form=form, quiet=quiet, subtasks=subtasks)
