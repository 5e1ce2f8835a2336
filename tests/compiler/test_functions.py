"""The built-in functions and signs of expressions: what each makes, and how it refuses."""

import pytest

from taskc.compiler.draws import Draws
from taskc.compiler.functions import DRAWS, FUNCTIONS, Fault
from taskc.compiler.limits import DIGITS, LIST, TEXT, LimitError
from taskc.compiler.operators import Problem, combine, holds, truth
from taskc.compiler.values import Value
from taskc.dsl.span import Span

HERE = Span(file="main.task", start=3, end=4)


@pytest.mark.parametrize(
    ("name", "given", "made"),
    [
        ("len", ["abc"], 3),
        ("len", [(1, 2)], 2),
        ("abs", [-3], 3),
        ("min", [3, 1, 2], 1),
        ("min", [("b", "a")], "a"),
        ("max", [(3, 1)], 3),
        ("sum", [(1, 2.5)], 3.5),
        ("floor", [-1.5], -2),
        ("ceil", [-1.5], -1),
        ("round", [2.345678, 2], 2.35),
        ("round", [2.7], 3),
        ("round", [1234, -2], 1200),
        ("round", [1.0, DIGITS], 1.0),
        ("str", [True], "true"),
        ("int", ["-12"], -12),
        ("int", ["9" * DIGITS], int("9" * DIGITS)),
        ("int", [2.9], 2),
        ("float", ["1.5"], 1.5),
        ("lower", ["AbC"], "abc"),
        ("upper", ["AbC"], "ABC"),
        ("strip", [" a\n"], "a"),
        ("strip", ["xax", "x"], "a"),
        ("join", [("a", 1), "-"], "a-1"),
        ("join", ["-", ("a", 1)], "a-1"),
        ("join", [("a", "b")], "ab"),
        ("split", [" a  b "], ("a", "b")),
        ("split", ["a,b,", ","], ("a", "b", "")),
        ("replace", ["aXbX", "X", "--"], "a--b--"),
        ("startswith", ["abc", "ab"], True),
        ("startswith", ["abc", "bc"], False),
        ("endswith", ["abc", "bc"], True),
        ("endswith", ["abc", "ab"], False),
        ("range", [3], (0, 1, 2)),
        ("range", [1, 3], (1, 2)),
        ("range", [6, 0, -2], (6, 4, 2)),
        ("zip", [(1, 2), ("a", "b", "c")], ((1, "a"), (2, "b"))),
        ("sorted", [(2, 1)], (1, 2)),
        ("unique", [(2, 1, 2)], (2, 1)),
    ],
)
def test_values(name: str, given: list[Value], made: Value) -> None:
    assert FUNCTIONS[name][0](*given) == made


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("len", [1], "`len` needs text or a list, and this is a number"),
        ("abs", [True], "`abs` needs a number, and this is a truth value"),
        ("min", [()], "`min` needs at least one value, and this list is empty"),
        ("max", [(1, "a")], "`max` needs numbers only or texts only"),
        ("sorted", [(1, "a")], "`sorted` needs numbers only or texts only"),
        ("sum", ["ab"], "`sum` needs a list, and this is text"),
        ("round", [1.5, 0.5], "`round` needs a whole number, and this is 0.5"),
        ("round", [1.5, True], "`round` needs a whole number, and this is a truth value"),
        ("round", [1.5, DIGITS + 1], f"`round` takes {DIGITS} places at most"),
        ("round", [1.5, -DIGITS - 1], f"`round` takes {DIGITS} places at most"),
        ("int", ["x"], "`int` cannot read “x”"),
        ("int", [True], "`int` needs a number, and this is a truth value"),
        ("float", ["x"], "`float` cannot read “x”"),
        ("float", ["inf"], "`float` makes finite numbers only"),
        ("float", ["nan"], "`float` makes finite numbers only"),
        ("lower", [1], "`lower` needs text, and this is a number"),
        ("upper", [1], "`upper` needs text, and this is a number"),
        ("strip", ["a", 1], "`strip` needs text, and this is a number"),
        ("join", ["a", "b"], "`join` needs a list, and this is text"),
        ("split", [1], "`split` needs text, and this is a number"),
        ("replace", ["a", "", "b"], "`replace` cannot look for an empty text"),
        ("range", [1, 5, 0], "`range` cannot step by 0"),
        ("range", [1.5], "`range` needs a whole number, and this is 1.5"),
        ("zip", [(1,), 2], "`zip` needs a list, and this is a number"),
    ],
)
def test_refusals(name: str, given: list[Value], said: str) -> None:
    with pytest.raises(Fault) as fault:
        FUNCTIONS[name][0](*given)
    assert str(fault.value) == said


