"""What a metric says about itself: what it is of, its range, which way is better, and how it moves."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

Of: TypeAlias = Literal["options", "reply", "samples", "items"]
Better: TypeAlias = Literal["higher", "lower", "neither"]
Unit: TypeAlias = Literal["share", "nats", "points", "ratio"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric on the shelf: a function that gives a float, or None where the question does not arise.

    It takes

    - of `options`: a `Belief` and a `Target`;
    - of a `reply`: what was answered and the texts that are right, of which the best counts; with `whole` the
      text that the model wrote instead of the answer in it. A reply without an answer has `lost`;
    - of the `samples` of one item: a number for each that is the same where the answer is, and whether it is
      correct; `pass@k` the counts;
    - of `items`: a column for each number it `needs`, one value an item, and it gives a `Figure`; if
    `paired`, the columns of another wording of the same items first.

    `package` is one that it needs beyond those of taskc; it comes with the extra `text`.

    All values lie from `low` to `high`, both included. A `share` is of 1, `points` are of 100, `nats` are
    natural logarithms. `continuous` says that it moves by degrees as a model does: functions of
    probabilities, and those that give credit for a part. Where it is false an answer is right or wrong, and
    a steady gain of a model may show as a jump (Schaeffer, Miranda and Koyejo 2023, section 2). `standard`
    ones are in every score.
    """

    function: Callable[..., Any]
    of: Of
    low: float = 0.0
    high: float = 1.0
    better: Better = "higher"
    unit: Unit = "share"
    continuous: bool = True
    standard: bool = False
    whole: bool = False
    lost: float | None = 0.0
    needs: tuple[str, ...] = ()
    paired: bool = False
    package: str = ""


class Figure(NamedTuple):
    """A number about a set of items, and its standard error; None where there is none to be told."""

    value: float
    error: float | None = None


def figure_of(values: list[float]) -> Figure:
    """Give the mean of at least one value, one an item, and its standard error s/√n."""
    n = len(values)
    middle = math.fsum(values) / n
    if n == 1:
        return Figure(middle)
    return Figure(middle, math.sqrt(math.fsum((x - middle) ** 2 for x in values) / (n - 1) / n))
