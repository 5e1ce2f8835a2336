"""`taskc report`: runs to a page, figures and tables."""

import os
from pathlib import Path
from typing import Any

import click

from taskc.cli import group, options
from taskc.cli.terminal import echo


@click.command("report")
@options.runs
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default="report",
    show_default=True,
    metavar="FOLDER",
    help="where the report goes",
)
@options.sizes
@options.chosen_results
@options.axis
@options.likely
@options.least
@click.option(
    "--items",
    type=click.IntRange(0, 50),
    default=3,
    show_default=True,
    metavar="N",
    help="how many telling items of a kind to show for a task",
)
@click.option("--no-figures", is_flag=True, help="no files of figures; the page has them all the same")
@options.form
@click.option("-q", "--quiet", is_flag=True, help="do not say where it is")
def command(
    runs: tuple[Path, ...],
    output: Path,
    ladders: tuple[str, ...],
    scale: Any,
    at: tuple[str, ...],
    mix_measures: bool,
    models: tuple[str, ...],
    select: tuple[str, ...],
    subtasks: bool,
    axis: str,
    likely: float,
    least: float,
    items: int,
    no_figures: bool,
    form: str,
    quiet: bool,
) -> None:
    """Tell all of runs on one page: curves and verdicts, whose answers, telling items, plan, provenance.

    RUN is a folder that `taskc eval` made, or one that holds some; `runs` without one. The folder of the
    report gets `report.html`, which needs no network, figures as SVG and PNG, tables as CSV and, with the
    extra `parquet`, as Parquet, and all numbers as `report.json`.
    """
    with group.translated():
        from taskc.flow.only import Only
        from taskc.flow.placed import against
        from taskc.flow.report import Wish, gather
        from taskc.flow.report_files import as_json, as_text, write_report
        from taskc.flow.selection import parse_selection

        folders, more = group.parted([str(run) for run in runs])
        only = Only(wanted=parse_selection((*select, *more), None), models=models, subtasks=subtasks)
        wish = Wish(
            against=against(ladders, at, scale, mix=mix_measures),
            only=only,
            log=axis == "log",
            likely=likely,
            least=least,
            each=items,
            workers=os.cpu_count() or 1,
        )
        report = gather([Path(folder) for folder in folders] or [Path("runs")], wish)
        written = write_report(report, output, figures=not no_figures, workers=wish.workers)
    if form == "json":
        click.echo(as_json(report, written.files), nl=False)
    else:
        echo(as_text(report), nl=False)
    if not quiet:
        without = "" if written.parquet else "; no Parquet without the extra `parquet`"
        echo(f"report: {output / 'report.html'}{without}", err=True)
