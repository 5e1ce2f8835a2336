"""Small tasks made of rows, and what the checker or one lint says of them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from taskc.compiler.limits import Meter
from taskc.compiler.lints import Tools, lint
from taskc.dsl.diagnostic import Diagnostic, Severity
from taskc.dsl.model import Task
from taskc.flow.build import understand
from taskc.flow.lend import tools
from taskc.flow.understand import Understood

Rows = Sequence[Mapping[str, Any]]

_USUAL = {
    "item": "item { q: text, a: text, b: text }",
    "true_task": 'true_task "answer" -> a',
    "distractor": 'distractor "err" -> b',
    "prompt": 'prompt "{{ q }}"',
    "reply": 'reply "It is {{ answer }}."',
    "regimes": "regimes zero_shot",
    "canary": 'canary "none"',
}


def task(rows: Rows, *statements: str, name: str = "t") -> str:
    """Write a task of these rows; a statement takes the place of the usual one with its first word."""
    stated = {statement.split()[0] for statement in statements}
    usual = [text for word, text in _USUAL.items() if word not in stated]
    items = "items [\n" + "\n".join(map(_row, rows)) + "\n]"
    return f"task {name} {{\n" + "\n".join([*usual, items, *statements]) + "\n}\n"


def _row(row: Mapping[str, Any]) -> str:
    return (
        "{ "
        + ", ".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in row.items())
        + " }"
    )


def pairs(count: int) -> list[dict[str, str]]:
    """Give rows of which each asks something else, answers it, and has a trap."""
    return [{"q": f"Number {n}?", "a": f"yes {n}", "b": f"no {n}"} for n in range(count)]


def understood(folder: Path, text: str) -> Understood:
    """Understand a text in which there is no mistake."""
    (folder / "t.task").write_text(text, encoding="utf-8")
    done = understand([str(folder / "t.task")], Tools())
    assert not done.failed, [d.message for d in done.found]
    return done


def told(folder: Path, text: str, rule: str, lent: Tools | None = None) -> list[Diagnostic]:
    """Give what one lint finds in a text, with the usual tools or those lent."""
    program = understood(folder, text).program
    return [d for d in lint(program, [], lent or tools(), Meter()) if d.rule == rule]


def items_of(found: Sequence[Diagnostic]) -> list[str]:
    """Give the labels beside the findings: mostly the items they name."""
    return [label.text for d in found for label in d.others]


def read(folder: Path, main: str, **files: str) -> Understood:
    """Understand a text, with files beside it."""
    for name, text in {"main": main, **files}.items():
        (folder / f"{name}.task").write_text(text, encoding="utf-8")
    return understand([str(folder / "main.task")])


def errors(done: Understood) -> list[Diagnostic]:
    """Give the errors, without warnings and notes."""
    return [d for d in done.found if d.severity is Severity.ERROR]


def places(done: Understood) -> list[tuple[str, str]]:
    """Give each error's rule with the text it points at."""
    texts = {name: source.text for name, source in done.sources.items()}
    return [
        (d.rule, texts[d.primary.span.file][d.primary.span.start : d.primary.span.end]) for d in errors(done)
    ]


def only(done: Understood) -> Task:
    """Give the one task of a text without errors."""
    assert errors(done) == []
    (one,) = done.program.tasks
    return one


@dataclass(frozen=True)
class File:
    """A data file in memory, given in blocks of two lines."""

    name: str
    content: bytes

    def blocks(self) -> Iterator[bytes]:
        """Give its bytes, two lines at a time."""
        lines = [line + b"\n" for line in self.content.split(b"\n")]
        lines[-1] = lines[-1][:-1]
        for first in range(0, len(lines), 2):
            if block := b"".join(lines[first : first + 2]):
                yield block
