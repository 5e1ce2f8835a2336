"""The reference pages leave nothing out: every word of the language, every limit, every command and flag."""

import math
import re
from importlib import import_module

import click
import pytest
from blocks import ROOT

from taskc.backends import BACKENDS
from taskc.cli import COMMANDS
from taskc.compiler import limits
from taskc.compiler.functions import DRAWS, FUNCTIONS
from taskc.compiler.regimes import SETTINGS
from taskc.compiler.sandbox import ENVIRONMENT
from taskc.flow.load import shipped_regimes
from taskc.grammar.words import FORMS
from taskc.metrics import METRICS
from taskc.records.lines import _names
from taskc.records.request import Decode, Option, Request

LANGUAGE = (ROOT / "docs/language.md").read_text(encoding="utf-8")
CLI = (ROOT / "docs/cli.md").read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """Give what stands under a heading, up to the next one of its depth."""
    depth = heading.split(" ", 1)[0]
    return re.split(rf"^{depth} ", text.split(f"\n{heading}\n", 1)[1], maxsplit=1, flags=re.M)[0]


def spans(text: str) -> str:
    """Give all that is written as code."""
    return "\n".join(re.findall(r"`+([^`]+)`+", text))


def lacking(words: object, text: str) -> list[str]:
    return sorted(word for word in words if not re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text))


def test_every_word_of_the_language() -> None:
    said = spans(LANGUAGE)
    assert not lacking(FORMS, said)
    assert not lacking([*FUNCTIONS, *DRAWS], said)
    assert not lacking(shipped_regimes(), said)


def test_every_setting_has_its_row() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", section(LANGUAGE, "### Settings"), re.M)
    assert sorted(rows) == sorted(SETTINGS)


def test_every_filter_and_test_of_templates() -> None:
    text = section(LANGUAGE, "## Templates")
    for head, known in (("Filters", ENVIRONMENT.filters), (r"Tests \(`x is …`\)", ENVIRONMENT.tests)):
        found = re.search(rf"- {head}: `([^`]*)`", text)
        assert found is not None
        assert sorted(found[1].split()) == sorted(known)


def test_every_limit() -> None:
    text = section(LANGUAGE, "## Limits")
    values = {
        name: value for name, value in vars(limits).items() if name.isupper() and isinstance(value, int)
    }
    assert not [name for name, value in values.items() if f"{value:,}" not in text]


def test_every_field_of_a_request() -> None:
    text = section(LANGUAGE, "## What is written")
    assert not lacking([*_names(Request), *_names(Option), *_names(Decode)], spans(text))


def commands() -> list[tuple[str, click.Command]]:
    return [(name, import_module(where).command) for name, (where, _) in COMMANDS.items()]


@pytest.mark.parametrize(("name", "command"), commands(), ids=list(COMMANDS))
def test_every_flag(name: str, command: click.Command) -> None:
    text = section(CLI, f"## taskc {name}")
    inner = getattr(command, "commands", {})
    params = [p for one in (command, *inner.values()) for p in one.params]
    options = [p for p in params if isinstance(p, click.Option)]
    flags = {flag for option in options for flag in option.opts}
    stated = set(re.findall(r"`(--?[a-z-]+)", "\n".join(re.findall(r"^\| (`-.*?) \|", text, re.M))))
    assert stated == flags
    assert not lacking(inner, spans(text))


def test_every_exit_code_in_use() -> None:
    from taskc.cli import group

    rows = {int(code) for code in re.findall(r"^\| (\d+) \|", section(CLI, "## Exit codes"), re.M)}
    assert rows == {
        group.OK,
        group.FOUND_ERRORS,
        group.USAGE,
        group.GATE,
        group.SOME_FAILED,
        group.BUDGET,
        group.INTERRUPTED,
    }


def test_every_backend() -> None:
    text = (ROOT / "docs/backends.md").read_text(encoding="utf-8")
    assert not [name for name in BACKENDS if f"`{name}/" not in text]


def test_every_metric_has_its_row_and_says_the_same() -> None:
    text = section((ROOT / "docs/scoring.md").read_text(encoding="utf-8"), "## Metrics")
    rows = {}
    for line in re.findall(r"^\| `.*", text, re.M):
        names, of, _, spread, better, degrees = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        rows |= dict.fromkeys(re.findall(r"`([^`]+)`", names), (of, spread, better, degrees))
    assert sorted(rows) == sorted(METRICS)
    for name, metric in METRICS.items():
        of, spread, better, degrees = rows[name]
        assert (of, better, degrees) == (metric.of, metric.better, "yes" if metric.continuous else "no"), name
        ends = {0.0: ("≥ 0", "0"), -math.inf: ("≤", "any")}
        assert spread.startswith(ends[metric.low]), name
        assert metric.high == math.inf or str(int(metric.high)) in spread or spread == "≤ 0 nats", name
