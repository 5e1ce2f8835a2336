"""`taskc store`: what is in a response store, exporting it, making one of several, and its health."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from taskc.flow.selection import BadSelection
from taskc.records.stock import Exported, Merged, Open, Stock, Vacuumed, Verified
from taskc.store import upkeep
from taskc.store.parquet import write_parquet
from taskc.store.responses import ResponseStore, StoreError

NAME = "responses.sqlite"
"""What `taskc eval` calls the store in its folder."""

FORMATS = (".jsonl", ".parquet")

_SECRET = ("_API_KEY", "_TOKEN")
_SHORT = 12  # characters: what is shorter (`none`, `EMPTY`) opens nothing, and may be a word of an answer

T = TypeVar("T")


def secrets_of(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Give the keys in an environment, by the names that keys have; they must not be written anywhere."""
    found = {value.strip() for name, value in environment.items() if name.endswith(_SECRET)}
    return tuple(sorted((one for one in found if len(one) >= _SHORT), key=len, reverse=True))


def stock_of(path: Path) -> Stock:
    """Count what the store at `path`, or in that folder, holds; raises `StoreError`."""
    return _opened(path, upkeep.take_stock)


def batches_of(path: Path) -> Open:
    """Give the batches that were sent and are not picked up; raises `StoreError`."""
    return _opened(path, _open_batches)


def forget_batch(path: Path, id: str) -> Open:
    """Give a batch up, so that its requests are asked again; give those that are left.

    Raises `BadSelection` for one that is not there, and `StoreError`, also while a run is at the batches.
    """

    def forget(store: ResponseStore) -> Open:
        with store.alone():
            known = {one.id for one in store.batches.each()}
            if id not in known:
                raise BadSelection(f"`{store.path}` has no batch `{id}`", "see `taskc store batches`")
            store.batches.end(id)
            return _open_batches(store)

    return _opened(path, forget, read=False)


def _open_batches(store: ResponseStore) -> Open:
    return Open(path=str(store.path), batches=store.batches.each())


def verify(path: Path) -> Verified:
    """Look at every answer of a store; raises `StoreError` when it cannot be opened."""
    return _opened(path, upkeep.verify)


def vacuum(path: Path) -> Vacuumed:
    """Give the space back that a store does not use; raises `StoreError`."""
    return _opened(path, upkeep.vacuum, read=False)


def export(path: Path, out: Path, *, models: Sequence[str] = (), overwrite: bool = False) -> Exported:
    """Write the answers of a store, or those of `models`, in the order of their keys.

    Raises `StoreError`, and `BadSelection` for a model without answers or a file of another kind.
    """
    if out.suffix not in FORMATS:
        raise BadSelection(f"`{out}` is of no known kind", "let its name end in `.jsonl` or `.parquet`")
    if out.exists() and not overwrite:
        raise StoreError(f"`{out}` exists", help="name another file, or say `--overwrite`")

    def written(store: ResponseStore) -> int:
        _check_known(store, models)
        if out.suffix == ".parquet":
            return write_parquet(out, store.each(models))
        return store.export(out, models=models)

    return Exported(path=str(out), answers=_opened(path, written))


def merge(paths: Sequence[Path], out: Path) -> Merged:
    """Add the answers of stores to the one at `out`, which is made if there is none.

    The first answer to a key is kept: one that is in `out` already, then those of the first of `paths`.
    Raises `StoreError`, and `BadSelection` where one is both read and written.
    """
    out = _file(out, new=True)
    files = [_file(path) for path in paths]
    for one in files:
        if one.resolve() == out.resolve():
            raise BadSelection(f"`{one}` is both read and written", "leave it out of what is read")
    with ExitStack() as stack:  # all are opened, and so found sound or not, before anything is written
        sources = [stack.enter_context(ResponseStore.open(file, read=True)) for file in files]
        into = stack.enter_context(ResponseStore.open(out))
        return upkeep.merge(sources, into)


def _opened(path: Path, work: Callable[[ResponseStore], T], *, read: bool = True) -> T:
    with ResponseStore.open(_file(path), new=False, read=read) as store:
        return work(store)


def _file(path: Path, *, new: bool = False) -> Path:
    """Give the store that is meant: a folder stands for the one that `taskc eval` keeps in it."""
    return path / NAME if path.is_dir() or (new and not path.suffix and not path.exists()) else path


def _check_known(store: ResponseStore, models: Sequence[str]) -> None:
    from taskc.dsl.diagnostic import similar

    known = store.models()
    for model in models:
        if model not in known:
            raise BadSelection(f"`{store.path}` has no answers of `{model}`", similar(model, known))
