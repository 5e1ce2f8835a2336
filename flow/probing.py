"""What nobody says of a model, asked of the model: once, before the plan, where the plan hangs on it."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from taskc.backends import Described, Surroundings, address_of, open_model, parse_model
from taskc.backends.probe import Tried, most_requests, probe, record
from taskc.backends.probed import keep_probe, read_probe
from taskc.backends.remote import RemoteModel
from taskc.flow.ask_build import Prepared, prepare
from taskc.flow.budget import Purse
from taskc.flow.selection import Requests
from taskc.records.forecast import Price
from taskc.records.operation import Usage
from taskc.records.plan import Capabilities, Lowering

_TRIES = 3  # of one request of a probe: what cannot be reached is told sooner than in a run
_FEW = Usage(read=64, written=16)  # tokens that one request of a probe may use


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What was asked of a model before the plan, and what came of it.

    `found` gives each capability as yes, no or how many; `open` could not be found out, for the reason in
    `why`. `kept` is the file that is read instead the next time, None where nothing was found out.
    """

    model: str
    found: Mapping[str, bool | int] = field(default_factory=dict)
    open: tuple[str, ...] = ()
    why: str = ""
    requests: int = 0
    kept: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """What was asked of models, and the plan for what was known of them before that."""

    probes: tuple[Probe, ...]
    before: Prepared


def unknown_of(described: Sequence[Described]) -> dict[str, tuple[str, ...]]:
    """Give by model what nobody has said yet, those left out of which all is known."""
    return {one.model: one.capabilities.unknown for one in described if one.capabilities.unknown}


def probe_unknown(
    models: Sequence[str],
    described: Sequence[Described],
    requests: Requests,
    around: Surroundings,
    purse: Purse,
    prices: Mapping[str, Price],
) -> Probed:
    """Find out what is unknown of models and matters to the plan, and keep it in the cache.

    `?probe=no` leaves a model as it is. Requests and tokens are taken off the purse, these by the `prices` of
    single requests, as no probe goes by batch; what does not fit is not asked. Raises `ModelError` where a
    model cannot be opened.
    """
    named = {
        one.model: name
        for name, one in zip(models, described, strict=True)
        if one.capabilities.unknown and parse_model(name).parameters.get("probe", "yes") != "no"
    }
    can = {one.model: one.capabilities for one in described}
    hanging, before = _hanging(requests, can, named)
    single = Purse(purse.budget, prices)
    probes = tuple(_probe(named[model], can[model], around, purse, single) for model in hanging)
    return Probed(probes=probes, before=before)


def _hanging(
    requests: Requests, models: Mapping[str, Capabilities], some: Iterable[str]
) -> tuple[list[str], Prepared]:
    """Name those of `some` whose plan differs between all that is unknown being so and none of it.

    The plan for all `models` as they are is made in the same reading of the requests.
    """
    both = {f"{so} {model}": _settled(models[model], so) for model in some for so in (False, True)}
    whole = prepare(requests, {**models, **both})
    rows: dict[str, list[Lowering]] = {}
    for row in whole.plan.lowerings:
        rows.setdefault(row.model, []).append(replace(row, model=""))
    hanging = [model for model in some if rows.get(f"True {model}") != rows.get(f"False {model}")]
    return hanging, whole.of(models)


def _settled(can: Capabilities, so: bool) -> Capabilities:
    """Give what a model can do if all that is unknown is so, or none of it."""
    values: dict[str, Any] = {key: 5 * so if key == "top_logprobs" else so for key in can.unknown}
    return replace(can, unknown=(), **values)


def _probe(named: str, can: Capabilities, around: Surroundings, purse: Purse, single: Purse) -> Probe:
    most = most_requests(can.unknown)
    backend = open_model(named, around)
    name = parse_model(named)
    where = address_of(name, around)
    if where is None or not isinstance(backend, RemoteModel):
        asyncio.run(backend.close())
        return Probe(model=backend.model, open=can.unknown, why="it is not reached over a network")
    if not purse.fits(most * single.cost(backend.model, _FEW)):
        asyncio.run(backend.close())
        return Probe(model=backend.model, open=can.unknown, why="`--max-cost` leaves no room for it")
    tried = asyncio.run(_asked(backend, purse.left()))
    purse.begin(0.0, tried.requests)
    purse.end(0.0, tried.requests)
    purse.pay(backend.model, single.cost(backend.model, tried.used))
    kept = None
    if tried.found:
        before = read_probe(around.cache, name, *where)
        whole = replace(tried, found={**(before.found if before else {}), **tried.found})
        kept = keep_probe(around.cache, record(whole, name, *where))
    return Probe(
        model=backend.model,
        found=tried.found,
        open=tried.open,
        why=tried.why,
        requests=tried.requests,
        kept=kept,
    )


async def _asked(backend: RemoteModel, most: int | None) -> Tried:
    line = backend.line
    short = replace(line.patience, tries=min(_TRIES, line.patience.tries))
    try:
        return await probe(replace(backend, line=replace(line, patience=short)), most)
    finally:
        await backend.close()
