"""A prompt with its source map, as a person reads it: each stretch behind its place and its statement."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from taskc.grammar.show import visible

if TYPE_CHECKING:
    from taskc.flow.trace import Stretch, TracedTurn


def drawn(turns: "tuple[TracedTurn, ...]", *, colour: bool) -> str:
    """Draw messages; a stretch that goes on in the line of the one before is marked by an arrow."""
    every = [stretch for turn in turns for _, stretches in turn.parts for stretch in stretches]
    places = max((len(stretch.at) for stretch in every), default=0)
    rules = max((len(stretch.rule) for stretch in every), default=0)
    out = []
    for turn in turns:
        whose = dict.fromkeys(part for part, _ in turn.parts if part.strip() and part != turn.role)
        head = " · ".join([turn.role, *whose])
        out.append(click.style(head, bold=True) if colour else head)
        begun = False  # whether the line that the next stretch goes on was begun by another
        for stretch in (stretch for _, stretches in turn.parts for stretch in stretches):
            left = f"  {stretch.at.ljust(places)}  {stretch.rule.ljust(rules)}"
            out += _rows(stretch, left, begun, colour)
            begun = not stretch.text.endswith("\n")
        out.append("")
    return "\n".join(out)


def _rows(stretch: "Stretch", left: str, begun: bool, colour: bool) -> Iterator[str]:
    """Give a row for each line of a stretch; where its values came from stands behind the first."""
    rows = stretch.text.split("\n")
    if rows[-1] == "" and len(rows) > 1:
        rows.pop()
    shown = click.style(left, fg="cyan") if colour else left
    for number, row in enumerate(rows):
        mark = "⤷" if begun and number == 0 else "│"
        text = "\t".join(map(visible, row.split("\t")))
        behind = _from(stretch) if number == 0 else ""
        yield f"{shown if number == 0 else ' ' * len(left)} {mark} {text}{behind}".rstrip()


def _from(stretch: "Stretch") -> str:
    """Say what a tag was filled with, and where that came from."""
    told = [f"{v.name}, {v.kind}{f' at {v.at}' if v.at else ''}" for v in stretch.values]
    return f"   ← {'; '.join(told)}" if told else ""
