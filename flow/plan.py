"""`taskc plan`: what asking a build will take and what it can show, without a key, a network or a model."""

import os
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from taskc.backends import Surroundings, describe_models, open_counter
from taskc.backends.batches import check_batches
from taskc.flow.ask_build import survey_all
from taskc.flow.build_folder import open_build
from taskc.flow.detect import Cells
from taskc.flow.prices import price_tables
from taskc.flow.selection import Requests, Wanted, narrowed
from taskc.flow.spending import Rates, Spending
from taskc.records.forecast import Forecast
from taskc.records.plan import Plan
from taskc.store.responses import ResponseStore


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanJob:
    """What is to be planned.

    `runs` is where `taskc eval` keeps its store; `prices` are files of prices and `stated` single ones, as
    `MODEL=IN/OUT`, both put over those that come with taskc. `by_batch` asks for what batches cost.
    """

    build: Path
    models: tuple[str, ...] = ()
    runs: Path = Path("runs")
    wanted: Wanted = field(default_factory=Wanted)
    prices: tuple[Path, ...] = ()
    stated: tuple[str, ...] = ()
    rates: Rates = field(default_factory=Rates)
    by_batch: bool = False
    subtasks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A forecast, and the plan of its lowerings with what is refused."""

    forecast: Forecast
    plan: Plan


def make_plan(job: PlanJob, around: Surroundings) -> Planned:
    """Read a build twice and say what asking it will take.

    Raises `BuildError`, `BadSelection`, `ModelError` and `StoreError`.
    """
    manifest, every = open_build(job.build)
    prices = price_tables(job.prices, job.stated)
    described = describe_models(job.models, around)
    for one in described if job.by_batch else ():
        check_batches(one.model)
    requests = narrowed(every, job.wanted, manifest)
    surveys = survey_all(requests, {one.model: one.capabilities for one in described})
    path = job.runs / "responses.sqlite"
    there = bool(described) and path.exists()
    with ResponseStore.open(path, read=True) if there else nullcontext() as store:
        spendings = [
            Spending(one, surveys[one.model], open_counter(named, around), store)
            for named, one in zip(job.models, described, strict=True)
        ]
        cells = Cells(subtasks=job.subtasks)
        count, characters = _read(requests, spendings, cells)
        models = tuple(one.forecast(prices, job.rates, by_batch=job.by_batch) for one in spendings)
    forecast = Forecast(
        build=os.fspath(job.build),
        requests=count,
        characters=characters,
        store=os.fspath(path) if there else "",
        models=models,
        detectable=cells.detectable(),
    )
    lowerings = tuple(row for model in models for row in model.lowerings)
    return Planned(forecast=forecast, plan=Plan(lowerings=lowerings))


def _read(requests: Requests, spendings: Sequence[Spending], cells: Cells) -> tuple[int, int]:
    """Show every request to all that count; gives how many there are, and their characters."""
    count = characters = 0
    for request in requests():
        count += 1
        characters += sum(len(message.content) for message in request.messages)
        cells.add(request)
        for spending in spendings:
            spending.add(request)
    return count, characters
