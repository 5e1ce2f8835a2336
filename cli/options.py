"""Flags that mean the same in several commands, said once."""

from pathlib import Path

import click

from taskc.cli import group

select = click.option(
    "--select",
    "select",
    multiple=True,
    metavar="NAME=VALUE…",
    help="only some of it: task=…, regime=…, FACTOR=LEVEL; values parted by commas",
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
