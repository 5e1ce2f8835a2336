"""`taskc effects`: what wording, order, labels, regime and model do to a score."""

import csv
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from taskc.cli import group, options
from taskc.cli.terminal import echo, echo_json

if TYPE_CHECKING:
    from taskc.records.effects import Averaged, Effects, Factor, PlaceBias, Share, Survival, Told

_COLUMNS = (
    "task",
    "measure",
    "metric",
    "part",
    "kind",
    "of",
    "level",
    "model",
    "regime",
    "n",
    "value",
    "low",
    "high",
)
_LEAST = 0.005  # smaller shares of two together are not printed


@click.command("effects")
@options.runs
@click.option(
    "--metric",
    default="accuracy",
    show_default=True,
    metavar="NAME",
    help="accuracy, lured, or a number of the scores such as loss",
)
@click.option(
    "--part",
    type=click.Choice(["all", "conflict", "agree", "control"]),
    help="which items: those on which a distractor predicts another answer, the others, of these the ones on "
    "which none does; without it the first, where there are any, as in a report",
)
@click.option(
    "--wording",
    "wordings",
    multiple=True,
    metavar="FACTOR",
    help="a factor whose levels stand for many more wordings; repeatable; without it the factor `wording`",
)
@click.option("--reml", is_flag=True, help="fit what belongs to items by likelihood (extra `stats`)")
@click.option("--subtasks", is_flag=True, help="each subtask for itself")
@options.mix_measures
@options.ladders
@options.at
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True
)
def command(
    runs: tuple[Path, ...],
    metric: str,
    part: Any,
    wordings: tuple[str, ...],
    reml: bool,
    subtasks: bool,
    mix_measures: bool,
    ladders: tuple[str, ...],
    at: tuple[str, ...],
    form: str,
) -> None:
    """Say what moved a score: the item, or how it was asked.

    RUN is a folder that `taskc eval` made, or one that holds some; `runs` without one. Told are the share of
    variance of items, models, regimes and each factor that was varied; the score at each level; the pull of
    places where the order of options was varied; the score averaged over wordings; and whether verdicts
    survive them.
    """
    with group.translated():
        from taskc.flow.effects import Asked
        from taskc.flow.survival import tell_all

        asked = Asked(
            metric=metric, part=part, wordings=wordings, subtasks=subtasks, mix=mix_measures, reml=reml
        )
        told = tell_all(runs or (Path("runs"),), asked, ladders=ladders, at=at)
    if form == "json":
        from msgspec import to_builtins

        echo_json(to_builtins(told))
    elif form == "csv":
        click.echo(_csv(told), nl=False)
    else:
        from taskc.records.effects import shortly

        for number, one in enumerate(told.effects):
            _print(shortly(one), blank=number > 0, stated=part is not None)
        _print_survival(told)


def _print(one: "Effects", *, blank: bool, stated: bool) -> None:
    kind = "" if one.part == "all" else f"{one.part} "
    head = f"{one.task} · {one.measure}: {one.metric}, {one.items:,} {kind}items"
    head += " (`--part all` takes all)" if kind and not stated else ""
    echo(("\n" if blank else "") + f"{head} in {one.cells} combinations, {one.answers:,} answers")
    if one.shares:
        echo("\nshare of the variance of one answer, per cent [95 %]")
        _columns([_share(share) for share in one.shares if _told(share)])
    for factor in one.factors:
        echo(f"\n{factor.name}")
        _columns([*_levels(factor, rate=one.metric in ("accuracy", "lured"))])
    if one.averaged:
        echo("\naveraged over wordings; interval for other items in other wordings, and in these")
        _columns([_averaged(row, rate=one.metric in ("accuracy", "lured")) for row in one.averaged])
    if one.places:
        echo("\nplaces: how often an option is given for where it stands")
        titles = ("", "place", "given", "expected", "excess", "[95 %]", "accuracy when right there")
        _columns([titles, *(row for bias in one.places for row in _places(bias))])
    for note in one.notes:
        group.tell("note", "cyan", note)


def _told(share: "Share") -> bool:
    """Say whether a share is worth a line: small ones of two together are in JSON and CSV only."""
    return len(share.of) == 1 or share.share >= _LEAST


