"""`taskc store`: look after the answers that are kept."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from taskc.cli import group
from taskc.cli.terminal import echo
from taskc.records import lines

if TYPE_CHECKING:
    from taskc.records.stock import Merged, Open, Stock, Verified

_DEFAULT = "runs"
_NAMED = 10  # flaws and conflicts that are printed

_store = click.argument("store", default=_DEFAULT, type=click.Path(path_type=Path), metavar="[STORE]")
_format = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)


@click.group("store")
def command() -> None:
    """Look after the answers that are kept.

    STORE is their file, or the folder that `taskc eval` keeps it in; `runs` without one.
    """


@command.command("stats", short_help="count answers, tokens and bytes, model by model")
@_store
@_format
def stats(store: Path, form: str) -> None:
    """Say how many answers of each model are kept, their tokens, their bytes, and when they came."""
    with _kept_whole():
        from taskc.flow.store import stock_of

        stock = stock_of(store)
    click.echo(lines.dump(stock) if form == "json" else _stock(stock))


@command.command("export", short_help="write all answers to a JSONL or Parquet file")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.jsonl|FILE.parquet")
@_store
@click.option(
    "-m", "--model", "models", multiple=True, metavar="MODEL", help="only the answers of this model"
)
@click.option("--overwrite", is_flag=True, help="replace FILE if it exists")
@_format
def export(file: Path, store: Path, models: tuple[str, ...], overwrite: bool, form: str) -> None:
    """Write all that is known of every answer to FILE, in the order of the keys."""
    with _kept_whole():
        from taskc.flow import store as flow

        done = flow.export(store, file, models=models, overwrite=overwrite)
    click.echo(lines.dump(done) if form == "json" else f"{_answers(done.answers)} → {done.path}")


@command.command("merge", short_help="add the answers of stores to another one")
@click.argument("stores", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="STORE…")
@click.option("-o", "--output", "out", required=True, type=click.Path(path_type=Path), metavar="STORE")
@_format
def merge(stores: tuple[Path, ...], out: Path, form: str) -> None:
    """Add the answers of each STORE to the one at --output, which is made if there is none.

    Where two have an answer to the same call, the first is kept: that of --output, then in the order given.
    """
    with _kept_whole():
        from taskc.flow import store as flow

        done = flow.merge(stores, out)
    if form == "json":
        click.echo(lines.dump(done))
    else:
        _print_merged(done)


@command.command("verify", short_help="look at the file and at every answer in it")
@_store
@_format
def verify(store: Path, form: str) -> None:
    """Look at the file and at every answer in it; exit code 1 when something is wrong."""
    with _kept_whole():
        from taskc.flow import store as flow

        found = flow.verify(store)
    if form == "json":
        click.echo(lines.dump(found))
    else:
        _print_verified(found)
    sys.exit(group.OK if found.good else group.FOUND_ERRORS)


@command.command("batches", short_help="list the batches that were sent and are not picked up")
@_store
@click.option("--forget", metavar="ID", help="give this one up: its requests are asked, and paid for, again")
@_format
def batches(store: Path, forget: str | None, form: str) -> None:
    """List the batches that were sent and are not picked up; `taskc eval --batch` does that."""
    with _kept_whole():
        from taskc.flow import store as flow

        found = flow.batches_of(store) if forget is None else flow.forget_batch(store, forget)
    click.echo(lines.dump(found) if form == "json" else _batches(found))


@command.command("vacuum", short_help="make the file as small as it can be")
@_store
@_format
def vacuum(store: Path, form: str) -> None:
    """Make the file as small as it can be. Nobody else may be using it."""
    with _kept_whole():
        from taskc.flow import store as flow

        done = flow.vacuum(store)
    told = f"{done.path}: {done.before:,} → {done.after:,} bytes"
    click.echo(lines.dump(done) if form == "json" else told)


@contextmanager
def _kept_whole() -> Iterator[None]:
    """Translate errors; an interrupted command has changed nothing, or can be done again."""
    try:
        with group.translated():
            yield
    except KeyboardInterrupt:
        import shlex

        again = shlex.join(["taskc", *sys.argv[1:]])
        echo(f"\ninterrupted; nothing is lost, and this does it again:\n  {again}", err=True)
        sys.exit(group.INTERRUPTED)


def _answers(count: int) -> str:
    return f"{count:,} answer{'' if count == 1 else 's'}"


def _stock(stock: "Stock") -> str:
    """Lay out a table, as wide as it must be: nothing in it is cut, in a narrow terminal lines go on."""
    rows: list[tuple[str, ...]] = [
        ("model", "answers", "refusals", "tries", "tokens in", "tokens out", "bytes", "first", "last")
    ]
    for one in stock.models:
        figures = (one.answers, one.refusals, one.tries, one.read, one.written, one.bytes)
        rows.append((one.model, *map("{:,}".format, figures), _minute(one.first), _minute(one.last)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    table = ["  ".join(_cells(row, widths)).rstrip() for row in rows] if stock.models else []
    return "\n".join([*table, f"{stock.path}: {_answers(stock.answers)}, {stock.bytes:,} bytes"])


def _batches(found: "Open") -> str:
    rows = [
        f"{one.id}  {_moment(one.at)}  {one.model}  {one.count:,} requests  {one.remote or 'not known'}"
        for one in found.batches
    ]
    count = len(found.batches)
    return "\n".join([*rows, f"{found.path}: {count:,} open batch{'' if count == 1 else 'es'}"])


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(seconds))


def _cells(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    for at, (cell, width) in enumerate(zip(row, widths, strict=True)):
        yield cell.rjust(width) if 1 <= at <= 6 else cell.ljust(width)


def _minute(moment: str) -> str:
    return moment[:16].replace("T", " ") or "·"


def _print_merged(done: "Merged") -> None:
    for one in done.sources:
        more = f", {one.conflicts:,} in conflict" if one.conflicts else ""
        echo(f"{one.path}: {_answers(one.answers)}, {one.added:,} added, {one.same:,} there before{more}")
    echo(f"{done.path}: {_answers(done.answers)}")
    conflicts = sum(one.conflicts for one in done.sources)
    if conflicts:
        told = f"{_answers(conflicts)} in conflict with what is kept for the same call; the first was kept"
        group.tell("warning", "yellow", told)
        _name(done.conflicts, conflicts)


def _print_verified(found: "Verified") -> None:
    for line in found.damage:
        group.tell("error", "red", f"{found.path}: {line}")
    for flaw in found.flaws[:_NAMED]:
        group.tell("error", "red", f"answer `{flaw.key}`: {flaw.why}")
    if found.flawed > _NAMED:
        echo(f"and {found.flawed - _NAMED:,} more", err=True)
    if found.bare:
        told = f"{_answers(found.bare)} can be read, but not held against their keys"
        echo(f"note: {told}: an older format did not keep what that takes", err=True)
    state = "all good" if found.good else f"{found.flawed:,} flawed"
    echo(f"{found.path}: {_answers(found.answers)}, {state}")


def _name(keys: Sequence[str], count: int) -> None:
    for key in keys[:_NAMED]:
        echo(f"  {key}", err=True)
    if count > _NAMED:
        echo(f"  and {count - _NAMED:,} more", err=True)
