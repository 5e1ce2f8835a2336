"""The planner: how each measure is had from a model that can do this and that, and what it is then sent."""

from dataclasses import replace

import pytest

from taskc.compiler import lower
from taskc.records.operation import Generate, Labels, Score
from taskc.records.plan import Capabilities, Plan
from taskc.records.request import Decode, Message

LOCAL = Capabilities(score=True, labels=True, prefill=True)
CHAT = Capabilities(top_logprobs=20)
BEGUN = Capabilities(top_logprobs=5, prefill=True)
MUTE = Capabilities()
REASONER = Capabilities(temperature=False, stop=False, effort=True)
SCORER = Capabilities(score=True, generate=False)
LOST = "the lead-in cannot be given: "


def only(requests, can):
    """Give the one row of a plan."""
    (row,) = lower.plan(requests, lower.survey(requests, "m", can)).lowerings
    return row


@pytest.mark.parametrize(
    ("measure", "can", "way", "why"),
    [
        ("choice", LOCAL, "score", ""),
        ("choice", SCORER, "score", ""),
        ("label", LOCAL, "labels", ""),
        ("label", SCORER, "score", ""),
        ("label", BEGUN, "labels", ""),
        ("label", CHAT, "labels without lead-in", LOST + "the label is read at the first token of the reply"),
        ("reply", LOCAL, "generate+prefill", ""),
        ("reply", CHAT, "generate", LOST + "the answer is looked for in the reply"),
        (
            "reply",
            REASONER,
            "generate",
            f"{LOST}the answer is looked for in the reply; the model takes no temperature: 0 is not sent",
        ),
    ],
)
def test_ways(request_of, labelled_options, measure, can, way, why):
    row = only([request_of(measure=measure, options=labelled_options)], can)
    assert (row.way, row.why, row.nearest, row.requests) == (way, why, "", 1)


@pytest.mark.parametrize("measure", ["reply", "label"])
def test_without_a_lead_in_nothing_is_lost(request_of, labelled_options, measure):
    row = only([request_of(measure=measure, lead_in="", options=labelled_options)], CHAT)
    assert (row.way, row.why) == ({"reply": "generate", "label": "labels"}[measure], "")


@pytest.mark.parametrize(
    ("measure", "labels", "can", "why", "nearest"),
    [
        ("choice", True, CHAT, "the backend cannot score given text", "label"),
        ("choice", False, CHAT, "the backend cannot score given text", "reply"),
        ("choice", True, MUTE, "the backend cannot score given text", "reply"),
        ("label", True, MUTE, "the backend reports no log-probabilities", "reply"),
        ("reply", True, SCORER, "the backend cannot generate", "choice"),
        ("reply", True, Capabilities(generate=False, top_logprobs=5), "the backend cannot generate", "label"),
        ("label", True, Capabilities(generate=False), "the backend reports no log-probabilities", ""),
    ],
)
def test_what_cannot_be_had(
    request_of, labelled_options, verbatim_options, measure, labels, can, why, nearest
):
    options = labelled_options if labels else verbatim_options
    asked = request_of(measure=measure, options=options)
    row = only([asked], can)
    assert (row.way, row.why, row.nearest) == (None, why, nearest)
    assert Plan(lowerings=(row,)).refused == (row,)
    implied = only([replace(asked, implied=True)], can)
    assert Plan(lowerings=(implied,)).refused == ()
    found = lower.survey([asked], "m", can)
    assert lower.replicates(asked, found) == 0


@pytest.mark.parametrize(
    ("decode", "why"),
    [
        ({"temperature": 0.7}, "temperature 0.7 is stated and the model takes none"),
        ({"top_p": 0.9}, "top_p 0.9 is stated and the model takes none"),
        ({"temperature": 0.0}, None),
    ],
)
def test_stated_sampling_is_not_dropped(request_of, decode, why):
    row = only([request_of(decode=Decode(max_tokens=5, **decode))], REASONER)
    assert row.way == (None if why else "generate")
    assert not why or row.why == why


def test_effort_is_not_dropped(request_of):
    asked = request_of(decode=Decode(max_tokens=5, effort="low"))
    assert only([asked], CHAT).why == "effort `low` is stated and the model takes none"
    assert only([asked], REASONER).way == "generate"


