"""`taskc lock`: prompts pinned by hash."""

import sys
from typing import TYPE_CHECKING

import click

from taskc.cli import group, terminal

if TYPE_CHECKING:
    from taskc.flow.lock import Locked


@click.command("lock")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--update", is_flag=True, help="accept what is not as it was locked")
@click.option("--check", is_flag=True, help="write nothing; exit with 3 when a lock is missing or differs")
@click.option("-q", "--quiet", is_flag=True, help="print differences only")
def command(paths: tuple[str, ...], update: bool, check: bool, quiet: bool) -> None:
    """Pin the prompts of .task files, so that a change of them is an error.

    PATH is as for `compile`. Beside each file NAME.task it writes NAME.lock, to be kept with it; from then on
    compiling or checking the file finds every prompt that is not as it was, until `--update` accepts it.
    """
    if update and check:
        group.stop("`--update` writes and `--check` does not", "give one of them", group.USAGE)
    with group.translated():
        from taskc.flow.lock import lock_paths
        from taskc.flow.understand import NotCompiled

        try:
            every = lock_paths(paths, update=update, check=check)
        except NotCompiled as problem:
            terminal.print_findings(problem.understood)
            group.stop(str(problem))
    for one in every:
        _tell(one, quiet)
    if any((one.difference and not one.written) or (one.missing and check) for one in every):
        sys.exit(group.GATE if check else group.FOUND_ERRORS)


def _tell(one: "Locked", quiet: bool) -> None:
    """Print what differs, then a line that says what was done about it."""
    from taskc.cli.differences import drawn

    if one.difference is not None:
        click.echo(drawn(one.difference, colour=terminal.coloured(sys.stdout)) + "\n", color=True)
    if one.written:
        said = f"{one.path}: {one.requests:,} requests locked"
    elif one.missing:
        said = f"{one.path}: there is no lock"
    elif one.difference is not None:
        said = f"{one.path}: not as locked; `taskc lock --update` accepts it"
    else:
        said = f"{one.path}: as locked"
    if not quiet or (one.difference is not None and not one.written):
        click.echo(said, err=True)
