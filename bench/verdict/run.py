"""How often is the verdict on a curve right, and are its probabilities what they say?

Run: `python bench/verdict/run.py [--curves 300] [--picture docs/images/reliability.svg] [--seed 1]`

Curves of known shape are drawn, each of the five alike often; models answer items, and the curves are judged.
Rises and falls of monotone curves are parted among the models at random, those of a turn are straight, with
the turn at any inner model. The designs:

- `shares`: five models, 300 items each, every model with the luck of its own items; an effect of ten points;
- `same items`: the same, but all models answer the same items. Half of what decides is what makes an item
  hard (a normal variable that all models share, with as much variance as each one's own). The curves are
  judged twice: from the items, and from the shares alone;
- `hundred items`: four to eight models, 100 items each, an effect of thirty points;
- `at once`: as `shares`, with an effect of twenty points, but what rises or falls does so in one step, which
  may be any, the last too: an ability that emerges, or is lost;
- `mixed`: four to eight models, 100, 300 or 1,000 items, effects from five to forty points, by ratios.

For each it prints how many were told rightly, and how many were told to be a U that are none; and for the
probabilities of all shapes, in ten bins, how often the shape was so.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from taskc.analysis.paired import paired_errors_of
from taskc.analysis.verdict import judge_curve
from taskc.records.curve import SHAPES, Curve, Judged, Point, Shape

Floats = npt.NDArray[np.float64]
BINS = 10
NO_U: tuple[Shape, ...] = ("positive", "inverse", "flat")


@dataclass
class Tally:
    """What curves were told to be, by their true shape, and what was said of each shape and was so."""

    told: dict[Shape, Counter[str]] = field(default_factory=lambda: {shape: Counter() for shape in SHAPES})
    said: list[float] = field(default_factory=list)
    so: list[bool] = field(default_factory=list)

    def add(self, shape: Shape, judged: Judged) -> None:
        self.told[shape][judged.verdict] += 1
        self.said += [judged.probabilities[one] for one in SHAPES]
        self.so += [one == shape for one in SHAPES]

    def right(self, shape: Shape) -> float:
        return self.told[shape][shape] / self.told[shape].total()

    def false_u(self) -> float:
        return sum(self.told[one]["u_shaped"] for one in NO_U) / sum(self.told[one].total() for one in NO_U)

    def bins(self) -> list["Bin"]:
        said, so = np.array(self.said), np.array(self.so)
        at = np.minimum((said * BINS).astype(int), BINS - 1)
        inside = [at == one for one in range(BINS)]
        return [Bin(float(said[i].mean()), float(so[i].mean()), int(i.sum())) for i in inside if i.any()]

    def apart(self) -> float:
        """Give by how much what was said and what was so differ, over all probabilities that were said."""
        return sum(one.n * abs(one.said - one.so) for one in self.bins()) / len(self.said)


class Bin(NamedTuple):
    """Probabilities that are about alike: their mean, how often it was so, how many."""

    said: float
    so: float
    n: int


def draw(
    rng: np.random.Generator, shape: str, models: int, effect: float, *, at_once: bool = False
) -> Floats:
    """Draw a curve of known shape: monotone ones with random steps or one, turns at random places."""
    base = rng.uniform(0.1, 0.9 - effect)
    if shape == "flat":
        return np.full(models, base)
    if shape in ("positive", "inverse"):
        steps = np.sort(rng.uniform(size=models))
        way = (steps - steps[0]) / (steps[-1] - steps[0])
        if at_once:
            way = (np.arange(models) >= rng.integers(1, models)).astype(float)
        made: Floats = base + effect * (way if shape == "positive" else 1 - way)
        return made
    at = int(rng.integers(1, models - 1))
    hill = np.concatenate([np.linspace(0, 1, at + 1), np.linspace(1, 0, models - at)[1:]])
    return base + effect * (hill if shape == "inverted_u" else 1 - hill)


def answers(rng: np.random.Generator, shares: Floats, items: int, common: float) -> npt.NDArray[np.bool_]:
    """Let models (rows) answer items (columns), of whose difficulty a part is `common` to all models."""
    hard = np.sqrt(common) * rng.normal(size=(1, items))
    own = np.sqrt(1 - common) * rng.normal(size=(len(shares), items))
    made: npt.NDArray[np.bool_] = (
        hard + own < np.array([NormalDist().inv_cdf(one) for one in shares])[:, None]
    )
    return made


def curve_of(right: npt.NDArray[np.bool_]) -> Curve:
    """Make the curve of what was answered, over models each ten times as large as the one before."""
    points = tuple(
        Point(model=str(at), scale=10.0**at, value=float(row.mean()), n=len(row))
        for at, row in enumerate(right)
    )
    return Curve(task="", regime="", family="", points=points, paired=paired_errors_of(right))


@dataclass(frozen=True)
class Design:
    """How many models answer how many items, how far curves go, and what models have in common."""

    models: tuple[int, ...] = (5,)
    items: tuple[int, ...] = (300,)
    effect: tuple[float, float] = (0.1, 0.1)
    common: float = 0.0
    at_once: bool = False


EIGHT = (4, 5, 6, 7, 8)
DESIGNS = {
    "shares": Design(),
    "same items": Design(common=0.5),
    "at once": Design(effect=(0.2, 0.2), at_once=True),
    "hundred items": Design(models=EIGHT, items=(100,), effect=(0.3, 0.3)),
    "mixed": Design(models=EIGHT, items=(100, 300, 1000), effect=(0.05, 0.4)),
}


def drawn(rng: np.random.Generator, curves: int, design: Design) -> Iterator[tuple[Shape, Curve]]:
    """Draw as many curves of each shape."""
    for _ in range(curves):
        for shape in SHAPES:
            models, items = int(rng.choice(design.models)), int(rng.choice(design.items))
            effect = float(np.exp(rng.uniform(*np.log(design.effect))))
            shares = draw(rng, shape, models, effect, at_once=design.at_once)
            yield shape, curve_of(answers(rng, shares, items, design.common))


def measure(curves: int, seed: int) -> dict[str, Tally]:
    """Judge curves of all designs, from fixed seeds."""
    tallies: dict[str, Tally] = {}
    for number, (name, design) in enumerate(DESIGNS.items()):
        tally = tallies[name] = Tally()
        bare = tallies.setdefault(f"{name}, by shares", Tally()) if design.common else tally
        for shape, curve in drawn(np.random.default_rng([seed, number]), curves, design):
            bare.add(shape, judge_curve(replace(curve, paired=None)))
            if design.common:
                tally.add(shape, judge_curve(curve))
    return tallies


def tables(tallies: dict[str, Tally]) -> str:
    """Write two tables: what was told rightly, and what was said and was so."""
    lines = [f"| | {' | '.join(f'`{one}`' for one in SHAPES)} | false U | said and so differ by |"]
    lines.append("|---|" + "--:|" * 7)
    for name, tally in tallies.items():
        rights = " | ".join(f"{tally.right(shape):.0%}".replace("%", " %") for shape in SHAPES)
        lines.append(f"| {name} | {rights} | {tally.false_u():.1%} | {tally.apart():.3f} |")
    lines.append("")
    for name, tally in tallies.items():
        lines += [f"{name}: " + " ".join(f"{one.said:.2f}→{one.so:.2f}({one.n})" for one in tally.bins())]
    return "\n".join(lines)


COLOURS = (
    "#0072b2",
    "#d55e00",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#000000",
)  # Okabe and Ito: told apart by all eyes
DASHES = ("", "6 3", "12 3", "2 3", "1 3", "8 3 2 3")


def picture(tallies: dict[str, Tally]) -> str:
    """Draw reliability diagrams: what was said against how often it was so, with the diagonal."""
    side, left, top = 300, 56, 16

    def at(x: float, y: float) -> str:
        return f"{left + side * x:.1f},{top + side * (1 - y):.1f}"

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + side + 190}" height="{top + side + 52}" '
        'font-family="sans-serif" font-size="12" role="img">',
        "<title>Reliability: how often a shape was so, against the probability that was said</title>",
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<rect x="{left}" y="{top}" width="{side}" height="{side}" fill="none" stroke="#999"/>',
        f'<polyline points="{at(0, 0)} {at(1, 1)}" fill="none" stroke="#bbb"/>',
    ]
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = left + side * tick, top + side * (1 - tick)
        out.append(f'<text x="{x}" y="{top + side + 18}" text-anchor="middle">{tick:g}</text>')
        out.append(f'<text x="{left - 8}" y="{y + 4}" text-anchor="end">{tick:g}</text>')
    middle = left + side / 2
    out.append(f'<text x="{middle}" y="{top + side + 38}" text-anchor="middle">probability of a shape</text>')
    turned = f"rotate(-90 14 {top + side / 2})"
    out.append(f'<text x="14" y="{top + side / 2}" text-anchor="middle" transform="{turned}">was so</text>')
    for row, ((name, tally), colour, dash) in enumerate(zip(tallies.items(), COLOURS, DASHES, strict=True)):
        points = " ".join(at(one.said, one.so) for one in tally.bins())
        line = f'fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"'
        out.append(f'<polyline points="{points}" {line}/>')
        for one in tally.bins():
            x, y = at(one.said, one.so).split(",")
            out.append(f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>')
        y = str(top + 20 + 20 * row)
        out.append(f'<polyline points="{left + side + 16},{y} {left + side + 46},{y}" {line}/>')
        out.append(f'<text x="{left + side + 52}" y="{int(y) + 4}">{name}</text>')
    return "\n".join([*out, "</svg>", ""])


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the tables, and write the picture."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--curves", type=int, default=300, help="curves of each shape in each design")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--picture", type=Path, help="an SVG file to write")
    given = parser.parse_args(arguments)
    tallies = measure(given.curves, given.seed)
    print(tables(tallies))
    if given.picture:
        given.picture.write_text(picture(tallies), encoding="utf-8")


if __name__ == "__main__":
    main()
