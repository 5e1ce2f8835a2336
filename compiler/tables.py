"""Data files to rows: blocks of bytes in, columns out, with the place of each row. Opens no file itself.

Rows come one after another and none is held; of `.json` and `.parquet` the whole file is in memory meanwhile.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn, TypeAlias

import msgspec

from taskc.compiler.desk import DataFile
from taskc.compiler.limits import DEPTH
from taskc.dsl.diagnostic import Diagnostic, error
from taskc.dsl.span import Span

# one row of a data file: its columns as read, and where it starts and ends
Record: TypeAlias = tuple[dict[str, Any], int, int]


class _Bad(ValueError):
    """A value that JSON allows somebody to write and we do not take."""


class _NotText(Exception):
    """A file is not UTF-8 from the character `at` on."""

    def __init__(self, at: int) -> None:
        """Keep the offset."""
        super().__init__()
        self.at = at


def records(file: DataFile, found: list[Diagnostic]) -> Iterator[Record]:
    """Read the rows of a `.jsonl .json .csv .tsv .parquet` file; what is wrong goes to `found`.

    Raises `Unreadable` where the file cannot be read to its end.
    """
    ending = file.name.rpartition(".")[2].lower()
    if ending in _READERS:
        try:
            yield from _READERS[ending](file, found)
        except _NotText as problem:
            found[:] = [_not_text("bad-data", file.name, problem.at)]  # all that is told of such a file
        return
    found.append(
        error(
            "unknown-format",
            f"`{file.name}` is not a kind of data file that can be read",
            Span(file=file.name, start=0, end=0),
            help="known are `.jsonl`, `.json`, `.csv`, `.tsv` and `.parquet`",
        )
    )


def is_typed(name: str) -> bool:
    """Say whether a data file tells numbers from texts; in CSV and TSV every column is text."""
    return name.rpartition(".")[2].lower() not in ("csv", "tsv")


def _texts(file: DataFile) -> Iterator[str]:
    """Give the text without its byte-order mark, in which offsets count, whole lines at a time.

    Raises `_NotText`.
    """
    before = 0
    for number, block in enumerate(file.blocks()):
        try:
            text = block.decode("utf-8" if number else "utf-8-sig")
        except UnicodeDecodeError as problem:
            raise _NotText(before + len(problem.object[: problem.start].decode())) from None
        before += len(text)
        yield text


def not_utf8(rule: str, name: str, data: bytes) -> Diagnostic:
    """Say that `data` is not UTF-8, at the first character that is none once it is read all the same."""
    good = 0
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as problem:
        good = len(data[: problem.start].decode("utf-8-sig"))
    return _not_text(rule, name, good)


def _not_text(rule: str, name: str, at: int) -> Diagnostic:
    span = Span(file=name, start=at, end=at + 1)
    return error(rule, "this is not UTF-8 text", span, help="save the file as UTF-8")


# --- JSON ----------------------------------------------------------------------------------------


def _jsonl(file: DataFile, found: list[Diagnostic]) -> Iterator[Record]:
    """Read an object a line: quickly, and carefully each line on which the two ways might differ."""
    decode = msgspec.json.Decoder().decode
    start = 0
    for text in _texts(file):
        for line in text.removesuffix("\n").split("\n"):
            end = start + len(line)
            try:
                row = decode(line)
                good = type(row) is dict and (line.count(":") == len(row) or _has_all(line, row))
            except (msgspec.MsgspecError, RecursionError):
                good = False
            if good and line.count("[") + line.count("{") <= DEPTH:
                yield row, start, end if line[-1] != "\r" else start + len(line.rstrip("\r"))
            elif line.strip():
                if not start and (told := _array(file.name, line, text)):
                    found.append(told)
                    return
                yield from _carefully(file.name, line, start, found)
            start = end + 1


def _array(name: str, line: str, text: str) -> Diagnostic | None:
    """Tell of a file that it is one JSON array and not an object a line, by its first line and block."""
    if not line.lstrip().startswith("[") or not re.match(r"\s*\[\s*\{", text):
        return None
    at = line.index("[")
    help = "name the file `.json`, or write one object a line"
    return error("bad-data", "this file is one JSON array", Span(file=name, start=at, end=at + 1), help=help)


_PAIR = re.compile(r'"[ \t\r]*:')


def _has_all(line: str, row: dict[str, Any]) -> bool:
    """Say whether the quick reader surely lost no key of a line, as it does where one stands twice.

    Every pair of key and value has a colon after a quote, so there are at most as many pairs as such colons.
    """
    pairs = len(_PAIR.findall(line))
    return pairs == len(row) or pairs == _count_keys(row)


def _count_keys(value: Any) -> int:
    level, count = [value], 0
    while level:
        count += sum(len(part) for part in level if isinstance(part, dict))
        level = [inner for part in level if isinstance(part, (list, dict)) for inner in _inside(part)]
    return count


def _carefully(name: str, line: str, start: int, found: list[Diagnostic]) -> Iterator[Record]:
    """Read a line that is wrong, or may be: slower, and telling where."""
    span = Span(file=name, start=start, end=start + len(line.rstrip("\r")))
    read = _json_value(lambda: (json.loads(line, **_STRICT), 0), span, found)
    if read is None:
        return
    if isinstance(read[0], dict):
        yield read[0], span.start, span.end
        return
    found.append(
        error(
            "bad-data",
            "this line is not a JSON object",
            span,
            help='write one object a line: `{"field": value, …}`',
        )
    )


def _json(file: DataFile, found: list[Diagnostic]) -> Iterator[Record]:
    name, text = file.name, "".join(_texts(file))
    decoder = json.JSONDecoder(**_STRICT)
    at = _skip(text, 0)
    if text[at : at + 1] != "[":
        found.append(
            error(
                "bad-data",
                "this file is not a JSON list of objects",
                Span(file=name, start=at, end=at + 1),
                help="write `[ {…}, … ]`, or one object a line in a `.jsonl` file",
            )
        )
        return
    at = _skip(text, at + 1)
    while text[at : at + 1] not in ("]", ""):
        span = Span(file=name, start=at, end=at + 1)
        result = _json_value(lambda at=at: decoder.raw_decode(text, at), span, found)  # type: ignore[misc]
        if result is None:
            return
        value, end = result
        span = Span(file=name, start=at, end=end)
        if isinstance(value, dict):
            yield value, at, end
        else:
            found.append(error("bad-data", "this element is not a JSON object", span))
        at = _skip(text, end)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
        elif text[at : at + 1] not in ("]", ""):
            place = Span(file=name, start=at, end=at + 1)
            found.append(error("bad-data", "a `,` is missing before this", place, help="add it"))
            return
    if after := text[at + 1 :].strip():
        at = text.index(after, at + 1)
        place = Span(file=name, start=at, end=at + 1)
        found.append(error("bad-data", "the JSON list is over before this", place, help="take it out"))
    if text[at : at + 1] == "":
        found.append(
            error(
                "bad-data", "this JSON list is not closed", Span(file=name, start=at, end=at), help="add `]`"
            )
        )


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _json_value(
    read: Callable[[], tuple[Any, int]], span: Span, found: list[Diagnostic]
) -> tuple[Any, int] | None:
    """Give what `read` gives, a value and where it ends; None after a finding."""
    try:
        value = read()
        if _depth(value[0]) <= DEPTH:
            return value
        raise RecursionError
    except json.JSONDecodeError as problem:
        inside = span.start + problem.pos if span.end - span.start > 1 else problem.pos
        place = Span(file=span.file, start=inside, end=inside + 1)
        if problem.msg == "Extra data" and problem.doc[problem.pos :].strip() == ",":
            told = "a `,` stands after the object of this line"
            found.append(error("bad-data", told, place, help="take it out"))
            return None
        found.append(error("bad-data", f"this is not JSON: {_quoted(problem.msg)}", place))
    except _Bad as problem:
        found.append(error("bad-data", str(problem), span))
    except RecursionError:
        found.append(error("bad-data", "this JSON is nested too deeply", span))
    except ValueError:
        found.append(error("bad-data", "this JSON holds a number that is too long", span))
    return None


def _depth(value: Any) -> int:
    """Count how deep lists and objects are nested, up to one more than may be."""
    depth, level = 0, [value]
    while level and depth <= DEPTH:
        level = [inner for part in level if isinstance(part, (list, dict)) for inner in _inside(part)]
        depth += bool(level)
    return depth


def _inside(part: Any) -> Iterable[Any]:
    return part.values() if isinstance(part, dict) else part


def _quoted(said: str) -> str:
    return re.sub(r"'([^']+)'", r"`\1`", said[:1].lower() + said[1:])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in pairs:
        if key in out:
            raise _Bad(f"`{key}` stands twice in one object")
        out[key] = value
    return out


def _no_constant(word: str) -> NoReturn:
    raise _Bad(f"`{word}` is not a number that can be used")


_STRICT: dict[str, Any] = {"object_pairs_hook": _once, "parse_constant": _no_constant}


# --- CSV -----------------------------------------------------------------------------------------


def _delimited(separator: str) -> Callable[[DataFile, list[Diagnostic]], Iterator[Record]]:
    def read(file: DataFile, found: list[Diagnostic]) -> Iterator[Record]:
        taken: list[str] = []  # the lines of the row that is being read
        rows = csv.reader(_lines(file, taken), delimiter=separator, strict=True)
        header: list[str] | None = None
        start = 0
        try:
            for row in rows:
                text = "".join(taken)
                taken.clear()
                end = start + len(text.rstrip("\r\n"))
                if header is None:
                    header = [cell.strip() for cell in row]
                    _check_header(header, Span(file=file.name, start=start, end=end), found)
                elif len(row) == len(header):
                    yield dict(zip(header, row, strict=True)), start, end
                elif row:
                    found.append(
                        error(
                            "bad-data",
                            f"this row has {len(row)} cell{'' if len(row) == 1 else 's'}, "
                            f"and the header has {len(header)}",
                            Span(file=file.name, start=start, end=end),
                            help="put quotes round a cell that holds the separator",
                        )
                    )
                start += len(text)
        except csv.Error as problem:
            end = start + len("".join(taken).rstrip("\r\n"))
            told = _csv_trouble(str(problem))
            found.append(error("bad-data", *told, span=Span(file=file.name, start=start, end=end)))

    return read


def _lines(file: DataFile, taken: list[str]) -> Iterator[str]:
    """Give the lines that the reader of CSV counts, and note each in `taken`."""
    for text in _texts(file):
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line


def _csv_trouble(said: str) -> tuple[str]:
    """Put what the reader of CSV says into our words."""
    if "field larger" in said:
        return (f"a cell may have {csv.field_size_limit():,} characters at most",)
    if "unexpected end" in said:
        return ("a quote is opened in this row and never closed",)
    if "expected after" in said:
        return ("after the quote that closes a cell comes the separator or the end of the line",)
    return (f"this row cannot be read: {said.lower()}",)


def _check_header(header: list[str], span: Span, found: list[Diagnostic]) -> None:
    for cell in header:
        if header.count(cell) > 1:
            found.append(
                error("bad-data", f"two columns are called `{cell}`", span, help="give one another name")
            )
            return


# --- parquet -------------------------------------------------------------------------------------


def _parquet(file: DataFile, found: list[Diagnostic]) -> Iterator[Record]:
    start = Span(file=file.name, start=0, end=0)
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        found.append(
            error(
                "missing-extra",
                "reading parquet needs the package `pyarrow`",
                start,
                help="pip install pyarrow, or convert the file to `.jsonl`",
            )
        )
        return
    try:
        table = parquet.read_table(io.BytesIO(b"".join(file.blocks())))
        for batch in table.to_batches(max_chunksize=1_000):
            for row in batch.to_pylist():
                yield row, 0, 0
    except (arrow.ArrowException, OSError) as problem:
        found.append(
            error("bad-data", f"this is not a parquet file: {str(problem).splitlines()[0].lower()}", start)
        )


_READERS: dict[str, Callable[[DataFile, list[Diagnostic]], Iterator[Record]]] = {
    "jsonl": _jsonl,
    "json": _json,
    "csv": _delimited(","),
    "tsv": _delimited("\t"),
    "parquet": _parquet,
}
