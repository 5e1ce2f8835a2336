"""A finding as a picture: where it is, the line with the place underlined, and the way out."""

import unicodedata
from collections.abc import Iterable, Mapping
from itertools import groupby

from msgspec import Struct

from taskc.dsl.diagnostic import Diagnostic, Label, Severity
from taskc.dsl.span import Source

WIDEST = 120  # columns of an excerpt; a longer line is cut round its first label
_LEAD = 40  # columns left before the label then
_TAB = 4
_COLOURS = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.NOTE: "1;36"}
_BOLD, _GUTTER, _HELP = "1", "34", "1;32"


def show(diagnostic: Diagnostic, sources: Mapping[str, Source], colour: bool = False) -> str:
    """Draw a finding as `file:line:col: error[rule]: message`, the excerpts, and `help: …`.

    A file that `sources` lacks gets no excerpt. Control characters are made visible, so that no
    text steers the terminal it is shown on; `colour` adds SGR codes.
    """
    paint = _Paint(colour, _COLOURS[diagnostic.severity])
    file = diagnostic.primary.span.file
    lines = [_header(diagnostic, sources.get(file), paint)]
    labels = [_Mark(label, "^" if i == 0 else "-") for i, label in enumerate(_labels(diagnostic))]
    labels.sort(key=lambda mark: (mark.label.span.file != file, mark.label.span.file))
    drawn = [m for m in labels if m.label.span.file in sources]
    gutter = max((len(str(m.position(sources)[0])) for m in drawn), default=0)
    for name, marks in groupby(drawn, key=lambda mark: mark.label.span.file):
        group = sorted(marks, key=lambda mark: mark.label.span.start)
        if name != file:
            line, column = group[0].position(sources)
            lines.append(paint(_GUTTER, f"{' ' * gutter}--> ") + f"{visible(name)}:{line}:{column}")
        lines += _excerpt(group, sources[name], gutter, paint)
    lines += _help(diagnostic.help, paint)
    return "\n".join(lines)


def visible(text: str) -> str:
    """Replace tabs by blanks and what does not show or steers the terminal by something that shows."""
    return text if text.isascii() and text.isprintable() else "".join(map(_visible, text))


def width(text: str) -> int:
    """Count the columns of a terminal that visible text takes."""
    return len(text) if text.isascii() else sum(map(_width, text))


def _visible(character: str) -> str:
    if character == "\t":
        return " " * _TAB
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    return character if character.isprintable() else f"<U+{code:04X}>"


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


class _Paint(Struct, frozen=True):
    """Wraps text in a colour, or does not."""

    on: bool
    severity: str

    def __call__(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.on and text else text


class _Mark(Struct, frozen=True):
    """A label with the sign that underlines it."""

    label: Label
    sign: str

    def position(self, sources: Mapping[str, Source]) -> tuple[int, int]:
        """Give line and column of its start."""
        return _position(sources[self.label.span.file], self.label.span.start)


def _labels(diagnostic: Diagnostic) -> Iterable[Label]:
    return (diagnostic.primary, *diagnostic.others)


def _position(source: Source, offset: int) -> tuple[int, int]:
    return source.position(min(max(offset, 0), len(source.text)))


def _header(diagnostic: Diagnostic, source: Source | None, paint: _Paint) -> str:
    """Write the line that editors can click."""
    place = visible(diagnostic.primary.span.file)
    if source is not None:
        place += ":{}:{}".format(*_position(source, diagnostic.primary.span.start))
    kind = paint(paint.severity, f"{diagnostic.severity}[{diagnostic.rule}]")
    return f"{paint(_BOLD, place)}: {kind}: {paint(_BOLD, visible(diagnostic.message))}"


def _excerpt(marks: list[_Mark], source: Source, gutter: int, paint: _Paint) -> list[str]:
    """Draw the lines on which labels begin, each followed by its underlines."""
    bar = paint(_GUTTER, f"{' ' * gutter} |")
    out = [bar]
    last = 0
    by_line = groupby(marks, key=lambda mark: _position(source, mark.label.span.start)[0])
    for number, group in by_line:
        if last and number > last + 1:
            out.append(paint(_GUTTER, "..."))
        last = number
        line = source.line(number)
        together = list(group)
        parts = [[m] for m in together] if width(visible(line)) > WIDEST else [together]
        for part in parts:
            text, underlines = _line(line, part, source, paint)
            out.append(f"{paint(_GUTTER, f'{number:>{gutter}} |')} {text}".rstrip())
            out += [f"{bar} {underline}" for underline in underlines]
    return out


def _line(line: str, marks: list[_Mark], source: Source, paint: _Paint) -> tuple[str, list[str]]:
    """Draw one line, cut if it is too long, and an underline for each label."""
    begin, end = 0, len(line)
    if width(visible(line)) > WIDEST:
        column = _position(source, marks[0].label.span.start)[1] - 1
        begin, end = _window(line, min(column, len(line)))
    shown = ("…" if begin else "") + visible(line[begin:end]) + ("…" if end < len(line) else "")
    return shown, [_underline(line, begin, end, mark, source, paint) for mark in marks]


def _window(line: str, column: int) -> tuple[int, int]:
    """Choose the part of a long line that holds `column` and fits."""
    begin = column
    room = _LEAD
    while begin > 0 and room > 0:
        begin -= 1
        room -= width(_visible(line[begin]))
    end = begin
    room = WIDEST - 2
    while end < len(line) and room > 0:
        room -= width(_visible(line[end]))
        end += 1
    return begin, end


def _underline(line: str, begin: int, end: int, mark: _Mark, source: Source, paint: _Paint) -> str:
    """Draw the underline of a label, with its words."""
    span = mark.label.span
    column = min(_position(source, span.start)[1] - 1, len(line))
    length = max(span.end - span.start, 0)
    stop = min(column + length, end)
    more = "…" if column + length > min(end, len(line)) and length > 0 and column < len(line) else ""
    blank = width(visible(line[begin:column])) + (1 if begin else 0)
    sign = mark.sign * max(width(visible(line[column:stop])), 1)
    words = f" {visible(mark.label.text)}" if mark.label.text else ""
    return " " * blank + paint(paint.severity if mark.sign == "^" else _GUTTER, sign + more + words)


def _help(help: str, paint: _Paint) -> list[str]:
    """Write the way out; more lines are indented to the first."""
    if not help:
        return []
    first, *rest = [visible(line) for line in help.split("\n")]
    return [f"{paint(_HELP, 'help')}: {first}", *(f"      {line}" for line in rest)]
