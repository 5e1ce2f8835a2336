"""`taskc compile`: `.task` files to a build folder."""

import sys
from pathlib import Path

import click

from taskc.cli import group, terminal


@click.command("compile")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "-o", "--output", default="build", show_default=True, metavar="FOLDER", help="where the build goes"
)
@click.option(
    "--select",
    "select",
    multiple=True,
    metavar="NAME=VALUE…",
    help="only some of it: task=…, regime=…, FACTOR=LEVEL; values parted by commas",
)
@click.option("--limit", metavar="N", help="only some items of each task: 100, 0.1, or 11-20")
@click.option(
    "--show", type=click.IntRange(1), metavar="N", help="print request N exactly as it will be sent"
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("-q", "--quiet", is_flag=True, help="print findings only")
def command(
    paths: tuple[str, ...],
    output: str,
    select: tuple[str, ...],
    limit: str | None,
    show: int | None,
    form: str,
    quiet: bool,
) -> None:
    """Check .task files and turn them into concrete prompts.

    PATH is a .task file, a folder (all .task files below it), or std/NAME for a shipped task; without
    one, the .task files of the current folder are taken. Writes manifest.json and requests.jsonl.
    """
    with group.translated():
        from taskc.flow.build import compile_paths
        from taskc.flow.selection import parse_selection

        paths, more = group.parted(paths)
        wanted = parse_selection([*select, *more], limit)
        built = compile_paths(paths, Path(output), wanted, show=[show] if show else [])
    if form == "json":
        click.echo(terminal.build_json(built))
    else:
        terminal.print_findings(built.understood, quiet=quiet)
        if built.manifest is not None:
            for one in built.shown:
                click.echo(terminal.rendered(one, colour=terminal.coloured(sys.stdout)), color=True)
            if show and not built.shown:
                group.stop(
                    f"there is no request {show}, the build has {built.manifest.requests:,}", code=group.USAGE
                )
            if not quiet:
                click.echo(terminal.build_line(built.manifest, output), err=True)
    if built.manifest is None:
        sys.exit(group.FOUND_ERRORS)
