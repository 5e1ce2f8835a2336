"""How figures look, whatever the user's own settings are: sizes, and what tells families apart."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

_WIDER = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Source Han Sans SC",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "Hiragino Sans",
    "PingFang SC",
    "Microsoft YaHei",
    "Arial Unicode MS",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Noto Sans Bengali",
)
_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.labelsize": 7,
    "hatch.linewidth": 0.6,
    "svg.fonttype": "path",
    "svg.hashsalt": "taskc",
    "path.simplify": False,
    "text.parse_math": False,  # names may have a `$`
}


@contextmanager
def style() -> Iterator[None]:
    """Draw with the same settings whatever the user's are, and leave those alone."""
    import matplotlib

    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # such a letter is drawn as a box
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)  # type: ignore[arg-type]
        matplotlib.rcParams["font.family"] = ["DejaVu Sans", *_beside()]
        yield


@cache
def _beside() -> tuple[str, ...]:
    """Name the fonts of this system, of some that are common, that have letters which DejaVu Sans lacks."""
    from matplotlib.font_manager import fontManager

    here = {one.name for one in fontManager.ttflist}
    return tuple(name for name in _WIDER if name in here)


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyLook:
    """Colour, marker and line of one family of models: each tells it apart alone, so that grey does."""

    colour: str
    marker: str
    line: Any


# colours after Okabe and Ito 2008, "Color Universal Design", those that a thin line can have
_LOOKS = (
    FamilyLook(colour="#0072B2", marker="o", line="-"),
    FamilyLook(colour="#D55E00", marker="s", line=(0, (5, 1.5))),
    FamilyLook(colour="#009E73", marker="^", line=(0, (5, 1.2, 1, 1.2))),
    FamilyLook(colour="#000000", marker="D", line=(0, (1.2, 1.2))),
    FamilyLook(colour="#CC79A7", marker="v", line=(0, (8, 2))),
    FamilyLook(colour="#E69F00", marker="P", line=(0, (3, 1, 1, 1, 1, 1))),
    FamilyLook(colour="#56B4E9", marker="X", line=(0, (2, 2))),
)


def family_look(place: int) -> FamilyLook:
    """Give the look of a family by its place among all; after seven, colours have other lines and marks."""
    look, line = _LOOKS[place % len(_LOOKS)], _LOOKS[(place + place // len(_LOOKS)) % len(_LOOKS)]
    marker = _LOOKS[(place + 3 * (place // len(_LOOKS))) % len(_LOOKS)].marker
    return FamilyLook(colour=look.colour, marker=marker, line=line.line)
