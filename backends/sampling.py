"""How a token is to be drawn, in the words that Responses, Chat Completions and legacy Completions share."""

from typing import Any

from taskc.records.operation import Generate
from taskc.records.plan import Capabilities


def drawn(asked: Generate, can: Capabilities) -> dict[str, Any]:
    """Give the temperature and top_p of a reply, nothing for a model that takes none."""
    if not can.temperature:
        return {}
    return {"temperature": asked.temperature} | ({} if asked.top_p is None else {"top_p": asked.top_p})


def as_it_is(can: Capabilities) -> dict[str, Any]:
    """Give the temperature at which log-probabilities are the model's own."""
    return {"temperature": 1.0} if can.temperature else {}
