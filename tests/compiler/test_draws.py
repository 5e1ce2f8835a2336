"""Draws: all of a range is reached, however wide, and nothing outside of it."""

import pytest

from taskc.compiler.draws import Draws


@pytest.mark.parametrize("n", [1, 2, 3, 10, 2**63, 2**64 - 1, 2**64, 2**64 + 1, 2**65, 10**30, 2**200])
def test_below_reaches_all_of_its_range(n: int) -> None:
    """Of 200 draws some fall into each tenth of the range, where it has ten parts."""
    draw = Draws(7)
    drawn = [draw.below(n) for _ in range(200)]
    assert all(0 <= one < n for one in drawn)
    wanted = set(range(10)) if n >= 10 else {part * 10 // n for part in range(n)}
    assert {one * 10 // n for one in drawn} == wanted


def test_a_shuffle_is_a_shuffle() -> None:
    """Each value comes first about as often as every other, and none is lost."""
    draw = Draws(11)
    first = [0] * 5
    for _ in range(2_000):
        out = draw.shuffle(range(5))
        assert sorted(out) == list(range(5))
        first[out[0]] += 1
    assert min(first) > 330 and max(first) < 470
