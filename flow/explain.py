"""The pages of all rules: what each finds, an example that breaks it, and what to write instead.

The page of a lint is the docstring of its file in `compiler/lints/`; those of all other rules stand in
`compiler/rules/`, a file for each theme. Both are read as text: no page needs the compiler.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from textwrap import fill, indent

from taskc.dsl.diagnostic import similar

THEMES = ("reading", "statements", "names", "items", "values")
_FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```[ \t]*$", re.M | re.S)
_LINTS = "Lints"
_END = '\n"""\n'  # of a docstring of several lines

_NOTES = ("items-sampled",)  # rules without an example that tell their severity in no other way


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A piece of an example: what it is, such as `task fragment` or `csv rows.csv`, and its text."""

    kind: str
    text: str

    @property
    def file(self) -> str:
        """Give the name of the file that it is, '' if it is none."""
        named = re.fullmatch(r"\w+ ([\w./-]+\.\w+)", self.kind)
        return named[1] if named else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What is to be said of a rule, in Markdown. Examples are empty where no text can show the rule.

    `about` is one sentence; `instead` is the example mended.
    """

    rule: str
    theme: str
    severity: str
    about: str
    finds: str
    matters: str = ""
    example: tuple[Block, ...] = ()
    instead: tuple[Block, ...] = ()


class UnknownRule(Exception):
    """A name that no rule has: problem and cure."""

    def __init__(self, message: str, help: str = "") -> None:
        """Keep problem and cure."""
        super().__init__(message)
        self.help = help


@cache
def pages() -> dict[str, Page]:
    """Give every page by the name of its rule, theme by theme, the lints first."""
    lints = sorted(page.rule for page in _lint_pages())
    known = {page.rule: page for page in _lint_pages()}
    return {rule: known[rule] for rule in lints} | {page.rule: page for page in _rule_pages()}


def page_of(rule: str) -> Page:
    """Give the page of a rule; raises `UnknownRule` with a similar name."""
    known = pages()
    if rule not in known:
        near = _beginning(rule, known) or similar(rule, known) or "`taskc explain` lists all rules"
        raise UnknownRule(f"there is no rule `{rule}`", near)
    return known[rule]


def _beginning(start: str, known: Iterable[str]) -> str:
    """Give the rules that begin with a few words, if somebody wrote no more of them."""
    longer = [f"`{rule}`" for rule in known if rule.startswith(f"{start}-")]
    return f"rules that begin so: {', '.join(longer)}" if start and longer else ""


def introduction(theme: str) -> str:
    """Say in a sentence or two what the rules of a theme are about."""
    if theme == _LINTS:
        return (
            "What makes a task measure something other than it says, though every prompt can be made. A lint "
            'warns; `allow rule-name "why"` in the task or its file silences it.'
        )
    return next(about for title, about, _ in _themes() if title == theme)


# --- pages that stand in compiler/rules/ ------------------------------------------------------------


def _themes() -> Iterator[tuple[str, str, str]]:
    """Give title, introduction and the rest of each file."""
    folder = resources.files("taskc.compiler").joinpath("rules")
    for theme in THEMES:
        text = _from_docs(folder.joinpath(f"{theme}.md").read_text(encoding="utf-8"))
        head, _, rest = text.partition("\n## ")
        title, _, about = head.removeprefix("# ").partition("\n")
        yield title.strip(), _joined(about), f"\n## {rest}"


def _rule_pages() -> Iterator[Page]:
    for title, _, text in _themes():
        for section in text.split("\n## ")[1:]:
            rule, _, body = section.partition("\n")
            finds, example, instead = _parts(body, "**Example**", "**Write instead**")
            severity = "warning" if f"warning: {rule}" in body else "error"
            if rule.strip() in _NOTES:
                severity = "note"
            yield Page(
                rule=rule.strip(),
                theme=title,
                severity=severity,
                about=_first_sentence(finds),
                finds=_joined(finds),
                example=_blocks(example),
                instead=_blocks(instead),
            )


# --- pages that are docstrings of lints -------------------------------------------------------------


def _lint_pages() -> Iterator[Page]:
    for file in resources.files("taskc.compiler").joinpath("lints").iterdir():
        page = _lint_page(file) if file.name.endswith(".py") else None
        if page is not None:
            yield page


def _lint_page(file: Traversable) -> Page | None:
    """Read the page of a lint; None where the file holds something else."""
    code = file.read_text(encoding="utf-8")
    if "\n## What it finds" not in code:
        return None
    head = code.partition(_END)[0] + _END  # parsing the rest would take long
    text = _from_docs(ast.get_docstring(ast.parse(head)) or "")
    rule = file.name.removesuffix(".py").replace("_", "-")
    heads = ("## What it finds", "## Why it matters", "## Example", "## Write instead")
    about, finds, matters, example, instead = _parts(text, *heads)
    return Page(
        rule=rule,
        theme=_LINTS,
        severity="warning",
        about=_joined(about),
        finds=_joined(finds),
        matters=_joined(matters),
        example=_blocks(example),
        instead=_blocks(instead),
    )


