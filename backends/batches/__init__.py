"""The shelf of batch endpoints: many requests handed over at once, answered within a day for half the price.

One file a provider, with `open_batches(model: RemoteModel) -> BatchApi`. The requests and the reading of
replies are those of the model's own form of asking (`Speech`), so an answer by batch is the answer to the
same request sent singly.
"""

from importlib import import_module

from taskc.backends.batches.protocol import BatchApi
from taskc.backends.protocol import Backend, ModelError, parse_model
from taskc.backends.remote import RemoteModel

__all__ = ["BATCHES", "BatchApi", "check_batches", "open_batches"]

BATCHES: dict[str, str] = {
    "anthropic": "taskc.backends.batches.anthropic_batches",
    "openai": "taskc.backends.batches.openai_batches",
}


def check_batches(model: str) -> None:
    """Raise `ModelError` for a model of a provider that takes no batches; nothing is opened."""
    if parse_model(model).provider not in BATCHES:
        known = ", ".join(f"`{name}/`" for name in sorted(BATCHES))
        raise ModelError(
            f"`{model}` cannot be asked by batch",
            help=f"models of {known} can; ask this one in a run of its own, without `--batch`",
        )


def open_batches(model: Backend) -> BatchApi:
    """Give the batch endpoint of an open model; raises `ModelError` where it has none."""
    check_batches(model.model)
    assert isinstance(model, RemoteModel)
    api: BatchApi = import_module(BATCHES[parse_model(model.model).provider]).open_batches(model)
    return api