@pytest.mark.parametrize(
    ("measure", "can", "way"),
    [
        ("reply", LOCAL, "generate+prefill then generate+prefill"),
        ("choice", LOCAL, "generate+prefill then score"),
        ("label", LOCAL, "generate+prefill then labels"),
        ("reply", CHAT, "generate then generate"),
        ("label", CHAT, "generate then labels"),
        ("choice", Capabilities(score=True), "generate then score"),
        ("choice", CHAT, None),
        ("choice", SCORER, None),
    ],
)
def test_ways_of_two_stages(stages_of, measure, can, way):
    row = only(stages_of(measure=measure), can)
    assert (row.way, row.requests) == (way, 1)


def test_reasoning_that_cannot_be_had_takes_its_answer_along(stages_of):
    hot = {"decode": Decode(max_tokens=9, temperature=1.0)}
    row = only(stages_of(measure="choice", **hot), Capabilities(score=True, temperature=False))
    assert (row.way, row.why) == (None, "temperature 1 is stated and the model takes none")


def test_a_conclusion_without_words_needs_prefill(stages_of):
    requests = stages_of(lead_in="\n")
    assert only(requests, LOCAL).way
    assert only(requests, CHAT).why.startswith("`then` begins with the answer")


def test_rows_by_way(request_of, labelled_options):
    some = [request_of(at, measure="label", options=labelled_options) for at in range(3)]
    bare = [request_of(at, measure="label", options=labelled_options, lead_in="") for at in range(2)]
    table = lower.plan([*some, *bare], lower.survey([], "m", CHAT))
    assert [(row.way, row.requests) for row in table.lowerings] == [
        ("labels without lead-in", 3),
        ("labels", 2),
    ]
    assert table.calls == 5


def test_prompts_of_one_stage(request_of, labelled_options):
    system, user = Message(role="system", content="be brief"), Message(role="user", content="question 0")
    given = {"options": labelled_options, "think": "Well. "}
    operation = lower.operation_of(request_of(measure="choice", **given), LOCAL)
    assert isinstance(operation, Score)
    assert operation.prompt.messages == (system, user)
    assert operation.prompt.prefill == "Well. Answer:"
    assert operation.continuations == (" A", " B")
    operation = lower.operation_of(request_of(measure="label", **given), CHAT)
    assert isinstance(operation, Labels)
    assert (operation.prompt.prefill, operation.labels) == ("", ("A", "B"))
    decode = Decode(max_tokens=7, temperature=0.5, top_p=0.9, stop=("x",), effort="low")
    operation = lower.operation_of(request_of(decode=decode), CHAT, 3)
    assert operation == Generate(
        prompt=operation.prompt,
        max_tokens=7,
        temperature=0.5,
        top_p=0.9,
        stop=("x",),
        effort="low",
        seed=3,
    )


def test_system_text_moves_where_there_is_none(request_of):
    can = Capabilities(system=False)
    row = only([request_of(lead_in="")], can)
    assert row.why == "system text is given at the start of the first user message"
    (message,) = lower.operation_of(request_of(), can).prompt.messages
    assert message == Message(role="user", content="be brief\n\nquestion 0")


def test_unconditional_has_no_prompt(request_of, labelled_options):
    asked = request_of(measure="choice", stage="unconditional", options=labelled_options)
    prompt = lower.operation_of(asked, LOCAL).prompt
    assert (prompt.messages, prompt.prefill) == ((), "Answer:")


def test_prompts_of_two_stages_with_prefill(stages_of):
    think, answer = stages_of()
    assert lower.operation_of(think, LOCAL).prompt.prefill == "Think."
    assert lower.operation_of(think, LOCAL).prompt.reasoned
    prompt = lower.operation_of(answer, LOCAL, 0, " First, …\n ").prompt
    assert prompt.prefill == "Think. First, …\nTherefore, the answer is"


def test_prompts_of_two_stages_as_turns(stages_of):
    think, answer = stages_of()
    asked = Message(role="user", content="question 0\nThink.")
    assert lower.operation_of(think, CHAT).prompt.messages[1:] == (asked,)
    messages = lower.operation_of(answer, CHAT, 0, "First, …\n").prompt.messages[1:]
    assert messages == (
        asked,
        Message(role="assistant", content="First, …"),
        Message(role="user", content="Therefore, the answer is"),
    )
    (alone,) = lower.operation_of(answer, CHAT, 0, " \n").prompt.messages[1:]
    assert alone.content == "question 0\nThink.\nTherefore, the answer is"


