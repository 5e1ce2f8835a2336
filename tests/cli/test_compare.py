"""`taskc compare` as a process: sides, tables, conditions, exit codes, and the forms for CI."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from runs_made import score, write_run

from taskc.records.score import Missing, Score

Write = Callable[..., Path]


def scores(right: Sequence[bool], **changes: Any) -> list[Score]:
    """Give a score an item, right or lured."""
    return [
        score(
            at,
            "true_task" if one else "trap",
            **{"numbers": {"loss": 0.5 + at % 7 / 10 + (not one)}, **changes},
        )
        for at, one in enumerate(right)
    ]


def write(folder: Path, found: Sequence[Score], missing: Sequence[Missing] = ()) -> str:
    return write_run(folder, found, missing).name


GOOD = [True] * 80 + [False] * 20
WORSE = [True] * 60 + [False] * 40


@pytest.fixture
def two(folder: Path) -> tuple[str, str]:
    """Two runs of one model each on the same hundred items; the second is right on twenty fewer."""
    return write(folder / "a", scores(GOOD)), write(folder / "b", scores(WORSE, model="fake/b"))


def test_two_runs_are_compared_item_by_item(run: Any, two: tuple[str, str]) -> None:
    ran = run("compare", *two)
    assert ran.code == 0
    head, _, _, row, *_ = ran.out.splitlines()
    assert head == "b against a"
    assert row.split()[:6] == ["quiz", "zero_shot", "reply", "accuracy", "80", "60"]
    assert row.split()[6:] == ["−20.0", "[−28.9,", "−13.3]", "100", "0", "20", "<0.001", "<0.001"]
    assert "Paired by item" in ran.out and "McNemar, exact" in ran.out
    assert ran.err == ""
    other = run("compare", *reversed(two))
    assert "+20.0 [+13.3, +28.9]" in other.out


def test_a_gate(run: Any, two: tuple[str, str]) -> None:
    fine = run("compare", *two, "--fail-if", "accuracy drop > 0.2")
    assert (fine.code, fine.err) == (0, "passed: the condition does not hold\n")
    over = run("compare", *two, "--fail-if", "accuracy drop > 0.19", "--fail-if", "lured drop > 0.1")
    assert over.code == 3
    assert over.err == (
        "failed: quiz, zero_shot, reply: accuracy of b against a: "
        "`accuracy drop > 0.19` holds: accuracy drop 0.2\n"
    )
    unsure = run("compare", *two, "--fail-if", "accuracy drop > 0.19", "--sure", "0.95")
    assert unsure.code == 0
    sure = run("compare", *two, "--fail-if", "accuracy drop > 0.1", "--sure", "0.95")
    assert sure.code == 3 and "so does the whole 95 % interval" in sure.err
    assert run("compare", *reversed(two), "--fail-if", "accuracy drop > 0.02").code == 0


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("accuracy dropp > 0.1", "error[syntax]: `dropp` is no way to move"),
        ("accuracy drop > 10", "write 0.1 for 10 %"),
        (
            "margin drop > 0.1",
            "error[unknown-name]: nothing here measures `margin`, so this could never fail",
        ),
        ("", "this condition is empty"),
    ],
)
def test_a_condition_that_cannot_be_is_never_passed(
    quick: Any, two: tuple[str, str], condition: str, said: str
) -> None:
    ran = quick("compare", *two, "--fail-if", condition)
    assert ran.code == 2 and said in ran.err and ran.out == ""
    assert "--fail-if:1:" in ran.err and "help: " in ran.err


def test_the_forms_for_machines(run: Any, two: tuple[str, str]) -> None:
    gate = ("--fail-if", "accuracy drop > 0.1", "--fail-if", "loss rise > 5")
    told = json.loads(run("compare", *two, *gate, "--format", "json").out)
    accuracy, loss = told["comparisons"]
    assert (accuracy["metric"], accuracy["n"], accuracy["up"], accuracy["down"]) == ("accuracy", 100, 0, 20)
    assert accuracy["p_adjusted"] == pytest.approx(2 * min(accuracy["p"], loss["p"]))
    assert [one["failed"] for one in told["conditions"]] == [[0], []]
    assert told["adjusted"] == "Holm (1979)"

    ran = run("compare", *two, *gate, "--format", "junit")
    assert ran.code == 3
    [suite] = ElementTree.fromstring(ran.out)
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    failing, passing = suite.findall("testcase")
    assert failing.get("name") == "quiz, zero_shot, reply: accuracy of b against a"
    assert failing.find("failure").get("message") == "`accuracy drop > 0.1` holds: accuracy drop 0.2"
    assert passing.find("failure") is None and "+0.200" in passing.findtext("system-out")

    ran = run("compare", *two, *gate, "--format", "github")
    assert ran.code == 3
    first, second = ran.out.splitlines()
    assert first.startswith("::error title=taskc compare::quiz, zero_shot, reply: accuracy of b against a: ")
    assert "%0A0.800 to 0.600, -0.200" in first
    assert second.startswith("::notice title=taskc compare::quiz, zero_shot, reply: loss of b")


def test_one_run_by_model_regime_and_factor(run: Any, folder: Path) -> None:
    found = [
        *scores(GOOD),
        *scores(WORSE, model="fake/b"),
        *scores(WORSE, regime="few_shot"),
        *scores(GOOD, regime="few_shot", levels={"order": "as_written"}, measure="label", lowering="labels"),
        *scores(WORSE, regime="few_shot", levels={"order": "reversed"}, measure="label", lowering="labels"),
    ]
    name = write(folder / "r", found)
    by_model = run("compare", name, "--by", "model")
    assert "fake/b against fake/a\n" in by_model.out and by_model.code == 0
    assert "note: only `fake/a` has quiz, few_shot, reply by `generate`" in by_model.err
    assert "fake/a against fake/b" in run("compare", name, "--by", "model", "--against", "fake/b").out
    assert "few_shot against zero_shot, fake/a\n" in run("compare", name, "--by", "regime").out
    by_order = run("compare", name, "--by", "order", "--metric", "lured", "--metric", "loss")
    assert "reversed against as_written, fake/a\n" in by_order.out
    assert "adjusted by Holm (1979) over these 2 comparisons" in " ".join(by_order.out.split())
    of_one = run("compare", f"{name}:fake/a", f"{name}:fake/b", "--adjust", "bh")
    assert f"{name}:fake/b against {name}:fake/a" in of_one.out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("a",), 2, "say what is compared: --by model, --by regime, or --by FACTOR"),
        (("a", "b", "a"), 2, "name two runs"),
        (("a", "b", "--by", "model"), 2, "--by and --against go with one run"),
        (("a", "b", "--sure", "0.9"), 2, "--sure is about conditions"),
        (("a", "gone"), 1, "there is no run in `gone`"),
        (("a", "b:fake/x"), 2, "`b` has no model `fake/x`"),
        (("a", "--by", "model"), 2, "there is one model, `fake/a`"),
        (("a", "--by", "color"), 2, "nothing was varied by `color`"),
        (("a", "b", "--metric", "acuracy"), 2, "nothing here measures `acuracy`"),
        (("a", "b", "--select", "task=quizz"), 2, "no task is called `quizz`"),
        (("a", "b", "--select", "colour=red"), 2, "nothing can be selected by `colour`"),
        (("a", "b", "--part", "agree"), 2, "no agree item was answered on both sides"),
        (("a", "c"), 2, "there is nothing to compare: only `a` has quiz, zero_shot, reply by `generate`"),
        (("a", "d"), 1, "line 1:"),
    ],
)
def test_what_cannot_be_compared_is_said(
    quick: Any, folder: Path, two: tuple[str, str], arguments: tuple[str, ...], code: int, said: str
) -> None:
    write(folder / "c", scores(GOOD, task="other"))
    write(folder / "d", [])
    (folder / "d" / "scores.jsonl").write_text("{}\n", encoding="utf-8")
    ran = quick("compare", *arguments)
    assert (ran.code, ran.out) == (code, ""), ran.err
    assert said in " ".join(ran.err.split())


def test_what_is_missing_alone_or_asked_in_another_way_is_told(run: Any, folder: Path) -> None:
    lost = Missing(
        task="quiz", item="99", regime="zero_shot", measure="reply", model="fake/a", why="busy",
        lowering="generate",
    )  # fmt: skip
    write(folder / "a", scores(GOOD))
    write(folder / "b", scores(WORSE[:95]), [lost])
    ran = run("compare", "a", "b")
    assert "95" in ran.out and "5, 0" in ran.out and "0, 1" in ran.out
    assert "alone: items answered on one side only" in " ".join(ran.out.split())
    [one] = json.loads(run("compare", "a", "b", "--format", "json").out)["comparisons"]
    assert (one["n"], one["only"], one["missing"]) == (95, [5, 0], [0, 1])
    write(folder / "c", scores(GOOD, lowering="generate+prefill"))
    ran = run("compare", "a", "c")
    assert ran.code == 2 and "was had in another way" in ran.err
    assert run("compare", "a", "c", "--mix-measures").code == 0


def test_a_gate_wants_all_that_the_first_side_has(run: Any, folder: Path) -> None:
    """What nobody asked the second time cannot pass; what is new there may be."""
    shots = {"regime": "few_shot", "request": "s"}
    write(folder / "old", [*scores(GOOD), *scores(GOOD, **shots)])
    write(folder / "new", scores(GOOD))
    condition = ("--fail-if", "accuracy drop > 0.02")
    ran = run("compare", "old", "new", *condition)
    assert ran.code == 2 and "a condition is about all of `old`, and only `old` has quiz, few_shot" in ran.err
    assert run("compare", "old", "new").code == 0
    assert run("compare", "new", "old", *condition).code == 0
    assert run("compare", "old", "new", "--select", "regime=zero_shot", *condition).code == 0


def worse(found: Sequence[Score], by: float) -> list[Score]:
    return [replace(one, numbers={"loss": one.numbers["loss"] + by}) for one in found]


@pytest.mark.parametrize(("items", "why"), [(100, "the whole 95 % interval"), (1, "no interval is known")])
def test_a_sure_gate_does_not_pass_for_want_of_an_interval(
    run: Any, folder: Path, items: int, why: str
) -> None:
    write(folder / "a", scores(GOOD[:items]))
    write(folder / "b", worse(scores(GOOD[:items]), 5.0))
    ran = run("compare", "a", "b", "--fail-if", "loss rise > 1", "--sure", "0.95")
    assert ran.code == 3 and why in ran.err
    assert run("compare", "a", "b", "--fail-if", "loss rise > 5", "--sure", "0.95").code == 0
    told = json.loads(run("compare", "a", "b", "--metric", "loss", "--format", "json").out)
    known = [told["comparisons"][0][name] for name in ("low", "high")]
    assert known == ([pytest.approx(5.0)] * 2 if items > 1 else [None, None])


def test_a_level_that_one_context_lacks_is_told(run: Any, folder: Path) -> None:
    regimes = ("zero_shot", "few_shot", "chain")
    found = [*scores(GOOD), *scores(GOOD, regime="few_shot"), *scores(GOOD, regime="chain")]
    found += [replace(one, model="fake/b") for one in found if one.regime != "chain"]
    ran = run("compare", write(folder / "r", found), "--by", "regime")
    assert ran.code == 0 and "only `zero_shot` and `few_shot` have quiz, reply, fake/b" in ran.err
    assert all(name in ran.out for name in regimes)


def test_a_gate_wants_each_metric_that_the_first_side_has(run: Any, folder: Path) -> None:
    shots = scores(GOOD, regime="few_shot")
    write(folder / "a", [*scores(GOOD), *shots])
    write(folder / "b", [*scores(GOOD), *(replace(one, numbers={}) for one in shots)])
    ran = run("compare", "a", "b", "--fail-if", "loss rise > 1")
    assert ran.code == 2 and "and only `a` has `loss` of quiz, few_shot, reply" in ran.err
    assert run("compare", "a", "b", "--fail-if", "accuracy drop > 0.1").code == 0
    told = run("compare", "a", "b", "--metric", "loss")
    assert told.code == 0 and "note: only `a` has `loss` of quiz, few_shot, reply" in told.err
    assert "note: only `a` has `loss`" in run("compare", "b", "a", "--fail-if", "loss rise > 1").err


def test_a_gate_wants_nine_items_of_ten_and_all_forms_count_the_rest(run: Any, folder: Path) -> None:
    lost = Missing(
        task="quiz", item="99", regime="zero_shot", measure="reply", model="fake/a", why="busy",
        lowering="generate",
    )  # fmt: skip
    write(folder / "a", scores(GOOD))
    write(folder / "b", scores(GOOD[:90]), [lost])
    write(folder / "c", scores(GOOD[:89]))
    write(folder / "d", [replace(one, item=f"other {one.item}") for one in scores(GOOD)])
    gate = ("--fail-if", "accuracy drop > 0.5")
    for form in ("junit", "github"):
        ran = run("compare", "a", "b", *gate, "--format", form)
        assert ran.code == 0 and "answered on one side only 10 and 0; missing 0 and 1" in ran.out
    few = run("compare", "a", "c", *gate)
    assert few.code == 2 and "11 of 100 items of `a` were not answered in `c`" in few.err
    assert "evaluate `c` whole" in few.err
    assert run("compare", "a", "c").code == run("compare", "c", "a", *gate).code == 0
    assert "100 of 100 items of `a`" in run("compare", "a", "d", *gate).err


def test_sides_that_share_no_item_are_two_samples_and_it_is_said(run: Any, folder: Path) -> None:
    write(folder / "a", scores(GOOD))
    write(folder / "b", [replace(one, item=f"other {one.item}") for one in scores(WORSE)])
    ran = run("compare", "a", "b")
    assert "Not paired" in ran.out and "Fisher, exact" in ran.out and "100, 100" in ran.out


def test_clusters_make_intervals_wider_and_are_said(run: Any, folder: Path) -> None:
    grouped = [
        [replace(one, cluster=str(int(one.item) // 10)) for one in found]
        for found in (scores(GOOD), scores(WORSE))
    ]
    write(folder / "a", grouped[0])
    write(folder / "b", grouped[1])
    ran = run("compare", "a", "b")
    assert "sign flips, exact" in ran.out and "Items of one cluster are not independent" in ran.out
    [one] = json.loads(run("compare", "a", "b", "--format", "json").out)["comparisons"]
    assert one["clusters"] == 10 and one["p"] == 0.5  # two clusters of ten moved, both one way


def test_what_was_evaluated_is_compared(run: Any, folder: Path) -> None:
    """An evaluation of several regimes says how, and a task's clusters reach the comparison."""
    text = (folder / "capitals.task").read_text(encoding="utf-8")
    (folder / "capitals.task").write_text(
        text.replace("  vary belief", "  cluster by trap\n  vary belief"), encoding="utf-8"
    )
    assert run("compile", "-q").code == 0
    ran = run("eval", "-m", "echo/x", "--no-picture")
    assert "item by item: taskc compare runs/" in ran.err and ran.err.count("--by regime") == 1
    command = ran.err.split("item by item: taskc ")[1].splitlines()[0].split()
    assert run(*command).code == 0
    two = run("eval", "-m", "echo/x", "-m", "echo/y", "--no-picture")
    assert "--by model" in two.err
    [*lines] = (folder / command[1] / "scores.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["cluster"] for line in lines} == {
        "Lyon",
        "Istanbul",
        "Rio",
        "Mombasa",
        "Toronto",
    }
    assert "item by item" not in run("eval", "-m", "echo/x", "--no-picture", "-q").err


