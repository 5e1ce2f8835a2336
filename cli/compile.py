"""`taskc compile`: `.task` files to a build folder."""

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from taskc.cli import group, options, terminal

if TYPE_CHECKING:
    from taskc.flow.build import Built
    from taskc.flow.selection import Wanted


@click.command("compile")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "-o", "--output", default="build", show_default=True, metavar="FOLDER", help="where the build goes"
)
@options.select
@options.limit
@click.option(
    "--show", type=click.IntRange(1), metavar="N", help="print request N exactly as it will be sent"
)
@click.option("--trace", is_flag=True, help="with --show: say of each stretch where it was written")
@click.option("--no-cache", is_flag=True, help="compile everything, whatever the last build holds")
@click.option("--watch", is_flag=True, help="compile again whenever a file changes, until Ctrl-C")
@options.form
@click.option("-q", "--quiet", is_flag=True, help="print findings only")
def command(
    paths: tuple[str, ...],
    output: str,
    select: tuple[str, ...],
    limit: str | None,
    show: int | None,
    trace: bool,
    no_cache: bool,
    watch: bool,
    form: str,
    quiet: bool,
) -> None:
    """Check .task files and turn them into concrete prompts.

    PATH is a .task file, a folder (all .task files below it), or std/NAME for a shipped task; without
    one, the .task files of the current folder are taken. Writes manifest.json, requests.jsonl and
    snapshot.jsonl; tasks whose files are as they were for the last build are not compiled again.
    """
    if trace and show is None:
        group.stop("`--trace` says where a request comes from", "say which: `--show 1`", group.USAGE)
    paths, more = group.parted(paths)

    def once(wanted: "Wanted") -> "Built":
        from taskc.flow.build import compile_paths

        with group.translated():
            shown = [show] if show else []
            built = compile_paths(paths, Path(output), wanted, show=shown, cache=not no_cache)
        _tell(built, output, trace, form, quiet)
        return built

    with group.translated():
        from taskc.flow.selection import parse_selection

        wanted = parse_selection([*select, *more], limit)
    if watch:
        _watch(paths, lambda: once(wanted), quiet)
    built = once(wanted)
    if built.manifest is None:
        sys.exit(group.FOUND_ERRORS)
    if show and not built.shown:
        last = built.manifest.requests
        group.stop(f"there is no request {show}, the build has {last:,}", code=group.USAGE)


def _tell(built: "Built", output: str, trace: bool, form: str, quiet: bool) -> None:
    """Print findings, what is not as locked, the requests to be shown, and what there is now."""
    from taskc.cli.differences import drawn

    if form == "json":
        click.echo(terminal.build_json(built, traced=trace))
        return
    terminal.print_findings(built.understood, quiet=quiet)
    for difference in built.drift:
        click.echo("\n" + drawn(difference, colour=terminal.coloured(sys.stderr)), err=True, color=True)
    for one in built.shown:
        said = terminal.rendered(
            one, colour=terminal.coloured(sys.stdout), understood=built.understood if trace else None
        )
        click.echo(said, color=True)
    for root in built.unlocked:
        group.tell("note", "cyan", f"only a part of `{root}` is compiled, so its lock is not asked")
    if built.manifest is not None and not quiet:
        click.echo(terminal.build_line(built, output), err=True)


def _watch(paths: tuple[str, ...], once: "Callable[[], Built]", quiet: bool) -> None:
    """Compile now and after every change, and end with Ctrl-C."""
    from taskc.flow.watch import turns

    files: set[Path] = set()
    try:
        for _ in turns(paths, lambda: files):
            with suppress(SystemExit):  # what stopped it has been said, and the files may be mended
                built = once()
                files.clear()
                files.update(built.understood.files)
            if not quiet:
                click.echo("watching; Ctrl-C ends", err=True)
    except KeyboardInterrupt:
        click.echo(err=True)
        sys.exit(group.INTERRUPTED)
