"""Findings as SARIF, the format in which code scanners tell theirs to editors and forges.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0, 27 March 2020.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from taskc import __version__
from taskc.dsl.diagnostic import Diagnostic, Edit, Label
from taskc.dsl.span import Source, Span
from taskc.flow.explain import explained, page_markdown, pages
from taskc.flow.findings import position

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"


def sarif(
    found: Sequence[Diagnostic], sources: Mapping[str, Source], places: Mapping[str, Path], here: Path
) -> dict[str, Any]:
    """Give a SARIF log of findings as plain values.

    `places` says where a file is by the name that findings show; those below the folder `here` are named
    from there, so that the log is the same on any machine.
    """
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [_Run(sources, places, here.resolve()).of(found)],
    }


class _Run:
    """Writes the parts of one run."""

    def __init__(self, sources: Mapping[str, Source], places: Mapping[str, Path], here: Path) -> None:
        self.sources = sources
        self.places = places
        self.here = here

    def of(self, found: Sequence[Diagnostic]) -> dict[str, Any]:
        rules = sorted({finding.rule for finding in found})
        return {
            "tool": {
                "driver": {
                    "name": "taskc",
                    "version": __version__,
                    "semanticVersion": __version__,
                    "rules": [rule(name) for name in rules],
                }
            },
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {_ROOT: {"description": {"text": "the folder that taskc was run in"}}},
            "results": [self.result(finding, rules) for finding in found],
        }

    def result(self, finding: Diagnostic, rules: Sequence[str]) -> dict[str, Any]:
        text = finding.message + (f"\nhelp: {finding.help}" if finding.help else "")
        told = {
            "ruleId": finding.rule,
            "ruleIndex": rules.index(finding.rule),
            "level": finding.severity.value,
            "message": {"text": text},
            "locations": [self.location(finding.primary)],
        }
        if finding.others:
            told["relatedLocations"] = [
                {"id": number, **self.location(label)} for number, label in enumerate(finding.others, 1)
            ]
        if finding.edits:
            told["fixes"] = [self.fix(finding)]
        return told

    def location(self, label: Label) -> dict[str, Any]:
        physical = {"artifactLocation": self.artifact(label.span.file), **self.region(label.span)}
        message = {"message": {"text": label.text}} if label.text else {}
        return {"physicalLocation": physical, **message}

    def artifact(self, name: str) -> dict[str, Any]:
        path = self.places.get(name)
        real = path.resolve() if path is not None else None
        if real is not None and not real.is_relative_to(self.here):
            return {"uri": real.as_uri()}
        shown = real.relative_to(self.here).as_posix() if real is not None else name
        return {"uri": quote(shown), "uriBaseId": _ROOT}

    def region(self, span: Span) -> dict[str, Any]:
        """Give the region of a span; of a file without a text there is none."""
        source = self.sources.get(span.file)
        if source is None:
            return {}
        line, column = position(source, span.start)
        end_line, end_column = position(source, span.end)
        region = {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}
        return {"region": region}

    def fix(self, finding: Diagnostic) -> dict[str, Any]:
        names = dict.fromkeys(edit.span.file for edit in finding.edits)
        changes = [
            {
                "artifactLocation": self.artifact(name),
                "replacements": [self.replacement(edit) for edit in finding.edits if edit.span.file == name],
            }
            for name in names
        ]
        return {"description": {"text": finding.help or finding.message}, "artifactChanges": changes}

    def replacement(self, edit: Edit) -> dict[str, Any]:
        deleted = self.region(edit.span)["region"]
        return {"deletedRegion": deleted, "insertedContent": {"text": edit.text}}


def rule(name: str) -> dict[str, Any]:
    """Describe a rule by its page."""
    page = pages().get(name)
    if page is None:
        return {"id": name}
    return {
        "id": name,
        "shortDescription": {"text": page.about},
        "fullDescription": {"text": page.finds},
        "help": {"text": explained(page), "markdown": page_markdown(page)},
        "defaultConfiguration": {"level": page.severity},
    }