@pytest.mark.parametrize(
    ("lacking", "why"),
    [
        ("regime", "and only `zero_shot` and `few_shot` have quiz, reply, fake/a"),
        ("metric", "and only `zero_shot` has `loss` of quiz, reply, fake/a"),
        ("items", "quiz, reply, fake/a: loss: 40 of 100 items of `zero_shot` were not answered in `chain`"),
    ],
)
def test_a_gate_within_one_run_wants_all_that_the_first_side_has(
    run: Any, folder: Path, lacking: str, why: str
) -> None:
    """A level, a metric or items that one side lacks are an error of the gate, and a note without one."""
    chain = scores(GOOD[:60] if lacking == "items" else GOOD, regime="chain")
    if lacking == "metric":
        chain = [replace(one, numbers={}) for one in chain]
    found = [*scores(GOOD), *scores(GOOD, regime="few_shot"), *chain]
    if lacking == "regime":
        found = [replace(one, model="fake/b") if one.regime == "chain" else one for one in found]
        found += [replace(one, model="fake/b") for one in scores(GOOD)]
    write(folder / "r", found)
    gate = ("--fail-if", "loss rise > 1")
    ran = run("compare", "r", "--by", "regime", *gate)
    assert (ran.code, ran.out) == (2, "") and why in ran.err and "help: " in ran.err
    assert run("compare", "r", "--by", "regime", "--metric", "loss").code == 0
    part = ("--select", "regime=zero_shot,few_shot")
    assert run("compare", "r", "--by", "regime", *part, *gate).code == (2 if lacking == "regime" else 0)


