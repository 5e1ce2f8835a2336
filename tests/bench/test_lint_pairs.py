"""The pairs of `bench/lints`: the flagged form breaks the rule it is named after, the mended one none."""

from pathlib import Path

import pytest

from taskc.compiler.lints import LINTS
from taskc.flow.check import check_paths
from taskc.flow.lend import tools

PAIRS = Path(__file__).parents[2] / "bench" / "lints"
RULES = sorted(path.name.removesuffix("_flagged.task") for path in PAIRS.glob("*_flagged.task"))


def _rules(name: str) -> list[str]:
    return [d.rule for d in check_paths([str(PAIRS / name)], tools()).found]


@pytest.mark.parametrize("rule", RULES)
def test_a_pair_differs_in_its_rule(rule: str) -> None:
    """What the benchmark lays to a lint comes from the very thing that lint finds."""
    name = rule.replace("_", "-")
    assert name in LINTS
    assert _rules(f"{rule}_flagged.task") == [name]
    assert _rules(f"{rule}_mended.task") == []


def test_there_are_pairs() -> None:
    """The benchmark is of five lints at least."""
    assert len(RULES) >= 5
