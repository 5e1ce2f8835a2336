"""What `plan` prints: how each measure is had, what asking takes, and what the build can show."""

import math
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click

from taskc.cli import group, results
from taskc.cli.terminal import coloured, echo
from taskc.records import lines

if TYPE_CHECKING:
    from rich.table import Table

    from taskc.flow.plan import Planned
    from taskc.records.forecast import Detectable, Forecast, ModelForecast
    from taskc.records.plan import Lowering


def print_planned(planned: "Planned", *, form: str) -> None:
    """Print a forecast on standard output, and what is refused on standard error."""
    if form == "json":
        click.echo(lines.dump(planned.forecast))
    else:
        _print_text(planned.forecast)
    _refusals(planned.plan.refused)


def _print_text(forecast: "Forecast") -> None:
    shown = _Page(width=results.width(), colour=coloured(sys.stdout))
    _head(shown, forecast)
    _lowerings(shown, forecast.models)
    if forecast.models:
        _spending(shown, forecast.models)
    _detectable(shown, forecast.detectable)
    shown.say(f"how often the shape of a curve would be told: `taskc power {forecast.build}`", style="dim")
    echo(shown.text(), nl=False, styled=True)


class _Page:
    """Text in the making, at most `width` columns wide."""

    def __init__(self, *, width: int, colour: bool) -> None:
        from io import StringIO

        from rich.console import Console

        self._file = StringIO()
        self._console = Console(
            file=self._file, width=width, force_terminal=colour, no_color=not colour, _environ={}
        )

    def say(self, text: str = "", style: str = "") -> None:
        self._console.print(text, style=style, highlight=False, markup=False)

    def show(self, table: "Table") -> None:
        self._console.print(table)

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._file.getvalue().splitlines()) + "\n"


