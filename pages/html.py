"""A report as one HTML page that needs nothing else: no script, no network, no other file.

What models and authors wrote is text on it, whatever they wrote; a policy in its head forbids the rest.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import groupby
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from msgspec import Struct

from taskc.pages.answers import Answer, answers, asked_of
from taskc.pages.compared import SURE, Compared, compared, signed
from taskc.pages.words import ITEMS, SIGNS, Said, judged, likeliest, summary, sure
from taskc.records.curve import SHAPES
from taskc.records.drawn import Drawn
from taskc.records.effects import shortly
from taskc.records.plan import Lowering
from taskc.records.report import Report
from taskc.records.sheet import Sheet
from taskc.records.shown import human, percent, short_names

WHY = {
    "falls": "larger models fail where smaller ones do not",
    "lured": "most are lured",
    "missed": "most are wrong without being lured",
}
_HIDDEN = {
    code: "\N{REPLACEMENT CHARACTER}" for code in (*range(32), *range(127, 160)) if code not in (9, 10)
}


class Figure(Struct, frozen=True, kw_only=True):
    """A sheet and how it was drawn."""

    sheet: Sheet
    drawn: Drawn


class Had(Struct, frozen=True, kw_only=True):
    """One way in which a measure is had, and of whom."""

    one: Lowering
    models: tuple[str, ...]
    requests: int


def page(report: Report, figures: Sequence[Figure], unplaced: Drawn | None = None) -> str:
    """Give the page; the same report and figures give the same text.

    `unplaced` is the figure of the models that have no size, if there are some.
    """
    said = summary(report)
    shared: dict[str, str] = {}
    for drawn in (*(figure.drawn for figure in figures), *([unplaced] if unplaced else [])):
        shared |= drawn.shared
    tasks = list(dict.fromkeys(row.task for row in report.rows))
    written = (
        _environment()
        .get_template("page.html")
        .render(
            report=report,
            figures=figures,
            bars=unplaced.panels[0][0] if unplaced else None,
            shared=Markup("".join(shared.values())),
            tasks=tasks,
            builds={task.name: task for build in report.builds for task in build.tasks},
            said=_by_task(said),
            answers=_answers(report),
            compared=_compared(report),
            glance=glance(said),
            curves=len(said),
            title=_title(tasks),
            short=short_names(told.model for one in report.exhibits for told in one.told),
            models=list(dict.fromkeys(row.model for row in report.rows)),
            families=list(dict.fromkeys(one.family for one in report.trends)),
            curved=list(dict.fromkeys(one.family for one in said if one.family and one.sizes > 1)),
            answered=sum(row.n for row in report.rows),
            plan=had(report.plan),
            style=Markup(_source("page.css")),
        )
    )
    return written.encode("utf-8", "replace").decode()


def _title(tasks: Sequence[str]) -> str:
    return ", ".join(tasks) if len(tasks) <= 5 else f"{', '.join(tasks[:4])} and {len(tasks) - 4} more"


def _by_task(said: Iterable[Said]) -> dict[tuple[str, str], list[list[Said]]]:
    """Group what is said by task and what was asked of it, then by setting."""
    out: dict[tuple[str, str], list[list[Said]]] = {}
    for (task, setting), group in groupby(said, key=lambda one: (one.task, one.setting)):
        out.setdefault((task, asked_of(setting)), []).append(list(group))
    return out


def _answers(report: Report) -> dict[str, list[Answer]]:
    out: dict[str, list[Answer]] = {}
    for one in answers(report):
        out.setdefault(one.task, []).append(one)
    return out


def _compared(report: Report) -> dict[str, list[Compared]]:
    out: dict[str, list[Compared]] = {}
    for one in compared(report.comparisons):
        out.setdefault(one.task, []).append(one)
    return out


class Glance(Struct, frozen=True, kw_only=True):
    """A line of the overview: a task and measure, and for each regime what is said of it, most of all."""

    task: str
    measure: str
    cells: Mapping[str, tuple[Said, ...]]


def glance(said: Iterable[Said]) -> list[Glance]:
    """Give the overview: what is said of all families together, or of the only one."""
    lines: dict[tuple[str, str], dict[str, dict[str, Said]]] = {}
    for one in said:
        key = (one.task, asked_of(one.setting))
        cells = lines.setdefault(key, {}).setdefault(one.setting.regime, {})
        how = one.setting.how
        if how not in cells or one.sizes > 1:
            cells[how] = one  # what is said of all families comes last, and a lone model says nothing
    return [
        Glance(
            task=task,
            measure=measure,
            cells={regime: tuple(some.values()) for regime, some in cells.items()},
        )
        for (task, measure), cells in lines.items()
    ]


def had(plan: Iterable[Lowering]) -> list[Had]:
    """Put together the models of which a measure is had in the same way."""
    groups: dict[tuple[object, ...], list[Lowering]] = {}
    for one in plan:
        key = (one.task, one.regime, one.measure, one.way, one.why)
        groups.setdefault(key, []).append(one)
    return [
        Had(
            one=group[0],
            models=tuple(one.model for one in group),
            requests=sum(one.requests for one in group),
        )
        for group in groups.values()
    ]


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("taskc.pages", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "percent": percent,
        "human": human,
        "visible": visible,
        "piece": _piece,
        "judged": judged,
        "likeliest": likeliest,
        "bar": bar,
        "sure": sure,
        "signed": signed,
        "p_value": p_value,
        "shortly": shortly,
    }
    made.globals |= {"SIGNS": SIGNS, "ITEMS": ITEMS, "SURE": SURE, "WHY": WHY, "SHAPES": SHAPES, "zip": zip}
    return made


@cache
def _source(name: str) -> str:
    environment = _environment()
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


def visible(text: str) -> str:
    """Replace what a page cannot show, control characters, by a mark; line ends of any kind are line ends."""
    return text.replace("\r\n", "\n").translate(_HIDDEN)


def p_value(p: float) -> str:
    """Write a p-value: three digits after the point, `<0.001` below."""
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def bar(probabilities: Mapping[Any, float]) -> list[tuple[str, float, float]]:
    """Give the pieces of a bar of probabilities: shape, where it begins and how wide it is, of 100."""
    out: list[tuple[str, float, float]] = []
    at = 0.0
    for shape in SHAPES:
        width = 100 * probabilities[shape]
        if width >= 0.5:
            out.append((shape, round(at, 2), round(width, 2)))
        at += width
    return out


def _piece(markup: str) -> Markup:
    return Markup(markup)
