"""A rendered request to where each stretch of it was written, places spelled out."""

from collections.abc import Iterator

from msgspec import Struct

from taskc.compiler.expand import Rendered
from taskc.compiler.trace import Piece, begun_pieces, pieces
from taskc.dsl.span import Span
from taskc.flow.places import Places
from taskc.flow.understand import Understood


class Value(Struct, frozen=True, kw_only=True):
    """What was filled in: its name, what it is (`field`, `let`, `level` …), and its place, if it has one."""

    name: str
    kind: str
    at: str


class Stretch(Struct, frozen=True, kw_only=True):
    """A stretch of a message: its text, the statement that says it, its place, and what was filled in."""

    text: str
    rule: str
    at: str
    values: tuple[Value, ...] = ()


class TracedTurn(Struct, frozen=True, kw_only=True):
    """One message: whose it is, what each part is for, and its stretches."""

    role: str
    parts: tuple[tuple[str, tuple[Stretch, ...]], ...]


def trace(one: Rendered, understood: Understood) -> tuple[TracedTurn, ...]:
    """Say of every stretch of the messages which line and which statement it comes from."""
    at = _Exact(understood)
    return tuple(
        TracedTurn(
            role=turn.role,
            parts=tuple((part.origin, tuple(_stretches(pieces(part), at))) for part in turn.parts),
        )
        for turn in one.turns
    )


def trace_begun(one: Rendered, understood: Understood) -> TracedTurn | None:
    """Say of the beginning of the reply where it is written; None where the model begins by itself."""
    at = _Exact(understood)
    think, lead_in = (list(_stretches(found, at)) for found in begun_pieces(one))
    reasoning = [Stretch(text="⟨the reasoning⟩", rule="joint", at="")] if one.request.after else []
    said = (*think, *reasoning, *lead_in)
    return TracedTurn(role="assistant, begun", parts=(("lead-in", said),)) if said else None


def _stretches(found: list[Piece], at: "_Exact") -> Iterator[Stretch]:
    for piece in found:
        values = tuple(Value(name=v.name, kind=v.kind, at=at(v.span)) for v in piece.values)
        yield Stretch(text=piece.text, rule=piece.rule, at=at(piece.span), values=values)


class _Exact:
    """Gives places with the names that findings show; in task files with their column."""

    def __init__(self, understood: Understood) -> None:
        """Look into what was read."""
        self._texts = understood.sources
        self._lines = Places({}, understood.data, {})

    def __call__(self, span: Span | None) -> str:
        """Give `file:line:column`, in data files `file:line`, of nothing ''."""
        if span is None:
            return ""
        if span.file in self._texts:
            line, column = self._texts[span.file].position(span.start)
            return f"{span.file}:{line}:{column}"
        return self._lines(span)