def _table(*columns: str) -> "Table":
    """Make a table; the headings of columns of figures begin with `>`."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        if column.startswith(">"):
            table.add_column(column[1:], justify="right", no_wrap=True, vertical="top")
        else:
            table.add_column(column, overflow="fold", vertical="top")
    return table


def _add(table: "Table", *cells: str) -> None:
    from rich.text import Text

    table.add_row(*map(Text, cells))


def _head(page: _Page, forecast: "Forecast") -> None:
    tasks = len({one.task for one in forecast.detectable})
    page.say(
        f"{forecast.build}: {tasks:,} task{'' if tasks == 1 else 's'}, {forecast.requests:,} requests, "
        f"{forecast.characters:,} characters in prompts"
    )


# --- how each measure is had -------------------------------------------------------------------------


def _lowerings(page: _Page, models: Sequence["ModelForecast"]) -> None:
    """Show how each measure is had; models that give all of them in the same ways are shown together."""
    alike: dict[tuple[object, ...], list[ModelForecast]] = {}
    for model in models:
        rows = tuple((*_way(row), row.task, row.regime, row.requests, row.nearest) for row in model.lowerings)
        alike.setdefault(rows, []).append(model)
    for some in alike.values():
        page.say()
        page.say(", ".join(one.model for one in some), style="bold")
        _ways(page, some[0].lowerings)


def _way(row: "Lowering") -> tuple[str, str, str]:
    return row.measure, row.way or "", row.why


def _ways(page: _Page, lowerings: Sequence["Lowering"]) -> None:
    """Show the ways of one model; rows that differ in task and regime only are one."""
    every = _tasks(lowerings)
    measures = list(dict.fromkeys(row.measure for row in lowerings))
    ways: dict[tuple[str, str], list[Lowering]] = {}
    for row in sorted(lowerings, key=lambda row: measures.index(row.measure)):
        ways.setdefault(_way(row)[:2], []).append(row)
    table = _table("measure", "how", ">answers", "regimes", "tasks")
    for (measure, way), rows in ways.items():
        answers = f"{sum(row.requests for row in rows):,}"
        regimes = ", ".join(dict.fromkeys(row.regime for row in rows))
        _add(table, measure, way or "not to be had", answers, regimes, _named(_tasks(rows), every))
    page.show(table)
    for note in _whys(lowerings):
        page.say(note, style="dim")


def _tasks(rows: Iterable["Lowering"]) -> list[str]:
    return list(dict.fromkeys(row.task.partition(".")[0] for row in rows))


def _named(tasks: Sequence[str], every: Sequence[str]) -> str:
    """Name some of the tasks, or those that are left out where that is shorter."""
    others = [task for task in every if task not in tasks]
    if not others:
        return "all" if len(tasks) > 1 else tasks[0]
    return min(", ".join(tasks), "all but " + ", ".join(others), key=len)


def _whys(lowerings: Iterable["Lowering"]) -> Iterable[str]:
    """Say what is given differently, and why a measure cannot be had, each reason once a measure."""
    given: dict[tuple[str, str], list[Lowering]] = {}
    for row in lowerings:
        for why in filter(None, row.why.split("; ")):
            given.setdefault((row.measure, why), []).append(row)
    for (measure, why), rows in given.items():
        if rows[0].way is not None:
            yield f"{measure}: {why}"
            continue
        nearest = " or ".join(dict.fromkeys(f"`{row.nearest}`" for row in rows if row.nearest))
        instead = f", {nearest} can be had" if nearest else ""
        stated = _tasks(row for row in rows if not row.implied)
        left = f"; {', '.join(stated)} state{'s' if len(stated) == 1 else ''} it" if stated else "; left out"
        yield f"{measure}: {why}{instead}{left}"


def _refusals(rows: Sequence["Lowering"]) -> None:
    """Say on standard error which stated measures cannot be had, each model, measure and reason once."""
    alike: dict[tuple[str, str, str], list[Lowering]] = {}
    for row in rows:
        alike.setdefault((row.model, row.measure, row.why), []).append(row)
    for (model, measure, why), some in alike.items():
        tasks = ", ".join(_tasks(some))
        group.tell("error", "red", f"measure `{measure}` of {tasks} cannot be had from {model}: {why}")
        nearest = dict.fromkeys(row.nearest for row in some)
        stated = " or ".join(f"`{one}`" for one in nearest if one)
        cure = f"state {stated} in the task" if stated else "choose another model"
        group.tell("help", "cyan", f"{cure}, or leave it out with `--select`: until then nothing is asked")


# --- what it takes -----------------------------------------------------------------------------------


def _spending(page: _Page, models: Sequence["ModelForecast"]) -> None:
    page.say()
    figures = (">requests", ">answered", ">to ask", ">tokens in", ">tokens out", ">cost", ">time")
    table = _table("model", *figures)
    for one in models:
        about = "" if one.exact else "~"
        most = one.tokens.read + one.tokens.reasoning
        bounded = "≤ " if one.tokens.reasoning else ""
        _add(
            table,
            one.model,
            f"{one.requests:,}",
            f"{one.answered:,}",
            f"{one.missing:,}",
            f"{bounded}{about}{_count(most, one.exact)}",
            f"≤ {one.tokens.written:,}",
            _cost(one),
            _time(one),
        )
    page.show(table)
    for note in _notes(models):
        page.say(note, style="dim")


def _count(tokens: int, exact: bool) -> str:
    """Write a count; of an estimate no more than three figures."""
    if exact or tokens < 1000:
        return f"{tokens:,}"
    step = 10 ** (len(str(tokens)) - 3)
    return f"{round(tokens / step) * step:,}"


def _cost(one: "ModelForecast") -> str:
    if not one.charged:
        return "none"
    if one.cost is None:
        return "unknown"
    return f"≤ {'' if one.exact else '~'}{dollars(one.cost.most)}"


def dollars(amount: float) -> str:
    """Write an amount of money in cents, and below ten of them in two figures."""
    if amount >= 0.1 or amount == 0:
        return f"${amount:,.2f}"
    return f"${amount:.2g}" if amount >= 0.0001 else "< $0.0001"


def _time(one: "ModelForecast") -> str:
    return f"≥ {duration(one.time.seconds)}" if one.time else "·"


def duration(seconds: float) -> str:
    """Write a time in its largest unit and the next."""
    minutes, rest = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours:,} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _notes(models: Sequence["ModelForecast"]) -> Iterable[str]:
    """Say how the figures were had, each thing once."""
    yield "requests: every sample counts, and what is asked alike for several measures or tasks counts once"
    if any(one.tokens.reasoning for one in models):
        share = max(models, key=lambda one: one.tokens.reasoning)
        yield (
            "tokens in: at most, with all reasoning that may be read back before a conclusion "
            f"({share.tokens.reasoning:,}); out: every reply to its `max_tokens`"
        )
    else:
        yield "tokens out: every reply to its `max_tokens`"
    for one in models:
        if one.unknown:
            yield results.unknown_note(one.model, one.unknown)
    for method in dict.fromkeys(one.counting for one in models):
        named = [one.model for one in models if one.counting == method]
        yield f"{', '.join(named)}: tokens {method}"
    for one in models:
        if one.price is not None and one.cost is not None:
            seen = ", ".join(text for text in (one.price.date, one.price.source) if text)
            rates = f"{dollars(one.price.input)} in, {dollars(one.price.output)} out a million tokens"
            rates += " by batch" if one.by_batch else ""
            read = f"{dollars(one.cost.least)} of the cost for what is read"
            yield f"{one.model}: {rates}{f' ({seen})' if seen else ''}; {read}"
        elif one.charged:
            yield (
                f"{one.model}: no price known; give one with `--prices FILE` or `--price {one.model}=IN/OUT`"
            )
    charged = [one for one in models if one.charged]
    if any(one.by_batch for one in charged):
        yield "time: a batch may take a day, and mostly takes less"
    elif charged and not any(one.time for one in charged):
        yield "time: give `--rpm`, `--tpm` or `--latency` to have it"
    for decides in dict.fromkeys(one.time.decides for one in charged if one.time):
        yield f"time: `--{decides}` decides; retries and the provider's own pauses come on top"


# --- what it can show --------------------------------------------------------------------------------


_LEGEND = (
    "two-sided exact tests at 0.05, power 0.80; items count, not samples; from chance: binomial, how far "
    "above guessing; on the same items: McNemar, two models or regimes that differ on so many of the items"
)


def _detectable(page: _Page, rows: Sequence["Detectable"]) -> None:
    """Show the smallest differences, in points of 100."""
    if not rows:
        return
    shares = list(rows[0].pairs)
    rates = next((list(row.groups) for row in rows if row.groups), [])
    page.say()
    page.say("the smallest difference that is found in 4 of 5 studies, in points of 100", style="bold")
    pairs, groups = (_joined(names) for names in (shares, rates))
    columns = [">items", ">conflict", ">from\nchance", f">on the same items,\n{pairs} % differ"]
    if any(row.conflict for row in rows):
        columns.append(">lured\nfrom 50")
    if rates:
        columns.append(f">conflict below\nagree at {groups}")
    split = len(rows) > len({row.task for row in rows})
    table = _table("task", *(["regimes"] if split else []), *columns)
    for row in rows:
        cells = [f"{row.n:,}", f"{row.conflict:,}", _points(row.from_chance), _all(row.pairs.values())]
        if any(one.conflict for one in rows):
            cells.append(_points(row.lured) if row.conflict else "·")
        if rates:
            cells.append(_all(row.groups.values()) if row.groups else "·")
        _add(table, row.task, *([_where(row.cells)] if split else []), *cells)
    page.show(table)
    said = [_LEGEND]
    if any(row.conflict for row in rows):
        said.append("lured: binomial, the share of conflict items that follow the distractor")
    if rates:
        said.append("conflict below agree: Fisher, how far accuracy on conflict items lies below the others'")
    page.say("; ".join([*said, "–: not even the largest difference; ·: nothing to compare"]), style="dim")


def _where(cells: Sequence[str]) -> str:
    """Name cells, `regime, factor=level…` each, by their regimes and levels where they are all of these."""
    parts = [cell.split(", ") for cell in cells]
    sides = [list(dict.fromkeys(side)) for side in zip(*parts, strict=False)]
    if math.prod(map(len, sides)) != len(cells) or len({len(part) for part in parts}) > 1:
        return "; ".join(cells)
    factors = [
        f"{side[0].partition('=')[0]}={'/'.join(one.partition('=')[2] for one in side)}" for side in sides[1:]
    ]
    return " × ".join([", ".join(sides[0]), *factors])


def _joined(names: Sequence[str]) -> str:
    return "/".join(f"{100 * float(name):.0f}" for name in names)


def _all(values: Iterable[float | None]) -> str:
    return " ".join(f"{_points(value):>4}" for value in values)


def _points(value: float | None) -> str:
    """Write a difference in points of 100, upwards, so that no less is promised than is needed."""
    if value is None:
        return "–"
    tenths = math.ceil(1000 * value - 1e-6)
    return f"{tenths / 10:.1f}" if tenths < 100 else str(math.ceil(tenths / 10))
