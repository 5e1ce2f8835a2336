r"""Two labels begin with the same token.

## What it finds
For the models named with `-m` whose tokenizer is at hand, and for tasks measured by `label`: items of which
two labels, written after what the reply says before them, go on with the same token, as `1` and `10` do where
each digit is a token. Up to 1,000 items are read, evenly spread, for each model. A model whose tokenizer is
not at hand gets a note that it was passed over.

## Why it matters
Providers that report alternatives report them for one token. Labels that share their first one
cannot be told apart there: their mass is that of both.

## Example
```task
task months {
    item { month: text, answer: text, trap: text }
    items [
        { month: "January", answer: "one", trap: "two" }
        { month: "October", answer: "ten", trap: "nine" }
    ]
    true_task "say its number" -> answer
    distractor "say the one beside it" -> trap
    options ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"] as numbers
    prompt "Which number has {{ month }}?\n{{ options }}"
    reply "Answer: {{ answer }}"
    regimes zero_shot
    measure label
    canary "taskc:example"
}
```

## Write instead
```task
task months {
    item { month: text, answer: text, trap: text }
    items [
        { month: "January", answer: "one", trap: "two" }
        { month: "October", answer: "ten", trap: "nine" }
    ]
    true_task "say its number" -> answer
    distractor "say the one beside it" -> trap
    options ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"] as letters
    prompt "Which number has {{ month }}?\n{{ options }}"
    reply "Answer: {{ answer }}"
    regimes zero_shot
    measure label
    canary "taskc:example"
}
```
"""

from collections.abc import Iterator, Sequence

from taskc.compiler.lints.view import Tokenize, View
from taskc.compiler.render import ask
from taskc.compiler.survey import Look
from taskc.dsl.diagnostic import Diagnostic, Label, Severity, warning

_MOST = 1_000  # items that are read


def shared_first_token(view: View) -> Iterator[Diagnostic]:
    """Find options that go on with the same token after the words before them."""
    looks = [look for look in view.looks if _by_label(look)]
    if not looks:
        return
    for model, tokenize in view.tools.models.items():
        if tokenize is None:
            yield Diagnostic(
                rule="shared-first-token",
                severity=Severity.NOTE,
                message=f"first tokens were not compared for `{model}`: its tokenizer is not at hand",
                primary=Label(span=view.options_span, text=f"`{model}`"),
            )
            continue
        for look in looks:
            yield from _of_look(view, look, model, tokenize)


def _by_label(look: Look) -> bool:
    return any(v.options is not None and any(m.name == "label" for m in v.measures) for v in look.variants)


def _of_look(view: View, look: Look, model: str, tokenize: Tokenize) -> Iterator[Diagnostic]:
    read = range(0, len(look), max(1, -(-len(look) // _MOST)))
    for stage, _ in look.ways():
        known: dict[tuple[str, tuple[str, ...]], tuple[str, str] | None] = {}
        found: list[tuple[int, tuple[str, str]]] = []
        for number in read:
            seen = look.seen(number)
            before = ask(stage, seen.scene).form.before
            asked = (before, tuple(choice.written for choice in seen.choices))
            if asked not in known:
                known[asked] = shared(*asked, tokenize)
            pair = known[asked]
            if pair is not None:
                found.append((number, pair))
        if found:
            number, (one, other) = found[0]
            item = look.seen(number).item
            yield warning(
                "shared-first-token",
                f"“{one}” and “{other}” begin with the same token, as labels do in "
                f"{len(found):,} of {len(read):,} items read",
                view.options_span,
                note=f"by the tokens of `{model}`",
                others=[Label(span=item.origin, text=f"item `{item.id}`")],
                help="label them `as letters`, or measure `choice`, which scores whole labels",
            )
            return


def shared(before: str, options: Sequence[str], tokenize: Tokenize) -> tuple[str, str] | None:
    """Give two options that go on with the same token after `before`; None if all differ.

    Blanks at the end of `before` belong to the options. Where an option melts into the last token
    of what is before it, that token is the one that must differ.
    """
    lead = list(tokenize(before.rstrip()))
    tokens = [list(tokenize(before + option)) for option in options]
    at = min(_common(lead, one) for one in tokens)
    first: dict[object, str] = {}
    for option, ids in zip(options, tokens, strict=True):
        token = ids[at] if at < len(ids) else None
        if token in first:
            return first[token], option
        first[token] = option
    return None


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """Count the tokens that two texts begin with in common."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
