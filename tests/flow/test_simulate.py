"""Simulated models answer whole builds: every measure, nothing lost, and just what the arrays say."""

import json
from pathlib import Path

import pytest

from taskc.analysis.simulate import design_of, right_answers
from taskc.backends import ModelError, Surroundings, describe_model, open_model
from taskc.flow.build import compile_paths
from taskc.flow.build_folder import open_build
from taskc.flow.evaluate import Job, evaluate
from taskc.flow.ladders import find_ladder, shipped_ladders
from taskc.flow.placed import against
from taskc.flow.run_curves import run_curves
from taskc.flow.selection import BadSelection, Wanted
from taskc.flow.simulate import SimulateJob, name_on, simulate, spread_over
from taskc.metrics.score import chance_of
from taskc.records.lines import load_all
from taskc.records.operation import Failure, Generate, Prompt, Score
from taskc.records.request import Message, Request
from taskc.records.score import Score as ScoreLine
from taskc.records.simulated import Subject, accuracy_of, asked_of, binds

ROOT = Path(__file__).parents[2]
TASKS = """\
allow missing-canary, too-few-items, answer-position "a test"

regime many extends cot {
  samples     3
  temperature 0.7
  vote        majority
}
regime thought_of_often extends step_by_step {
  samples     3
  temperature 0.7
  vote        majority
}

task facts {
  item { q: text, options_: text[3], answer: one of options_, trap: one of options_, rationale: text }
  items [
    { q: "One?",   options_: ["red", "green", "dark blue"], answer: "red", trap: "green", rationale: "a" }
    { q: "Two?",   options_: ["red", "green", "dark blue"], answer: "green", trap: "green", rationale: "b" }
    { q: "Three?", options_: ["oak", "ash", "yew tree"], answer: "yew tree", trap: "oak", rationale: "c" }
    { q: "Four?",  options_: ["oak", "ash", "yew tree"], answer: "ash", trap: "oak", rationale: "d" }
    { q: "Five?",  options_: ["oak", "ash", "yew tree"], answer: "oak", trap: "oak", rationale: "e" }
    { q: "Six?",   options_: ["one", "two", "three"], answer: "two", trap: "one", rationale: "f" }
  ]
  true_task  "Tell." -> answer
  distractor "Be led." -> trap
  options options_
  prompt {
    system "Be brief."
    user   "{{ q }}"
  }
  reply   "Answer: {{ answer }}!"
  regimes zero_shot, one_shot
  measure choice, reply

  subtask in_tokens { measure choice(normalise = tokens) }
  subtask in_bytes { measure choice(normalise = bytes) }
  subtask in_itself { measure choice(normalise = unconditional) }
  subtask lettered {
    options options_ as letters
    prompt  "{{ q }}\\n{{ options }}"
    reply   "Answer: {{ answer }}"
    regimes zero_shot, cot, step_by_step, many, thought_of_often
    measure choice, label, reply
  }
}

task sums {
  item { a: int, b: int, rationale: text }
  items [
    { a: 1, b: 2, rationale: "x" }, { a: 4, b: 3, rationale: "y" }, { a: 2, b: 2, rationale: "z" },
    { a: 9, b: 1, rationale: "v" }, { a: 5, b: 0, rationale: "w" },
  ]
  true_task  "Add." -> a + b
  distractor "Multiply." -> a * b when a != 4
  prompt  "{{ a }} + {{ b }} ="
  reply   "{{ answer }}"
  regimes zero_shot, cot, step_by_step
}

task words {
  item { w: text, answer: text }
  items [ { w: "up", answer: "down" }, { w: "hot", answer: "cold" }, { w: "in", answer: "out" } ]
  true_task  "Opposite." -> answer
  distractor "Repeat." -> w
  prompt  "Opposite of {{ w }}?"
  reply   "It is {{ answer }}."
  regimes zero_shot, one_shot
}
"""


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated")
    (folder / "some.task").write_text(TASKS, encoding="utf-8")
    built = compile_paths([str(folder / "some.task")], folder / "build")
    assert built.manifest is not None, [d.message for d in built.understood.found]
    return folder / "build"


@pytest.fixture
def around(tmp_path: Path) -> Surroundings:
    return Surroundings(cache=tmp_path)


def requests_of(build: Path) -> list[Request]:
    return list(open_build(build)[1]())


def lines_of(path: Path, kind: type) -> list:
    with path.open("rb") as file:
        return list(load_all(kind, file))


