"""The pull of places: how often an option is given for where it stands.

The same options stand in several orders. If only what they say mattered, each would be given as often as it
is on average over its orders, wherever it stands; so the share of answers at a place that is expected is
the mean, over prompts, of how often the option that stands there was given in all prompts of that item.
What is given beyond it is the excess of the place. Where places do not matter its expectation is 0 exactly,
whatever the item, its options, and the luck of the answers: that is what orders are counterbalanced for.
Items are the sample; those whose options stood in one order only tell nothing and are left out.

An option that is always given for its place is given everywhere it goes to, so an excess is at most
1 − 1/(places that an option was moved through): 50 points for two orders.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from taskc.analysis.intervals import Z95, paired
from taskc.analysis.quantiles import t_quantile
from taskc.records.effects import Place, PlaceBias


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One answer to options in one order: their texts, which was given, and where the right one stands.

    `group` is what else the prompt has (levels of other factors): orders are compared within. `given` and
    `truth` are indices into `options`; `given` is None for what is no option.
    """

    item: str
    group: str
    options: tuple[str, ...]
    given: int | None
    truth: int | None
    cluster: str = ""


def place_bias(answers: Iterable[Shown], *, model: str, regime: str) -> PlaceBias:
    """Estimate the excess of each place; no places if no option was moved.

    Intervals are Student's over items, cut at −1 and 1.
    """
    groups: dict[str, dict[tuple[str, tuple[str, ...]], list[Shown]]] = {}
    for one in answers:
        groups.setdefault(one.item, {}).setdefault((one.group, tuple(sorted(one.options))), []).append(one)
    items = []
    for inner in groups.values():
        moved = [one for one in inner.values() if len({shown.options for shown in one}) > 1]
        if moved:
            items.append(moved)
    places = range(max((len(one[0].options) for inner in items for one in inner), default=0))
    return PlaceBias(
        model=model,
        regime=regime,
        items=len(items),
        places=tuple(_place(place, items) for place in places),
    )


def _place(place: int, items: list[list[list[Shown]]]) -> Place:
    given, expected, right, truth, answers = [], [], 0, 0, 0
    names: list[str] = []  # of clusters
    for inner in items:
        told = [_told(place, shown) for shown in inner if place < len(shown[0].options)]
        if told:
            names.append(inner[0][0].cluster)
            given.append(math.fsum(one[0] for one in told) / len(told))
            expected.append(math.fsum(one[1] for one in told) / len(told))
        for shown in inner:
            answers += len(shown) if place < len(shown[0].options) else 0
            there = [one for one in shown if one.truth == place]
            truth += len(there)
            right += sum(one.given == place for one in there)
    n = len(given)
    excess = [one - other for one, other in zip(given, expected, strict=True)]
    middle = math.fsum(excess) / n
    sums: dict[str, float] = {}
    for at, one in enumerate(excess):
        name = names[at] or f" {at}"
        sums[name] = sums.get(name, 0.0) + one - middle
    low = high = None
    if (groups := len(sums)) > 1:
        variance = math.fsum(one**2 for one in sums.values()) * groups / (groups - 1) / n**2
        around, reach = paired(middle, variance, groups)
        reach *= t_quantile(0.95, groups - 1) / Z95
        low, high = max(-1.0, around - reach), min(1.0, around + reach)
    return Place(
        place=place + 1,
        n=answers,
        given=math.fsum(given) / n,
        expected=math.fsum(expected) / n,
        excess=middle,
        low=low,
        high=high,
        truth=truth,
        accuracy=right / truth if truth else None,
    )


def _told(place: int, shown: list[Shown]) -> tuple[float, float]:
    """Give how often the option at a place was given in these prompts, and how often what stood there was."""
    orders: dict[tuple[str, ...], list[Shown]] = {}
    for one in shown:
        orders.setdefault(one.options, []).append(one)
    # each order counts alike, however many samples it has
    given: dict[str, float] = {}
    at_place = 0.0
    for options, some in orders.items():
        for one in some:
            if one.given is not None:
                given[options[one.given]] = given.get(options[one.given], 0.0) + 1.0 / len(some) / len(orders)
        at_place += sum(one.given == place for one in some) / len(some) / len(orders)
    return at_place, math.fsum(given.get(options[place], 0.0) for options in orders) / len(orders)
