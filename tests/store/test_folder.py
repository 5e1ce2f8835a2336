"""Reading inside a folder: what is opened is what was asked about, and blocks end where lines do."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskc.store import folder
from taskc.store.folder import FolderError, blocks, open_inside, read_inside
from taskc.store.spool import Spool


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Give a task file in a folder beside a secret."""
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "in" / "rows.jsonl").write_bytes(b"rows")
    (tmp_path / "in" / "deep" / "rows.jsonl").write_bytes(b"deep rows")
    return tmp_path / "in" / "main.task"


def swap_file(base: Path) -> None:
    place = base.parent / "rows.jsonl"
    place.unlink()
    place.symlink_to("../secret")


def swap_folder(base: Path) -> None:
    deep = base.parent / "deep"
    (base.parent.parent / "rows.jsonl").write_bytes(b"secret")
    deep.rename(base.parent / "moved")
    deep.symlink_to("..")


@pytest.mark.parametrize(("swap", "path"), [(swap_file, "rows.jsonl"), (swap_folder, "deep/rows.jsonl")])
@pytest.mark.parametrize("when", ["before it is opened", "once it is open"])
def test_what_is_put_in_its_place_is_not_read(
    base: Path, monkeypatch: pytest.MonkeyPatch, swap: Callable[[Path], None], path: str, when: str
) -> None:
    """A link that takes the place of a file while it is opened leads nowhere."""
    plain, done = os.open, []

    def opened(place: Path, flags: int) -> int:
        if when == "before it is opened":
            swap(base)
        handle = plain(place, flags)
        if when == "once it is open":
            swap(base)
        done.append(handle)
        return handle

    monkeypatch.setattr(folder.os, "open", opened)
    with pytest.raises(FolderError):
        read_inside(base.parent, base, path)
    for handle in done:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(handle)


def test_links_inside_are_followed(base: Path) -> None:
    """A link to another file of the folder is that file."""
    (base.parent / "link.jsonl").symlink_to("deep/rows.jsonl")
    place, content = read_inside(base.parent, base, "link.jsonl")
    assert (place.name, content) == ("link.jsonl", b"deep rows")


@given(st.lists(st.sampled_from([b"\n", b"a", b"\r", b"bcd", b"\n\n"]), max_size=30).map(b"".join))
def test_blocks_end_with_lines(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Blocks are the file, and all but the last end with a line feed."""
    base = tmp_path_factory.mktemp("blocks") / "main.task"
    (base.parent / "rows").write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folder, "_BLOCK", 4)
        _, file = open_inside(base.parent, base, "rows")
        with file:
            read = list(blocks(file, "rows"))
    assert b"".join(read) == content
    assert all(block.endswith(b"\n") for block in read[:-1]) and all(read)


def test_a_file_that_grows_is_not_read_on(base: Path) -> None:
    """The bound on the size holds for what is read, whatever the size was."""
    _, file = open_inside(base.parent, base, "rows.jsonl", most=10)
    with (base.parent / "rows.jsonl").open("ab") as more:
        more.write(b"x" * 100)
    with file, pytest.raises(FolderError, match="and 10 is the most"):
        list(blocks(file, "rows.jsonl", most=10))


@given(st.lists(st.binary(max_size=50), min_size=1), st.data())
def test_a_spool_gives_back_what_it_was_given(pieces: list[bytes], data: st.DataObject) -> None:
    """Pieces come back by their offsets, also between writes, and no file is left behind."""
    spool = Spool()
    places = []
    for piece in pieces:
        places.append((spool.write(piece), piece))
        at, wanted = data.draw(st.sampled_from(places))
        assert spool.read(at, len(wanted)) == wanted