def test_every_measure_is_answered_as_the_arrays_say(
    build: Path, around: Surroundings, tmp_path: Path
) -> None:
    """By all ways from prompt to score the same is right as in `right_answers`; no reply is misread."""
    subjects = [
        Subject(name=name, ability=ability, pull=pull, seed=3, spread=0.5)
        for name, ability, pull in [("s", 0.3, 0.1), ("m", 0.6, 0.5), ("l", 0.9, 0.3)]
    ]
    models = [
        f"simulated/{one.name}?build={build}&ability={one.ability}&pull={one.pull}&seed=3&spread=0.5"
        for one in subjects
    ]
    done = evaluate(Job(build=build, models=tuple(models), runs=tmp_path, pictures=False), around)
    assert done.scored is not None and not done.scored.missing
    assert all(not tally.failed and not tally.skipped for tally in done.tallies)
    scores: list[ScoreLine] = lines_of(done.scored.folder / "scores.jsonl", ScoreLine)
    lines = [one for one in requests_of(build) if one.stage == "answer"]
    answers = {one.id: one for one in reversed(lines)}  # what two tasks ask alike is asked once
    asked = [asked_of(one) for one in answers.values()]
    matrix = right_answers(design_of(asked), subjects)
    known = {
        (tally.model, name): bool(right)
        for tally, row in zip(done.tallies, matrix, strict=True)
        for name, right in zip(answers, row, strict=True)
    }
    plain = [one for one in scores if one.regime not in ("many", "thought_of_often")]
    assert {one.measure for one in plain} == {
        "choice", "choice(tokens)", "choice(bytes)", "choice(unconditional)", "label", "reply",
    }  # fmt: skip
    assert len(plain) == 3 * sum(one.regime not in ("many", "thought_of_often") for one in lines)
    assert [one.correct for one in plain] == [known[one.model, one.request] for one in plain]
    assert not [one for one in scores if one.given is None]
    assert {one.rung for one in scores if one.measure == "reply"} <= {"exact", "vote"}
    voted = [one for one in scores if one.rung == "vote"]
    assert voted and len({one.numbers["agreement"] for one in voted}) > 1  # samples differ


def test_a_simulated_model_is_asked_like_any_other(build: Path, around: Surroundings) -> None:
    """Its name has all that its answers depend on, and it answers nothing that the build does not ask."""
    said = f"simulated/1b?build={build}&ability=0.80"
    known = describe_model(said, around)
    sha = open_build(build)[0].requests_sha256[:8]
    assert known.model == f"simulated/1b?ability=0.8&build={sha}&pull=0&seed=0&spread=1"
    model = open_model(said, around)
    assert (model.model, model.capabilities) == (known.model, known.capabilities)
    assert not known.charged
    prompt = Prompt(messages=(Message(role="user", content="What is this?"),))
    for operation in (Score(prompt=prompt, continuations=("a",)), Generate(prompt=prompt, max_tokens=1)):
        assert isinstance(model._outcome(operation), Failure)


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("simulated/x?ability=0.5", "does not say `build`"),
        ("simulated/x?build={build}", "does not say `ability`"),
        ("simulated/x?build=nowhere&ability=0.5", "there is no build in `nowhere`"),
        ("simulated/x?build={build}&ability=1.5", "parameter `ability` is `1.5`"),
        ("simulated/x?build={build}&ability=0.5&power=1", "no parameter `power`"),
    ],
)
def test_what_a_simulated_model_needs(model: str, told: str, build: Path, around: Surroundings) -> None:
    for use in (describe_model, open_model):
        with pytest.raises(ModelError, match=told):
            use(model.format(build=build), around)


def test_guesses_mean_what_they_do_in_scoring(build: Path, tmp_path: Path) -> None:
    """Where the scorer knows a chance, simulated models guess by it."""
    shipped = compile_paths([str(ROOT / "tasks")], tmp_path / "build")
    assert shipped.manifest is not None
    for request in [*requests_of(build), *requests_of(tmp_path / "build")]:
        assert binds(request) == (chance_of(request) is not None)


def job(build: Path, tmp_path: Path, **given) -> SimulateJob:
    return SimulateJob(**{"build": build, "runs": tmp_path / "simulated", "pictures": False, **given})


