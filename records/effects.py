"""What prompts do to scores: shares of variance, levels, places, wordings, and verdicts that survive them."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from taskc.records.curve import Verdict
from taskc.records.shown import short_names

Kind: TypeAlias = Literal["all", "conflict", "agree", "control"]
"""Which items: all; those on which a distractor predicts another answer than the true task; the others; and
of these the ones on which none predicts any."""


class Share(Struct, frozen=True, kw_only=True):
    """The part of the variance of one answer that belongs to `of`: an item, a factor, or several together.

    `of` names what varies: `("item",)`, `("wording",)`, `("item", "wording")`; `("rest",)` is all that is
    of three and more, and with one answer to a question also its luck; `("luck",)` the variance between
    samples. `variance` is in squared units of the score, and may come out below 0 by chance; `share` is
    then 0. `share`, 0 to 1, is of the sum of all; `low` and `high` are its 95 % interval over items, None
    where there are too few of them.
    """

    of: tuple[str, ...]
    variance: float
    share: float
    low: float | None
    high: float | None


class Level(Struct, frozen=True, kw_only=True):
    """The score at one level of a factor, the others averaged, and how far it is from the first level.

    `low` and `high`, and those of `difference`, are 95 % intervals over items, of the same items at both
    levels.
    """

    level: str
    value: float
    low: float
    high: float
    difference: float
    difference_low: float
    difference_high: float


class Factor(Struct, frozen=True, kw_only=True):
    """A factor with its levels in order of appearance; `model` and `regime` are factors too."""

    name: str
    levels: tuple[Level, ...]


class Averaged(Struct, frozen=True, kw_only=True):
    """The score of one model in one regime averaged over the levels of a factor that stand for many more.

    `value` is a mean over `n` items and `k` levels. `low` and `high` are its 95 % interval as to other
    items and other wordings; `items_low` and `items_high` that for these very wordings. None where one
    level, or one item, leaves nothing to tell it by.
    """

    model: str
    regime: str
    over: str
    n: int
    k: int
    value: float
    low: float | None
    high: float | None
    items_low: float | None
    items_high: float | None


class Place(Struct, frozen=True, kw_only=True):
    """How often the option at one place, from 1, is given, and what of that is due to the place.

    `given` is the share of answers, `expected` that which the same options are given with on average over
    their places, `excess` the difference, with its 95 % interval over items. `truth` counts the answers to
    prompts in which the right option stands there; `accuracy` is that of those, None where there are none.
    """

    place: int
    n: int
    given: float
    expected: float
    excess: float
    low: float | None
    high: float | None
    truth: int
    accuracy: float | None


class PlaceBias(Struct, frozen=True, kw_only=True):
    """The pull of places on one model in one regime; `items` are those whose options were moved."""

    model: str
    regime: str
    items: int
    places: tuple[Place, ...]


class Effects(Struct, frozen=True, kw_only=True):
    """What was varied in one task and measure, and what it did to a score, `metric`.

    `items`, those of `part`, were asked in `cells` combinations of levels, `answers` in all; `possible`
    counts the combinations there would be. `notes` say what cannot be told, and why.
    """

    task: str
    measure: str
    metric: str
    part: Kind = "all"
    items: int
    answers: int
    cells: int
    possible: int
    shares: tuple[Share, ...] = ()
    factors: tuple[Factor, ...] = ()
    averaged: tuple[Averaged, ...] = ()
    places: tuple[PlaceBias, ...] = ()
    notes: tuple[str, ...] = ()


class Survival(Struct, frozen=True, kw_only=True):
    """Whether the verdict on a curve stays the same over the levels of one factor.

    It is on the items of `part`. `verdicts` and `probabilities` are by level. `usual` is the verdict that
    most levels have, `agree` how many have it; `alike` is the probability that two levels, drawn at random,
    have the same shape, as far as the curves tell: shapes that are not sure are not surely alike.
    """

    task: str
    measure: str
    metric: str
    part: Kind = "all"
    regime: str
    family: str
    factor: str
    verdicts: Mapping[str, Verdict]
    probabilities: Mapping[str, Mapping[str, float]]
    usual: Verdict
    agree: int
    levels: int
    alike: float


class Told(Struct, frozen=True, kw_only=True):
    """All that `taskc effects` tells of some runs."""

    effects: tuple[Effects, ...]
    survival: tuple[Survival, ...] = ()
    notes: tuple[str, ...] = field(default_factory=tuple)


def shortly(effects: Effects) -> Effects:
    """Give the same with the names of models as they are shown: see `shown.short_names`."""
    own = [level.level for factor in effects.factors if factor.name == "model" for level in factor.levels]
    names = short_names(
        [*own, *(row.model for row in effects.averaged), *(row.model for row in effects.places)]
    )

    def shown(factor: Factor) -> Factor:
        if factor.name != "model":
            return factor
        return replace(factor, levels=tuple(replace(one, level=names[one.level]) for one in factor.levels))

    return replace(
        effects,
        factors=tuple(map(shown, effects.factors)),
        averaged=tuple(replace(row, model=names[row.model]) for row in effects.averaged),
        places=tuple(replace(row, model=names[row.model]) for row in effects.places),
    )
