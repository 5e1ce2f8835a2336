"""Answers of the model of the lure, in clusters that differ, and how often its intervals hold what is true.

Each cluster has an ability and a pull of its own, drawn from beta distributions with an intraclass
correlation, so that those of all clusters are the means. The items of a cluster are of all kinds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from taskc.analysis.attribution import Group, attribution
from taskc.analysis.lure import predict
from taskc.analysis.parts import part_of
from taskc.analysis.row import Attribution, Chances

CELLS = ("true_task", "trap", "other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is true, how many items of each kind a cluster has, and how much alike they are."""

    ability: float
    pull: float
    chance: float
    items: tuple[int, int, int] = (1, 0, 0)  # in conflict, agree, controls
    alike: float = 0.0


SETTINGS = {
    "4 options, weak": Setting(ability=0.3, pull=0.1, chance=0.25),
    "4 options, lured": Setting(ability=0.6, pull=0.5, chance=0.25),
    "4 options, able, hardly lured": Setting(ability=0.9, pull=0.03, chance=0.25),
    "free answers": Setting(ability=0.6, pull=0.2, chance=0.0),
    "2 options, agree items": Setting(ability=0.5, pull=0.3, chance=0.5, items=(1, 1, 0)),
    "4 options, clusters of 3 (0.3)": Setting(ability=0.6, pull=0.4, chance=0.25, items=(3, 0, 0), alike=0.3),
    "4 options, clusters of 5 (0.5)": Setting(ability=0.5, pull=0.2, chance=0.25, items=(5, 0, 0), alike=0.5),
    "2 options, 2 + 2 + 1 a cluster (0.4)": Setting(
        ability=0.6, pull=0.3, chance=0.5, items=(2, 2, 1), alike=0.4
    ),
    "free answers, 2 + 2 a cluster (0.5)": Setting(
        ability=0.4, pull=0.3, chance=0.0, items=(2, 2, 0), alike=0.5
    ),
}


def _shares(mean: float, alike: float, n: int, random: np.random.Generator) -> np.ndarray:
    if not alike:
        return np.full(n, mean)
    times = (1 - alike) / alike
    return random.beta(mean * times, (1 - mean) * times, n)


def draw(setting: Setting, clusters: int, random: np.random.Generator, *, blind: bool = False) -> Attribution:
    """Draw the answers of some clusters and work out what a row says of them; `blind`, without clusters."""
    some: tuple[list[tuple[dict[str, int], str]], ...] = ([], [], [])
    groups = []
    pairs = zip(
        _shares(setting.ability, setting.alike, clusters, random),
        _shares(setting.pull, setting.alike, clusters, random),
        strict=True,
    )
    for at, (ability, pull) in enumerate(pairs):
        sums: list[dict[str, float]] = [{}, {}, {}]
        for kind, size in enumerate(setting.items):
            chances = predict(ability, 0.0 if kind == 2 else pull, setting.chance, kind == 0)
            for place in random.choice(3, size, p=np.array(chances) / sum(chances)):
                name = CELLS[place] if kind != 1 or place else "both"
                for into in (kind, 1) if kind == 2 else (kind,):
                    some[into].append(({name: 1}, "" if blind else str(at)))
                    sums[into][name] = sums[into].get(name, 0.0) + 1.0
        groups.append(Group(*sums))
    alone = blind or not setting.alike
    parts = [part_of([(one, 1) for one, _ in kind], ("trap",), () if alone else kind) for kind in some]
    c = setting.chance
    told = Chances(conflict=c, bait=c, agree=c, control=c, baits={"trap": c})
    return attribution(("trap",), *parts, told, () if alone else groups)


def covered(
    setting: Setting, clusters: int, rounds: int, *, seed: int = 3, blind: bool = False
) -> dict[str, float]:
    """Give how often the intervals hold ability, pull, and the pull as excess, of those that there were."""
    random = np.random.default_rng(seed)
    held: dict[str, list[bool]] = {}
    for _ in range(rounds):
        found = draw(setting, clusters, random, blind=blind)
        for name, one, true in (
            ("ability", found.ability, setting.ability),
            ("pull", found.pull, setting.pull),
            ("excess", found.excess, setting.pull),
            ("excess over agree items", found.excess_agree, setting.pull),
        ):
            if one is not None:
                held.setdefault(name, []).append(one.low <= true <= one.high)
    return {name: sum(some) / len(some) for name, some in held.items()}


def table(items: Sequence[int], rounds: int) -> Iterator[str]:
    """Give a line for each setting and number of clusters, with what ignoring the clusters would cover."""
    yield "| setting | clusters | ability | pull | excess | over agree items | pull, clusters ignored |"
    yield "|---|---|---|---|---|---|---|"
    for name, setting in SETTINGS.items():
        for n in items:
            found = covered(setting, n, rounds)
            cells = [
                f"{100 * found[one]:.1f}" if one in found else "·"
                for one in ("ability", "pull", "excess", "excess over agree items")
            ]
            blind = "·"
            if setting.alike:
                blind = f"{100 * covered(setting, n, rounds, blind=True)['pull']:.1f}"
            yield f"| {name} | {n} | {' | '.join(cells)} | {blind} |"
