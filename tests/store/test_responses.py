"""The response store: what is in it stays in it, whoever is killed and whatever else is at its place."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from taskc.records.lines import load_all
from taskc.records.operation import Generated, Labelled, Refusal, Scored, Usage
from taskc.records.response import Response
from taskc.store.responses import ResponseStore, StoreError


def response(key, outcome=None, model="m"):
    outcome = outcome or Generated(text=f"text of {key}", finish="stop")
    return Response(key=key, request="r", model=model, replicate=0, lowering="generate", outcome=outcome)


OUTCOMES = [
    Generated(text="naïve ⟨π⟩\n\0\x7f", finish="length"),
    Scored(logprobs=(-0.1, -1e-300), tokens=(1, 2)),
    Labelled(logprobs=(-0.5, None), outside=0.25),
    Refusal(text=""),
]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "responses.db"


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda one: one.kind)
def test_what_goes_in_comes_out(path, outcome):
    kept = Response(
        key="k",
        request="r",
        model="m",
        replicate=3,
        lowering="score",
        outcome=outcome,
        usage=Usage(read=1, written=2),
        attempts=4,
        seconds=0.25,
        asked="a",
    )
    with ResponseStore.open(path) as store:
        store.add_all([kept])
    with ResponseStore.open(path) as store:
        assert store.get(["k", "other"]) == {"k": kept}
        assert store.count() == 1


def test_many_keys_at_once(path):
    keys = [f"k{at}" for at in range(3000)]
    with ResponseStore.open(path) as store:
        store.add_all(response(key) for key in keys[::2])
        assert store.have(keys) == set(keys[::2])
        assert list(store.get(keys[:6])) == ["k0", "k2", "k4"] or set(store.get(keys[:6])) == {
            "k0",
            "k2",
            "k4",
        }
        assert store.have([]) == set()


def test_the_first_answer_stays(path):
    with ResponseStore.open(path) as store:
        store.add_all([response("k", Generated(text="first", finish="stop"))])
        store.add_all([response("k", Generated(text="second", finish="stop"))])
        assert store.get(["k"])["k"].outcome.text == "first"


def test_all_or_none(path):
    def some():
        yield response("a")
        raise RuntimeError

    with ResponseStore.open(path) as store:
        with pytest.raises(RuntimeError):
            store.add_all(some())
        assert store.count() == 0
        with pytest.raises(StoreError):
            store.add_all([response("a"), response("b", model=None)])
        assert store.count() == 0


def test_export(path, tmp_path):
    out = tmp_path / "out" / "all.jsonl"
    with ResponseStore.open(path) as store:
        store.add_all([response("b"), response("a", model="n"), response("c")])
        assert store.export(out) == 3
        assert [one.key for one in load_all(Response, out.open())] == ["a", "b", "c"]
        assert store.export(out, models=["n"]) == 1
        assert [one.key for one in load_all(Response, out.open())] == ["a"]
        assert store.models() == ("m", "n")
    assert [file.name for file in out.parent.iterdir()] == ["all.jsonl"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"these are my notes\n" * 100, "is not a response store"),
        (b"SQLite format 3\0" + b"\0" * 50, "is not a response store"),
    ],
)
def test_a_foreign_file_is_left_alone(tmp_path, content, message):
    path = tmp_path / "notes"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=message) as caught:
        ResponseStore.open(path)
    assert caught.value.help
    assert path.read_bytes() == content
    assert [file.name for file in tmp_path.iterdir()] == ["notes"]


@pytest.mark.parametrize("pragma", ["application_id = 7", "user_version = 4"])
def test_a_foreign_database_is_left_alone(tmp_path, pragma):
    path = tmp_path / "other.db"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE mine (x)")
    db.execute(f"PRAGMA {pragma}")
    db.close()
    content = path.read_bytes()
    with pytest.raises(StoreError, match="is not a response store"):
        ResponseStore.open(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("how", [{}, {"new": False}, {"read": True}])
def test_an_empty_file_is_left_alone(tmp_path, how):
    """It is nobody's: a store is put in its place whole, so a new one is never empty."""
    path = tmp_path / "responses.db"
    path.touch()
    with pytest.raises(StoreError, match="is not a response store"):
        ResponseStore.open(path, **how)
    assert path.read_bytes() == b""
    assert [one.name for one in tmp_path.iterdir()] == ["responses.db"]


