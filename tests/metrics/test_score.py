"""What came back for a request as scores: choices, labels, replies, votes, and what is missing."""

import math
from dataclasses import replace

import pytest
from asked import MODEL, labelled, options, request, response, said, scored
from hypothesis import given
from hypothesis import strategies as st

from taskc.metrics.score import measure_of, score, score_all
from taskc.records.lines import dump, load
from taskc.records.operation import Generated, Refusal
from taskc.records.request import Decode
from taskc.records.score import Missing, Score

VOTED = Decode(max_tokens=8, temperature=0.7, samples=5, vote="majority")


def one(asked, outcome, way="score", **more) -> Score:
    found = score(asked, way, [response(outcome)], model=MODEL, **more)
    assert isinstance(found, list) and len(found) == 1
    return found[0]


def chosen(*logprobs: float, **changes) -> Score:
    return one(request(measure="choice", **changes), scored(*logprobs))


def test_choice_is_the_highest_with_loss_and_margin() -> None:
    found = chosen(-1.0, -2.0, -3.0)
    assert (found.given, found.attribution, found.rung) == ("A", "true_task", "argmax")
    assert found.numbers["logprob"] == -1.0
    assert found.numbers["margin"] == 1.0
    total = sum(map(math.exp, (-1, -2, -3)))
    assert found.numbers["loss"] == pytest.approx(-math.log(math.exp(-1) / total))
    assert found.numbers["chance"] == pytest.approx(1 / 3)
    assert "tie" not in found.numbers


def test_choice_of_a_distractor_and_of_neither() -> None:
    assert chosen(-2.0, -1.0, -3.0).attribution == "distractor"
    assert chosen(-2.0, -2.5, -1.0).attribution == "other"


def test_ties_go_to_the_first_and_are_counted() -> None:
    found = chosen(-2.0, -1.0, -1.0)
    assert (found.given, found.numbers["tie"]) == ("B", 1.0)


def test_normalised_by_tokens_bytes_and_unconditional() -> None:
    asked = request(
        measure="choice",
        normalise="tokens",
        options=options("a", "long answer", labels=None),
        predictions={"true_task": "a", "distractor": "long answer"},
        answer="a",
    )
    outcome = scored(-2.0, -3.0, tokens=(1, 3))
    by_tokens = one(asked, outcome)
    assert (by_tokens.given, by_tokens.measure) == ("long answer", "choice(tokens)")
    assert by_tokens.numbers["margin"] == pytest.approx(-2.0 + 1.0)
    by_bytes = one(replace(asked, normalise="bytes"), outcome)
    assert by_bytes.numbers["margin"] == pytest.approx(-2.0 / 2 + 3.0 / 12)
    base = scored(-9.0, -4.0)
    bare = replace(asked, normalise="unconditional")
    unconditional = one(bare, outcome, unconditional=base)
    assert unconditional.numbers["margin"] == pytest.approx(7.0 - 1.0)
    raw = one(replace(asked, normalise="none"), outcome)
    assert {raw.numbers["loss"]} == {s.numbers["loss"] for s in (by_tokens, by_bytes, unconditional)}
    missing = score(bare, "score", [response(outcome)], model=MODEL)
    assert isinstance(missing, Missing) and "without the prompt" in missing.why


def test_the_mass_outside_is_told_where_the_answer_is_no_option() -> None:
    asked = replace(request(measure="label"), answer="Q")
    found = one(asked, labelled(-3.0, -0.2, None, outside=0.1), "labels")
    assert found.numbers["outside"] == 0.1
    assert "logprob" not in found.numbers


LOGPROBS = st.lists(st.floats(-50, 0), min_size=3, max_size=3)


@given(LOGPROBS, st.permutations(range(3)), st.sampled_from(["none", "tokens", "bytes"]))
def test_permuting_options_permutes_answers_and_leaves_scores(logprobs, order, normalise) -> None:
    texts = ("Paris", "London", "Rome")
    asked = request(
        measure="choice",
        normalise=normalise,
        options=options(*texts, labels=None),
        predictions={"true_task": "Paris", "distractor": "London"},
        answer="Paris",
    )
    permuted = replace(asked, options=tuple(asked.options[i] for i in order))
    before = one(asked, scored(*logprobs, tokens=(1, 2, 3)))
    after = one(permuted, scored(*(logprobs[i] for i in order), tokens=tuple((1, 2, 3)[i] for i in order)))
    assert after.numbers == pytest.approx(before.numbers)
    if "tie" not in before.numbers:
        assert (after.given, after.attribution) == (before.given, before.attribution)


@given(LOGPROBS)
def test_loss_is_at_least_0_and_margin_says_who_is_preferred(logprobs) -> None:
    found = chosen(*logprobs)
    assert found.numbers["loss"] >= 0
    if found.attribution == "true_task" and "tie" not in found.numbers:
        assert found.numbers["margin"] > 0
    if found.attribution == "distractor" and "tie" not in found.numbers:
        assert found.numbers["margin"] < 0


def test_label_gives_the_mass_outside() -> None:
    asked = request(measure="label")
    found = one(asked, labelled(-3.0, -0.2, None, outside=0.1), "labels")
    assert (found.given, found.numbers["outside"]) == ("B", 0.1)
    assert "loss" not in found.numbers  # one label was not reported
    none = one(asked, labelled(None, None, None, outside=1.0), "labels")
    assert (none.given, none.attribution) == (None, "unparsed")
    by_scores = one(asked, scored(math.log(0.5), math.log(0.25), math.log(0.125)))
    assert by_scores.numbers["outside"] == pytest.approx(0.125)


