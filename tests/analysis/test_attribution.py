"""What lures a row beyond error: excesses, ability and pull, from scores to the row."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskc.analysis.aggregate import Joint, Row, aggregate
from taskc.analysis.intervals import wilson
from taskc.analysis.lure import predict
from taskc.metrics.of_items.logodds_difference import logodds_difference
from taskc.records.lines import dump, load
from taskc.records.score import Score

ONE = {"true_task": "A", "trap": "B"}
TWO = {"true_task": "A", "trap": "B", "lure": "C"}
SAME = {"true_task": "A", "trap": "A"}


def scores(
    counts: Mapping[str, int], predictions: Mapping[str, str], *, chance: float | None = 0.25, at: int = 0
) -> Iterator[Score]:
    """Give a score an item, with each attribution as often as it is counted."""
    told = [value for name, value in predictions.items() if name != "true_task"]
    names = [name for name, n in counts.items() for _ in range(n)]
    for place, name in enumerate(names):
        yield Score(
            task="t",
            item=f"{sorted(predictions.items())}{at + place}",
            regime="zero_shot",
            measure="label",
            model="m",
            request="r",
            lowering="labels",
            target=predictions["true_task"],
            predictions=predictions,
            given="A",
            attribution=name,
            correct=name in ("true_task", "both"),
            conflict=any(value != predictions["true_task"] for value in told),
            numbers={} if chance is None else {"chance": chance},
        )


def row(*some: Iterator[Score]) -> Row:
    (found,) = aggregate(one for scores in some for one in scores)
    assert found.attribution is not None
    return found


def test_excess_over_errors_that_fall_on_all_wrong_options_alike() -> None:
    found = row(scores({"true_task": 30, "trap": 50, "other": 20}, ONE)).attribution
    assert found.bait == 0.25
    assert found.excess is not None and found.excess_agree is None
    assert found.excess.expected == pytest.approx(0.1)  # 20 on two other options, so 10 on the trap
    assert found.excess.value == pytest.approx(0.4)
    assert found.pull is not None and found.pull.value == pytest.approx(0.4, abs=1e-5)
    assert found.ability is not None and found.ability.value == pytest.approx(1 / 3, abs=1e-5)
    assert found.excess_of["trap"] == found.excess


def test_excess_over_errors_as_on_agree_items_and_else_on_controls() -> None:
    torn = {"true_task": 60, "trap": 40}
    agreed = row(scores(torn, ONE, chance=0.5), scores({"both": 90, "other": 10}, SAME, chance=0.5))
    found = agreed.attribution
    assert found.excess is None  # of two options an error is the trap
    assert found.excess_agree is not None
    assert found.excess_agree.expected == pytest.approx(0.1)
    assert found.excess_agree.value == pytest.approx(0.3)
    assert agreed.control is None
    alone = {"true_task": "A"}
    plain = row(scores(torn, ONE, chance=0.5), scores({"true_task": 70, "other": 30}, alone, chance=0.5))
    assert plain.attribution.excess_agree is not None
    assert plain.attribution.excess_agree.value == pytest.approx(0.1)
    assert plain.control is not None and plain.control == plain.agree
    assert plain.attribution.ability is not None
    assert plain.attribution.ability.value == pytest.approx(0.4, abs=1e-4)


def test_free_answers_hit_a_distractor_by_no_accident() -> None:
    found = row(scores({"true_task": 5, "trap": 3, "other": 2}, ONE, chance=None))
    excess, lured = found.attribution.excess, found.conflict.lured
    assert excess is not None and lured is not None
    assert (excess.expected, excess.value) == (0.0, 0.3)
    assert (excess.low, excess.high) == pytest.approx((lured.low, lured.high))


def test_each_of_several_distractors() -> None:
    found = row(scores({"true_task": 40, "trap": 35, "lure": 15, "other": 10}, TWO)).attribution
    assert found.bait == 0.5
    assert found.excess is not None and found.excess.value == pytest.approx(0.5 - 0.1 * 0.5 / 0.25)
    assert found.excess_of["trap"].value == pytest.approx(0.35 - 0.1)
    assert found.excess_of["lure"].value == pytest.approx(0.15 - 0.1)


def test_two_distractors_that_want_one_option_are_one_bait() -> None:
    alike = {"true_task": "A", "trap": "B", "lure": "B"}
    found = row(scores({"true_task": 40, "trap": 40, "other": 20}, alike)).attribution
    assert found.bait == 0.25
    assert found.excess_of["trap"].value == pytest.approx(0.3)
    assert found.excess_of["lure"].value == 0


def test_a_distractor_that_speaks_on_some_items_only() -> None:
    first = scores({"true_task": 10, "trap": 5, "other": 5}, ONE)
    second = scores({"true_task": 10, "lure": 5, "other": 5}, {"true_task": "A", "lure": "C"})
    found = row(first, second).attribution
    assert found.bait == 0.25
    assert found.excess_of["trap"].value == pytest.approx(5 / 40 - 0.25 * 0.125 / 0.5)


def test_what_was_not_understood_is_no_error() -> None:
    whole = row(scores({"true_task": 30, "trap": 50, "other": 20}, ONE)).attribution
    lost = row(scores({"true_task": 30, "trap": 50, "other": 20, "unparsed": 100}, ONE)).attribution
    assert whole.pull is not None and lost.pull is not None
    assert lost.pull.value == pytest.approx(whole.pull.value)
    assert lost.excess is not None and lost.excess.value == pytest.approx(0.2)


def test_tasks_without_a_distractor_show_ability_alone() -> None:
    found = row(scores({"true_task": 70, "other": 30}, {"true_task": "A"})).attribution
    assert found.pull is None and found.why == "no answer to an item in conflict"
    assert found.ability is not None and found.ability.value == pytest.approx(0.6, abs=1e-5)
    assert found.excess is None and found.excess_of == {}


def test_two_options_and_nothing_to_hold_them_against() -> None:
    found = row(scores({"true_task": 60, "trap": 40}, ONE, chance=0.5)).attribution
    assert found.ability is found.pull is found.excess is found.excess_agree is None
    assert found.why.startswith("every error is the distractor's answer")


COUNTS = st.integers(0, 40)


@settings(deadline=None)
@given(COUNTS, COUNTS, COUNTS, COUNTS, COUNTS, st.sampled_from([None, 0.5, 0.25]))
def test_intervals_hold_their_values_and_keep_to_their_range(t, d, o, a, e, chance) -> None:
    o = 0 if chance == 0.5 else o
    if t + d + o + a + e == 0:
        return
    found = row(
        scores({"true_task": t, "trap": d, "other": o}, ONE, chance=chance),
        scores({"both": a, "other": e}, SAME, chance=chance),
    )
    for one in (found.attribution.excess, found.attribution.excess_agree):
        assert one is None or -1 <= one.low <= one.value <= one.high <= 1
    for one in (found.attribution.ability, found.attribution.pull):
        assert one is None or 0 <= one.low <= one.value <= one.high <= 1
    assert load(Row, dump(found)) == found


@settings(deadline=None)
@given(st.floats(0, 1), st.floats(0, 1))
def test_both_excesses_are_the_pull_of_the_model(ability, pull) -> None:
    n, c = 1000, 0.25
    torn, agreed = predict(ability, pull, c, True), predict(ability, pull, c, False)
    counts = [round(n * share) for share in (*torn, agreed.true)]
    found = row(
        scores(dict(zip(("true_task", "trap", "other"), counts, strict=False)), ONE),
        scores({"both": counts[3], "other": n - counts[3]}, SAME),
    ).attribution
    for one in (found.excess, found.excess_agree):
        assert one is not None and one.value == pytest.approx(pull, abs=0.003)


def test_rows_of_earlier_versions_are_read() -> None:
    import json

    found = row(scores({"true_task": 3, "trap": 2}, ONE))
    old = {k: v for k, v in json.loads(dump(found)).items() if k not in ("control", "attribution")}
    assert load(Row, json.dumps(old)) == replace(found, control=None, attribution=None)


# --- numbers about all items --------------------------------------------------------------------------


def test_a_number_about_all_items_takes_those_that_have_what_it_needs() -> None:
    some = [replace(one, numbers={"x": float(i)}) for i, one in enumerate(scores({"true_task": 3}, ONE))]
    bare = replace(some[0], item="bare", attribution="trap", numbers={})
    joint = {"sum": Joint(needs=("x", "correct"), make=lambda x, right: (sum(x) + sum(right), None))}
    (found,) = aggregate([*some, bare], joint=joint)
    assert (found.numbers["sum"].n, found.numbers["sum"].value) == (3, 3.0 + 3.0)
    (none,) = aggregate([bare], joint=joint)
    assert "sum" not in none.numbers


def test_paired_rows_are_held_against_the_first_item_by_item() -> None:
    def worded(level: str, odds: list[float]) -> list[Score]:
        made = scores({"true_task": len(odds)}, ONE)
        return [
            replace(s, levels={"bias": level}, numbers={"logodds": o})
            for s, o in zip(made, odds, strict=True)
        ]

    joint = {"logodds_difference": Joint(needs=("logodds",), make=logodds_difference, paired=True)}
    plain, biased = worded("none", [1.0, 2.0, 3.0]), worded("strong", [0.0, 1.5, 1.5])
    first, second = aggregate([*plain, *biased[1:], biased[0]], joint=joint)
    assert "logodds_difference" not in first.numbers
    found = second.numbers["logodds_difference"]
    assert (found.n, found.value) == (3, pytest.approx(1.0))
    assert found.error == pytest.approx((0.25 / 3) ** 0.5)
    _, part = aggregate([*plain, biased[0]], joint=joint)
    assert part.numbers["logodds_difference"].n == 1


def test_wilson_is_what_an_excess_without_errors_has() -> None:
    found = row(scores({"true_task": 50, "trap": 50}, ONE)).attribution.excess
    assert found is not None and found.high == pytest.approx(wilson(0.5, 100).high)


def test_clusters_widen_all_that_is_said_of_a_lure() -> None:
    """Each answer four times in one cluster: as strangers they seem to tell more than they do."""
    plain = list(scores({"true_task": 40, "trap": 80, "other": 40}, ONE))
    agreed = list(scores({"both": 70, "other": 30}, SAME))
    tied = [
        replace(one, cluster=f"{kind} {at // 4}")
        for kind, some in (("torn", plain), ("same", agreed))
        for at, one in enumerate(some)
    ]
    free, found = row(iter([*plain, *agreed])).attribution, row(iter(tied)).attribution
    for name in ("excess", "excess_agree", "ability", "pull"):
        one, other = getattr(free, name), getattr(found, name)
        assert other.value == pytest.approx(one.value, abs=1e-6)
        assert other.high - other.low > 1.5 * (one.high - one.low), name
    one, other = free.excess_of["trap"], found.excess_of["trap"]
    assert other.high - other.low > 1.5 * (one.high - one.low)


def test_items_asked_several_times_tell_more_than_once() -> None:
    """Answers by luck alone, four to an item: the interval is that of four times as many."""
    names = ["true_task", "trap", "other", "trap"] * 60
    once = list(scores({"true_task": 60, "trap": 120, "other": 60}, ONE))
    four = [
        replace(one, item=f"i{at // 4}", attribution=name, correct=name == "true_task")
        for at, (one, name) in enumerate(zip(once, names, strict=True))
    ]
    often, single = row(iter(four)).attribution, row(iter(once)).attribution
    assert often.pull.value == pytest.approx(single.pull.value, abs=1e-6)
    assert often.pull.high - often.pull.low < 1.15 * (single.pull.high - single.pull.low)
