"""What `eval` and `score` print: progress while it runs, then plan, table, failures and where it all is."""

import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from taskc.cli import group
from taskc.cli.terminal import coloured, echo
from taskc.records import lines

if TYPE_CHECKING:
    from taskc.backends.protocol import Surroundings
    from taskc.flow.ask_all import Tally
    from taskc.flow.evaluate import Evaluated, Scored
    from taskc.flow.probing import Probe
    from taskc.records.plan import Lowering

Told = Callable[..., None]


def surroundings(offline: bool, report: Told | None, *, careful: bool = True) -> "Surroundings":
    """Give a backend what it may know: environment, with `.env`, cache folder, a place to report to.

    A `.env` that cannot be read raises `ModelError`, and counts as none where that is not `careful`.
    """
    from taskc.backends.protocol import Surroundings
    from taskc.flow.environment import with_dotenv

    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Surroundings(
        environment=with_dotenv(os.environ, Path.cwd(), careful=careful),
        cache=Path(home) / "taskc",
        offline=offline,
        report=report,
    )


def tell_changed(build: Path) -> None:
    """Say on standard error which files have changed since a build was made of them: it is asked as it is."""
    from taskc.flow.reuse import changed_since

    names = [f"`{name}`" for name in changed_since(build)]
    if names:
        told = (
            f"{', '.join(names)} {'has' if len(names) == 1 else 'have'} changed since `{build}` was compiled"
        )
        group.tell("note", "yellow", f"{told}; `taskc compile` makes it anew")


@contextmanager
def progress(quiet: bool) -> Iterator[tuple[Told | None, Told | None]]:
    """Show bars on standard error when it is a terminal; gives what to call for answers and for downloads."""
    if quiet or not sys.stderr.isatty():
        yield None, None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True, no_color=not coloured(sys.stderr))
    asking = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[failed]}"),
        console=console,
    )
    fetching = Progress(TextColumn("{task.description}"), BarColumn(), DownloadColumn(), console=console)
    from rich.console import Group
    from rich.live import Live

    with Live(Group(fetching, asking), console=console, refresh_per_second=8):
        yield _asked(asking), _fetched(fetching)


def _asked(bar: Any) -> Told:
    ids: dict[str, Any] = {}

    def watch(model: str, done: int, total: int, failed: int) -> None:
        if model not in ids:
            ids[model] = bar.add_task(model, total=total, failed="")
        bar.update(ids[model], completed=done, total=total, failed=f"{failed} failed" if failed else "")

    return watch


def _fetched(bar: Any) -> Told:
    ids: dict[str, Any] = {}

    def report(what: str, done: int, total: int) -> None:
        if what not in ids:
            ids[what] = bar.add_task(f"fetching {what}", total=total)
        bar.update(ids[what], completed=done, total=total)

    return report


def print_evaluated(done: "Evaluated", *, form: str, quiet: bool, dry: bool, subtasks: bool = False) -> None:
    """Print the plan where something is refused or left out, then the table, then what failed."""
    if not quiet:
        ends = {tally.fatal.message for tally in done.tallies if tally.fatal}
        for probe in done.probes:
            _probed(probe, told=probe.why in ends)
    for row in done.plan.refused:
        _refusal(row)
    if dry:
        echo(_plan(done.plan.lowerings), nl=False)
        for model, unknown in done.unknown.items():
            echo(unknown_note(model, unknown))
    elif not quiet:
        for row in done.plan.lowerings:
            if row.way is None and row.implied:
                echo(f"note: {_about(row)} is left out: {row.why}", err=True)
    for tally in done.tallies:
        _failed(tally)
    if done.scored is not None:
        print_scored(done.scored, form=form, quiet=quiet, subtasks=subtasks)
        if not quiet:
            _cost(done)


def _probed(probe: "Probe", *, told: bool) -> None:
    """Say what was asked of a model before the plan; what ended the run as well is `told` with that."""
    shown = [f"{key} {_yes(value)}" for key, value in probe.found.items()]
    asked = f"{probe.requests} request{'' if probe.requests == 1 else 's'}"
    if shown:
        kept = f"; kept in {probe.kept}" if probe.kept else ""
        echo(f"{probe.model}: probed with {asked}: {', '.join(shown)}{kept}", err=True)
    if probe.open and not told:
        left = ", ".join(probe.open)
        group.tell("note", "cyan", f"{probe.model}: unknown after {asked}: {left}: {probe.why}")


