"""A task that asks no controls.

## What it finds
A task of 20 asked items or more in which a distractor predicts another answer than the true task on
every one of them, in all variants.

## Why it matters
A model that answers such items wrongly may be lured, or may not know the answer, or may not understand
the format; nothing in the task tells these apart. Controls, items on which the distractor predicts the
true answer or is silent, show what the model can do where nothing lures it. A fall on the others alone,
with the controls holding, is inverse scaling; a fall on both is a harder prompt.

## Example
```task
task sums {
    item { a: int, b: int, answer: text }
    items generate 200 seed 7 {
        a = randint(3, 999)
        b = randint(3, 999)
        answer = str(a + b)
    }
    true_task "add" -> answer
    distractor "multiply" -> str(a * b)
    prompt "Here + means to add. What is {{ a }} + {{ b }}?"
    reply "It is {{ answer }}."
    regimes zero_shot
    canary "taskc:example"
}
```

## Write instead
```task
task sums {
    item { sign: text, a: int, b: int, answer: text }
    items generate 200 seed 7 {
        sign = pick("+", "×")
        a = randint(3, 999)
        b = randint(3, 999)
        answer = str(a + b) if sign == "+" else str(a * b)
    }
    true_task "do as the sign says" -> answer
    distractor "multiply" -> str(a * b)
    prompt "What is {{ a }} {{ sign }} {{ b }}?"
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

_FEW = 20  # with fewer items nothing can be told of either kind


def mark_control(seen: Seen, look: Look) -> int:
    """Mark an item on which no distractor predicts another answer than the true task."""
    return 0 if seen.conflict else 1


def no_controls(view: View) -> Iterator[Diagnostic]:
    """Find a task of which every asked item is one on which a distractor disagrees."""
    asked = len(view.task.asked)
    if asked < _FEW or not any(variant.distractors for variant in view.task.variants):
        return
    if not any(any(look.marks["no-controls"]) for look in view.looks):
        yield warning(
            "no-controls",
            f"a distractor disagrees with the true task on all {asked:,} asked items of task "
            f"`{view.task.name}`, so nothing shows what a model can do where it is not lured",
            view.task.span,
            help="add items like these on which the distractor predicts the true answer, or is silent",
        )
