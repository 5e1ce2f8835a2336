"""Every reply of the table is read as it must be, and what a form writes is read back."""

import pytest
import replies
from hypothesis import given, settings
from hypothesis import strategies as st

from taskc.compiler.values import written
from taskc.metrics.attribute import same
from taskc.metrics.extract import Found, extract
from taskc.metrics.numerals import NUMBER, canonical
from taskc.metrics.tidy import bare
from taskc.records.request import Form


@pytest.mark.parametrize("row", replies.ROWS, ids=lambda row: f"{row[3]}|{row[4]}"[:60])
def test_reply(row) -> None:
    form, options, kind, lead, reply, expected = row
    found = extract(reply, form=form, options=options, kind=kind, lead=lead)
    assert (found and (found.answer, found.rung)) == expected


def test_table_is_large_and_holds_every_rung() -> None:
    rungs = {row[5][1] for row in replies.ROWS if row[5]}
    assert len(replies.ROWS) >= 200
    assert rungs == {"exact", "label", "text", "number"}


HEAPS = (
    *("(", "[", "*", "_", "#", "-", "=", "'", " ", "\n", "İ", "ß", "\u0301", "\u200b", "\\boxed{"),
    *("1", "1,", "1,234,", "1/", "1.", "1e", "1+1=", "3 × 10^"),
    *("A", "A ", "A and ", "(A) ", "(A) or ", "A) Paris ", "A\n", "Paris ", "Paris and ", "not ", "New "),
    *(
        "Answer: ",
        "Answer:\n",
        "Answer: A and B ",
        "The answer is ",
        "The answer is not ",
        "the answer the answer ",
    ),
    *(
        "I think ",
        "I really really ",
        "if the answer ",
        "option A ",
        "A is correct or ",
        "is the correct answer ",
        "the correct option is ",
        "so it is A. ",
        "Paris. B. ",
        "B is ",
        "minus 1 ",
        "1 000 ",
        "(not 6 ",
        "usual 6 ",
        "10^3 ",
    ),
    *("<think>", "</think>", "<answer>"),
)


@pytest.mark.parametrize("heap", HEAPS)
def test_long_replies_are_read_in_linear_time(heap) -> None:
    """A quadratic step would take hours on these."""
    reply = heap * (200_000 // len(heap))
    for options, kind in ((replies.CITIES, "text"), (replies.YES, "text"), ((), "number"), ((), "text")):
        extract(reply, form=replies.ANSWER, options=options, kind=kind)


WORDS = st.text("abcdeABCIxyzäß0123456789 -'.", min_size=1, max_size=12).map(str.strip).filter(bare)
TEXTS = st.lists(WORDS, min_size=2, max_size=5, unique_by=bare)
LABELS = st.sampled_from(["A B C D E", "a b c d e", "1 2 3 4 5", "i ii iii iv v"])
FORMS = st.sampled_from(
    [replies.ANSWER, replies.SENTENCE, replies.TAGS, Form(before="\n\nAnswer:\n"), replies.BARE]
)


@settings(max_examples=300, deadline=None)
@given(TEXTS, LABELS, FORMS, st.booleans(), st.data())
def test_what_a_form_writes_is_read_back(texts, labels, form, given_lead, data) -> None:
    """With labels every option is told from every other, in any form, with the lead-in given or not."""
    options = replies.labelled(*texts, labels=labels)
    option = data.draw(st.sampled_from(options))
    lead = form.before.rstrip() if given_lead else ""
    whole = form.before + option.written + form.after
    found = extract(whole[len(lead) :], form=form, options=options, lead=lead)
    assert found == Found(answer=option.written, rung="exact" if form.before else found.rung)


@settings(max_examples=300, deadline=None)
@given(TEXTS, FORMS, st.booleans(), st.data())
def test_verbatim_options_are_read_back(texts, form, given_lead, data) -> None:
    options = replies.verbatim(*texts)
    option = data.draw(st.sampled_from(options))
    lead = form.before.rstrip() if given_lead else ""
    whole = form.before + option.written + form.after
    found = extract(whole[len(lead) :], form=form, options=options, lead=lead)
    assert found is not None
    assert found.answer == option.written


@settings(max_examples=300, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False, width=32) | st.integers(-(10**20), 10**20), FORMS)
def test_numbers_are_read_back(value, form) -> None:
    found = extract(f"{form.before}{value}{form.after}", form=form, kind="number")
    assert found is not None
    assert same(found.answer, str(value), "number")


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200), FORMS, TEXTS, LABELS)
def test_any_reply_gives_an_option_or_nothing(reply, form, texts, labels) -> None:
    options = replies.labelled(*texts, labels=labels)
    found = extract(reply, form=form, options=options)
    assert found is None or found.answer in {option.written for option in options}
    extract(reply, form=form, options=replies.verbatim(*texts))
    for kind in ("int", "number", "bool", "text"):
        extract(reply, form=form, kind=kind)


@pytest.mark.parametrize("value", [1.0, 0.5, -3.0, 1e15, 9999999999999998.0, 1e16, 1e-7])
def test_a_number_is_read_as_the_compiler_writes_it(value: float) -> None:
    match = NUMBER.fullmatch(repr(value))
    assert match is not None and canonical(match) == written(value)
