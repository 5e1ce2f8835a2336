"""How often is a break told where there is one, and where there is none?

Run: `python bench/verdict/breaks.py [--curves 300] [--seed 1]`

Five, six or eight models stand at random places of the axis, the ends of it included, and answer 300 items
each. A third of the curves has its models on it, the others have them off it by normal deviations of two or
four points. Middles of logistic curves, and places of jumps and bends, are uniform from 0.3 to 0.7.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from taskc.analysis.breaks import break_of_shares

Floats = npt.NDArray[np.float64]
ITEMS, SIZES, OFF = 300, (5, 6, 8), (0.0, 0.02, 0.04)


def logistic(u: Floats, middle: float, width: float) -> Floats:
    """Rise from 10 to 80 %, nine tenths of it within `width`."""
    made: Floats = 0.1 + 0.7 / (1 + np.exp(-(u - middle) * 2 * np.log(19) / width))
    return made


TRUTHS: dict[str, Callable[[Floats, float], Floats]] = {
    "straight from 30 to 60 %": lambda u, at: 0.3 + 0.3 * u,
    "flat": np.full_like,
    "a logistic curve as wide as the axis": lambda u, at: logistic(u, at, 1.0),
    "a jump from 10 to 80 %": lambda u, at: np.where(u > at, 0.8, 0.1),
    "flat, then up by 80 points": lambda u, at: 0.1 + 0.8 * np.maximum(u - at, 0) / (1 - at),
    "a logistic curve a quarter as wide": lambda u, at: logistic(u, at, 0.25),
}


def measure(truth: Callable[[Floats, float], Floats], models: int, curves: int, seed: int) -> Counter[str]:
    """Count what curves are told to be, from a fixed seed."""
    rng = np.random.default_rng([seed, models])
    told: Counter[str] = Counter()
    for _ in range(curves):
        u = np.sort(np.concatenate([[0.0, 1.0], rng.uniform(size=models - 2)]))
        shares = truth(u, rng.uniform(0.3, 0.7)) + rng.choice(OFF) * rng.normal(size=models)
        values = rng.binomial(ITEMS, np.clip(shares, 0, 1)) / ITEMS
        found = break_of_shares(list(u), list(values), [ITEMS] * models, log=False, likely=0.5)
        told[found.found] += 1
    return told


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--curves", type=int, default=300, help="curves of each kind and number of models")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    print("| truth | " + " | ".join(f"{models} models" for models in SIZES) + " |")
    print("|---" * (len(SIZES) + 1) + "|")
    for name, truth in TRUTHS.items():
        cells = []
        for models in SIZES:
            told = measure(truth, models, given.curves, given.seed)
            kinds = ((kind, told[kind] / given.curves) for kind in ("steady", "bend", "jump"))
            cells.append(
                ", ".join(f"{share:.0%} {kind}".replace("%", " %") for kind, share in kinds if share)
            )
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
