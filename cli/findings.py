"""What `check` prints: findings drawn for people on standard error, or written for machines."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from taskc.cli.terminal import coloured
from taskc.dsl.diagnostic import Diagnostic, Severity

if TYPE_CHECKING:
    from taskc.flow.check import Fixed
    from taskc.flow.understand import Understood


def draw(understood: "Understood") -> None:
    """Draw every finding on standard error, errors last so that they are seen."""
    from taskc.grammar.show import show

    sources, colour = understood.sources, coloured(sys.stderr)
    for finding in sorted(understood.found, key=lambda d: d.severity is Severity.ERROR):
        click.echo(show(finding, sources, colour=colour) + "\n", err=True, color=True)


def print_checked(understood: "Understood", fixed: "Fixed | None", *, quiet: bool) -> None:
    """Draw what is found, say what was fixed and what can be, and count."""
    draw(understood)
    if fixed is not None:
        for finding in fixed.cured:
            click.echo(f"fixed {finding.rule}: {finding.message}", err=True)
    found = understood.found
    if not quiet:
        for line in (_fixable(found), hint(found)):
            if line:
                click.echo(line, err=True)
        click.echo(tally(found, len(understood.loaded.roots), fixed), err=True)


def tally(found: Sequence[Diagnostic], files: int, fixed: "Fixed | None" = None) -> str:
    """Say in a line how many findings there are: `1 error, 2 warnings in 3 files`."""
    kinds = [(severity, sum(d.severity is severity for d in found)) for severity in Severity]
    counts = [_count(n, severity.value) for severity, n in kinds if n]
    cured = f"{_count(len(fixed.cured), 'finding')} fixed, " if fixed and fixed.cured else ""
    said = (
        f"{', '.join(counts)} in {_count(files, 'file')}" if counts else f"{_count(files, 'file')}, all good"
    )
    return cured + said


def hint(found: Sequence[Diagnostic]) -> str:
    """Name the command that tells more, with the rule of the finding that is drawn last; '' for none."""
    if not found:
        return ""
    last = max(found, key=lambda d: d.severity is Severity.ERROR)
    return f"more about a finding: `taskc explain {last.rule}`"


def _fixable(found: Sequence[Diagnostic]) -> str:
    n = sum(bool(d.edits) for d in found)
    return f"{_count(n, 'finding')} can be fixed with `taskc check --fix`" if n else ""


def print_difference(fixed: "Fixed") -> None:
    """Print on standard output what fixing would change, and say how much that is."""
    from taskc.flow.check import difference

    click.echo(difference(fixed), nl=False)
    if fixed.texts:
        files = _count(len(fixed.texts), "file")
        click.echo(f"{_count(len(fixed.cured), 'finding')} to fix in {files}", err=True)
    else:
        click.echo("nothing to fix", err=True)


def written(form: str, understood: "Understood", fixed: "Fixed | None") -> str:
    """Write what is found as `json`, `sarif` or `github`."""
    found, sources = understood.found, understood.sources
    if form == "github":
        from taskc.flow.findings import github

        return github(found, sources)
    if form == "sarif":
        from taskc.flow.sarif import sarif

        places = {name: place.path for name, place in understood.loaded.places.items()}
        return _json(sarif(found, sources, places, Path()))
    from taskc.flow.findings import plain

    return _json(
        {
            "findings": [plain(finding, sources) for finding in found],
            "fixed": [{"rule": d.rule, "message": d.message} for d in fixed.cured] if fixed else [],
            "files": len(understood.loaded.roots),
            **{f"{kind.value}s": sum(d.severity is kind for d in found) for kind in Severity},
        }
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"
