"""Figures of curves: the same bytes, nothing outside its cell, pieces that need only what is shared."""

import hashlib
import os
import re
import subprocess
import sys

import pytest

from taskc.analysis.sheet_figure import draw_sheet, scale_ticks
from taskc.analysis.sheets import MOST_COLUMNS, curve_sheet
from taskc.analysis.style import family_look
from taskc.analysis.verdict import judge_curve
from taskc.records.curve import Curve, Point
from taskc.records.shown import human, percent

SCRIPT = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
from test_sheets import SHEET, draw_sheet
drawn = draw_sheet(SHEET)
print(hashlib.sha256(drawn.svg).hexdigest(), hashlib.sha256(drawn.png).hexdigest())
"""


def curve(regime: str, family: str, *values: float, at: float = 1.0) -> Curve:
    return Curve(
        task="t",
        regime=regime,
        family=family,
        points=tuple(
            Point(model=str(place), scale=at * 10.0 ** (8 + place), value=value, n=200)
            for place, value in enumerate(values)
        ),
    )


CURVES = [
    curve("zero_shot", "a", 0.8, 0.3, 0.8),
    curve("zero_shot", "b & <c>", 0.5, 0.4, 0.3, at=3.0),
    curve("a regime with a name that is much too long for a panel, reply", "a", 0.0, 1.0),
    *(curve(f"r{at}", "a", 0.5) for at in range(4)),
]
SHEET = curve_sheet([judge_curve(one) for one in CURVES], axis="parameters", log=True)


def test_two_processes_draw_the_same_bytes() -> None:
    other = subprocess.run(
        [sys.executable, "-c", SCRIPT, os.path.dirname(__file__)],  # noqa: PTH120
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONHASHSEED": "7"},
    )
    drawn = draw_sheet(SHEET)
    mine = [hashlib.sha256(kind).hexdigest() for kind in (drawn.svg, drawn.png)]
    assert other.stdout.split() == mine


def test_panels_stand_in_lines_and_all_are_there() -> None:
    drawn = draw_sheet(SHEET, png=False)
    assert drawn.png == b""
    assert [len(column) for column in drawn.panels] == [2, 2, 1, 1]
    assert len(drawn.panels) == MOST_COLUMNS
    boxes = [piece for column in drawn.panels for piece in column]
    assert len({(round(one.left), round(one.top)) for one in boxes}) == len(boxes)
    assert [one.text for one in drawn.legend] == ["a", "b & <c>", "turning point, 90 %"]


def test_pieces_need_only_what_is_shared() -> None:
    drawn = draw_sheet(SHEET, png=False)
    for piece in (*drawn.legend, *(piece for column in drawn.panels for piece in column)):
        assert piece.markup.startswith("<g>") and " id=" not in piece.markup
        used = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', piece.markup)
        assert {one or other for one, other in used} <= drawn.shared.keys()
    assert not [one for one in drawn.shared.values() if "<style" in one]


def test_curves_without_any_size_in_common_or_of_one_size() -> None:
    one = curve_sheet([judge_curve(curve("r", "a", 0.5))], axis="parameters", log=True)
    assert draw_sheet(one).png.startswith(b"\x89PNG")
    shots = Curve(
        task="t",
        regime="r",
        family="a",
        points=(Point(model="0", scale=0, value=0.2, n=9), Point(model="5", scale=5, value=0.4, n=9)),
    )
    sheet = curve_sheet([judge_curve(shots, log=False)], axis="shots", log=False)
    assert draw_sheet(sheet).png.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (7e7, 1.2e10, [1e8, 1e9, 1e10]),
        (1e9, 7e9, [1e9, 3e9]),
        (4e9, 8e9, [4e9, 8e9]),
        (7e9, 7e9, [7e9]),
        (1e6, 1e13, [1e6, 1e8, 1e10, 1e12]),
    ],
)
def test_ticks(low: float, high: float, ticks: list[float]) -> None:
    assert scale_ticks(low, high, log=True) == pytest.approx(ticks)


def test_families_look_different_in_grey_too() -> None:
    looks = [family_look(at) for at in range(14)]
    assert len({(one.marker, str(one.line)) for one in looks}) == 14
    assert len({one.colour for one in looks[:7]}) == len({str(one.line) for one in looks[:7]}) == 7


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (70_426_624, "70M"),
        (1.4e9, "1.4B"),
        (999.9e6, "1B"),
        (9.96e9, "10B"),
        (540e9, "540B"),
        (2.7e12, "2.7T"),
        (1500, "1.5k"),
        (5, "5"),
        (0, "0"),
    ],
)
def test_sizes_as_texts(number: float, text: str) -> None:
    assert human(number) == text


def test_shares_as_texts() -> None:
    told = [percent(value) for value in (None, 0, 0.004, 0.0001, 0.5, 0.996, 0.9999, 1)]
    assert told == ["·", "0", "0.4", "<0.1", "50", "99.6", ">99.9", "100"]


def test_long_titles_are_folded_and_whole() -> None:
    """What all panels have in common is said once, above; the rest has as many lines as it takes."""
    names = ["step_by_step, wording=as long as it is polite, generate+prefill", "zero_shot, generate+prefill"]
    judged = [judge_curve(curve(name, "a", 0.2, 0.9)) for name in names]
    sheet = curve_sheet(judged, axis="parameters", log=True)
    assert sheet.title == "t · generate+prefill" and sheet.lines == 2
    drawn = draw_sheet(sheet, png=False)
    texts = [piece.text for column in drawn.panels for piece in column]
    assert texts == [
        "accuracy, %: step_by_step, wording=as long as it is polite",
        "accuracy, %: zero_shot",
    ]
    assert "…" not in drawn.svg.decode()
    (alone,) = (
        panel for column in curve_sheet(judged[:1], axis="", log=True).columns for panel in column.panels
    )
    assert alone.title.replace("\n", " ") == names[0]
