"""A finding as a value: what is wrong, where, and the way out. Drawing it is somebody else's work."""

from collections.abc import Iterable
from difflib import get_close_matches
from enum import StrEnum

from msgspec import Struct

from taskc.dsl.span import Span


class Severity(StrEnum):
    """How much a finding weighs: an error stops the build, a warning does not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Label(Struct, frozen=True, kw_only=True):
    """A place with a few words about it."""

    span: Span
    text: str = ""


class Edit(Struct, frozen=True, kw_only=True):
    """A cure that can be carried out: put `text` in the place of `span`."""

    span: Span
    text: str


class Diagnostic(Struct, frozen=True, kw_only=True):
    """One finding.

    `rule` is its kebab-case name, `message` says the problem (lower case, no full stop, backticks
    round code), `primary` is the smallest place that shows it, `others` are places that explain it,
    `help` is the cure. A finding about a whole file or a data row has its place there. `edits` carry
    the cure out together; there are some only where nothing an author could have meant is lost.
    """

    rule: str
    severity: Severity
    message: str
    primary: Label
    others: tuple[Label, ...] = ()
    help: str = ""
    edits: tuple[Edit, ...] = ()


def error(
    rule: str, message: str, span: Span, *, note: str = "", help: str = "", others: Iterable[Label] = ()
) -> Diagnostic:
    """Make an error at `span`; `note` is written under the underlined code."""
    return Diagnostic(
        rule=rule,
        severity=Severity.ERROR,
        message=message,
        primary=Label(span=span, text=note),
        others=tuple(others),
        help=help,
    )


def warning(
    rule: str,
    message: str,
    span: Span,
    *,
    note: str = "",
    help: str = "",
    others: Iterable[Label] = (),
    edits: Iterable[Edit] = (),
) -> Diagnostic:
    """Make a warning at `span`; `note` is written under the underlined code."""
    return Diagnostic(
        rule=rule,
        severity=Severity.WARNING,
        message=message,
        primary=Label(span=span, text=note),
        others=tuple(others),
        help=help,
        edits=tuple(edits),
    )


def notice(rule: str, message: str, span: Span, *, help: str = "") -> Diagnostic:
    """Make a note at `span`: nothing is wrong, and the author should know."""
    return Diagnostic(rule=rule, severity=Severity.NOTE, message=message, primary=Label(span=span), help=help)


def count_errors(found: Iterable[Diagnostic]) -> int:
    """Count the findings that stop a build."""
    return sum(d.severity is Severity.ERROR for d in found)


def similar(name: str, known: Iterable[str]) -> str:
    """Give a cure for an unknown name: the nearest known one, else the list when it is short, else ''."""
    names = sorted(set(known))
    near = get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f"a similar name exists: `{near[0]}`"
    if 0 < len(names) <= 12:
        return "known here: " + ", ".join(f"`{n}`" for n in names)
    return ""
