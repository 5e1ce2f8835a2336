"""`taskc fmt`: `.task` files in their one form."""

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from taskc.cli import group, options
from taskc.cli.terminal import coloured

if TYPE_CHECKING:
    from taskc.flow.format import Formatted


@click.command("fmt")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--check", is_flag=True, help="write nothing, list the files that would change, exit with 1")
@click.option("--diff", is_flag=True, help="write nothing, print what would change, exit with 1")
@options.form
@click.option("-q", "--quiet", is_flag=True, help="print findings only")
def command(paths: tuple[str, ...], check: bool, diff: bool, form: str, quiet: bool) -> None:
    """Lay out .task files in one form; comments and meaning stay.

    PATH is a .task file or a folder (all .task files below it); without one, the .task files of the
    current folder are taken. `-` reads standard input and writes standard output. A file with mistakes
    is left as it is.
    """
    piped = "-" in paths
    if piped and len(paths) > 1:
        group.stop("`-` stands for standard input and goes with no other path", code=group.USAGE)
    with group.translated():
        from taskc.flow.format import format_content, format_paths, write_formatted

        files = [format_content("<stdin>", sys.stdin.buffer.read())] if piped else format_paths(paths)
        kept = check or diff
        if not kept:
            write_formatted(files)
    if form == "json":
        click.echo(_json(files, piped=piped))
    else:
        _print(files, check=check, diff=diff, piped=piped)
        if not quiet and not piped:
            click.echo(_tally(files, kept=kept), err=True)
    if any(file.found or (kept and file.is_changed) for file in files):
        sys.exit(group.FOUND_ERRORS)


def _print(files: Sequence["Formatted"], *, check: bool, diff: bool, piped: bool) -> None:
    """Print what was asked for on standard output, and findings on standard error."""
    from taskc.grammar.show import show

    for file in files:
        for finding in file.found:
            drawn = show(finding, {file.source.name: file.source}, colour=coloured(sys.stderr))
            click.echo(drawn + "\n", err=True, color=True)
        if diff:
            click.echo(file.difference, nl=False)
        elif check:
            click.echo(f"{file.source.name}\n" if file.is_changed else "", nl=False)
        elif piped:
            click.echo(file.text or "", nl=False)


def _tally(files: Sequence["Formatted"], *, kept: bool) -> str:
    """Say in a line what became of the files."""
    changed, failed = (
        sum(bool(x) for x in xs) for xs in ([f.is_changed for f in files], [f.found for f in files])
    )
    rest = len(files) - changed - failed
    parts = [
        f"{_files(changed)} {'would be laid out' if kept else 'laid out'}" if changed else "",
        f"{rest} in form already" if rest and changed else f"{_files(rest)} in form" if rest else "",
        f"{failed} with mistakes left as {'it is' if failed == 1 else 'they are'}" if failed else "",
    ]
    return ", ".join(part for part in parts if part)


def _files(n: int) -> str:
    return f"{n:,} file{'' if n == 1 else 's'}"


def _json(files: Sequence["Formatted"], *, piped: bool) -> str:
    """Write what became of each file; of standard input also its new text."""
    from taskc.flow.findings import plain

    said = [
        {
            "file": file.source.name,
            "changed": file.is_changed,
            **({"text": file.text} if piped else {}),
            "findings": [plain(finding, {file.source.name: file.source}) for finding in file.found],
        }
        for file in files
    ]
    return json.dumps({"files": said}, ensure_ascii=False)
