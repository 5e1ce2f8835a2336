"""`taskc fmt`: `.task` files laid out in their one form, in place or as a difference."""

import re
import shutil
from collections.abc import Sequence
from difflib import unified_diff
from pathlib import Path

from msgspec import Struct

from taskc.compiler.tables import not_utf8
from taskc.dsl.diagnostic import Diagnostic, error
from taskc.dsl.span import Source, Span
from taskc.flow.load import NotFound, find_roots
from taskc.grammar.format import format_text
from taskc.store.atomic import put_in_place, write_aside


class Formatted(Struct, frozen=True, kw_only=True):
    """A file as it is and as it should be: `text` is None where `found` says why it cannot be had."""

    source: Source
    text: str | None
    found: tuple[Diagnostic, ...] = ()
    path: Path | None = None

    @property
    def is_changed(self) -> bool:
        """Tell whether it is not as it should be."""
        return self.text is not None and self.text != self.source.text

    @property
    def difference(self) -> str:
        """Give what laying out changes as a unified difference, '' for nothing."""
        if self.text is None:
            return ""
        old, new = (re.findall("[^\n]*\n|[^\n]+", text) for text in (self.source.text, self.text))
        lines = unified_diff(old, new, self.source.name, self.source.name)
        return "".join(
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
        )


def format_paths(paths: Sequence[str]) -> list[Formatted]:
    """Lay out the files that `paths` name, as `load` reads them; nothing is written. Raises `NotFound`."""
    out = []
    for name, place in dict(find_roots(paths)).items():
        if name.startswith("std/"):
            told = f"`{name}` is shipped with taskc and stays as it is"
            raise NotFound(told, "copy the file to a folder of your own")
        out.append(_format_file(name, place.path))
    return out


def format_content(name: str, content: bytes, path: Path | None = None) -> Formatted:
    """Lay out the bytes of a file."""
    try:
        source = Source(name=name, text=content.decode("utf-8"))
    except UnicodeDecodeError:
        source = Source(name=name, text=content.decode("utf-8", "replace"))
        return Formatted(source=source, text=None, found=(not_utf8("unreadable-file", name, content),))
    text, found = format_text(source)
    return Formatted(source=source, text=text, found=found, path=path)


def write_formatted(files: Sequence[Formatted]) -> None:
    """Write the changed files, each whole or not at all; they keep their mode, and links stay links."""
    for file in files:
        if file.is_changed and file.path is not None and file.text is not None:
            path = file.path.resolve()
            aside = write_aside(path, file.text)
            shutil.copymode(path, aside)
            put_in_place({path: aside})


def _format_file(name: str, path: Path) -> Formatted:
    try:
        content = path.read_bytes()
    except OSError as problem:
        start = Span(file=name, start=0, end=0)
        told = (problem.strerror or str(problem)).lower()
        return Formatted(
            source=Source(name=name, text=""), text=None, found=(error("unreadable-file", told, start),)
        )
    return format_content(name, content, path)
