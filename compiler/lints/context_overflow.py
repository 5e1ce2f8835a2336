"""A prompt and its reply do not fit into a model.

## What it finds
For the models named with `-m` whose context is known: regimes in which the longest prompts, exemplars
included, with the tokens that the reply may take, need more than the context. Tokens are counted with the
model's tokenizer where that is at hand; else they are estimated, and the finding says so. Marks that a chat
template puts round each message are taken to be 8 tokens. A text has no more tokens than bytes, so
what surely fits is not counted at all. The three longest items of each regime are looked at.

## Why it matters
Such a request fails, or loses its beginning without a word: the longest items are left out, and it is the
models with a short context that seem bad at them.

## Example
```task
task repeats {
    item { n: int, answer: text }
    items [{ n: 20000, answer: "20000" }, { n: 30000, answer: "30000" }]
    true_task "count" -> answer
    distractor "say many" -> "many"
    prompt "How many words are these? {{ 'word ' * n }}Count them."
    reply "{{ answer }}"
    regimes zero_shot
    canary "taskc:example"
}
```

## Write instead
```task
task repeats {
    item { n: int, answer: text }
    items [{ n: 5, answer: "5" }, { n: 6, answer: "6" }]
    true_task "count" -> answer
    distractor "say many" -> "many"
    prompt "How many words are these? {{ 'word ' * n }}Count them."
    reply "{{ answer }}"
    regimes zero_shot
    canary "taskc:example"
}
```
"""

from collections.abc import Callable, Iterator
from heapq import nlargest

from taskc.compiler.expand import Selection, expand
from taskc.compiler.lints.view import View
from taskc.compiler.survey import Look, Seen
from taskc.dsl.diagnostic import Diagnostic, Label, warning
from taskc.dsl.model import Variant
from taskc.records.request import Request

_LOOKED_AT = 3  # of the longest items
_MARKS = 8  # tokens of a chat template round one message


def mark_length(seen: Seen, look: Look) -> int:
    """Mark an item with the length of its prompt in characters."""
    return sum(map(len, seen.texts))


def context_overflow(view: View) -> Iterator[Diagnostic]:
    """Find regimes whose longest prompts do not fit into the models named."""
    contexts = view.tools.contexts
    if not contexts:
        return
    for look in view.looks:
        lengths = look.marks["context-overflow"]
        longest = nlargest(_LOOKED_AT, range(len(look)), key=lambda number: (lengths[number], -number))
        for variant in look.variants:
            asked = [(number, one) for number in longest for one in _requests(view, variant, number)]
            for model, context in contexts.items():
                yield from _of_model(view, variant, asked, model, context)


def _requests(view: View, variant: Variant, number: int) -> Iterator[Request]:
    """Make what is asked about one item under one variant."""
    levels = {name: frozenset([level]) for name, level in variant.levels.items()}
    regimes = frozenset([variant.regime.name])
    chosen = Selection(regimes=regimes, levels=levels, first=number, last=number + 1)
    for rendered in expand(view.task, view.first.stage.meter, [], chosen):
        yield rendered.request


def _of_model(
    view: View, variant: Variant, asked: list[tuple[int, Request]], model: str, context: int
) -> Iterator[Diagnostic]:
    tokenize = view.tools.models.get(model)
    count: Callable[[str], int] = view.tools.estimate
    if tokenize is not None:
        count = lambda text: len(tokenize(text))  # noqa: E731
    sizes = [(_size(one, count), number) for number, one in asked if _size(one, _bytes) > context]
    size, number = max(sizes, key=lambda pair: pair[0], default=(0, 0))
    if size <= context:
        return
    item = view.first.item(number)
    about = "" if tokenize is not None else "about "
    how = "" if tokenize is not None else ", estimated without its tokenizer"
    yield warning(
        "context-overflow",
        f"regime `{variant.regime.name}` needs {about}{size:,} tokens for item `{item.id}`{how}",
        variant.span,
        note=f"`{model}` takes {context:,}",
        others=[Label(span=item.origin, text="the longest item looked at")],
        help="show fewer exemplars, shorten the items, or lower `max_tokens`",
    )


def _size(request: Request, count: Callable[[str], int]) -> int:
    """Count what a request needs: what is read, and what may be written or is scored."""
    read = sum(count(message.content) + _MARKS for message in request.messages)
    read += count(request.think) + count(request.lead_in) + _MARKS
    if request.measure == "reply" or request.stage == "think":
        return read + request.decode.max_tokens
    return read + max((count(option.continuation) for option in request.options), default=0)


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
