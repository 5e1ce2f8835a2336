"""A figure before it is drawn: panels of curves, of losses and of answers by owner, on one axis of scale."""

from typing import Literal, TypeAlias

from msgspec import Struct

from taskc.records.curve import Fitted, Turn, Verdict
from taskc.records.report import Dot, Measured, PartName, Setting

Kind: TypeAlias = Literal["accuracy", "loss", "attribution"]


class Series(Struct, frozen=True, kw_only=True):
    """One line of a panel. `beside` marks accuracy on agree items, which stands beside what counts.

    `verdict` is None for what is not judged. `fitted` is where the curve itself may run.
    """

    family: str
    dots: tuple[Dot, ...]
    part: PartName
    beside: bool = False
    verdict: Verdict | None = None
    likely: float = 0.0
    turning_point: Turn | None = None
    fitted: tuple[Fitted, ...] = ()


class Area(Struct, frozen=True, kw_only=True):
    """Whose answers were given against scale: for each name a share a model, and they sum to 1.

    `names` begin with `true_task`, then the distractors, then `other`, `unparsed`, `refused` as far as
    any answer is theirs.
    """

    scales: tuple[float, ...]
    names: tuple[str, ...]
    shares: tuple[tuple[float, ...], ...]


class Panel(Struct, frozen=True, kw_only=True):
    """One pair of axes. `family` is that of the area."""

    kind: Kind
    title: str
    series: tuple[Series, ...] = ()
    area: Area | None = None
    family: str = ""
    chance: float | None = None


class Column(Struct, frozen=True, kw_only=True):
    """The panels of one regime, from the top; `name` is how it is called where columns stand together."""

    name: str
    setting: Setting
    panels: tuple[Panel, ...]


class Sheet(Struct, frozen=True, kw_only=True):
    """One figure: a task, levels and a measure; a column for each regime, with the same panels in each.

    `name` makes a file name. `scales` and `losses` are the ends of the axes, which all panels share.
    `families` are those of the whole report, so that a family looks the same in all figures. `distractors`
    are told apart by their order. Titles of panels have room for so many `lines`.
    """

    name: str
    task: str
    title: str
    part: PartName
    axis: str
    log: bool
    columns: tuple[Column, ...]
    families: tuple[str, ...]
    distractors: tuple[str, ...]
    scales: tuple[float, float]
    losses: tuple[float, float]
    rows: tuple[Measured, ...]
    lines: int = 1
