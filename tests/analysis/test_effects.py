"""Shares of variance, places and wordings against numbers worked by hand, other methods, and known truth."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskc.analysis.crossed import Crossed, Crossing
from taskc.analysis.effects import levels, shares
from taskc.analysis.position import Shown, place_bias
from taskc.analysis.quantiles import t_quantile
from taskc.analysis.wordings import averaged


def crossed(values: np.ndarray, names: Sequence[str] = ("model", "wording", "order")) -> Crossed:
    """Cross a table: items first, then one axis a factor; NaN is no answer."""
    crossing = Crossing()
    for at in product(*map(range, values.shape)):
        if not math.isnan(values[at]):
            cell = tuple((name, f"{name}{level}") for name, level in zip(names, at[1:], strict=False))
            crossing.add(str(at[0]), cell, float(values[at]))
    return crossing.cross()


def parts(values: Crossed) -> dict[tuple[str, ...], float]:
    return {one.of: one.variance for one in shares(values)[0]}


def drawn(n: int, seed: int, *, wording: float = 0.5, sizes: tuple[int, ...] = (3, 2)) -> np.ndarray:
    """Draw answers of n items, which have a bent of their own for each model and wording."""
    chance = np.random.default_rng(seed)
    models, wordings = sizes
    bent = chance.normal(0, 1, (n, 1, 1)) + chance.normal(0, wording, (n, 1, wordings))
    bent = bent + chance.normal(0, 0.7, (n, models, 1)) + np.linspace(-0.5, 0.5, models)[None, :, None]
    return (chance.normal(0, 1, (n, models, wordings)) < bent).astype(float)


def test_one_factor_by_hand() -> None:
    """Mean squares of a 4 × 2 table: items 0, ½, ½, 1 on average; levels ½ each; residual ½ / 3."""
    told = parts(crossed(np.array([[0, 0], [1, 0], [0, 1], [1, 1]], dtype=float), ("wording",)))
    items, wordings, both = 2 * (0.5 / 3), 0.0, 1.0 / 3
    assert told["item",] == pytest.approx(items / 2)  # of means over these two levels
    assert told["wording",] == pytest.approx((wordings - both) / 4 / 2)
    assert told["rest",] == pytest.approx(both / 2)


def test_two_factors_are_those_of_mean_squares() -> None:
    """Held against the expected mean squares of a complete table, written out (Brennan 2001, table 3.2)."""
    y = drawn(40, 3)
    n, m, w = y.shape
    told = parts(crossed(y, ("model", "wording")))
    items = y.mean(axis=(1, 2))
    assert told["item",] == pytest.approx(items.var(ddof=1))
    by_model = y.mean(axis=2) - items[:, None]
    by_model = by_model - by_model.mean(axis=0)
    assert told["item", "model"] == pytest.approx((by_model**2).sum() / (n - 1) / m)
    plain = (y.mean(axis=(0, 2)) - y.mean()).var()
    assert told["model",] == pytest.approx(plain - told["item", "model"] / n)
    within = y - y.mean(axis=0)
    total = (within**2).sum() / (n - 1) / m / w
    of_items = [value for name, value in told.items() if name[0] == "item" or name == ("rest",)]
    assert math.fsum(of_items) == pytest.approx(total)


def test_all_parts_make_the_variance() -> None:
    """With many items the parts sum to the plain variance of all answers, and shares to 1."""
    y = drawn(2000, 4)
    made = shares(crossed(y, ("model", "wording")))[0]
    assert math.fsum(one.variance for one in made) == pytest.approx(y.var(), rel=0.002)
    assert math.fsum(one.share for one in made) == pytest.approx(1.0)


def test_restricted_maximum_likelihood_agrees() -> None:
    """The mixed model of statsmodels gives the same on a complete table, near enough for its optimiser."""
    from taskc.analysis.mixed import reml

    chance = np.random.default_rng(5)
    y = 0.5 + chance.normal(0, 0.3, (60, 1, 1)) + chance.normal(0, 0.15, (60, 3, 1))
    y = y + chance.normal(0, 0.1, (60, 1, 4)) + chance.normal(0, 0.2, (60, 3, 4))
    table = crossed(y, ("model", "wording"))
    told, fitted = parts(table), reml(table)
    for name, value in fitted.items():
        assert value == pytest.approx(told[name], abs=2e-4), name


def test_missing_answers_move_little() -> None:
    """With a tenth of the answers lost at random, shares stay near those of all, and no name is lost."""
    y = drawn(400, 6)
    whole = {one.of: one.share for one in shares(crossed(y, ("model", "wording")))[0]}
    y[np.random.default_rng(7).random(y.shape) < 0.1] = np.nan
    made, untold = shares(crossed(y, ("model", "wording")))
    assert {one.of for one in made} == set(whole) and not untold
    for one in made:
        assert one.share == pytest.approx(whole[one.of], abs=0.05)


def test_samples_tell_luck_apart() -> None:
    """Coins are luck and nothing else; without a second throw they are the rest."""
    chance = np.random.default_rng(8)
    crossing = Crossing()
    for item, wording, _ in product(range(200), "ab", range(4)):
        crossing.add(str(item), (("wording", wording),), float(chance.random() < 0.5))
    told = {one.of: one for one in shares(crossing.cross())[0]}
    assert told["luck",].share > 0.95
    assert told["item", "wording"].share < 0.05
    assert ("luck",) not in parts(crossed(drawn(50, 9), ("model", "wording")))


def test_one_factor_at_a_time_tells_no_pairs() -> None:
    """A star of cells has no interaction of levels; main effects are those of its arms."""
    chance = np.random.default_rng(10)
    y = np.full((300, 2, 3), np.nan)
    base = chance.normal(0, 0.2, 300)
    y[:, 0, 0] = 0.5 + base
    y[:, 1, 0] = 0.7 + base
    y[:, 0, 1] = 0.5 + base
    y[:, 0, 2] = 0.8 + base
    made, untold = shares(crossed(y, ("order", "wording")))
    told = {one.of: one.variance for one in made}
    assert ("order", "wording") in untold
    assert told["order",] == pytest.approx(0.01)
    assert told["wording",] == pytest.approx(0.02)
    assert told["item",] == pytest.approx(base.var(ddof=1))
    by_level = {
        one.name: [level.difference for level in one.levels]
        for one in levels(crossed(y, ("order", "wording")))
    }
    assert by_level == {"order": pytest.approx([0, 0.2]), "wording": pytest.approx([0, 0, 0.3])}


def test_a_latin_square_says_what_it_hides() -> None:
    """Each item meets every level of both factors once, never two cells that agree in one."""
    y = np.full((90, 3, 3), np.nan)
    chance = np.random.default_rng(11)
    for item, turn in product(range(90), range(3)):
        y[item, turn, (turn + item) % 3] = float(chance.random() < 0.3 + 0.2 * turn)
    made, untold = shares(crossed(y, ("wording", "order")))
    assert set(untold) == {("item", "wording"), ("item", "order")}
    told = {one.of: one.share for one in made}
    assert told["wording",] > 0.03 and told["order",] < 0.03 and ("item", "wording") not in told


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(12, 30))
def test_names_and_order_do_not_matter(seed: int, n: int) -> None:
    """Items and levels may come in any order, and mirrored answers have the same shares."""
    y = drawn(n, seed)
    told = parts(crossed(y, ("model", "wording")))
    chance = np.random.default_rng(seed)
    mixed = 1.0 - y[chance.permutation(n)][:, chance.permutation(3)]
    for name, value in parts(crossed(mixed, ("model", "wording"))).items():
        assert value == pytest.approx(told[name], abs=1e-12)
    for one in shares(crossed(y, ("model", "wording")))[0]:
        assert 0.0 <= (one.low or 0.0) <= one.share + 1e-12 and one.share <= (one.high or 1.0) <= 1.0


def test_levels_and_their_differences() -> None:
    """The interval of a difference is that of the paired items."""
    y = drawn(50, 12)
    model, wording = levels(crossed(y, ("model", "wording")))
    assert [level.level for level in wording.levels] == ["wording0", "wording1"]
    apart = y[:, :, 1].mean(axis=1) - y[:, :, 0].mean(axis=1)
    second = wording.levels[1]
    assert second.difference == pytest.approx(apart.mean())
    reach = 1.959964 * apart.std(ddof=1) / math.sqrt(50)
    assert second.difference_high - second.difference == pytest.approx(reach, rel=1e-5)
    assert model.levels[0].value == pytest.approx(y[:, 0].mean())


def test_a_difference_without_spread_keeps_an_interval() -> None:
    y = np.zeros((20, 2))
    y[:, 1] = 1.0
    (factor,) = levels(crossed(y, ("wording",)))
    assert factor.levels[1].difference == 1.0
    assert factor.levels[1].difference_low < 0.95


@pytest.mark.parametrize("n", [2, 3, 10])
def test_no_interval_of_a_share_reaches_beyond_what_can_be(n: int) -> None:
    y = np.zeros((n, 2))
    y[1:, 1] = 1.0
    (factor,) = levels(crossed(y, ("wording",)))
    (number,) = levels(crossed(y, ("wording",)), rate=False)
    second = factor.levels[1]
    assert second.difference_low < second.difference < second.difference_high == 1.0
    assert number.levels[1].difference_high > 1.0


def copied(values: np.ndarray, times: int, *, together: bool) -> Crossed:
    """Cross a table in which each item stands several times, as one cluster or as strangers."""
    crossing = Crossing()
    for at in product(*map(range, values.shape)):
        cell = tuple(
            (name, f"{name}{level}") for name, level in zip(("model", "wording"), at[1:], strict=True)
        )
        for copy in range(times):
            crossing.add(f"{at[0]} {copy}", cell, float(values[at]), f"c{at[0]}" if together else "")
    return crossing.cross()


def test_items_that_belong_together_count_once() -> None:
    """Three copies of each item in one cluster tell what one tells; as strangers they seem to tell more."""
    y = drawn(60, 15)
    once, thrice = crossed(y, ("model", "wording")), copied(y, 3, together=True)
    for one, other in zip(levels(once), levels(thrice), strict=True):
        assert [level.difference_high for level in other.levels] == pytest.approx(
            [level.difference_high for level in one.levels], abs=1e-9
        )
    first, again = levels(once)[0].levels[0], levels(thrice)[0].levels[0]
    # means over wordings vary less than single answers: the effective number knows it
    assert again.high - again.low < first.high - first.low + 0.01
    for one, other in zip(shares(once)[0], shares(thrice)[0], strict=True):
        assert other.share == pytest.approx(one.share, abs=0.02)
        assert one.low is not None and other.low is not None
        assert other.low == pytest.approx(one.low, abs=0.03)
    strangers = levels(copied(y, 3, together=False))[1].levels[1]
    assert strangers.difference_high < levels(thrice)[1].levels[1].difference_high - 0.01
    table, other_table = once.where({0: 0}), thrice.where({0: 0})
    plain = averaged(table, "wording", model="m", regime="r")
    grouped = averaged(other_table, "wording", model="m", regime="r")
    assert plain is not None and grouped is not None
    assert grouped.items_high == pytest.approx(plain.items_high, abs=0.002)


@pytest.mark.slow
@pytest.mark.parametrize("n", [100, 300])
@pytest.mark.parametrize("wording", [0.0, 0.5])
def test_coverage_of_shares(n: int, wording: float) -> None:
    """Of 200 draws the intervals of shares of 3 % or more hold the truth in 88 to 99 of 100."""
    truth = {
        one.of: one.share
        for one in shares(crossed(drawn(20_000, 1, wording=wording), ("model", "wording")))[0]
    }
    inside = dict.fromkeys(truth, 0)
    for seed in range(200):
        for one in shares(crossed(drawn(n, 100 + seed, wording=wording), ("model", "wording")))[0]:
            assert one.low is not None and one.high is not None
            inside[one.of] += one.low <= truth[one.of] <= one.high
    assert all(0.88 <= inside[name] / 200 <= 0.99 for name, share in truth.items() if share >= 0.03), inside


# --- averaged over wordings


def test_an_average_over_wordings_by_hand() -> None:
    """MS(items) = 1/3 and MS(wordings) = 0 here: only items are left, on the logit of one half."""
    y = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], dtype=float)
    found = averaged(crossed(y, ("wording",)), "wording", model="m", regime="r")
    assert found is not None
    reach = t_quantile(0.95, 3) * math.sqrt((1 / 3) / 8) / 0.25
    assert (found.n, found.k, found.value) == (4, 2, 0.5)
    assert found.low == pytest.approx(1 / (1 + math.exp(reach)))
    assert found.high == pytest.approx(1 - found.low)
    assert found.items_low == pytest.approx(found.low)


def test_wordings_that_differ_widen_the_interval() -> None:
    y = np.zeros((100, 3))
    y[:90, 0] = y[:50, 1] = y[:20, 2] = 1
    found = averaged(crossed(y, ("wording",)), "wording", model="m", regime="r")
    assert found is not None and found.low is not None and found.items_low is not None
    assert found.low < found.items_low - 0.2


def test_one_wording_has_no_interval_over_wordings() -> None:
    found = averaged(crossed(drawn(30, 1)[:, :, 0], ("model",)), "wording", model="m", regime="r")
    assert found is not None and found.low is None and found.items_low is not None and found.k == 1


@pytest.mark.slow
@pytest.mark.parametrize("n", [50, 300])
@pytest.mark.parametrize("k", [3, 5, 10])
@pytest.mark.parametrize("spread", [0.0, 0.3, 0.6])
@pytest.mark.parametrize("middle", [0.0, 1.5])
def test_coverage_over_items_and_wordings(n: int, k: int, spread: float, middle: float) -> None:
    """Other items in other wordings: 95 % intervals cover 92 to 98 % of 1,500 draws (standard error 0.6)."""
    chance = np.random.default_rng(13)
    inside = 0
    truth = 0.5 * (1 + math.erf(middle / math.sqrt(2 * (1 + 1 + spread**2 + 0.16))))
    for _ in range(1500):
        bent = (
            middle
            + chance.normal(0, 1, (n, 1))
            + chance.normal(0, spread, (1, k))
            + chance.normal(0, 0.4, (n, k))
        )
        crossing = crossed((chance.normal(0, 1, (n, k)) < bent).astype(float), ("wording",))
        found = averaged(crossing, "wording", model="m", regime="r")
        assert found is not None and found.low is not None and found.high is not None
        inside += found.low <= truth <= found.high
    assert 0.92 <= inside / 1500 <= 0.98


def test_wordings_are_averaged_among_the_same_orders() -> None:
    """In a star of cells only the first order has all wordings; what was asked in the other stays out."""
    y = np.full((30, 2, 3), np.nan)
    y[:, 0, :] = 1.0
    y[:, 1, 0] = 0.0
    found = averaged(crossed(y, ("order", "wording")), "wording", model="m", regime="r")
    assert found is not None and (found.value, found.k) == (1.0, 3)


# --- places

ORDERS = (("x", "y"), ("y", "x"))


def answers(choose: "list[str]", orders: Sequence[tuple[str, ...]] = ORDERS) -> list[Shown]:
    """Give an item's answers, a text in each order; the right one is `x`."""
    return [
        Shown(item="", group="", options=options, given=options.index(text), truth=options.index("x"))
        for options, text in zip(orders, choose, strict=True)
    ]


