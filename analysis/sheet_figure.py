"""A sheet drawn: panels in columns, every one a cell of its own that can be cut out, a legend below.

The same sheet gives the same bytes on one version of matplotlib. Positions are reckoned, not searched for, so
that a panel is where `Drawn` says; widths are those of a page, 7.2 inches for four columns.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from itertools import accumulate
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

from taskc.analysis.bars import CHANCE, look_of
from taskc.analysis.cell import Cell
from taskc.analysis.fold import drawable
from taskc.analysis.pieces import take_apart
from taskc.analysis.sheets import TITLE
from taskc.analysis.style import FamilyLook, family_look, style
from taskc.records.drawn import Drawn, Piece
from taskc.records.sheet import Area, Panel, Series, Sheet
from taskc.records.shown import human

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CELL = (1.8, 1.45)  # inches
_HEAD, _ENTRY, _PAD = 0.22, 0.17, 0.06  # inches: the title, a line of the legend, the rim
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.42, 0.07, 0.2, 0.31  # inches around a panel's axes
_DPI = 220
_CLEAR = 8  # lines whose points have their intervals drawn in full
_LINE = 0.11  # inches: a further line of a panel's title
_WORDS = {"accuracy": "accuracy, %", "loss": "loss, nats", "attribution": "whose answer, %"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Box:
    """A part of the drawing in points from its upper left corner; its groups' names begin with `name`."""

    name: str
    text: str
    left: float
    top: float
    width: float
    height: float


def draw_sheet(sheet: Sheet, *, png: bool = True) -> Drawn:
    """Draw a sheet as SVG and PNG, whole and in pieces; without `png` that is left empty."""
    with style():
        drawing = _Drawing(sheet)
        drawing.draw()
        svg = drawing.saved("svg")
        picture = drawing.saved("png") if png else b""
    groups, shared = take_apart(svg)
    return Drawn(
        name=sheet.name,
        svg=svg,
        png=picture,
        panels=tuple(tuple(_piece(box, groups) for box in column) for column in drawing.panels),
        legend=tuple(_piece(box, groups) for box in drawing.entries),
        shared=shared,
    )


def _piece(box: _Box, groups: Mapping[str, str]) -> Piece:
    markup = "".join(groups.get(box.name + part, "") for part in ("", "-sample", "-text"))
    return Piece(text=box.text, left=box.left, top=box.top, width=box.width, height=box.height, markup=markup)