def test_a_store_is_made_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "responses.db"
    monkeypatch.setattr("taskc.store.database._make", lambda db: db.execute("not SQL"))
    with pytest.raises(StoreError):
        ResponseStore.open(path)
    assert list(tmp_path.iterdir()) == []


def test_where_there_are_no_links_a_store_is_made_as_well(tmp_path, monkeypatch):
    def link(*_):
        raise PermissionError

    monkeypatch.setattr("os.link", link)
    with ResponseStore.open(tmp_path / "responses.db") as store:
        assert store.count() == 0
    assert [one.name for one in tmp_path.iterdir()] == ["responses.db"]


def test_reading_changes_nothing(path):
    with ResponseStore.open(path) as store:
        store.add_all([response("k")])
    content = path.read_bytes()
    with ResponseStore.open(path, read=True) as store:
        assert store.get(["k"]) == {"k": response("k")}
        with pytest.raises(StoreError):
            store.add_all([response("l")])
    assert path.read_bytes() == content
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_store_in_a_folder_that_takes_no_files_can_be_read(path, monkeypatch):
    """SQLite wants a log beside the file; without one all is in the file."""
    with ResponseStore.open(path) as store:
        store.add_all([response("k")])
    real = sqlite3.connect

    class Closed(sqlite3.Connection):
        def execute(self, statement, *values):
            if "sqlite_master" in statement:
                error = sqlite3.OperationalError("unable to open database file")
                error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
                raise error
            return super().execute(statement, *values)

    def connect(place, **given):
        return real(place, **given) if "immutable" in place else real(place, factory=Closed, **given)

    monkeypatch.setattr("sqlite3.connect", connect)
    with ResponseStore.open(path, read=True) as store:
        assert store.count() == 1


def test_a_lock_that_is_something_else_is_a_store_error(path):
    with ResponseStore.open(path) as store:
        lock = path.with_name(f"{path.name}-batches")
        lock.write_text("a text, " * 200)
        with (
            pytest.raises(StoreError, match="cannot be locked: file is not a database") as caught,
            store.alone(),
        ):
            pass
        assert "move this one away" in caught.value.help
        assert lock.read_text() == "a text, " * 200


def test_a_newer_store_is_left_alone(path):
    ResponseStore.open(path).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StoreError, match="has format 99, this taskc reads format 3") as caught:
        ResponseStore.open(path)
    assert "name another store" in caught.value.help


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.99])
def test_a_torn_store_is_left_alone(path, kept):
    with ResponseStore.open(path) as store:
        store.add_all(response(f"k{at}") for at in range(2000))
    content = path.read_bytes()[: int(path.stat().st_size * kept)]
    path.write_bytes(content)
    with pytest.raises(StoreError, match="is damaged") as caught:
        ResponseStore.open(path)
    assert "left as it is" in caught.value.help
    assert path.read_bytes() == content


def test_damage_in_the_middle_is_a_store_error(path):
    with ResponseStore.open(path) as store:
        store.add_all(response(f"k{at}") for at in range(2000))
    content = bytearray(path.read_bytes())
    content[8192:40960] = b"\xa5" * (40960 - 8192)
    path.write_bytes(content)
    with pytest.raises(StoreError), ResponseStore.open(path) as store:
        store.get(f"k{at}" for at in range(2000))