def test_two_samples_are_gated_only_where_that_is_said(run: Any, folder: Path) -> None:
    write(folder / "a", scores(GOOD))
    write(folder / "b", [replace(one, item=f"other {one.item}") for one in scores(WORSE)])
    gate = ("--fail-if", "accuracy drop > 0.1")
    ran = run("compare", "a", "b", *gate)
    assert ran.code == 2 and "`--unpaired` takes the sides for two samples" in ran.err
    ran = run("compare", "a", "b", *gate, "--unpaired")
    assert ran.code == 3 and "Not paired" in ran.out and "Fisher, exact" in ran.out
    assert run("compare", "a", "b", *gate, "--unpaired", "--sure", "0.95").code == 0
    write(folder / "c", scores(WORSE[:70]))
    assert run("compare", "a", "c", *gate, "--unpaired").code == 2  # items are shared: too few of them


def test_what_differs_can_be_taken_together(run: Any, folder: Path) -> None:
    """Items count alike over tasks; one that was asked in two regimes is one cluster."""
    both = [
        [*scores(right), *scores(right, regime="few_shot"), *scores(GOOD[:50], task="other")]
        for right in (GOOD, WORSE)
    ]
    write(folder / "a", both[0])
    write(folder / "b", both[1])
    told = json.loads(run("compare", "a", "b", "--pool", "task", "--format", "json").out)["comparisons"]
    assert [(one["task"], one["regime"], one["n"], one["pooled"]) for one in told] == [
        ("", "zero_shot", 150, {"task": 2}),
        ("quiz", "few_shot", 100, {}),
    ]
    assert told[0]["difference"] == pytest.approx(-20 / 150) and told[0]["clusters"] == 150
    pool = ("--pool", "regime", "--pool", "task")
    [one] = json.loads(run("compare", "a", "b", *pool, "--format", "json").out)["comparisons"]
    assert (one["n"], one["clusters"], one["down"]) == (250, 150, 40)
    assert one["difference"] == pytest.approx(-40 / 250)
    [alone] = json.loads(
        run("compare", "a", "b", "--select", "task=quiz regime=zero_shot", "--format", "json").out
    )["comparisons"]
    [twice] = json.loads(
        run("compare", "a", "b", "--select", "task=quiz", "--pool", "regime", "--format", "json").out
    )["comparisons"]
    # the same answers twice tell no more than once
    assert (twice["low"], twice["high"]) == pytest.approx((alone["low"], alone["high"]), abs=1e-3)
    assert twice["p"] == pytest.approx(alone["p"])
    text = run("compare", "a", "b", *pool, "--fail-if", "accuracy drop > 0.1")
    assert text.code == 3 and "2 regimes, 2 tasks" in " ".join(text.out.split())
    assert "Taken together: items count alike" in " ".join(text.out.split())
    ran = run("compare", "a", "b", "--pool", "tasks")
    assert ran.code == 2 and "there is no `tasks` to pool over" in ran.err and "`task`" in ran.err


