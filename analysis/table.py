"""Rows as a table of text: what was asked, how often the true task was followed, and who lured the model."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import StringIO
from typing import TYPE_CHECKING

from taskc.analysis.columns import (
    ABILITY,
    CHANCE,
    NAMES,
    PULL,
    Asked,
    Column,
    bracketed,
    conflicts,
    figures,
    several_ways,
    width_of,
)
from taskc.analysis.fold import fit, fold
from taskc.analysis.row import Row
from taskc.records.shown import percent, short_names

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

__all__ = ["LEGEND", "Asked", "bracketed", "percent", "render", "several_ways"]

LEGEND = (
    "n counts items, all else is per cent of them, with 95 % Wilson intervals; conflict: items on which "
    "a distractor predicts another answer than the true task; agree: the other items; lured: a "
    "distractor's answer was given; other: neither's; what is unparsed or refused counts as not correct."
)


def render(
    rows: Sequence[Row], *, width: int = 100, colour: bool = False, asked: Sequence[Asked] = ()
) -> str:
    """Give rows as text at most `width` columns wide, as far as the figures allow; an empty text for no rows.

    Each model has a table under its name, each task a group in it. Columns in which no row has anything to
    say are left out; long names are folded, never cut. Metrics that were `asked` for have a column each. A
    legend ends it. Names of simulated models are short where that tells them apart.
    """
    if not rows:
        return ""
    names = short_names(row.model for row in rows)
    rows = [replace(row, model=names[row.model]) for row in rows]
    layout = _layout(rows, width, asked)
    console = _console(max(width, layout.width), colour)
    for model in dict.fromkeys(row.model for row in rows):
        console.print(model, style="bold", highlight=False, markup=False, soft_wrap=True)
        console.print(_head(layout))
        for place, task in enumerate(dict.fromkeys(row.task for row in rows if row.model == model)):
            some = [row for row in rows if (row.model, row.task) == (model, task)]
            title = ("\n" if place else "") + task + _lurer(some)
            console.print(title, style="bold", highlight=False, markup=False, soft_wrap=True)
            console.print(_group(some, layout))
        console.print()
    console.print(_legend(rows, layout, asked), style="dim", highlight=False, markup=False)
    return _text(console)


def _lurer(rows: Sequence[Row]) -> str:
    """Name the one distractor of a task, if it has a name; several have lines of their own."""
    names = {name for row in rows for name in row.distractors} - {"distractor"}
    return f"  (distractor: {min(names)})" if len(names) == 1 else ""


def _legend(rows: Sequence[Row], layout: "Layout", asked: Sequence[Asked]) -> str:
    said = [LEGEND]
    if CHANCE in layout.figures:
        said.append("chance: the accuracy of a guess among the options.")
    if PULL in layout.figures:
        said.append("pull: the share of understood answers that a distractor drew beyond what errors would.")
    if ABILITY in layout.figures:
        said.append("ability: of the rest, the share that knew the truth.")
    if any("outside" in row.numbers for row in rows):
        said.append("outside: the mean probability of what is none of the labels.")
    if several_ways(rows):
        said.append("how: the way in which answers were had; different ways are different measurements.")
    if asked:
        names = ", ".join(one.name for one in asked)
        said.append(f"{names}: means over items ± 1.96 standard errors; shares in per cent.")
    return " ".join(said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The columns of names and of figures, their widths, and the blanks between two."""

    names: tuple[Column, ...]
    figures: tuple[Column, ...]
    widths: tuple[int, ...]
    gap: int

    @property
    def width(self) -> int:
        """Give the width of the whole."""
        return sum(self.widths) + self.gap * len(self.widths)


def _layout(rows: Sequence[Row], width: int, asked: Sequence[Asked]) -> Layout:
    names = tuple(column for column in NAMES if column.wanted(rows))
    gap = 2 if width >= 100 else 1
    wishes = [width_of(column, rows) for column in names]
    if (several := [row for row in rows if len(row.distractors) > 1]) and conflicts(rows):
        wishes[-1] = max(wishes[-1], *(2 + len(name) for row in several for name in row.distractors))
    chosen = tuple(figures(rows, asked, width - sum(wishes) - gap * len(names), gap))
    wide = [width_of(column, rows) for column in chosen]
    room = width - sum(wide) - gap * (len(names) + len(chosen))
    return Layout(names=names, figures=chosen, widths=(*fit(wishes, room), *wide), gap=gap)


def _head(layout: Layout) -> "Table":
    """Draw the headings and the rule under them."""
    return _columns(layout, headed=True)


def _group(rows: Sequence[Row], layout: Layout) -> "Table":
    """Draw the rows of one task."""
    from rich.text import Text

    table = _columns(layout, headed=False)
    for row in rows:
        pairs = zip(layout.names, layout.widths, strict=False)
        names = [
            "\n".join(fold(line, width) for line in column.cell(row).split("\n")) for column, width in pairs
        ]
        table.add_row(*map(Text, names), *(column.cell(row) for column in layout.figures))
        if len(row.distractors) > 1 and row.conflict.n:
            for name in row.distractors:
                table.add_row(*_of_one(row, name, layout))
    return table


def _of_one(row: Row, name: str, layout: Layout) -> "list[str | Text]":
    """Write the line under a row that tells how many one of several distractors lured."""
    from rich.text import Text

    last = len(layout.names) - 1
    names: list[str | Text] = [*[""] * last, Text(fold(f"· {name}", layout.widths[last]))]
    return [*names, *(column.of_one(row, name) for column in layout.figures)]


def _columns(layout: Layout, *, headed: bool) -> "Table":
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, layout.gap - 1, 0, 0),
        show_header=headed,
    )
    for place, (column, width) in enumerate(
        zip((*layout.names, *layout.figures), layout.widths, strict=True)
    ):
        named = place < len(layout.names)
        table.add_column(
            Text("\n" + column.heading if named else column.heading),
            style=column.style,
            justify="left" if named else "right",
            width=width,
            no_wrap=True,
        )
    return table


def _console(width: int, colour: bool) -> "Console":
    from rich.console import Console

    return Console(
        file=StringIO(),
        width=width,
        color_system="256" if colour else None,
        force_terminal=colour,
        no_color=not colour,
        legacy_windows=False,
        _environ={},
    )


def _text(console: "Console") -> str:
    """Give what was printed, without blanks at the ends of lines."""
    assert isinstance(console.file, StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines()) + "\n"
