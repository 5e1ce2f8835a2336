"""A distractor predicts the same as the true task on every asked item.

## What it finds
A distractor that, on every item that is asked and where it speaks, predicts the very answer of the
true task.

## Why it matters
Whether a model follows the distractor shows only where the two differ. On such items a lured model
and a right one say the same: the task measures ability alone, and its curve cannot fall.

## Example
```task
task sums {
    item { a: int, b: int, answer: text }
    items [
        { a: 1, b: 2, answer: "3" }
        { a: 2, b: 2, answer: "4" }
    ]
    true_task "add" -> answer
    distractor "repeat the sum" -> str(a + b)
    prompt "What is {{ a }} + {{ b }}?"
    reply "It is {{ answer }}."
    regimes zero_shot
    canary "taskc:example"
}
```

## Write instead
```task
task sums {
    item { a: int, b: int, answer: text }
    items [
        { a: 1, b: 2, answer: "3" }
        { a: 2, b: 2, answer: "4" }
    ]
    true_task "add" -> answer
    distractor "multiply" -> str(a * b)
    prompt "What is {{ a }} + {{ b }}?"
    reply "It is {{ answer }}."
    regimes zero_shot
    canary "taskc:example"
}
```
"""

from collections.abc import Iterator

from taskc.compiler.lints.view import View
from taskc.compiler.survey import Look, Seen
from taskc.dsl.diagnostic import Diagnostic, warning
from taskc.dsl.span import Span

_MOST = 4  # distractors that fit in a mark: two bits each


def mark_agreement(seen: Seen, look: Look) -> int:
    """Mark for each distractor, two bits each: whether it speaks, and whether it disagrees."""
    mark = 0
    predictions = seen.scene.predictions
    for at, distractor in enumerate(look.variants[0].distractors[:_MOST]):
        said = predictions.get(distractor.name)
        if said is not None:
            mark |= (1 if said == seen.scene.answer else 3) << 2 * at
    return mark


def distractor_agrees(view: View) -> Iterator[Diagnostic]:
    """Find distractors that differ from the true task nowhere in the design."""
    counts: dict[str, list[int]] = {}
    places: dict[str, Span] = {}
    for look in view.looks:
        marks = look.marks["distractor-agrees"]
        for at, distractor in enumerate(look.variants[0].distractors[:_MOST]):
            count = counts.setdefault(distractor.name, [0, 0])
            count[0] += sum(mark >> 2 * at & 1 for mark in marks)
            count[1] += sum(mark >> 2 * at & 2 for mark in marks)
            places.setdefault(distractor.name, distractor.answer.span)
    for name, (speaks, differs) in counts.items():
        who = "the distractor" if name == "distractor" else f"distractor `{name}`"
        if not differs:
            told = f"predicts the true answer on all {speaks:,} items where it speaks"
            yield warning(
                "distractor-agrees",
                f"{who} {told if speaks else f'speaks on none of the {len(view.first):,} asked items'}",
                places[name],
                help="add items on which the two differ, or take the distractor out",
            )
