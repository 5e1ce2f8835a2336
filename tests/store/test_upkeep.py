"""Looking after stores: counts, checks, merging and giving space back."""

import sqlite3
from dataclasses import replace

import pytest
from kept import whole

from taskc.records.operation import Generated, Scored
from taskc.store.responses import ResponseStore, StoreError
from taskc.store.upkeep import merge, take_stock, vacuum, verify


@pytest.fixture
def path(tmp_path):
    return tmp_path / "responses.sqlite"


def filled(path, kept):
    store = ResponseStore.open(path)
    store.add_all(kept)
    return store


def change(path, statement, *values):
    db = sqlite3.connect(path)
    assert db.execute(statement, values).rowcount
    db.commit()
    db.close()


def test_stock(path):
    kept = [whole(at) for at in range(8)] + [replace(whole(9, model="local/x"), at="")]
    with filled(path, kept) as store:
        stock = take_stock(store)
        assert stock.bytes >= path.stat().st_size
    local, remote = stock.models
    assert (stock.answers, local.model, remote.model) == (9, "local/x", "openai/gpt-4.1-mini")
    assert (remote.answers, remote.refusals, remote.tries) == (8, 2, 12)
    assert (remote.read, remote.written) == (sum(range(100, 108)), 24)
    assert (remote.first, remote.last) == ("2026-01-31T23:00:00Z", "2026-01-31T23:00:07Z")
    assert (local.first, local.last) == ("", "")
    assert 0 < local.bytes < remote.bytes < stock.bytes


def test_an_empty_store_has_an_empty_stock(path):
    with ResponseStore.open(path) as store:
        assert (take_stock(store).answers, take_stock(store).models) == (0, ())
        assert verify(store).good


def test_a_sound_store_is_good(path):
    with filled(path, [whole(at) for at in range(40)]) as store:
        found = verify(store)
    assert (found.good, found.answers, found.bare, found.flaws) == (True, 40, 0, ())


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE responses SET replicate = 7", "its key is not that of its request, model, sampling"),
        ("UPDATE ways SET model = 'openai/other'", "its key is not that of its request, model, sampling"),
        ("UPDATE responses SET asked = zeroblob(16)", "what was asked is not what `asked` is the address of"),
        ("UPDATE responses SET outcome = '{}'", "text: field required"),
        ("UPDATE responses SET outcome = replace(outcome, 'na', 'ne')", "the answer beside it was changed"),
        ("UPDATE responses SET packed = zeroblob(5)", "what was sent cannot be unpacked"),
        ("DELETE FROM bases", "what it is packed against is missing"),
        ("UPDATE responses SET outcome = 5", "its outcome is a number"),
        ("UPDATE responses SET request = 0.5", "its request is a number"),
        ("UPDATE responses SET asked = -1", "its asked is a number"),
        ("UPDATE responses SET read = read + 1", "its counts, times or lowering were changed"),
        ("UPDATE responses SET written = 0", "its counts, times or lowering were changed"),
        ("UPDATE responses SET attempts = 9", "its counts, times or lowering were changed"),
        ("UPDATE responses SET seconds = 0.5", "its counts, times or lowering were changed"),
        ("UPDATE responses SET at = ''", "its counts, times or lowering were changed"),
        ("UPDATE ways SET lowering = 'labels'", "its counts, times or lowering were changed"),
    ],
)
def test_what_was_changed_is_found(path, statement, why):
    filled(path, [whole(0)]).close()
    change(path, statement)
    with ResponseStore.open(path) as store:
        found = verify(store)
    assert not found.good and found.flawed == 1
    assert found.flaws[0].key == whole(0).key
    assert why in found.flaws[0].why


@pytest.mark.parametrize("column", ["key", "request", "asked", "outcome"])
def test_a_number_in_the_place_of_a_text_is_a_store_error(path, column):
    filled(path, [whole(0)]).close()
    change(path, f"UPDATE responses SET {column} = 5")
    with ResponseStore.open(path) as store:
        assert verify(store).flaws[0].why == f"its {column} is a number"
        with pytest.raises(StoreError, match=f"cannot be read: its {column} is a number"):
            list(store.each())
        with (
            pytest.raises(StoreError, match="is a number"),
            ResponseStore.open(path.with_name("other")) as into,
        ):
            merge([store], into)


def test_what_was_written_without_a_seal_is_taken_as_it_is(path):
    """Answers that an earlier taskc packed end with the packed document."""
    filled(path, [whole(at) for at in range(4)]).close()
    change(path, "UPDATE responses SET packed = substr(packed, 1, length(packed) - 8), read = read + 1")
    with ResponseStore.open(path) as store:
        assert verify(store).good


