"""Whose answers they are, beyond error: excess of the distractors, ability and pull of a row.

A model that is not lured errs too, and an error may be the distractor's answer. With c the chance that a
guess hits the truth and b that it hits what a distractor wants (means over conflict items; one distractor:
b = c), the errors that a lure has nothing to do with are expected to follow a distractor at the rate

- other · b / (1 − c − b), where wrong options are alike: what hit neither truth nor distractor says how many
  errors there are (`excess`; needs a third option);
- e · b / (1 − c′), with e the rate of errors on agree items and c′ the chance there (`excess_agree`).

Under the model of `lure.py` both excesses estimate its pull. Free answers (c = b = 0) hit a distractor by
no accident: the excess then is the rate itself.

Intervals of the differences join those of Wilson (MOVER: Zou and Donner 2008, Statistics in Medicine 27:1693,
section 2.2) with the correlation of two cells of one multinomial, or none for two sets of items.
"""

import math
from collections.abc import Sequence

from taskc.analysis.intervals import Rate, wilson
from taskc.analysis.lure import Seen, estimate
from taskc.analysis.row import Attribution, Chances, Excess, Part

_NONE = 1e-9  # a probability below it is none


def attribution(
    distractors: Sequence[str], conflict: Part, agree: Part, control: Part, chances: Chances
) -> Attribution:
    """Work out what lured the model of a row and what it can do; `agree` holds the items of `control` too."""
    seen = _seen(distractors, conflict, agree, control, chances)
    found = estimate(seen)
    spread = _over(chances.bait, 1 - chances.conflict - chances.bait)
    return Attribution(
        bait=chances.bait,
        excess=_by_others(conflict, conflict.lured, spread),
        excess_agree=_by_agree(conflict, seen, chances),
        excess_of=_each(distractors, conflict, chances),
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


def _by_others(conflict: Part, lured: Rate | None, ratio: float | None) -> Excess | None:
    if lured is None or ratio is None:
        return None
    other = wilson(min(1.0, conflict.rates["other"]), conflict.n)
    spread = math.sqrt((1 - lured.value) * (1 - other.value))
    tied = -math.sqrt(lured.value * other.value) / spread if spread else 0.0
    return _excess(lured, other, ratio, max(-1.0, tied))


def _by_agree(conflict: Part, seen: Seen, chances: Chances) -> Excess | None:
    right, wrong, chance = seen.agreed, seen.erred, chances.agree
    if not right and not wrong:
        right, wrong, chance = seen.known, seen.missed, chances.control
    n = round(right + wrong)
    if conflict.lured is None or n < 1:
        return None
    errors = wilson(min(1.0, wrong / (right + wrong)), n)
    ratio = _over(chances.bait, 1 - chance)
    return None if ratio is None else _excess(conflict.lured, errors, ratio, 0.0)


def _each(distractors: Sequence[str], conflict: Part, chances: Chances) -> dict[str, Excess]:
    """Give the excess of each distractor by itself, where that can be told."""
    found = {}
    for name in distractors:
        rate = wilson(min(1.0, conflict.rates[name]), conflict.n) if conflict.n else None
        own = chances.baits.get(name, chances.bait)
        ratio = _over(own, 1 - chances.conflict - chances.bait)
        excess = _by_others(conflict, rate, ratio)
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
