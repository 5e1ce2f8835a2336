"""All that was asked and all that came back is kept, packed, and without keys."""

import sqlite3
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kept import EXEMPLARS, whole

from taskc.records.lines import dump, load_all
from taskc.records.operation import Generated, Refusal, Source
from taskc.records.response import Response
from taskc.store.packing import Packer, unpack
from taskc.store.responses import ResponseStore, StoreError

KEY = "sk-marked-0123456789abcdef"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "responses.sqlite"


def test_everything_comes_back(path):
    kept = [whole(at) for at in range(200)]
    with ResponseStore.open(path) as store:
        store.add_all(kept[:50])
        for one in kept[50:]:
            store.add_all([one])
    with ResponseStore.open(path) as store:
        assert list(store.each()) == sorted(kept, key=lambda one: one.key)
        assert list(store.each(["other"])) == []


def test_looking_up_leaves_out_what_was_sent(path):
    one = whole(1)
    with ResponseStore.open(path) as store:
        store.add_all([one])
        found = store.get([one.key])
    assert found == {one.key: replace(one, operation=None, source=Source(), body="")}


def test_a_long_reply_comes_back(path):
    text = "a thought, and then another; " * 2000
    one = replace(whole(0), outcome=Generated(text=text, finish="stop"), body=f'{{"text": "{text}"}}')
    with ResponseStore.open(path) as store:
        store.add_all([one])
        assert store.get([one.key])[one.key].outcome == one.outcome
        assert list(store.each()) == [one]
    assert path.stat().st_size < len(text)


def test_halves_of_characters_in_a_body_lose_nothing_else(path):
    one = replace(whole(0), body='{"text": "\ud83d"}')
    with ResponseStore.open(path) as store:
        store.add_all([one])
        assert list(store.each()) == [replace(one, body='{"text": "?"}')]


def test_shared_exemplars_are_kept_once(path, tmp_path):
    """A prompt that begins like others costs what is its own, not what it shares."""
    exemplars = EXEMPLARS * 5
    with ResponseStore.open(path) as store:
        store.add_all(whole(at, exemplars=exemplars) for at in range(1000))
        db = sqlite3.connect(path)
        assert db.execute("SELECT count(*) FROM bases").fetchone()[0] < 10
        assert db.execute("SELECT avg(length(packed)) FROM responses").fetchone()[0] < 150
        db.close()
        lines = store.export(tmp_path / "all.jsonl")
    assert lines == 1000
    assert path.stat().st_size * 5 < (tmp_path / "all.jsonl").stat().st_size


def test_an_export_is_the_same_however_it_was_written(path, tmp_path):
    kept = [whole(at) for at in range(100)]
    texts = []
    for at, order in enumerate((kept, kept[::-1])):
        with ResponseStore.open(tmp_path / f"{at}.sqlite") as store:
            for one in order:
                store.add_all([one])
            store.export(tmp_path / "all.jsonl")
        texts.append((tmp_path / "all.jsonl").read_text(encoding="utf-8"))
    assert texts[0] == texts[1] == "".join(f"{dump(one)}\n" for one in sorted(kept, key=lambda one: one.key))
    assert list(load_all(Response, texts[0].splitlines())) == sorted(kept, key=lambda one: one.key)


def test_a_key_never_gets_in(path):
    """A server may send back the headers it was sent, and a model may repeat them."""
    marked = [
        replace(whole(0), body=f'{{"headers": {{"authorization": "Bearer {KEY}"}}}}'),
        replace(whole(4), outcome=Generated(text=f"your key is {KEY}, I think", finish="stop")),
        replace(whole(8), outcome=Generated(text=KEY * 100, finish="stop"), body=KEY * 3),
        replace(whole(3), outcome=Refusal(text=KEY)),
        replace(whole(7), source=Source(id=KEY)),
    ]
    with ResponseStore.open(path, hidden=[KEY, ""]) as store:
        store.add_all(marked)
        every = "".join(dump(one) for one in store.each())
        assert "your key is ***, I think" in every
    assert "sk-marked" not in every
    for file in path.parent.iterdir():
        assert b"sk-marked" not in file.read_bytes()
    db = sqlite3.connect(path)
    for table in ("responses", "bases", "ways"):
        for row in db.execute(f"SELECT * FROM {table}"):
            assert "sk-marked" not in repr(row)
    db.close()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("UPDATE responses SET packed = zeroblob(9)", "cannot be unpacked"),
        ("UPDATE responses SET packed = substr(packed, 1, 9)", "cannot be unpacked"),
        ("UPDATE bases SET plain = zeroblob(9)", "cannot be unpacked"),
        ("DELETE FROM bases", "what it is packed against is missing"),
        ("DELETE FROM ways", "the model it belongs to is not known"),
        ("UPDATE responses SET kind = 'guessed'", "unknown kind `guessed`"),
        ("UPDATE responses SET outcome = zeroblob(3)", "cannot be inflated"),
    ],
)
def test_what_was_changed_by_another_is_a_store_error(path, change, why):
    with ResponseStore.open(path) as store:
        store.add_all([whole(0)])
    db = sqlite3.connect(path)
    db.execute(change)
    db.commit()
    db.close()
    with ResponseStore.open(path) as store, pytest.raises(StoreError, match=why) as caught:
        list(store.each())
    assert "taskc store verify" in caught.value.help


def test_a_failed_transaction_leaves_nothing_to_build_on(path):
    """What was packed against in a transaction that failed is not taken to be there."""
    with ResponseStore.open(path) as store:
        with pytest.raises(StoreError):
            store.add_all([whole(0), replace(whole(1), attempts=None)])
        store.add_all([whole(2)])
        assert list(store.each()) == [whole(2)]


documents = st.lists(st.binary(min_size=1, max_size=400).map(lambda own: b"a shared beginning " * 20 + own))


@given(documents | st.lists(st.binary(min_size=1)), st.binary(max_size=9000))
def test_what_is_packed_can_be_unpacked(some, beside):
    packer = Packer()
    for document in some:
        base, packed = packer.pack(document, beside)
        assert unpack(packed + b"seal", base.plain, beside) == (document, b"seal")


def test_a_document_longer_than_the_window():
    packer = Packer()
    for at in range(3):
        document = b"%d" % at + bytes(range(256)) * 400 + b"%d" % at
        base, packed = packer.pack(document, b"beside" * 5000)
        assert unpack(packed, base.plain, b"beside" * 5000) == (document, b"")


def test_each_family_has_its_own_base():
    """Tasks that take turns do not drive out one another's base."""
    packer = Packer()
    families = [bytes([65 + at]) * 200 + bytes((at * i * i) % 251 for i in range(3000)) for at in range(1, 9)]
    used = [{id(packer.pack(one + b"item %d" % turn, b"")[0]) for turn in range(20)} for one in families]
    again = [{id(packer.pack(one + b"item %d" % turn, b"")[0]) for turn in range(20)} for one in families]
    assert all(len(ids) == 1 for ids in used)
    assert again == used
