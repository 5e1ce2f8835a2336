"""An asked item is shown, with its answer, among its own exemplars.

## What it finds
Asked items whose prompt is, but for case, blanks and punctuation, that of an exemplar they are shown.
The item itself and copies of its very row are never drawn; this finds the copies that were retyped.

## Why it matters
The answer stands in the prompt. Such an item measures copying, under the few-shot regimes only, and
makes these look better than they are.

## Example
```task
task capitals {
    item { country: text, answer: text, shown: bool }
    items [
        { country: "France", answer: "Paris", shown: true }
        { country: "france", answer: "Paris", shown: false }
        { country: "Italy", answer: "Rome", shown: false }
    ]
    test where not shown
    true_task "name the capital" -> answer
    distractor "name the country" -> country
    prompt "What is the capital of {{ country }}?"
    reply "It is {{ answer }}."
    regimes one_shot
    canary "taskc:example"
}
```

## Write instead
```task
task capitals {
    item { country: text, answer: text, shown: bool }
    items [
        { country: "France", answer: "Paris", shown: true }
        { country: "Spain", answer: "Madrid", shown: false }
        { country: "Italy", answer: "Rome", shown: false }
    ]
    test where not shown
    true_task "name the capital" -> answer
    distractor "name the country" -> country
    prompt "What is the capital of {{ country }}?"
    reply "It is {{ answer }}."
    regimes one_shot
    canary "taskc:example"
}
```
"""

from collections.abc import Iterator

from taskc.compiler.lints.twins import mark_question, options, question
from taskc.compiler.lints.view import View
from taskc.compiler.survey import Look, Seen
from taskc.dsl.diagnostic import Diagnostic, Label, warning


def leaked_exemplar(view: View) -> Iterator[Diagnostic]:
    """Find asked items that their exemplars show in other spelling."""
    for look in view.looks:
        for variant in look.variants:
            pairs = [pair for shown in view.exemplars(variant) for pair in _retyped(look, shown)]
            if pairs:
                shown, asked = pairs[0]
                yield warning(
                    "leaked-exemplar",
                    f"regime `{variant.regime.name}` shows {len(pairs):,} asked item"
                    f"{'' if len(pairs) == 1 else 's'} of task `{view.task.name}` with the answer",
                    variant.span,
                    others=[
                        Label(span=shown.item.origin, text=f"exemplar `{shown.item.id}`"),
                        Label(
                            span=asked.item.origin,
                            text=f"asked item `{asked.item.id}`, the same but for spelling",
                        ),
                    ],
                    help="take one of them out, or keep it from being drawn with `exemplars where`",
                )


def _retyped(look: Look, shown: Seen) -> Iterator[tuple[Seen, Seen]]:
    """Give the exemplar with each asked item that is its like, but not its equal."""
    mark = mark_question(shown, look)
    for number, other in enumerate(look.marks["duplicate-items"]):
        if other == mark:
            asked = look.seen(number)
            if asked.item.values != shown.item.values and _asks(asked) == _asks(shown):
                yield shown, asked


def _asks(seen: Seen) -> tuple[object, ...]:
    return question(seen), options(seen)
