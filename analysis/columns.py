"""The columns of a table of results: what stands in a cell, and which columns there is room for."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from taskc.analysis.intervals import Z95, Rate, wilson
from taskc.analysis.lure import Estimate
from taskc.analysis.row import Row
from taskc.records.shown import percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its heading, two lines at most, the text of a cell, and whether rows have use for it.

    Those of a higher `rank` are the first to go where there is little room; one goes `before` a rank where
    another tells the same better. `of_one` is the text of a cell about one distractor.
    """

    heading: str
    cell: Callable[[Row], str]
    wanted: Callable[[Sequence[Row]], bool] = lambda rows: True
    style: str = ""
    rank: int = 0
    before: int = 9
    of_one: Callable[[Row, str], str] = lambda row, name: ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A metric that was asked for, what its values are multiplied with, and the decimals they get."""

    name: str
    scale: float = 1.0
    decimals: int = 2


def bracketed(rate: Rate | None) -> str:
    """Write a rate with its interval: `78 [69, 85]`; `·` where there is none."""
    if rate is None:
        return "·"
    return f"{percent(rate.value)} [{100 * rate.low:.0f}, {100 * rate.high:.0f}]"


def _lured(row: Row) -> Rate | None:
    return row.conflict.lured if row.distractors else None


def _pull(row: Row) -> str:
    return _estimate(row.attribution.pull if row.attribution else None)


def _ability(row: Row) -> str:
    return _estimate(row.attribution.ability if row.attribution else None)


def _estimate(one: Estimate | None) -> str:
    return percent(one.value if one else None)


def _excess(row: Row, name: str) -> str:
    found = row.attribution.excess_of.get(name) if row.attribution else None
    return percent(max(0.0, found.value) if found else None)


def _able(rows: Sequence[Row]) -> bool:
    return any(row.attribution is not None and row.attribution.ability is not None for row in rows)


def _pulled(rows: Sequence[Row]) -> bool:
    return any(row.attribution is not None and row.attribution.pull is not None for row in rows)


def _value(rate: Rate | None) -> str:
    return percent(rate.value if rate else None)


def _levels(row: Row) -> str:
    """Write the levels on one line if they are short, else a line each."""
    levels = [f"{name}={level}" for name, level in row.levels.items()]
    return ("\n" if sum(map(len, levels)) > 24 else ", ").join(levels)


def _share(row: Row, name: str) -> str:
    return percent(row.all.rates.get(name))


def _split(rows: Sequence[Row]) -> bool:
    return any(row.conflict.n for row in rows) and any(row.agree.n for row in rows)


def conflicts(rows: Sequence[Row]) -> bool:
    """Say whether any row has items in conflict."""
    return any(row.conflict.n for row in rows)


def _has(name: str) -> Callable[[Sequence[Row]], bool]:
    return lambda rows: any(row.all.counts.get(name, 0) for row in rows)


def several_ways(rows: Sequence[Row]) -> bool:
    """Say whether a measure of one task and regime was had in several ways, of one model or several."""
    ways: dict[tuple[str, str, str], set[str]] = {}
    for row in rows:
        told = (way for way in row.lowering.split(" | ") if way)
        ways.setdefault((row.task, row.regime, row.measure), set()).update(told)
    return any(len(some) > 1 for some in ways.values())


def _outside(row: Row) -> str:
    found = row.numbers.get("outside")
    return percent(found.value if found else None)


def _generated(rows: Sequence[Row]) -> bool:
    return any(row.measure == "reply" for row in rows) or _has("unparsed")(rows)


NAMES = (
    Column(heading="regime", cell=lambda row: row.regime),
    Column(heading="levels", cell=_levels, wanted=lambda rows: any(row.levels for row in rows)),
    Column(heading="measure", cell=lambda row: row.measure.replace("(", " (")),
    Column(heading="how", cell=lambda row: row.lowering.replace(" | ", "\n| "), wanted=several_ways),
)
CHANCE = Column(
    heading="\nchance",
    cell=lambda row: percent(row.chance),
    wanted=lambda rows: any(row.chance for row in rows),
    rank=2,
)
LURED = Column(
    heading="\nlured",
    cell=lambda row: _value(_lured(row)),
    wanted=conflicts,
    style="dark_orange3",
    of_one=lambda row, name: percent(row.conflict.rates[name]),
    before=1,
)
LURED_BETWEEN = Column(
    heading="\nlured [95 %]",
    cell=lambda row: bracketed(_lured(row)),
    wanted=conflicts,
    style="dark_orange3",
    rank=1,
    of_one=lambda row, name: bracketed(wilson(min(1.0, row.conflict.rates[name]), row.conflict.n)),
)
PULL = Column(
    heading="\npull",
    cell=_pull,
    wanted=_pulled,
    style="dark_orange3",
    rank=4,
    of_one=_excess,
)
ABILITY = Column(
    heading="abil-\nity",
    cell=_ability,
    wanted=_able,
    style="blue",
    rank=5,
)
_FIGURES = (
    Column(heading="\nn", cell=lambda row: str(row.n), wanted=lambda rows: not conflicts(rows)),
    Column(
        heading="all\nacc [95 %]",
        cell=lambda row: bracketed(row.all.accuracy),
        wanted=lambda rows: not conflicts(rows),
        style="blue",
    ),
    Column(
        heading="all\nacc [95 %]",
        cell=lambda row: bracketed(row.all.accuracy),
        wanted=_split,
        style="blue",
        rank=3,
    ),
    CHANCE,
    Column(heading="\nn", cell=lambda row: str(row.conflict.n), wanted=conflicts),
    Column(
        heading="conflict\nacc [95 %]",
        cell=lambda row: bracketed(row.conflict.accuracy),
        wanted=conflicts,
        style="blue",
    ),
    LURED,
    LURED_BETWEEN,
    Column(heading="\nother", cell=lambda row: percent(row.conflict.rates.get("other")), wanted=conflicts),
    PULL,
    ABILITY,
    Column(heading="\nn", cell=lambda row: str(row.agree.n), wanted=_split),
    Column(heading="agree\nacc", cell=lambda row: _value(row.agree.accuracy), wanted=_split, style="blue"),
    Column(
        heading="out-\nside",
        cell=_outside,
        wanted=lambda rows: any("outside" in row.numbers for row in rows),
    ),
    Column(heading="un-\nparsed", cell=lambda row: _share(row, "unparsed"), wanted=_generated),
    Column(heading="re-\nfused", cell=lambda row: _share(row, "refused"), wanted=_has("refused")),
    Column(
        heading="miss-\ning",
        cell=lambda row: str(row.missing),
        wanted=lambda rows: any(row.missing for row in rows),
    ),
)


def figures(rows: Sequence[Row], asked: Sequence[Asked], room: int, gap: int) -> list[Column]:
    """Choose the columns of figures that `room` has a place for, `gap` blanks apart.

    Those of rank 0 are always there, and so are metrics that were asked for; the others come by their rank.
    """
    own = [_of_metric(one) for one in asked]
    some: list[Column] = []
    for rank in range(max(column.rank for column in _FIGURES), -1, -1):
        some = [c for c in _FIGURES if c.rank <= rank and rank < c.before and c.wanted(rows)] + own
        if sum(width_of(column, rows) + gap for column in some) <= room:
            break
    return some


def _of_metric(asked: Asked) -> Column:
    """Make the column of a metric that was asked for: its mean, with 1.96 standard errors either way."""

    def cell(row: Row) -> str:
        found = row.numbers.get(asked.name)
        if found is None:
            return "·"
        error = "" if found.error is None else f" ±{_plain(Z95 * found.error * asked.scale, asked.decimals)}"
        return _plain(found.value * asked.scale, asked.decimals) + error

    return Column(heading=_in_two(asked.name), cell=cell)


def _plain(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}" if abs(value) < 1e5 else f"{value:.2g}"


def _in_two(name: str) -> str:
    """Break a name in two lines at the mark nearest to its middle."""
    places = [at + 1 for at, letter in enumerate(name) if letter == "_"] if len(name) > 8 else []
    at = min(places, key=lambda place: abs(2 * place - len(name)), default=0)
    return f"{name[:at]}\n{name[at:]}"


def width_of(column: Column, rows: Iterable[Row]) -> int:
    """Say how wide a column wants to be."""
    texts = [column.heading, *(column.cell(row) for row in rows)]
    return max(len(line) for text in texts for line in text.split("\n"))
