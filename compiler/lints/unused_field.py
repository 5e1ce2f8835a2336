"""A field that nothing reads.

## What it finds
A field of `item` that no prompt, reply, expression, condition or other statement of the task uses.

## Why it matters
Most often the prompt was meant to show it: a passage, a premise, a name. The question is then asked
without what it is about, and the score is that of another task.

## Example
```task
task capitals {
    item { country: text, hint: text, answer: text }
    items [
        { country: "France", hint: "on the Seine", answer: "Paris" }
        { country: "Italy", hint: "on the Tiber", answer: "Rome" }
    ]
    true_task "name the capital" -> answer
    distractor "name the country" -> country
    prompt "What is the capital of {{ country }}?"
    reply "It is {{ answer }}."
    regimes zero_shot
    canary "taskc:example"
}
```

## Write instead
```task
task capitals {
    item { country: text, hint: text, answer: text }
    items [
        { country: "France", hint: "on the Seine", answer: "Paris" }
        { country: "Italy", hint: "on the Tiber", answer: "Rome" }
    ]
    true_task "name the capital" -> answer
    distractor "name the country" -> country
    prompt "What is the capital of {{ country }}, {{ hint }}?"
    reply "It is {{ answer }}."
    regimes zero_shot
    canary "taskc:example"
}
```
"""

from collections.abc import Iterator

from taskc.compiler.lints.names import names_used
from taskc.compiler.lints.view import View
from taskc.compiler.merge import last
from taskc.dsl import syntax
from taskc.dsl.diagnostic import Diagnostic, warning


def unused_field(view: View) -> Iterator[Diagnostic]:
    """Find fields that nothing in the task reads."""
    record = last(view.task.statements, syntax.Item)
    if record is None:
        return
    used = {name for task in view.sharing(record) for name in names_used(task)}
    for field in record.fields:
        if field.name.text not in used:
            yield warning(
                "unused-field",
                f"nothing uses the field `{field.name.text}`",
                field.name.span,
                help=f"show it, `{{{{ {field.name.text} }}}}`, or take it out of the record",
            )
