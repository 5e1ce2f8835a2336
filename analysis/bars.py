"""How the pieces of a bar look: colours for the colour-blind, hatches and lightness for print in grey."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taskc.analysis.fold import drawable
from taskc.analysis.row import Part, Row

if TYPE_CHECKING:
    from matplotlib.artist import Artist


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Fill, hatch and line of one kind of piece."""

    colour: str
    hatch: str = ""
    line: str = "white"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One piece of a bar: whose answers, how many per cent, and how it looks."""

    name: str
    width: float
    look: Look


# colours after Okabe and Ito 2008, "Color Universal Design"
TRUE_TASK = Look(colour="#0072B2")
DISTRACTORS = (
    Look(colour="#E69F00", hatch="////"),
    Look(colour="#CC79A7", hatch="\\\\\\\\"),
    Look(colour="#F0E442", hatch="xxxx", line="#777777"),
    Look(colour="#56B4E9", hatch="----"),
)
OTHER = Look(colour="#C8C8C8")
UNPARSED = Look(colour="#FFFFFF", hatch="....", line="#777777")
REFUSED = Look(colour="#FFFFFF", hatch="xxxxxx", line="#333333")

UNNAMED = "distractor"  # what the only distractor of a task is called that has no name

INTERVAL: dict[str, Any] = {
    "marker": "o",
    "markersize": 4,
    "markerfacecolor": "white",
    "markeredgecolor": "black",
    "markeredgewidth": 0.9,
}
AGREE: dict[str, Any] = {
    "marker": "D",
    "markersize": 3.6,
    "markerfacecolor": "white",
    "markeredgecolor": "0.2",
    "markeredgewidth": 0.9,
}
CHANCE: dict[str, Any] = {"color": "black", "linewidth": 0.8, "linestyle": (0, (3, 2))}


def pieces_of(part: Part, distractors: Sequence[str]) -> list[Piece]:
    """Part the answers to some items into pieces, in per cent; what is 0 has no piece.

    An answer that a distractor predicts too (`both`) follows the true task, and is part of its piece.
    """
    rates = part.rates
    if not rates:
        return []
    looks = [("true_task", TRUE_TASK, rates["true_task"] + rates["both"])]
    looks += [(name, _distractor(place), rates.get(name, 0.0)) for place, name in enumerate(distractors)]
    looks += [(name, look, rates[name]) for name, look in _ENDS]
    return [Piece(name=name, width=100 * rate, look=look) for name, look, rate in looks if rate > 0]


def legend(rows: Sequence[Row]) -> "list[Artist]":
    """Give what explains the pieces and marks that the bars of these rows have."""
    from matplotlib.lines import Line2D

    looks = {"true task": TRUE_TASK}
    if any(row.distractors for row in rows):
        looks["distractor"] = _distractor(0)
    looks |= {name: look for name, look in _ENDS if any(row.all.counts.get(name) for row in rows)}
    handles = _patches(looks)
    handles.append(Line2D([], [], color="black", linewidth=1.0, label="accuracy, 95 %", **INTERVAL))
    if any(row.agree.n and row.conflict.n for row in rows):
        handles.append(Line2D([], [], color="0.35", linewidth=0.9, label="on agree items", **AGREE))
    if any(row.chance is not None for row in rows):
        handles.append(Line2D([], [], label="chance", **CHANCE))
    return handles


def names(distractors: Sequence[str]) -> "list[Artist]":
    """Give what names the distractors of one task; nothing for one without a name of its own."""
    if not distractors or tuple(distractors) == (UNNAMED,):
        return []
    return _patches({name: _distractor(place) for place, name in enumerate(distractors)})


def _patches(looks: Mapping[str, Look]) -> "list[Artist]":
    from matplotlib.patches import Patch

    return [
        Patch(
            facecolor=look.colour, hatch=look.hatch, edgecolor=look.line, linewidth=0.5, label=drawable(name)
        )
        for name, look in looks.items()
    ]


def look_of(name: str, distractors: Sequence[str]) -> Look:
    """Give the look of whose answer it was, by name."""
    ends = {"true_task": TRUE_TASK, "both": TRUE_TASK, **dict(_ENDS)}
    return _distractor(distractors.index(name)) if name in distractors else ends[name]


def _distractor(place: int) -> Look:
    return DISTRACTORS[place % len(DISTRACTORS)]


_ENDS = (("other", OTHER), ("unparsed", UNPARSED), ("refused", REFUSED))
