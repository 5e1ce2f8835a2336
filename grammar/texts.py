"""Strings and text blocks: the value, and where each part of it stands in the file."""

import re

from taskc.dsl.diagnostic import Diagnostic, error
from taskc.dsl.span import Span
from taskc.dsl.syntax import Text
from taskc.grammar.entries import KEEP, indent

_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)"
)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\\": "\\", '"': '"', "'": "'", "/": "/"}
_KNOWN = r"the escapes are `\n \t \r \0 \\ \" \' \/ \xNN \uNNNN \UNNNNNNNN`; write `\\` for a backslash"
_REPORTED = 20  # of one text
_ESCAPED = re.compile(r'[\x00-\x1f\x7f-\x9f"\\]')
_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_PLAIN = re.compile(r'[\n\t"\\]')  # what a text block takes as it is
_NOWHERE = Span(file="", start=0, end=0)

Marks = list[tuple[int, int]]


def read_string(written: str, span: Span) -> tuple[Text, tuple[Diagnostic, ...]]:
    """Read `"…"`: replace the escapes; an unknown one is reported and kept as written."""
    if "\\" not in written:
        return Text(span=span, value=written[1:-1], marks=((0, span.start + 1),)), ()
    parts: list[str] = []
    marks: Marks = [(0, span.start + 1)]
    found: list[Diagnostic] = []
    done, length = 1, 0
    for match in _ESCAPE.finditer(written, 1, len(written) - 1):
        value = _unescape(match.group())
        if value is None:
            found += [_unknown_escape(match, span)] if len(found) < _REPORTED else []
            value = match.group()
        parts += [written[done : match.start()], value]
        length += match.start() - done
        _mark(marks, length, span.start + match.start())
        length += len(value)
        done = match.end()
        _mark(marks, length, span.start + done)
    parts.append(written[done:-1])
    return Text(span=span, value="".join(parts), marks=tuple(marks)), tuple(found)


def read_block(written: str, span: Span) -> Text:
    '''Read `"""…"""`: nothing is escaped.

    The first line break and the last one go when nothing but blanks stands before or after them on
    the line of the quotes. The indentation common to the lines that are not blank goes too (text
    that stands on the line of the opening quotes, and the line of the closing ones, have no say).
    A line of nothing but blanks becomes empty. Every line break becomes a line feed.
    '''
    lines = _lines(written[3:-3], span.start + 3)
    first_kept = len(lines) == 1 or bool(lines[0][0].strip(" \t"))
    if not first_kept:
        del lines[0]
    if len(lines) > first_kept and not lines[-1][0].strip(" \t") and not (first_kept and len(lines) == 1):
        del lines[-1]
    margin = len(_margin([line for line, _ in lines[first_kept:]]))
    return _join(lines, margin, first_kept, span)


def _lines(inside: str, start: int) -> list[tuple[str, int]]:
    """Split into lines without their breaks, each with its offset in the file."""
    out = []
    for line in inside.split("\n"):
        out.append((line.removesuffix("\r"), start))
        start += len(line) + 1
    last = inside.rsplit("\n", 1)[-1]
    return [*out[:-1], (last, out[-1][1])]


def _margin(lines: list[str]) -> str:
    """Give the blanks with which all lines that are not blank begin."""
    heads = [line[: len(line) - len(line.lstrip(" \t"))] for line in lines if line.strip(" \t")]
    if not heads:
        return ""
    low, high = min(heads), max(heads)
    same = next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), None)
    return low[:same] if same is not None else min(low, high, key=len)


def _join(lines: list[tuple[str, int]], margin: int, first_kept: bool, span: Span) -> Text:
    """Put the kept lines together, marking every place where the value jumps ahead of the file."""
    parts: list[str] = []
    marks: Marks = []
    length = 0
    for i, (line, start) in enumerate(lines):
        if i:
            previous, before = lines[i - 1]
            _mark(marks, length, before + len(previous))
            length += 1
        cut = 0 if i == 0 and first_kept else margin
        kept = line[cut:] if line.strip(" \t") or (i == 0 and first_kept) else ""
        _mark(marks, length, start + len(line) - len(kept))
        parts.append(kept)
        length += len(kept)
    return Text(span=span, value="\n".join(parts), block=True, marks=tuple(marks) or ((0, span.start + 3),))


def _mark(marks: Marks, value: int, file: int) -> None:
    """Note that `value` stands at `file`, unless that follows from the mark before."""
    if not marks or file - value != marks[-1][1] - marks[-1][0]:
        if marks and marks[-1][0] == value:
            marks.pop()
        marks.append((value, file))


def _unescape(escape: str) -> str | None:
    """Give the value of an escape, or None if there is no such escape."""
    kind = escape[1]
    if len(escape) == 2:
        return _LETTERS.get(kind)
    codes = [int(code, 16) for code in escape[2:].split("\\u")]
    if len(codes) == 2:
        return chr(0x10000 + ((codes[0] & 0x3FF) << 10) + (codes[1] & 0x3FF))
    return chr(codes[0]) if codes[0] <= 0x10FFFF and not 0xD800 <= codes[0] <= 0xDFFF else None


def _unknown_escape(match: re.Match[str], span: Span) -> Diagnostic:
    """Say that there is no such escape, or that it names no character."""
    place = Span(file=span.file, start=span.start + match.start(), end=span.start + match.end())
    if len(match.group()) > 2:
        return error("unknown-escape", f"`{match.group()}` names no character", place)
    return error("unknown-escape", f"unknown escape `{match.group()}`", place, help=_KNOWN)


def write_text(text: Text, spelt: str = "") -> str:
    """Write a text: as it was `spelt`, a text block with the indentation that it should have.

    Of a text that stands nowhere, one with line breaks becomes a text block if it reads back as such.
    """
    if spelt and "\n" not in spelt:
        return spelt
    if spelt or "\n" in text.value:
        block = '"""\n' + indent(f'{text.value}\n"""')
        odd = '"""' in text.value or _ESCAPED.search(_PLAIN.sub("", text.value))
        if not odd and read_block(block, _NOWHERE).value == text.value:
            return block
    return spelt.replace("\n", KEEP) or quote(text.value)


def quote(value: str) -> str:
    """Write a text in quotes, on one line."""
    return '"' + _ESCAPED.sub(lambda match: _escape(match.group()), value) + '"'


def _escape(character: str) -> str:
    return _ESCAPES.get(character) or f"\\x{ord(character):02x}"
