"""Open batches in the store: written down whole or not at all, given back as they were, found by key."""

import sqlite3

import pytest
from kept import operation

from taskc.records.batch import Batch
from taskc.records.plan import Call
from taskc.store.responses import ResponseStore, StoreError

KINDS = ("generated", "scored", "labelled")


def call(at):
    asked = operation(at, KINDS[at % 3])
    return Call(
        key=f"{at:032x}", request=f"r{at}", replicate=at, lowering="way", operation=asked, sampling="[1]"
    )


def batch(id="b", count=1200, **more):
    return Batch(id=id, model="openai/m", count=count, at=12.5, **more)


@pytest.fixture
def store(tmp_path):
    with ResponseStore.open(tmp_path / "responses.sqlite", hidden=("Question 7438?",)) as opened:
        yield opened


def test_calls_are_given_back_as_they_were(store):
    calls = [call(at) for at in range(1200)]
    store.batches.begin(batch(mark="m"), reversed(calls))
    with ResponseStore.open(store.path) as other:
        assert other.batches.each() == (batch(mark="m"),)
        assert list(other.batches.calls("b")) == calls
        some = other.batches.calls_by_key("b", [calls[3].key, calls[700].key, "f" * 32])
        assert some == {calls[3].key: calls[3], calls[700].key: calls[700]}
        assert other.batches.calls_by_key("c", [calls[3].key]) == {}


def test_what_is_awaited_is_found_by_key(store):
    calls = [call(at) for at in range(1200)]
    store.batches.begin(batch(), calls[:900])
    assert store.batches.awaited(one.key for one in calls) == {one.key for one in calls[:900]}
    store.batches.end("b")
    assert store.batches.awaited(one.key for one in calls) == set()
    assert list(store.batches.calls("b")) == []
    assert store.batches.each() == ()


def test_a_call_is_in_one_batch_at_most(store):
    store.batches.begin(batch(), [call(1), call(2)])
    with pytest.raises(StoreError):
        store.batches.begin(batch("c"), [call(3), call(2)])
    assert [one.id for one in store.batches.each()] == ["b"]
    assert store.batches.awaited([call(3).key]) == set()


def test_batches_of_a_model_oldest_first(store):
    for id, at, model in (("x", 3.0, "openai/m"), ("y", 1.0, "openai/m"), ("z", 2.0, "anthropic/m")):
        store.batches.begin(Batch(id=id, model=model, count=0, at=at), [])
    store.batches.sent("x", "batch_1")
    assert [one.id for one in store.batches.each()] == ["y", "z", "x"]
    assert [(one.id, one.remote) for one in store.batches.each("openai/m")] == [("y", ""), ("x", "batch_1")]


def test_a_key_is_not_written_down(store):
    assert "Question 7438?" in str(call(5000))
    store.batches.begin(batch(count=1), [call(5000)])
    [kept] = store.batches.calls("b")
    assert "Question 7438?" not in str(kept) and "***" in str(kept)


def test_a_damaged_call_is_told(store):
    store.batches.begin(batch(count=1), [call(1)])
    db = sqlite3.connect(store.path)
    db.execute("UPDATE batched SET call = x'00'")
    db.commit()
    db.close()
    with pytest.raises(StoreError, match="cannot be read"):
        list(store.batches.calls("b"))


def test_half_a_character_is_told(store):
    from dataclasses import replace

    from taskc.records.operation import Generate, Prompt
    from taskc.records.request import Message

    half = Generate(prompt=Prompt(messages=(Message(role="user", content="\ud800"),)), max_tokens=1)
    with pytest.raises(StoreError, match="half a character"):
        store.batches.begin(batch(), [call(1), replace(call(2), operation=half)])
    assert store.batches.each() == ()
