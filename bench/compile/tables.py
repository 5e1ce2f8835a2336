"""Writes what was measured as Markdown tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from spent import Spent


@dataclass(frozen=True, slots=True)
class Cell:
    """What was run: an arm, so many items and shots, and how many requests it makes of an item."""

    arm: str
    items: int
    shots: int
    requests: int


Found = Mapping[Cell, Sequence[Spent]]
Starts = Mapping[str, Sequence[Spent]]


def write_tables(found: Found, starts: Starts) -> str:
    """Make a table of compiling and one of starting, of the cheapest run of each."""
    parts = [*_compile_table(found), "", *_start_table(starts)] if starts else _compile_table(found)
    return "\n".join(parts)


def _compile_table(found: Found) -> list[str]:
    header = (
        "items", "shots", "", "requests/s", "items/s", "CPU s", "wall s", "peak MB",
        "CPU an item ÷ taskc's", "CPU a request ÷ taskc's", "runs",
    )  # fmt: skip
    order = sorted(found, key=lambda cell: (cell.shots, cell.items))
    return _table(header, [_compile_row(found, cell) for cell in order])


def _compile_row(found: Found, cell: Cell) -> list[str]:
    spent, runs = cheapest(found[cell]), len(found[cell])
    ours = found.get(Cell("taskc", cell.items, cell.shots, 1))
    times = spent.cpu / cheapest(ours).cpu if ours else None
    rate = cell.items / spent.cpu
    return [
        f"{cell.items:,}", str(cell.shots), cell.arm, f"{rate * cell.requests:,.0f}", f"{rate:,.0f}",
        f"{spent.cpu:.2f}", f"{spent.wall:.2f}", f"{spent.peak:.0f}",
        f"{times:.2f}" if times else "", f"{times / cell.requests:.2f}" if times else "", str(runs),
    ]  # fmt: skip


def _start_table(starts: Starts) -> list[str]:
    best = {name: cheapest(runs) for name, runs in starts.items()}
    rows = [[name, f"{one.cpu:.3f}", f"{one.wall:.3f}", str(len(starts[name]))] for name, one in best.items()]
    return _table(("start-up", "CPU s", "wall s", "runs"), rows)


def cheapest(runs: Sequence[Spent]) -> Spent:
    """Take least CPU, least wall and highest peak of some runs."""
    least_cpu, least_wall = min(run.cpu for run in runs), min(run.wall for run in runs)
    return Spent(cpu=least_cpu, wall=least_wall, peak=max(run.peak for run in runs))


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    rule = ["---" if name in {"", "start-up"} else "--:" for name in header]
    return [f"| {' | '.join(cells)} |" for cells in (header, rule, *rows)]


def rewrite_readme(readme: Path, name: str, text: str) -> None:
    """Put text between the markers `<!-- NAME -->` and `<!-- /NAME -->` of a page."""
    before, rest = readme.read_text(encoding="utf-8").split(f"<!-- {name} -->\n")
    _, after = rest.split(f"<!-- /{name} -->")
    readme.write_text(f"{before}<!-- {name} -->\n{text}\n<!-- /{name} -->{after}", encoding="utf-8")
