"""A pair of axes drawn with what it takes and no more: lines, areas, letters at places that are reckoned.

matplotlib's own axes find out ticks, labels and limits by themselves, which costs more than all that is drawn
here, and a report has many. A cell is one group of the drawing, so that it can be cut out.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

_SMALL = 6  # points: the letters of ticks and labels
_TICK = 2.0  # points
_BLACK: dict[str, Any] = {"color": "black", "linewidth": 0.6, "zorder": 2.9}


class Cell:
    """Axes of some inches at a place of a figure, and what is put on them in the units of the data."""

    def __init__(
        self,
        figure: "Figure",
        box: tuple[float, float, float, float],
        ends: tuple[float, float],
        top: float,
        *,
        log: bool,
    ) -> None:
        """Begin empty: `box` is left, bottom, width and height in inches; y goes from 0 to `top`."""
        from matplotlib.transforms import Affine2D

        self._figure, self._log, self._ends, self._top = figure, log, ends, top
        self._left, self._bottom, self._width, self._height = box
        low, high = self._places(ends)
        self._data = (
            Affine2D()
            .translate(-low, 0)
            .scale(self._width / (high - low), self._height / top)
            .translate(self._left, self._bottom)
            + figure.dpi_scale_trans
        )
        self._kept: list[Artist] = []

    def _places(self, scales: Iterable[float]) -> list[float]:
        return [math.log10(one) if self._log and one > 0 else one for one in scales]

    def _keep(self, artist: "Artist", *, data: bool = True) -> None:
        artist.set_transform(self._data if data else self._figure.dpi_scale_trans)
        artist.set_figure(self._figure)
        self._kept.append(artist)

    def line(self, scales: Sequence[float], values: Sequence[float], **looks: Any) -> None:
        """Draw a line, or marks."""
        from matplotlib.lines import Line2D

        self._keep(Line2D(self._places(scales), values, **looks))

    def uprights(
        self, scales: Sequence[float], low: Sequence[float], high: Sequence[float], **looks: Any
    ) -> None:
        """Draw an upright line at each place."""
        places = [at for place in self._places(scales) for at in (place, place, math.nan)]
        values = [one for pair in zip(low, high, strict=True) for one in (*pair, math.nan)]
        from matplotlib.lines import Line2D

        self._keep(Line2D(places, values, **looks))

    def level(self, value: float, **looks: Any) -> None:
        """Draw a level line from end to end."""
        self.line(self._ends, [value, value], **looks)

    def area(
        self, scales: Sequence[float], low: Sequence[float], high: Sequence[float], **looks: Any
    ) -> None:
        """Fill what lies between two lines."""
        from matplotlib.patches import Polygon

        places = self._places(scales)
        corners = [*zip(places, high, strict=True), *zip(reversed(places), reversed(low), strict=True)]
        self._keep(Polygon(corners, closed=True, **looks))

    def frame(
        self,
        x: Mapping[float, str],
        y: Mapping[float, str],
        title: str,
        labels: tuple[str, str],
        *,
        grid: bool,
    ) -> None:
        """Draw both axes with ticks and letters, the title above, and level lines behind with `grid`."""
        low, high = self._ends
        self.line([low, low, high], [self._top, 0, 0], solid_capstyle="projecting", **_BLACK)
        marks = {**_BLACK, "linestyle": "none", "markersize": _TICK, "markeredgewidth": 0.6}
        self.line(list(x), [0.0] * len(x), marker=3, **marks)
        self.line([low] * len(y), list(y), marker=0, **marks)
        for value in y if grid else ():
            self.level(value, color="0.9", linewidth=0.5, zorder=0.5)
        for place, shown in x.items():
            self._text(self._across(place), -0.055, shown, ha="center", va="top")
        for value, shown in y.items():
            self._text(-0.055, value / self._top * self._height, shown, ha="right", va="center_baseline")
        self._text(self._width / 2, -0.165, labels[0], ha="center", va="top")
        self._text(-0.3, self._height / 2, labels[1], ha="center", va="center", rotation=90)
        self._text(-0.36, self._height + 0.085, title, ha="left", va="baseline", fontsize=6.5)

    def _across(self, scale: float) -> float:
        (low, high), (place,) = self._places(self._ends), self._places([scale])
        return (place - low) / (high - low) * self._width

    def _text(self, x: float, y: float, shown: str, **looks: Any) -> None:
        """Put letters at a place in inches from the lower left corner of the axes."""
        from matplotlib.text import Text

        self._keep(
            Text(self._left + x, self._bottom + y, shown, **{"fontsize": _SMALL, "zorder": 3, **looks}),
            data=False,
        )

    def put(self, name: str) -> None:
        """Put all of it on the figure as a group of that name."""
        from matplotlib.artist import Artist

        kept = sorted(self._kept, key=lambda one: one.get_zorder())

        class Group(Artist):
            def draw(self, renderer: Any) -> None:
                renderer.open_group("cell", gid=name)
                for one in kept:
                    one.draw(renderer)
                renderer.close_group("cell")

        group = Group()
        group.set_figure(self._figure)
        self._figure.add_artist(group, clip=False)
