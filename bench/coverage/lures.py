"""place."""
from collections.abc import Iterator, Sequence
def table(items: Sequence[int], rounds: int) -> Iterator[str]:
    yield ""
