"""A figure that has been drawn: its files, and its panels as pieces that can stand by themselves."""

from msgspec import Struct


class Piece(Struct, frozen=True, kw_only=True):
    """A part of a figure as the inside of an SVG: what it shows, its box in points, and its markup.

    What the markup refers to is in the `shared` of its figure.
    """

    text: str
    left: float
    top: float
    width: float
    height: float
    markup: str


class Drawn(Struct, frozen=True, kw_only=True):
    """A figure as SVG and PNG; `panels` are its pieces by column, `legend` those that explain them.

    `shared` are the definitions that pieces refer to, by id; figures of one report may have some in common.
    """

    name: str
    svg: bytes
    png: bytes
    panels: tuple[tuple[Piece, ...], ...]
    legend: tuple[Piece, ...]
    shared: dict[str, str]