@pytest.mark.parametrize(
    ("name", "most", "more"),
    [
        ("range", [LIST], [LIST + 1]),
        ("replace", ["a", "a", "b" * (TEXT - 1)], ["a", "a", "b" * TEXT]),
        ("join", [("a" * TEXT,)], [("a" * TEXT, "b")]),
        ("join", [("",), "a" * TEXT], [("", ""), "a" * TEXT]),
        ("zip", [((0,) * (LIST // 2))], [((0,) * (LIST // 2 + 1))]),
    ],
)
def test_bounds(name: str, most: list[Value], more: list[Value]) -> None:
    """What fits is made, one more is refused."""
    FUNCTIONS[name][0](*most)
    with pytest.raises(LimitError, match="at most"):
        FUNCTIONS[name][0](*more)


@pytest.mark.parametrize("table", [FUNCTIONS, DRAWS])
def test_the_table_says_how_many_values_each_takes(table: dict[str, tuple[object, int, int | None]]) -> None:
    """None says that there may be any number."""
    several = {"min": (1, None), "max": (1, None), "zip": (1, None), "pick": (1, None), "range": (1, 3)}
    optional = {"round": (1, 2), "strip": (1, 2), "join": (1, 2), "split": (1, 2), "flip": (0, 1)}
    two = dict.fromkeys(("startswith", "endswith", "randint", "uniform", "sample"), (2, 2))
    known = {**several, **optional, **two, "replace": (3, 3)}
    for name, (_, least, most) in table.items():
        assert (least, most) == known.get(name, (1, 1)), name


@pytest.mark.parametrize(
    ("a", "sign", "b", "made"),
    [
        (2, "+", 3, 5),
        (2, "-", 3, -1),
        (2, "*", 3, 6),
        (3, "/", 2, 1.5),
        (-3, "//", 2, -2),
        (-3, "%", 2, 1),
        (2, "**", 10, 1024),
        (1, "**", 10**9, 1),
        (0, "**", 10**9, 0),
        ("a", "+", "b", "ab"),
        ((1,), "+", (2,), (1, 2)),
        ("ab", "*", 2, "abab"),
    ],
)
def test_signs(a: Value, sign: str, b: Value, made: Value) -> None:
    assert combine(sign, a, b) == made


@pytest.mark.parametrize(
    ("a", "sign", "b", "said"),
    [
        (1, "/", 0, "this divides by zero"),
        (0, "**", -1, "this divides by zero"),
        (1e308, "*", 10, "this has no finite value"),
        (-8, "**", 0.5, "this has no finite value"),
        ("a", "-", "b", "`-` does not go between text and text"),
        ("a", "*", True, "`*` does not go between text and a truth value"),
        ((1,), "*", 2, "`*` does not go between a list and a number"),
        (2, "+", "b", "`+` does not go between a number and text"),
    ],
)
def test_signs_between_what_they_do_not_go(a: Value, sign: str, b: Value, said: str) -> None:
    with pytest.raises(Fault) as fault:
        combine(sign, a, b)
    assert str(fault.value) == said


def test_signs_stay_within_the_bounds() -> None:
    assert combine("*", "a", TEXT) == "a" * TEXT
    half = 10 ** (DIGITS // 2)
    assert combine("*", half, half // 10) == half * half // 10
    for a, sign, b in (
        ("a", "*", TEXT + 1),
        ("a" * TEXT, "+", "b"),
        (10, "**", DIGITS + 1),
        (half, "*", half * 10),
    ):
        with pytest.raises(LimitError, match="at most"):
            combine(sign, a, b)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sign", "below", "same", "above"),
    [
        ("==", False, True, False),
        ("!=", True, False, True),
        ("<", True, False, False),
        ("<=", True, True, False),
        (">", False, False, True),
        (">=", False, True, True),
    ],
)
def test_comparisons(sign: str, below: bool, same: bool, above: bool) -> None:
    for low, high in ((1, 2.5), ("a", "b")):
        told = (holds(sign, low, high, HERE), holds(sign, low, low, HERE), holds(sign, high, low, HERE))
        assert told == (below, same, above)


def test_inside() -> None:
    assert holds("in", "b", "abc", HERE) and not holds("in", "x", "abc", HERE)
    assert holds("not-in", 3, (1, 2), HERE) and not holds("not-in", 1, (1, 2), HERE)
    assert holds("==", (1,), (1,), HERE) and holds("!=", True, False, HERE)


@pytest.mark.parametrize(
    ("sign", "a", "b", "said"),
    [
        ("in", 1, "abc", "a number is never inside text"),
        ("not-in", "a", 3, "`not in` needs text or a list on its right, and this is a number"),
        ("==", 1, "1", "this compares a number with text"),
        ("<", True, False, "`<` does not order a truth value"),
        (">=", (1,), (2,), "`>=` does not order a list"),
    ],
)
def test_what_cannot_be_compared(sign: str, a: Value, b: Value, said: str) -> None:
    with pytest.raises(Problem) as problem:
        holds(sign, a, b, HERE)
    assert (problem.value.message, problem.value.span) == (said, HERE)


def test_truth() -> None:
    assert truth(True, HERE) and not truth(False, HERE)
    with pytest.raises(Problem, match="this must be true or false, and it is a number"):
        truth(1, HERE)


# --- draws ------------------------------------------------------------------------------------------


def drawn(name: str, *given: Value) -> list[Value]:
    """Draw a hundred times."""
    draws = Draws(5)
    return [DRAWS[name][0](draws, *given) for _ in range(100)]


def test_draws_reach_their_bounds_and_nothing_past_them() -> None:
    assert set(drawn("randint", -1, 1)) == {-1, 0, 1}
    assert set(drawn("randint", 4, 4)) == {4}
    numbers = drawn("uniform", 2, 4)
    assert all(isinstance(one, float) and 2 <= one < 4 for one in numbers)
    assert min(numbers) < 2.2 and max(numbers) > 3.8  # type: ignore[type-var]
    assert set(drawn("flip", 0)) == {False} and set(drawn("flip", 1)) == {True}
    assert 30 < sum(one is True for one in drawn("flip")) < 70
    assert 5 < sum(one is True for one in drawn("flip", 0.2)) < 35
    assert set(drawn("pick", "a", "b", "c")) == set(drawn("pick", ("a", "b", "c"))) == {"a", "b", "c"}
    assert set(drawn("sample", (1, 2), 1)) == {(1,), (2,)}
    assert set(drawn("sample", (1, 2), 2)) == set(drawn("shuffle", (1, 2))) == {(1, 2), (2, 1)}
    assert set(drawn("sample", (1, 2), 0)) == {()}


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("randint", [2, 1], "`randint(2, 1)` has nothing to draw from"),
        ("randint", [0.5, 1], "`randint` needs a whole number, and this is 0.5"),
        ("uniform", ["a", 1], "`uniform` needs a number, and this is text"),
        ("flip", [True], "`flip` needs a number, and this is a truth value"),
        ("pick", [()], "`pick` needs at least one value, and this list is empty"),
        ("pick", ["abc"], "`pick` needs a list, and this is text"),
        ("sample", [(1, 2), 3], "`sample` cannot draw 3 of 2"),
        ("sample", [(1, 2), -1], "`sample` cannot draw -1 of 2"),
        ("shuffle", ["ab"], "`shuffle` needs a list, and this is text"),
    ],
)
def test_draws_that_cannot_be(name: str, given: list[Value], said: str) -> None:
    with pytest.raises(Fault) as fault:
        DRAWS[name][0](Draws(1), *given)
    assert str(fault.value) == said


def test_long_texts_are_cut_in_what_is_said() -> None:
    for name in ("int", "float"):
        with pytest.raises(Fault) as fault:
            FUNCTIONS[name][0]("x" * 50)
        assert str(fault.value) == f"`{name}` cannot read “{'x' * 40}”"
    with pytest.raises(LimitError, match="a whole number may have 300 digits at most"):
        FUNCTIONS["int"][0]("1" * (DIGITS + 1))


def test_lists_are_zipped_to_the_shortest() -> None:
    zipped = FUNCTIONS["zip"][0]
    assert zipped((1, 2), (3,), (4, 5, 6)) == ((1, 3, 4),)
    assert zipped((1, 2)) == ((1,), (2,))
    third = (0,) * (LIST // 3)
    assert len(zipped(third, third)) == LIST // 3
    with pytest.raises(LimitError, match="those of lists in it included"):
        zipped((*third, 0), (*third, 0))


def test_powers_stay_within_the_bounds() -> None:
    assert combine("**", -1, 10**9 + 1) == -1
    assert combine("**", 10, DIGITS) == 10**DIGITS
    assert combine("**", 0.1, 2) == pytest.approx(0.01)
    assert combine("**", 2, -2) == 0.25
    for a, b in ((10, DIGITS + 1), (2, DIGITS + 1), (1.5, 10**6), (10, -DIGITS - 1)):
        with pytest.raises(LimitError, match="300 digits"):
            combine("**", a, b)
    with pytest.raises(Fault, match="this number is too large"):
        combine("/", 10**DIGITS * 10**9 * 10, 10**-300)
