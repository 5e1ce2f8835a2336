"""The table fits its width, loses no name, and leaves out what has nothing to say."""

from dataclasses import replace
from itertools import pairwise

import pytest
import samples

from taskc.analysis.aggregate import aggregate
from taskc.analysis.fold import fit, fold
from taskc.analysis.intervals import Mean, wilson
from taskc.analysis.table import LEGEND, Asked, bracketed, percent, render

ROWS = aggregate(samples.scores())


@pytest.mark.parametrize("width", [80, 90, 100, 120, 200])
def test_lines_fit_the_width(width) -> None:
    assert max(map(len, render(ROWS, width=width).splitlines())) <= width


@pytest.mark.parametrize("width", [20, 60, 80, 120])
def test_no_name_is_cut(width) -> None:
    text = render(ROWS, width=width)
    assert "…" not in text
    for row in ROWS:
        assert row.task in text
        for name in (row.regime, *(row.distractors if len(row.distractors) > 1 else ())):
            assert all(piece in text for piece in fold(name, 8).split("\n"))


def test_it_reads_like_this() -> None:
    rows = [row for row in ROWS if row.task == "hindsight_neglect"]
    assert render(rows, width=100).splitlines()[:6] == [
        "local/smollm2-135m-instruct",
        "                                  conflict                           agree     un-    re-  miss-",
        "regime    measure           n   acc [95 %]  lured [95 %]  other   n    acc  parsed  fused    ing",
        "─" * 96,
        "hindsight_neglect",
        "few_shot  reply            45  38 [25, 52]   60 [45, 73]      0  15     27       2      2      0",
    ]


def test_columns_without_anything_to_say_are_left_out() -> None:
    scores = [
        one for one in samples.scores() if hasattr(one, "given") and one.measure == "choice" and one.conflict
    ]
    text = render(aggregate(scores))
    for heading in ("agree", "parsed", "fused", "ing", "levels"):
        assert heading not in text.partition("─")[0]


def test_each_model_has_a_table_and_one_legend_ends_it() -> None:
    text = render(aggregate(samples.scores(("a/one", "b/two"), n=8)), width=300)
    assert text.index("a/one") < text.index("b/two")
    assert text.count(LEGEND) == 1
    assert text.index(LEGEND) > text.index("b/two")


def test_markup_in_names_is_text() -> None:
    rows = [replace(row, task="[bold]task[/bold]", regime="[red]x[/]", model="[m]") for row in ROWS[:1]]
    text = render(rows)
    assert "[bold]task[/bold]" in text and "[red]x[/]" in text and "[m]" in text


def test_colour_only_if_asked() -> None:
    assert "\x1b" not in render(ROWS)
    assert "\x1b[" in render(ROWS, colour=True)


def test_no_rows_no_table() -> None:
    assert render([]) == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.0, "100"),
        (0.784, "78"),
        (0.003, "0.3"),
        (0.997, "99.7"),
        (0.9999, ">99.9"),
        (0.0001, "<0.1"),
        (None, "·"),
    ],
)
def test_percent_never_claims_none_or_all(value, text) -> None:
    assert percent(value) == text


def test_bracketed() -> None:
    assert bracketed(wilson(0.78, 100)) == "78 [69, 85]"
    assert bracketed(None) == "·"


@pytest.mark.parametrize(
    ("name", "width", "lines"),
    [
        ("step_by_step", 8, "step_by_\nstep"),
        ("choice (tokens)", 10, "choice\n(tokens)"),
        ("abcdefghij", 4, "abcd\nefgh\nij"),
        ("short", 8, "short"),
        ("", 8, ""),
    ],
)
def test_fold(name, width, lines) -> None:
    assert fold(name, width) == lines


def test_fit_narrows_the_widest() -> None:
    assert fit([20, 10], 24) == [14, 10]
    assert fit([20, 10], 4) == [8, 8]


# --- ways of having an answer, and the mass outside the labels ------------------------------------------


def told(text: str) -> str:
    return " ".join(text.split())


