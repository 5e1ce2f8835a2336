"""What was simulated: models with a known truth, and how verdicts fare on curves whose shape is known."""

from collections.abc import Mapping

from msgspec import Struct

from taskc.records.curve import Shape, Verdict


class SimulatedModel(Struct, frozen=True, kw_only=True):
    """One model: its model string and scale, ability and pull, and the share of right answers to expect."""

    model: str
    scale: float
    ability: float
    pull: float
    expected: float


class Simulation(Struct, frozen=True, kw_only=True):
    """`simulated.json`: the truth of a run of simulated models.

    `shape` is that of the expected shares over the items of `part`, each stretch of which moves by
    `effect`; empty and 0 where ability and pull were given, 0 for `flat`. `task` is empty where the models
    answer several alike.
    """

    task: str
    shape: Shape | str
    effect: float
    part: str
    seed: int
    spread: float
    models: tuple[SimulatedModel, ...]


class Share(Struct, frozen=True, kw_only=True):
    """A share of `n` simulated curves, 0 to 1, and its interval of 95 % (Wilson)."""

    n: int
    value: float
    low: float
    high: float


class Told(Struct, frozen=True, kw_only=True):
    """What curves of one shape were told to be: a row of a confusion matrix, and how many rightly."""

    shape: Shape
    verdicts: Mapping[Verdict, int]
    right: Share


class Bin(Struct, frozen=True, kw_only=True):
    """Probabilities from `low` up to `high`: `n` of them, their mean, and how often what they said was so."""

    low: float
    high: float
    n: int
    said: float
    so: Share


class Calibration(Struct, frozen=True, kw_only=True):
    """How far probabilities can be taken at their word.

    `error` is the expected calibration error: the mean over bins, by `n`, of how far what was said lies from
    what was so.
    """

    bins: tuple[Bin, ...]
    error: float


class Trial(Struct, frozen=True, kw_only=True):
    """Verdicts on simulated curves of one design.

    `models` of them answer `items`, of which `conflict` are in conflict, in the cells of `task` that
    `cells` name; the `part` that is judged has `judged` items, and each stretch of a curve moves by
    `effect`. `false_u` is the share of flat and monotone curves that were told to be U-shaped. A shape that
    so few models cannot show, or an effect that these items cannot, is not among `told`. `calibration` is of
    the probabilities of all five shapes, `likeliest` of the likeliest of each curve alone.
    """

    task: str
    cells: tuple[str, ...]
    items: int
    conflict: int
    part: str
    judged: int
    models: int
    effect: float
    told: tuple[Told, ...]
    false_u: Share | None
    calibration: Calibration
    likeliest: Calibration
