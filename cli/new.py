"""`taskc new`: a first task in a new folder."""

from pathlib import Path

import click

from taskc.cli import group


@click.command("new")
@click.argument("name")
@click.option("-q", "--quiet", is_flag=True, help="say nothing")
def command(name: str, quiet: bool) -> None:
    """Make a first task in a new folder NAME: task, items and card, ready to be changed.

    NAME may be a path, whose last part is the name of the task. Nothing is ever written over.
    """
    from taskc.flow.new import BadName, Occupied, new_task

    with group.translated():
        try:
            files = new_task(Path(name))
        except BadName as problem:
            group.stop(str(problem), problem.help, group.USAGE)
        except Occupied as problem:
            group.stop(str(problem), problem.help)
    if not quiet:
        click.echo(f"made {', '.join(map(str, files))}", err=True)
        for line in ("next:", f"  taskc check {name}", f"  taskc compile {name}", "  taskc eval -m echo/x"):
            click.echo(line, err=True)
