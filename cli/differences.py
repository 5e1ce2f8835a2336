"""What differs between two builds, as a person reads it: changes by task, then the bill and its reasons."""

import difflib
import json
from collections.abc import Callable, Iterator, Sequence

import click

from taskc.grammar.show import visible
from taskc.records import lines
from taskc.records.difference import Change, Difference, Reason, TaskDifference

Paint = Callable[[str, str], str]
_MOST = 8  # names listed, unless all are wanted
_SHOWN = 4  # changed items shown with their values
_WIDEST = 90  # columns of a value that is shown
_WAYS = 4  # ways of asking that are named


def as_json(difference: Difference) -> str:
    """Give everything as one JSON object."""
    return json.dumps(lines.plain(difference), ensure_ascii=False)


def drawn(difference: Difference, *, whole: bool = False, colour: bool = False) -> str:
    """Draw a difference; lists are cut short unless the `whole` is wanted."""
    paint = _styled if colour else _plain
    if difference.is_empty:
        return f"no difference: {_count(difference.bill.stay, 'request')}, all the same"
    out: list[str] = []
    for task in difference.tasks:
        out += [*_task(task, whole, paint), ""]
    return "\n".join([*out, *_bill(difference, whole, paint)])


def _plain(text: str, style: str) -> str:
    return text


def _styled(text: str, style: str) -> str:
    return click.style(text, bold=True) if style == "bold" else click.style(text, fg=style)


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _cut(text: str) -> str:
    text = visible(text)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


# --- changes -----------------------------------------------------------------------------------------


def _task(task: TaskDifference, whole: bool, paint: Paint) -> Iterator[str]:
    yield paint(f"task {visible(task.task or task.was)}", "bold")
    for change in task.changes:
        if change.what != "item":
            yield from _change(change, task, paint)
    for kind in ("changed", "added", "removed", "renamed"):
        yield from _items([c for c in task.changes if c.what == "item" and c.kind == kind], whole, paint)


def _change(change: Change, task: TaskDifference, paint: Paint) -> Iterator[str]:
    """Say what changed and where; of a text, the lines that did."""
    if change.what == "task":
        more = {
            "added": f": {_count(task.items, 'item')}, {_count(task.bill.stay + task.bill.anew, 'request')}",
            "renamed": f", it was `{visible(change.old)}`",
        }
        yield f"  {change.kind}{more.get(change.kind, '')}{_at(change, paint)}"
        return
    yield f"  {_named(change)} {change.kind}{_within(change)}{_at(change, paint)}"
    if change.what == "exemplars":
        yield f"    {_cut(change.old) or 'none'} → {_cut(change.new) or 'none'}"
    elif change.old or change.new:
        yield from (f"    {line}" for line in _lines(change.old, change.new, paint))


def _named(change: Change) -> str:
    return visible(f"{change.what} {change.name}".rstrip())


def _within(change: Change) -> str:
    if not change.within:
        return ""
    named = ", ".join(map(visible, change.within[:_WAYS]))
    more = len(change.within) - _WAYS
    return f" in {named}" + (f" and {more} more" if more > 0 else "")


def _at(change: Change, paint: Paint) -> str:
    place = change.at or change.was
    return "  " + paint(visible(place), "cyan") if place else ""


def _lines(old: str, new: str, paint: Paint) -> Iterator[str]:
    """Give the lines that differ, each run with a line before and after it."""
    before, after = old.splitlines(), new.splitlines()
    for group in difflib.SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(1):
        for kind, a, b, c, d in group:
            if kind == "equal":
                yield from (f"  {visible(line)}" for line in before[a:b])
                continue
            yield from (paint(f"- {visible(line)}", "red") for line in before[a:b])
            yield from (paint(f"+ {visible(line)}", "green") for line in after[c:d])


def _items(changes: Sequence[Change], whole: bool, paint: Paint) -> Iterator[str]:
    """Tell changed items one by one, others in a line."""
    if not changes:
        return
    most = _SHOWN if changes[0].kind == "changed" else _MOST
    first = changes if whole else changes[:most]
    more = len(changes) - len(first)
    if changes[0].kind == "changed":
        for change in first:
            yield f"  item {visible(change.name)} changed{_at(change, paint)}"
            yield from _fields(change)
        if more:
            yield f"  {_count(more, 'more item')} changed, `--all` shows them"
        return
    names = ", ".join(visible(f"{c.old} → {c.name}" if c.kind == "renamed" else c.name) for c in first) + (
        f" and {more:,} more" if more else ""
    )
    what = "has another number" if len(changes) == 1 else "have other numbers"
    said = f"{what}: {names}" if changes[0].kind == "renamed" else f"{changes[0].kind}: {names}"
    yield f"  {_count(len(changes), 'item')} {said}{_at(changes[0], paint)}"


def _fields(change: Change) -> Iterator[str]:
    for name, (old, new) in change.fields.items():
        yield f"    {visible(name)}: {_cut(old) or 'nothing'} → {_cut(new) or 'nothing'}"


# --- the bill ----------------------------------------------------------------------------------------


def _bill(difference: Difference, whole: bool, paint: Paint) -> Iterator[str]:
    bill = difference.bill
    yield paint(f"{_count(bill.stay + bill.anew, 'request')}", "bold") + (
        f": {bill.stay:,} stay valid, {bill.anew:,} must be asked anew; {bill.gone:,} fall away"
    )
    if bill.regraded:
        yield f"of those that stay, {bill.regraded:,} are held against another answer or other predictions"
    reasons = [(reason, task) for task in difference.tasks for reason in task.why]
    reasons.sort(key=lambda pair: -pair[0].requests)
    width = max([len(f"{reason.requests:,}") for reason, _ in reasons], default=0)
    several = len({task.task for _, task in reasons}) > 1
    for reason, task in reasons:
        head = f"{task.task}: " if several else ""
        why = _why(reason, task, difference, whole)
        yield f"  {reason.requests:>{width},} anew, {visible(head)}{why}"


def _why(reason: Reason, task: TaskDifference, difference: Difference, whole: bool) -> str:
    changes = [task.changes[n] for n in reason.changes]
    if not changes:
        old, new = difference.compilers
        same = "not selected before, or made by another compiler"
        return same if old == new else f"taskc is {new} and was {old}"
    first = changes if whole else changes[:3]
    said = [f"{_named(c)} {c.kind}" + (f" ({visible(c.at)})" if c.at else "") for c in first]
    more = len(changes) - len(first)
    if all(c.what == "item" for c in changes) and len(changes) > 1:
        kinds = sorted({c.kind for c in changes})
        return f"{len(changes):,} items {' or '.join(kinds)}"
    return "; ".join(said) + (f"; and {more} more" if more else "")