def of_items(*items: list[Shown]) -> list[Shown]:
    return [
        Shown(item=str(at), group=one.group, options=one.options, given=one.given, truth=one.truth)
        for at, item in enumerate(items)
        for one in item
    ]


@pytest.mark.parametrize(
    ("items", "given", "excess"),
    [
        ([["x", "y"]] * 5, 1.0, 0.5),  # always the first
        ([["y", "x"]] * 5, 0.0, -0.5),  # always the last
        ([["x", "x"]] * 5, 0.5, 0.0),  # always the right one
        ([["x", "x"], ["y", "y"], ["x", "y"], ["y", "x"]], 0.5, 0.0),
        ([["x", "x"], ["x", "y"]], 0.75, 0.25),
    ],
)
def test_places_by_hand(items: list[list[str]], given: float, excess: float) -> None:
    found = place_bias(of_items(*map(answers, items)), model="m", regime="r")
    first, last = found.places
    assert (first.given, first.excess) == (pytest.approx(given), pytest.approx(excess))
    assert last.excess == pytest.approx(-excess)
    assert first.low is not None and first.high is not None and first.low <= excess <= first.high


def test_no_interval_of_a_place_reaches_beyond_what_can_be() -> None:
    first, last = place_bias(of_items(*map(answers, [["x", "y"], ["y", "x"]])), model="m", regime="r").places
    assert (first.low, first.high) == (last.low, last.high) == (-1.0, 1.0)


