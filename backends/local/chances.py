"""Log-probabilities of given tokens after given hidden states, exact to the rounding of the states."""

import numpy as np
from numpy.typing import NDArray

from taskc.backends.local.network import FEWEST, Network
from taskc.backends.local.weights import Doubles, Floats, Ints

LOGIT_ROWS = 64
"""States whose logits are computed at a time: 64 times 49 thousand words is 12 MB."""
NEAR = 2.0
"""How far below the likeliest word, a seventh as likely, a word's logit is still computed in 64 bits."""


def log_softmax_at(network: Network, hidden: Floats, columns: Ints, tokens: Ints) -> NDArray[np.float64]:
    """Give the log-probability of each token after the hidden state in its column.

    The whole vocabulary is weighed in 32 bits; the tokens asked for, and those that make up most of the
    sum, in 64, as the last bits of their logits would be seen in the result.
    """
    normed = network.normed(widened(hidden))
    logits = network.project(normed)[: hidden.shape[1]]
    states = normed[: hidden.shape[1]].astype(np.float64)
    top = logits.max(axis=1, keepdims=True)
    near = [_near(network, *each) for each in zip(states, logits, top[:, 0], strict=True)]
    logits -= top
    np.exp(logits, out=logits)
    total = logits.sum(axis=1, dtype=np.float64) + np.array(near)
    chosen = np.einsum("ij,ij->i", states[columns], network.weights.output[tokens].astype(np.float64))
    found: Doubles = chosen - (top[:, 0] + np.log(total))[columns]
    return found


def widened(hidden: Floats) -> Floats:
    """Give hidden states with some more beside them where they are so few that it matters, see `FEWEST`."""
    missing = FEWEST - hidden.shape[1]
    return np.pad(hidden, ((0, 0), (0, missing))) if missing > 0 else hidden


def _near(network: Network, state: Doubles, logits: Floats, top: np.float32) -> float:
    """Give what the sum of exponentials gains when the likeliest words are computed in 64 bits."""
    words = np.flatnonzero(logits > top - NEAR)
    exact = network.weights.output[words].astype(np.float64) @ state
    return float((np.exp(exact - top) - np.exp(logits[words].astype(np.float64) - top)).sum())
