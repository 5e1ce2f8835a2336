"""`taskc models`: what can be asked from here and what it can do, and fetching what runs on this machine."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from taskc.cli import group, options, results
from taskc.cli.terminal import echo
from taskc.records import lines

if TYPE_CHECKING:
    from taskc.records.reach import ModelReach, ProviderReach


@click.group("models", invoke_without_command=True)
@click.option("--offline", is_flag=True, help="ask no provider for its list")
@click.option("--all", "every", is_flag=True, help="also models without a key, or of which nothing is known")
@click.option("--forget", metavar="MODEL", help="forget what probes found out of this one: it is asked again")
@options.form
@click.pass_context
def command(context: click.Context, offline: bool, every: bool, forget: str | None, form: str) -> None:
    """List the providers and models that can be asked from here, and what each can do.

    Providers with a key, and services whose address is set, are asked for their lists, which costs nothing.
    """
    if context.invoked_subcommand is not None:
        return
    if forget is not None:
        _forget(forget)
        return
    with group.translated():
        from taskc.flow.reachable import reachable

        found = reachable(results.surroundings(offline, None))
    if form == "json":
        for one in found:
            click.echo(lines.dump(one))
    else:
        _print(found, every)


@command.command("list")
def list_models() -> None:
    """List the models that can be fetched, and whether they are here."""
    with group.translated():
        from taskc.flow.models import listed

        rows = listed(results.surroundings(True, None))
    for name, about, here in rows:
        echo(f"{name}  {about}  {'here: ' + str(here) if here else 'not fetched'}")


@command.command("pull")
@click.argument("model", default="local/smollm2-135m")
def pull_model(model: str) -> None:
    """Fetch MODEL into the cache, unless it is there. Without one, that is smollm2-135m."""
    with group.translated():
        from taskc.flow.models import fetch

        with results.progress(quiet=not sys.stderr.isatty()) as (_, report):
            path = fetch(model, results.surroundings(False, report))
    echo(str(path))


def _forget(model: str) -> None:
    with group.translated():
        from taskc.flow.models import forget

        gone = forget(model, results.surroundings(True, None))
    echo(f"{gone:,} {'probe' if gone == 1 else 'probes'} of `{model}` forgotten")


def _print(found: "Sequence[ProviderReach]", every: bool) -> None:
    rows = [("provider", "state", "key", "address", "")]
    for one in found:
        key = {True: "set", False: "not set", None: "none needed"}[one.key_set] if one.key else ""
        rows.append((one.provider, one.state, key, one.address, one.why))
    _table(rows)
    models = [(one, model) for one in found for model in one.models]
    shown = [model for one, model in models if every or _matters(one, model)]
    if shown:
        echo()
        _table([("model", *(name for name, _ in _COLUMNS)), *map(_row, shown)])
    if len(shown) < len(models):
        left = len(models) - len(shown)
        echo(f"\n{left:,} more without a key, or of which nothing is known: `--all` lists them")
    if any(model.capabilities.unknown for model in shown):
        echo("\n?: unknown, asked of the model once by `taskc eval` where the plan hangs on it")


def _matters(one: "ProviderReach", model: "ModelReach") -> bool:
    """Say whether a model can be asked from here, and something is known of it that it has of its own."""
    return one.state in ("here", "reachable", "not asked") and len(model.capabilities.unknown) < _DARK


_DARK = 4  # things unknown: of such a model the table says nothing, and it may be none that writes text
_COLUMNS = (
    ("scores text", "score"),
    ("top log-probs", "top_logprobs"),
    ("prefill", "prefill"),
    ("temperature", "temperature"),
    ("stop", "stop"),
    ("effort", "effort"),
    ("reasoning", "reasoning_tokens"),
)


def _row(one: "ModelReach") -> tuple[str, ...]:
    can = one.capabilities
    cells = ("?" if name in can.unknown else _cell(getattr(can, name)) for _, name in _COLUMNS)
    return (one.model, *cells)


def _cell(value: bool | int) -> str:
    if isinstance(value, bool):
        return "yes" if value else "·"
    return f"{value:,}" if value else "·"


def _table(rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        echo("  ".join(cells).rstrip())
