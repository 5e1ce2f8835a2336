"""The tables of the grammar: how to cut a text into words, and what to do on each word in each state."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import NamedTuple

import msgspec

LAST = "$END"  # the kind of the end of a declaration


class Rule(NamedTuple):
    """One alternative of a grammar rule: what to make of the parts it was read from."""

    name: str  # of the method that builds a node of it; '' when its parts go to the rule around it
    origin: str  # the name under which rows know it, `<task>` to tell it from the word `task`
    takes: Sequence[str]  # for each part: `drop` it, `add` it, or `spread` its own parts
    gaps: Sequence[int]  # how many optional parts are missing before each part, and after the last
    passes: bool  # it only says that one thing is a kind of another, as precedence does


class Tables(NamedTuple):
    """What the reader needs to know of the grammar.

    In a row, by kind of word or by what a rule made, a number from 0 on is the state to go to; -1, -2, …
    is the rule 0, 1, … to apply.
    """

    words: frozenset[str]  # that are kinds of their own and would else be names
    pattern: re.Pattern[str]  # matches one word, whatever comes; its last group says of which kind
    kinds: Sequence[str]  # by group; '' for what is passed over
    rules: Sequence[Rule]
    start: int
    end: int
    rows: Sequence[Mapping[str, int]]


@cache
def tables() -> Tables:
    """Give the tables made from `task.lark`, read once a process."""
    made = msgspec.json.decode(resources.files("taskc.grammar").joinpath("tables.json").read_bytes())
    return Tables(
        words=frozenset(made["words"]),
        pattern=re.compile("|".join(f"({pattern})" for _, pattern in made["patterns"])),
        kinds=["", *(kind for kind, _ in made["patterns"])],
        rules=[Rule(*rule) for rule in made["rules"]],
        start=made["start"],
        end=made["end"],
        rows=made["rows"],
    )


def word_kinds() -> frozenset[str]:
    """Name every kind of word that a row may know."""
    return tables().words | {*tables().kinds, LAST} - {""}
