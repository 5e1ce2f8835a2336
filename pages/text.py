"""A report as text for a terminal: the answers for each task, its curves, and what was compared."""

from collections.abc import Iterator

from taskc.pages.answers import Answer, answers
from taskc.pages.compared import SURE, compared
from taskc.pages.words import SIGNS, summary
from taskc.records.report import Report


def text(report: Report) -> str:
    """Give a report for a terminal, a task after the other; notes come last."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    told = answers(report)
    said = summary(report)
    beside = compared(report.comparisons)
    tasks = list(dict.fromkeys([*(one.task for one in told), *(one.task for one in beside)]))
    for number, task in enumerate(tasks):
        if number:
            yield ""
        yield task
        for answer in told:
            if answer.task == task:
                yield from _answered(answer)
        for one in said:
            if one.task == task:
                name = f"{one.setting.name} · {one.family or 'all families'}"
                yield f"  {SIGNS[one.verdict]} {name}: {one.text}"
        for group in beside:
            if group.task == task:
                yield f"  = {group.text}"
    if report.comparisons is not None:
        made = report.comparisons
        yield (
            f"= higher or lower: p < {SURE:g}, adjusted by {made.adjusted} over {len(made.regimes):,} "
            f"comparisons of regimes and {len(made.models):,} of sizes"
        )
    if not told:
        yield "no curves: no model has a size"
    for note in report.notes:
        yield f"note: {note}"


def _answered(one: Answer) -> Iterator[str]:
    yield f"  {one.asked}: {one.shape}"
    if one.distractor:
        yield f"    distractor: {one.distractor}"
    yield f"    how sure: {one.sure}"
    yield f"    surer: {one.surer}"
