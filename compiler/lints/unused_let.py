"""A `let` that nothing reads.

## What it finds
A value named with `let` in a task, a level or a generator that no expression or template uses.

## Why it matters
It was made to be used: a threshold, a sum, an answer. What uses something else in its place is
often a slip that moves the answers.

## Example
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
    let hint = upper(country)
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
    prompt "What is the capital of {{ hint }}?"
    reply "It is {{ answer }}."
    regimes zero_shot
    let hint = upper(country)
    canary "taskc:example"
}
```
"""

from collections.abc import Iterator

from taskc.compiler.lints.names import names_used, nodes
from taskc.compiler.lints.view import View
from taskc.dsl import syntax
from taskc.dsl.diagnostic import Diagnostic, warning


def unused_let(view: View) -> Iterator[Diagnostic]:
    """Find `let`s whose value nothing in the task reads."""
    for statement in view.task.statements:
        lets = [node for node in nodes(statement) if isinstance(node, syntax.Let)]
        if not lets:
            continue
        used = {name for task in view.sharing(statement) for name in names_used(task)}
        for let in lets:
            if let.name.text not in used:
                yield warning(
                    "unused-let",
                    f"nothing uses `{let.name.text}`",
                    let.name.span,
                    help="use it, or take it out",
                )
