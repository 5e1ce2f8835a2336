"""What verdicts are worth on curves of known shape: a few here, many in the slow test."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from taskc.records.curve import SHAPES

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("verdict_run", ROOT / "bench/verdict/run.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_curves_are_of_the_shape_that_is_said(bench) -> None:
    rng = np.random.default_rng(1)
    for models in range(4, 9):
        for shape in SHAPES:
            heights = bench.draw(rng, shape, models, 0.2)
            signs = [int(one) for one in np.sign(np.diff(heights).round(9)) if one]
            turned = {"positive": {1}, "inverse": {-1}, "flat": set()}.get(shape, {1, -1})
            assert set(signs) == turned
            if shape != "flat":
                assert heights.max() - heights.min() == pytest.approx(0.2)
            if len(turned) == 2:
                assert signs == sorted(signs, reverse=shape == "inverted_u")


def test_answers_have_the_shares_and_something_in_common(bench) -> None:
    right = bench.answers(np.random.default_rng(2), np.array([0.3, 0.6]), 20_000, 0.5)
    assert right.mean(axis=1) == pytest.approx([0.3, 0.6], abs=0.02)
    assert 0.25 < np.corrcoef(right)[0, 1] < 0.4


def test_a_few_curves(bench, tmp_path, capsys) -> None:
    """Most of some curves are told rightly; tables and picture say the same numbers."""
    bench.main(["--curves", "4", "--picture", str(tmp_path / "one.svg")])
    said = capsys.readouterr().out
    tallies = bench.measure(4, 1)
    assert said.startswith(bench.tables(tallies))
    assert (tmp_path / "one.svg").read_text(encoding="utf-8") == bench.picture(tallies)
    for tally in tallies.values():
        assert sum(tally.right(shape) for shape in SHAPES) / 5 > 0.5


@pytest.mark.slow
def test_many_curves(bench) -> None:
    """Five models, 300 items, ten points: the figures of docs/curves.md, with room for luck."""
    tallies = bench.measure(200, 7)
    print(bench.tables(tallies))
    for name in ("shares", "same items"):
        tally = tallies[name]
        assert (tally.right("positive") + tally.right("inverse")) / 2 >= 0.88
        assert (tally.right("u_shaped") + tally.right("inverted_u")) / 2 >= 0.78
        assert tally.false_u() <= 0.05
        assert tally.apart() <= 0.03
    mixed = tallies["mixed"]
    assert mixed.apart() <= 0.03
    assert mixed.false_u() <= 0.05
