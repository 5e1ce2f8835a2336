"""The models that run on this machine, and fetching one; forgetting what probes found out of any model."""

from pathlib import Path

from taskc.backends import ModelError, Surroundings, parse_model
from taskc.backends.local import MODELS, is_here, place_of, pull
from taskc.backends.probed import forget_probes


def listed(around: Surroundings) -> list[tuple[str, str, Path | None]]:
    """Give each model that can be fetched: its model string, what it is, and where it is if it is here."""
    rows = []
    for known in MODELS:
        here = place_of(known.name, around.cache) if is_here(known.name, around.cache) else None
        about = f"{known.parameters / 1e6:.1f}M parameters, {known.size / 1e6:.0f} MB, {known.licence}"
        rows.append((f"local/{known.name}", about, here))
    return rows


def forget(model: str, around: Surroundings) -> int:
    """Forget what probes found out of a model, so that it is asked again; say how many are forgotten.

    Raises `ModelError`, also where nothing is kept of it.
    """
    name = parse_model(model)
    gone = forget_probes(around.cache, name)
    if not gone:
        raise ModelError(
            f"no probe of `{name.provider}/{name.name}` is kept",
            help="`taskc eval` asks a model where its plan hangs on what nobody says of it",
        )
    return gone


def fetch(model: str, around: Surroundings) -> Path:
    """Fetch a model into the cache unless it is there, and give where it is; raises `ModelError`."""
    name = parse_model(model if "/" in model else f"local/{model}")
    if name.provider != "local":
        raise ModelError(f"`{model}` does not run on this machine", help="only `local/…` models are fetched")
    return pull(name.name, around)