def test_a_line_of_something_else_is_a_store_error(path):
    with ResponseStore.open(path) as store:
        store.add_all([response("k")])
        db = sqlite3.connect(path)
        db.execute("UPDATE responses SET outcome = '{}'")
        db.commit()
        db.close()
        with pytest.raises(StoreError, match="cannot be read: text: field required"):
            store.get(["k"])


def test_a_folder_in_its_place_is_a_store_error(tmp_path):
    with pytest.raises(StoreError):
        ResponseStore.open(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(StoreError):
        ResponseStore.open(tmp_path / "file" / "responses.db")


def test_a_store_held_by_another_is_a_store_error(path):
    ResponseStore.open(path).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with ResponseStore.open(path, patience=0.05) as store:
        with pytest.raises(StoreError, match="held by another process"):
            store.add_all([response("k")])
        other.execute("ROLLBACK")
        store.add_all([response("k")])
    other.close()


def test_a_store_that_is_not_there(path):
    with pytest.raises(StoreError, match="there is no response store") as caught:
        ResponseStore.open(path, new=False)
    assert "taskc eval" in caught.value.help
    assert not path.parent.exists()


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_no_file_can_hold_is_a_store_error(path, number):
    with ResponseStore.open(path) as store:
        bad = response("b", Labelled(logprobs=(number,), outside=0.0))
        with pytest.raises(StoreError, match=r"cannot be kept in .*: a number in it is not finite"):
            store.add_all([response("a"), bad])
        assert store.count() == 0


def test_readers_see_whole_groups_while_another_process_writes(path):
    ResponseStore.open(path).close()
    writer = write(path, "w", 300, 7)
    with ResponseStore.open(path) as store:
        for line in writer.stdout:
            if int(line) == 0:
                assert writer.poll() is None
            if int(line) % 10 == 0:
                every = [one.key for one in store.each()]
                assert len(every) >= 7 * (int(line) + 1) and len(every) % 7 == 0
                assert set(store.get(every)) == set(every) == store.have(every)
        assert store.count() == 2100
    assert writer.wait() == 0


WRITER = """
import sys
from pathlib import Path
from taskc.records.operation import Generated
from taskc.records.response import Response
from taskc.store.responses import ResponseStore

name, times, size = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
with ResponseStore.open(Path(sys.argv[1])) as store:
    for group in range(times):
        store.add_all(
            Response(key=f"{name}-{group}-{at}", request="r", model="m", replicate=0, lowering="g",
                     outcome=Generated(text="x" * 500, finish="stop"))
            for at in range(size)
        )
        print(group, flush=True)
"""


def write(path, name, times, size):
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), name, str(times), str(size)],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_killed_writer_leaves_whole_groups(path):
    writer = write(path, "w", 100_000, 7)
    while "20" not in writer.stdout.readline():
        pass
    time.sleep(0.02)
    os.kill(writer.pid, signal.SIGKILL)
    told = [int(line) for line in writer.stdout]
    writer.wait()
    with ResponseStore.open(path) as store:
        groups, rest = divmod(store.count(), 7)
        assert rest == 0
        assert groups > max([20, *told])
        store.add_all([response("next")])


def test_two_processes_write_one_store(path):
    writers = [write(path, name, 30, 5) for name in ("a", "b")]
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0
    with ResponseStore.open(path) as store:
        assert store.count() == 300


def test_many_begin_one_store_at_once(tmp_path):
    """A file that another process is making, growing or closing is not taken for something else."""

    def begin(path, name):
        for turn in range(4):
            with ResponseStore.open(path) as store:
                store.add_all(response(f"{name}-{turn}-{at}") for at in range(30))

    for turn in range(6):
        path = tmp_path / f"{turn}.sqlite"
        with ThreadPoolExecutor(8) as pool:
            for one in [pool.submit(begin, path, name) for name in range(8)]:
                one.result(timeout=60)
        with ResponseStore.open(path) as store:
            assert store.count() == 8 * 4 * 30
