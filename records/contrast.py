"""One comparison of two sides: what differs, how surely, and how that was found out."""

from collections.abc import Mapping

from msgspec import Struct, field


class Contrast(Struct, frozen=True, kw_only=True):
    """The second side held against the first, in one metric of one task, regime, levels, measure and model.

    What the sides differ in is empty: `model`, say, where they are two models. `difference` is the second
    value less the first; `low` and `high` hold it, None where no interval is known. `up` and `down` count
    the items that are higher on the second side, and lower. Where `paired`, `n` are the items that both
    sides answered and `others` is the same; else the items of either. `only` counts the items that one side
    answered alone, and `missing` those that it was asked and has no answer to. `clusters` counts what is
    independent. `pooled` says how many tasks, regimes, models or levels were taken together, in place of one
    that is named. `p_adjusted` is `p` in the family of all comparisons made at once; `mid_p` goes with
    McNemar's test only.
    """

    task: str
    regime: str
    levels: Mapping[str, str] = field(default_factory=dict)
    measure: str
    model: str
    first: str
    second: str
    metric: str
    part: str = "all"
    pooled: Mapping[str, int] = field(default_factory=dict)
    paired: bool
    n: int
    others: int
    clusters: int
    only: tuple[int, int] = (0, 0)
    missing: tuple[int, int] = (0, 0)
    values: tuple[float, float]
    difference: float
    low: float | None
    high: float | None
    interval: str
    up: int
    down: int
    p: float
    p_adjusted: float
    mid_p: float | None = None
    test: str
