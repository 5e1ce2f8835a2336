"""Whose answers they are, beyond error: excess of the distractors, ability and pull of a row.

A model that is not lured errs too, and an error may be the distractor's answer. With c the chance that a
guess hits the truth and b that it hits what a distractor wants (means over conflict items; one distractor:
b = c), the errors that a lure has nothing to do with are expected to follow a distractor at the rate

- other · b / (1 − c − b), where wrong options are alike: what hit neither truth nor distractor says how many
  errors there are (`excess`; needs a third option);
- e · b / (1 − c′), with e the rate of errors on agree items and c′ the chance there (`excess_agree`).

Under the model of `lure.py` both excesses estimate its pull. Free answers (c = b = 0) hit a distractor by
no accident: the excess then is the rate itself.

Intervals of the differences join those of the two rates (MOVER: Zou and Donner 2008, Statistics in Medicine
27:1693, section 2.2) with the correlation of two cells of one multinomial, or none for two sets of items.
Where items belong to clusters or were asked several times, the rates have intervals that know it, and the
correlation is that of the sums of clusters.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from taskc.analysis.intervals import Rate, clustered, wilson
from taskc.analysis.lure import Seen, estimate
from taskc.analysis.row import Attribution, Chances, Excess, Part

_NONE = 1e-9  # a probability below it is none
_RIGHT = ("true_task", "both")


class Group(NamedTuple):
    """Items of one cluster, or an item that was asked several times: their shares of attributions, summed.

    `agree` holds the items of `control` too. The shares of one item sum to 1.
    """

    conflict: dict[str, float]
    agree: dict[str, float]
    control: dict[str, float]


def attribution(
    distractors: Sequence[str],
    conflict: Part,
    agree: Part,
    control: Part,
    chances: Chances,
    groups: Sequence[Group] = (),
) -> Attribution:
    """Work out what lured the model of a row and what it can do; `agree` holds the items of `control` too.

    `groups` are all items, where they are not independent or were not answered once.
    """
    seen = _seen(distractors, conflict, agree, control, chances)
    answers = conflict.scores + agree.scores
    least = (conflict.n + agree.n) / answers if answers else 0.0
    found = estimate(seen, [_cells(distractors, group) for group in groups], least=least)
    spread = _over(chances.bait, 1 - chances.conflict - chances.bait)
    return Attribution(
        bait=chances.bait,
        excess=_by_others(conflict, distractors, conflict.lured, spread, groups),
        excess_agree=_by_agree(conflict, distractors, seen, chances, groups),
        excess_of=_each(distractors, conflict, chances, groups),
        ability=found.ability,
        pull=found.pull,
        misfit=found.misfit,
        why=found.why,
        chances=chances,
    )


def _seen(distractors: Sequence[str], conflict: Part, agree: Part, control: Part, chances: Chances) -> Seen:
    right, wrong = _right(agree), _items(agree, "other")
    known, missed = _right(control), _items(control, "other")
    return Seen(
        true=_right(conflict),
        lured=math.fsum(_items(conflict, name) for name in distractors),
        other=_items(conflict, "other"),
        agreed=max(0.0, right - known),
        erred=max(0.0, wrong - missed),
        known=known,
        missed=missed,
        chance=chances.conflict,
        bait=chances.bait,
        agree_chance=chances.agree,
        control_chance=chances.control,
    )


def _items(part: Part, name: str) -> float:
    return part.rates.get(name, 0.0) * part.n


def _right(part: Part) -> float:
    return _items(part, "true_task") + _items(part, "both")


def _over(bait: float, left: float) -> float | None:
    """Give how many errors hit a distractor for each that hits `left`; 0 for free answers, or None."""
    if not bait:
        return 0.0
    return bait / left if left > _NONE else None


def _cells(distractors: Sequence[str], group: Group) -> tuple[float, ...]:
    """Give what `_seen` counts of one group."""
    conflict, agree, control = group
    known, missed = _sum(control, _RIGHT), control.get("other", 0.0)
    return (
        _sum(conflict, _RIGHT),
        _sum(conflict, distractors),
        conflict.get("other", 0.0),
        max(0.0, _sum(agree, _RIGHT) - known),
        max(0.0, agree.get("other", 0.0) - missed),
        known,
        missed,
    )


def _sum(shares: Mapping[str, float], names: Sequence[str]) -> float:
    return math.fsum(shares.get(name, 0.0) for name in names)


class _Tied(NamedTuple):
    """Sums over the items of each group of what a rate counts, and how many items it has."""

    totals: Sequence[float]
    sizes: Sequence[float]

    def rate(self, plain: Rate, answers: int) -> Rate:
        """Give the rate with the interval of groups; `plain` where there is but one."""
        some = [(total, size) for total, size in zip(self.totals, self.sizes, strict=True) if size]
        if len(some) < 2:
            return plain
        totals, sizes = zip(*some, strict=True)
        return clustered(totals, [max(1, round(size)) for size in sizes], max(answers, len(some)))

    def tie(self, other: "_Tied") -> float | None:
        """Give the correlation of the two rates; None where one of them is all or nothing in each group."""
        ours, theirs = self._apart(), other._apart()
        spread = math.sqrt(math.fsum(x * x for x in ours) * math.fsum(x * x for x in theirs))
        both = math.fsum(x * y for x, y in zip(ours, theirs, strict=True))
        return max(-1.0, min(1.0, both / spread)) if spread else None

    def _apart(self) -> list[float]:
        share = math.fsum(self.totals) / math.fsum(self.sizes)
        return [total - share * size for total, size in zip(self.totals, self.sizes, strict=True)]


def _tied(kinds: Sequence[Mapping[str, float]], names: Sequence[str], among: Sequence[str] = ()) -> _Tied:
    """Sum some attributions by group, `among` others or all."""
    return _Tied(
        [_sum(kind, names) for kind in kinds],
        [_sum(kind, among) if among else math.fsum(kind.values()) for kind in kinds],
    )


def _by_others(
    conflict: Part,
    names: Sequence[str],
    lured: Rate | None,
    ratio: float | None,
    groups: Sequence[Group],
) -> Excess | None:
    if lured is None or ratio is None:
        return None
    other = wilson(min(1.0, conflict.rates["other"]), conflict.n)
    spread = math.sqrt((1 - lured.value) * (1 - other.value))
    tied: float | None = -math.sqrt(lured.value * other.value) / spread if spread else 0.0
    if groups:
        kinds = [group.conflict for group in groups]
        ours, theirs = _tied(kinds, names), _tied(kinds, ("other",))
        lured, other = ours.rate(lured, conflict.scores), theirs.rate(other, conflict.scores)
        tied = ours.tie(theirs)
    return _excess(lured, other, ratio, max(-1.0, tied or 0.0))


def _by_agree(
    conflict: Part, names: Sequence[str], seen: Seen, chances: Chances, groups: Sequence[Group]
) -> Excess | None:
    right, wrong, chance = seen.agreed, seen.erred, chances.agree
    controls = not right and not wrong
    if controls:
        right, wrong, chance = seen.known, seen.missed, chances.control
    n = round(right + wrong)
    if conflict.lured is None or n < 1:
        return None
    errors = wilson(min(1.0, wrong / (right + wrong)), n)
    ratio = _over(chances.bait, 1 - chance)
    if ratio is None:
        return None
    tied = None
    lured = conflict.lured
    if groups:
        cells = [_cells(names, group) for group in groups]
        at = 5 if controls else 3
        theirs = _Tied([one[at + 1] for one in cells], [one[at] + one[at + 1] for one in cells])
        ours = _tied([group.conflict for group in groups], names)
        errors, tied = theirs.rate(errors, n), ours.tie(theirs)
    return _excess(lured, errors, ratio, tied or 0.0)


def _each(
    distractors: Sequence[str], conflict: Part, chances: Chances, groups: Sequence[Group]
) -> dict[str, Excess]:
    """Give the excess of each distractor by itself, where that can be told."""
    found = {}
    for name in distractors:
        rate = wilson(min(1.0, conflict.rates[name]), conflict.n) if conflict.n else None
        own = chances.baits.get(name, chances.bait)
        ratio = _over(own, 1 - chances.conflict - chances.bait)
        excess = _by_others(conflict, (name,), rate, ratio, groups)
        if excess is not None:
            found[name] = excess
    return found


def _excess(lured: Rate, errors: Rate, ratio: float, tied: float) -> Excess:
    """Give `lured` less `ratio` times `errors`; `tied` is the correlation of the two."""
    value = lured.value - ratio * errors.value
    down = _joined(lured.value - lured.low, ratio * (errors.high - errors.value), tied)
    up = _joined(lured.high - lured.value, ratio * (errors.value - errors.low), tied)
    expected = ratio * errors.value
    return Excess(expected=expected, value=value, low=max(-1.0, value - down), high=min(1.0, value + up))


def _joined(one: float, other: float, tied: float) -> float:
    return math.sqrt(max(0.0, one * one + other * other - 2 * tied * one * other))