def test_one_bad_answer_does_not_hide_the_others(path):
    filled(path, [whole(at) for at in range(300)]).close()
    change(path, "UPDATE responses SET replicate = replicate + 1 WHERE rowid > 150")
    with ResponseStore.open(path) as store:
        found = verify(store)
    assert (found.answers, found.flawed, len(found.flaws)) == (300, 150, 100)


def test_an_answer_of_another_kind_is_found(path):
    with filled(path, [replace(whole(0), outcome=Scored(logprobs=(-1.0,), tokens=(1,)))]) as store:
        assert verify(store).flaws[0].why == "`scored` does not answer what was asked"


def test_answers_that_say_little_are_bare_and_not_wrong(path):
    with filled(path, [replace(whole(0), key="any", sampling="", operation=None)]) as store:
        found = verify(store)
    assert (found.good, found.bare) == (True, 1)


def test_damage_to_the_file_is_found(path):
    filled(path, [whole(at) for at in range(2000)]).close()
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 20_000] = b"\xa5" * 20_000
    path.write_bytes(content)
    with ResponseStore.open(path) as store:
        found = verify(store)
    assert not found.good and found.damage
    assert path.read_bytes() == content


def test_merging_keeps_the_first_and_counts_the_others(tmp_path):
    first = filled(tmp_path / "a", [whole(at) for at in range(0, 30)])
    changed = replace(whole(10), outcome=Generated(text="another", finish="stop"))
    second = filled(tmp_path / "b", [changed, *(whole(at) for at in (9, 11, 40, 41))])
    into = filled(tmp_path / "out", [whole(at) for at in range(25, 35)])
    with first, second, into:
        done = merge([first, second], into)
        assert list(into.each()) == sorted(map(whole, [*range(35), 40, 41]), key=lambda one: one.key)
        assert verify(into).good
        again = merge([first, second], into)
    a, b = done.sources
    assert (a.answers, a.added, a.same, a.conflicts) == (30, 25, 5, 0)
    assert (b.answers, b.added, b.same, b.conflicts) == (5, 2, 2, 1)
    assert (done.answers, done.conflicts) == (37, (changed.key,))
    assert [one.added for one in again.sources] == [0, 0]


def test_the_order_of_merging_decides_only_conflicts(tmp_path):
    stores = [filled(tmp_path / f"{at}", [whole(one) for one in range(at, 1200, 3)]) for at in range(3)]
    one, other = ResponseStore.open(tmp_path / "one"), ResponseStore.open(tmp_path / "other")
    merge(stores, one)
    merge(stores[::-1], other)
    assert list(one.each()) == list(other.each())
    for store in (*stores, one, other):
        store.close()


def test_vacuum_gives_space_back(path):
    with filled(path, [whole(at) for at in range(400)]) as store:
        store.query("CREATE TABLE more (x)")
        store.query("INSERT INTO more SELECT zeroblob(1000000)")
        store.query("DROP TABLE more")
        done = vacuum(store)
        assert done.before - done.after > 900_000
        assert done.after == path.stat().st_size
        assert verify(store).good and store.count() == 400
        assert len(list(store.each())) == 400


def test_vacuum_while_another_writes_is_a_store_error(path):
    filled(path, [whole(0)]).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with ResponseStore.open(path, patience=0.05) as store:
        with pytest.raises(StoreError, match="held by another process"):
            vacuum(store)
        assert store.count() == 1
    other.close()


@pytest.mark.parametrize("column", ["outcome", "kind", "at"])
def test_a_text_that_is_not_utf8_is_the_fault_of_its_answer(path, column):
    """A file with one such text is not damaged: the other answers are good, and it is said which is not."""
    filled(path, [whole(at) for at in range(8)]).close()
    change(path, f"UPDATE responses SET {column} = CAST(x'7bffc3' AS TEXT) WHERE rowid = 3")
    with ResponseStore.open(path) as store:
        found = verify(store)
        assert (found.answers, found.flawed, found.damage) == (8, 1, ())
        assert [flaw.why for flaw in found.flaws] == ["a text of it is not UTF-8"]
        keys = [key for key, one, _ in store.examine() if one is None]
        if column != "at":
            with pytest.raises(StoreError) as caught:
                store.get(keys)
            assert str(caught.value) == (
                f"an answer in the response store `{path}` cannot be read: a text of it is not UTF-8"
            )
            assert "taskc store verify" in caught.value.help


def test_a_model_whose_name_is_not_utf8_is_told(path):
    filled(path, [whole(at) for at in range(3)]).close()
    change(path, "UPDATE ways SET model = CAST(x'7bffc3' AS TEXT)")
    with ResponseStore.open(path) as store:
        found = verify(store)
        assert (found.answers, found.flawed, found.damage) == (3, 3, ())
        with pytest.raises(StoreError, match="is not UTF-8"):
            store.models()