def test_how_is_shown_where_one_measure_was_had_in_several_ways() -> None:
    one = replace(ROWS[0], lowering="labels")
    other = replace(ROWS[0], lowering="labels without lead-in", model="other/m")
    assert " how" not in render([one])
    assert " how" not in render([one, replace(other, lowering="labels")])
    assert " how" not in render([one, replace(other, measure="choice")])
    assert " how" not in render([one, replace(other, regime="step_by_step")])
    text = render([one, other], width=300)
    assert " how" in text and "labels without lead-in" in text
    assert "different ways are different measurements" in told(text)
    assert " how" in render([replace(one, lowering="labels | score")], width=300)


def test_the_mass_outside_the_labels_is_always_shown() -> None:
    row = replace(ROWS[0], numbers={"outside": Mean(n=9, value=0.123, error=None)})
    text = render([row], width=300)
    assert "side" in text.partition("─")[0]
    assert " 12" in text
    assert "probability of what is none of the labels" in told(text)
    assert "side" not in render(ROWS[:1], width=300).partition("─")[0]


# --- what there is room for, who lures, and metrics that were asked for -----------------------------------


def headings(text: str) -> str:
    return text.partition("─")[0]


def test_columns_come_as_there_is_room() -> None:
    """The interval of `lured`, then chance, all items, pull and ability; none where lines are short."""
    rows = [row for row in ROWS if row.task == "hindsight_neglect"]
    seen = [
        [
            word in headings(render(rows, width=width))
            for word in ("lured [95", "chance", "all", "pull", "abil-")
        ]
        for width in range(60, 160)
    ]
    assert seen[0] == [False] * 5
    assert seen[-1] == [True] * 5
    for width, (before, after) in enumerate(pairwise(seen), 61):  # at 100 columns stand further apart
        assert width == 100 or all(later >= earlier for earlier, later in zip(before, after, strict=True))
    assert all(columns == sorted(columns, reverse=True) for columns in seen)
    for width in (60, 160):
        assert headings(render(rows, width=width)).count(" lured") == 1


def test_what_columns_mean_is_said_where_they_are() -> None:
    wide, narrow = told(render(ROWS, width=300)), told(render(ROWS, width=80))
    for text in ("chance: the accuracy of a guess", "pull: the share", "ability: of the rest"):
        assert text in wide and text not in narrow


def test_a_distractor_is_named_in_the_heading_of_its_task() -> None:
    row = next(row for row in ROWS if row.distractors == ("distractor",))
    assert "distractor:" not in render([row]).partition(LEGEND[:20])[0]
    named = replace(row, distractors=("usual_meaning",), task="t")
    assert "\nt  (distractor: usual_meaning)\n" in render([named])


def test_pull_is_told_of_each_of_several_distractors() -> None:
    row = next(row for row in ROWS if len(row.distractors) == 2)
    assert row.attribution is not None
    lines = render([row], width=300).splitlines()
    for name in row.distractors:
        (line,) = [line for line in lines if f"· {name}" in line]
        assert bracketed(wilson(row.conflict.rates[name], row.conflict.n)) in line
        assert line.split()[-1] == percent(max(0.0, row.attribution.excess_of[name].value))


def test_metrics_that_were_asked_for_have_a_column() -> None:
    numbers = {
        "brier": Mean(n=9, value=0.5, error=0.1),
        "logprob_over_unconditional": Mean(n=9, value=-1.25, error=None),
        "ece": Mean(n=9, value=0.1234, error=None),
    }
    asked = [
        Asked(name="brier"),
        Asked(name="logprob_over_unconditional"),
        Asked(name="ece", scale=100, decimals=1),
    ]
    row = replace(ROWS[0], numbers=numbers)
    text = render([row, ROWS[1]], width=200, asked=asked)
    first, second = [line for line in text.splitlines() if line.startswith(("zero_shot", "few_shot"))][:2]
    assert first.split()[-4:] == ["0.50", "±0.20", "-1.25", "12.3"]
    assert second.split()[-3:] == ["·"] * 3
    assert "logprob_over_" in headings(text) and "unconditional" in headings(text)
    assert "1.96 standard errors" in told(text)
