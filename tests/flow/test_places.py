"""Places are lines counted as they come, whatever order they are asked in."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from taskc.dsl.span import Source, Span
from taskc.flow.places import Places


@given(st.text(alphabet="ab\n字", max_size=60), st.lists(st.integers(0, 60)), st.integers(1, 9))
def test_lines_of_data(text: str, offsets: list[int], size: int) -> None:
    """The line of an offset is one more than the line breaks before it, however the text comes in pieces."""

    def pieces() -> Iterator[str]:
        for start in range(0, len(text), size):
            yield text[start : start + size]

    at = Places({}, {"x": pieces}, {"x": "short"})
    for offset in (min(offset, len(text)) for offset in offsets):
        assert at.of("x", offset) == f"short:{text.count(chr(10), 0, offset) + 1}"


def test_other_files() -> None:
    """Task files are looked up, tables without lines are not counted, unknown files are named."""
    at = Places({"t": Source(name="t", text="a\nb")}, {"p.parquet": lambda: iter(["\n\n"])}, {"t": "u"})
    assert at(Span(file="t", start=2, end=3)) == "u:2"
    assert at(Span(file="p.parquet", start=2, end=2)) == "p.parquet"
    assert at(Span(file="std/x.task", start=9, end=9)) == "std/x.task"
