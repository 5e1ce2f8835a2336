"""`taskc power`: how often the verdict on a curve would be right, for a design nobody has paid for yet."""

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.pool import Pool
from pathlib import Path
from typing import TypeAlias

from taskc.analysis.simulate import resized
from taskc.analysis.trials import Drawn, calibrate, draw_curves, false_u, possible, tell
from taskc.analysis.verdict import LIKELY
from taskc.flow.build_folder import open_build
from taskc.flow.cells import PartName, asked_by_cell, part_of
from taskc.flow.ladders import find_ladder
from taskc.flow.selection import BadSelection, Wanted, narrowed
from taskc.flow.simulate import LADDER, spread_over
from taskc.records.curve import SHAPES, Shape
from taskc.records.simulated import SPREAD, Asked
from taskc.records.trial import Calibration, Trial
from taskc.store.atomic import write_atomically

Watch: TypeAlias = Callable[[int, int], None]
"""Is told how many curves were judged, and how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialJob:
    """What is to be tried: `repeats` curves of each shape for each of the designs that the numbers make.

    A design has so many `models` of a ladder, so many `items` (all of the build's, where none are named),
    and an effect from 0 to 1 on each stretch of a curve, off which models lie by `scatter`. `jobs`
    processes share the work; what comes out does not depend on how many.
    """

    build: Path
    models: tuple[int, ...] = (5,)
    items: tuple[int, ...] = ()
    effects: tuple[float, ...] = (0.1,)
    part: PartName = "all"
    repeats: int = 200
    ladder: str = LADDER
    seed: int = 0
    spread: float = SPREAD
    scatter: float = 0.0
    likely: float = LIKELY
    wanted: Wanted = field(default_factory=Wanted)
    subtasks: bool = False
    jobs: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """The trials of all designs, and the calibration of all their curves together, as in `Trial`."""

    trials: tuple[Trial, ...]
    together: Calibration
    likeliest: Calibration


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """A task's cells that are alike, and the items of one of them."""

    task: str
    cells: tuple[str, ...]
    asked: tuple[Asked, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """One design, and the items in it that are judged."""

    task: _Task
    asked: tuple[Asked, ...]
    judged: tuple[Asked, ...]
    scales: tuple[float, ...]
    effect: float


def try_designs(job: TrialJob, watch: Watch | None = None) -> Tried:
    """Simulate curves of every shape for every design, and judge them.

    Nothing is asked, and nothing written. Raises `BuildError`, and `BadSelection` where there is nothing to
    try.
    """
    plans = list(_plans(job))
    if not plans:
        raise BadSelection("there are no such items in this build", "take others: `--part`, `--select`")
    work = [
        (plan, shape)
        for plan in plans
        for shape in SHAPES
        if possible(shape, plan.judged, len(plan.scales), plan.effect)
    ]
    if not work:
        told = f"no shape can be had with these models and effects on {_few(plans)}"
        raise BadSelection(told, "take three models or more, a smaller effect, or others with `--part`")
    drawn: dict[int, list[Drawn]] = {id(plan): [] for plan in plans}
    jobs = min(job.jobs or os.cpu_count() or 1, len(work))
    with _workers(jobs) if jobs > 1 else nullcontext() as pool:
        for done, ((plan, _), curves) in enumerate(zip(work, _each(pool, work, job), strict=True), start=1):
            drawn[id(plan)] += curves
            if watch is not None:
                watch(done * job.repeats, len(work) * job.repeats)
    trials = tuple(_trial(plan, drawn[id(plan)], job.part) for plan in plans if drawn[id(plan)])
    every = [one for some in drawn.values() for one in some]
    return Tried(trials=trials, together=calibrate(every), likeliest=calibrate(every, likeliest=True))


def draw_calibration(tried: Tried, path: Path) -> None:
    """Draw the calibration of all curves together into a file that ends in `.svg` or `.png`."""
    from taskc.analysis.reliability import png, svg

    curves = sum(told.right.n for trial in tried.trials for told in trial.told)
    draw = png if path.suffix == ".png" else svg
    write_atomically(path, draw(tried.together, f"{curves:,} simulated curves"))


def _workers(jobs: int) -> Pool:
    """Give processes that leave Ctrl-C to this one, and end when they are left."""
    return get_context("spawn").Pool(jobs, signal.signal, (signal.SIGINT, signal.SIG_IGN))


def _each(pool: Pool | None, work: Sequence[tuple[_Plan, Shape]], job: TrialJob) -> Iterator[list[Drawn]]:
    """Do all the work in order, in processes where there are some."""
    jobs = [(plan, shape, job) for plan, shape in work]
    return pool.imap(_draw, jobs) if pool else map(_draw, jobs)


def _draw(work: tuple[_Plan, Shape, TrialJob]) -> list[Drawn]:
    plan, shape, job = work
    return list(
        draw_curves(
            shape,
            plan.judged,
            plan.scales,
            plan.effect,
            repeats=job.repeats,
            seed=job.seed,
            spread=job.spread,
            scatter=job.scatter,
            likely=job.likely,
        )
    )


def _plans(job: TrialJob) -> Iterator[_Plan]:
    ladder = find_ladder(job.ladder)
    manifest, every = open_build(job.build)
    cells = asked_by_cell(narrowed(every, job.wanted, manifest), subtasks=job.subtasks)
    for task in _tasks(cells):
        for models in job.models:
            scales = tuple(float(rung.parameters) for rung in spread_over(ladder, models))
            for items in job.items or (len(task.asked),):
                asked = tuple(resized(task.asked, items))
                judged = tuple(part_of(asked, job.part))
                for effect in job.effects if judged else ():
                    yield _Plan(task=task, asked=asked, judged=judged, scales=scales, effect=effect)


def _tasks(cells: dict[tuple[str, str], list[Asked]]) -> list[_Task]:
    """Put cells of a task together that have the same kinds of items."""
    alike: dict[object, list[tuple[str, str, list[Asked]]]] = {}
    for (task, cell), asked in cells.items():
        kinds = Counter((one.options, one.truth is None, len(one.lures), one.agrees) for one in asked)
        alike.setdefault((task, frozenset(kinds.items())), []).append((task, cell, asked))
    return [
        _Task(task=some[0][0], cells=tuple(cell for _, cell, _ in some), asked=tuple(some[0][2]))
        for some in alike.values()
    ]


def _trial(plan: _Plan, drawn: Sequence[Drawn], part: PartName) -> Trial:
    told = tell(drawn)
    return Trial(
        task=plan.task.task,
        cells=plan.task.cells,
        items=len(plan.asked),
        conflict=sum(bool(one.lures) for one in plan.asked),
        part=part,
        judged=len(plan.judged),
        models=len(plan.scales),
        effect=plan.effect,
        told=told,
        false_u=false_u(told),
        calibration=calibrate(drawn),
        likeliest=calibrate(drawn, likeliest=True),
    )


def _few(plans: Sequence[_Plan]) -> str:
    names = list(dict.fromkeys(f"`{plan.task.task}`" for plan in plans))
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "") or "this build"
