"""How abilities come: steadily, by a bend or by a jump; under one metric and another; whole and in parts."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct

from taskc.records.curve import Emergence

Kind: TypeAlias = Literal["steady", "bend", "jump"]
KINDS: tuple[Kind, ...] = ("steady", "bend", "jump")
Found: TypeAlias = Literal["steady", "bend", "jump", "undetermined"]
Outcome: TypeAlias = Literal["survives", "does not survive", "cannot tell", "no jump"]
FEWEST = 4  # different scales from which a break can be told


class Break(Struct, frozen=True, kw_only=True):
    """Whether a curve breaks: the probability of each kind, and the one that is likely enough.

    `scale` is where it breaks if it does, the median, and `low` to `high` hold 90 % of the probability; a
    jump lies somewhere in the gap between two models. `probabilities` are None where there are fewer than
    `FEWEST` different scales, and where a scale has no logarithm that is wanted; `why` says which.
    """

    found: Found
    probabilities: Mapping[Kind, float] | None
    scale: float | None
    low: float | None
    high: float | None
    why: str = ""


class Values(Struct, frozen=True, kw_only=True):
    """The same models under another metric: its mean at each scale, with standard errors where known."""

    metric: str
    scales: tuple[float, ...]
    values: tuple[float, ...]
    errors: tuple[float | None, ...]


class Mirage(Struct, frozen=True, kw_only=True):
    """Whether a jump survives a metric that moves by degrees, and the sentence that says so."""

    metric: str
    outcome: Outcome
    continuous: Break
    says: str
    values: Values


class Emerged(Struct, frozen=True, kw_only=True):
    """All that is told of one curve."""

    emergence: Emergence
    broken: Break
    mirages: tuple[Mirage, ...] = ()


class Composed(Struct, frozen=True, kw_only=True):
    """One model's score of a whole beside the product of its parts, each with a 95 % interval.

    `difference` is the whole less the product; its interval holds 0 where the whole may be no more and no
    less than all parts right at once. None where the task has no items of its own, so that its score is a
    mean of its parts.
    """

    model: str
    scale: float
    n: int
    whole: float
    parts: Mapping[str, float]
    product: float
    product_low: float
    product_high: float
    difference: float | None
    low: float | None
    high: float | None


class Decomposed(Struct, frozen=True, kw_only=True):
    """A task's curve beside those of its subtasks and their product.

    `agree` counts the models whose whole agrees with the product, None where the task has no items of its
    own.
    """

    task: str
    regime: str
    family: str
    points: tuple[Composed, ...]
    agree: int | None
    says: str
