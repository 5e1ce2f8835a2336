"""Addresses of operations from before there was room for reasoning hold; what has room is counted with it."""

from hypothesis import given
from hypothesis import strategies as st

from taskc.backends.tokens import estimate, likely_of, most_of, repeated, written_at_most
from taskc.records.operation import Generate, Labels, Prompt, Score, operation_id
from taskc.records.request import Message

PROMPT = Prompt(messages=(Message(role="user", content="hi"),))


def test_an_operation_without_room_has_the_address_it_always_had():
    plain = Generate(prompt=PROMPT, max_tokens=5)
    assert operation_id(plain) == "5b1b25b95792c849128f95269d431306"
    assert operation_id(Generate(prompt=PROMPT, max_tokens=5, reasoning_tokens=9)) != operation_id(plain)


def test_room_and_texts_are_counted():
    assert written_at_most(Generate(prompt=PROMPT, max_tokens=5, reasoning_tokens=9)) == 14
    assert written_at_most(Labels(prompt=PROMPT, labels=("A", "B"))) == 1
    score = Score(prompt=PROMPT, continuations=("one", "two words"))
    assert written_at_most(score) == most_of(score).written == likely_of(score).written == 2
    once = repeated().count(Score(prompt=PROMPT, continuations=("one",)))
    assert repeated().count(score) == 2 * once - estimate("one") + estimate("two words")
    assert most_of(score).read > likely_of(score).read > repeated().count(score)


@given(st.lists(st.text(st.characters(), max_size=60), max_size=4), st.integers(1, 40))
def test_the_most_is_a_token_a_byte_and_the_frame(texts, limit):
    """Also of halves of characters; no less than 16 tokens are written, as some providers raise the limit."""
    messages = tuple(Message(role="user", content=text) for text in texts)
    asked = Generate(prompt=Prompt(messages=messages, prefill="so"), max_tokens=limit)
    read = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts) + 2
    assert most_of(asked).read == read + 16 * len(texts) + 64
    assert most_of(asked).written == max(16, limit)