class _Drawing:
    """One figure in the making."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.panels: list[list[_Box]] = []
        self.entries: list[_Box] = []
        self._tall = max(len(column.panels) for column in sheet.columns)
        wide = max(2, len(sheet.columns))
        self._legend = list(_legend(sheet))
        self._across = wide
        lines = math.ceil(len(self._legend) / self._across)
        self._high = CELL[1] + (sheet.lines - 1) * _LINE
        self._size = (wide * CELL[0], _HEAD + self._tall * self._high + lines * _ENTRY + _PAD)
        self._figure = _new_figure(self._size)

    def draw(self) -> None:
        self._figure.text(
            0.05 / self._size[0],
            1 - 0.12 / self._size[1],
            _short(self.sheet.title, round(11.5 * self._size[0])),
            fontsize=8,
            fontweight="bold",
            va="center",
        )
        for x, column in enumerate(self.sheet.columns):
            self.panels.append([self._panel(x, y, panel) for y, panel in enumerate(column.panels)])
        for place, entry in enumerate(self._legend):
            self.entries.append(self._entry(place, entry))

    def saved(self, kind: str) -> bytes:
        buffer = BytesIO()
        stamp = {"Software": None} if kind == "png" else {"Date": None, "Creator": "taskc"}
        quick: dict[str, Any] = {"pil_kwargs": {"compress_level": 3}} if kind == "png" else {}
        self._figure.savefig(buffer, format=kind, dpi=_DPI, metadata=stamp, **quick)
        return buffer.getvalue()

    def _panel(self, x: int, y: int, panel: Panel) -> _Box:
        left, top = x * CELL[0], _HEAD + y * self._high
        name = f"panel-{x}-{y}"
        high = self._size[1]
        box = (
            left + _LEFT,
            high - (top + self._high - _BOTTOM),
            CELL[0] - _LEFT - _RIGHT,
            CELL[1] - _TOP - _BOTTOM,
        )
        _fill(self._figure, box, panel, self.sheet).put(name)
        title = panel.title + (f", {panel.family}" if panel.family else "")
        text = f"{_WORDS[panel.kind]}: {title}".replace("\n", " ")
        return _Box(
            name=name, text=text, left=72 * left, top=72 * top, width=72 * CELL[0], height=72 * self._high
        )

    def _entry(self, place: int, entry: tuple[str, dict[str, Any]]) -> _Box:
        """Put an entry of the legend in its place: a sample and a word."""
        from matplotlib.lines import Line2D
        from matplotlib.patches import Rectangle

        text, looks = entry
        wide, high = self._size
        width = wide / self._across
        row, column = divmod(place, self._across)
        left = column * width + 0.06
        middle = 1 - (_HEAD + self._tall * self._high + (row + 0.5) * _ENTRY) / high
        name = f"entry-{place}"
        artist: Any
        if "facecolor" in looks:
            artist = Rectangle(
                (left / wide, middle - 0.045 / high), 0.26 / wide, 0.09 / high, linewidth=0.5, **looks
            )
        else:
            places = [(left + at) / wide for at in (0, 0.13, 0.26)]
            artist = Line2D(places, [middle] * 3, markevery=[1], **looks)
        artist.set(transform=self._figure.transFigure, figure=self._figure, gid=f"{name}-sample")
        self._figure.add_artist(artist)
        self._figure.text(
            (left + 0.32) / wide,
            middle,
            _short(text, round(15.5 * (width - 0.32))),
            fontsize=6.5,
            va="center",
            gid=f"{name}-text",
        )
        top = 72 * (_HEAD + self._tall * self._high + row * _ENTRY)
        return _Box(
            name=name, text=text, left=72 * column * width, top=top, width=72 * width, height=72 * _ENTRY
        )


def _new_figure(size: tuple[float, float]) -> "Figure":
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size)
    FigureCanvasAgg(figure)
    return figure


def _fill(figure: "Figure", box: tuple[float, float, float, float], panel: Panel, sheet: Sheet) -> Cell:
    """Draw what is in a panel, and its frame."""
    ends = _room(*sheet.scales, log=sheet.log)
    top = 100.0 if panel.kind != "loss" else 1.06 * sheet.losses[1]
    cell = Cell(figure, box, ends, top, log=sheet.log)
    if panel.area is not None:
        _stack(cell, panel.area, sheet)
    dim = 1.0 if len(panel.series) <= _CLEAR else 0.4
    for one in panel.series:
        _line(cell, one, family_look(sheet.families.index(one.family)), panel.kind == "accuracy", dim)
    if panel.chance is not None:
        cell.level(100 * panel.chance, zorder=1, **CHANCE)
    cell.frame(
        {place: human(place) for place in scale_ticks(*sheet.scales, log=sheet.log)},
        {0: "0", 50: "50", 100: "100"} if panel.kind != "loss" else _steps(top),
        "\n".join(_both(line, panel.family, TITLE) for line in panel.title.split("\n")),
        (drawable(sheet.axis), _WORDS[panel.kind]),
        grid=panel.area is None,
    )
    return cell


def _room(low: float, high: float, *, log: bool) -> tuple[float, float]:
    """Give the ends of an axis with a little room beside what is on it."""
    if log:
        room = (high / low) ** 0.04 if high > low else 1.3
        return low / room, high * room
    room = 0.04 * ((high - low) or 1.0)
    return low - room, high + room


def _steps(top: float) -> dict[float, str]:
    """Give round numbers from 0 to no more than `top`, three to five of them."""
    unit = 10.0 ** math.floor(math.log10(top))
    step = next(
        one for one in (0.2 * unit, 0.25 * unit, 0.5 * unit, unit, 2 * unit, 2.5 * unit) if top / one < 5
    )
    places = [step * at for at in range(math.floor(top / step) + 1)]
    digits = next((n for n in range(6) if all(abs(round(one, n) - one) < 1e-9 for one in places)), 6)
    return {one: f"{one:.{digits}f}" for one in places}


def scale_ticks(low: float, high: float, *, log: bool) -> list[float]:
    """Give two to four round sizes for an axis: powers of ten, then ones and threes, then the ends."""
    if low <= 0 or not log:
        return [low, high] if high > low else [low]
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for steps in ((1.0,), (1.0, 3.0)):
        places = [step * 10.0**power for power in range(first, last + 1) for step in steps]
        inside = [place for place in places if low / 1.05 <= place <= high * 1.05]
        if len(inside) >= 2:
            return inside[:: -(-len(inside) // 4)]
    return [low, high] if high > low else [low]


def _line(cell: Cell, series: Series, look: FamilyLook, share: bool, dim: float) -> None:
    """Draw a line with its band, and where it turns; intervals of points are `dim` where lines are many."""
    size = 100.0 if share else 1.0
    places = [dot.scale for dot in series.dots]
    values = [size * dot.value for dot in series.dots]
    low, high = ([size * getattr(dot, end) for dot in series.dots] for end in ("low", "high"))
    if not series.beside:
        if series.fitted:
            _band(cell, series, look)
        if share or len(places) == 1:
            cell.uprights(places, low, high, color=look.colour, linewidth=0.7, alpha=dim, zorder=2.1)
        else:
            cell.area(places, low, high, facecolor=look.colour, alpha=0.16, linewidth=0, zorder=1.5)
    cell.line(places, values, **_line_look(look, beside=series.beside))
    turn = series.turning_point
    if turn is not None:
        at = 4 + 4 * (sum(map(ord, series.family)) % 3)
        cell.line([turn.low, turn.high], [at, at], color=look.colour, linewidth=1.0, zorder=3)
        cell.line([turn.scale], [at], marker=7, markersize=4.5, color=look.colour, zorder=3)


def _band(cell: Cell, series: Series, look: FamilyLook) -> None:
    """Draw where the curve itself may run."""
    places = [one.scale for one in series.fitted]
    low, high = ([100 * getattr(one, end) for one in series.fitted] for end in ("low", "high"))
    cell.area(places, low, high, facecolor=look.colour, alpha=0.16, linewidth=0, zorder=1.5)


def _line_look(look: FamilyLook, *, beside: bool) -> dict[str, Any]:
    return {
        "color": look.colour,
        "linestyle": (0, (1, 1.5)) if beside else look.line,
        "linewidth": 0.8 if beside else 1.3,
        "marker": look.marker,
        "markersize": 2.6 if beside else 3.6,
        "markerfacecolor": "white" if beside else look.colour,
        "markeredgecolor": look.colour if beside else "white",
        "markeredgewidth": 0.6 if beside else 0.5,
        "zorder": 2.2 if beside else 2.5,
    }


def _stack(cell: Cell, area: Area, sheet: Sheet) -> None:
    """Stack the shares of those whose answers were given."""
    scales = list(area.scales)
    low = [0.0] * len(scales)
    alone = len(scales) == 1
    for name, shares in zip(area.names, area.shares, strict=True):
        high = [before + 100 * share for before, share in zip(low, shares, strict=True)]
        look = look_of(name, sheet.distractors)
        hatch = look.hatch[:2] if "." in look.hatch else look.hatch  # many dots make a large file
        drawn: dict[str, Any] = {"facecolor": look.colour, "hatch": hatch, "edgecolor": look.line}
        drawn["linewidth"] = 0.5
        if alone:
            left, right = _bar_ends(scales[0], sheet)
            cell.area([left, right], low * 2, high * 2, **drawn)
        else:
            cell.area(scales, low, high, **drawn)
        low = high
    if not alone:
        cell.uprights(
            scales, [0.0] * len(scales), [100.0] * len(scales), color="white", linewidth=0.4, alpha=0.7
        )


def _bar_ends(scale: float, sheet: Sheet) -> tuple[float, float]:
    """Give the ends of a bar about a size, an eighth of the axis wide."""
    low, high = _room(*sheet.scales, log=sheet.log)
    if sheet.log:
        far = (high / low) ** (1 / 16)
        return scale / far, scale * far
    far = (high - low) / 16
    return scale - far, scale + far


def _legend(sheet: Sheet) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give what tells lines and areas apart, as far as the sheet has them."""
    panels = [panel for column in sheet.columns for panel in column.panels]
    lines = [one for panel in panels for one in panel.series]
    words = {"conflict": "conflict items", "all": "all items", "agree": "agree items"}
    for place, family in enumerate(sheet.families):
        if any(one.family == family and not one.beside for one in lines):
            yield family, _line_look(family_look(place), beside=False)
    if any(one.beside for one in lines):
        grey = FamilyLook(colour="#555555", marker="o", line="-")
        yield f"solid: {words[sheet.part]}", _line_look(grey, beside=False)
        yield "dotted: agree items", _line_look(grey, beside=True)
    if any(one.fitted for one in lines):
        yield "band: the curve, 95 %", {"facecolor": "#555555", "alpha": 0.16, "edgecolor": "none"}
    if any(panel.chance is not None for panel in panels):
        yield "chance", dict(CHANCE)
    if any(one.turning_point for one in lines):
        yield "turning point, 90 %", {"color": "#555555", "marker": 7, "markersize": 4.5, "linewidth": 1.0}
    names = dict.fromkeys(name for panel in panels if panel.area for name in panel.area.names)
    for name in ("true_task", *sheet.distractors, "other", "unparsed", "refused"):
        if name in names:
            look = look_of(name, sheet.distractors)
            hatch = look.hatch[:2] if "." in look.hatch else look.hatch
            drawn = {"facecolor": look.colour, "hatch": hatch, "edgecolor": look.line}
            yield name.replace("true_task", "true task"), drawn


def _short(text: str, most: int) -> str:
    """Cut a text to so many letters of usual width, in its middle: names differ at both ends."""
    text = drawable(text)
    if _width(text) <= most:
        return text
    end = _reach(text[::-1], most // 3)
    return f"{text[: _reach(text, most - 1 - most // 3)]}…{text[len(text) - end :]}"


def _reach(text: str, room: int) -> int:
    """Count the letters at the beginning of a text that there is room for."""
    return sum(wide <= room for wide in accumulate(map(_width, text)))


def _width(text: str) -> int:
    """Give the width of a text; letters of Chinese, Japanese and Korean count twice."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _both(title: str, family: str, most: int) -> str:
    """Put a regime and a family into one title; where both are too long, each has half of it."""
    if not family or _width(title) + _width(family) + 2 <= most:
        return _short(f"{title}, {family}" if family else title, most)
    half = most // 2
    room = max(half, most - 2 - _width(title))
    return f"{_short(title, most - 2 - min(room, _width(family)))}, {_short(family, room)}"
