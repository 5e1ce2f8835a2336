"""What `compare` prints: a table of differences, how they were tested, and which conditions hold."""

import sys
import textwrap
from collections.abc import Callable, Sequence
from io import StringIO
from typing import TYPE_CHECKING

from msgspec.structs import replace

from taskc.analysis.table import percent
from taskc.cli import group, results
from taskc.cli.terminal import coloured, echo
from taskc.records.contrast import Contrast
from taskc.records.shown import short_names

if TYPE_CHECKING:
    from taskc.flow.contrast import Compared


def print_compared(compared: "Compared") -> None:
    """Print the table on standard output; what could not be compared, and what fails, on standard error."""
    from taskc.flow import contrast_forms as forms

    contrasts = _shortly(compared.contrasts)
    for head in dict.fromkeys(_head(one) for one in contrasts):
        echo(head)
        echo(_table([one for one in contrasts if _head(one) == head]), nl=False, styled=True)
        echo()
    question = compared.question
    legend = _legend(contrasts, compared.level, compared.adjusted)
    echo(textwrap.fill(legend, results.width()))
    for note in compared.notes:
        group.tell("note", "yellow", note)
    for failed in compared.failed:
        told = f"{forms.name(failed.contrast)}: {forms.said(failed, question.sure)}"
        group.tell("failed", "red", told)
    if question.conditions and not compared.failed:
        n = len(question.conditions)
        echo(
            "passed: " + ("the condition does not hold" if n == 1 else f"none of {n} conditions holds"),
            err=True,
        )


def _shortly(contrasts: Sequence[Contrast]) -> list[Contrast]:
    """Give the same with the names of simulated models as they are shown: see `shown.short_names`."""
    names = short_names(name for one in contrasts for name in (one.model, one.first, one.second))
    return [
        replace(one, model=names[one.model], first=names[one.first], second=names[one.second])
        for one in contrasts
    ]


def _head(one: Contrast) -> str:
    return f"{one.second} against {one.first}" + (f", {one.model}" if one.model else "")


def _legend(contrasts: Sequence[Contrast], level: float, adjusted: str) -> str:
    paired = sum(one.paired for one in contrasts)
    tests = "; ".join(dict.fromkeys(one.test for one in contrasts))
    said = [f"Differences are the second side less the first, with {100 * level:g} % intervals."]
    if paired:
        said.append("Paired by item: n items were answered on both sides, + went up and − went down.")
    if paired < len(contrasts):
        said.append("Not paired: where the sides share no item they are two samples, n of each.")
    if any(one.pooled for one in contrasts):
        said.append(
            "Taken together: items count alike, and one that was asked in several ways is one cluster."
        )
    if any(map(_clustered, contrasts)):
        said.append("Items of one cluster are not independent: tests and intervals reckon with clusters.")
    said.append(f"p: {tests}.")
    m = len(contrasts)
    if m > 1:
        how = f"adjusted by {adjusted} over these {m} comparisons" if adjusted != "none" else "not adjusted"
        said.append(f"p adj: {how}.")
    if any(any(one.only) for one in contrasts):
        said.append("alone: items answered on one side only, first and second; they take no part.")
    if any(any(one.missing) for one in contrasts):
        said.append("missing: items asked for without an answer, first and second.")
    return " ".join(said)


_Cell = Callable[[Contrast], str]


def _table(contrasts: Sequence[Contrast]) -> str:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    columns = [column for column in _COLUMNS if column[3](contrasts)]
    for heading, _, right, _ in columns:
        table.add_column(heading, justify="right" if right else "left", no_wrap=right, overflow="fold")
    for one in contrasts:
        table.add_row(*(Text(cell(one)) for _, cell, _, _ in columns))
    out = StringIO()
    console = Console(file=out, width=results.width(), no_color=not coloured(sys.stdout), _environ={})
    console.print(table)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _levels(one: Contrast) -> str:
    return ", ".join(f"{factor}={level}" for factor, level in one.levels.items())


def _together(one: Contrast) -> str:
    from taskc.flow.contrast_forms import together

    return together(one)


def _is_share(one: Contrast) -> bool:
    return one.interval in ("score", "Newcombe")


def _value(one: Contrast, at: int) -> str:
    return percent(one.values[at]) if _is_share(one) else f"{one.values[at]:.3f}"


def _difference(one: Contrast) -> str:
    scale, form = (100.0, "+.1f") if _is_share(one) else (1.0, "+.3f")
    told = format(scale * one.difference, form)
    if one.low is not None and one.high is not None:
        told += f" [{format(scale * one.low, form)}, {format(scale * one.high, form)}]"
    return told.replace("-", "−")  # the sign, as in the legend and on the page


def _p(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def _n(one: Contrast) -> str:
    return f"{one.n:,}" if one.paired else f"{one.n:,}, {one.others:,}"


def _clustered(one: Contrast) -> bool:
    return one.paired and one.clusters < one.n


def _two(pair: tuple[int, int]) -> str:
    return f"{pair[0]:,}, {pair[1]:,}"


def _any(take: Callable[[Contrast], object]) -> Callable[[Sequence[Contrast]], bool]:
    return lambda contrasts: any(take(one) for one in contrasts)


# heading, what stands in a cell, whether to the right, and when the column is wanted
_COLUMNS: tuple[tuple[str, _Cell, bool, Callable[[Sequence[Contrast]], bool]], ...] = (
    ("task", lambda one: one.task, False, _any(lambda one: one.task)),
    ("regime", lambda one: one.regime, False, _any(lambda one: one.regime)),
    ("levels", _levels, False, _any(lambda one: one.levels)),
    ("together", _together, False, _any(lambda one: one.pooled)),
    ("measure", lambda one: one.measure.replace("(", " ("), False, _any(lambda one: one.measure)),
    ("metric", lambda one: one.metric, False, _any(lambda one: True)),
    ("first", lambda one: _value(one, 0), True, _any(lambda one: True)),
    ("second", lambda one: _value(one, 1), True, _any(lambda one: True)),
    ("difference", _difference, True, _any(lambda one: True)),
    ("n", _n, True, _any(lambda one: True)),
    (
        "clusters",
        lambda one: f"{one.clusters:,}",
        True,
        _any(_clustered),
    ),
    ("+", lambda one: f"{one.up:,}", True, _any(lambda one: one.paired)),
    ("−", lambda one: f"{one.down:,}", True, _any(lambda one: one.paired)),
    ("alone", lambda one: _two(one.only), True, _any(lambda one: any(one.only))),
    (
        "missing",
        lambda one: _two(one.missing),
        True,
        _any(lambda one: any(one.missing)),
    ),
    ("p", lambda one: _p(one.p), True, _any(lambda one: True)),
    ("p adj", lambda one: _p(one.p_adjusted), True, lambda contrasts: True),
)
