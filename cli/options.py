"""Flags that mean the same in several commands, said once."""

from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import click

from taskc.cli import group

_Option = Callable[[Any], Any]


def together(*some: _Option) -> _Option:
    """Give several flags as one decorator, in their order."""
    return lambda command: reduce(lambda made, one: one(made), reversed(some), command)


form = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
no_progress = click.option("-q", "--quiet", is_flag=True, help="no progress, no notes")
no_picture = click.option("--no-picture", is_flag=True, help="draw no picture")

select = click.option(
    "--select",
    "select",
    multiple=True,
    metavar="NAME=VALUE…",
    help="only some of it: task=…, regime=…, FACTOR=LEVEL; values parted by commas",
)
select_results = click.option(
    "--select",
    "select",
    multiple=True,
    metavar="NAME=VALUE…",
    help="only some of it: task=…, regime=…, measure=…, FACTOR=LEVEL; values parted by commas",
)
limit = click.option("--limit", metavar="N", help="only some items of each task: 100, 0.1, or 11-20")
price = click.option(
    "--price",
    "stated",
    multiple=True,
    metavar="MODEL=IN/OUT",
    help="what a model costs, in US dollars a million tokens",
)
prices = click.option(
    "--prices",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="a table of prices to put over taskc's own",
)
rpm = click.option(
    "--rpm", type=group.Positive(), metavar="N", help="requests a minute that a model may be asked"
)
tpm = click.option(
    "--tpm", type=group.Positive(), metavar="N", help="tokens a minute that a model may be asked"
)
mix_measures = click.option(
    "--mix-measures",
    is_flag=True,
    help="put answers that were had in different ways into one row, group of bars, or curve",
)
pool = click.option(
    "--pool",
    "pool",
    multiple=True,
    metavar="FACTOR",
    help="average over the levels of a factor, such as `order`; repeatable",
)
metrics = click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="NAME",
    help="a metric to compute besides the standard ones, with a column of its own; repeatable",
)
connections = click.option(
    "-j",
    "--max-connections",
    default=8,
    show_default=True,
    type=click.IntRange(1, 1024),
    metavar="N",
    help="requests in flight at once",
)
ladders = click.option(
    "--ladder",
    "ladders",
    multiple=True,
    metavar="NAME",
    help="a family of models, or a .toml file; repeatable",
)
scale = click.option(
    "--scale",
    type=click.Choice(["parameters", "tokens", "flops"]),
    default="parameters",
    show_default=True,
    help="which size of a model a curve is drawn against",
)
at = click.option("--at", multiple=True, metavar="MODEL=SCALE", help="the scale of one model; repeatable")
along = click.option(
    "--along",
    default="",
    metavar="FACTOR",
    help="a factor, or `regime`, whose levels are the scale (shots_0, shots_5), stated with --at LEVEL=SCALE",
)
axis = click.option(
    "--axis",
    type=click.Choice(["log", "linear"]),
    default="log",
    show_default=True,
    help="what the curve is drawn against: the logarithm of scale, or scale itself",
)
likely = click.option(
    "--likely",
    type=group.Positive(1),
    default=0.5,
    show_default=True,
    metavar="P",
    help="the probability from which a shape is the verdict",
)
models = click.option(
    "-m", "--model", "models", multiple=True, metavar="MODEL", help="only this model; repeatable"
)
subtasks = click.option("--subtasks", is_flag=True, help="each subtask by itself, not the whole task")
rows_by_subtask = click.option("--subtasks", is_flag=True, help="a row for each subtask, not for each task")
part = click.option(
    "--part",
    type=click.Choice(["all", "conflict", "agree"]),
    default="all",
    show_default=True,
    help="which items: those on which a distractor predicts another answer, or the others",
)
runs = click.argument("runs", nargs=-1, type=click.Path(path_type=Path), metavar="[RUN]...")
points = click.option(
    "--points",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="a table with the columns task, regime, family, model, scale, value, n, instead of runs",
)
judged_part = click.option(
    "--part",
    type=click.Choice(["all", "conflict", "agree"]),
    default="all",
    show_default=True,
    help="the items whose share of right answers has the shape",
)
ladder = click.option(
    "--ladder",
    default="simulated",
    show_default=True,
    metavar="NAME",
    help="the family whose sizes the models have, or a .toml file",
)
seed = click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    metavar="N",
    help="another seed, other luck",
)
spread = click.option(
    "--spread",
    type=group.Numbers(0, 100, single=True),
    default=1.0,
    show_default=True,
    metavar="S",
    help="how far items differ in difficulty, the same for all models; 0 is not at all",
)
least = click.option(
    "--least",
    type=group.Positive(0.5),
    default=0.05,
    show_default=True,
    metavar="SHARE",
    help="the rise or fall from which it counts as one, as a difference of shares",
)

sizes = together(ladders, scale, at)
"""Where models stand."""
sizes_or_levels = together(ladders, scale, along, at)
chosen_results = together(mix_measures, models, select_results, subtasks)
"""Which results are taken, and how they are put together."""
design = together(ladder, seed, spread)
"""What simulated models are like."""
