"""Ladders from their files: the shipped ones by name, an author's own by path."""

import tomllib
from functools import cache
from importlib import resources
from pathlib import Path

import msgspec

from taskc.dsl.diagnostic import similar
from taskc.flow.selection import BadSelection
from taskc.records.ladder import Ladder


@cache
def shipped_ladders() -> dict[str, Ladder]:
    """Give the families that come with taskc, by name."""
    files = sorted(
        (one for one in resources.files("taskc.ladders").iterdir() if one.name.endswith(".toml")),
        key=lambda one: one.name,
    )
    read = [_read(one.read_text(encoding="utf-8"), one.name) for one in files]
    return {ladder.name: ladder for ladder in read}


def find_ladder(name: str) -> Ladder:
    """Give a shipped ladder by name, or one of a file; raises `BadSelection` with the cure, and `OSError`."""
    if name in shipped_ladders():
        return shipped_ladders()[name]
    if not name.endswith(".toml"):
        known = similar(name, shipped_ladders()) or f"shipped are {', '.join(shipped_ladders())}"
        raise BadSelection(f"there is no ladder `{name}`", f"{known}; a file of your own ends in `.toml`")
    return _read(Path(name).read_text(encoding="utf-8"), name)


def _read(text: str, name: str) -> Ladder:
    try:
        return msgspec.convert(tomllib.loads(text), Ladder)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as problem:
        told = str(problem)
        cure = "see `ladders/pythia.toml` in the sources of taskc for the form"
        raise BadSelection(f"`{name}` is not a ladder: {told[:1].lower()}{told[1:]}", cure) from None
