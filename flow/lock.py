"""`taskc lock`: the prompts of a file pinned beside it, and what a compilation finds that is not so."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from msgspec import Struct

from taskc import __version__
from taskc.compiler.expand import ALL, write_requests
from taskc.dsl.diagnostic import Diagnostic, Label, error
from taskc.dsl.model import Task
from taskc.dsl.span import Span
from taskc.flow.build_folder import BuildError
from taskc.flow.compare import compare
from taskc.flow.load import Place, find_roots
from taskc.flow.places import Places
from taskc.flow.sides import SHORT, SHORTER, Asked, Row, Side, TaskSide, task_side
from taskc.flow.source_map import shots
from taskc.flow.understand import NotCompiled, Understood, understand_roots
from taskc.records import lock as locks
from taskc.records.difference import Change, Difference, TaskDifference
from taskc.records.lock import Lock, LockedTask, LockedWay
from taskc.records.snapshot import Stated, TaskShot, Way
from taskc.store.atomic import write_atomically

_MOST_PLACES = 4  # that one finding points at
_SPREAD = 5  # lines by which an author's form of a statement may be longer than the tidy one


class Locked(Struct, frozen=True, kw_only=True):
    """A file and its lock: `missing`, `same`, or what differs; `written` says whether it was written now."""

    root: str
    path: Path
    tasks: int
    requests: int
    missing: bool
    difference: Difference | None
    written: bool


def lock_paths(paths: Sequence[str], *, update: bool = False, check: bool = False) -> list[Locked]:
    """Pin the prompts of every file that `paths` name, each in a file `NAME.lock` beside it.

    A lock that is there is written over only to `update` it; to `check`, nothing is written. Raises
    `NotFound`, `BuildError` and `NotCompiled`.
    """
    return [_lock(root, place, update, check) for root, place in dict(find_roots(paths)).items()]


def _lock(root: str, place: Place, update: bool, check: bool) -> Locked:
    if root.startswith("std/") and not Path(root).exists():
        raise BuildError(
            f"`{root}` is shipped, and pinned by the version of taskc", "copy the task to change or lock it"
        )
    understood = understand_roots({root: place})
    tasks = understood.program.tasks
    if understood.failed:
        raise NotCompiled(root, understood)
    made = [_made(task, understood) for task in tasks]
    if understood.failed:
        raise NotCompiled(root, understood)
    side = Side(
        label=root, taskc=__version__, tasks={t.name: one for t, (one, _) in zip(tasks, made, strict=True)}
    )
    path = lock_of(place)
    before = _read(path)
    difference = compare(_side(before, path), side) if before else None
    drifted = difference is not None and _matters(difference)
    write = not check and (before is None or (update and drifted))
    if write:
        hashes = {task.name: hash for task, (_, hash) in zip(tasks, made, strict=True)}
        locked = {name: _locked(one, hashes[name]) for name, one in side.tasks.items()}
        write_atomically(path, locks.dump(Lock(taskc=__version__, tasks=locked)))
    return Locked(
        root=root,
        path=path,
        tasks=len(tasks),
        requests=sum(one.requests for one in side.tasks.values()),
        missing=before is None,
        difference=difference if drifted else None,
        written=write,
    )


def lock_of(place: Place) -> Path:
    """Give where the lock of a file is."""
    return place.path.with_suffix(".lock")


def _matters(difference: Difference) -> bool:
    """Say whether what is asked, what answers are held against, or the name of a task is not what it was."""
    return any(_drifted(task) for task in difference.tasks)


def _drifted(task: TaskDifference) -> bool:
    return bool(task.bill.anew or task.bill.gone or task.bill.regraded or task.was != task.task)


def _read(path: Path) -> Lock | None:
    try:
        return locks.load(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as problem:
        raise BuildError(
            f"`{path}` is not a lock: {str(problem).lower()}",
            "take it away, then `taskc lock` writes a new one",
        ) from None


def _made(task: Task, understood: Understood) -> tuple[TaskSide, str]:
    """Make the requests of a task; gives it as it is compared, and the hash of their lines."""
    found: list[Diagnostic] = []
    digest = hashlib.sha256()

    def requests() -> Iterator[bytes]:
        for line in write_requests(task, understood.desk.meter, found, gallery=understood.gallery):
            digest.update(line)
            yield line

    at = Places(understood.sources, understood.data, understood.portable)
    side = task_side(requests(), shots(task, ALL.takes, understood.loaded.units, at))
    understood.desk.found += found
    return side, digest.hexdigest()


# --- sides to locks and back -------------------------------------------------------------------------


def _locked(task: TaskSide, hash: str) -> LockedTask:
    lanes = tuple(task.asked)
    return LockedTask(
        sha256=hash,
        statements=tuple({s.about: tuple(s.text.split("\n"))} for s in task.shot.statements),
        own=task.shot.own,
        ways=tuple(
            LockedWay(
                regime=w.regime,
                levels=w.levels,
                measures=w.measures,
                statements=w.statements,
                shots=w.shots,
                exemplars=w.exemplars,
            )
            for w in task.shot.ways
        ),
        lanes=lanes,
        items={
            id: " ".join([row.digest[:SHORT], *(_token(task.asked[lane].get(id)) for lane in lanes)])
            for id, row in task.rows.items()
        },
    )


def _token(asked: Asked | None) -> str:
    return f"{asked.id[:SHORT]}.{asked.held[:SHORTER]}" if asked else "-"


def _side(lock: Lock, path: Path) -> Side:
    try:
        tasks = {name: _unlocked(name, task) for name, task in lock.tasks.items()}
    except ValueError:
        raise BuildError(
            f"`{path}` is not a lock", "take it away, then `taskc lock` writes a new one"
        ) from None
    return Side(label=str(path), taskc=lock.taskc, tasks=tasks, short=True)


def _unlocked(name: str, task: LockedTask) -> TaskSide:
    asked: dict[tuple[str, str, str, str], dict[str, Asked]] = {lane: {} for lane in task.lanes}
    rows = {}
    for id, text in task.items.items():
        digest, *tokens = text.split(" ")
        rows[id] = Row(digest)
        for lane, token in zip(task.lanes, tokens, strict=True):
            if token != "-":
                asked[lane][id] = Asked(*token.split(".", 1))
    statements = tuple(
        Stated(about=about, text="\n".join(text), at="")
        for one in task.statements
        for about, text in one.items()
    )
    ways = tuple(
        Way(
            regime=w.regime,
            levels=w.levels,
            at="",
            measures=w.measures,
            statements=w.statements,
            shots=w.shots,
            exemplars=w.exemplars,
        )
        for w in task.ways
    )
    shot = TaskShot(task=name, at="", statements=statements, own=task.own, ways=ways)
    return TaskSide(shot=shot, rows=rows, asked=asked)


# --- what is not as locked ---------------------------------------------------------------------------


def drift(understood: Understood, roots: Mapping[str, Place], hashes: Mapping[str, str]) -> list[Difference]:
    """Hold every task against the lock of its file, if there is one; what is not as locked is a finding.

    `hashes` are those of the request lines of all tasks; only where one is not as locked, tasks are compared.
    Gives what differs, a file each. Raises `BuildError` for a lock that cannot be read, and `KeyError` with
    the name of a task that would have to be compared and was not compiled.
    """
    homes = understood.homes | {task.name: task.span.file for task in understood.program.tasks}
    out = []
    for root, place in roots.items():
        lock = _read(lock_of(place))
        if lock is None:
            continue
        own = [name for name, home in homes.items() if home == root]
        names = [*lock.tasks, *(name for name in own if name not in lock.tasks)]
        if all(n in lock.tasks and hashes.get(n) == lock.tasks[n].sha256 for n in names):
            continue
        tasks = {task.name: task for task in understood.program.tasks}
        made = {name: _made(tasks[name], understood)[0] for name in names if name in hashes}
        new = Side(label=root, taskc=__version__, tasks=made)
        difference = compare(_side(lock, lock_of(place)), new)
        if _matters(difference):
            understood.desk.found += _findings(difference, root, understood)
            out.append(difference)
    return out


def _findings(difference: Difference, root: str, understood: Understood) -> Iterator[Diagnostic]:
    """Point at what changed, where that is known."""
    for task in difference.tasks:
        if not _drifted(task):
            continue
        order = [n for reason in task.why for n in reason.changes]
        changes = [task.changes[n] for n in dict.fromkeys([*order, *range(len(task.changes))])]
        found = ((change, _span(change, understood)) for change in changes)
        places = list(islice(((c, span) for c, span in found if span is not None), _MOST_PLACES))
        first = places[0][1] if places else Span(file=root, start=0, end=0)
        others = [Label(span=span, text=_said(c)) for c, span in places[1:] if span != first]
        yield error(
            "locked",
            _problem(task),
            first,
            note=_said(places[0][0]) if places else "",
            others=others,
            help="take the change back, or accept it with `taskc lock --update`",
        )


def _problem(task: TaskDifference) -> str:
    """Say how a task is not as locked."""
    bill = task.bill
    asked = bill.stay + bill.anew
    if not task.was:
        return f"the lock of this file does not have the task `{task.task}`"
    locked = f"task `{task.was}` is locked, and"
    if not task.task:
        return f"{locked} is gone"
    if task.was != task.task:
        return f"{locked} is called `{task.task}` now"
    if bill.anew:
        return f"{locked} {bill.anew:,} of its {asked:,} requests are not those of the lock"
    if bill.regraded:
        return f"{locked} {bill.regraded:,} of its {asked:,} requests are held against other answers"
    return f"{locked} {bill.gone:,} of its requests are asked no longer"


def _said(change: Change) -> str:
    return f"{change.what} {change.name}".rstrip() + f" {change.kind}"


def _span(change: Change, understood: Understood) -> Span | None:
    """Give the line that changed, without the blanks round it; None where its file is not at hand."""
    file, _, number = change.at.rpartition(":")
    name = next((name for name, portable in understood.portable.items() if portable == file), "")
    text = _text(name, understood)
    if text is None or not number.isdecimal() or int(number) > text.count("\n") + 1:
        return None
    lines = text.split("\n")
    at = _changed_line(change, lines, int(number) - 1)
    line, start = lines[at], sum(len(before) + 1 for before in lines[:at])
    end = start + len(line.rstrip())
    return Span(file=name, start=min(start + len(line) - len(line.lstrip()), end), end=end)


def _text(name: str, understood: Understood) -> str | None:
    """Give the text of a task or data file, for a finding that is to point into it."""
    if name in understood.loaded.sources:
        return understood.loaded.sources[name].text
    return understood.loaded.data[name].text() if name in understood.loaded.data else None


def _changed_line(change: Change, lines: Sequence[str], begin: int) -> int:
    """Find the first line of a statement that was not there before; else the statement's first."""
    old, new = ({line.strip() for line in text.split("\n")} for text in (change.old, change.new))
    statement = range(begin, min(begin + len(change.new.split("\n")) + _SPREAD, len(lines)))
    return next((at for at in statement if lines[at].strip() in new - old), begin)


def locked_roots(roots: Iterable[tuple[str, Place]]) -> list[str]:
    """Name the files that have a lock."""
    return [root for root, place in roots if lock_of(place).exists()]
