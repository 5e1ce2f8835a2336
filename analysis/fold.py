"""Names folded to a width at the places where a reader would fold them."""

import re
from collections.abc import Sequence

LEAST = 8
"""The narrowest a column of names is made."""
_UNDRAWN = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\ud800-\\udfff\\ufffe\\uffff]")


def drawable(name: str) -> str:
    """Put U+FFFD for what has no shape, and which the XML of a figure cannot hold: control characters."""
    return _UNDRAWN.sub("\N{REPLACEMENT CHARACTER}", name)


def fold(name: str, width: int) -> str:
    """Break `name` into lines of at most `width` characters: at blanks, after `_ - / .`, or anywhere."""
    lines: list[str] = []
    line = ""
    for piece in _pieces(name, width):
        if line and len((line + piece).rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece
        while len(line.rstrip()) > width:
            lines.append(line[:width])
            line = line[width:]
    return "\n".join([*lines, line.rstrip()] if line.strip() or not lines else lines)


def _pieces(name: str, width: int) -> list[str]:
    """Cut at blanks, and cut what is too wide for a line after its marks."""
    words: list[str] = re.findall(r"[^ ]* +|[^ ]+", name)
    return [
        piece
        for word in words
        for piece in (
            re.findall(r"[^_\-/.]*[_\-/.]+|[^_\-/.]+", word) if len(word.rstrip()) > width else [word]
        )
    ]


def fit(widths: Sequence[int], room: int) -> list[int]:
    """Narrow the widest of `widths`, again and again, until all fit in `room` or all are down to `LEAST`."""
    fitted = list(widths)
    while sum(fitted) > room and max(fitted, default=0) > LEAST:
        fitted[fitted.index(max(fitted))] -= 1
    return fitted