def test_a_run_of_a_shape(build: Path, around: Surroundings, tmp_path: Path) -> None:
    """A run for each task, with its truth beside it; expected shares are those of its ability and pull."""
    wanted = Wanted(names={"task": ("facts", "words")})
    done = simulate(
        job(build, tmp_path, shape="u_shaped", effect=0.2, models=4, part="conflict", wanted=wanted), around
    )
    assert [one.truth.task for one in done] == ["facts", "words"]
    for one in done:
        folder = one.evaluated.scored.folder
        assert "-4-simulated-" in folder.name
        written = json.loads((folder / "simulated.json").read_text())
        assert [m["model"] for m in written["models"]] == [t.model for t in one.evaluated.tallies]
        shares = [m.expected for m in one.truth.models]
        assert [shares[0] - shares[1], shares[3] - shares[1]] == pytest.approx([0.2, 0.2], abs=1e-5)
        asked = [
            asked_of(r)
            for r in requests_of(build)
            if r.stage == "answer" and r.task.partition(".")[0] == one.truth.task
        ]
        conflict = [a for a in asked if a.lures]
        for m in one.truth.models:
            assert accuracy_of(m.ability, m.pull, conflict) == pytest.approx(m.expected, abs=1e-4)
        assert {j.curve.family for j in one.judged} == {"simulated"}
    again = simulate(
        job(build, tmp_path, shape="u_shaped", effect=0.2, models=4, part="conflict", wanted=wanted), around
    )
    assert [one.truth for one in again] == [one.truth for one in done]
    assert all(tally.asked == 0 for one in again for tally in one.evaluated.tallies)


def test_given_abilities(build: Path, around: Surroundings, tmp_path: Path) -> None:
    """Ability and pull as they are said, on the sizes of a real family that is told to be simulated."""
    given = {"abilities": (0.2, 0.6, 0.9), "pulls": (0.1,), "ladder": "pythia"}
    (one,) = simulate(job(build, tmp_path, **given), around)
    assert (one.truth.shape, one.truth.task) == ("", "")
    assert [(m.ability, m.pull) for m in one.truth.models] == [(0.2, 0.1), (0.6, 0.1), (0.9, 0.1)]
    assert all(m.model.startswith("simulated/EleutherAI/pythia-") for m in one.truth.models)
    curves = run_curves([one.evaluated.scored.folder], against([], [])).curves
    assert {curve.family for curve in curves} == {"simulated/pythia"}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"shape": "u_shaped", "models": 2}, "2 models show no shape `u_shaped`"),
        (
            {"shape": "inverse", "effect": 0.95},
            "95 points cannot be had on all items of `facts`",
        ),
        ({"shape": "flat", "models": 50}, "has 11 models, and 50 are wanted"),
        ({"abilities": (0.1, 0.2), "pulls": (0.1, 0.2, 0.3)}, "there are 2 abilities and 3 pulls"),
        ({"shape": "flat", "ladder": "nobody"}, "no ladder `nobody`"),
        ({"shape": "flat", "part": "agree"}, "`words` has none of the other items"),
    ],
)
def test_what_cannot_be_had(given, told: str, build: Path, around: Surroundings, tmp_path: Path) -> None:
    with pytest.raises(BadSelection, match=told):
        simulate(job(build, tmp_path, **given), around)


def test_models_are_spread_over_a_ladder() -> None:
    """Equal steps, as wide as there is room for."""
    names = [[name_on(rung) for rung in spread_over(find_ladder("simulated"), n)] for n in (1, 3, 5, 6)]
    assert names == [
        ["300m"] if names[0] == ["300m"] else names[0],
        ["10m", "3b", "1t"],
        ["30m", "300m", "3b", "30b", "300b"],
        ["10m", "100m", "1b", "10b", "100b", "1t"],
    ]
    for ladder in shipped_ladders().values():
        assert spread_over(ladder, len(ladder.model)) == list(ladder.model)


def test_the_table_finds_ability_and_pull_again(around: Surroundings, tmp_path: Path) -> None:
    """What goes in on one side of the pipeline comes out on the other."""
    built = compile_paths([str(ROOT / "tasks" / "negation_qa")], tmp_path / "build")
    assert built.manifest is not None
    wanted = Wanted(names={"regime": ("zero_shot", "few_shot")})
    (one,) = simulate(
        job(tmp_path / "build", tmp_path, abilities=(0.7,), pulls=(0.4,), wanted=wanted), around
    )
    rows = one.evaluated.scored.rows
    assert len(rows) == 6
    for row in rows:
        told = row.attribution
        assert told.ability.low < 0.7 < told.ability.high
        assert told.pull.low < 0.4 < told.pull.high
