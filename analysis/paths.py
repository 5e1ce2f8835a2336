"""A shape to the ability and the pull of each model that give it: truth for simulated models.

Ability rises with scale where a curve moves by what is learnt, and pull makes up what is left of the wanted
share of right answers: for a U it rises and then falls, for an inverted U the other way round. So the U is
accounted for where it was found: a distractor that small models cannot follow yet and large ones no longer
do (McKenzie et al. 2023, arXiv:2306.09479; Wei et al. 2022, arXiv:2211.02011).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from taskc.records.curve import Shape
from taskc.records.simulated import Asked, accuracy_of

Array = npt.NDArray[np.float64]

RISING = (0.8, 0.95)  # ability of the smallest and the largest model, where it rises
STEADY = 0.875  # where it does not
ALONE = 0.3  # the share of right answers above guessing in the middle, where no distractor speaks


class OutOfReach(Exception):
    """An effect that neither pull nor ability can give on these items; `most` is what can be had."""

    def __init__(self, most: float) -> None:
        """Keep what can be had."""
        super().__init__(f"at most {most:.3g}")
        self.most = most


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Ability, pull, and the expected share of right answers of each model, in rising order of scale."""

    abilities: tuple[float, ...]
    pulls: tuple[float, ...]
    shares: tuple[float, ...]


def heights(
    shape: Shape, models: int, effect: float, at: int | None = None, steps: Array | None = None
) -> Array:
    """Give how far each of `models` lies above the lowest of a curve whose every stretch moves by `effect`.

    Stretches are straight; a rise or fall with `steps` has these places of its inner points, 0 to 1, in
    rising order. A turn is `at` an inner place, the middle without. Raises `ValueError` where so few models
    cannot show the shape.
    """
    least = {"flat": 1, "positive": 2, "inverse": 2}.get(shape, 3)
    if models < least:
        raise ValueError(f"{models} models show no {shape}")
    if shape == "flat":
        return np.zeros(models)
    if shape in ("positive", "inverse"):
        rise = np.linspace(0, 1, models)
        if steps is not None:
            rise = np.concatenate([[0.0], steps, [1.0]])
        return effect * (rise if shape == "positive" else 1 - rise)
    at = (models - 1) // 2 if at is None else at
    hill = np.concatenate([np.linspace(0, 1, at + 1), np.linspace(1, 0, models - at)[1:]])
    return effect * (hill if shape == "inverted_u" else 1 - hill)


def draw_heights(shape: Shape, models: int, effect: float, chance: np.random.Generator) -> Array:
    """Do the same with steps of random length, and a turn at a random inner place."""
    steps = np.sort(chance.uniform(size=max(0, models - 2)))
    at = int(chance.integers(1, max(2, models - 1)))
    return heights(shape, models, effect, at, steps)


class Reach:
    """What share of right answers to some items models can be made to give, and how."""

    def __init__(self, shape: Shape, models: int, asked: Sequence[Asked]) -> None:
        """Look at what pull, or else ability, does to these items."""
        moving = np.linspace(*RISING, models) if shape not in ("flat", "inverse") else np.full(models, STEADY)
        self._moving = moving
        none, full = [np.array([accuracy_of(a, pull, asked) for a in moving]) for pull in (0.0, 1.0)]
        self._by_pull = bool(np.all(np.abs(full - none) > 0.05))
        if not self._by_pull:
            none, full = (np.full(models, accuracy_of(a, 0.0, asked)) for a in (0.0, 1.0))
        self._ends = none, full
        self.low = float(np.minimum(none, full).max())
        self.high = float(np.maximum(none, full).min())

    def paths(self, above: Array, place: float = 0.5, margin: float = 0.0, off: Array | float = 0.0) -> Paths:
        """Give the paths of a curve so far `above` its lowest, that lies at `place`, 0 to 1, of its room.

        With `margin` a curve keeps so far from both ends, if it can. Models lie `off` it by so much, as far
        as there is room. Raises `OutOfReach`.
        """
        room = self.high - self.low - float(above.max())
        if room < 0:
            raise OutOfReach(max(0.0, self.high - self.low))
        inner = min(margin, room / 2)
        wanted = np.clip(self.low + inner + place * (room - 2 * inner) + above + off, self.low, self.high)
        none, full = self._ends
        solved = np.clip((wanted - none) / np.where(full == none, 1.0, full - none), 0.0, 1.0)
        abilities = self._moving if self._by_pull else solved
        pulls = solved if self._by_pull else np.zeros(len(solved))
        return Paths(abilities=_told(abilities, 4), pulls=_told(pulls, 4), shares=_told(wanted, 6))


def _told(values: Array, digits: int) -> tuple[float, ...]:
    return tuple(round(float(value), digits) for value in values)
