"""Simulated models answer a design at once, without prompts and replies: what is right, in arrays.

The same answers as `backends/simulated.py` gives by the whole pipeline, for the same seed, names and items.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from taskc.records.simulated import Asked, Subject, begun, drawn, levels, mixed, word

Words = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Design:
    """Items as columns, each as in `Asked`; `chance` is that of guessing the truth."""

    items: Words
    requests: Words
    chance: npt.NDArray[np.float64]
    knowable: Bools
    conflict: Bools
    agrees: Bools

    def __len__(self) -> int:
        """Count the items."""
        return len(self.items)


def design_of(asked: Sequence[Asked]) -> Design:
    """Put requests, one for each item, into columns."""
    truth = np.array([one.truth is not None for one in asked], dtype=bool)
    options = np.array([one.options for one in asked], dtype=float)
    return Design(
        items=np.array([one.item for one in asked], dtype=np.uint64),
        requests=np.array([one.request for one in asked], dtype=np.uint64),
        chance=np.divide(truth, options, out=np.zeros(len(asked)), where=options > 0),
        knowable=truth,
        conflict=np.array([bool(one.lures) for one in asked], dtype=bool),
        agrees=np.array([one.agrees for one in asked], dtype=bool),
    )


def resized(asked: Sequence[Asked], n: int) -> list[Asked]:
    """Give `n` items of the same mix: of those that are there, spread evenly, or new ones like them."""
    size = len(asked)
    if n <= size:
        return [asked[at * size // n] for at in range(n)]
    copies = (divmod(at, size) for at in range(n))
    return [
        replace(asked[at], item=mixed(asked[at].item + copy), request=mixed(asked[at].request + copy))
        if copy
        else asked[at]
        for copy, at in copies
    ]


def right_answers(design: Design, subjects: Sequence[Subject]) -> Bools:
    """Say of each subject (row) and each item (column) whether the answer is right."""
    rows = [_right(design, subject) for subject in subjects]
    return np.stack(rows)


def _right(design: Design, subject: Subject) -> Bools:
    able, drawn_to = levels(subject)
    lured, knows, guess = drawn(
        begun(subject.seed),
        word(subject.name),
        design.items,
        mixed(design.requests),
        subject.spread,
        able,
        drawn_to,
        np,
    )
    speaks = design.conflict | design.agrees
    free = design.knowable & (knows | (guess < design.chance))
    made: Bools = np.where(lured & speaks, design.agrees & design.knowable, free)
    return made
