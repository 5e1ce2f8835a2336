"""A calibration to a picture: how often what was said was so, against what was said."""

from io import BytesIO

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from taskc.analysis.fold import drawable
from taskc.records.trial import Calibration

_INK, _PALE = "#1a1a1a", "#9a9a9a"
_BLUE = "#0072b2"  # of Okabe and Ito's palette, which the colour-blind can tell apart


def svg(calibration: Calibration, title: str = "") -> bytes:
    """Draw it as SVG, the same bytes for the same numbers."""
    return _drawn(calibration, title, "svg")


def png(calibration: Calibration, title: str = "") -> bytes:
    """Draw it as PNG."""
    return _drawn(calibration, title, "png")


def _drawn(calibration: Calibration, title: str, form: str) -> bytes:
    import matplotlib

    out = BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "taskc", "svg.fonttype": "none", "font.size": 9}):
        figure = _figure(calibration, title)
        metadata = {"Date": None} if form == "svg" else {}
        figure.savefig(out, format=form, dpi=150, metadata=metadata)
    return out.getvalue()


def _figure(calibration: Calibration, title: str) -> Figure:
    figure = Figure(figsize=(4.2, 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes, below = figure.subplots(2, 1, height_ratios=(4, 1), sharex=True)
    said = [one.said for one in calibration.bins]
    so = [one.so.value for one in calibration.bins]
    apart = [
        [one.so.value - one.so.low for one in calibration.bins],
        [one.so.high - one.so.value for one in calibration.bins],
    ]
    axes.plot([0, 1], [0, 1], color=_PALE, linewidth=1, linestyle="--")
    axes.errorbar(
        said, so, yerr=apart, fmt="o", color=_BLUE, markersize=4, linewidth=1, capsize=2, clip_on=False
    )
    axes.set(xlim=(0, 1), ylim=(0, 1), ylabel="share of curves with that shape")
    axes.text(0.03, 0.93, f"error {100 * calibration.error:.1f} points", color=_INK)
    if title:
        axes.set_title(drawable(title), fontsize=9, parse_math=False)
    width = [one.high - one.low for one in calibration.bins]
    below.bar([one.low for one in calibration.bins], [one.n for one in calibration.bins], width, align="edge",
              color=_PALE, edgecolor="white", linewidth=0.5)  # fmt: skip
    below.set(xlabel="probability of a shape, as said", ylabel="number", yscale="log")
    for one in (axes, below):
        one.spines[["top", "right"]].set_visible(False)
    return figure
