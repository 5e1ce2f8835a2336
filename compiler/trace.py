"""Where each stretch of a rendered message was written: the source map of a prompt, made when asked for.

`pieces(part) -> list[Piece]` parts the text of a `render.Part`, whose template is run once more with
each of its outputs marked, so that loops and conditions give exact places too. Rendering itself pays
nothing for it. The texts of the pieces, joined, are the text of the part. `begun_pieces(rendered)`
does the same for how the reply of an `expand.Rendered` begins: its `think` and its `lead_in`.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Literal, TypeAlias

from jinja2 import nodes
from jinja2.environment import Template as JinjaTemplate
from msgspec import Struct
from msgspec.structs import replace

from taskc.compiler.expand import Rendered
from taskc.compiler.limits import Meter
from taskc.compiler.operators import Problem
from taskc.compiler.render import ANSWER, RATIONALE, Filled, Held, Part
from taskc.compiler.sandbox import ENVIRONMENT
from taskc.compiler.templates import Template, compile_tree
from taskc.dsl.span import Span
from taskc.dsl.syntax import Text

Kind: TypeAlias = Literal["field", "let", "constant", "level", "options", "answer", "rationale"]
_Names: TypeAlias = dict[str, tuple[str, ...]]


class Origin(Struct, frozen=True, kw_only=True):
    """Where a value that was filled in came from.

    `span` is the item's row for a field, the expression of a `let`, of `options` or of the true task, the
    template of a rationale; None for constants of the file and levels, which have one value for all items.
    """

    name: str
    kind: Kind
    span: Span | None


class Piece(Struct, frozen=True, kw_only=True):
    """A stretch of a message. `span` is where the template says it: its text, or the tag that was filled in.

    `rule` is the statement it stands in: `prompt`, `reply`, `instruct`, `think`, `then` or `rationale`;
    or `joint` for what the compiler puts between parts, which has no span. `values` tell what a tag was
    filled with.
    """

    text: str
    span: Span | None
    rule: str
    values: tuple[Origin, ...] = ()


def pieces(part: Part) -> list[Piece]:
    """Part the text of a part by where it was written; the pieces, joined, are that text."""
    out: list[Piece] = []
    for made in part.made or (part.text,):
        match made:
            case Filled():
                out += _filled(made)
            case Held(name=name, text=text, item=item):
                held = Origin(name=name, kind="field", span=item.origin)
                out.append(Piece(text=text, span=item.origin, rule=name, values=(held,)))
            case str():
                out.append(Piece(text=made, span=None, rule="joint"))
    return out


def begun_pieces(rendered: Rendered) -> tuple[list[Piece], list[Piece]]:
    """Part `think` and `lead_in` of a request by where they were written; none where they are empty."""
    think, lead_in = rendered.request.think, rendered.request.lead_in
    *before, last = [list(_filled(made)) for made in rendered.begun]
    head, tail = _cut(last)
    return _said(think, before[0] if before else head), _said(lead_in, tail)


def _cut(reply: list[Piece]) -> tuple[list[Piece], list[Piece]]:
    """Give what a reply says before its last rationale, and from there to the answer."""
    text = "".join(piece.text for piece in reply)
    answer = text.index(ANSWER)
    reason = text.rfind(RATIONALE, 0, answer)
    if reason < 0:
        return [], _between(reply, 0, answer)
    return _between(reply, 0, reason), _between(reply, reason + len(RATIONALE), answer)


def _said(said: str, whole: list[Piece]) -> list[Piece]:
    """Give the pieces of `said`, which the pieces of `whole` say among blanks, perhaps after a line break."""
    core = said.strip()
    if not core:
        return [Piece(text=said, span=None, rule="joint")] if said else []
    text = "".join(piece.text for piece in whole)
    begin = text.find(core)
    if begin < 0:  # a reply that gives its rationale more than once
        return [replace(whole[0], text=said, values=())]
    left = len(said) - len(said.lstrip())
    right = len(said) - len(said.rstrip())
    if begin >= left and text[begin - left : begin + len(core) + right] == said:
        return _between(whole, begin - left, begin + len(core) + right)
    joint = Piece(text=said[:left], span=None, rule="joint")
    return [joint, *_between(whole, begin, begin + len(core) + right)]


def _between(pieces: list[Piece], first: int, last: int) -> list[Piece]:
    """Give the characters `first` to `last` (excluded) of what pieces say; the places stay whole."""
    out, at = [], 0
    for piece in pieces:
        text = piece.text[max(first - at, 0) : max(last - at, 0)]
        at += len(piece.text)
        if text:
            out.append(replace(piece, text=text))
    return out


def _filled(made: Filled) -> Iterator[Piece]:
    """Run a template with marks, and give what stands between them."""
    text = made.template.text
    marked = _marked(made.template)
    try:
        said = made.template.run(marked.program, made.values, Meter())
    except Problem:  # the marks take room: no place but the whole is known of a text as long as it may be
        whole = made.template.render(made.values, Meter())
        yield Piece(text=whole, span=text.span, rule=made.rule)
        return
    for mark, stretch in zip(said[::2], said[1::2], strict=True):
        spot = marked.spots[int(mark)]
        values = tuple(one for name in spot.names if (one := _origin(name, made)) is not None)
        if stretch:
            yield Piece(text=stretch, span=spot.span, rule=made.rule, values=values)


def _origin(name: str, made: Filled) -> Origin | None:
    """Find where the value of a name came from, last bound first; None for what templates know themselves."""
    variant, stage = made.stage.variant, made.stage
    lets = {name: value.span for name, value in variant.lets}
    saying = made.rule in ("reply", "then") or (made.rule == "rationale" and name not in made.item.values)
    if name == "answer" and saying:
        return Origin(name=name, kind="answer", span=variant.true_task.span)
    if name == "rationale" and "rationale" in stage.templates:
        return Origin(name=name, kind="rationale", span=stage.templates[name].text.span)
    if name == "options" and variant.options is not None:
        return Origin(name=name, kind="options", span=variant.options.value.span)
    if name in lets:
        return Origin(name=name, kind="let", span=lets[name])
    if name in variant.levels:
        return Origin(name=name, kind="level", span=None)
    if name == "id" or name in made.item.values:
        return Origin(name=name, kind="field", span=made.item.origin)
    return Origin(name=name, kind="constant", span=None) if name in stage.constants else None


# --- a template with marks -----------------------------------------------------------------------


class _Spot(Struct, frozen=True):
    """An output of a template: its place, and the names it is made of."""

    span: Span
    names: tuple[str, ...]


class _Marked(Struct, frozen=True):
    """A template that says, before each of its outputs, which of the spots it is."""

    program: JinjaTemplate
    spots: tuple[_Spot, ...]


@lru_cache(maxsize=64)
def _marked(template: Template) -> _Marked:
    tree = ENVIRONMENT.parse(template.text.value)
    names: list[tuple[str, ...]] = []
    _mark(tree, {}, names)
    places = list(_places(template.text))
    if len(places) != len(names):  # line breaks that Jinja counts in another way: only the whole is known
        places = [template.text.span] * len(names)
    known = (tuple(name for name in one if name not in template.calls) for one in names)
    spots = tuple(_Spot(place, one) for place, one in zip(places, known, strict=True))
    return _Marked(compile_tree(tree), spots)


def _mark(node: nodes.Node, bound: Mapping[str, tuple[str, ...]], names: list[tuple[str, ...]]) -> None:
    """Put a mark before every output below `node`, in the order of the text; `names` gets those of each.

    `bound` says which names the variables of loops and `set` stand for.
    """
    inner: _Names = dict(bound)
    if isinstance(node, nodes.For):
        inner.update(dict.fromkeys(_targets(node.target), tuple(_names(node.iter, bound))))
    for field in ("body", "elif_", "else_"):
        children = getattr(node, field, None)
        if isinstance(children, list):
            setattr(node, field, [new for child in children for new in _marks(child, inner, names)])


def _marks(child: nodes.Node, bound: _Names, names: list[tuple[str, ...]]) -> Iterator[nodes.Node]:
    """Give a statement with its marks; an output becomes one output for each of its parts."""
    if isinstance(child, nodes.Output):
        for one in child.nodes:
            mark = nodes.TemplateData(str(len(names)))
            names.append(tuple(_names(one, bound)))
            yield nodes.Output([mark], lineno=child.lineno)
            yield nodes.Output([one], lineno=child.lineno)
        return
    if isinstance(child, nodes.Assign):
        bound.update(dict.fromkeys(_targets(child.target), tuple(_names(child.node, bound))))
    _mark(child, bound, names)
    yield child


def _targets(target: nodes.Node) -> Iterable[str]:
    found = [target] if isinstance(target, nodes.Name) else target.find_all(nodes.Name)
    return [one.name for one in found]


def _names(node: nodes.Node, bound: Mapping[str, tuple[str, ...]]) -> Iterable[str]:
    """Give the names that an expression asks for, each once, from the first to the last."""
    found = [node] if isinstance(node, nodes.Name) else node.find_all(nodes.Name)
    return dict.fromkeys(name for one in found for name in bound.get(one.name, (one.name,)))


def _places(text: Text) -> Iterator[Span]:
    """Give the places of what a template puts out: its stretches of text, and its tags with their braces."""
    source, at, begin = text.value, 0, 0
    for _, token, value in ENVIRONMENT.lex(source):
        at = source.find(value, at)
        if at < 0:  # only with line breaks that Jinja has made alike
            return
        if token == "data" and value:
            yield text.place(at, at + len(value))
        elif token == "variable_begin":
            begin = at
        elif token == "variable_end":
            yield text.place(begin, at + len(value.rstrip()))
        at += len(value)
