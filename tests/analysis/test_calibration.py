"""Probabilities of shapes held against how often they are so."""

import numpy as np
import pytest
from msgspec.structs import replace

from taskc.analysis import shape
from taskc.analysis.grid import CELLS, FINE_PHI, PHI, STEP, P
from taskc.analysis.shape import AT_ONCE, LEAST, PRIOR, SPREADS, TOTALS, evidence, probabilities, sharpen
from taskc.analysis.verdict import judge_curve
from taskc.records.curve import SHAPES, Curve, Point, Shape

FAR = P[None, :] - P[:, None] >= LEAST
ROOM = np.flatnonzero(FAR.any(axis=1))


def arm(rng: np.random.Generator, start: int, total: int, steps: int) -> list[int]:
    """Draw a stretch of equal steps that rises away from a cell, and far enough."""
    chances = shape._steps(1 / steps)[total]
    while True:
        path = [start]
        for _ in range(steps):
            path.append(int(rng.choice(CELLS, p=chances[path[-1]])))
        if FAR[start, path[-1]]:
            return path[1:]


def leap(rng: np.random.Generator, start: int, total: int, steps: int) -> list[int]:
    """Draw a stretch that is level but for one step."""
    sizes = shape._steps(1.0)[total, start] * FAR[start]
    end, at = int(rng.choice(CELLS, p=sizes / sizes.sum())), int(rng.integers(steps))
    return [start] * at + [end] * (steps - at)


def path(rng: np.random.Generator, name: Shape, models: int) -> list[int]:
    """Draw a curve from the very prior of a shape, as cells of the grid."""
    if name == "flat":
        return [int(rng.integers(CELLS))] * models
    start, total = int(rng.choice(ROOM)), int(rng.integers(len(TOTALS)))
    if name in ("u_shaped", "inverted_u"):
        at = int(rng.integers(1, models - 1))
        before, after = arm(rng, start, total, at), arm(rng, start, total, models - 1 - at)
        made = [*before[::-1], start, *after]
        return made if name == "u_shaped" else [CELLS - 1 - cell for cell in made]
    draw = leap if rng.uniform() < AT_ONCE else arm
    rising = [start, *draw(rng, start, total, models - 1)]
    if rng.uniform() < 0.5:  # begun at its upper end
        rising = [CELLS - 1 - cell for cell in rising[::-1]]
    return rising if name == "positive" else rising[::-1]


def points(rng: np.random.Generator, cells: list[int], n: int) -> tuple[Point, ...]:
    """Draw models that lie off their curve, and their answers."""
    spread = float(rng.choice(list(SPREADS), p=list(SPREADS.values())))
    out = []
    for at, cell in enumerate(cells):
        phi = PHI[cell] + STEP * rng.uniform(-0.5, 0.5)
        if spread:
            near = np.exp(-0.5 * ((FINE_PHI - phi) / spread) ** 2)
            phi = float(rng.choice(FINE_PHI, p=near / near.sum()))
        value = rng.binomial(n, np.sin(phi) ** 2) / n
        out.append(Point(model=str(at), scale=10.0**at, value=float(value), n=n))
    return tuple(out)


@pytest.fixture(scope="module")
def drawn() -> tuple[np.ndarray, np.ndarray]:
    """Give what was said of each shape, and which it was, of curves drawn from the prior."""
    rng = np.random.default_rng(21)
    said, so = [], []
    for _ in range(600):
        name: Shape = SHAPES[int(rng.choice(len(SHAPES), p=[PRIOR[one] for one in SHAPES]))]
        some = points(rng, path(rng, name, int(rng.integers(3, 6))), int(rng.choice([50, 100, 300])))
        odds = probabilities(evidence(some, [float(at) for at in range(len(some))]))
        said.append([odds[one] for one in SHAPES])
        so.append([one == name for one in SHAPES])
    return np.array(said), np.array(so)


def test_curves_drawn_from_the_prior_are_as_was_said(drawn) -> None:
    """Bayes' rule is exact: of its own curves as many have a shape as it says, in every bin, but for luck."""
    said, so = drawn
    for column, name in enumerate(SHAPES):
        p, true = said[:, column], so[:, column]
        assert abs((true - p).sum()) < 3 * np.sqrt((p * (1 - p)).sum()), name
    bins = np.minimum((said * 10).astype(int), 9)
    for number in range(10):
        p, true = said[bins == number], so[bins == number]
        apart = (true - p).mean()
        print(f"{p.mean():.3f} → {true.mean():.3f} of {len(p)}")
        assert abs(apart) < 3 * np.sqrt((p * (1 - p)).sum()) / len(p) + 0.005


def test_sharpened_they_say_too_much_of_such_curves_by_few_points(drawn) -> None:
    """What is fitted to curves that models lie on is a little too sure of those that they lie off."""
    said, so = drawn
    sharp = np.array([list(sharpen(dict(zip(SHAPES, one, strict=True))).values()) for one in said])
    best = sharp.max(axis=1)
    right = so[np.arange(len(so)), sharp.argmax(axis=1)]
    print(f"said {best.mean():.3f}, so {right.mean():.3f}")
    assert 0 < best.mean() - right.mean() < 0.1


def test_sharpening_keeps_the_order_and_the_sum() -> None:
    odds = {"positive": 0.5, "inverse": 0.0, "u_shaped": 0.3, "inverted_u": 0.15, "flat": 0.05}
    sharp = sharpen(odds)
    assert sum(sharp.values()) == pytest.approx(1.0)
    assert sorted(odds, key=odds.get) == sorted(sharp, key=sharp.get)
    assert sharp["positive"] > 0.5 and sharp["inverse"] == 0.0
    assert sharpen(odds, 1.0) == pytest.approx(odds)


def test_evidence_gives_the_probabilities_back() -> None:
    """What families are weighed by is what was said of each alone."""
    values = (0.5, 0.4, 0.5)
    some = tuple(Point(model=str(at), scale=10.0**at, value=v, n=100) for at, v in enumerate(values))
    curve = Curve(task="t", regime="r", family="f", points=some)
    told = judge_curve(curve)
    weights = {one: PRIOR[one] * told.evidence[one] for one in SHAPES}
    assert weights == pytest.approx(dict(told.probabilities))
    assert judge_curve(replace(curve, points=some[:1])).probabilities == pytest.approx(PRIOR)
