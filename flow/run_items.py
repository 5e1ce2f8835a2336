"""Runs to what each item was answered: `scores.jsonl` and `missing.jsonl`, read as they come."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from taskc.analysis.by_item import Answers, Levels, Sorting
from taskc.flow.build_folder import BuildError
from taskc.flow.selection import BadSelection

SCORES, MISSING = "scores.jsonl", "missing.jsonl"
SIMULATED = "simulated"  # the folder of the runs of `taskc simulate`, unless another is named


class _Line(msgspec.Struct, gc=False):
    """What is read of a line of `scores.jsonl`; older runs know no clusters."""

    task: str
    item: str
    regime: str
    measure: str
    model: str
    lowering: str
    predictions: dict[str, str]
    attribution: str
    correct: bool
    conflict: bool
    levels: dict[str, str]
    numbers: dict[str, float]
    cluster: str = ""


class _Lost(msgspec.Struct, gc=False):
    """What is read of a line of `missing.jsonl`."""

    task: str
    item: str
    regime: str
    measure: str
    model: str
    levels: dict[str, str] = {}
    lowering: str = ""


_T = TypeVar("_T")


def read_items(folders: Iterable[Path], *, pool: bool = False, mix: bool = False) -> list[Answers]:
    """Read what each item was answered, in runs or in all runs of a folder of runs, in order of appearance.

    With `pool` the levels of all factors are taken together, with `mix` the ways in which answers were had:
    an item then has the mean over them. What two of the runs have in common is given once. Raises
    `BuildError` for what is no run, and `BadSelection` where two runs tell differently of one model.
    """
    out: dict[tuple[object, ...], tuple[Answers, Path]] = {}
    for folder in folders:
        for run in runs_in(folder):
            for one in _read(run, pool=pool, mix=mix):
                key = (one.task, one.regime, one.levels, one.measure, one.model, one.lowering)
                before, where = out.setdefault(key, (one, run))
                if (one.items, one.correct, one.times) != (before.items, before.correct, before.times):
                    told = f"`{one.model}` was asked `{one.task}`, {one.regime}, in `{where}` and in `{run}`"
                    cure = "name runs in which each model was asked once"
                    raise BadSelection(f"{told}, and the answers differ", cure)
    return [one for one, _ in out.values()]


def runs_in(folder: Path, file: str = SCORES) -> list[Path]:
    """Give the folder itself where it has the `file` of a run, else the runs in it that have one.

    Raises `BuildError` for none.
    """
    if (folder / file).is_file():
        return [folder]
    inner = sorted(path.parent for path in folder.glob(f"*/{file}"))
    if not inner:
        raise _no_run(folder)
    return inner


def _no_run(folder: Path) -> BuildError:
    """Say that a folder is none of a run, and holds none; the cure names that of simulated runs beside it."""
    cure = "name a folder that `taskc eval` made, or one that holds some"
    beside = folder.parent / SIMULATED
    if folder.name != SIMULATED and any(beside.glob(f"*/{SCORES}")):
        cure += f"; `{beside}` holds runs of `taskc simulate`"
    told = f"`{folder}` is not a run" + ("" if folder.exists() else ": there is no such folder")
    return BuildError(told, cure)


def _read(run: Path, *, pool: bool, mix: bool) -> Iterator[Answers]:
    sorting = Sorting()
    known: dict[str, Levels] = {}
    add, none = sorting.add, ()
    for one in lines_of(_Line, run / SCORES):
        if mix:
            one.lowering = ""
        add(one, none if pool or not one.levels else _levels(one.levels, known))
    if (run / MISSING).is_file():
        for lost in lines_of(_Lost, run / MISSING):
            levels = none if pool else tuple(lost.levels.items())
            lowering = "" if mix else lost.lowering
            sorting.miss((lost.task, lost.regime, levels, lost.measure, lost.model, lowering), lost.item)
    return sorting.answers()


def lines_of(kind: type[_T], path: Path) -> Iterator[_T]:
    """Read what is wanted of each line of a file of a run; raises `BuildError` for one that is damaged."""
    decode = msgspec.json.Decoder(kind).decode
    number = 1
    try:
        with path.open("rb") as file:
            for line in file:
                if line.strip():
                    yield decode(line)
                number += 1
    except msgspec.MsgspecError as problem:
        told = f"`{path}` cannot be read: line {number}: {str(problem).lower()}"
        raise BuildError(told, "`taskc score` makes it anew") from None


def _levels(levels: Mapping[str, str], known: dict[str, Levels]) -> Levels:
    """Give levels as a key; the same ones are the same object."""
    made = tuple(levels.items())
    return known.setdefault(repr(made), made)
