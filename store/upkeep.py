"""Looking after response stores: what is in one, whether it is sound, several made one, no empty pages."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from taskc.records.operation import (
    Generate,
    Generated,
    Labelled,
    Labels,
    Operation,
    Outcome,
    Refusal,
    Score,
    Scored,
    operation_id,
)
from taskc.records.response import Response, response_key
from taskc.records.stock import Flaw, Merged, MergedFrom, ModelStock, Stock, Vacuumed, Verified
from taskc.store.responses import ResponseStore, StoreError

_AT_ONCE = 1000  # answers merged in one transaction
_NAMED = 100  # flaws and conflicts that are named
_FITS: dict[type[Operation], type[Outcome]] = {Score: Scored, Labels: Labelled, Generate: Generated}

_STOCK = """
SELECT model, count(*), sum(kind = 'refusal'), sum(attempts), sum(read), sum(written),
    sum(length(CAST(outcome AS BLOB)) + ifnull(length(packed), 0)), ifnull(min(nullif(at, '')), ''), max(at)
FROM responses JOIN ways ON ways.id = way GROUP BY model ORDER BY model
"""


def take_stock(store: ResponseStore) -> Stock:
    """Count what a store holds, model by model."""
    models = tuple(_model_stock(*row) for row in store.query(_STOCK))
    return Stock(
        path=str(store.path),
        answers=sum(one.answers for one in models),
        bytes=size_of(store.path),
        models=models,
    )


def _model_stock(
    model: str,
    answers: int,
    refusals: int,
    tries: int,
    read: int,
    written: int,
    size: int,
    first: str,
    last: str,
) -> ModelStock:
    return ModelStock(
        model=model,
        answers=answers,
        refusals=refusals,
        tries=tries,
        read=read,
        written=written,
        bytes=size,
        first=first,
        last=last,
    )


def size_of(path: Path) -> int:
    """Give the bytes of a store's file and of what waits to be written back into it."""
    files = (path, path.with_name(f"{path.name}-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def verify(store: ResponseStore) -> Verified:
    """Look at the file and at every answer in it; what is found is said and not mended."""
    answers = bare = flawed = 0
    damage: list[str] = []
    flaws: list[Flaw] = []
    try:
        damage += [text for (text,) in store.query(f"PRAGMA integrity_check({_NAMED})") if text != "ok"]
        for key, one, wrong in store.examine():
            answers += 1
            bare += one is not None and not one.sampling
            why = (_flaw_of(one) if one else "") or wrong
            if why:
                flawed += 1
                flaws += [Flaw(key=key, why=why)] if flawed <= _NAMED else []
    except StoreError as problem:
        damage.append(str(problem))
    return Verified(
        path=str(store.path),
        answers=answers,
        bare=bare,
        flawed=flawed,
        damage=tuple(damage),
        flaws=tuple(flaws),
    )


def _flaw_of(one: Response) -> str:
    """Say in what an answer is not what it says; where it says little, little can be wrong."""
    if one.sampling:
        key = response_key(
            request=one.request, model=one.model, sampling=one.sampling, replicate=one.replicate
        )
        if key != one.key:
            return "its key is not that of its request, model, sampling and replicate"
    if one.operation is None:
        return ""
    if operation_id(one.operation) != one.asked:
        return "what was asked is not what `asked` is the address of"
    fits = isinstance(one.outcome, (Refusal, _FITS[type(one.operation)]))
    return "" if fits else f"`{one.outcome.kind}` does not answer what was asked"


def merge(sources: Sequence[ResponseStore], into: ResponseStore) -> Merged:
    """Add the answers of `sources` to `into`, in order: where two answer one key, the first is kept.

    Merging again changes nothing, so that one which was broken off is simply done again.
    """
    conflicts: list[str] = []
    done = tuple(_merge_one(one, into, conflicts) for one in sources)
    return Merged(path=str(into.path), answers=into.count(), sources=done, conflicts=tuple(conflicts))


def _merge_one(source: ResponseStore, into: ResponseStore, conflicts: list[str]) -> MergedFrom:
    answers = added = other = 0
    rest = source.each()
    while some := list(islice(rest, _AT_ONCE)):
        had = into.get(one.key for one in some)
        fresh = [one for one in some if one.key not in had]
        into.add_all(fresh)
        differ = [one.key for one in some if one.key in had and had[one.key].outcome != one.outcome]
        conflicts += differ[: _NAMED - len(conflicts)]
        answers, added, other = answers + len(some), added + len(fresh), other + len(differ)
    same = answers - added - other
    return MergedFrom(path=str(source.path), answers=answers, added=added, same=same, conflicts=other)


def vacuum(store: ResponseStore) -> Vacuumed:
    """Write the file anew without its empty pages; nobody else may be using it."""
    before = size_of(store.path)
    store.query("PRAGMA wal_checkpoint(TRUNCATE)")
    store.query("VACUUM")
    store.query("PRAGMA wal_checkpoint(TRUNCATE)")
    return Vacuumed(path=str(store.path), before=before, after=size_of(store.path))
