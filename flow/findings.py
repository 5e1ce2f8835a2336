"""Findings for machines: plain values for JSON, and the workflow commands of GitHub."""

from collections.abc import Mapping, Sequence
from typing import Any

from taskc.dsl.diagnostic import Diagnostic, Label, Severity
from taskc.dsl.span import Source, Span

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def plain(finding: Diagnostic, sources: Mapping[str, Source]) -> dict[str, Any]:
    """Give a finding as plain values; lines and columns count from 1, the end is the first place after."""
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": finding.message,
        "help": finding.help,
        **place(finding.primary.span, sources),
        "note": finding.primary.text,
        "labels": [_label(other, sources) for other in finding.others],
        "fixes": [{**place(edit.span, sources), "text": edit.text} for edit in finding.edits],
    }


def _label(label: Label, sources: Mapping[str, Source]) -> dict[str, Any]:
    return {**place(label.span, sources), "text": label.text}


def place(span: Span, sources: Mapping[str, Source]) -> dict[str, Any]:
    """Give file, line, column and where it ends; of a file that could not be read, its start."""
    source = sources.get(span.file)
    line, column = position(source, span.start)
    end_line, end_column = position(source, span.end)
    return {
        "file": span.file,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    }


def position(source: Source | None, offset: int) -> tuple[int, int]:
    """Give line and column of an offset that may lie outside the text."""
    return source.position(min(max(offset, 0), len(source.text))) if source else (1, 1)


# --- GitHub -----------------------------------------------------------------------------------------


def github(found: Sequence[Diagnostic], sources: Mapping[str, Source]) -> str:
    """Write findings as workflow commands, which GitHub shows beside the lines of a pull request.

    Source: GitHub Docs, "Workflow commands for GitHub Actions"; the escapes are those of `@actions/core`.
    """
    return "".join(_command(finding, sources) + "\n" for finding in found)


def _command(finding: Diagnostic, sources: Mapping[str, Source]) -> str:
    at = place(finding.primary.span, sources)
    told = {"file": at["file"], "line": at["line"], "col": at["column"], "endLine": at["end_line"]}
    if at["end_line"] == at["line"]:  # columns of two lines would be compared with each other
        told["endColumn"] = at["end_column"]
    text = finding.message + (f"\nhelp: {finding.help}" if finding.help else "")
    return workflow_command(_COMMANDS[finding.severity], f"taskc: {finding.rule}", text, told)


def workflow_command(kind: str, title: str, text: str, place: Mapping[str, Any] | None = None) -> str:
    """Write one workflow command, an `error`, `warning` or `notice`, at a place if there is one."""
    told = {**(place or {}), "title": title}
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in told.items())
    return f"::{kind} {properties}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
