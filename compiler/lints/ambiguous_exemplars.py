"""All exemplars are items on which the distractor predicts the true answer.

## What it finds
A regime with two shots or more whose exemplars, as drawn for the first item, are all items on which no
distractor predicts another answer than the true task, while such items are asked.

## Why it matters
These exemplars fit the distractor as well as the true task, and a model that learns from them may learn
either. That alone has turned curves down (McKenzie et al. 2023, Inverse Scaling: When Bigger Isn't
Better, arXiv:2306.09479, “spurious few-shot”). It may be just what a task is about; then say so with an
`allow`.

## Example
```task
task facts {
    item { question: text, answer: text, trap: text }
    items [
        { question: "Is ice cold?", answer: "yes", trap: "yes" }
        { question: "Is snow warm?", answer: "no", trap: "no" }
        { question: "Is fire not hot?", answer: "no", trap: "yes" }
        { question: "Is coal not white?", answer: "yes", trap: "no" }
        { question: "Is water wet?", answer: "yes", trap: "yes" }
    ]
    true_task "answer" -> answer
    distractor "overlook the not" -> trap
    prompt "{{ question }}"
    reply "{{ answer }}"
    regimes few_shot(shots = 2) { exemplars where answer == trap }
    canary "taskc:example"
}
```

## Write instead
```task
task facts {
    item { question: text, answer: text, trap: text, shown: bool }
    items [
        { question: "Is ice cold?", answer: "yes", trap: "yes", shown: true }
        { question: "Is snow warm?", answer: "no", trap: "no", shown: false }
        { question: "Is fire not hot?", answer: "no", trap: "yes", shown: true }
        { question: "Is coal not white?", answer: "yes", trap: "no", shown: false }
        { question: "Is water wet?", answer: "yes", trap: "yes", shown: true }
    ]
    true_task "answer" -> answer
    distractor "overlook the not" -> trap
    prompt "{{ question }}"
    reply "{{ answer }}"
    regimes few_shot(shots = 2) { exemplars where shown }
    canary "taskc:example"
}
```
"""

from collections.abc import Iterator

from taskc.compiler.lints.view import View
from taskc.dsl.diagnostic import Diagnostic, warning

_ENOUGH = 200  # asked items that are looked at for one of the other kind


def ambiguous_exemplars(view: View) -> Iterator[Diagnostic]:
    """Find regimes whose exemplars all fit the distractor too, where items that do not are asked."""
    if not any(view.first.seen(number).conflict for number in range(min(len(view.first), _ENOUGH))):
        return
    for variant in view.task.variants:
        shown = [seen.conflict for seen in view.exemplars(variant)]
        if len(shown) > 1 and variant.distractors and not any(shown):
            yield warning(
                "ambiguous-exemplars",
                f"{_all(len(shown))} exemplars of regime `{variant.regime.name}` in task `{view.task.name}` "
                "fit the distractor as well as the true task",
                variant.span,
                help="draw some on which the two differ, or say with an `allow` that this is what is studied",
            )


def _all(number: int) -> str:
    return "both" if number == 2 else f"all {number}"
