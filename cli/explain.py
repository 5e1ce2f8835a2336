"""`taskc explain`: the page of a rule."""

import json
import shutil
import sys
from dataclasses import asdict

import click

from taskc.cli import group
from taskc.cli.terminal import coloured


@click.command("explain")
@click.argument("rule", required=False, metavar="[RULE]")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True
)
def command(rule: str | None, form: str) -> None:
    """Print the page of a rule: what it finds, why it matters, an example, what to write instead.

    Without RULE all rules are listed, each with a line.
    """
    from taskc.flow import explain

    try:
        page = explain.page_of(rule) if rule is not None else None
    except explain.UnknownRule as problem:
        group.stop(str(problem), problem.help, group.USAGE)
    width = min(88, max(40, shutil.get_terminal_size((88, 24)).columns))
    strong = _bold if coloured(sys.stdout) else str
    if form == "json":
        told = asdict(page) if page else [asdict(one) for one in explain.pages().values()]
        click.echo(json.dumps(told, ensure_ascii=False))
    elif form == "markdown":
        click.echo(explain.page_markdown(page) + "\n" if page else explain.markdown(), nl=False)
    elif page:
        click.echo(explain.explained(page, width=width, strong=strong), nl=False, color=True)
    else:
        cut = max(width, 100) if sys.stdout.isatty() else None
        click.echo(explain.listed(width=cut, strong=strong), nl=False, color=True)


def _bold(text: str) -> str:
    return click.style(text, bold=True)
