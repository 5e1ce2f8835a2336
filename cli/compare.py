"""`taskc compare`: two runs, models or regimes held against each other, item by item; a gate for CI."""

import sys
from typing import Any

import click

from taskc.cli import group, options
from taskc.cli.terminal import coloured, echo_json


@click.command("compare")
@click.argument("sides", nargs=-1, required=True, metavar="A [B]")
@click.option("--by", metavar="WHAT", help="with one run: model, regime, or the name of a factor")
@click.option("--against", metavar="NAME", help="with --by, which of them the others are held against")
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="NAME",
    help="accuracy, lured, unparsed, loss or any other number that was scored; repeatable",
)
@options.part
@options.select_results
@click.option(
    "--fail-if",
    "conditions",
    multiple=True,
    metavar="CONDITION",
    help='exit with 3 where this holds: "accuracy drop > 0.02"; repeatable',
)
@click.option(
    "--sure",
    type=click.FloatRange(0.5, 1, min_open=True, max_open=True),
    metavar="LEVEL",
    help="fail only where the whole interval of this level, 0.95 say, lies beyond",
)
@click.option(
    "--adjust",
    type=click.Choice(["holm", "bh", "none"]),
    default="holm",
    show_default=True,
    help="what p-values are adjusted by, over all comparisons",
)
@click.option(
    "--pool",
    "pool",
    multiple=True,
    metavar="WHAT",
    help="one difference over all of these: task, regime, measure, model, or a factor; repeatable",
)
@click.option(
    "--unpaired", is_flag=True, help="let a condition be about runs that share no item: as two samples"
)
@options.mix_measures
@click.option("--subtasks", is_flag=True, help="compare each subtask, not each task")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "junit", "github"]),
    default="text",
    show_default=True,
)
def command(
    sides: tuple[str, ...],
    by: str | None,
    against: str | None,
    metrics: tuple[str, ...],
    part: str,
    select: tuple[str, ...],
    conditions: tuple[str, ...],
    sure: float | None,
    adjust: Any,
    pool: tuple[str, ...],
    unpaired: bool,
    mix_measures: bool,
    subtasks: bool,
    form: str,
) -> None:
    """Hold models, regimes or runs against each other on the same items.

    A and B are runs that `taskc eval` made, RUN, or one model of them, RUN:MODEL; B is held against A. Or A
    is one run, and --by says what of it is compared.
    """
    with group.translated():
        from taskc.flow.condition import BadCondition, parse_condition
        from taskc.flow.contrast import compare_runs
        from taskc.flow.contrast_sides import Question
        from taskc.flow.selection import parse_selection

        runs, more = group.parted(sides)
        _check_sides(runs, by, against)
        if sure is not None and not conditions:
            raise click.UsageError("--sure is about conditions: give one with --fail-if")
        try:
            compared = compare_runs(
                Question(
                    sides=runs,
                    by=by or "",
                    against=against or "",
                    metrics=metrics,
                    part=part,
                    wanted=parse_selection((*select, *more), None),
                    conditions=tuple(map(parse_condition, conditions)),
                    sure=sure,
                    pool=tuple(dict.fromkeys(pool)),
                    unpaired=unpaired,
                    adjust=adjust,
                    mix=mix_measures,
                    subtasks=subtasks,
                )
            )
        except BadCondition as problem:
            _stop(problem)
    if form == "text":
        from taskc.cli.contrasts import print_compared

        print_compared(compared)
    else:
        from taskc.flow import contrast_forms as forms

        if form == "json":
            echo_json(forms.plain(compared))
        else:
            click.echo((forms.junit if form == "junit" else forms.github)(compared), nl=False)
    if compared.failed:
        sys.exit(group.GATE)


def _check_sides(runs: tuple[str, ...], by: str | None, against: str | None) -> None:
    if len(runs) not in (1, 2):
        raise click.UsageError("name two runs, or one with --by")
    if len(runs) == 1 and not by:
        raise click.UsageError("of one run, say what is compared: --by model, --by regime, or --by FACTOR")
    if len(runs) == 2 and (by or against):
        raise click.UsageError("two runs are held against each other: --by and --against go with one run")


def _stop(problem: Any) -> None:
    """Draw what is wrong with a condition, and exit."""
    from taskc.grammar.show import show

    drawn = show(problem.found, problem.sources, colour=coloured(sys.stderr))
    click.echo(drawn, err=True, color=True)
    sys.exit(group.USAGE)
