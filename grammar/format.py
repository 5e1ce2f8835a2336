"""Text to text: a file in the one form that all files should have."""

from taskc.dsl.diagnostic import Diagnostic
from taskc.dsl.span import Source
from taskc.grammar.cut import cut
from taskc.grammar.notes import Notes
from taskc.grammar.parse import parse
from taskc.grammar.print import print_file


def format_text(source: Source) -> tuple[str | None, tuple[Diagnostic, ...]]:
    """Lay out a file anew: its meaning, its comments and the spelling of its texts stay, its layout goes.

    Laying out twice is laying out once. A file with mistakes is not laid out: then the text is None,
    and the findings say why.
    """
    text = source.text.removeprefix("\ufeff").replace("\r\n", "\n")
    file, found = parse(Source(name=source.name, text=text))
    if file is None or found:
        return None, parse(source)[1]
    return print_file(file, Notes(text, cut(text))), ()