def test_places_count_clusters() -> None:
    items = [["x", "y"], ["x", "x"], ["y", "y"], ["x", "y"], ["y", "x"]]
    once = place_bias(of_items(*map(answers, items)), model="m", regime="r").places[0]
    twice = [
        replace(one, item=f"{one.item} {copy}", cluster=one.item)
        for copy in "ab"
        for one in of_items(*map(answers, items))
    ]
    again = place_bias(twice, model="m", regime="r").places[0]
    assert (again.low, again.high) == (pytest.approx(once.low), pytest.approx(once.high))


def test_an_order_that_never_changes_tells_nothing() -> None:
    still = [Shown(item=str(at), group="", options=("x", "y"), given=0, truth=0) for at in range(9)]
    assert place_bias(still, model="m", regime="r").places == ()


def test_places_do_not_matter_to_chance_that_knows_texts_only() -> None:
    """Whatever the preference for texts, in three orders that are not balanced, the excess is 0."""
    chance = np.random.default_rng(14)
    orders = (("x", "y", "z"), ("z", "y", "x"), ("y", "x", "z"))
    items = [answers(list(chance.choice(list("xyz"), 3, p=[0.7, 0.2, 0.1])), orders) for _ in range(2000)]
    for place in place_bias(of_items(*items), model="m", regime="r").places:
        assert abs(place.excess) < 0.03


def test_other_options_under_one_item_are_not_compared() -> None:
    """A factor that changes the options makes other questions: orders are compared among the same texts."""
    shown = [
        Shown(item="1", group="", options=("x", "y"), given=0, truth=0),
        Shown(item="1", group="", options=("u", "v"), given=1, truth=0),
    ]
    assert place_bias(shown, model="m", regime="r").items == 0


@pytest.mark.parametrize("df", [1, 2, 2.5, 7.3, 30, 299])
def test_quantiles_of_student(df: float) -> None:
    from scipy import stats

    assert t_quantile(0.95, df) == pytest.approx(stats.t.ppf(0.975, df), rel=1e-9)
