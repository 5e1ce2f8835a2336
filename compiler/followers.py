"""Findings that only follow from what could not be read, so that one mistake is told once."""

import re
from collections.abc import Iterable, Mapping

from taskc.dsl.diagnostic import Diagnostic, Severity
from taskc.dsl.span import Source

# what may be missing only because a statement with a mistake in it was left out
_ABSENCES = frozenset(
    (
        "missing-statement",
        "missing-field",
        "missing-level",
        "needs-rationale",
        "no-fields",
        "no-items",
        "no-options",
        "no-tasks",
        "regime-left-out",
    )
)
# what may be unknown only because the line or file that makes it known was left out
_UNKNOWNS = frozenset(
    ("unknown-name", "unknown-field", "unknown-regime", "unknown-task", "unknown-level", "unknown-item")
)
_WORD = re.compile(r"[^\W\d]\w*")


def without_followers(
    found: Iterable[Diagnostic], causes: Iterable[Diagnostic], sources: Mapping[str, Source]
) -> list[Diagnostic]:
    """Leave out of `found` what follows from `causes`, the errors that were met while reading.

    After an error in reading nothing is told to be missing. A name is not told to be unknown if it
    stands on a line that could not be read, or if a whole file could not.
    """
    errors = [d for d in causes if d.severity is Severity.ERROR]
    if not errors:
        return list(found)
    lost = any(d.rule == "unreadable-file" for d in errors)
    unread = {word for d in errors for word in _WORD.findall(_line(d, sources))}
    return [d for d in found if not _follows(d, unread, lost)]


def _follows(d: Diagnostic, unread: set[str], lost: bool) -> bool:
    if d.rule in _UNKNOWNS:
        named = re.search(r"`([^`]+)`", d.message[::-1])  # the last name is the one that is unknown
        return lost or (named is not None and named[1][::-1] in unread)
    return d.rule in _ABSENCES


def _line(d: Diagnostic, sources: Mapping[str, Source]) -> str:
    source = sources.get(d.primary.span.file)
    if source is None:
        return ""
    start, end = d.primary.span.start, d.primary.span.end
    lines = range(source.position(start)[0], source.position(max(start, end - 1))[0] + 1)
    return "\n".join(source.line(number) for number in lines)
