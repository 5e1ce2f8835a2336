"""`taskc diff`: what differs between two builds, and what that costs."""

import sys

import click

from taskc.cli import group, options


@click.command("diff")
@click.argument("old", required=False)
@click.argument("new", required=False)
@click.option("--exit-code", is_flag=True, help="exit with 3 when anything differs")
@click.option("--all", "whole", is_flag=True, help="list everything, however long")
@options.form
def command(old: str | None, new: str | None, exit_code: bool, whole: bool, form: str) -> None:
    """Compare two builds at the level of what they mean.

    OLD and NEW are build folders, git revisions (HEAD~1, v1.0:tasks/quiz.task), or paths to .task files.
    Without NEW it is the present sources; without OLD too, the build in `build` is compared with them.
    """
    from taskc.cli import differences, terminal
    from taskc.flow.diff import diff
    from taskc.flow.understand import NotCompiled

    with group.translated():
        try:
            found = diff(old, new)
        except NotCompiled as problem:
            terminal.print_findings(problem.understood)
            group.stop(str(problem))
    if form == "json":
        click.echo(differences.as_json(found))
    else:
        click.echo(differences.drawn(found, whole=whole, colour=terminal.coloured(sys.stdout)), color=True)
    if exit_code and not found.is_empty:
        sys.exit(group.GATE)