def test_infinite_numbers_are_left_out_of_the_line() -> None:
    found = chosen(-math.inf, -1.0, -2.0)
    assert found.attribution == "distractor"
    assert all(math.isfinite(value) for value in found.numbers.values())
    assert load(Score, dump(found)) == found


def test_reply_with_the_lead_in_given_or_not() -> None:
    asked = request(lead_in="Answer:")
    for way, text in (
        ("generate+prefill", " B"),
        ("generate", "Answer: B"),
        ("generate then generate+prefill", " B, so"),
    ):
        found = one(asked, Generated(text=text, finish="stop"), way)
        assert (found.given, found.rung, found.attribution) == ("B", "exact", "distractor"), way


def test_refused_and_unparsed_are_not_wrong_answers_of_somebody() -> None:
    assert one(request(), Refusal(text="no")).attribution == "refused"
    assert one(request(measure="choice"), Refusal(text="no")).attribution == "refused"
    assert one(request(), Generated(text="I cannot tell", finish="stop")).attribution == "unparsed"


def test_a_cut_reply_has_no_last_number() -> None:
    asked = request(options=(), kind="int", predictions={"true_task": "7"}, answer="7")
    cut = one(asked, Generated(text="First, 6 plus 1", finish="length"), "generate")
    assert cut.attribution == "unparsed"
    assert one(asked, Generated(text="It comes to 7", finish="stop"), "generate").correct


def test_without_a_vote_every_replicate_has_a_score() -> None:
    asked = request(decode=Decode(max_tokens=8, samples=4))
    found = score(asked, "generate", said("A", "B", None, "hm"), model=MODEL)
    assert isinstance(found, list)
    assert [(s.replicate, s.attribution) for s in found] == [
        (0, "true_task"),
        (1, "distractor"),
        (3, "unparsed"),
    ]
    assert found[0].numbers["pass@1"] == pytest.approx(1 / 3)
    assert found[0].numbers["pass@3"] == 1.0


@pytest.mark.parametrize(
    ("texts", "given_answer", "attribution", "agreement", "voting"),
    [
        (("A", "B", "B", "A", "A"), "A", "true_task", 0.6, 1.0),
        (("B", "A", "A", "B", "C"), "B", "distractor", 0.4, 1.0),
        (("hm", "hm", "hm", "hm", "B"), "B", "distractor", 0.2, 0.2),
        (("hm", "hm", "REFUSED", "hm", "hm"), None, "unparsed", None, 0.0),
        (("REFUSED",) * 5, None, "refused", None, 0.0),
    ],
)
def test_vote(texts, given_answer, attribution, agreement, voting) -> None:
    found = score(request(decode=VOTED), "generate", said(*texts), model=MODEL)
    assert isinstance(found, list) and len(found) == 1
    assert (found[0].given, found[0].attribution) == (given_answer, attribution)
    assert found[0].numbers.get("agreement") == agreement
    assert found[0].numbers["voting"] == voting


def test_a_vote_counts_numbers_by_value() -> None:
    asked = request(decode=VOTED, options=(), kind="number", predictions={"true_task": "7"}, answer="7")
    found = score(asked, "generate", said("8", "7.0", "7", "8.5", "seven"), model=MODEL)
    assert isinstance(found, list)
    assert (found[0].given, found[0].correct) == ("7", True)


def test_what_is_missing() -> None:
    nothing = score(request(), "generate", [None], model=MODEL, why="the server was busy")
    assert isinstance(nothing, Missing) and nothing.why == "the server was busy"
    short = score(request(decode=VOTED), "generate", said("A", "A", "A", "A", None), model=MODEL)
    assert isinstance(short, Missing) and short.why == "the vote needs 5 samples and 4 were answered"


def test_chance_is_known_where_the_model_is_held_to_the_options() -> None:
    free = request(
        options=options("judge", "cloud", labels=None), answer="judge", predictions={"true_task": "judge"}
    )
    shown = replace(free, messages=(replace(free.messages[0], content="Say judge or cloud."),))
    number = request(
        kind="int", options=options("3", "4", labels=None), answer="3", predictions={"true_task": "3"}
    )
    assert "chance" not in one(free, Generated(text="judge", finish="stop")).numbers
    assert one(shown, Generated(text="judge", finish="stop")).numbers["chance"] == 0.5
    assert "chance" not in one(number, Generated(text="3", finish="stop")).numbers
    assert one(replace(number, measure="choice"), scored(-1.0, -2.0)).numbers["chance"] == 0.5


def test_a_stream_pairs_unconditional_stages_in_either_order() -> None:
    asked = request(measure="choice", normalise="unconditional")
    base = replace(asked, id="u", stage="unconditional")
    answer = (asked, "score", [response(scored(-1.0, -2.0, -3.0))])
    bare = (base, "score", [response(scored(-3.0, -2.0, -1.0))])
    orders = [list(score_all(order, model=MODEL)) for order in ([answer, bare], [bare, answer])]
    assert orders[0] == orders[1]
    assert isinstance(orders[0][0], Score) and orders[0][0].numbers["margin"] == 2.0
    alone = list(score_all([answer], model=MODEL))
    assert isinstance(alone[0], Missing)


def test_a_stream_passes_over_reasoning_and_what_nobody_asked() -> None:
    thought = (request(stage="think"), "generate", said("So it is A"))
    assert list(score_all([thought, (request(), "generate", ())], model=MODEL)) == []


def test_measures_are_named_with_what_sets_them_apart() -> None:
    assert measure_of(request(measure="choice", normalise="bytes")) == "choice(bytes)"
    assert measure_of(request(measure="choice")) == "choice"
    assert measure_of(request(measure="reply")) == "reply"
