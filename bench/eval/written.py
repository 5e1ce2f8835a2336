"""Writes what was measured as Markdown tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from spent import Spent


@dataclass(frozen=True, slots=True)
class Cell:
    """What was run: a client, the server's latency in seconds, and requests in flight."""

    arm: str
    latency: float
    connections: int


@dataclass(frozen=True, slots=True)
class Pace:
    """Requests a second, from first to last and in the middle half; the seconds that the server took for one
    on average, and CPU seconds of the client for one."""

    rate: float
    steady: float
    latency: float
    cpu: float


@dataclass(frozen=True, slots=True)
class End:
    """A whole evaluation: what it took with next to no items, and with so many more."""

    items: int
    few: Spent
    many: Spent


BARE_OF = {
    "taskc openai-api/": "aiohttp",
    "taskc openai/": "openai+aiohttp",
    "taskc anthropic/": "anthropic+aiohttp",
}


def write_rates(found: Mapping[Cell, Pace]) -> str:
    """Make a table of requests a second, and how they stand to the bare client and to what latency allows."""
    header = ["ms", "in flight", "", "requests/s", "÷ its bare client", "middle half/s", "÷ its bare client"]
    header += ["÷ in flight / latency", "CPU ms a request", "bare client's ÷ it"]
    return _table(header, [_rate_row(found, cell) for cell in found])


def _rate_row(found: Mapping[Cell, Pace], cell: Cell) -> list[str]:
    pace = found[cell]
    bare = found.get(Cell(BARE_OF.get(cell.arm, ""), cell.latency, cell.connections))
    most = cell.connections / pace.latency if cell.latency else None
    return [
        f"{cell.latency * 1000:.0f}",
        str(cell.connections),
        cell.arm,
        f"{pace.rate:,.0f}",
        f"{pace.rate / bare.rate:.2f}" if bare else "",
        f"{pace.steady:,.0f}",
        f"{pace.steady / bare.steady:.2f}" if bare else "",
        f"{pace.steady / most:.2f}" if most else "",
        f"{pace.cpu * 1000:.2f}",
        f"{bare.cpu / pace.cpu:.2f}" if bare else "",
    ]


def write_ends(found: Mapping[str, Sequence[End]]) -> str:
    """Make a table of whole evaluations, the cheapest run of each."""
    best = {arm: min(ends, key=lambda end: end.many.cpu) for arm, ends in found.items()}
    ours = next(iter(best.values()))
    header = ["", "items", "CPU s", "of it to start", "wall s", "peak MB", "items/CPU s", "without the start"]
    header.append("taskc's ÷ its")
    rows = []
    for arm, end in best.items():
        rate = _without_start(end)
        rows.append(
            [
                arm,
                f"{end.items:,}",
                f"{end.many.cpu:.2f}",
                f"{end.few.cpu:.2f}",
                f"{end.many.wall:.2f}",
                f"{end.many.peak:.0f}",
                f"{end.items / end.many.cpu:,.0f}",
                f"{rate:,.0f}",
                f"{_without_start(ours) / rate:.1f}",
            ]
        )
    return _table(header, rows)


def _without_start(end: End) -> float:
    return end.items / (end.many.cpu - end.few.cpu)


def write_memory(found: Mapping[int, Spent]) -> str:
    """Make a table of the memory that more and more requests take."""
    rows = [
        [f"{n:,}", f"{one.peak:.0f}", f"{one.cpu:.1f}", f"{n / one.cpu:,.0f}"] for n, one in found.items()
    ]
    return _table(["requests", "peak MB", "CPU s", "requests/CPU s"], rows)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ["---" if not name else "--:" for name in header]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *rows))
