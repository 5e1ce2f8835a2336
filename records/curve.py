"""Curves against scale: measured points, and what they say of a curve's shape."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct, field

from taskc.records.shown import percent

Shape: TypeAlias = Literal["positive", "inverse", "u_shaped", "inverted_u", "flat"]
Verdict: TypeAlias = Literal["positive", "inverse", "u_shaped", "inverted_u", "flat", "undetermined"]
SHAPES: tuple[Shape, ...] = ("positive", "inverse", "u_shaped", "inverted_u", "flat")
TURNING: tuple[Shape, ...] = ("u_shaped", "inverted_u")


class Point(Struct, frozen=True, kw_only=True):
    """One model's share of right answers: `value`, 0 to 1, over `n` items, at a `scale` such as parameters.

    `more` are further columns of the file that it comes from, as they stand there.
    """

    model: str
    scale: float
    value: float
    n: float
    more: Mapping[str, str] = field(default_factory=dict)


class Paired(Struct, frozen=True, kw_only=True):
    """What is known of the errors of a curve's points from the items, most of which all models answered.

    `covariance` is that of the points' values, in their order; `units` the number of items it comes from, or
    of clusters of items where they come in such.
    """

    covariance: tuple[tuple[float, ...], ...]
    units: int


class Answered(Struct, frozen=True, kw_only=True):
    """What one model answered, in items: whose answers they were, on each kind of item.

    `true`, `lured` and `other` are of items on which a distractor wants another answer than the truth,
    `agreed` and `erred` of those on which it wants the truth, `known` and `missed` of controls, on which none
    speaks. `chance` is that of a guess to hit the truth, 0 for free answers, `bait` that to hit a distractor.
    """

    true: float = 0.0
    lured: float = 0.0
    other: float = 0.0
    agreed: float = 0.0
    erred: float = 0.0
    known: float = 0.0
    missed: float = 0.0
    chance: float = 0.0
    bait: float = 0.0


class Curve(Struct, frozen=True, kw_only=True):
    """The points of one task, in one regime, over the models of one family, in rising order of scale.

    `paired` is there where the items are known and not the shares alone; `answered`, one for each point,
    where it is known whose answers were given and some items are in conflict.
    """

    task: str
    regime: str
    family: str
    points: tuple[Point, ...]
    paired: Paired | None = None
    answered: tuple[Answered, ...] | None = None


class Fitted(Struct, frozen=True, kw_only=True):
    """The value of a curve at a size: its posterior mean, and an interval that holds 95 % of the probability.

    It is that of the curve, not of the model that was asked, which may lie off it.
    """

    scale: float
    value: float
    low: float
    high: float


class Turn(Struct, frozen=True, kw_only=True):
    """Where a curve turns: a scale, and an interval that holds 90 % of the probability."""

    scale: float
    low: float
    high: float


class Cause(Struct, frozen=True, kw_only=True):
    """Whether a distractor explains a U: ability rises, and pull first rises and then falls.

    `ability` and `pull` are the probabilities of the shapes of both against scale, `explained` that of
    ability being `positive` and pull `inverted_u`. The verdict is `otherwise` where another pair of shapes is
    likely.
    """

    verdict: Literal["explained", "otherwise", "undetermined"]
    explained: float
    ability: Mapping[Shape, float]
    pull: Mapping[Shape, float]

    @property
    def told(self) -> str:
        """Say the verdict in words, and how likely an explanation by the distractor is."""
        return f"{self._said} (ability rises while pull comes and goes: {percent(self.explained)} %)"

    @property
    def _said(self) -> str:
        if self.verdict == "explained":
            return "the distractor explains it"
        if self.verdict == "undetermined":
            return "whether the distractor explains it cannot be told"
        if max(self.pull, key=lambda shape: self.pull[shape]) == "inverted_u":
            return (
                "the distractor alone does not seem to explain it: "
                "its pull comes and goes, but ability does not rise"
            )
        return "the distractor does not seem to explain it: its pull does not come and go"


class Judged(Struct, frozen=True, kw_only=True):
    """A curve, the probability of each shape, and the verdict.

    `turning_point` is where it turns, if the verdict is that it does. `evidence` is how likely the points are
    under each shape, relative to one another. `cause` is there where it is known whose answers were given.
    """

    curve: Curve
    verdict: Verdict
    probabilities: Mapping[Shape, float]
    turning_point: Turn | None
    evidence: Mapping[Shape, float]
    cause: Cause | None = None


class Pooled(Struct, frozen=True, kw_only=True):
    """What several families say together of one task in one regime.

    `verdict` is the shape that most of these families share, `probabilities` says how likely each is to be
    that; `next` how likely a further family is to have it. `agree` counts the families whose own curve,
    judged in the light of the others, has the shape of the verdict; `families` counts all. `one_sided`
    counts those that have no models on one side of where the curves of the verdict turn, and go the way of
    the other side: their shape is another, and they speak against nothing.
    """

    task: str
    regime: str
    verdict: Verdict
    probabilities: Mapping[Shape, float]
    next: Mapping[Shape, float]
    agree: int
    families: int
    one_sided: int = 0


class Emergence(Struct, frozen=True, kw_only=True):
    """How a curve rises: steadily or at once. None where a number is not defined."""

    curve: Curve
    linearity: float | None
    breakthroughness: float | None
    stable_breakthroughness: float | None