def _columns(rows: "list[tuple[str, ...]]") -> None:
    """Print rows indented, the first column to the left, all others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *cells in rows:
        shown = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
        echo("  " + "  ".join([name.ljust(widths[0]), *shown]).rstrip())


def _share(share: "Share") -> "tuple[str, ...]":
    within = "" if share.low is None or share.high is None else _within(share.low, share.high, rate=True)
    return " × ".join(share.of), f"{100 * share.share:.1f}", within


def _levels(factor: "Factor", *, rate: bool) -> "Iterator[tuple[str, ...]]":
    for level in factor.levels:
        apart = ""
        if level is not factor.levels[0]:
            apart = f"{_number(level.difference, rate=rate, signed=True)} "
            apart += _within(level.difference_low, level.difference_high, rate=rate, signed=True)
        yield level.level, _number(level.value, rate=rate), _within(level.low, level.high, rate=rate), apart


def _averaged(row: "Averaged", *, rate: bool) -> "tuple[str, ...]":
    wide = "cannot tell" if row.low is None or row.high is None else _within(row.low, row.high, rate=rate)
    narrow = ""
    if row.items_low is not None and row.items_high is not None:
        narrow = _within(row.items_low, row.items_high, rate=rate)
    name = f"{row.model}, {row.regime}"
    return name, f"{row.k} of `{row.over}`", _number(row.value, rate=rate), wide, narrow


def _places(bias: "PlaceBias") -> "Iterator[tuple[str, ...]]":
    for place in bias.places:
        within = ""
        if place.low is not None and place.high is not None:
            within = _within(place.low, place.high, rate=True, signed=True)
        right = "·" if place.accuracy is None else _number(place.accuracy, rate=True)
        excess = _number(place.excess, rate=True, signed=True)
        given, expected = _number(place.given, rate=True), _number(place.expected, rate=True)
        name = f"{bias.model}, {bias.regime}" if place.place == 1 else ""
        yield name, str(place.place), given, expected, excess, within, right


def _print_survival(told: "Told") -> None:
    if told.survival:
        echo("\ndoes the verdict survive?")
    asked = {(one.task, one.measure) for one in told.survival}
    several = {task for task, n in Counter(task for task, _ in asked).items() if n > 1}
    for one in told.survival:
        measure = (one.measure,) if one.task in several else ()
        name = " · ".join((one.task, *measure, one.regime, one.family))
        echo(
            f"  {name}, over {one.factor}: {one.usual} at {one.agree} of {one.levels} levels; "
            f"two levels have the same shape with probability {one.alike:.0%}"
        )
        echo("    " + ", ".join(f"{level} {verdict}" for level, verdict in one.verdicts.items()))
    for note in told.notes:
        group.tell("note", "cyan", note)


def _number(value: float, *, rate: bool, signed: bool = False) -> str:
    """Write a share in per cent, any other number with three digits; `−` is a minus as wide as a plus."""
    text = f"{100 * value:.1f}" if rate else f"{value:.3g}"
    text = text.lstrip("-") if float(text) == 0 else text
    return ("+" if signed and float(text) > 0 else "") + text.replace("-", "−")


def _within(low: float, high: float, *, rate: bool, signed: bool = False) -> str:
    return f"[{_number(low, rate=rate, signed=signed)}, {_number(high, rate=rate, signed=signed)}]"


def _csv(told: "Told") -> str:
    """Give everything as one tidy table: a number a row, named by `kind`, `of` and `level`."""
    out = StringIO()
    writer = csv.DictWriter(out, _COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for one in told.effects:
        head = {"task": one.task, "measure": one.measure, "metric": one.metric, "part": one.part}
        writer.writerows({**head, **row} for row in _rows(one))
    for survival in told.survival:
        writer.writerows(_of_survival(survival))
    return out.getvalue()


def _rows(one: "Effects") -> "Iterator[dict[str, Any]]":
    for share in one.shares:
        row = {"kind": "share", "of": " × ".join(share.of), "n": one.items, "value": share.share}
        yield {**row, "low": share.low, "high": share.high}
    for factor in one.factors:
        for level in factor.levels:
            row = {"of": factor.name, "level": level.level, "n": one.items}
            yield {**row, "kind": "level", "value": level.value, "low": level.low, "high": level.high}
            bounds = {"low": level.difference_low, "high": level.difference_high}
            yield {**row, "kind": "difference", "value": level.difference, **bounds}
    for mean in one.averaged:
        row = {"of": mean.over, "model": mean.model, "regime": mean.regime, "n": mean.n, "value": mean.value}
        yield {**row, "kind": "averaged", "low": mean.low, "high": mean.high}
        yield {**row, "kind": "averaged_these", "low": mean.items_low, "high": mean.items_high}
    for bias in one.places:
        for place in bias.places:
            row = {"of": str(place.place), "model": bias.model, "regime": bias.regime, "n": bias.items}
            yield {**row, "kind": "place_excess", "value": place.excess, "low": place.low, "high": place.high}
            yield {**row, "kind": "place_given", "value": place.given}
            yield {**row, "kind": "place_accuracy", "n": place.truth, "value": place.accuracy}


def _of_survival(one: "Survival") -> "Iterator[dict[str, Any]]":
    head = {"task": one.task, "measure": one.measure, "metric": one.metric, "regime": one.regime}
    head |= {"part": one.part, "model": one.family, "of": one.factor}
    yield {**head, "kind": "alike", "n": one.levels, "value": one.alike}
    for level, verdict in one.verdicts.items():
        for shape, p in one.probabilities[level].items():
            yield {**head, "kind": f"shape_{shape}", "level": f"{level}: {verdict}", "value": p}
