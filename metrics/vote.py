"""Several samples of one answer: the majority's vote, and whether any of them passes."""

import math
from collections.abc import Mapping, Sequence

from taskc.metrics.attribute import same
from taskc.metrics.of_samples.pass_at_k import pass_at_k
from taskc.metrics.reading import Reading
from taskc.records.request import Kind, Option


def majority(
    readings: Sequence[Reading], *, kind: Kind = "text", options: tuple[Option, ...] = ()
) -> Reading:
    """Give the answer that most samples give; of equals, the one first seen.

    Samples without an answer do not vote. `agreement` is the share of all samples that gave the winner,
    `voting` the share that gave any answer. Where none did, the vote is unparsed, or refused if all were.
    Numbers that every sample has are averaged.
    """
    cast = [vote for vote in ballots(readings, kind=kind, options=options) if vote is not None]
    numbers = dict(_means(readings))
    numbers["voting"] = len(cast) / len(readings)
    if not cast:
        return Reading(given=None, refused=all(one.refused for one in readings), numbers=numbers)
    winner = max(cast, key=cast.count)
    numbers["agreement"] = cast.count(winner) / len(readings)
    return Reading(given=readings[winner].given, rung="vote", numbers=numbers)


def ballots(
    readings: Sequence[Reading], *, kind: Kind = "text", options: tuple[Option, ...] = ()
) -> list[int | None]:
    """Give for each sample the place of the first with the same answer; None for one without an answer."""
    firsts: list[int] = []
    votes: list[int | None] = []
    for place, reading in enumerate(readings):
        given = reading.given
        if given is None:
            votes.append(None)
            continue
        alike = (one for one in firsts if same(str(readings[one].given), given, kind, options))
        vote = next(alike, place)
        if vote == place:
            firsts.append(place)
        votes.append(vote)
    return votes


def passes(correct: Sequence[bool]) -> dict[str, float]:
    """Give `pass@1` and `pass@n` of the n samples of an item: the share that is correct, and whether any is.

    These are the unbiased estimates of Chen et al. 2021 at k = 1 and k = n. A sample without an answer does
    not pass.
    """
    n = len(correct)
    found = {f"pass@{k}": pass_at_k(n, sum(correct), k) for k in (1, n)} if n > 1 else {}
    return {name: value for name, value in found.items() if value is not None}


def _means(readings: Sequence[Reading]) -> Mapping[str, float]:
    shared = [name for name in readings[0].numbers if all(name in one.numbers for one in readings)]
    return {name: math.fsum(one.numbers[name] for one in readings) / len(readings) for name in shared}
