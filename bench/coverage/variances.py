"""Answers of 0 and 1 with known shares of variance, and how often the intervals of these hold them.

An answer is right where a normal latent number is above 0: a mean, an effect of each level, of the item, of
the item at each level, and chance. Levels are fixed, items are drawn anew in each round.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from taskc.analysis.crossed import Array, Crossed, Crossing
from taskc.analysis.effects import shares

NAMES = ("model", "wording", "order")
MANY = 60_000  # items that the true shares are had from


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How many levels each factor has and the standard deviation of their effects, latent."""

    sizes: tuple[int, ...]
    levels: tuple[float, ...]
    at_items: tuple[float, ...] = (0.5, 0.3, 0.2)
    item: float = 1.0
    middle: float = 0.0
    seed: int = 0

    def draw(self, n: int, random: np.random.Generator) -> Array:
        """Give answers of n items, items first, then one axis a factor."""
        fixed = np.random.default_rng(self.seed)
        latent = self.middle + random.normal(0.0, self.item, (n, *[1] * len(self.sizes)))
        for at, size in enumerate(self.sizes):
            shape = [1] * (len(self.sizes) + 1)
            shape[at + 1] = size
            effects = fixed.normal(0.0, 1.0, size)
            effects = (effects - effects.mean()) / effects.std() * self.levels[at]
            latent = latent + effects.reshape(shape)
            shape[0] = n
            latent = latent + random.normal(0.0, self.at_items[at], shape)
        return (random.normal(0.0, 1.0, (n, *self.sizes)) < latent).astype(float)


SETTINGS = {
    "2 models × 3 wordings × 2 orders, wordings alike": Setting(sizes=(2, 3, 2), levels=(0.5, 0.0, 0.1)),
    "2 × 3 × 2, small effects": Setting(sizes=(2, 3, 2), levels=(0.2, 0.2, 0.05), seed=1),
    "3 × 4 × 2, large effects": Setting(sizes=(3, 4, 2), levels=(1.0, 0.5, 0.2), seed=2),
    "4 models × 8 wordings": Setting(sizes=(4, 8), levels=(0.8, 0.15), seed=3),
    "6 × 3 × 4, models far apart": Setting(sizes=(6, 3, 4), levels=(2.0, 0.1, 0.05), seed=4),
    "2 × 5 × 6": Setting(sizes=(2, 5, 6), levels=(0.1, 0.8, 0.3), seed=6),
    "3 × 3, wordings 60 %": Setting(sizes=(3, 3), levels=(0.1, 1.8), item=0.5, seed=9),
    "5 wordings": Setting(sizes=(5,), levels=(0.3,), at_items=(0.4,), seed=7),
    "3 × 3 × 2, 90 % right": Setting(sizes=(3, 3, 2), levels=(0.3, 0.2, 0.1), middle=2.2, seed=5),
    "6 models × 4 wordings, 97 % right": Setting(sizes=(6, 4), levels=(0.6, 0.3), middle=3.0, seed=8),
}


def crossed(values: Array) -> Crossed:
    """Cross a table of answers: items first, then one axis a factor; NaN is no answer."""
    names = NAMES if values.ndim > 2 else NAMES[1:]
    crossing = Crossing()
    for at in np.argwhere(~np.isnan(values)).tolist():
        cell = tuple((name, f"{name}{level}") for name, level in zip(names, at[1:], strict=False))
        crossing.add(str(at[0]), cell, float(values[tuple(at)]))
    return crossing.cross()


def again(pattern: Crossed, values: Array) -> Crossed:
    """Put other answers of as many items into a crossing in which all were asked everything."""
    return replace(pattern, values=values.reshape(len(values), -1))


def truth(setting: Setting) -> dict[tuple[str, ...], float]:
    """Give the shares of endlessly many items, nearly."""
    few = crossed(setting.draw(2, np.random.default_rng(0)))
    many = Crossed(
        factors=few.factors,
        levels=few.levels,
        single=few.single,
        cells=few.cells,
        items=tuple(map(str, range(MANY))),
        clusters=np.arange(MANY),
        values=setting.draw(MANY, np.random.default_rng(99)).reshape(MANY, -1),
        times=np.ones((MANY, len(few.cells))),
        luck=np.full((MANY, len(few.cells)), np.nan),
    )
    return {one.of: one.share for one in shares(many)[0]}


def covered(
    setting: Setting, n: int, rounds: int, seed: int = 5
) -> dict[tuple[str, ...], tuple[float, float]]:
    """Give for each part its true share and how often its interval held it."""
    true = truth(setting)
    random = np.random.default_rng(seed)
    pattern = crossed(setting.draw(n, random))
    held = dict.fromkeys(true, 0)
    for _ in range(rounds):
        for one in shares(again(pattern, setting.draw(n, random)))[0]:
            assert one.low is not None and one.high is not None
            held[one.of] += one.low <= true[one.of] <= one.high
    return {name: (share, held[name] / rounds) for name, share in true.items()}


def table(items: Sequence[int], rounds: int) -> Iterator[str]:
    """Give a line for each setting: the least and most coverage of its parts, by the size of the share."""
    yield "| setting | items | shares of 1 % or more | 0.1 to 1 % | below |"
    yield "|---|---|---|---|---|"
    for name, setting in SETTINGS.items():
        for n in items:
            found = list(covered(setting, n, rounds).values())
            cells = [
                [100 * cover for share, cover in found if low <= share < high]
                for low, high in ((0.01, 2.0), (0.001, 0.01), (-1.0, 0.001))
            ]
            told = [f"{min(one):.1f} to {max(one):.1f}" if one else "·" for one in cells]
            yield f"| {name} | {n} | {' | '.join(told)} |"