# --- Markdown, as far as pages need it ----------------------------------------------------------------


def _from_docs(text: str) -> str:
    """Turn links that lead from `compiler/` into the documents into such that lead on from there."""
    return text.replace("](../../docs/", "](")


def _parts(text: str, *heads: str) -> list[str]:
    """Split at lines that are `heads`, in their order; a part that is missing is ''."""
    out = []
    for head in heads:
        before, found, after = text.partition(f"\n{head}\n")
        out.append(before)
        text = after if found else ""
        if not found:
            break
    return [*out, text, *[""] * (len(heads) - len(out))]


def _blocks(text: str) -> tuple[Block, ...]:
    return tuple(Block(kind=kind.strip(), text=body) for kind, body in _FENCE.findall(text))


def _joined(text: str) -> str:
    """Join the lines of each paragraph; lists keep theirs."""
    parts = re.split(r"\n\s*\n|\n(?=[-*] )", text.strip())
    lines = [[line.strip() for line in part.splitlines()] for part in parts if part.strip()]
    return "\n\n".join(" ".join(part) for part in lines)


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=\.)\s", _joined(text), maxsplit=1)[0]


# --- a page to read ---------------------------------------------------------------------------------


def explained(page: Page, *, width: int = 88, strong: Callable[[str], str] = str) -> str:
    """Write a page as plain text; `strong` styles its headings."""
    parts = [f"{strong(page.rule)} · {page.severity}"]
    parts += _wrapped(page.about, width) if not page.finds.startswith(page.about) else []
    parts += [strong("What it finds"), *_wrapped(page.finds, width)]
    if page.matters:
        parts += [strong("Why it matters"), *_wrapped(page.matters, width)]
    if page.example:
        parts += [strong("Example"), *map(_indented, page.example)]
    if page.instead:
        parts += [strong("Write instead"), *map(_indented, page.instead)]
    return "\n\n".join(parts) + "\n"


def _wrapped(text: str, width: int) -> list[str]:
    """Wrap each paragraph; of a link only its words are left."""
    said = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", text)
    lists = "\n".join(
        fill(
            part,
            width,
            subsequent_indent="  " if part.startswith(("- ", "* ")) else "",
            break_on_hyphens=False,
        )
        for part in said.split("\n\n")
    )
    return [lists] if lists else []


def _indented(block: Block) -> str:
    """Write a piece of an example, behind the name of the file if it is one."""
    name = block.file
    head = f"  {name}\n\n" if name else ""
    return head + indent(block.text, "    ").rstrip("\n")


def listed(*, width: int | None = 88, strong: Callable[[str], str] = str) -> str:
    """List all rules, each with a line, theme by theme; lines are cut at `width`, if there is one."""
    every = list(pages().values())
    room = max(len(page.rule) for page in every)
    out = []
    for theme in dict.fromkeys(page.theme for page in every):
        lines = [_line(page, room, width) for page in every if page.theme == theme]
        out.append("\n".join([strong(theme), *lines]))
    return "\n\n".join(out) + "\n"


def _line(page: Page, room: int, width: int | None) -> str:
    about = page.about.rstrip(".")
    line = f"  {page.rule:<{room}}  {about}"
    return line if width is None or len(line) <= width else line[: width - 1].rstrip() + "…"


# --- all pages as one document ----------------------------------------------------------------------


def markdown() -> str:
    """Write all pages as one document, `docs/rules.md`."""
    every = list(pages().values())
    out = [_HEAD]
    for theme in dict.fromkeys(page.theme for page in every):
        mine = [page for page in every if page.theme == theme]
        out += [f"## {theme}", introduction(theme), *map(page_markdown, mine)]
    return "\n\n".join(out) + "\n"


_HEAD = """\
<!-- made by `taskc explain --format markdown > docs/rules.md` -->
# Rules

What `taskc check` and `taskc compile` may find, made from the pages that `taskc explain RULE` prints.
Each example gives its finding and what is written instead does not: the tests compile both. An example
that is no whole file is a piece of a task whose items have the fields
`question choices answer trap n source level`, with answer and trap among the choices `yes` and `no`."""


def page_markdown(page: Page) -> str:
    """Write a page as a section of a document."""
    parts = [f"### {page.rule}", f"*{page.severity}* · {page.finds}"]
    if page.matters:
        parts.append(f"**Why it matters.** {page.matters}")
    if page.example:
        parts += ["Example:", *_fenced(page.example)]
    if page.instead:
        parts += ["Write instead:", *_fenced(page.instead)]
    return "\n\n".join(parts)


def _fenced(blocks: Iterable[Block]) -> list[str]:
    return [f"```{block.kind}\n{block.text}```" for block in blocks]
