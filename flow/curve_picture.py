"""Judged curves as a picture: in a file, or as text."""

from pathlib import Path

from taskc.analysis.sheet_figure import draw_sheet
from taskc.analysis.sheets import curve_sheet
from taskc.analysis.sketch import sketch as _sketch
from taskc.flow.curves import Verdicts
from taskc.flow.selection import BadSelection
from taskc.records.curve import Curve
from taskc.store.atomic import write_atomically

KINDS = (".svg", ".png")


def check_picture(path: Path) -> None:
    """See that a picture can be written in the form its name asks for; raises `BadSelection`."""
    if path.suffix.lower() not in KINDS:
        raise BadSelection(f"`{path}` is no picture that can be written", "end the name in `.svg` or `.png`")


def write_picture(verdicts: Verdicts, path: Path, *, axis: str, log: bool) -> None:
    """Write curves, their 95 % intervals and turning points, as the suffix says; raises `BadSelection`."""
    if not verdicts.judged:
        raise BadSelection("there are no curves to draw", "select other ones")
    png = path.suffix.lower() == ".png"
    drawn = draw_sheet(curve_sheet(verdicts.judged, axis=axis, log=log), png=png)
    write_atomically(path, drawn.png if png else drawn.svg)


def sketch(curve: Curve, *, log: bool = True) -> list[str]:
    """Draw a curve as lines of text."""
    return _sketch(curve.points, log=log)