def _yes(value: bool | int) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def unknown_note(model: str, unknown: Sequence[str]) -> str:
    """Say that something is unknown of a model, and what becomes of it."""
    stated = "&".join(f"{key}={'20' if key == 'top_logprobs' else 'yes'}" for key in unknown)
    return (
        f"{model}: unknown, would be probed by `taskc eval` where it matters: {', '.join(unknown)}; "
        f"or state it, as in `?{stated}`"
    )


def _failed(tally: "Tally") -> None:
    """Say what failed for good: what ended a model's run once, and every other cause with its count."""
    if tally.fatal:
        group.tell("error", "red", f"{tally.model}: {tally.fatal.message}; nothing more was asked of it")
    for failure in tally.failures:
        if tally.fatal is None or failure.example != tally.fatal.message:
            echo(
                f"{tally.model}: {failure.count:,} failed: {failure.reason}, for instance: {failure.example}",
                err=True,
            )


def _cost(done: "Evaluated") -> None:
    for tally in done.tallies:
        if tally.asked or tally.reused:
            cost = f", {tally.cost:.4f} USD" if tally.cost else ""
            echo(
                f"{tally.model}: {tally.asked:,} asked in {tally.seconds:.1f} s{cost}, "
                f"{tally.reused:,} known before",
                err=True,
            )


def _refusal(row: "Lowering") -> None:
    group.tell("error", "red", f"{_about(row)} cannot be had: {row.why}")
    nearest = (
        f"measure `{row.nearest}` can be had: state it in the task" if row.nearest else "choose another model"
    )
    cure = f"{nearest}, or leave this out with `--select`"
    group.tell("help", "cyan", cure)


def _about(row: "Lowering") -> str:
    return f"measure `{row.measure}` of {row.task} × {row.regime} on {row.model}"


def _plan(rows: "tuple[Lowering, ...]") -> str:
    from io import StringIO

    from rich.console import Console
    from rich.table import Table

    table = Table("model", "task", "regime", "measure", "how", "requests", "notes", box=None, pad_edge=False)
    for row in rows:
        table.add_row(
            row.model, row.task, row.regime, row.measure, row.way or "—", f"{row.requests:,}", row.why
        )
    out = StringIO()
    Console(file=out, width=width(), no_color=True).print(table)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def print_scored(scored: "Scored", *, form: str, quiet: bool, subtasks: bool = False) -> None:
    """Print the table (or its rows as JSON lines) on standard output, and say where everything is."""
    if form == "json":
        for row in scored.rows:
            click.echo(lines.dump(row))
    else:
        from taskc.analysis.table import render

        rows = scored.rows if subtasks else scored.overview
        text = render(rows, width=width(), colour=coloured(sys.stdout), asked=scored.asked)
        echo(text, nl=False, styled=True)
    for name, need in () if quiet else scored.idle:
        group.tell("note", "cyan", f"no row has `{name}`: it is of {need}")
    if scored.missing:
        echo(f"{len(scored.missing):,} could not be scored: see {scored.folder / 'missing.jsonl'}", err=True)
    if not quiet:
        files = ", ".join(str(path) for path in scored.pictures) or str(scored.folder)
        echo(f"picture: {files}" if scored.pictures else f"results: {files}", err=True)
        if what := _several(scored):
            command = shlex.join(["taskc", "compare", str(scored.folder), "--by", what])
            echo(f"item by item: {command}", err=True)


def _several(scored: "Scored") -> str:
    """Say what the rows hold several of that can be compared: models, else regimes, else levels."""
    groups: dict[str, dict[tuple[object, ...], set[str]]] = {}
    for row in scored.overview:
        if not row.n:
            continue
        levels = tuple(row.levels.items())
        about: dict[str, tuple[str, tuple[object, ...]]] = {
            "model": (row.model, (row.task, row.regime, levels, row.measure)),
            "regime": (row.regime, (row.task, levels, row.measure, row.model)),
        }
        for factor, level in levels:
            others = tuple(pair for pair in levels if pair[0] != factor)
            about[factor] = (level, (row.task, row.regime, others, row.measure, row.model))
        for what, (side, key) in about.items():
            groups.setdefault(what, {}).setdefault(key, set()).add(side)
    return next((what for what, sides in groups.items() if any(len(s) > 1 for s in sides.values())), "")


def width() -> int:
    """Give the columns to write in: those of the terminal, 120 where there is none."""
    import shutil

    return max(72, min(shutil.get_terminal_size((120, 24)).columns, 140))
