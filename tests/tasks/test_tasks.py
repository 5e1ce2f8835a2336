"""The shipped tasks: their data keep what the cards promise, their answers are worked out again.

Nothing here looks inside the compiler: written items are read from their files, generated ones from
the prompts of a build.
"""

import json
import re
import subprocess
import sys
from collections import Counter
from fractions import Fraction
from itertools import combinations, pairwise
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import pytest

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "tasks"
NAMES = ("hindsight_neglect", "negation_qa", "quote_repetition", "redefine_math")
KINDS = (
    "pi_as_number",
    "pi_as_sum",
    "pi_as_remainder",
    "e_as_sum",
    "number_as_text",
    "plus_as_digit",
    "plus_as_random_digit",
    "divide_as_random_digit",
)


def rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def words(text):
    return re.findall(r"[\w'-]+", text.lower())


def even(part, whole, low=0.45, high=0.55):
    return low * whole <= part <= high * whole


# --- builds ------------------------------------------------------------------------------------------


def compiled(path, folder):
    """Compile with the command line, and give the manifest and the requests."""
    command = [sys.executable, "-m", "taskc", "compile", str(path), "-o", str(folder), "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return manifest, rows(folder / "requests.jsonl")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Compile the folder of shipped tasks once."""
    return compiled(SHIPPED, tmp_path_factory.mktemp("tasks"))


@pytest.fixture(scope="module")
def builds(whole):
    """Give the tasks (as the manifest tells them) and the requests of each shipped task by its name."""
    manifest, requests = whole
    return {
        name: (
            [task for task in manifest["tasks"] if task["name"].partition(".")[0] == name],
            [r for r in requests if r["task"].partition(".")[0] == name],
        )
        for name in NAMES
    }


def asked(requests, regime="zero_shot"):
    """Give each asked item once: (task, question as sent, request)."""
    return [
        (r["task"], r["messages"][-1]["content"], r)
        for r in requests
        if r["regime"] == regime and r["measure"] == "reply" and r["stage"] == "answer"
    ]


def shown(requests):
    """Give each exemplar once: (task, question, reply)."""
    pairs = set()
    for r in requests:
        turns = [(m["role"], m["content"]) for m in r["messages"]]
        for (role, question), (next_role, reply) in pairwise(turns):
            if (role, next_role) == ("user", "assistant"):
                pairs.add((r["task"], question, reply))
    return sorted(pairs)


# --- all tasks ---------------------------------------------------------------------------------------

HEADINGS = (
    "True task",
    "Distractor",
    "Source",
    "How the items were made",
    "Counts",
    "Exemplars",
    "Known limits",
    "Licence",
    "Canary",
)


@pytest.mark.parametrize("name", NAMES)
def test_the_card_says_what_is_needed(name):
    card = (SHIPPED / name / "card.md").read_text(encoding="utf-8")
    found = re.findall(r"^## (.+)$", card, flags=re.MULTILINE)
    assert [heading for heading in found if heading in HEADINGS] == list(HEADINGS)
    assert "2306.09479" in card and "CC-BY-4.0" in card


@pytest.mark.parametrize("name", NAMES)
def test_one_canary_stands_in_the_task_the_card_and_the_data(name):
    canary = f"taskc canary GUID {uuid5(NAMESPACE_URL, f'taskc/tasks/{name}')}"
    for path in sorted((SHIPPED / name).iterdir()):
        text = path.read_text(encoding="utf-8")
        assert re.findall(r"taskc canary GUID [0-9a-f-]{36}", text) == [canary], path.name


@pytest.mark.parametrize("name", NAMES)
def test_metadata_is_whole(builds, name):
    tasks, _ = builds[name]
    wanted = ["title", "about", "version", "authors", "license", "tags", "cite", "canary"]
    for task in tasks:
        assert task["meta"].keys() >= set(wanted)
        assert task["meta"]["license"] == ["CC-BY-4.0"]


def test_no_finding_is_an_error(whole):
    manifest, _ = whole
    assert [found for found in manifest["findings"] if found["severity"] == "error"] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_prompt_shows_the_asked_item_as_an_exemplar(builds, name):
    _, requests = builds[name]
    for r in requests:
        *earlier, last = [m["content"] for m in r["messages"] if m["role"] == "user"]
        assert last not in earlier
        assert len(set(earlier)) == len(earlier)


@pytest.mark.parametrize("name", NAMES)
def test_predictions_are_among_the_options(builds, name):
    _, requests = builds[name]
    for r in requests:
        written = [option["written"] for option in r["options"]]
        assert len(set(written)) == len(written) == 2
        assert set(r["predictions"].values()) <= set(written)
        assert r["answer"] == r["predictions"]["true_task"]


def test_the_suite_holds_the_four_tasks_once_and_gives_the_same_requests(whole, tmp_path):
    manifest, requests = whole
    names = Counter(task["name"] for task in manifest["tasks"])
    assert set(names.values()) == {1}
    assert {name.partition(".")[0] for name in names} == {*NAMES, "negation_cloze"}
    suite, again = compiled(SHIPPED / "prize_round_1.task", tmp_path)
    assert sorted(task["name"] for task in suite["tasks"]) == sorted(set(names) - {"negation_cloze"})
    prize = [request for request in requests if request["task"] != "negation_cloze"]
    assert sorted(map(json.dumps, again)) == sorted(map(json.dumps, prize))


def test_the_cloze_twin_shows_no_option_and_scores_the_same_two(whole):
    _, requests = whole
    lettered = {r["item"]: r for r in requests if r["task"] == "negation_qa"}
    cloze = [r for r in requests if r["task"] == "negation_cloze" and r["regime"] == "zero_shot"]
    assert len(cloze) == 240
    for request in cloze:
        texts = [option["text"] for option in request["options"]]
        assert texts == [option["text"] for option in lettered[request["item"]]["options"]]
        assert [option["continuation"] for option in request["options"]] == [" " + text for text in texts]
        lines = request["messages"][0]["content"].split("\n")
        assert not any(text == line for text in texts for line in lines)


# --- negation ----------------------------------------------------------------------------------------

NEGATION = re.compile(
    r"\b(not|never|no|without|unable|cannot|(is|are|does|do|did|can|will|has|have)n't|can't|won't)\b", re.I
)
# the same with the word before `not`, or after it where that is `true`
WORDING = re.compile(rf"not true|\b(is|are|was|were|does|do|did|will) not\b|{NEGATION.pattern}", re.I)


@pytest.fixture(scope="module")
def negation():
    return rows(SHIPPED / "negation_qa" / "negation_qa.jsonl")


def half(items, negated):
    return [row for row in items if row["negated"] is negated and not row["exemplar"]]


def other(row):
    return next(choice for choice in row["choices"] if choice != row["answer"])


def test_negation_counts_and_ids(negation):
    assert len({row["id"] for row in negation}) == len(negation)
    assert len(half(negation, True)) >= 120
    assert len(half(negation, True)) == len(half(negation, False))


def test_negation_rows_are_whole(negation):
    for row in negation:
        assert len(row["choices"]) == len(set(row["choices"])) == 2, row["id"]
        assert {row["answer"], row["trap"]} <= set(row["choices"]), row["id"]
        assert (row["answer"] != row["trap"]) is row["negated"], row["id"]
        assert bool(NEGATION.search(row["question"])) is row["negated"], row["id"]
        assert row["question"].endswith(("?", " ...")) and row["question"][0].isupper(), row["id"]


def test_a_negated_question_and_its_control_are_one_cluster(builds):
    _, requests = builds["negation_qa"]
    pairs = {}
    for request in requests:
        pairs.setdefault(request["cluster"], set()).add(request["item"])
    assert all(items == {f"neg-{number}", f"ctl-{number}"} for number, items in pairs.items())


def test_every_negated_question_has_its_control(negation):
    by_id = {row["id"]: row for row in negation}
    for row in half(negation, True):
        control = by_id[row["id"].replace("neg-", "ctl-")]
        assert control["choices"] == row["choices"]
        assert control["answer"] == control["trap"] == row["trap"] != row["answer"]
        assert control["question"] != row["question"]
        shared = set(words(control["question"])) & set(words(row["question"]))
        assert len(shared) >= 0.5 * len(set(words(control["question"]))), row["id"]


@pytest.mark.parametrize("negated", [True, False])
def test_position_and_length_tell_nothing(negation, negated):
    items = half(negation, negated)
    assert even(sum(row["choices"][0] == row["answer"] for row in items), len(items))
    differences = [len(row["answer"]) - len(other(row)) for row in items]
    assert abs(sum(differences)) <= 0.5 * len(items)
    unequal = [d for d in differences if d]
    assert even(sum(d > 0 for d in unequal), len(unequal), 0.4, 0.6)


def test_the_negated_half_has_many_wordings(negation):
    found = Counter(WORDING.search(row["question"])[0].lower() for row in half(negation, True))
    assert len(found) >= 12
    assert max(found.values()) <= 0.25 * len(half(negation, True))


def test_no_fact_is_used_twice(negation):
    facts = [frozenset(row["choices"]) for row in half(negation, True)]
    facts += [frozenset(row["choices"]) for row in negation if row["exemplar"]]
    assert len(set(facts)) == len(facts)
    options = Counter(choice for fact in facts for choice in fact)
    assert max(options.values()) <= 2
    for negated in (True, False):
        questions = [set(words(row["question"])) for row in negation if row["negated"] is negated]
        for one, two in combinations(questions, 2):
            assert len(one & two) < 0.95 * len(one | two), one


def test_the_question_does_not_hold_an_option(negation):
    for row in negation:
        for choice in row["choices"]:
            bare = re.sub(r"^(an?|the) ", "", choice.lower()).rstrip(".")
            assert not re.search(rf"\b{re.escape(bare)}\b", row["question"].lower()), row["id"]


def test_rationales_conclude_with_the_answer(negation):
    seen = Counter(row["rationale"] for row in negation)
    assert max(seen.values()) == 1
    for row in negation:
        conclusion = row["rationale"].rpartition(", so ")[2].lower()
        key = set(words(row["answer"])) - {"a", "an", "the", "they", "it", "is", "of", "celsius"}
        assert key <= set(words(conclusion)), row["id"]
        assert row["rationale"].endswith(".") and row["rationale"].count(". ") == 0, row["id"]


def test_negation_exemplars_are_even(negation):
    pool = [row for row in negation if row["exemplar"]]
    for negated in (True, False):
        part = [row for row in pool if row["negated"] is negated]
        assert len(part) * 2 == len(pool)
        assert sum(row["choices"][0] == row["answer"] for row in part) * 2 == len(part)


def test_negation_shots_mix_kinds_and_labels(builds):
    _, requests = builds["negation_qa"]
    for regime in ("few_shot", "cot"):
        replies = {(q, a) for _, q, a in shown([r for r in requests if r["regime"] == regime])}
        assert {bool(NEGATION.search(q.partition("\n")[0])) for q, _ in replies} == {True, False}
        assert {a.rstrip(".")[-1] for _, a in replies} == {"A", "B"}


# --- quotes ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def quotes():
    return rows(SHIPPED / "quote_repetition" / "quote_repetition.jsonl")


def test_quote_counts_and_ids(quotes):
    assert len({row["id"] for row in quotes}) == len(quotes)
    kinds = Counter(row["kind"] for row in quotes)
    assert kinds["changed"] >= 70 and kinds["control"] >= 20 and kinds["plain"] >= 6


def test_only_the_last_word_of_a_quote_is_changed(quotes):
    for row in quotes:
        assert row["given"] == (row["changed"] if row["kind"] == "changed" else row["famous"]), row["id"]
        assert row["changed"].lower() != row["famous"].lower(), row["id"]
        for field in ("given", "famous", "changed"):
            assert re.fullmatch(r"[A-Za-z]+", row[field]), row["id"]
        assert row["opening"] == row["opening"].strip() and row["source"], row["id"]


def test_quotes_do_not_repeat(quotes):
    assert len({tuple(words(row["opening"])) for row in quotes}) == len(quotes)
    assert len({row["changed"].lower() for row in quotes}) == len(quotes)


def test_changed_words_are_as_long_as_famous_ones(quotes):
    differences = [len(row["changed"]) - len(row["famous"]) for row in quotes if row["kind"] != "plain"]
    assert abs(sum(differences)) <= 0.3 * len(differences)
    unequal = [d for d in differences if d]
    assert even(sum(d > 0 for d in unequal), len(unequal), 0.4, 0.6)


def test_the_changed_word_is_no_word_of_its_line(quotes):
    for row in quotes:
        assert row["changed"].lower() not in words(row["opening"]), row["id"]


def test_quote_prompts_give_the_words_and_shots_are_plain(builds, quotes):
    _, requests = builds["quote_repetition"]
    lines = {f"{row['opening']} {row['given']}{row['end']}": row for row in quotes}
    found = asked(requests)
    for _, question, r in found:
        row = lines[re.search(r"^Input: (.+)$", question, flags=re.MULTILINE)[1]]
        assert row["kind"] != "plain"
        assert r["predictions"] == {"true_task": row["given"], "distractor": row["famous"]}
    assert len(found) == sum(row["kind"] != "plain" for row in quotes)
    for _, question, reply in shown(requests):
        assert question.endswith(f"Input: {reply}\nOutput:")
        assert lines[reply]["kind"] == "plain"


# --- redefined symbols -------------------------------------------------------------------------------

PI_OR_E = re.compile(
    r"(?:Redefine|Let|From here on,) ([πe]) (?:as|stand for|means) (.+)\. What is the first digit of \1\?"
)
FIRST = re.compile(r"(.*?)\s*What is the first digit of (.+)\?")


def value_of(expression):
    """Work out `462`, `27+45`, `963 mod 50` or `33÷3`; the division leaves nothing over."""
    one, sign, two = re.fullmatch(r"(\d+)(?:(\+|÷| mod )(\d+))?", expression).groups()
    a, b = int(one), int(two or 0)
    if sign == "÷":
        assert a % b == 0
        return a // b
    return {None: a, "+": a + b, " mod ": a % b if b else 0}[sign]


def solve(kind, question):
    """Give (answer by the question, answer by the usual meaning, whether something is redefined)."""
    if said := PI_OR_E.fullmatch(question):
        assert said[1] == kind[0].replace("p", "π")
        return str(value_of(said[2]))[0], {"π": "3", "e": "2"}[said[1]], True
    rule, expression = FIRST.fullmatch(question).groups()
    usual = str(value_of(expression))[0]
    if not rule:
        return usual, usual, False
    told = {
        "number_as_text": "text|character by character",
        "plus_as_digit": r"\+ (as|be no operation but|is only another way to write) the digit \d\.$",
        "plus_as_random_digit": r"\+ .*\b(random digit|digit picked at random)",
        "divide_as_random_digit": r"÷ .*\b(random digit|digit picked at random)",
    }[kind]
    assert re.search(told, rule), question
    digit = re.search(r"the digit (\d)\.", rule)
    return re.sub("[+÷]", digit[1] if digit else "0", expression)[0], usual, True


def test_redefined_answers_are_worked_out_again(builds):
    _, requests = builds["redefine_math"]
    found = asked(requests)
    seen = Counter()
    for task, question, r in found:
        kind = task.partition(".")[2]
        answer, usual, redefined = solve(kind, question)
        assert r["predictions"] == {"true_task": answer, "distractor": usual}, question
        assert (answer != usual) is redefined, question
        seen[kind, redefined] += 1
    assert {kind for kind, _ in seen} == set(KINDS)
    for kind in KINDS:
        assert 20 <= seen[kind, True] + seen[kind, False] <= 25
        assert seen[kind, True] >= 12 and seen[kind, False] >= 4
    assert len({(task, question) for task, question, _ in found}) == len(found)


def test_redefined_shots_are_right_and_redefine(builds):
    _, requests = builds["redefine_math"]
    for task, question, reply in shown(requests):
        answer, usual, redefined = solve(task.partition(".")[2], question)
        assert redefined and answer != usual
        assert re.search(rf"answer is {answer}\.$", reply), reply


def test_the_right_digit_is_not_given_away_by_its_size(builds):
    _, requests = builds["redefine_math"]
    for redefined in (True, False):
        found = [
            r["answer"] == min(option["written"] for option in r["options"])
            for task, question, r in asked(requests)
            if solve(task.partition(".")[2], question)[2] is redefined
        ]
        assert even(sum(found), len(found), 0.4, 0.6)


def test_redefined_rationales_reach_the_answer(builds):
    _, requests = builds["redefine_math"]
    reasoned = [(t, q, a) for t, q, a in shown([r for r in requests if r["regime"] == "cot"])]
    assert {task.partition(".")[2] for task, _, _ in reasoned} == set(KINDS)
    for _, _, reply in reasoned:
        reasoning, _, answer = reply.partition(" So the answer is ")
        assert reasoning.endswith(f" is {answer}")
        for a, b, total in re.findall(r"(\d+)\+(\d+),? (?:which )?is (\d+),", reasoning):
            assert int(a) + int(b) == int(total)
        for a, times, b, rest in re.findall(r"(\d+) is (\d+) times (\d+) with (\d+) left over", reasoning):
            assert int(a) == int(times) * int(b) + int(rest) and int(rest) < int(b)


# --- hindsight ---------------------------------------------------------------------------------------

OFFER = re.compile(
    r"Question: (?P<name>\w+) is offered (?P<offer>[\w ]+)\. "
    r"The chance of gaining (?P<gain>\d+) dollars is (?P<up>\d+) percent, "
    r"and the chance of losing (?P<loss>\d+) dollars is (?P<down>\d+) percent\. "
    r"(?P=name) (?P<taken>[\w ]+) and ends up (?P<how>gaining|losing) (?P<sum>\d+) dollars\. "
    r"At the moment of choosing, was it right to accept\? Answer Y or N\."
)


def judge(question):
    """Give (answer by expected value, answer by outcome, what is brought, what is paid) of an offer."""
    said = OFFER.fullmatch(question)
    assert said, question
    up, down = int(said["up"]), int(said["down"])
    assert up + down == 100
    won = said["how"] == "gaining"
    assert said["sum"] == (said["gain"] if won else said["loss"])
    brought, paid = Fraction(up * int(said["gain"]), 100), Fraction(down * int(said["loss"]), 100)
    assert brought != paid
    return "NY"[brought > paid], "NY"[won], brought, paid


def test_offers_are_judged_again(builds):
    tasks, requests = builds["hindsight_neglect"]
    found = asked(requests)
    seen = Counter()
    for _, question, r in found:
        answer, trap, brought, paid = judge(question)
        assert r["predictions"] == {"true_task": answer, "distractor": trap}
        large, small = max(brought, paid), min(brought, paid)
        assert Fraction(3, 2) * small <= large <= 12 * small and large - small >= 15
        seen[answer, answer == trap] += 1
    assert len({question for _, question, _ in found}) == len(found)
    assert 150 <= len(found) <= 200 < tasks[0]["items"]
    conflict, agree = seen["Y", False] + seen["N", False], seen["Y", True] + seen["N", True]
    assert conflict >= 100 and agree >= 40
    assert even(seen["Y", False], conflict) and even(seen["Y", True], agree, 0.4, 0.6)


def test_offers_have_many_stories(builds):
    _, requests = builds["hindsight_neglect"]
    stories = Counter(OFFER.fullmatch(question)["offer"] for _, question, _ in asked(requests))
    names = Counter(OFFER.fullmatch(question)["name"] for _, question, _ in asked(requests))
    assert len(stories) == 6 and min(stories.values()) >= 10
    assert len(names) == 10


def test_hindsight_shots_agree_and_show_both_answers(builds):
    _, requests = builds["hindsight_neglect"]
    for regime in ("few_shot", "cot"):
        labels = set()
        for _, question, reply in shown([r for r in requests if r["regime"] == regime]):
            answer, trap, brought, paid = judge(question)
            assert answer == trap
            assert re.search(rf"\b{answer}\.?$", reply)
            labels.add(answer)
            if regime == "cot":
                assert f"which is {brought} dollars, and costs" in reply
                more = "more" if brought > paid else "less"
                assert f"which is {paid} dollars. {brought} is {more} than {paid}" in reply
        assert labels == {"Y", "N"}
    assert all(len(r["messages"]) == 21 for r in requests if r["regime"] == "few_shot")


# --- data of the examples ----------------------------------------------------------------------------


def test_example_data_fit_their_tasks():
    items = rows(ROOT / "tests" / "examples" / "negation_qa.jsonl")
    assert len(items) >= 12 and len({row["id"] for row in items}) == len(items)
    for row in items:
        assert {row["answer"], row["trap"]} <= set(row["choices"]) and row["rationale"]
        assert (row["answer"] != row["trap"]) is bool(NEGATION.search(row["question"]))
