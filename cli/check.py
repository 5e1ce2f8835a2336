"""`taskc check`: everything compiling would find, without writing."""

import sys
from collections.abc import Sequence

import click

from taskc.cli import findings, group, results
from taskc.dsl.diagnostic import Diagnostic, Severity


@click.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "-m", "--model", "models", multiple=True, metavar="MODEL", help="a model that is to be asked, repeatable"
)
@click.option(
    "--effect",
    type=group.Positive(1),
    metavar="SHARE",
    help="the smallest difference in accuracy that matters, such as 0.1",
)
@click.option("--all-items", is_flag=True, help="let lints look at every item, however many there are")
@click.option("--fix", is_flag=True, help="cure in the files what can be cured safely")
@click.option("--diff", is_flag=True, help="print what --fix would change, and change nothing")
@click.option("--strict", is_flag=True, help="exit with 1 for warnings too")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    show_default=True,
)
@click.option("-q", "--quiet", is_flag=True, help="print findings only")
def command(
    paths: tuple[str, ...],
    models: tuple[str, ...],
    effect: float | None,
    all_items: bool,
    fix: bool,
    diff: bool,
    strict: bool,
    form: str,
    quiet: bool,
) -> None:
    """Check .task files: all that compiling them would find, and nothing is written.

    PATH is a .task file, a folder (all .task files below it), or std/NAME for a shipped task; without
    one, the .task files of the current folder are taken.
    """
    with group.translated():
        from taskc.flow.check import check_paths, fix_paths
        from taskc.flow.lend import tools

        around = results.surroundings(True, None) if models else None
        lent = tools(models, effect, around, all_items=all_items)
        fixed = fix_paths(paths, lent, write=not diff) if fix or diff else None
        understood = fixed.understood if fixed else check_paths(paths, lent)
    if diff and fixed:
        findings.print_difference(fixed)
    elif form == "text":
        findings.print_checked(understood, fixed, quiet=quiet)
    else:
        click.echo(findings.written(form, understood, fixed), nl=False)
    if understood.failed or (diff and fixed and fixed.texts) or (strict and _warned(understood.found)):
        sys.exit(group.FOUND_ERRORS)


def _warned(found: Sequence[Diagnostic]) -> bool:
    return any(finding.severity is Severity.WARNING for finding in found)
