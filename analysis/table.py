"""Rows as a table of text: what was asked, how often the true task was followed, and who lured the model."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

from taskc.analysis.aggregate import Row
from taskc.analysis.fold import fit, fold
from taskc.analysis.intervals import Rate
from taskc.records.shown import percent

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

LEGEND = (
    "n counts items, all else is per cent of them, with 95 % Wilson intervals; conflict: items on which "
    "a distractor predicts another answer than the true task; agree: the other items; lured: a "
    "distractor's answer was given; other: neither's; what is unparsed or refused counts as not correct."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its heading (two lines at most), the text of a cell, and whether rows have use for it."""

    heading: str
    cell: Callable[[Row], str]
    wanted: Callable[[Sequence[Row]], bool] = lambda rows: True
    style: str = ""


def render(rows: Sequence[Row], *, width: int = 100, colour: bool = False) -> str:
    """Give rows as text at most `width` columns wide, as far as the figures allow; an empty text for no rows.

    Each model has a table under its name, each task a group in it. Columns in which no row has anything to
    say are left out; long names are folded, never cut. A legend ends it.
    """
    if not rows:
        return ""
    layout = _layout(rows, width)
    console = _console(max(width, layout.width), colour)
    for model in dict.fromkeys(row.model for row in rows):
        console.print(model, style="bold", highlight=False, markup=False, soft_wrap=True)
        console.print(_head(layout))
        for place, task in enumerate(dict.fromkeys(row.task for row in rows if row.model == model)):
            console.print(
                ("\n" if place else "") + task, style="bold", highlight=False, markup=False, soft_wrap=True
            )
            console.print(_group([row for row in rows if (row.model, row.task) == (model, task)], layout))
        console.print()
    console.print(_legend(rows), style="dim", highlight=False, markup=False)
    return _text(console)


def _legend(rows: Sequence[Row]) -> str:
    said = [LEGEND]
    if any("outside" in row.numbers for row in rows):
        said.append("outside: the mean probability of what is none of the labels.")
    if several_ways(rows):
        said.append("how: the way in which answers were had; different ways are different measurements.")
    return " ".join(said)


def bracketed(rate: Rate | None) -> str:
    """Write a rate with its interval: `78 [69–85]`; `·` where there is none."""
    if rate is None:
        return "·"
    return f"{percent(rate.value)} [{100 * rate.low:.0f}–{100 * rate.high:.0f}]"


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


def _layout(rows: Sequence[Row], width: int) -> Layout:
    names = tuple(column for column in _NAMES if column.wanted(rows))
    figures = tuple(_figures(rows, width))
    gap = 2 if width >= 100 else 1
    wide = [_width(column, rows) for column in figures]
    wishes = [_width(column, rows) for column in names]
    if (several := [row for row in rows if len(row.distractors) > 1]) and _conflicts(rows):
        wishes[-1] = max(wishes[-1], *(2 + len(name) for row in several for name in row.distractors))
    room = width - sum(wide) - gap * (len(names) + len(figures))
    return Layout(names=names, figures=figures, widths=(*fit(wishes, room), *wide), gap=gap)


def _lured(row: Row) -> str:
    return percent(row.conflict.lured.value) if row.conflict.lured and row.distractors else "·"


def _value(rate: Rate | None) -> str:
    return percent(rate.value if rate else None)


def _levels(row: Row) -> str:
    """Write the levels on one line if they are short, else a line each."""
    levels = [f"{name}={level}" for name, level in row.levels.items()]
    return ("\n" if sum(map(len, levels)) > 24 else ", ").join(levels)


def _share(row: Row, name: str) -> str:
    return percent(row.all.rates.get(name))


def _split(rows: Sequence[Row]) -> bool:
    return any(row.conflict.n for row in rows) and any(row.agree.n for row in rows)


def _conflicts(rows: Sequence[Row]) -> bool:
    return any(row.conflict.n for row in rows)


def _has(name: str) -> Callable[[Sequence[Row]], bool]:
    return lambda rows: any(row.all.counts.get(name, 0) for row in rows)


def several_ways(rows: Sequence[Row]) -> bool:
    """Say whether a measure of one task and regime was had in several ways, of one model or several."""
    ways: dict[tuple[str, str, str], set[str]] = {}
    for row in rows:
        told = (way for way in row.lowering.split(" | ") if way)
        ways.setdefault((row.task, row.regime, row.measure), set()).update(told)
    return any(len(some) > 1 for some in ways.values())


def _outside(row: Row) -> str:
    found = row.numbers.get("outside")
    return percent(found.value if found else None)


def _generated(rows: Sequence[Row]) -> bool:
    return any(row.measure == "reply" for row in rows) or _has("unparsed")(rows)


_LURED = "\nlured"
_BROAD = 110
_NAMES = (
    Column(heading="regime", cell=lambda row: row.regime),
    Column(heading="levels", cell=_levels, wanted=lambda rows: any(row.levels for row in rows)),
    Column(heading="measure", cell=lambda row: row.measure.replace("(", " (")),
    Column(heading="how", cell=lambda row: row.lowering.replace(" | ", "\n| "), wanted=several_ways),
)
_ALL = (
    Column(heading="\nn", cell=lambda row: str(row.n)),
    Column(heading="all\nacc [95 %]", cell=lambda row: bracketed(row.all.accuracy), style="blue"),
)
_CONFLICT = (
    Column(heading="\nn", cell=lambda row: str(row.conflict.n), wanted=_conflicts),
    Column(
        heading="conflict\nacc [95 %]",
        cell=lambda row: bracketed(row.conflict.accuracy),
        wanted=_conflicts,
        style="blue",
    ),
    Column(heading=_LURED, cell=_lured, wanted=_conflicts, style="dark_orange3"),
    Column(heading="\nother", cell=lambda row: percent(row.conflict.rates.get("other")), wanted=_conflicts),
)
_AGREE = (
    Column(heading="\nn", cell=lambda row: str(row.agree.n), wanted=_split),
    Column(heading="agree\nacc", cell=lambda row: _value(row.agree.accuracy), wanted=_split, style="blue"),
)
_LOST = (
    Column(
        heading="out-\nside",
        cell=_outside,
        wanted=lambda rows: any("outside" in row.numbers for row in rows),
    ),
    Column(heading="un-\nparsed", cell=lambda row: _share(row, "unparsed"), wanted=_generated),
    Column(heading="re-\nfused", cell=lambda row: _share(row, "refused"), wanted=_has("refused")),
    Column(
        heading="miss-\ning",
        cell=lambda row: str(row.missing),
        wanted=lambda rows: any(row.missing for row in rows),
    ),
)


def _figures(rows: Sequence[Row], width: int) -> list[Column]:
    """Choose the columns of figures: all items together where there is room, or where nothing parts them."""
    whole = _ALL if (width >= _BROAD and _split(rows)) or not _conflicts(rows) else ()
    columns = (*whole, *_CONFLICT, *_AGREE, *_LOST)
    return [column for column in columns if column.wanted(rows)]


def _width(column: Column, rows: Iterable[Row]) -> int:
    """Say how wide a column wants to be."""
    texts = [column.heading, *(column.cell(row) for row in rows)]
    return max(len(line) for text in texts for line in text.split("\n"))


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

    rate = percent(row.conflict.rates[name])
    last = len(layout.names) - 1
    names: list[str | Text] = [*[""] * last, Text(fold(f"· {name}", layout.widths[last]))]
    return [*names, *(rate if column.heading == _LURED else "" for column in layout.figures)]


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
