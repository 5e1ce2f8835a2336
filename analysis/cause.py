"""What a U means: ability and pull against scale, and whether both together make it.

A U comes about where ability rises with scale while the pull of a distractor first rises and then falls
(Wei et al. 2023, arXiv:2211.02011, section 3). Both are parameters of the model in `lure.py`. For each model
the likelihood of its answers is laid out on a grid of ability and pull and averaged over the other one; the
shapes of the two curves then come from the same chains as those of shares (`shape.py`). That the errors of
ability and pull of one model hang together is left out of account, and that models were asked the same items.
"""

from collections.abc import Sequence

import numpy as np

from taskc.analysis.grid import FINE_PHI, Array, P, widen
from taskc.analysis.shape import LEAST, PRIOR, SPREADS, evidence_of, probabilities
from taskc.records.curve import SHAPES, Answered, Cause, Shape

# of ability before the data: likelier to rise than anything else, and not so likely that nothing need show it
ABILITY: dict[Shape, float] = {
    "positive": 0.4,
    "inverse": 0.15,
    "u_shaped": 0.125,
    "inverted_u": 0.125,
    "flat": 0.2,
}
_EACH = 4  # of the fine cells are taken at once
_TINY = 1e-12  # the least probability that is taken a logarithm of


def find_cause(
    answered: Sequence[Answered], places: Sequence[float], *, likely: float, least: float = LEAST
) -> Cause:
    """Judge ability and pull against scale; `likely` is the probability from which a pair is the verdict."""
    both = [_likelihoods(one) for one in answered]
    seen = [widen(np.array([pair[which] for pair in both]), tuple(SPREADS)) for which in (0, 1)]
    weights = np.kron(np.eye(2), np.array(list(SPREADS.values()))[:, None])  # rows × ability or pull
    both_told = evidence_of(np.concatenate(seen), weights, places, least)
    odds = [
        probabilities({shape: one[:, which] for shape, one in both_told.items()}, prior)
        for which, prior in ((0, ABILITY), (1, PRIOR))
    ]
    ability, pull = odds
    explained = ability["positive"] * pull["inverted_u"]
    pairs = {(one, other): ability[one] * pull[other] for one in SHAPES for other in SHAPES}
    best = max(pairs, key=lambda pair: pairs[pair])
    enough = pairs[best] >= likely and len(set(places)) > 1
    told = ("explained" if best == ("positive", "inverted_u") else "otherwise") if enough else "undetermined"
    return Cause(verdict=told, explained=explained, ability=ability, pull=pull)  # type: ignore[arg-type]


def _likelihoods(seen: Answered) -> tuple[Array, Array]:
    """Give the logarithms of the likelihood of ability, averaged over pull, and of pull, over ability."""
    some = np.sin(FINE_PHI.reshape(-1, _EACH).mean(axis=1)) ** 2
    ability = _averaged(seen, some[:, None], P[None, :])
    pull = _averaged(seen, P[None, :], some[:, None])
    places = FINE_PHI.reshape(-1, _EACH).mean(axis=1)
    return np.interp(FINE_PHI, places, ability), np.interp(FINE_PHI, places, pull)


def _averaged(seen: Answered, ability: Array, pull: Array) -> Array:
    """Average over the second axis; both are alike before the data on φ."""
    known = ability + (1 - ability) * seen.chance
    guess = (1 - pull) * (1 - ability)
    cells = (
        (seen.true, (1 - pull) * known),
        (seen.lured, pull + guess * seen.bait),
        (seen.other, guess * max(0.0, 1 - seen.chance - seen.bait)),
        (seen.agreed, pull + (1 - pull) * known),
        (seen.erred, guess * (1 - seen.chance)),
        (seen.known, known),
        (seen.missed, (1 - ability) * (1 - seen.chance)),
    )
    logs = np.zeros(np.broadcast_shapes(ability.shape, pull.shape))
    for n, chance in cells:
        if n:
            logs = logs + n * np.log(np.maximum(chance, _TINY))
    top = logs.max(axis=1, keepdims=True)
    made: Array = np.log(np.exp(logs - top).mean(axis=1)) + top[:, 0]
    return made
