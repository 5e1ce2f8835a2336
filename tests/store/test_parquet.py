"""Answers as Parquet: read back by pyarrow itself."""

import importlib.util
import json

import pytest
from kept import whole

from taskc.records.lines import dump
from taskc.store.parquet import write_parquet
from taskc.store.responses import StoreError


@pytest.mark.skipif(importlib.util.find_spec("pyarrow") is not None, reason="pyarrow is installed")
def test_without_the_extra_it_says_what_to_install(tmp_path):
    with pytest.raises(StoreError, match="needs the package `pyarrow`") as caught:
        write_parquet(tmp_path / "all.parquet", [whole(0)])
    assert "pip install pyarrow" in caught.value.help
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_can_be_read(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    kept = [whole(at) for at in range(12_000)]
    assert write_parquet(tmp_path / "all.parquet", iter(kept)) == 12_000
    rows = parquet.read_table(tmp_path / "all.parquet").to_pylist()
    assert [row["key"] for row in rows] == [one.key for one in kept]
    generated, scored, labelled, refusal = rows[:4]
    assert (generated["kind"], generated["text"], generated["finish"]) == (
        "generated",
        kept[0].outcome.text,
        "length",
    )
    assert (scored["kind"], scored["logprobs"], scored["tokens"]) == ("scored", [-0.1, -1e-300], [1, 2])
    assert (labelled["kind"], labelled["logprobs"], labelled["outside"]) == ("labelled", [-0.5, None], 0.25)
    assert (refusal["kind"], refusal["text"]) == ("refusal", "")
    assert refusal["logprobs"] is None and scored["text"] is None
    assert json.loads(rows[5]["operation"]) == json.loads(dump(kept[5].operation))
    assert (rows[7]["served_by"], rows[7]["seconds"]) == ("gpt-4.1-mini-2025-04-14", 0.875)
    content = (tmp_path / "all.parquet").read_bytes()
    write_parquet(tmp_path / "all.parquet", kept)
    assert (tmp_path / "all.parquet").read_bytes() == content


def test_no_answers_make_an_empty_table(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    assert write_parquet(tmp_path / "all.parquet", []) == 0
    assert parquet.read_table(tmp_path / "all.parquet").num_rows == 0
