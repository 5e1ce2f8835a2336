"""Laws of laying out: the meaning stays, all comments stay in order, and twice is once."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taskc.dsl.span import Source
from taskc.grammar import parse, print_file
from taskc.grammar.cut import cut
from taskc.grammar.format import format_text
from taskc.grammar.notes import Notes
from tests.laws import strategies
from tests.laws.scatter import scatter

ROOT = Path(__file__).parents[2]
FILES = sorted(
    [
        *(ROOT / "tasks").rglob("*.task"),
        *(ROOT / "compiler/std").rglob("*.task"),
        *(ROOT / "tests/examples").rglob("*.task"),
        *(ROOT / "tests/cases/fine").rglob("*.task"),
    ]
)
SEEDS = st.integers(0, 2**32)


def tree(text: str):
    file, found = parse(Source(name="law.task", text=text))
    assert not found, (text, found)
    return file


def comments(text: str) -> list[str]:
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    return [comment.text for comment in Notes(text, cut(text)).comments]


def laid_out(text: str) -> str:
    out, found = format_text(Source(name="law.task", text=text))
    assert out is not None, found
    return out


def check(text: str) -> None:
    out = laid_out(text)
    assert tree(out) == tree(text), f"{text}\n=====\n{out}"
    assert comments(out) == comments(text), f"{text}\n=====\n{out}"
    assert laid_out(out) == out, f"{text}\n=====\n{out}"
    assert out == "" or (out.endswith("\n") and not out.startswith("\n"))
    assert not out.endswith("\n\n")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(SEEDS, strategies.FILES)
def test_an_untidy_file_keeps_meaning_and_comments(seed, file):
    text = scatter(Random(seed), print_file(file))
    assert tree(text) == file, text
    check(text)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(SEEDS, st.sampled_from(FILES))
def test_an_untidy_real_file_keeps_meaning_and_comments(seed, path):
    text = path.read_text(encoding="utf-8-sig")
    whole = tree(text)
    text = scatter(Random(seed), print_file(whole))
    assert tree(text) == whole, text
    check(text)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(strategies.FILES)
def test_what_is_printed_is_in_form(file):
    text = print_file(file)
    assert tree(laid_out(text)) == file
    assert laid_out(laid_out(text)) == laid_out(text)


SHIPPED = [path for path in FILES if "cases" not in path.parts]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_shipped_is_in_form(path):
    text = path.read_bytes().decode("utf-8")
    assert laid_out(text) == text, f"run `taskc fmt {path.relative_to(ROOT)}`"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_keeps_meaning_and_comments(path):
    check(path.read_bytes().decode("utf-8"))
