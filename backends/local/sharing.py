"""Which texts of a batch share which beginning, and which of those are worth computing once on their own.

Sharing is found by tokens, never by characters.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from taskc.backends.local.layout import Asked, Ids, shared

WORTH = 48
"""Tokens that must be saved before a shared beginning gets a pass of its own.

A pass of few tokens reads all weights once, which takes as long as some 20 more tokens in a full one.
"""
APART = 64
"""Tokens by which a beginning that splits the batch must be longer: shorter ones are shared within a pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shoot:
    """A beginning that is computed once, what continues it, and longer beginnings that grow from it.

    `members` are indices into the batch; `children` hold the members that share still more.
    """

    stem: Ids
    members: tuple[int, ...]
    children: tuple["Shoot", ...]


def find_sharing(batch: Sequence[Asked], *, worth: int = WORTH, worth_apart: int = WORTH) -> Shoot:
    """Find the beginnings worth sharing in a batch that is not empty.

    `worth` is how many tokens the beginning common to all must save, `worth_apart` how many one must
    save that splits the batch.
    """
    every = tuple(range(len(batch)))
    stem = _stem(batch, every)
    reach = len(stem) if len(stem) * (len(batch) - 1) >= worth else 0
    return _grow(batch, every, stem, reach, worth_apart)


def _grow(batch: Sequence[Asked], members: tuple[int, ...], stem: Ids, reach: int, apart: int) -> Shoot:
    loose: list[int] = []
    children: list[Shoot] = []
    for group in _split(batch, members, len(stem)):
        if len(group) == 1:
            loose += group
            continue
        longer = _stem(batch, group)
        gain = len(longer) - reach
        worth_it = gain >= APART and gain * (len(group) - 1) >= apart
        shoot = _grow(batch, group, longer, len(longer) if worth_it else reach, apart)
        if len(shoot.stem) > reach:
            children.append(shoot)
        else:
            loose += shoot.members
            children += shoot.children
    return Shoot(stem=stem[:reach], members=tuple(sorted(loose)), children=tuple(children))


def _stem(batch: Sequence[Asked], members: tuple[int, ...]) -> Ids:
    """Give the longest beginning of all texts of these members after which no score is lost."""
    texts = [text for n in members for text in batch[n].texts]
    # what the first and the last share in sorted order, all share
    first, last = min(texts), max(texts)
    return first[: min(shared(first, last), *(batch[n].limit for n in members), len(first))]


def _split(batch: Sequence[Asked], members: tuple[int, ...], stem: int) -> list[tuple[int, ...]]:
    """Group members by the token after the stem; one that may share no more stays alone."""
    groups: dict[tuple[int, int], list[int]] = {}
    for n in members:
        alone = batch[n].limit <= stem or len({text[stem] for text in batch[n].texts}) > 1
        groups.setdefault((1, n) if alone else (0, batch[n].texts[0][stem]), []).append(n)
    return [tuple(group) for group in groups.values()]
