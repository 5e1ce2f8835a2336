"""A task without a distractor.

## What it finds
A task that states no `distractor` in any of its variants.

## Why it matters
A wrong answer then says only that the model failed, never that it was lured: the table has one
column of errors, and a curve that falls cannot be explained. Where nothing competes with the true
task, say so with an `allow`.

## Example
```task
task capitals {
    item { country: text, answer: text }
    items [
        { country: "France", answer: "Paris" }
        { country: "Italy", answer: "Rome" }
    ]
    true_task "name the capital" -> answer
    prompt "What is the capital of {{ country }}?"
    reply "It is {{ answer }}."
    regimes zero_shot
    canary "taskc:example"
}
```

## Write instead
```task
task capitals {
    item { country: text, answer: text }
    items [
        { country: "France", answer: "Paris" }
        { country: "Italy", answer: "Rome" }
    ]
    true_task "name the capital" -> answer
    distractor "name the country" -> country
    prompt "What is the capital of {{ country }}?"
    reply "It is {{ answer }}."
    regimes zero_shot
    canary "taskc:example"
}
```
"""

from collections.abc import Iterator

from taskc.compiler.lints.view import View
from taskc.dsl.diagnostic import Diagnostic, warning


def no_distractor(view: View) -> Iterator[Diagnostic]:
    """Find a task in which nothing competes with the true task."""
    if not any(variant.distractors for variant in view.task.variants):
        yield warning(
            "no-distractor",
            f"task `{view.task.name}` states no distractor, so nobody can tell who was lured",
            view.task.span,
            help='state what competes with the true task: `distractor "…" -> E`',
        )
