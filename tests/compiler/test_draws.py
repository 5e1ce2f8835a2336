"""Draws: all of a range is reached, however wide, and nothing outside of it; and the cells of designs."""

import pytest

from taskc.compiler.design import asked_in, cells, count
from taskc.compiler.draws import Draws, rank
from taskc.dsl.model import Factor


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


def test_draws_are_those_of_splitmix64() -> None:
    """The first numbers of its reference implementation for this state."""
    draws = Draws()
    draws._state = 1234567
    assert [draws.bits() for _ in range(5)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_draws_never_change() -> None:
    """Items hang on them, and on the names that begin a stream."""
    draws = Draws(7, "x")
    assert [draws.bits(), draws.bits()] == [14866030516399241445, 3257453177436489262]
    assert (Draws(1).uniform(), Draws(1).below(1000)) == (0.6295287948578951, 257)
    assert Draws(2).shuffle(range(6)) == [3, 2, 1, 0, 4, 5]
    assert rank("a", 1).hex()[:16] == "839e11a421d370be"
    assert Draws("\ud800").bits() != Draws("x").bits()


FACTORS = (Factor(name="x", levels=("a", "b", "c")), Factor(name="y", levels=("0", "1")))


def test_the_cells_of_a_design() -> None:
    full = [{"x": x, "y": y} for x in "abc" for y in "01"]
    assert cells(FACTORS, "full") == cells(FACTORS, "latin") == full
    one = [{"x": "a", "y": "0"}, {"x": "b", "y": "0"}, {"x": "c", "y": "0"}, {"x": "a", "y": "1"}]
    assert cells(FACTORS, "one_at_a_time") == one
    assert (count(FACTORS, "full"), count(FACTORS, "latin"), count(FACTORS, "one_at_a_time")) == (6, 6, 4)
    assert cells((), "full") == cells((), "one_at_a_time") == [{}]
    assert count((), "full") == count((), "one_at_a_time") == 1


def test_a_latin_design_asks_each_combination_equally_often() -> None:
    three = (*FACTORS, Factor(name="z", levels=("p", "q")))
    for factors, period in ((FACTORS, 2), (three, 4)):
        asked = [
            [tuple(cell.values()) for cell in cells(factors, "latin") if asked_in(n, cell, factors, "latin")]
            for n in range(period * 3)
        ]
        assert all(len(one) == 3 and {cell[0] for cell in one} == set("abc") for one in asked)
        assert asked[:period] == asked[period : 2 * period]
        met = [cell for one in asked for cell in one]
        assert len({met.count(cell) for cell in met}) == 1 and set(met) == {
            tuple(cell.values()) for cell in cells(factors, "latin")
        }
    assert asked_in(1, {"x": "b"}, FACTORS[:1], "latin") and asked_in(1, {}, FACTORS, "full")


def test_draws_past_the_last_whole_range_are_drawn_again() -> None:
    """Of ranges that 64 bits do not hold evenly nothing is favoured."""
    for n in (3 << 62, (1 << 63) + 1):
        bits, draws = Draws(3), Draws(3)
        wanted = [number for number in (bits.bits() for _ in range(60)) if number < n][:10]
        assert [draws.below(n) for _ in range(10)] == wanted
