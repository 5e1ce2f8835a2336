"""All exemplars have the same answer.

## What it finds
A regime with two shots or more whose exemplars, as drawn, all carry the same answer, label or position,
while the asked items have several.

## Why it matters
Models go by the answers they were shown: five exemplars that all say A make A likelier, whatever the
question (Zhao et al. 2021, Calibrate Before Use, arXiv:2102.09690). The score then measures how often
A is right.

## Example
```task
task facts {
    item { question: text, choices: text[2], answer: text, trap: text }
    items [
        { question: "Is ice cold?", choices: ["yes", "no"], answer: "yes", trap: "no" }
        { question: "Is snow warm?", choices: ["no", "yes"], answer: "no", trap: "yes" }
        { question: "Is fire hot?", choices: ["yes", "no"], answer: "yes", trap: "no" }
        { question: "Is coal white?", choices: ["yes", "no"], answer: "no", trap: "yes" }
        { question: "Is water wet?", choices: ["yes", "no"], answer: "yes", trap: "no" }
    ]
    true_task "answer" -> answer
    distractor "say the opposite" -> trap
    options choices as letters
    prompt "{{ question }} {{ options }}"
    reply "Answer: {{ answer }}"
    regimes few_shot(shots = 2) { exemplars where answer == "yes" }
    measure choice
    canary "taskc:example"
}
```

## Write instead
```task
task facts {
    item { question: text, choices: text[2], answer: text, trap: text }
    items [
        { question: "Is ice cold?", choices: ["yes", "no"], answer: "yes", trap: "no" }
        { question: "Is snow warm?", choices: ["no", "yes"], answer: "no", trap: "yes" }
        { question: "Is fire hot?", choices: ["yes", "no"], answer: "yes", trap: "no" }
        { question: "Is coal white?", choices: ["yes", "no"], answer: "no", trap: "yes" }
        { question: "Is water wet?", choices: ["yes", "no"], answer: "yes", trap: "no" }
    ]
    true_task "answer" -> answer
    distractor "say the opposite" -> trap
    options choices as letters
    prompt "{{ question }} {{ options }}"
    reply "Answer: {{ answer }}"
    regimes few_shot(shots = 2) { exemplars balanced }
    measure choice
    canary "taskc:example"
}
```
"""

from collections.abc import Iterator

from taskc.compiler.lints.view import View
from taskc.dsl.diagnostic import Diagnostic, warning


def one_label_exemplars(view: View) -> Iterator[Diagnostic]:
    """Find regimes whose exemplars all have one answer."""
    asked: set[str] = set()
    for number in range(min(len(view.first), _ENOUGH)):
        asked.add(view.first.seen(number).scene.answer)
    if len(asked) < 2:
        return
    for variant in view.task.variants:
        answers = [seen.scene.answer for seen in view.exemplars(variant)]
        if len(answers) > 1 and len(set(answers)) == 1:
            yield warning(
                "one-label-exemplars",
                f"all {len(answers)} exemplars of regime `{variant.regime.name}` in task `{view.task.name}` "
                f"answer “{answers[0][:40]}”",
                variant.span,
                help="write `exemplars balanced`, or draw with another `seed`",
            )


_ENOUGH = 200  # asked items that are looked at for a second answer
