"""`taskc simulate`: models with a known ability and pull answer a build, in the way of any other model."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from taskc.analysis.paths import OutOfReach, Paths, Reach, heights
from taskc.backends import Surroundings
from taskc.flow.ask_build import Watch
from taskc.flow.build_folder import open_build
from taskc.flow.cells import PartName, asked_by_task, part_of
from taskc.flow.curves import judge_curves
from taskc.flow.evaluate import Evaluated, Job, evaluate
from taskc.flow.ladders import find_ladder
from taskc.flow.placed import against
from taskc.flow.run_curves import run_curves
from taskc.flow.selection import BadSelection, Requests, Wanted, narrowed
from taskc.records.curve import Judged, Shape
from taskc.records.ladder import Ladder, Rung
from taskc.records.simulated import PREFIX, SPREAD, Asked, accuracy_of
from taskc.records.trial import SimulatedModel, Simulation
from taskc.store.atomic import write_atomically

RECORD = "simulated.json"
LADDER = "simulated"


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulateJob:
    """What is to be simulated.

    A `shape` is made for the items of `part`, for each task apart, with an `effect` from 0 to 1 on each of
    its stretches; or `abilities` and `pulls` are given, one for each model, or one pull for all. `models`
    of the ladder answer, spread over it; where abilities are given, as many as these.
    """

    build: Path
    runs: Path
    shape: Shape | None = None
    effect: float = 0.1
    part: PartName = "all"
    models: int = 5
    abilities: tuple[float, ...] = ()
    pulls: tuple[float, ...] = ()
    ladder: str = LADDER
    seed: int = 0
    spread: float = SPREAD
    wanted: Wanted = field(default_factory=Wanted)
    pictures: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """What a run of simulated models did: its truth, what became of it, and the verdicts on its curves."""

    truth: Simulation
    evaluated: Evaluated
    judged: tuple[Judged, ...] = ()


def simulate(job: SimulateJob, around: Surroundings, watch: Watch | None = None) -> list[Simulated]:
    """Answer, score and judge a build by simulated models: a run for each task, or one where these are given.

    Beside what `evaluate` writes, each run's folder gets `simulated.json`, the truth. Raises what `evaluate`
    does, and `BadSelection` for a shape that cannot be had.
    """
    manifest, every = open_build(job.build)
    ladder = find_ladder(job.ladder)
    rungs = spread_over(ladder, len(job.abilities) or job.models)
    requests = narrowed(every, job.wanted, manifest)
    done: list[Simulated] = []
    for truth, wanted in list(_truths(job, requests, rungs)):
        done.append(_run(replace(job, wanted=wanted), truth, ladder, around, watch))
        if done[-1].evaluated.interrupted:
            break
    return done


def spread_over(ladder: Ladder, models: int) -> list[Rung]:
    """Take so many rungs of a ladder, as far apart as alike steps go; raises `BadSelection`."""
    rungs = ladder.model
    if not 1 <= models <= len(rungs):
        told = f"the ladder `{ladder.name}` has {len(rungs)} models, and {models} are wanted"
        raise BadSelection(told, f"name another with `--ladder`, or 1 to {len(rungs)} models")
    step = (len(rungs) - 1) // max(1, models - 1)
    first = (len(rungs) - 1 - step * (models - 1)) // 2
    return [rungs[first + step * at] for at in range(models)]


def name_on(rung: Rung) -> str:
    """Give the name of a simulated model that stands on a rung."""
    return rung.models[0].removeprefix(PREFIX)


def paths_of(job: SimulateJob, asked: Sequence[Asked], task: str) -> Paths:
    """Find ability and pull of each model for the shape that is asked for; raises `BadSelection`."""
    assert job.shape is not None
    try:
        above = heights(job.shape, job.models, job.effect)
        return Reach(job.shape, job.models, asked).paths(above)
    except ValueError:
        few = "three" if job.shape in ("u_shaped", "inverted_u") else "two"
        raise BadSelection(
            f"{job.models} models show no shape `{job.shape}`", f"take {few} or more: `--models`"
        ) from None
    except OutOfReach as problem:
        raise BadSelection(
            f"an effect of {100 * job.effect:g} points cannot be had on {_named(job.part)} of `{task}`",
            f"take one of {100 * problem.most:.0f} points or less, or other items with `--part`",
        ) from None


def _named(part: PartName) -> str:
    return {"all": "all items", "conflict": "the conflict items", "agree": "the other items"}[part]


def _truths(
    job: SimulateJob, requests: Requests, rungs: Sequence[Rung]
) -> Iterator[tuple[Simulation, Wanted]]:
    """Give the truth of each run, and which part of the build it is asked."""
    by_task = {task: part_of(asked, job.part) for task, asked in asked_by_task(requests).items()}
    if job.abilities:
        pulls = job.pulls if len(job.pulls) > 1 else (job.pulls or (0.0,)) * len(job.abilities)
        if len(pulls) != len(job.abilities):
            told = f"there are {len(job.abilities)} abilities and {len(pulls)} pulls"
            raise BadSelection(told, "give as many pulls as abilities, or one for all")
        asked = [one for some in by_task.values() for one in some]
        shares = [
            accuracy_of(a, q, asked) if asked else 0.0 for a, q in zip(job.abilities, pulls, strict=True)
        ]
        paths = Paths(abilities=job.abilities, pulls=pulls, shares=tuple(round(one, 6) for one in shares))
        yield _truth(job, "", paths, rungs), job.wanted
        return
    for task, asked in by_task.items():
        if not asked:
            cure = "take others with `--part`, or other tasks with `--select task=NAME`"
            raise BadSelection(f"`{task}` has none of {_named(job.part)}", cure)
        yield _truth(job, task, paths_of(job, asked, task), rungs), _only(job.wanted, task)


def _only(wanted: Wanted, task: str) -> Wanted:
    """Narrow a selection to one task: to what of it is selected already, or all of it."""
    chosen = tuple(name for name in wanted.names.get("task", ()) if name.partition(".")[0] == task)
    names: Mapping[str, tuple[str, ...]] = {**wanted.names, "task": chosen or (task,)}
    return Wanted(names=names, limit=wanted.limit)


def _truth(job: SimulateJob, task: str, paths: Paths, rungs: Sequence[Rung]) -> Simulation:
    return Simulation(
        task=task,
        shape=job.shape if job.shape and not job.abilities else "",
        effect=0.0 if job.abilities or job.shape == "flat" else job.effect,
        part=job.part,
        seed=job.seed,
        spread=job.spread,
        models=tuple(
            SimulatedModel(
                model=f"{PREFIX}{name_on(rung)}?build={job.build}&ability={ability:g}&pull={pull:g}"
                f"&seed={job.seed}&spread={job.spread:g}",
                scale=float(rung.parameters),
                ability=ability,
                pull=pull,
                expected=share,
            )
            for rung, ability, pull, share in zip(
                rungs, paths.abilities, paths.pulls, paths.shares, strict=True
            )
        ),
    )


def _run(
    job: SimulateJob, truth: Simulation, ladder: Ladder, around: Surroundings, watch: Watch | None
) -> Simulated:
    """Evaluate the models of a truth, put it beside the results, and judge their curves."""
    done = evaluate(
        Job(
            build=job.build,
            models=tuple(one.model for one in truth.models),
            runs=job.runs,
            wanted=job.wanted,
            pictures=job.pictures,
        ),
        around,
        watch,
    )
    if done.scored is None:
        return Simulated(truth=truth, evaluated=done)
    named = [tally.model for tally in done.tallies]
    models = tuple(
        msgspec.structs.replace(one, model=model) for one, model in zip(truth.models, named, strict=True)
    )
    truth = msgspec.structs.replace(truth, models=models)
    written = msgspec.json.format(msgspec.json.encode(truth), indent=1).decode() + "\n"
    write_atomically(done.scored.folder / RECORD, written)
    if len(models) < 2 or not any(row.n for row in done.scored.rows):
        return Simulated(truth=truth, evaluated=done)
    read = run_curves([done.scored.folder], against([job.ladder], [], part=job.part))
    return Simulated(truth=truth, evaluated=done, judged=judge_curves(read).judged)
