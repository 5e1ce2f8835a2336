r"""One option is the beginning of another.

## What it finds
Items in which one option, as a reply writes it, begins another: `Yes` and `Yes, always`, the roman numerals
`i` and `ii`, the labels `1` and `10`. Only where they are scored whole, by `choice`; for `label` see
`shared-first-token`.

## Why it matters
Whatever goes on with the longer option goes on with the shorter one first. The log-probability of
the shorter one is that of both together, so as a sum it can never be lower, and the longer option
is never given, whatever the model thinks of it.

## Example
```task
task habits {
    item { claim: text, answer: one of ["Yes", "Yes, always", "No"] }
    items [
        { claim: "Does water boil?", answer: "Yes" }
        { claim: "Is two even?", answer: "Yes, always" }
        { claim: "Do stones swim?", answer: "No" }
    ]
    true_task "answer" -> answer
    distractor "say no" -> "No"
    options ["Yes", "Yes, always", "No"]
    prompt "{{ claim }}"
    reply "{{ answer }}"
    regimes zero_shot
    canary "taskc:example"
}
```

## Write instead
```task
task habits {
    item { claim: text, answer: one of ["Yes", "Yes, always", "No"] }
    items [
        { claim: "Does water boil?", answer: "Yes" }
        { claim: "Is two even?", answer: "Yes, always" }
        { claim: "Do stones swim?", answer: "No" }
    ]
    true_task "answer" -> answer
    distractor "say no" -> "No"
    options ["Yes", "Yes, always", "No"] as letters
    prompt "{{ claim }}\n{{ options }}"
    reply "{{ answer }}"
    regimes zero_shot
    canary "taskc:example"
}
```
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from taskc.compiler.lints.view import View
from taskc.compiler.survey import Look, Seen
from taskc.dsl.diagnostic import Diagnostic, Label, warning


def mark_prefix(seen: Seen, look: Look) -> int:
    """Mark an item with an option that begins another."""
    return prefix_among([choice.written for choice in seen.scene.choices]) is not None


def scores_options(look: Look) -> bool:
    """Say whether options of a look are scored and could begin each other: letters cannot."""
    return any(
        variant.options is not None
        and variant.options.style != "letters"
        and any(measure.name == "choice" for measure in variant.measures)
        for variant in look.variants
    )


def option_is_prefix(view: View) -> Iterator[Diagnostic]:
    """Find items in which one option, as written, begins another."""
    for look in view.looks:
        numbers = list(look.marked("option-is-prefix"))
        if not numbers:
            continue
        seen = look.seen(numbers[0])
        pair = prefix_among([choice.written for choice in seen.choices])
        assert pair is not None
        kind = "label" if seen.choices[0].label is not None else "option"
        many = "" if len(look) == 1 else f" in {len(numbers):,} of {len(look):,} items"
        yield warning(
            "option-is-prefix",
            f"one {kind} begins another{many}: “{pair[0][:40]}” and “{pair[1][:40]}”",
            view.options_span,
            others=[Label(span=seen.item.origin, text=f"item `{seen.item.id}`")],
            help="label them `as letters`, or word them so that they begin differently",
        )


def prefix_among(texts: Sequence[str]) -> tuple[str, str] | None:
    """Give a text and another that begins with it; in order, one that begins another stands beside one."""
    for one, other in pairwise(sorted(texts)):
        if other.startswith(one):
            return one, other
    return None
