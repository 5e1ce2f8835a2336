"""`taskc eval` and `taskc score`: a build and models to answers, scores, a table and a picture."""

import asyncio
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from taskc import __version__
from taskc.analysis.aggregate import Gathering, Row
from taskc.analysis.columns import Asked
from taskc.backends import Backend, Surroundings, describe_models, open_model, twice
from taskc.backends.batches import check_batches, open_batches
from taskc.backends.lane import lane_of
from taskc.compiler.lower import Survey, key_of
from taskc.flow.ask_all import Tally
from taskc.flow.ask_build import Prepared, Run, Watch, ask_build, prepare
from taskc.flow.batching import Batching
from taskc.flow.budget import Budget, Purse
from taskc.flow.build_folder import BuildError, open_build
from taskc.flow.lower_calls import answered
from taskc.flow.measuring import asked_of, chosen_metrics, idle, joint_of
from taskc.flow.prices import at_batch, known_prices, price_tables
from taskc.flow.probing import Probe, probe_unknown, unknown_of
from taskc.flow.run_name import name_run
from taskc.flow.selection import Requests, Wanted, check_factors, narrowed, parse_limit
from taskc.flow.store import secrets_of
from taskc.metrics.score import measure_of, score_all
from taskc.records import lines
from taskc.records.manifest import Manifest
from taskc.records.plan import Plan
from taskc.records.request import Request
from taskc.records.response import Response
from taskc.records.run import ModelRun, RunRecord
from taskc.records.score import Missing
from taskc.store.atomic import write_atomically
from taskc.store.responses import ResponseStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """What scoring a run gave: the folder it was written to, its rows, what is missing.

    `overview` are the rows with the subtasks of a task taken together, which are what is printed and drawn;
    `asked` are the metrics that were asked for besides the standard ones.
    """

    folder: Path
    rows: tuple[Row, ...]
    overview: tuple[Row, ...]
    missing: tuple[Missing, ...]
    pictures: tuple[Path, ...] = ()
    asked: tuple[Asked, ...] = ()

    @property
    def idle(self) -> list[tuple[str, str]]:
        """Name the metrics that were asked for and that no row has, and what each is of."""
        return idle([one.name for one in self.asked], self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """What an evaluation did. `scored` is None where the plan was refused or only shown.

    `budget` names the flag of the budget that was used up before everything was asked, if one was. `probes`
    say what was asked of models before the plan; `unknown` gives by model what nobody has said yet, where
    nothing was asked.
    """

    plan: Plan
    probes: tuple[Probe, ...] = ()
    unknown: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tallies: tuple[Tally, ...] = ()
    interrupted: bool = False
    budget: str = ""
    scored: Scored | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be evaluated, where it is kept, and how hard to push.

    `runs` holds the response store and a folder for each run. `rpm` and `tpm` are the requests and tokens a
    minute that each model may be asked, where its model string does not say. `prices` are files of prices
    and `stated` single ones, as `MODEL=IN/OUT`, both put over those that come with taskc. With `batching`,
    models are asked by batch, at what that costs. `mix` puts answers that were had in different ways into one
    row, `pool` the levels of the factors that it names. `metrics` are computed besides the standard ones.
    """

    build: Path
    models: tuple[str, ...]
    runs: Path
    wanted: Wanted = field(default_factory=Wanted)
    connections: int = 8
    budget: Budget = field(default_factory=Budget)
    rpm: float | None = None
    tpm: float | None = None
    prices: tuple[Path, ...] = ()
    stated: tuple[str, ...] = ()
    batching: Batching | None = None
    dry: bool = False
    pictures: bool = True
    mix: bool = False
    metrics: tuple[str, ...] = ()
    pool: tuple[str, ...] = ()


def evaluate(job: Job, around: Surroundings, watch: Watch | None = None) -> Evaluated:
    """Ask what the store lacks, then score everything.

    The plan is settled before the first request. Raises `BuildError`, `ModelError`, `StoreError` and
    `BadSelection`.
    """
    shown = Shown(pictures=job.pictures, mix=job.mix, metrics=job.metrics, pool=job.pool)
    chosen_metrics(job.metrics)  # what there is not is told before anything is asked
    manifest, every = open_build(job.build)
    check_factors(job.pool, manifest)
    requests = narrowed(every, job.wanted, manifest)
    described = describe_models(job.models, around)
    tables = price_tables(job.prices, job.stated)
    prices = known_prices(described, tables, needed=job.budget.cost is not None)
    if job.batching:
        for one in described:
            check_batches(one.model)
    whole, prices = prices, {m: at_batch(p) if job.batching else p for m, p in prices.items()}
    purse = Purse(job.budget, prices)
    if job.dry:  # nothing is opened: no key, no weights and no network are needed
        plan = prepare(requests, {one.model: one.capabilities for one in described}).plan
        return Evaluated(plan=plan, unknown=unknown_of(described))
    probed = probe_unknown(job.models, described, requests, around, purse, whole)
    probes, prepared = probed.probes, probed.before
    backends = _open(job, around)
    if [one.capabilities for one in backends] != [one.capabilities for one in described]:
        prepared = prepare(requests, {one.model: one.capabilities for one in backends})
    if prepared.plan.refused:
        return Evaluated(plan=prepared.plan, probes=probes)
    hidden = secrets_of(around.environment)
    with (
        ResponseStore.open(job.runs / "responses.sqlite", hidden=hidden) as store,
        store.alone() if job.batching else nullcontext(),
    ):
        run = asyncio.run(_ask(requests, backends, store, prepared, job, purse, watch))
        record = _record(job, manifest, backends, run.tallies, prepared.plan)
        folder = job.runs / name_run(record)
        write_atomically(
            folder / "run.json", json.dumps(lines.plain(record), ensure_ascii=False, indent=1) + "\n"
        )
        why = {tally.model: tally for tally in run.tallies}
        scored = _score(requests, prepared.surveys, store, folder, why, shown)
    return Evaluated(
        plan=prepared.plan,
        probes=probes,
        tallies=run.tallies,
        interrupted=run.interrupted,
        budget=run.budget,
        scored=scored,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How scores are shown: with pictures or without, different ways apart or mixed, with which metrics.

    `pool` are the factors over whose levels rows are averaged.
    """

    pictures: bool = True
    mix: bool = False
    metrics: tuple[str, ...] = ()
    pool: tuple[str, ...] = ()


def rescore(
    folder: Path,
    *,
    pictures: bool = True,
    mix: bool = False,
    metrics: tuple[str, ...] = (),
    pool: tuple[str, ...] = (),
) -> tuple[RunRecord, Scored]:
    """Score a run again from the answers in its store, asking nothing; gives the run and its scores.

    `metrics` are computed besides the standard ones, and rows averaged over the levels of the factors that
    `pool` names. Raises `BadSelection` for what there is not,
    `BuildError` and `StoreError`, also where the build is no longer the one that was asked.
    """
    record = read_run(folder)
    build = folder / record.build
    manifest, every = open_build(build)
    if manifest.requests_sha256 != record.requests_sha256:
        raise BuildError(
            f"`{os.path.relpath(build)}` is not the build that was asked in this run: it was compiled anew",
            f"compile the task as it was, or run `taskc eval {os.path.relpath(build)} -m MODEL`: "
            "what stayed the same is not asked again",
        )
    check_factors(pool, manifest)
    wanted = Wanted(names=record.selection, limit=parse_limit(record.limit))
    requests = narrowed(every, wanted, manifest)
    prepared = prepare(requests, {one.model: one.capabilities for one in record.models})
    before = _reasons(folder)
    with ResponseStore.open((folder / record.store).resolve(), read=True) as store:
        shown = Shown(pictures=pictures, mix=mix, metrics=metrics, pool=pool)
        scored = _score(requests, prepared.surveys, store, folder, {}, shown, before=before)
    return record, scored


def _reasons(folder: Path) -> dict[str, str]:
    """Read why answers were missing when the run was made, so that scoring again does not forget it."""
    path = folder / "missing.jsonl"
    if not path.exists():
        return {}
    with path.open(encoding="utf-8") as file:
        return {_address(one) + one.model: one.why for one in lines.load_all(Missing, file)}


def read_run(folder: Path) -> RunRecord:
    """Read `run.json` of a run; raises `BuildError`."""
    path = folder / "run.json"
    try:
        return lines.load(RunRecord, path.read_bytes())
    except FileNotFoundError:
        if inner := next(iter(sorted(folder.glob("*/run.json"))), None):
            told = f"`{folder}` is no run, but holds some"
            raise BuildError(told, f"name one of them: `{inner.parent}`") from None
        raise BuildError(f"there is no run in `{folder}`", "make one: `taskc eval -m MODEL`") from None
    except (OSError, lines.LineError) as problem:
        told = f"`{path}` is not the record of a run: {problem}"
        raise BuildError(told, "the same `taskc eval` makes it anew, and asks nothing twice") from None


def last_run(runs: Path) -> Path:
    """Give the folder of the run that was made last; raises `BuildError`."""
    found = sorted(runs.glob("*/run.json"), key=lambda path: path.stat().st_mtime_ns)
    if not found:
        raise BuildError(f"there is no run in `{runs}`", "make one: `taskc eval -m MODEL`")
    return found[-1].parent


def _open(job: Job, around: Surroundings) -> list[Backend]:
    backends: dict[str, Backend] = {}
    for model in job.models:
        backend = open_model(model, around)
        if backend.model in backends:
            raise twice(backend.model)
        backends[backend.model] = backend
        lane = lane_of(backend)
        if lane is not None:
            lane.limits.unless_stated(rpm=job.rpm, tpm=job.tpm)
        if job.batching:
            open_batches(
                backend
            )  # one that is asked in a form without batches is told before anything is sent
    return list(backends.values())


async def _ask(
    requests: Requests,
    backends: Sequence[Backend],
    store: ResponseStore,
    prepared: Prepared,
    job: Job,
    purse: Purse,
    watch: Watch | None,
) -> Run:
    try:
        return await ask_build(
            requests,
            backends,
            store,
            prepared=prepared,
            connections=job.connections,
            watch=watch,
            purse=purse,
            batching=job.batching,
        )
    finally:
        for backend in backends:
            await backend.close()


def _score(
    requests: Requests,
    surveys: Mapping[str, Survey],
    store: ResponseStore,
    folder: Path,
    tallies: Mapping[str, Tally],
    shown: Shown,
    *,
    before: Mapping[str, str] | None = None,
) -> Scored:
    """Score all answers, and write `scores.jsonl`, `missing.jsonl`, `rows.jsonl` and the pictures."""
    missing: list[Missing] = []
    chosen = chosen_metrics(shown.metrics)
    joint = joint_of(chosen)
    in_turn = not shown.pool and not joint  # as requests come lane by lane, each with an item once
    gathering = Gathering(pool=shown.pool, mix=shown.mix, joint=joint, in_turn=in_turn)

    def scores() -> Iterator[str]:
        for model, survey in surveys.items():
            reasons: dict[str, str] = {}
            failures = tallies[model].why if model in tallies else {}
            answers = _answers(requests, survey, store, failures, reasons)
            for one in score_all(answers, model=model, chosen=chosen):
                gathering.add(one)
                if isinstance(one, Missing):
                    known = (before or {}).get(_address(one) + one.model, one.why)
                    missing.append(replace(one, why=reasons.get(_address(one), known)))
                else:
                    yield lines.dump(one) + "\n"

    write_atomically(folder / "scores.jsonl", scores())
    write_atomically(folder / "missing.jsonl", (lines.dump(one) + "\n" for one in missing))
    rows, overview = tuple(gathering.rows()), tuple(gathering.overview())
    write_atomically(folder / "rows.jsonl", (lines.dump(row) + "\n" for row in rows))
    made = _draw(overview, folder, shown.mix) if shown.pictures and any(row.n for row in rows) else ()
    return Scored(
        folder=folder,
        rows=rows,
        overview=overview,
        missing=tuple(missing),
        pictures=made,
        asked=asked_of(shown.metrics),
    )


Answers = Iterator[tuple[Request, str, Sequence[Response | None]]]


def _answers(
    requests: Requests,
    survey: Survey,
    store: ResponseStore,
    failures: Mapping[str, str],
    reasons: dict[str, str],
) -> Answers:
    """Give every request with what came back for it; why something did not goes to `reasons`."""
    for one in answered(requests(), survey, store):
        if failures and None in one.responses:
            for replicate in range(len(one.responses)):
                why = failures.get(key_of(one.request, survey, replicate))
                if why is not None:
                    reasons[_address(one.request)] = why
        yield one.request, one.way.name or "", one.responses


def _address(one: Request | Missing) -> str:
    measure = one.measure if isinstance(one, Missing) else measure_of(one)
    return repr((one.task, one.item, one.regime, sorted(one.levels.items()), measure))


def _draw(rows: Sequence[Row], folder: Path, mix: bool) -> tuple[Path, ...]:
    from taskc.analysis.figure import png, svg

    made = []
    for name, draw in (("scores.png", png), ("scores.svg", svg)):
        write_atomically(folder / name, draw(rows, mix=mix))
        made.append(folder / name)
    return tuple(made)


def _record(
    job: Job, manifest: Manifest, backends: Sequence[Backend], tallies: Sequence[Tally], plan: Plan
) -> RunRecord:
    by_model = {tally.model: tally for tally in tallies}
    return RunRecord(
        taskc=__version__,
        build=os.path.relpath(job.build, job.runs / "any"),
        requests_sha256=manifest.requests_sha256,
        store=os.path.relpath(job.runs / "responses.sqlite", job.runs / "any"),
        models=tuple(_model_run(one, by_model.get(one.model)) for one in backends),
        selection=dict(sorted(job.wanted.names.items())),
        limit=job.wanted.limit.text,
        lowerings=plan.lowerings,
    )


def _model_run(backend: Backend, tally: Tally | None) -> ModelRun:
    base = ModelRun(model=backend.model, capabilities=backend.capabilities)
    if tally is None:
        return base
    return replace(
        base,
        asked=tally.asked,
        reused=tally.reused,
        failed=tally.failed,
        read=tally.usage.read,
        written=tally.usage.written,
    )
