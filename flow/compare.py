"""Two sides to what differs, why, and what it costs. Sides come from builds, or from a lock."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from taskc.flow.changes import Matched, changes_of
from taskc.flow.sides import Asked, Side, TaskSide, shortened
from taskc.records.difference import Bill, Change, Difference, Reason, TaskDifference

# statements that never reach a prompt, unless an exemplar says what they say
_UNSEEN = ("true_task", "distractor", "item", "items", "test", "cluster", "design", "samples", "vote")


def compare(old: Side, new: Side) -> Difference:
    """Compare two sides. A task on one side only is held against those that are only on the other."""
    if old.short or new.short:
        old, new = shortened(old), shortened(new)
    before, after = _ids(old.tasks.values()), _ids(new.tasks.values())
    names = _renamed(old.tasks, new.tasks)
    tasks: list[TaskDifference] = []
    bill = Bill()
    for name, task in new.tasks.items():
        was = name if name in old.tasks else names.get(name, "")
        one = _task(name, was, old.tasks.get(was), task, before, after)
        bill += one.bill
        tasks += [one] if one.changes or one.bill != Bill(stay=task.requests) else []
    for name, task in old.tasks.items():
        if name not in new.tasks and name not in names.values():
            gone = _count_out(task, after)
            change = Change(kind="removed", what="task", name=name, was=task.shot.at)
            one = TaskDifference(task="", was=name, changes=(change,), bill=Bill(gone=gone))
            bill += one.bill
            tasks.append(one)
    compilers = (old.taskc, new.taskc)
    return Difference(old=old.label, new=new.label, compilers=compilers, tasks=tuple(tasks), bill=bill)


def _ids(tasks: Iterable[TaskSide]) -> set[str]:
    return {one.id for task in tasks for items in task.asked.values() for one in items.values()}


def _count_out(task: TaskSide, known: set[str]) -> int:
    """Count the requests of a task that are not among those known."""
    return sum(one.id not in known for items in task.asked.values() for one in items.values())


def _renamed(old: Mapping[str, TaskSide], new: Mapping[str, TaskSide]) -> dict[str, str]:
    """Find the old names of tasks that are on one side only: half of what one asks, the other asks."""
    left = {name: task for name, task in old.items() if name not in new}
    out: dict[str, str] = {}
    for name, task in new.items():
        if name in old or not left:
            continue
        alike = {was: _alike(one, task) for was, one in left.items()}
        best = max(alike, key=alike.__getitem__)
        if alike[best] >= 0.5:
            out[name] = best
            del left[best]
    return out


def _alike(old: TaskSide, new: TaskSide) -> float:
    """Say how much of two tasks is the same: the larger of the shares of requests and of items."""
    ids = [_ids([side]) for side in (old, new)]
    rows = [{row.digest for row in side.rows.values()} for side in (old, new)]
    return max(len(a & b) / max(len(a), len(b), 1) for a, b in (ids, rows))


def _task(
    name: str, was: str, old: TaskSide | None, new: TaskSide, before: set[str], after: set[str]
) -> TaskDifference:
    if old is None:
        anew = _count_out(new, before)
        change = Change(kind="added", what="task", name=name, at=new.shot.at)
        whys = [Reason(requests=anew, changes=(0,))] if anew else []
        bill = Bill(stay=new.requests - anew, anew=anew)
        return TaskDifference(
            task=name,
            was="",
            at=new.shot.at,
            items=len(new.rows),
            changes=(change,),
            bill=bill,
            why=tuple(whys),
        )
    matched = changes_of(old, new)
    changes = list(matched.changes)
    if name != was:
        changes.append(Change(kind="renamed", what="task", name=name, old=was, at=new.shot.at))
    bill, why = _bill(old, new, matched, before, after)
    return TaskDifference(
        task=name,
        was=was,
        at=new.shot.at,
        items=len(new.rows),
        changes=tuple(changes),
        bill=bill,
        why=why,
    )


def _bill(
    old: TaskSide, new: TaskSide, matched: Matched, before: set[str], after: set[str]
) -> tuple[Bill, tuple[Reason, ...]]:
    stay = regraded = 0
    groups: dict[tuple[object, ...], tuple[set[int], list[int]]] = {}
    for lane, items in new.asked.items():
        earlier = _earlier(old, matched, lane)
        for item, one in items.items():
            known = earlier.get(matched.items.get(item, item)) if earlier is not None else None
            if one.id in before:
                stay += 1
                regraded += known is not None and known.held != one.held
                continue
            kind, whys = _why(matched, lane, item, known)
            found = groups.setdefault((kind, whys if kind != "items" else ()), (set(), [0]))
            found[0].update(whys)
            found[1][0] += 1
    reasons: Counter[tuple[int, ...]] = Counter()
    for changes, count in groups.values():
        reasons[tuple(sorted(changes))] += count[0]
    gone = _count_out(old, after)
    anew = sum(reasons.values())
    why = tuple(Reason(requests=n, changes=changes) for changes, n in reasons.most_common())
    return Bill(stay=stay, anew=anew, gone=gone, regraded=regraded), why


def _earlier(old: TaskSide, matched: Matched, lane: Sequence[str]) -> Mapping[str, Asked] | None:
    """Give the requests of the lane that this one was before."""
    regime, levels, measure, stage = lane
    was = matched.ways.get((regime, levels))
    return old.asked.get((*was, measure, stage)) if was is not None else None


def _why(
    matched: Matched, lane: Sequence[str], item: str, known: Asked | None
) -> tuple[str, tuple[int, ...]]:
    """Say why a request must be asked anew: the kind of reason, and the positions of the changes."""
    regime, levels, measure, _ = lane
    changes, way = matched.changes, (regime, levels)
    if way in matched.new_ways:
        return "way", matched.new_ways[way]
    if item in matched.item_changes and changes[matched.item_changes[item]].kind == "added":
        return "items", (matched.item_changes[item],)
    if known is None and (way, measure) in matched.new_measures:
        return "measure", (matched.new_measures[way, measure],)
    if known is None and matched.own:
        return "own", tuple(matched.own)  # another `test`, say: the item was there and was not asked
    concerned = matched.of_way.get(way, ())
    seen = tuple(n for n in concerned if changes[n].what.split()[0] not in _UNSEEN)
    if seen:
        return "statements", seen
    if item in matched.item_changes and changes[matched.item_changes[item]].kind == "changed":
        return "items", (matched.item_changes[item],)
    shown = matched.of_exemplars.get(way, ())
    return ("exemplars", shown) if shown else ("rest", tuple(concerned))
