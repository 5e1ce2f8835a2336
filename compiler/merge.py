"""Statements upon statements: what a child, a regime or a level states takes the place of what was there."""

from collections.abc import Hashable, Iterable
from typing import TypeVar

from taskc.dsl import syntax
from taskc.dsl.diagnostic import Diagnostic, Label, error, similar

S = TypeVar("S", bound=syntax.Node)

# where each kind of statement may stand; the words are those of the finding
TASK, REGIME, LEVEL, SUITE = "a task", "a regime", "a level", "a suite"
_PLACES: dict[type, tuple[str, ...]] = {
    syntax.Item: (TASK,),
    syntax.ItemsFrom: (TASK,),
    syntax.ItemsRows: (TASK,),
    syntax.ItemsGenerate: (TASK,),
    syntax.Test: (TASK,),
    syntax.Cluster: (TASK,),
    syntax.TrueTask: (TASK, LEVEL),
    syntax.Distractor: (TASK, LEVEL),
    syntax.Options: (TASK, LEVEL, REGIME),
    syntax.Prompt: (TASK, LEVEL, REGIME),
    syntax.Template: (TASK, LEVEL, REGIME),
    syntax.Setting: (REGIME, LEVEL),
    syntax.Exemplars: (REGIME, LEVEL),
    syntax.Needs: (REGIME,),
    syntax.Regimes: (TASK, SUITE),
    syntax.Vary: (TASK,),
    syntax.Design: (TASK,),
    syntax.Measure: (TASK, REGIME),
    syntax.Subtask: (TASK,),
    syntax.Tasks: (SUITE,),
    syntax.Meta: (TASK, SUITE, REGIME),
    syntax.Let: (TASK, REGIME, LEVEL),
    syntax.Allow: (TASK, SUITE, REGIME),
}
_MANY = (syntax.ItemsFrom, syntax.ItemsRows, syntax.ItemsGenerate, syntax.Subtask)


def keyword(statement: syntax.Statement) -> str:
    """Give the word a statement begins with."""
    match statement:
        case syntax.Template(keyword=word):
            return word
        case syntax.Setting(keyword=word) | syntax.Meta(keyword=word):
            return word.text
        case syntax.ItemsFrom() | syntax.ItemsRows() | syntax.ItemsGenerate():
            return "items"
        case syntax.TrueTask():
            return "true_task"
        case _:
            return type(statement).__name__.lower()


def key(statement: syntax.Statement) -> Hashable:
    """Say what a statement is about: two with one key take each other's place."""
    match statement:
        case syntax.Distractor(name=name):
            return "distractor", name.text if name else ""
        case syntax.Vary(factor=factor):
            return "vary", factor.text
        case syntax.Let(name=word) | syntax.Needs(name=word):
            return keyword(statement), word.text
        case syntax.Allow(span=span):
            return "allow", span  # each counts
        case _:
            return keyword(statement)


def merge(
    below: Iterable[syntax.Statement], above: Iterable[syntax.Statement]
) -> tuple[syntax.Statement, ...]:
    """Put `above` upon `below`: each statement takes the place of those with its key, others are added.

    A replacement stands where the first replaced one stood, so that `let`s keep their order.
    """
    upper: dict[Hashable, list[syntax.Statement]] = {}
    for statement in above:
        upper.setdefault(key(statement), []).append(statement)
    out: list[syntax.Statement] = []
    placed: set[Hashable] = set()
    for statement in below:
        about = key(statement)
        if about not in upper:
            out.append(statement)
        elif about not in placed:
            out += upper[about]
            placed.add(about)
    for about, statements in upper.items():
        if about not in placed:
            out += statements
    return tuple(out)


def check_body(
    body: Iterable[syntax.Statement], place: str, found: list[Diagnostic]
) -> tuple[syntax.Statement, ...]:
    """Give the statements that may stand in `place` and are stated once; the others are findings."""
    good: list[syntax.Statement] = []
    first: dict[Hashable, syntax.Statement] = {}
    for statement in body:
        places = _PLACES[type(statement)]
        word = keyword(statement)
        if place not in places:
            found.append(
                error(
                    "misplaced-statement",
                    f"`{word}` does not belong in {place}",
                    statement.span,
                    help=f"it belongs in {_either(places)}",
                )
            )
            continue
        about = key(statement)
        if about in first and not isinstance(statement, _MANY):
            found.append(
                error(
                    "stated-twice",
                    f"{_named(statement)} is stated twice",
                    statement.span,
                    others=[Label(span=first[about].span, text="the first time")],
                    help="keep one of them",
                )
            )
            continue
        first.setdefault(about, statement)
        good.append(statement)
    return tuple(good)


def _either(words: tuple[str, ...]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _named(statement: syntax.Statement) -> str:
    match statement:
        case syntax.Distractor(name=None):
            return "a `distractor` without a name"
        case syntax.Distractor(name=syntax.Word(text=name)):
            return f"distractor `{name}`"
        case syntax.Vary(factor=factor):
            return f"factor `{factor.text}`"
        case syntax.Let(name=name):
            return f"`let {name.text}`"
        case _:
            return f"`{keyword(statement)}`"


def last(body: Iterable[syntax.Statement], kind: type[S]) -> S | None:
    """Give the last statement of a kind, None if there is none."""
    out = None
    for statement in body:
        if isinstance(statement, kind):
            out = statement
    return out


def every(body: Iterable[syntax.Statement], kind: type[S]) -> list[S]:
    """Give all statements of a kind in order."""
    return [statement for statement in body if isinstance(statement, kind)]


def template_of(body: Iterable[syntax.Statement], word: str) -> syntax.Text | None:
    """Give the text of the last `reply`, `think`, … statement."""
    texts = [s.text for s in every(body, syntax.Template) if s.keyword == word]
    return texts[-1] if texts else None


def word_of(value: syntax.Expression) -> str | None:
    """Give a value that is written as a word or as text: `majority` or `"majority"`."""
    match value:
        case syntax.Name(id=name):
            return name
        case syntax.Text(value=text):
            return text
        case _:
            return None


def choose(
    word: syntax.Word | None, allowed: tuple[str, ...], what: str, found: list[Diagnostic]
) -> str | None:
    """Check a word against the few that are allowed."""
    if word is None or word.text in allowed:
        return word.text if word else None
    found.append(
        error("unknown-word", f"unknown {what} `{word.text}`", word.span, help=similar(word.text, allowed))
    )
    return None
