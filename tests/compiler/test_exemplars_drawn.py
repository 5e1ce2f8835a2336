"""Which exemplars are drawn: however many stand in the way, in the order asked for, or told to be too few."""

from pathlib import Path

import pytest

from taskc.compiler import exemplars
from taskc.compiler.limits import Meter
from taskc.compiler.scene import ItemProblem, Stage, stage
from tests.compiler.small import Rows, only, pairs, read, task


def ready(folder: Path, rows: Rows, settings: str, *more: str) -> Stage:
    one = only(read(folder, task(rows, f"regimes {{\n few_shot {{\n{settings}\n }}\n}}", *more)))
    return stage(one, one.variants[0], Meter())


def shown(made: Stage, position: int) -> list[str]:
    """Give the ids of the exemplars that the item at a position is shown."""
    chosen = exemplars.choose(made, exemplars.pool(made), made.scene(made.task.items[position]))
    return [made.task.items[one].id for one in chosen]


SAME = {"q": "Same?", "a": "yes", "b": "no"}


@pytest.mark.parametrize("seed", range(3))
def test_twins_however_many_make_room(seed: int, tmp_path: Path) -> None:
    """The one item that is another is shown, wherever it is drawn."""
    made = ready(tmp_path, [SAME] * 120 + pairs(1), f"shots 1\n seed {seed}")
    assert shown(made, 0) == shown(made, 77) == ["121"]
    (other,) = shown(made, 120)
    assert other != "121"


def test_too_few_are_told_with_what_there_is(tmp_path: Path) -> None:
    cases = (
        ([SAME] * 3, "shots 1", "shows 1 exemplar, and task `t` has none for this item"),
        (pairs(3), "shots 4", "shows 4 exemplars, and task `t` has 2 for this item"),
        (pairs(3), "shots 3", "shows 3 exemplars, and task `t` has 2 for this item"),
        (pairs(3), "shots 2", None),
    )
    for rows, settings, told in cases:
        made = ready(tmp_path, rows, settings)
        if told is None:
            assert len(shown(made, 0)) == 2
            continue
        with pytest.raises(ItemProblem) as problem:
            shown(made, 0)
        assert problem.value.message == f"regime `few_shot` {told}"
        assert problem.value.help == "ask for fewer shots, add items, or loosen `exemplars where`"


def test_too_few_of_those_that_are_not_asked(tmp_path: Path) -> None:
    for free, words in (
        (1, "the 1 item that `test where` leaves"),
        (2, "the 2 items that `test where` leaves"),
    ):
        ids = ", ".join(f'"{n + 1}"' for n in range(free))
        made = ready(tmp_path, pairs(5), "shots 3", f"test where id not in [{ids}]")
        with pytest.raises(ItemProblem) as problem:
            shown(made, 4)
        assert problem.value.help == (
            f"exemplars come from {words} unasked: leave more, or ask for fewer shots"
        )


def test_exemplars_come_from_what_is_not_asked(tmp_path: Path) -> None:
    """All of them, where all are asked."""
    made = ready(tmp_path, pairs(6), "shots 3", 'test where id in ["1", "4", "6"]')
    assert sorted(shown(made, 0)) == sorted(shown(made, 3)) == ["2", "3", "5"]
    made = ready(tmp_path, pairs(4), "shots 3", 'test where id != "9"')
    assert sorted(shown(made, 0)) == ["2", "3", "4"]


def test_exemplars_that_satisfy_a_condition(tmp_path: Path) -> None:
    """Of what is not asked; of all where none of those does."""
    asked = 'test where id in ["1", "2", "3"]'
    made = ready(tmp_path, pairs(6), 'shots 1\n exemplars where a == "yes 4"', asked)
    assert shown(made, 0) == ["5"]
    made = ready(tmp_path, pairs(6), 'shots 1\n exemplars where a == "yes 1"', asked)
    assert shown(made, 0) == ["2"]
    made = ready(tmp_path, pairs(6), "shots 1\n exemplars where 1 / 0 == 1", asked)
    with pytest.raises(ItemProblem, match="this divides by zero"):
        shown(made, 0)