def test_keys_tell_apart_what_is_asked_differently(request_of, labelled_options):
    decode = Decode(max_tokens=5, samples=2)
    requests = [
        request_of(),
        request_of(1),
        request_of(decode=decode),
        request_of(lead_in=""),
        request_of(measure="label", options=labelled_options),
        request_of(measure="choice", options=labelled_options),
    ]
    keys = set()
    count = 0
    for model in ("m", "n"):
        for can in (LOCAL, CHAT, REASONER, Capabilities(system=False)):
            found = lower.survey(requests, model, can)
            for request in requests:
                for replicate in range(lower.replicates(request, found)):
                    keys.add(lower.key_of(request, found, replicate))
                    count += 1
    same_way = 2 * 1  # without a lead-in or a temperature at stake, LOCAL and CHAT ask the same
    assert len(keys) == count - same_way


def test_keys_hold_from_one_reading_to_the_next(stages_of):
    requests = stages_of(decode=Decode(max_tokens=5, samples=3))
    once, again = (lower.survey(iter(requests), "m", LOCAL) for _ in range(2))
    for request in requests:
        assert lower.key_of(request, once, 2) == lower.key_of(request, again, 2)
    think, answer = requests
    assert lower.thinking_key(answer, once, 1) == lower.key_of(think, once, 1)


def test_an_answer_is_asked_as_often_as_its_reasoning(stages_of):
    few = stages_of(decode=Decode(max_tokens=5, samples=2), regime="few")
    many = stages_of(decode=Decode(max_tokens=5, samples=5), regime="many")
    assert few[0].id == many[0].id
    found = lower.survey([*few, *many], "m", LOCAL)
    assert [lower.replicates(request, found) for request in (*few, *many)] == [2, 2, 5, 5]


def test_reasoning_nobody_needs_is_not_asked(stages_of):
    think, answer = stages_of(measure="choice", implied=True)
    found = lower.survey([think, answer], "m", CHAT)
    assert lower.replicates(think, found) == 0
    assert lower.plan([think, answer], found).calls == 0


def test_an_answer_whose_reasoning_is_not_in_the_build(stages_of):
    _, answer = stages_of()
    assert only([answer], LOCAL).why == "the reasoning that it comes after is not in the build"


@pytest.mark.parametrize(
    ("lead_in", "reasoning", "kept"),
    [
        ("\nSo", "Socrates was a man. All men die.", "Socrates was a man. All men die."),
        (" So the answer is", "Two and two make four. So the answer is 4. Next.", "Two and two make four."),
        (" So the answer is", "I ask so the answer is clear.  ", "I ask so the answer is clear."),
        ("\nAnswer:", "Answer: 3", ""),
        ("", "as it is \n", "as it is"),
    ],
)
def test_reasoning_ends_where_the_conclusion_begins(request_of, lead_in, reasoning, kept):
    from taskc.compiler.prompts import _until_conclusion

    assert _until_conclusion(request_of(lead_in=lead_in), reasoning) == kept


# --- room for reasoning that is not shown ---------------------------------------------------------------

ROOMY = replace(REASONER, reasoning_tokens=1000)


def test_room_for_reasoning_is_asked_for_told_and_part_of_the_key(request_of):
    request = request_of()
    row, bare = only([request], ROOMY), only([request], REASONER)
    assert row.why == f"{bare.why}; `max_tokens` is raised by 1,000 for reasoning that is not shown"
    found = {can: lower.survey([request], "m", can) for can in (ROOMY, REASONER)}
    asked = lower.call_of(request, found[ROOMY], 0).operation
    assert (asked.max_tokens, asked.reasoning_tokens) == (request.decode.max_tokens, 1000)
    keys = {lower.key_of(request, one, 0) for one in found.values()}
    assert len(keys) == 2


def test_none_is_left_where_the_effort_is_none(request_of):
    request = request_of(decode=Decode(max_tokens=20, effort="none"))
    assert only([request], ROOMY).why == only([request], REASONER).why
    found = lower.survey([request], "m", ROOMY)
    assert lower.call_of(request, found, 0).operation.reasoning_tokens == 0
    assert lower.key_of(request, found, 0) == lower.key_of(request, lower.survey([request], "m", REASONER), 0)


def test_reasoning_that_is_read_back_may_fill_the_room(stages_of):
    think, _ = stages_of()
    found = lower.survey([think], "m", ROOMY)
    assert found.thinking[think.id].max_tokens == think.decode.max_tokens + 1000


def test_scores_and_labels_need_no_room(request_of, labelled_options):
    can = replace(LOCAL, reasoning_tokens=1000)
    for measure in ("choice", "label"):
        request = request_of(measure=measure, options=labelled_options)
        assert only([request], can).why == ""
        found = [lower.survey([request], "m", one) for one in (can, LOCAL)]
        assert len({lower.key_of(request, one, 0) for one in found}) == 1
