"""A store of format 1, made by the taskc that wrote that format, is brought over with all its answers."""

import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from kept import whole

from taskc.records.lines import load_all
from taskc.records.response import Response
from taskc.store.responses import ResponseStore, StoreError

FILES = Path(__file__).parent / "files"


@pytest.fixture
def old(tmp_path):
    """Give a copy of a store that holds what `version_1.jsonl` holds."""
    return Path(shutil.copy(FILES / "version_1.sqlite", tmp_path / "responses.sqlite"))


def recorded():
    return list(load_all(Response, (FILES / "version_1.jsonl").read_text(encoding="utf-8").splitlines()))


def version(path):
    db = sqlite3.connect(path)
    try:
        return db.execute("PRAGMA user_version").fetchone()[0]
    finally:
        db.close()


def test_the_file_is_of_format_1():
    assert len(recorded()) == 40
    db = sqlite3.connect(f"file:{FILES / 'version_1.sqlite'}?mode=ro&immutable=1", uri=True)
    columns = [name for _, name, *_ in db.execute("PRAGMA table_info(responses)")]
    assert columns == ["key", "model", "request", "line"]
    assert db.execute("PRAGMA user_version").fetchone() == (1,)
    db.close()


def test_all_answers_are_brought_over(old):
    with ResponseStore.open(old) as store:
        assert list(store.each()) == recorded()
        assert store.get(one.key for one in recorded()) == {one.key: one for one in recorded()}
        assert store.models() == ("local/smollm2-135m", "openai/gpt-4.1-mini")
        store.add_all([whole(1), *recorded()[:3]])
        assert store.count() == 41
    assert version(old) == 3
    with ResponseStore.open(old) as store:
        assert store.count() == 41


@pytest.mark.parametrize("name", ["version_1", "version_2"])
def test_reading_one_of_an_older_format_leaves_it_as_it_is(tmp_path, name):
    path = Path(shutil.copy(FILES / f"{name}.sqlite", tmp_path / "responses.sqlite"))
    content = path.read_bytes()
    kept = list(load_all(Response, (FILES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()))
    with ResponseStore.open(path, read=True) as store:
        assert list(store.each()) == kept
        assert store.batches.each() == ()
    assert path.read_bytes() == content
    assert [one.name for one in tmp_path.iterdir()] == ["responses.sqlite"]


def grow(path, times):
    db = sqlite3.connect(path)
    db.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
        " INSERT INTO responses SELECT key || i, model, request, replace(line, key, key || i)"
        " FROM responses, n",
        [times],
    )
    db.commit()
    db.close()


def test_many_answers_are_brought_over(old):
    grow(old, 100)
    with ResponseStore.open(old) as store:
        assert store.count() == 40 * 101
        assert {one.key for one in store.each()} >= {f"{one.key}100" for one in recorded()}


@pytest.mark.parametrize("line", ["{}", "not JSON"])
def test_a_line_that_cannot_be_read_changes_nothing(old, line):
    db = sqlite3.connect(old)
    db.execute("UPDATE responses SET line = ? WHERE rowid = 40", (line,))
    db.commit()
    db.close()
    content = old.read_bytes()
    with pytest.raises(StoreError, match="cannot be read"):
        ResponseStore.open(old)
    assert old.read_bytes() == content
    assert version(old) == 1


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.99])
def test_a_torn_store_of_format_1_is_left_alone(old, kept):
    content = old.read_bytes()[: int(old.stat().st_size * kept)]
    old.write_bytes(content)
    with pytest.raises(StoreError, match="is damaged"):
        ResponseStore.open(old)
    assert old.read_bytes() == content


def test_damage_within_a_store_of_format_1_is_left_alone(old):
    content = bytearray(old.read_bytes())
    content[9000:28000] = b"\xa5" * 19000
    old.write_bytes(content)
    with pytest.raises(StoreError):
        ResponseStore.open(old)
    assert old.read_bytes() == content


def test_a_store_of_format_2_gets_a_place_for_batches(tmp_path):
    path = Path(shutil.copy(FILES / "version_2.sqlite", tmp_path / "responses.sqlite"))
    assert version(path) == 2
    kept = list(load_all(Response, (FILES / "version_2.jsonl").read_text(encoding="utf-8").splitlines()))
    with ResponseStore.open(path) as store:
        assert list(store.each()) == kept
        assert len(kept) == 10
        assert store.batches.each() == ()
    assert version(path) == 3


OPENER = """
import sys
import time
from pathlib import Path
from taskc.store.responses import ResponseStore
with ResponseStore.open(Path(sys.argv[1])) as store:
    print(store.count())
"""


def test_several_processes_open_it_at_once(old):
    """One brings the answers over, the others wait for it."""
    command = [sys.executable, "-c", OPENER, str(old)]
    openers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert [one.communicate(timeout=60)[0] for one in openers] == ["40\n"] * 4
    assert version(old) == 3


@pytest.mark.parametrize("wait", [0.0, 0.2, 0.4])
def test_a_process_that_is_killed_while_it_brings_them_over_loses_nothing(old, wait):
    grow(old, 400)
    opener = subprocess.Popen([sys.executable, "-c", OPENER, str(old)], stdout=subprocess.DEVNULL)
    log = old.with_name(f"{old.name}-wal")
    while opener.poll() is None and not (log.exists() and log.stat().st_size):
        time.sleep(0.005)
    time.sleep(wait)
    opener.kill()
    opener.wait()
    with ResponseStore.open(old) as store:
        assert store.count() == 40 * 401
        assert store.get([recorded()[0].key]) == {recorded()[0].key: recorded()[0]}
    assert version(old) == 3
