"""What a report compares, in sentences: the same on the page, in the terminal and in JSON."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from taskc.pages.words import ITEMS
from taskc.records.contrast import Contrast
from taskc.records.report import Comparisons

SURE = 0.05
"""The adjusted p-value below which a difference is counted."""


class Compared(Struct, frozen=True, kw_only=True):
    """One group of comparisons: of `first` and `second` regime, or of neighbouring sizes in a regime.

    `higher` and `lower` count those in which the second side is so, with an adjusted p below `SURE`.
    """

    kind: Literal["regimes", "models"]
    task: str
    name: str
    higher: int
    lower: int
    of: int
    text: str
    contrasts: tuple[Contrast, ...]


def compared(made: Comparisons | None) -> list[Compared]:
    """Group comparisons by task, measure and what is compared, in the order in which they were made."""
    if made is None:
        return []
    kinds: tuple[tuple[Literal["regimes", "models"], Sequence[Contrast]], ...] = (
        ("regimes", made.regimes),
        ("models", made.models),
    )
    out = []
    for kind, contrasts in kinds:
        groups: dict[tuple[str, str], list[Contrast]] = {}
        for one in contrasts:
            groups.setdefault((one.task, _name(kind, one)), []).append(one)
        out += [_of(kind, task, name, some) for (task, name), some in groups.items()]
    return out


def _name(kind: str, one: Contrast) -> str:
    levels = [f"{factor}={level}" for factor, level in one.levels.items()]
    what = f"{one.second} beside {one.first}" if kind == "regimes" else "each size beside the one below"
    return ", ".join([what, *levels, one.measure])


def _of(
    kind: Literal["regimes", "models"],
    task: str,
    name: str,
    some: Sequence[Contrast],
) -> Compared:
    sure = [one for one in some if one.p_adjusted < SURE]
    higher, lower = (sum(sign * one.difference > 0 for one in sure) for sign in (1, -1))
    ends = [100 * one.difference for one in some]
    what = "model" if kind == "regimes" else "step"
    whole = f"for {higher} of {len(some)} {what}s" if len(some) > 1 else f"for {higher} of 1 {what}"
    span = f"{signed(min(ends))} to {signed(max(ends))}" if len(ends) > 1 else signed(ends[0])
    text = (
        f"{name}: accuracy on {ITEMS[some[0].part]} is higher {whole} and lower for {lower}"  # type: ignore[index]
        f"; differences {span} points"
    )
    return Compared(
        kind=kind,
        task=task,
        name=name,
        higher=higher,
        lower=lower,
        of=len(some),
        text=text,
        contrasts=tuple(some),
    )


def signed(points: float) -> str:
    """Write a difference in points with its sign: `+12`, `−0.4`, `0`."""
    shown = f"{points:+.0f}" if abs(points) >= 0.95 or points == 0 else f"{points:+.1f}"
    return "0" if shown.strip("+-0.") == "" and points == 0 else shown.replace("-", "−")
