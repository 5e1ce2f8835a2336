"""`taskc doctor`: what is missing here to ask models."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from taskc.cli import group, options, results
from taskc.records import lines

if TYPE_CHECKING:
    from taskc.records.reach import Finding

_COLOURS = {"fine": "green", "note": "cyan", "problem": "red"}


@click.command("doctor")
@click.option(
    "-m", "--model", "models", multiple=True, metavar="MODEL", help="a model that must be ready to be asked"
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
@click.option("--offline", is_flag=True, help="ask no server")
@options.form
def command(models: tuple[str, ...], runs: str, offline: bool, form: str) -> None:
    """Say what is missing to ask models: keys, extras, servers, weights, the health of the store.

    No key is shown, and none is sent anywhere but to its own service. Ends with exit code 1 when something
    is broken, or when a model that was named cannot be asked.
    """
    with group.translated():
        from taskc.flow.doctor import Visit, examine

        visit = Visit(folder=Path.cwd(), runs=Path(runs), models=models)
        health = examine(visit, results.surroundings(offline, None, careful=False))
    if form == "json":
        click.echo(lines.dump(health))
    else:
        _print(health.findings)
    sys.exit(group.OK if health.sound else group.FOUND_ERRORS)


def _print(findings: "Sequence[Finding]") -> None:
    from taskc.cli.terminal import coloured, echo

    for one in findings:
        word = f"{one.level:<8}"
        shown = click.style(word, fg=_COLOURS[one.level]) if coloured(sys.stdout) else word
        echo(f"{shown}{one.about}: {one.said}{f'; {one.help}' if one.help else ''}", styled=True)
