"""Generators: what of them is wrong, and where it is told."""

from pathlib import Path

import pytest

from tests.compiler.small import errors, places, read, task


def generated(folder: Path, body: str, head: str = "generate 3 seed 1") -> list[tuple[str, str]]:
    text = task([], f"items {head} {{\n{body}\n}}").replace("items [\n\n]\n", "")
    return places(read(folder, 'let known = "k"\n' + text))


GOOD = 'q = "x"\n a = "y"\n b = known'


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (GOOD, []),
        ("let n = known\n" + GOOD + "\n rationale = n", []),
        ('let known = "l"\n' + GOOD, []),
        ("keep if n == 1\n" + GOOD, [("unknown-name", "n")]),
        (GOOD + '\n q = "z"', [("duplicate-field", "q")]),
        (GOOD + "\n let q = 1", [("duplicate-field", "q")]),
        (GOOD + "\n c = 1", [("unknown-field", "c")]),
        ('q = "x"\n a = "{{ q }} {{ gone }}"\n b = a', [("unknown-name", "gone")]),
        ("let q = 1\n" + GOOD, [("duplicate-field", "q")]),
        (GOOD + "\n keep if q", [("bad-expression", "q")]),
        ("let z = 1 / 0\n" + GOOD, [("bad-expression", "1 / 0")]),
    ],
)
def test_generators_that_are_wrong(body: str, told: list[tuple[str, str]], tmp_path: Path) -> None:
    assert generated(tmp_path, body) == told


def test_a_generator_that_makes_too_little(tmp_path: Path) -> None:
    text = task([], 'items generate 3 seed 1 {\n q = "x"\n let a = 1\n}').replace("items [\n\n]\n", "")
    (found,) = errors(read(tmp_path, text))
    assert (found.message, found.help) == ("this generator makes no `a`, `b`", "add `a = …`")


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("generate 0 seed 1", [("bad-value", "0")]),
        ("generate 1 seed 0", []),
        ("generate 1000001 seed 1", [("bad-value", "1000001")]),
        ("generate true seed 1", [("bad-value", "true")]),
        ("generate 1 seed 9223372036854775808", []),
        ("generate 1 seed 9223372036854775809", [("bad-value", "9223372036854775809")]),
        ("generate 1 seed -1", [("bad-value", "-1")]),
        ("generate 1 + gone seed 1.5", [("unknown-name", "gone"), ("bad-value", "1.5")]),
    ],
)
def test_how_many_and_from_which_seed(head: str, told: list[tuple[str, str]], tmp_path: Path) -> None:
    assert generated(tmp_path, GOOD, head) == told