def test_measures_are_selected_by(run: Any, folder: Path) -> None:
    both = [*scores(GOOD), *scores(GOOD, measure="choice(bytes)", lowering="score")]
    write(folder / "a", both)
    write(folder / "b", both)
    for value, measures in (
        ("reply", ["reply"]),
        ("choice", ["choice(bytes)"]),
        ("choice(bytes)", ["choice(bytes)"]),
    ):
        ran = run("compare", "a", "b", "--select", f"measure={value}", "--format", "json")
        assert [one["measure"] for one in json.loads(ran.out)["comparisons"]] == measures
    ran = run("compare", "a", "b", "--select", "measure=chioce")
    assert ran.code == 2 and "no measure is called `chioce`" in ran.err and "`choice`" in ran.err


def test_simulated_models_are_matched_by_name(run: Any, folder: Path) -> None:
    """Two runs of `taskc simulate` hold models of one name, whose abilities differ."""
    for name, ability in (("a", "0.4"), ("b", "0.6")):
        right = GOOD if name == "a" else WORSE
        write(
            folder / name,
            [
                one
                for size in ("1b", "2b")
                for one in scores(right, model=f"simulated/{size}?ability={ability}")
            ],
        )
    ran = run("compare", "a", "b")
    assert ran.code == 0 and "b against a, simulated/1b\n" in ran.out
    assert "simulated models are matched by what stands before `?`" in ran.err
    shots = [replace(one, regime="few_shot") for one in scores(WORSE, model="simulated/1b?ability=0.2")]
    write(folder / "c", [*scores(GOOD, model="simulated/1b?ability=0.4"), *shots])
    ran = run("compare", "c", "--by", "regime")
    assert ran.code == 0 and "few_shot against zero_shot, simulated/1b\n" in ran.out
    assert "simulated models are matched by what stands before `?`" in ran.err
