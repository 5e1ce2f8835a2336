"""Calm wording: messages begin lower case, end without a full stop; nothing committed names a machine."""

import ast
import re
import subprocess
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from tree import ROOT, files, tree

# what makes a message -> the position of the message among its arguments, and of the cure
MAKERS = {
    "error": (1, None),
    "warning": (1, None),
    "ItemProblem": (1, 3),
    "Problem": (1, 2),
    "ModelError": (0, None),
    "StoreError": (0, None),
    "BuildError": (0, 1),
    "NotFound": (0, 1),
    "BadName": (0, 1),
    "Occupied": (0, 1),
    "UnknownRule": (0, 1),
    "BadSelection": (0, 1),
    "FolderError": (0, 1),
    "Unreadable": (0, 1),
    "Fault": (0, None),
    "Misfit": (0, None),
    "LimitError": (0, None),
    "Failure": (9, None),
    "stop": (0, 1),
}
NAMES = ("JSON", "UTF-8", "XDG", "U+", "Ctrl", "SQLite", "OpenAI", "Anthropic", "Hugging")


class Said(NamedTuple):
    """A piece of wording and where it stands; what is filled in is written `…`."""

    place: str
    text: str


def messages() -> Iterator[Said]:
    """Give every message and every cure that is written out in the code."""
    for path in files():
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Call):
                continue
            maker = ast.unparse(node.func).rpartition(".")[2]
            if maker in MAKERS:
                wanted = [node.args[at] for at in MAKERS[maker] if at is not None and at < len(node.args)]
                wanted += [k.value for k in node.keywords if k.arg in ("message", "help", "why", "nearest")]
                for one in wanted:
                    yield from (Said(f"{path}:{node.lineno}", text) for text in texts(one) if text)


def texts(node: ast.expr) -> list[str]:
    """Give the texts that an expression may be."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=parts):
            return ["".join(p.value if isinstance(p, ast.Constant) else "…" for p in parts)]
        case ast.IfExp(body=a, orelse=b):
            return [*texts(a), *texts(b)]
        case ast.BoolOp(values=parts):
            return [text for part in parts for text in texts(part)]
        case ast.BinOp(left=a, right=b):
            left, right = texts(a) or ["…"], texts(b) or ["…"]
            return [x + y for x in left for y in right]
        case _:
            return []


def test_messages_are_calm() -> None:
    said = list(messages())
    assert len(said) > 200
    loud = [one for one in said if one.text[0].isupper() and not one.text.startswith(NAMES)]
    assert not loud
    assert not [one for one in said if one.text.rstrip().endswith((".", "!")) and not one.text.endswith("…")]
    assert not [one for one in said if one.text != one.text.strip()]


def test_backticks_come_in_pairs() -> None:
    assert not [one for one in messages() if one.text.count("`") % 2]


def committed() -> list[str]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a checkout")
    return [name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


PRIVATE = re.compile(
    "/" + r"work/|/" + r"home/\w+/|/" + r"Users/\w+|index-" + r"url|extra-" + r"index|\btrusted-" + r"host|"
    r"\b(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3}\b|(?:sk|hf)[-_][A-Za-z0-9]{20,}"
)


def test_nothing_committed_names_a_machine_or_a_key() -> None:
    found = []
    for name in committed():
        text = (ROOT / name).read_bytes().decode("utf-8", "replace")
        found += [f"{name}: {match.group()}" for match in PRIVATE.finditer(text)]
    assert not found
