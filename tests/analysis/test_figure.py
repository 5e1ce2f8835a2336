"""The figure is drawn for any rows, the same bytes in every process, and nothing in it overlaps."""

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import samples

from taskc.analysis.aggregate import aggregate
from taskc.analysis.bars import pieces_of
from taskc.analysis.figure import draw, png, svg

ROWS = aggregate(samples.scores(n=24))
MANY = aggregate(
    samples.scores(("local/small", "openai/medium-sized", "anthropic/a-very-long-model-name-2026"), n=12)
)
DIGEST = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
import samples
from taskc.analysis.aggregate import aggregate
from taskc.analysis.figure import png, svg
rows = aggregate(samples.scores(n=24))
print(hashlib.sha256(png(rows)).hexdigest(), hashlib.sha256(svg(rows)).hexdigest())
"""


def test_two_processes_draw_the_same_bytes() -> None:
    other = subprocess.run(
        [sys.executable, "-c", DIGEST, str(Path(__file__).parent)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONHASHSEED": "7"},
    )
    assert other.stdout.split() == [hashlib.sha256(kind(ROWS)).hexdigest() for kind in (png, svg)]


def test_settings_of_the_user_change_nothing_and_are_left_alone() -> None:
    import matplotlib

    before = svg(ROWS[:2])
    with matplotlib.rc_context({"font.size": 30, "svg.fonttype": "none", "axes.facecolor": "red"}):
        assert svg(ROWS[:2]) == before
        assert matplotlib.rcParams["font.size"] == 30


def test_svg_names_no_date_and_is_a_vector_throughout() -> None:
    text = svg(ROWS).decode()
    assert "<dc:date>" not in text
    assert "<image" not in text


@pytest.mark.parametrize("rows", [ROWS, ROWS[:1], MANY, [replace(row, chance=None) for row in ROWS]])
def test_labels_and_titles_do_not_overlap(rows) -> None:
    figure = draw(rows)
    figure.draw_without_rendering()
    width, height = figure.canvas.get_width_height()
    for axes in figure.axes:
        boxes = [
            label.get_window_extent()
            for label in axes.get_yticklabels()
            if label.get_text() and label.get_visible()
        ]
        boxes += [
            text.get_window_extent()
            for text in axes.texts
            if text.get_style() == "italic" and text.get_text() != "n"
        ]
        boxes.sort(key=lambda box: -box.y1)
        assert all(upper.y0 >= lower.y1 - 1.5 for upper, lower in pairwise(boxes)), axes.get_title(loc="left")
        for box in (*boxes, axes.get_tightbbox()):
            assert box.x0 >= -1 and box.x1 <= width + 1
            assert box.y0 >= -1 and box.y1 <= height + 1
        title = axes.title.get_window_extent() if axes.get_title() else None
        assert title is None or all(title.y0 >= box.y1 for box in boxes)


def test_pieces_fill_the_bar() -> None:
    for row in ROWS:
        for part in (row.all, row.conflict, row.agree):
            assert sum(piece.width for piece in pieces_of(part, row.distractors)) == pytest.approx(100)


def test_rows_without_answers_or_conflict_are_drawn_too() -> None:
    scores = [one for one in samples.scores(n=12) if not getattr(one, "conflict", True)]
    assert png(aggregate(scores)).startswith(b"\x89PNG")
    missing = [one for one in samples.scores(n=400) if not hasattr(one, "given")]
    assert png(aggregate(missing)).startswith(b"\x89PNG")


def test_no_rows_no_figure() -> None:
    for kind in (png, svg, draw):
        with pytest.raises(ValueError, match="no rows"):
            kind([])


def test_importing_it_does_not_load_matplotlib() -> None:
    code = "import sys, taskc.analysis.figure; print('matplotlib' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "False\n"
    )


def test_different_ways_stand_in_groups_of_their_own_unless_they_are_mixed() -> None:
    rows = [
        replace(ROWS[0], model="a/one", lowering="labels"),
        replace(ROWS[0], model="b/two", lowering="labels without lead-in"),
    ]

    def headings(*, mix: bool) -> list[str]:
        texts = [text.get_text() for text in draw(rows, mix=mix).axes[0].texts]
        return [text for text in texts if text.startswith(ROWS[0].regime)]

    name = f"{ROWS[0].regime}, {ROWS[0].measure}"
    assert headings(mix=True) == [name]
    assert headings(mix=False) == [f"{name} (labels)", f"{name} (labels without lead-in)"]
    same = [replace(row, lowering="labels") for row in rows]
    assert svg(same) == svg(same, mix=True)


def test_simulated_models_are_named_by_what_tells_them_apart() -> None:
    plain = ("simulated/30m?ability=0.8&build=12ab&pull=0.1", "simulated/3b?ability=0.9&build=12ab&pull=0.7")
    twice = ("simulated/30m?seed=1", "simulated/30m?seed=2", "echo/parrot?refuse=0.3")
    for models, shown in ((plain, ["simulated/30m", "simulated/3b"]), (twice, [*twice])):
        figure = draw(aggregate(samples.scores(models, n=8)))
        labels = [label.get_text().replace("\n", "") for label in figure.axes[0].get_yticklabels()]
        assert sorted(set(labels)) == sorted(shown)
