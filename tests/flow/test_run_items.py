"""Runs read item by item: what is written, what is broken, what is no run, and how much it takes."""

import math
from dataclasses import replace

import pytest
import runs_made
from runs_made import write_run

from taskc.flow.build_folder import BuildError
from taskc.flow.run_items import read_items
from taskc.flow.selection import BadSelection
from taskc.records.score import Missing

SCORE = replace(runs_made.SCORE, task="t", model="m", numbers={"loss": 0.5})
LURED = replace(SCORE, attribution="trap", correct=False, given="B", numbers={})
GONE = Missing(task="t", item="9", regime="zero_shot", measure="reply", model="m", why="busy")


def test_a_run_is_read_by_item(tmp_path) -> None:
    scores = [SCORE, replace(LURED, replicate=1), replace(LURED, item="2")]
    (one,) = read_items([write_run(tmp_path / "run", scores, [GONE])])
    assert (one.task, one.regime, one.measure, one.model, one.lowering) == (
        "t", "zero_shot", "reply", "m", "generate",
    )  # fmt: skip
    assert (one.items, list(one.times), list(one.correct)) == (("1", "2"), [2, 1], [0.5, 0.0])
    assert list(one.lured) == [0.5, 1.0]
    assert one.numbers["loss"][0] == 0.5 and math.isnan(one.numbers["loss"][1])
    assert one.missing == ("9",)
    assert one.conflict == bytearray([1, 1])


def test_levels_and_ways_stand_apart_or_are_taken_together(tmp_path) -> None:
    scores = [
        replace(SCORE, levels={"order": "as_written"}),
        replace(LURED, levels={"order": "reversed"}),
        replace(LURED, levels={"order": "reversed"}, lowering="labels"),
    ]
    folder = write_run(tmp_path / "run", scores)
    assert len(read_items([folder])) == 3
    assert [one.lowering for one in read_items([folder], pool=True)] == ["generate", "labels"]
    assert [one.levels for one in read_items([folder], mix=True)] == [
        (("order", "as_written"),), (("order", "reversed"),),
    ]  # fmt: skip
    (both,) = read_items([folder], pool=True, mix=True)
    assert (list(both.times), list(both.correct)) == ([3], [pytest.approx(1 / 3)])


def test_a_folder_of_runs_is_read_whole_and_each_model_once(tmp_path) -> None:
    write_run(tmp_path / "runs" / "a", [SCORE])
    write_run(tmp_path / "runs" / "b", [SCORE, replace(SCORE, model="n")])
    assert [(one.model, one.items) for one in read_items([tmp_path / "runs"])] == [
        ("m", ("1",)), ("n", ("1",)),
    ]  # fmt: skip
    write_run(tmp_path / "runs" / "c", [LURED])
    with pytest.raises(BadSelection, match=r"`m` was asked `t`, zero_shot, in .* and the answers differ"):
        read_items([tmp_path / "runs"])


def test_a_run_made_before_there_were_clusters_is_read(tmp_path) -> None:
    folder = write_run(tmp_path / "run", [SCORE])
    text = (folder / "scores.jsonl").read_text(encoding="utf-8")
    (folder / "scores.jsonl").write_text(text.replace(',"cluster":""', ""), encoding="utf-8")
    (one,) = read_items([folder])
    assert one.clusters == ("",)


def test_what_is_no_run_and_what_is_broken_is_said(tmp_path) -> None:
    with pytest.raises(BuildError, match="is not a run"):
        read_items([tmp_path])
    folder = write_run(tmp_path / "run", [SCORE, SCORE])
    with (folder / "scores.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"task":"t"}\n')
    with pytest.raises(BuildError, match="line 3: object missing required field"):
        read_items([folder])