def test_the_order_in_which_exemplars_are_shown(tmp_path: Path) -> None:
    orders = {
        order: shown(ready(tmp_path, pairs(9), f"shots 6\n order {order}"), 0)
        for order in ("drawn", "reversed", "as_written")
    }
    assert orders["reversed"] == orders["drawn"][::-1]
    assert orders["as_written"] == sorted(orders["drawn"]) != orders["drawn"]


def test_listed_exemplars_are_shown_as_listed_without_the_asked_one(tmp_path: Path) -> None:
    made = ready(tmp_path, pairs(4), 'shots 3\n exemplars ["4", "1", "3"]')
    assert shown(made, 1) == ["4", "1", "3"]
    assert shown(made, 0) == ["4", "3"]
    made = ready(tmp_path, pairs(4), 'shots 1\n exemplars ["2"]')
    with pytest.raises(ItemProblem, match="has none for this item"):
        shown(made, 1)
    made = ready(tmp_path, pairs(4), 'shots 1\n exemplars ["4", "3"]')
    assert (shown(made, 0), shown(made, 3)) == (["4"], ["3"])


def test_balanced_exemplars_take_answers_in_turn(tmp_path: Path) -> None:
    """And whoever stands in for the asked item has its answer, as long as there is one."""
    rows = [{"q": f"{n}?", "a": a, "b": "z"} for n, a in enumerate("xxxxxyyyw")]
    made = ready(tmp_path, rows, "shots 6\n exemplars balanced\n seed 3")
    for position in range(9):
        answers = sorted(rows[int(id) - 1]["a"] for id in shown(made, position))
        wanted = sorted(
            "xxxyyw" if rows[position]["a"] != "w" else "xxxyyy" if answers[-1] == "y" else "xxxxyy"
        )
        assert answers == wanted
        assert str(position + 1) not in shown(made, position)
    order = shown(made, 0)
    assert [rows[int(id) - 1]["a"] for id in order] != sorted(rows[int(id) - 1]["a"] for id in order)


@pytest.mark.parametrize(
    "settings", ["shots 2", "shots 2\n exemplars balanced", 'shots 2\n exemplars where a != ""']
)
@pytest.mark.parametrize("seed", range(5))
def test_items_of_one_cluster_are_no_exemplars_of_each_other(
    settings: str, seed: int, tmp_path: Path
) -> None:
    """The counterpart of an item, which holds its answer, is not shown; and others see what they saw."""
    rows = [
        {"q": f"{n} {kind}?", "a": f"yes {n}", "b": f"no {n}"} for n in range(4) for kind in ("so", "not so")
    ]
    settings = f"{settings}\n seed {seed}"
    apart = ready(tmp_path, rows, settings, "cluster by a")
    alone = ready(tmp_path, rows, settings)
    met = 0
    for position in range(8):
        other = str((position ^ 1) + 1)
        own = shown(apart, position)
        assert len(own) == 2 and not {other, str(position + 1)} & set(own)
        plain = shown(alone, position)
        met += other in plain
        assert other in plain or own == plain
    assert met


def test_too_few_outside_the_cluster(tmp_path: Path) -> None:
    rows = [{"q": f"{n}?", "a": "yes" if n else "no", "b": "maybe"} for n in range(4)]
    made = ready(tmp_path, rows, "shots 2", "cluster by a")
    assert len(shown(made, 0)) == 2
    with pytest.raises(ItemProblem) as problem:
        shown(made, 1)
    assert problem.value.message == "regime `few_shot` shows 2 exemplars, and task `t` has 1 for this item"
    assert (
        problem.value.help
        == "items of one cluster are no exemplars of each other: ask for fewer shots, or add items"
    )


def test_items_without_a_cluster_stand_for_themselves(tmp_path: Path) -> None:
    rows = [{"q": f"{n}?", "a": f"yes {n}", "b": f"no {n}"} for n in range(4)]
    made = ready(tmp_path, rows, "shots 3", 'cluster by ""')
    assert [len(shown(made, position)) for position in range(4)] == [3] * 4
