"""Rows as a figure: whose answer was given where a distractor competes, and beside it the other items.

One panel a task; one bar a regime, its levels and its measure. Several models stand side by side in each
such group, in the order in which they come; answers that were had in different ways stand in groups of their
own unless they are asked to be mixed. The same rows give the same bytes on one version of matplotlib.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from taskc.analysis.bars import AGREE, CHANCE, INTERVAL, Piece, legend, names, pieces_of
from taskc.analysis.fold import drawable, fold
from taskc.analysis.row import Part, Row
from taskc.analysis.style import style
from taskc.analysis.table import several_ways
from taskc.records.shown import short_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH = 7.2  # inches: the text width of a page
_BAR = 0.25  # inches a bar and its gap
_LABEL = 30  # characters of a label on one line
_DPI = 200
_MOST_PIXELS = 30_000
_PLAIN: dict[str, Any] = {"frameon": False, "handlelength": 1.8, "columnspacing": 1.6, "borderaxespad": 0.3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a panel, from the top: a bar (`row`), or the heading of a group of bars."""

    place: float
    text: str
    row: Row | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The lines of one task.

    `every` says that no item is in conflict, so that the bars are of all items; `parted` that some
    items are and some are not.
    """

    task: str
    lines: tuple[Line, ...]
    size: float
    every: bool
    parted: bool
    distractors: tuple[str, ...]

    def part(self, row: Row) -> Part:
        """Give the items that a bar is of."""
        return row.all if self.every else row.conflict


def png(rows: Sequence[Row], *, mix: bool = False) -> bytes:
    """Draw rows as a PNG, 7.2 inches wide, 200 dots an inch; raises `ValueError` for no rows."""
    return _saved(rows, "png", mix)


def svg(rows: Sequence[Row], *, mix: bool = False) -> bytes:
    """Draw rows as an SVG whose text is outlines; raises `ValueError` for no rows."""
    return _saved(rows, "svg", mix)


def draw(rows: Sequence[Row], *, mix: bool = False) -> "Figure":
    """Draw rows on a new matplotlib figure; raises `ValueError` for no rows."""
    if not rows:
        raise ValueError("there are no rows to draw")
    with style():
        return _figure(rows, mix)


def _saved(rows: Sequence[Row], kind: str, mix: bool) -> bytes:
    if not rows:
        raise ValueError("there are no rows to draw")
    buffer = BytesIO()
    with style():
        figure = _figure(rows, mix)
        dpi = min(_DPI, _MOST_PIXELS / figure.get_figheight())
        stamp = {"Software": None} if kind == "png" else {"Date": None, "Creator": "taskc"}
        figure.savefig(buffer, format=kind, dpi=dpi, metadata=stamp)
    return buffer.getvalue()


def _figure(rows: Sequence[Row], mix: bool) -> "Figure":
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels = [_panel(task, rows, mix) for task in dict.fromkeys(row.task for row in rows)]
    beside = any(panel.parted for panel in panels)
    height = sum(_BAR * panel.size + (0.6 if len(panel.distractors) > 1 else 0.42) for panel in panels) + 1.05
    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(
        len(panels),
        2 if beside else 1,
        height_ratios=[p.size for p in panels],
        width_ratios=[3.2, 1][: 1 + beside],
    )
    parted = [place for place, panel in enumerate(panels) if panel.parted]
    for place, panel in enumerate(panels):
        axes = figure.add_subplot(grid[place, 0])
        _draw_panel(axes, panel, last=place == len(panels) - 1)
        if panel.parted:
            right = figure.add_subplot(grid[place, 1], sharey=axes)
            _draw_agree(right, panel, last=place == parted[-1])
            if place == parted[0]:
                right.set_title("agree items:\naccuracy, %", fontsize=8)
    models = list(dict.fromkeys(row.model for row in rows))
    if len(models) == 1:
        figure.suptitle(drawable(short_names(models)[models[0]]), x=0.01, ha="left", fontsize=9)
    figure.legend(
        handles=legend(rows),
        loc="outside lower center",
        ncols=4,
        frameon=False,
        handlelength=1.8,
        columnspacing=1.6,
    )
    return figure


def _panel(task: str, rows: Sequence[Row], mix: bool) -> Panel:
    """Put the rows of one task on lines; several models as a group under each regime, measure and way."""
    mine = [row for row in rows if row.task == task]
    shown = short_names(row.model for row in rows)
    several = len(shown) > 1
    lines: list[Line] = []
    at = 0.0
    ways = several_ways(rows) and not mix
    named = [(_name(row) + (f" ({row.lowering})" if ways else ""), row) for row in mine]
    for name in dict.fromkeys(name for name, _ in named):
        if several:
            lines.append(Line(place=at + 0.1, text=drawable(name)))
            at += 0.9
        for own, row in named:
            if own == name:
                lines.append(Line(place=at, text=drawable(shown[row.model] if several else name), row=row))
                at += 1
        at += 0.25 if several else 0.0
    conflicts = any(row.conflict.n for row in mine)
    return Panel(
        task=drawable(task),
        lines=tuple(lines),
        size=at,
        every=not conflicts,
        parted=conflicts and any(row.agree.n for row in mine),
        distractors=tuple(dict.fromkeys(name for row in mine for name in row.distractors)),
    )


def _name(row: Row) -> str:
    levels = "".join(f", {name}={level}" for name, level in row.levels.items())
    return f"{row.regime}, {row.measure}{levels}"


def _folded(text: str) -> str:
    """Fold a long label into two lines, which is what a bar has room for."""
    return text if len(text) <= _LABEL else fold(text, max(_LABEL, len(text) // 2 + 6))


def _draw_panel(axes: "Axes", panel: Panel, *, last: bool) -> None:
    """Draw the stacked bars of one task, with intervals, the chance line and the number of items."""
    for line in panel.lines:
        if line.row is None:
            axes.text(0, line.place, line.text, ha="left", va="center", style="italic")
            continue
        part = panel.part(line.row)
        _draw_bar(axes, line.place, pieces_of(part, panel.distractors))
        _draw_interval(axes, line.place, part)
        axes.text(101.5, line.place, f"{part.n}", ha="left", va="center", fontsize=7, color="0.3")
        if line.row.chance is not None:
            _draw_chance(axes, line.place, line.row.chance)
    axes.text(101.5, -0.72, "n", ha="left", va="center", fontsize=7, color="0.3", style="italic")
    title = panel.task + (" (all items: no distractor competes)" if panel.every else "")
    named = names(panel.distractors)
    axes.set_title(title, loc="left", fontweight="bold", pad=20 if named else 7)
    if named:
        axes.legend(handles=named, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, **_PLAIN)
    bars = [line for line in panel.lines if line.row is not None]
    axes.set_yticks([line.place for line in bars], [_folded(line.text) for line in bars], linespacing=0.95)
    _frame(axes, panel, last=last)
    if last:
        axes.set_xlabel("conflict items (the distractor predicts another answer): whose was given, %")


def _draw_chance(axes: "Axes", place: float, chance: float) -> None:
    ends = (place - 0.5, place + 0.5)
    axes.plot([100 * chance] * 2, ends, zorder=1.5, path_effects=_rim(2.0), **CHANCE)


def _draw_agree(axes: "Axes", panel: Panel, *, last: bool) -> None:
    """Draw the accuracy on the items on which nobody competes."""
    for line in panel.lines:
        if line.row is not None and line.row.agree.accuracy is not None:
            rate = line.row.agree.accuracy
            if line.row.chance is not None:
                _draw_chance(axes, line.place, line.row.chance)
            axes.text(104, line.place, f"{rate.n}", ha="left", va="center", fontsize=7, color="0.3")
            axes.plot([100 * rate.low, 100 * rate.high], [line.place] * 2, color="0.35", linewidth=0.9)
            axes.plot([100 * rate.value], [line.place], clip_on=False, zorder=4, **AGREE)
    axes.tick_params(labelleft=False)
    axes.grid(axis="x", color="0.88", linewidth=0.6)
    axes.set_axisbelow(True)
    _frame(axes, panel, last=last)


def _draw_bar(axes: "Axes", place: float, pieces: Sequence[Piece]) -> None:
    left = 0.0
    for piece in pieces:
        axes.barh(
            place,
            piece.width,
            left=left,
            height=0.66,
            color=piece.look.colour,
            hatch=piece.look.hatch,
            edgecolor=piece.look.line,
            linewidth=0.5,
        )
        left += piece.width


def _draw_interval(axes: "Axes", place: float, part: Part) -> None:
    """Mark the accuracy and its interval, with a white rim to be seen on every colour."""
    if part.accuracy is None:
        return
    ends = [100 * part.accuracy.low, 100 * part.accuracy.high]
    axes.plot(ends, [place] * 2, color="black", linewidth=1.0, path_effects=_rim(2.6), solid_capstyle="butt")
    axes.plot([100 * part.accuracy.value], [place], clip_on=False, zorder=4, **INTERVAL)


def _rim(width: float) -> list[Any]:
    """Give a white rim, so that a black line is seen on every colour."""
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=width, foreground="white")]


def _frame(axes: "Axes", panel: Panel, *, last: bool) -> None:
    """Set the bounds, and leave only the axis below."""
    axes.set_xlim(0, 100)
    axes.set_ylim(panel.size - 0.45, -0.55)
    axes.set_xticks([0, 25, 50, 75, 100])
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelbottom=last)
    axes.spines[["top", "right", "left"]].set_visible(False)
