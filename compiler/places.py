"""Where things stand inside a template, and what its own parser complained of in our words."""

import re
from collections.abc import Iterator

from taskc.dsl.span import Span
from taskc.dsl.syntax import Text

_TAG = re.compile(r"\{[{%](?:\"[^\"]*\"|'[^']*'|[^\"'}%]|[}%](?!\}))*[}%]\}|\{#.*?#\}", re.DOTALL)


_WORD = re.compile(r"\"[^\"]*\"|'[^']*'|(?P<word>[^\W\d]\w*)(?P<call>\s*\()?")


def words_of(text: Text) -> Iterator[tuple[str, Span, bool]]:
    """Give each word inside the tags, its place in the file, and whether it is called."""
    for tag in _TAG.finditer(text.value):
        if tag.group().startswith("{#"):
            continue
        for match in _WORD.finditer(text.value, tag.start(), tag.end()):
            if match["word"]:
                yield match["word"], text.place(*match.span("word")), match["call"] is not None


def place_of(text: Text, word: str) -> Span:
    """Give the place of the first use of `word`, the whole text where there is none."""
    return next((span for found, span, _ in words_of(text) if found == word), text.span)


def line_span(text: Text, line: int) -> Span:
    """Give the place of line `line` (from 1) of the template without the blanks round it."""
    lines = text.value.split("\n")
    if not 1 <= line <= len(lines):
        return text.span
    start = sum(len(part) + 1 for part in lines[: line - 1])
    content = lines[line - 1]
    left = len(content) - len(content.lstrip())
    stripped = content.strip()
    return text.place(start + left, start + left + len(stripped)) if stripped else text.span


def quoted(message: str) -> str:
    """Give what stands between quotes in a message."""
    match = re.search(r"'([^']*)'", message)
    return match[1] if match else "this"


_MARKS = {
    "end of print statement": "}}",
    "end of statement block": "%}",
    "begin of statement block": "{%",
    "begin of print statement": "{{",
}


def syntax_trouble(said: str) -> tuple[str, str]:
    """Put what Jinja says of a template that it cannot read into our words: problem and cure."""
    if tag := re.search(r"innermost block that needs to be closed is '(\w+)'", said):
        end = f"end{tag[1]}"
        other = re.search(r"unknown tag '(\w+)'", said)
        if other is None:
            return f"`{{% {tag[1]} %}}` is never closed", f"write `{{% {end} %}}` where it ends"
        return (
            f"`{{% {other[1]} %}}` does not belong here",
            f"close `{{% {tag[1]} %}}` first: `{{% {end} %}}`",
        )
    if tag := re.search(r"unknown tag '(\w+)'", said):
        return f"unknown tag `{{% {tag[1]} %}}`", "the tags are `if`, `elif`, `else`, `for` and `set`"
    if re.search(r"end of template|'}', expected '\)'", said):
        return "a tag is opened here and never closed", "a value ends with `}}`, a tag with `%}`"
    said = re.sub(
        r"^expected token '([^']+)', got '([^']+)'", r"expected '\1', found '\2'", said.strip().rstrip(".")
    )
    said = re.sub(r"^Expected an expression, got", "expected a value, found", said)
    said = re.sub(r"^unexpected char ['\"](.+)['\"] at \d+", r"unexpected '\1'", said)
    if re.fullmatch("expected 'end of (statement block|print statement)', found '='", said):
        return "`=` does not compare", "write `==`"
    for jinja, ours in _MARKS.items():
        said = said.replace(f"'{jinja}'", f"'{ours}'")
    said = re.sub(r"'([^']{1,40})'", r"`\1`", said)
    return said[:1].lower() + said[
        1:
    ], 'for a brace as it is, write `{{ "{" }}`' if "unexpected" in said else ""
